"""Schemas without alternatives: what `allOf`, `anyOf`, `oneOf` and `if` say, merged into one flat schema for each way.

A flat schema is where values are looked for; whether one keeps the schema that it was made from, `jsonschema` decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from contracts.model import Json, Schema
from contracts.schema import types_in

_MOST = 12  # ways of one schema that are looked at
_APART = {"allOf", "anyOf", "oneOf", "if", "then", "else", "not", "discriminator"}
_CHECKED = _APART | {
    "contains", "uniqueItems", "propertyNames", "patternProperties", "dependentRequired", "dependentSchemas",
    "minProperties", "maxProperties", "multipleOf", "unevaluatedProperties", "unevaluatedItems", "pattern", "format",
    "minContains", "maxContains", "prefixItems", "examples",
}  # fmt: skip
OF = "x-of"  # in a flat schema: the numbers of the schemas that it was merged from
SPEAK_OF = {  # by type, the keywords that say something of its values alone
    "object": {"properties", "required", "additionalProperties", "unevaluatedProperties", "minProperties",
               "maxProperties", "propertyNames", "patternProperties", "dependentRequired"},
    "array": {"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"},
    "string": {"minLength", "maxLength", "pattern", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}  # fmt: skip
_LOWER, _UPPER = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")
_SIZES = {"Length", "Items", "Properties"}


def is_tangled(schema: Schema) -> bool:
    """Whether a value that keeps each of the schema's plain keywords may still not keep the schema."""
    return not schema.keys() & {"type", "enum", "const"} or not _CHECKED.isdisjoint(schema)


def is_sure(schema: Schema) -> bool:
    """Whether what is drawn for each of its keywords keeps all of them, although it is not plain."""
    lengths = {"minLength", "maxLength"} if {"pattern", "format"} & schema.keys() else set()
    return "type" in schema and not (_CHECKED - {"format", "examples", "pattern"} | lengths) & schema.keys()


def flattened(schema: Json, above: frozenset[int] = frozenset()) -> list[Schema]:
    """The ways to keep a schema, each as one flat schema; none when it keeps nothing, or stands within itself."""
    if schema is True:
        schema = {}
    if not isinstance(schema, Mapping) or id(schema) in above:
        return []
    if _APART.isdisjoint(schema):
        return [{**_typed(schema), OF: (id(schema),)}]
    above |= {id(schema)}
    found: list[Schema] = [{**{k: v for k, v in schema.items() if k not in _APART}, OF: (id(schema),)}]
    for child in schema.get("allOf", ()):
        found = _both(found, flattened(child, above))
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            ways = [_told(schema, child, flattened(child, above)) for child in schema[keyword]]
            found = _both(found, [way[n] for n in range(_MOST) for way in ways if n < len(way)])
    if "if" in schema:
        held = _both(flattened(schema["if"], above), flattened(schema.get("then", True), above))
        found = _both(found, [*held, *flattened(schema.get("else", True), above)])
    return [_typed(one) for one in found]


def _told(schema: Schema, child: Json, ways: list[Schema]) -> list[Schema]:
    """The ways of one alternative, with the value of the attribute by which it is told from the others."""
    told, name = schema.get("discriminator"), getattr(child, "name", "")
    if not isinstance(told, Mapping) or not name or not isinstance(told.get("propertyName"), str):
        return ways
    mapping = told.get("mapping") or {}
    values = [value for value, ref in mapping.items() if str(ref).rpartition("/")[2] == name]
    attribute = {told["propertyName"]: {"const": values[0] if values else name}}
    return _both(ways, [{"properties": attribute, "required": list(attribute), OF: ()}])


def _typed(schema: Schema) -> Schema:
    """The schema with a type: what its other keywords speak of, else any that JSON has."""
    if schema.keys() & {"type", "enum", "const"}:
        return schema
    about = [name for name, own in SPEAK_OF.items() if own & schema.keys()]
    return {**schema, "type": about or ["string", "integer", "object"]}


def _both(some: list[Schema], others: list[Schema]) -> list[Schema]:
    return [merged(one, other) for other in others for one in some][:_MOST]


def merged(one: Schema, other: Schema) -> Schema:
    """A flat schema that says what both do, as far as one can."""
    both: dict[str, Json] = {**one, **other}
    for keyword in one.keys() & other.keys():
        if keyword in _MERGING:  # of others, the later one stands
            both[keyword] = _MERGING[keyword](one[keyword], other[keyword])
    return both


def _types(one: Json, other: Json) -> Json:
    some, others = types_in(one), types_in(other)
    kept = [name for name in some if name in others or (name == "integer" and "number" in others)]
    return kept + [name for name in others if name == "integer" and "number" in some and name not in kept]


def _named(one: Mapping[str, Json], other: Mapping[str, Json]) -> Json:
    common = {name: _child(one[name], other[name]) for name in one.keys() & other.keys()}
    return {**one, **other, **common}


def _child(one: Json, other: Json) -> Json:
    if one is False or other is False:
        return False
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return other if isinstance(other, Mapping) else one
    return one if one is other else {"allOf": [one, other]}


def _multiple(one: Any, other: Any) -> Any:
    return math.lcm(one, other) if isinstance(one, int) and isinstance(other, int) else max(one, other)


_MERGING: Mapping[str, Callable[[Any, Any], Json]] = {
    "type": _types,
    "enum": lambda one, other: [value for value in one if value in other],
    "required": lambda one, other: [*one, *(name for name in other if name not in one)],
    "properties": _named,
    "patternProperties": _named,
    "items": _child,
    "additionalProperties": _child,
    "multipleOf": _multiple,
    OF: lambda one, other: (*one, *other),
    **dict.fromkeys((*_LOWER, *(f"min{size}" for size in _SIZES)), max),
    **dict.fromkeys((*_UPPER, *(f"max{size}" for size in _SIZES)), min),
}
