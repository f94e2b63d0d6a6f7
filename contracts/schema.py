"""JSON values and JSON Schemas as everything here walks through them: members, types, what stands below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from contracts.model import ANY_MEMBER, Json, Schema

_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")


class Same:
    """A schema as the key of a cache: it is told by which object it is, and lives as long as the cache."""

    __slots__ = ("schema",)

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.schema is self.schema


def members_of(node: Json) -> Iterable[tuple[Any, Json]]:
    """The members of an object with their names, or of an array with their indexes; other values have none."""
    return node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list | tuple) else ()


def types_in(types: Json) -> list[str]:
    """The types that `type` names, one or a list of them; none where a schema does not have the keyword."""
    return [types] if isinstance(types, str) else list(types or ())


def is_of_type(value: Json, name: str) -> bool:
    """Whether a value is of a JSON Schema type (JSON Schema 2020-12 validation, section 6.1.1)."""
    if isinstance(value, bool) or value is None:
        return name == ("null" if value is None else "boolean")
    if isinstance(value, int | float):
        return name == "number" or (name == "integer" and (isinstance(value, int) or value.is_integer()))
    return isinstance(value, {"string": str, "array": list, "object": Mapping}.get(name, ()))


def is_of_types(value: Json, types: Json) -> bool:
    """Whether a value is of one of the types that `type` names."""
    return any(is_of_type(value, name) for name in types_in(types))


def as_path(place: Sequence[str]) -> str:
    """A place as JSONPath (RFC 9535), such as `$.users[*].name`."""
    return "$" + "".join(map(_step, place))


def _step(step: str) -> str:
    if step == ANY_MEMBER:
        return "[*]"
    escaped = step.replace("\\", "\\\\").replace("'", "\\'")
    return f".{step}" if _PLAIN_NAME.fullmatch(step) else f"['{escaped}']"


def schemas_within(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """The schemas of an object's attributes and of all members, each with the step of a place that leads to it."""
    for name, child in schema.get("properties", {}).items():
        if isinstance(child, Mapping):
            yield name, child
    for members in ("additionalProperties", "items"):
        if isinstance(schema.get(members), Mapping):
            yield ANY_MEMBER, schema[members]
