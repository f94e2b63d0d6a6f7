"""The words of JSON Schema as OpenAPI files use them: 3.0's said in those of 2020-12, wrong ones set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from contracts.model import Json, Node
from contracts.patterns import why_not
from contracts.schema import types_in

DATA = {"example", "examples", "default", "enum", "const", "value", "mapping"}  # values, where `$ref` means nothing
ANNOTATIONS = {"title", "description", "summary", "default", "deprecated", "example", "examples"}
CHECKED = {  # formats that say what a text has to look like; others, such as `int64` or `password`, say what it is for
    "date", "date-time", "time", "duration", "email", "idn-email", "hostname", "ipv4", "ipv6", "uuid", "uri",
    "uri-reference", "regex", "json-pointer", "relative-json-pointer", "byte",
}  # fmt: skip
_BY_NAME = ("properties", "patternProperties", "dependentSchemas")  # keywords below which schemas stand: by name,
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")  # several,
_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")  # or one
_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
TYPES = {"string", "number", "integer", "boolean", "null", "array", "object"}


def _is_count(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == int(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_types(value: Any) -> bool:
    names = [value] if isinstance(value, str) else value
    return isinstance(names, list) and bool(names) and all(isinstance(one, str) and one in TYPES for one in names)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_schema(value: Any) -> bool:
    return isinstance(value, Node | bool)


def _are_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_schema, value))


def _are_named(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Node) and all(map(fits, value.values()))


_COUNT, _NUMBER = ("a whole number from 0 on", _is_count), ("a number", _is_number)
_FITS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "type": (f"one of {', '.join(sorted(TYPES))}, or a list of them", _are_types),
    "enum": ("a list of values", lambda value: isinstance(value, list) and bool(value)),
    "examples": ("a list of values", lambda value: isinstance(value, list)),
    "required": ("a list of names", _are_texts),
    "pattern": ("a regular expression", lambda value: isinstance(value, str)),
    "format": ("a text", lambda value: isinstance(value, str)),
    "multipleOf": ("a number over 0", lambda value: _is_number(value) and value > 0),
    "uniqueItems": ("true or false", lambda value: isinstance(value, bool)),
    "dependentRequired": ("lists of names", _are_named(_are_texts)),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _COUNT),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _NUMBER),
    **dict.fromkeys(_BY_NAME, ("schemas by name", _are_named(_is_schema))),
    **dict.fromkeys(_LISTED, ("a list of schemas", _are_schemas)),
    **dict.fromkeys(_SINGLE, ("a schema", _is_schema)),
}


def schemas_below(schema: Node, known: set[int]) -> Iterator[Node]:
    """A schema and every one below it, the innermost first, each once."""
    waiting, found = [schema], list[Node]()
    while waiting:
        node = waiting.pop()
        if id(node) in known:
            continue
        known.add(id(node))
        found.append(node)
        waiting += children_of(node)
    yield from reversed(found)


def children_of(schema: Node) -> list[Node]:
    """The schemas that stand in a schema."""
    found: list[Json] = []
    for key, value in schema.items():
        if (key in _BY_NAME or key == "$defs") and isinstance(value, dict):
            found += value.values()
        elif key in _LISTED and isinstance(value, list):
            found += value
        elif key in _SINGLE or key in _UNEVALUATED:
            found.append(value)
    return [child for child in found if isinstance(child, Node)]


def modernise(schema: Node) -> None:
    """Say 3.0's words in those of 2020-12, an alternative that is null as a type, and set aside what says nothing."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True and bound in schema:
            schema[exclusive] = schema.pop(bound)
        elif isinstance(schema.get(exclusive), bool):
            del schema[exclusive]
    if "example" in schema and "examples" not in schema:
        schema["examples"], schema.lines["examples"] = [schema.pop("example")], schema.lines["example"]
    _set_aside(schema)
    null = schema.pop("nullable", None) is True
    for keyword in ("anyOf", "oneOf", "allOf"):
        members = schema.get(keyword, [])
        others = [member for member in members if keyword == "allOf" or not _is_null(member)]
        if len(others) == 1 and isinstance(others[0], Node):
            null = not _unite(schema, keyword, others[0], null or len(members) > 1) and null
    if null and not _admits_null(schema):
        inner = Node(schema, schema.lines, schema.name)
        schema.clear()
        schema["anyOf"] = [Node({"type": "null"}, inner.lines), inner]
        schema.lines = {"anyOf": (inner.first, inner.first)}
    if schema.get("format") == "int32" and "x-open" not in schema:  # what it says of bounds is no clause of its own
        bounds = {"minimum": -(2**31), "maximum": 2**31 - 1}
        new = {name: bound for name, bound in bounds.items() if f"exclusive{name.capitalize()}" not in schema}
        schema["x-open"] = {name: "int32" for name in new if name not in schema}
        schema.update({**new, **schema})


def _set_aside(schema: Node) -> None:
    """Take out what is not valid, or cannot be matched in bounded time; `x-unasked` says why."""
    for keyword in schema.keys() & _FITS.keys():
        if isinstance(schema[keyword], float) and schema[keyword].is_integer():
            schema[keyword] = int(schema[keyword])
        form, fits = _FITS[keyword]
        why = "" if fits(schema[keyword]) else f"{keyword} is not valid there: it must be {form}"
        patterns = (
            [schema[keyword]] if keyword == "pattern" else schema[keyword] if keyword == "patternProperties" else ()
        )
        why = why or next(filter(None, map(why_not, patterns)), "")
        if why:
            schema.setdefault("x-unasked", {})[keyword] = why
            del schema[keyword]


def _is_null(member: Json) -> bool:
    return isinstance(member, dict) and member.get("type") == "null"


def _unite(schema: Node, keyword: str, only: Node, null: bool) -> bool:
    """Put the one member of alternatives in their place, and let it be null: `anyOf: [X, {type: null}]` is X or null.

    False where both say the same word, or where X has no type that null could stand beside.
    """
    inner = Node(only, only.lines, only.name)
    told = schema.keys() - ANNOTATIONS - {keyword}
    if (
        (inner.keys() - ANNOTATIONS) & told
        or (null and (told or not _admits_null(inner)))
        or (told and keyword != "allOf")
    ):
        return False
    line = schema.lines.pop(keyword, (0, 0))
    del schema[keyword]
    schema.update({**inner, **schema})
    schema.lines = {**dict.fromkeys(inner, line), **inner.lines, **schema.lines}
    schema.name = schema.name or inner.name
    return True


def _admits_null(schema: Node) -> bool:
    """Let the types and the values of a schema have null among them; False where it has no types."""
    names = types_in(schema.get("type"))
    if not names or {"anyOf", "oneOf", "allOf", "not", "if", "const"} & schema.keys():
        return False
    schema["type"] = [*names, *([] if "null" in names else ["null"])]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return True


def without(value: Json, mark: str, made: dict[Json, Json], gone: frozenset[str] = frozenset()) -> Json:
    """A copy of a graph without the attributes that bear `mark` (`readOnly`, `writeOnly`); `made` remembers it.

    Of what is only written, the name and the mark stay: it is not to be shown. `gone`: what bears the mark in a schema
    that holds this one in its `allOf`, whichever of its members says so.
    """
    if not isinstance(value, Node | list):
        return value
    gone |= _marked(value, mark)
    if (id(value), gone) in made:
        return made[id(value), gone]
    copy: Json = Node({}, value.lines, value.name) if isinstance(value, Node) else []
    made[id(value), gone] = copy
    if isinstance(value, list):
        copy.extend(without(member, mark, made, gone) for member in value)
        return copy
    for key, child in value.items():
        if key in DATA:
            copy[key] = child
        elif key == "properties" and gone and isinstance(child, Node):
            named = child.items() if mark == "writeOnly" else [(n, one) for n, one in child.items() if n not in gone]
            kept = Node({n: Node({mark: True}, one.lines) if n in gone else one for n, one in named}, child.lines)
            copy[key] = without(kept, mark, made)
            made[id(kept), None] = kept  # so that no other object gets its number
        elif key == "required" and isinstance(child, list):
            copy[key] = [name for name in child if name not in gone]
        else:
            copy[key] = without(child, mark, made, gone if key == "allOf" else frozenset())
    return copy


def _marked(schema: Json, mark: str, deep: int = 4) -> frozenset[str]:
    """The names of the attributes of a schema, those of `allOf` among them, that bear the mark."""
    if not isinstance(schema, Node) or not deep:
        return frozenset()
    properties, parts = schema.get("properties"), schema.get("allOf")
    own = [n for n, child in properties.items() if _bears(child, mark)] if isinstance(properties, Node) else ()
    return frozenset(own).union(*(_marked(one, mark, deep - 1) for one in (parts if isinstance(parts, list) else ())))


def _bears(schema: Json, mark: str) -> bool:
    return isinstance(schema, dict) and (
        schema.get(mark) is True
        or any(isinstance(one, dict) and one.get(mark) is True for one in schema.get("allOf", []))
    )
