"""Which fields exist on a target and what they take: JSON Schema laid over the contract's own.

A contract says `values` is a map of field ids; only the target knows which ids there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.contract import Contract
from contracts.keywords import level_of
from contracts.model import ANY_MEMBER, Json, Level, Schema
from contracts.schema import schemas_within

_PARAMETERS = ("query", "header", "cookie")


@dataclass(frozen=True)
class Tenant:
    """Schemas by place in the body (`data/values`, `records/*`), or by parameter (`query/app`, `header/X-Site`).

    Each narrows what the contract says there. `given` names the path parameters whose values the target knows, so that
    none are drawn.
    """

    schemas: Mapping[str, Schema] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    def narrowed(self, place: str, schema: Schema) -> Tenant:
        """A tenant like this one with further keywords at one place."""
        return Tenant({**self.schemas, place: {**self.schemas.get(place, {}), **schema}}, self.given)


def steps_of(contract: Contract, place: str) -> tuple[str, ...]:
    """A tenant's place as a path in a request's parts: that of a parameter where the contract has it, else a body's."""
    part, _, name = place.partition("/")
    return (
        (part, name) if part in _PARAMETERS and name in parameters_of(contract, part) else ("body", *place.split("/"))
    )


def parameters_of(contract: Contract, part: str) -> Mapping[str, Schema]:
    """The schemas of the parameters in one part of a request (`query`, `header`, `cookie`)."""
    properties: Mapping[str, Schema] = contract.request_schema["properties"][part]["properties"]
    return properties


def tenant_places(contract: Contract) -> dict[str, bool]:
    """The places whose values depend on the tenant, each with whether no request can be made without them."""
    places: dict[str, bool] = {}

    def visit(schema: Schema, place: tuple[str, ...], required: bool, above: tuple[int, ...] = ()) -> None:
        if id(schema) in above:
            return
        above = (*above, id(schema))
        if schema.get("x-tenant"):
            places["/".join(place)] = required and schema["type"] != "object"  # an object may be empty
        for step, child in schemas_within(schema):
            visit(child, (*place, step), required and step in {ANY_MEMBER, *schema.get("required", ())}, above)

    visit(contract.body_schema, (), True)
    return places


def request_schema(contract: Contract, tenant: Tenant | None) -> Schema:
    """One schema of a whole request, by parts, with the tenant's schemas laid over the contract's.

    With a tenant, attributes and members whose values depend on it and that it says nothing of are left out: they
    would be guesses; so are the path parameters that it gives. Without one, everything is drawn from the contract
    alone. What is not changed stays the very same object.
    """
    whole = contract.request_schema
    parts = dict(whole["properties"])
    if tenant and tenant.given:
        path = parts["path"]
        kept = {name: child for name, child in path["properties"].items() if name not in tenant.given}
        parts["path"] = {**path, "properties": kept, "required": list(kept)}
    for place, given in tenant.schemas.items() if tenant else ():
        part, name, *_ = steps_of(contract, place)
        if part in _PARAMETERS:
            properties = parts[part]["properties"]
            parts[part] = {**parts[part], "properties": {**properties, name: {**properties[name], **given}}}
    if "body" in parts:
        parts["body"] = _overlaid(parts["body"], (), tenant, {})
    return {**whole, "properties": parts}


def _overlaid(schema: Json, place: tuple[str, ...], tenant: Tenant | None, done: dict[int, Json]) -> Json:
    """One schema at its place; `done` holds what was made of those below which the tenant says nothing of a place."""
    if not isinstance(schema, Mapping):
        return schema
    if not (tenant and any(own.split("/")[: len(place)] == list(place) for own in tenant.schemas)):
        if id(schema) not in done:
            done[id(schema)] = schema  # as it is where it stands within itself
            done[id(schema)] = _laid_over(schema, place, tenant, done)
        return done[id(schema)]
    return _laid_over(schema, place, tenant, done)


def _laid_over(schema: Schema, place: tuple[str, ...], tenant: Tenant | None, done: dict[int, Json]) -> Schema:
    result: dict[str, Any] = {}
    own = schema.get("properties", {})
    kept = {
        name: _overlaid(child, (*place, name), tenant, done)
        for name, child in own.items()
        if not (tenant and _unknown(schema, name, (*place, name), tenant))
    }
    if len(kept) < len(own) or any(kept[name] is not own[name] for name in kept):
        result["properties"] = kept
    for members in ("additionalProperties", "items"):
        child = _overlaid(schema.get(members), (*place, ANY_MEMBER), tenant, done)
        if child is not schema.get(members):
            result[members] = child
    always = [name for name, child in kept.items() if _is_implied(child)]
    if always:  # what may be left out by implication only is in every ordinary request
        result["required"] = sorted({*schema.get("required", ()), *always})
    given = tenant.schemas.get("/".join(place)) if tenant else None
    if given is not None:
        closed = {"additionalProperties": False} if "properties" in given else {}
        result.update({**closed, **given})  # a tenant names all fields that it has
    elif tenant and schema.get("x-tenant"):
        result["additionalProperties"] = False
    return {**schema, **result} if result else schema


def _is_implied(schema: Json) -> bool:
    return isinstance(schema, Mapping) and level_of(schema, "optional") is Level.IMPLIED


def _unknown(parent: Schema, name: str, place: tuple[str, ...], tenant: Tenant) -> bool:
    child = parent["properties"][name]
    depends = isinstance(child, Mapping) and bool(child.get("x-tenant", False))
    return depends and name not in parent.get("required", ()) and "/".join(place) not in tenant.schemas
