"""Which fields exist on a target and what they take: JSON Schema laid over the contract's own.

A contract says `values` is a map of field ids; only the target knows which ids there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.clauses import level_of
from contracts.contract import Contract
from contracts.model import ANY_MEMBER, Json, Level, Schema


@dataclass(frozen=True)
class Tenant:
    """Schemas by place in the body (`data/values`, `records/*`), each narrowing what the contract says there."""

    schemas: Mapping[str, Schema] = field(default_factory=dict)

    def narrowed(self, place: str, schema: Schema) -> Tenant:
        """A tenant like this one with further keywords at one place."""
        return Tenant({**self.schemas, place: {**self.schemas.get(place, {}), **schema}})


def tenant_places(contract: Contract) -> dict[str, bool]:
    """The places whose values depend on the tenant, each with whether no request can be made without them."""
    places: dict[str, bool] = {}

    def visit(schema: Schema, place: tuple[str, ...], required: bool) -> None:
        if schema.get("x-tenant"):
            places["/".join(place)] = required and schema["type"] != "object"  # an object may be empty
        for name, child in schema.get("properties", {}).items():
            visit(child, (*place, name), required and name in schema.get("required", ()))
        for members in ("additionalProperties", "items"):
            if members in schema:
                visit(schema[members], (*place, ANY_MEMBER), required)

    visit(contract.body_schema, (), True)
    return places


def request_schema(contract: Contract, tenant: Tenant | None) -> Schema:
    """One schema of a whole request, `{"query": …, "body": …}`, with the tenant's schemas laid over the contract's.

    With a tenant, attributes and members whose values depend on it and that it says nothing of are left out: they
    would be guesses. Without one, everything is drawn from the contract alone.
    """
    query = contract.query_parameters
    return {
        "type": "object",
        "required": ["query", "body"],
        "properties": {
            "query": {
                "type": "object",
                "required": [name for name, parameter in query.items() if parameter["required"]],
                "properties": {name: parameter["schema"] for name, parameter in query.items()},
            },
            "body": _overlaid(contract.body_schema, (), tenant),
        },
    }


def _overlaid(schema: Schema, place: tuple[str, ...], tenant: Tenant | None) -> dict[str, Json]:
    result: dict[str, Any] = dict(schema)
    if "properties" in schema:
        result["properties"] = {
            name: _overlaid(child, (*place, name), tenant)
            for name, child in schema["properties"].items()
            if not (tenant and _unknown(schema, name, (*place, name), tenant))
        }
    for members in ("additionalProperties", "items"):
        if members in schema:
            result[members] = _overlaid(schema[members], (*place, ANY_MEMBER), tenant)
    kept = [n for n, child in result.get("properties", {}).items() if level_of(child, "optional") is Level.IMPLIED]
    if kept:  # what may be left out by implication only is in every ordinary request
        result["required"] = sorted({*schema.get("required", ()), *kept})
    given = tenant.schemas.get("/".join(place)) if tenant else None
    if given is not None:
        closed = {"additionalProperties": False} if "properties" in given else {}
        result.update({**closed, **given})  # a tenant names all fields that it has
    elif tenant and schema.get("x-tenant"):
        result["additionalProperties"] = False
    return result


def _unknown(parent: Schema, name: str, place: tuple[str, ...], tenant: Tenant) -> bool:
    depends = parent["properties"][name].get("x-tenant", False)
    return depends and name not in parent.get("required", ()) and "/".join(place) not in tenant.schemas
