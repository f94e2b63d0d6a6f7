"""A contract: one operation of a document, its clauses, and what the other folders need to know of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from contracts.behaviours import FRESH, NAME
from contracts.clauses import enumerate_clauses
from contracts.errors import ContractError
from contracts.model import Clause, Gap, Json, Kind, Node, Schema, lines_in
from contracts.openapi import read_openapi
from contracts.operations import Operation, body_of, operations_of, schema_of_parameter
from contracts.things import relate

_CATALOGUE = files("contracts.catalogue")
_opened: dict[str, Contract] = {}  # of OpenAPI files, by name
MOST_CLAUSES = 5_000  # of an operation: a file's schemas can hold one another, on more ways than anybody can count
DEPTHS = (100, 16, 12, 10, 8, 7, 6, 5, 4, 3, 2, 1)  # steps of a place, of which as many are asked as that allows
PARTS = ("query", "path", "header", "cookie")  # of a request, beside its body
_STRONGER = {"optional": ("required",), "type": ("const", "enum")}  # what leaves nothing of a keyword elsewhere


@dataclass(frozen=True, eq=False)
class Contract:
    """One operation of an OpenAPI document (`openapi`), with its clauses by id; equal to itself alone.

    `file` is the OpenAPI file that it stands in; a contract of the catalogue has none.
    """

    name: str
    openapi: Mapping[str, Any]
    of: Operation
    file: Path | None = None

    @cached_property
    def _said(self) -> tuple[dict[str, Clause], tuple[Gap, ...], int]:
        try:
            return self._enumerated()
        except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
            if self.file is None:
                raise
            said = f"it is not described as OpenAPI wants ({type(error).__name__}: {error})"
            return {}, (Gap(said, lines_in(self.operation), whole=True),), 0

    def _enumerated(self) -> tuple[dict[str, Clause], tuple[Gap, ...], int]:
        for deepest in DEPTHS:
            found = [*islice(enumerate_clauses(self.name, self.openapi, self.of, deepest), MOST_CLAUSES)]
            if len(found) < MOST_CLAUSES:
                break
        gaps = dict.fromkeys(one for one in found if isinstance(one, Gap))
        said, clauses = [one for one in found if isinstance(one, Clause)], dict[str, Clause]()
        there = {(c.keyword, c.place, c.branch) for c in said if c.kind is Kind.REQUEST}
        for clause in said:
            stronger = _STRONGER.get(clause.keyword, ()) if self.file and clause.kind is Kind.REQUEST else ()
            around = [clause.branch[:length] for length in range(len(clause.branch) + 1)]
            if any((word, clause.place, branch) in there for word in stronger for branch in around):
                continue  # what one part of an `allOf` lets be left out, another requires
            if clauses.setdefault(clause.id, clause) is not clause and not isinstance(clause.schema, Node):
                raise ContractError(f"{self.name}: two clauses would have the id {clause.id}")
        if deepest < DEPTHS[0]:
            says = f"what stands deeper than {deepest} steps is not asked: it comes to over {MOST_CLAUSES:,} clauses"
            gaps[Gap(says, clauses[f"{self.name}/operation"].lines)] = None
        return clauses, tuple(gaps), deepest

    @property
    def title(self) -> str:
        """What people call it: the title of its page, or an operation of a file by method and path."""
        return str(self.openapi["info"]["title"]) if self.file is None else f"{self.of.method} {self.of.path}"

    @property
    def clauses(self) -> Mapping[str, Clause]:
        """Every clause by its id; where parts of a file say the same of the same place, the first of them."""
        return self._said[0]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What the document says of the operation and nothing here can ask."""
        return self._said[1]

    @property
    def deepest(self) -> int:
        """How many steps a place has at most of which clauses are asked; a gap says where that is not all."""
        return self._said[2]

    @property
    def document(self) -> Mapping[str, Any]:
        """The page: its `file` name, number of `lines` and `sha256`."""
        return dict(self.openapi["x-document"])

    @property
    def paged(self) -> bool:
        """Whether its lines are those of a saved page, and not of an OpenAPI file."""
        return self.file is None or self.document["file"] != self.file.name

    @property
    def path(self) -> str:
        """The path template of the operation, such as `/v2/objects/{object}/records`."""
        return self.of.path

    @property
    def method(self) -> str:
        """Its method, in capitals."""
        return self.of.method

    @property
    def operation(self) -> Mapping[str, Any]:
        """The OpenAPI operation object, with the parameters of its path."""
        return self.of.facts

    @property
    def media_type(self) -> str:
        """The media type of a request's body; nothing where none is sent."""
        return body_of(self.operation)[0]

    @property
    def content(self) -> Mapping[str, Any]:
        """The OpenAPI media type object of a request's body."""
        return body_of(self.operation)[1]

    @property
    def body_schema(self) -> Schema:
        """The schema of a request's body."""
        schema = self.content.get("schema")
        return schema if isinstance(schema, Mapping) else {}

    @cached_property
    def parameters(self) -> tuple[Mapping[str, Any], ...]:
        """The parameters that requests are sent with, as OpenAPI parameter objects."""
        return tuple(self.of.parameters())

    @cached_property
    def request_schema(self) -> Schema:
        """One schema of a whole request: an object of its query, path, header and cookie parameters and its body.

        The schemas in it are those that the clauses speak of, the very same objects.
        """
        parts: dict[str, Schema] = {}
        for part in PARTS:
            own = [parameter for parameter in self.parameters if parameter["in"] == part]
            properties = {parameter["name"]: schema_of_parameter(parameter) for parameter in own}
            required = [parameter["name"] for parameter in own if parameter.get("required") or part == "path"]
            parts[part] = {"type": "object", "properties": properties, "required": required}
        required = list(PARTS)
        if self.media_type:
            parts["body"] = self.body_schema
            required += ["body"] if self.operation["requestBody"].get("required") else []
        return {"type": "object", "properties": parts, "required": required}

    def outside_of(self, path: str) -> Mapping[str, Mapping[str, str]]:
        """The vendor's ordinary `read` and `delete` beside one of the paths; they stand outside the document."""
        beside = self.operation if path == self.path else self.openapi["paths"][path].get(self.method.lower(), {})
        return dict(beside.get("x-outside", {}))

    @property
    def created_ids(self) -> str:
        """JSONPath (RFC 9535) of the ids in an answer of success; nothing when requests make nothing."""
        return str(self.operation.get("x-created", {}).get("id", ""))

    @property
    def created_each(self) -> str:
        """The attribute of the body whose every member becomes a record, or nothing when a request makes one."""
        return str(self.operation.get("x-created", {}).get("each", ""))

    @property
    def addressed(self) -> Mapping[str, str]:
        """The `parameter` that names a thing in the path, and the JSONPath of its `id` in the answer, if any."""
        return dict(self.operation.get("x-addressed", {}))

    @property
    def things(self) -> Mapping[str, Mapping[str, str]]:
        """Of each path parameter that another operation's answer names: that operation's name, and the JSONPath."""
        stem = self.file.name.rpartition(".")[0] if self.file else ""
        return {n: {**s, "from": f"{stem}.{s['from']}"} for n, s in self.operation.get("x-things", {}).items()}

    def sent_records(self, body: Json, ids: str = "") -> list[Json]:
        """The records in a request's body: each makes one when it is accepted.

        Where a file does not say where they stand, and `ids`, the JSONPath of an answer's ids, names several, they are
        those of the only list of objects.
        """
        if not self.operation.get("x-created", self.method == "POST"):  # a POST of which a file says no more makes one
            return []
        named = body.get(self.created_each) if self.created_each and isinstance(body, Mapping) else None
        if named is None and "*" in ids and isinstance(body, Mapping):
            lists = [v for v in body.values() if isinstance(v, list) and v and all(isinstance(one, dict) for one in v)]
            named = lists[0] if len(lists) == 1 else None
        records = body if isinstance(body, list) else named
        if isinstance(records, list):
            return list(records)
        named = self.body_schema.get("properties", {}) if self.file else {}
        known = {n: v for n, v in body.items() if n in named} if named and isinstance(body, Mapping) else body
        return [known or {}]  # what is not described may be left out of what is made

    def creates(self, body: Json, ids: str = "") -> int:
        """How many records a request with this body makes when it is accepted."""
        return len(self.sent_records(body, ids))

    @property
    def refuses(self) -> frozenset[int]:
        """Statuses beside 4xx by which the vendor is known to refuse; they stand outside the document."""
        return frozenset(self.operation.get("x-refuses", ()))

    def at(self, place: tuple[str, ...]) -> Mapping[str, Clause]:
        """The request clauses of one place, by keyword."""
        return {c.keyword: c for c in self.clauses.values() if c.kind == "request" and c.place == place}

    @property
    def situations(self) -> Mapping[str, list[Clause]]:
        """The clauses of each situation that a target may have, sorted by its name."""
        needed = sorted({clause.needs for clause in self.clauses.values()} - {""})
        return {name: [clause for clause in self.clauses.values() if clause.needs == name] for name in needed}

    @property
    def situation_fields(self) -> dict[str, list[str]]:
        """The names of the `fields` that each situation needs, `a.b` for a member of one."""
        atomic = [clause.schema.get("text", "") for clause in self.clauses.values() if clause.behaviour == "atomic"]
        known, found = {FRESH, *NAME.findall(" ".join(self.openapi["paths"]))}, {}
        for situation, clauses in self.situations.items():
            texts = [json.dumps(dict(one.schema), ensure_ascii=False) for one in clauses if one.behaviour]
            if any(one.behaviour == "refused" and one.schema.keys() & {"with", "without"} for one in clauses):
                texts += atomic  # which is tried with what such a situation refuses
            found[situation] = [name for name in dict.fromkeys(NAME.findall(" ".join(texts))) if name not in known]
        return found

    def described(self, status: int | None) -> str:
        """Which of the documented answers one is: its own status, its range, `default`, or none of them."""
        responses, code = self.operation.get("responses", {}), str(status)
        return next((one for one in (code, f"{code[:1]}XX", "default") if one in responses), "")

    def statuses(self) -> tuple[str, ...]:
        """The documented statuses, `2XX` included, `default` left out."""
        return tuple(s for s in self.operation.get("responses", {}) if s != "default")


def contract_names() -> tuple[str, ...]:
    """The names of all contracts of the catalogue, sorted."""
    return tuple(sorted(f.name.removesuffix(".yaml") for f in _CATALOGUE.iterdir() if f.name.endswith(".yaml")))


def is_known(name: str) -> bool:
    """Whether there is a contract of that name, in the catalogue or in an OpenAPI file that was opened."""
    return name in _opened or name in contract_names()


def load_contract(name: str) -> Contract:
    """Read one contract of the catalogue, or find that of an opened file; raises ContractError where there is none."""
    return _opened.get(name) or read_catalogue(name)


@cache
def read_catalogue(name: str) -> Contract:
    """Read one contract of the catalogue; raises ContractError where there is none of that name."""
    if name not in contract_names():
        there = ", ".join(contract_names())
        raise ContractError(f"there is no contract {name!r}; there are {there}; an OpenAPI file is named by its path")
    return build_contract(name, yaml.safe_load((_CATALOGUE / f"{name}.yaml").read_text(encoding="utf-8")))


def build_contract(name: str, openapi: Mapping[str, Json]) -> Contract:
    """A contract out of an OpenAPI document: its operation of that name, or its first.

    Raises ContractError when two clauses would share an id.
    """
    found = dict(operations_of(openapi))
    contract = Contract(name, openapi, found.get(name) or next(iter(found.values())))
    _ = contract.clauses
    return contract


def open_contracts(file: Path) -> tuple[Contract, ...]:
    """The contracts of an OpenAPI file, one for each operation, named `<stem>.<operationId>`.

    They can be loaded by name from then on. Raises ContractError for what is no OpenAPI 3 description.
    """
    stat = file.stat() if file.is_file() else None
    found = _read_contracts(file.resolve(), (stat.st_mtime_ns, stat.st_size) if stat else (0, 0), str(file))
    _opened.update({contract.name: contract for contract in found})
    return found


@lru_cache(maxsize=8)
def _read_contracts(_: Path, __: tuple[int, int], shown: str) -> tuple[Contract, ...]:
    """Read a file that has not changed since only once."""
    file = Path(shown)
    openapi, stem = read_openapi(file), file.name.rpartition(".")[0]
    operations = dict(operations_of(openapi))
    relate(operations)
    return tuple(Contract(f"{stem}.{name}", openapi, operation, file) for name, operation in operations.items())


def load_contracts(names: tuple[str, ...] = ()) -> tuple[Contract, ...]:
    """The named contracts, or all of them, sorted by name; an OpenAPI file, or `FILE#operationId`, is a name too."""
    found = dict[str, Contract]()
    for contract in (contract for name in names for contract in _named(name)):
        if (other := found.setdefault(contract.name, contract).file) and not other.samefile(contract.file or other):
            raise ContractError(f"{contract.file}: {other} has the same name, and so its contracts; rename one of them")
    return tuple(found[name] for name in sorted(found)) if names else tuple(map(load_contract, contract_names()))


def _named(name: str) -> Iterator[Contract]:
    path, _, wanted = name.partition("#")
    if is_known(name) or Path(path).suffix not in {".json", ".yaml", ".yml"}:
        yield load_contract(name)
        return
    found = open_contracts(Path(path))
    chosen = [c for c in found if wanted in {"", str(c.operation.get("operationId")), c.name.partition(".")[2]}]
    if not chosen:
        there = ", ".join(c.name.partition(".")[2] for c in found[:10])
        raise ContractError(f"{path}: there is no operation {wanted!r}; there are {there or 'none at all'}")
    yield from chosen
