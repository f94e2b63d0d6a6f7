"""A contract: one document's operation, its clauses, and what the other folders need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from contracts.clauses import enumerate_clauses, primary_operation
from contracts.errors import ContractError
from contracts.model import Clause, Json, Schema

_CATALOGUE = files("contracts.catalogue")


@dataclass(frozen=True, eq=False)
class Contract:
    """One document's operation as OpenAPI 3.1 (`openapi`), with its clauses by id; equal to itself alone."""

    name: str
    openapi: Mapping[str, Any]
    clauses: Mapping[str, Clause]

    @property
    def document(self) -> Mapping[str, Any]:
        """The page: its `file` name, number of `lines` and `sha256`."""
        return dict(self.openapi["x-document"])

    @property
    def path(self) -> str:
        """The path template of the operation, such as `/v2/objects/{object}/records`."""
        return primary_operation(self.openapi)[0]

    @property
    def operation(self) -> Mapping[str, Any]:
        """The OpenAPI operation object."""
        return primary_operation(self.openapi)[1]

    @property
    def media_type(self) -> str:
        """The media type of a request's body."""
        return str(next(iter(self.operation["requestBody"]["content"])))

    @property
    def body_schema(self) -> Schema:
        """The schema of a request's body."""
        schema: Schema = self.operation["requestBody"]["content"][self.media_type]["schema"]
        return schema

    @property
    def query_parameters(self) -> dict[str, Mapping[str, Any]]:
        """The query parameters by name, as OpenAPI parameter objects."""
        return {p["name"]: p for p in self.operation.get("parameters", []) if p["in"] == "query"}

    def outside_of(self, path: str) -> Mapping[str, Mapping[str, str]]:
        """The vendor's ordinary `read` and `delete` beside one of the paths; they stand outside the document."""
        return dict(self.openapi["paths"][path]["post"]["x-outside"])

    @property
    def created_ids(self) -> str:
        """JSONPath (RFC 9535) of the ids in an answer of success."""
        return str(self.operation["x-created"]["id"])

    @property
    def created_each(self) -> str:
        """The attribute of the body whose every member becomes a record, or nothing when a request makes one."""
        return str(self.operation["x-created"].get("each", ""))

    def sent_records(self, body: Json) -> list[Json]:
        """The records in a request's body: each makes one when it is accepted."""
        records = body.get(self.created_each) if self.created_each and isinstance(body, Mapping) else None
        return list(records) if isinstance(records, list) else [body]

    def creates(self, body: Json) -> int:
        """How many records a request with this body makes when it is accepted."""
        return len(self.sent_records(body))

    @property
    def refuses(self) -> frozenset[int]:
        """Statuses beside 4xx by which the vendor is known to refuse; they stand outside the document."""
        return frozenset(self.operation.get("x-refuses", ()))

    def at(self, place: tuple[str, ...]) -> Mapping[str, Clause]:
        """The request clauses of one place, by keyword."""
        return {c.keyword: c for c in self.clauses.values() if c.kind == "request" and c.place == place}

    def statuses(self) -> tuple[str, ...]:
        """The documented statuses, `2XX` included, `default` left out."""
        return tuple(s for s in self.operation["responses"] if s != "default")


def contract_names() -> tuple[str, ...]:
    """The names of all contracts of the catalogue, sorted."""
    return tuple(sorted(f.name.removesuffix(".yaml") for f in _CATALOGUE.iterdir() if f.name.endswith(".yaml")))


@cache
def load_contract(name: str) -> Contract:
    """Read one contract of the catalogue; raises ContractError when there is none of that name."""
    if name not in contract_names():
        raise ContractError(f"there is no contract {name!r}; there are {', '.join(contract_names())}")
    return build_contract(name, yaml.safe_load((_CATALOGUE / f"{name}.yaml").read_text(encoding="utf-8")))


def build_contract(name: str, openapi: Mapping[str, Json]) -> Contract:
    """A contract out of an OpenAPI document; raises ContractError when two clauses would share an id."""
    clauses: dict[str, Clause] = {}
    for clause in enumerate_clauses(name, openapi):
        if clause.id in clauses:
            raise ContractError(f"{name}: two clauses would have the id {clause.id}")
        clauses[clause.id] = clause
    return Contract(name, openapi, clauses)


def load_contracts(names: tuple[str, ...] = ()) -> tuple[Contract, ...]:
    """The named contracts, or all of them, sorted by name."""
    return tuple(load_contract(name) for name in sorted(set(names)) or contract_names())
