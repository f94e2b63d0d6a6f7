"""The shape of a JSON value, inferred by GenSON: which types stand at each place, what is missing, and forms of text.

Shapes hold names, types and forms, and never a value.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from genson import SchemaBuilder
from genson.schema.strategies import Number, Object, String

from contracts.model import ANY_MEMBER, Schema

EXACT = 2**53  # beyond it, not every integer has a double of its own (RFC 8259 section 6)
MISSING = "missing"
_MOST_NAMES = 60  # an object with more is a map, whose names are values; so are those that many objects make up
_NAME = re.compile(r"[\w.$: -]{1,200}")
_FORMS = (
    ("uuid", re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)),
    ("uri", re.compile(r"https?://\S+")),
    ("digits", re.compile(r"[0-9]+")),
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d[\d:.]{0,13}([Zz]|[+-]\d\d:?\d\d)?)?")

Place = tuple[str, ...]
Shape = tuple[Place, str, tuple[str, ...]]


class _Objects(Object):  # type: ignore[misc] # GenSON has no types
    """Objects whose names are taken together where they are odd or too many: then they are values."""

    def add_object(self, obj: dict[str, Any]) -> None:
        if max(len(obj), len(self._properties)) > _MOST_NAMES:
            self._pattern_properties[""]  # which every name matches
        super().add_object(obj)

    def _matching_pattern(self, prop: str) -> str | None:
        found: str | None = super()._matching_pattern(prop)
        return found if is_name(prop) else ""


class _Numbers(Number):  # type: ignore[misc]
    """7.0 is an integer in JSON Schema (2020-12 core, section 4.2.3)."""

    def __init__(self, node_class: Any) -> None:
        super().__init__(node_class)
        self._large = False

    def add_object(self, obj: float) -> None:
        whole = isinstance(obj, int) or obj.is_integer()
        super().add_object(int(obj) if whole else obj)
        self._large |= whole and abs(obj) > EXACT

    def to_schema(self) -> Any:
        return super().to_schema() | ({"x-forms": ["beyond 2**53"]} if self._large else {})


class _Strings(String):  # type: ignore[misc]
    """Strings with the forms that were seen."""

    def __init__(self, node_class: Any) -> None:
        super().__init__(node_class)
        self._forms: set[str] = set()

    def add_object(self, obj: str) -> None:
        self._forms.add(form_of(obj))

    def to_schema(self) -> Any:
        return super().to_schema() | {"x-forms": sorted(self._forms - {""})}


class _Builder(SchemaBuilder):  # type: ignore[misc]
    EXTRA_STRATEGIES = (_Objects, _Numbers, _Strings)


def is_name(text: str) -> bool:
    """Whether an attribute's name looks like a name, rather than like a value that serves as one: a number, an id."""
    return bool(_NAME.fullmatch(text)) and not any(pattern.fullmatch(text) for _, pattern in _FORMS)


def form_of(text: str) -> str:
    """The form of a text: a time with 0 for every digit, `uuid`, `uri`, digits, or nothing."""
    if len(text) > 300:
        return ""
    if _MOMENT.fullmatch(text):
        return re.sub(r"\d", "0", text)
    form = next((name for name, pattern in _FORMS if pattern.fullmatch(text)), "")
    return "digits beyond 2**53" if form == "digits" and int(text) > EXACT else "" if form == "digits" else form


def outline_of(value: Any) -> Hashable:
    """Equal for two JSON values only if `shape_of` says the same of both; soon made, while a shape takes GenSON.

    Raises RecursionError for what is nested too deeply.
    """
    if isinstance(value, dict):
        return (dict, *((name, outline_of(member)) for name, member in value.items()))
    if isinstance(value, list):
        return (list, *dict.fromkeys(map(outline_of, value)))
    if isinstance(value, str):
        return form_of(value)
    if (isinstance(value, float) and value.is_integer()) or type(value) is int:
        return int, abs(value) > EXACT
    return (type(value),)


def maps_of(schema: Schema, above: frozenset[int] = frozenset()) -> dict[str, Any]:
    """What GenSON has to know beforehand of a documented shape: the objects whose names are no attributes."""
    if id(schema) in above:  # of what stands within itself, it knows the first steps
        return {}
    above |= {id(schema)}
    maps: dict[str, Any] = {}
    properties, items, others = (schema.get(word) for word in ("properties", "items", "additionalProperties"))
    named = {name: maps_of(child, above) for name, child in (properties or {}).items() if isinstance(child, Mapping)}
    if any(named.values()):
        maps["properties"] = {name: known for name, known in named.items() if known}
    if isinstance(items, Mapping) and (known := maps_of(items, above)):
        maps |= {"type": "array", "items": known}
    if isinstance(others, Mapping):
        maps["patternProperties"] = {"": maps_of(others, above)}
    return {"type": "object", **maps} if maps else {}


def shape_of(value: Any, maps: Mapping[str, Any]) -> Iterator[Shape]:
    """Each place of a JSON value with its types in words (`string`, `null or string`, `string or missing`) and forms.

    A place that some members of a list lack is `missing` there. `maps` comes from `maps_of`.
    """
    builder = _Builder(schema_uri=None)
    if maps:
        builder.add_schema(maps)
    try:
        builder.add_object(value)
        schema = builder.to_schema()
    except RecursionError:
        yield (), "nested too deeply", ()
        return
    found: dict[Place, tuple[set[str], set[str]]] = {}
    for place, types, forms in _places(schema, (), missing=False):
        all_types, all_forms = found.setdefault(place, (set(), set()))
        all_types |= types
        all_forms |= forms
    for place, (types, forms) in found.items():
        yield place, " or ".join(sorted(types, key=lambda name: (name == MISSING, name))), tuple(sorted(forms))


def _places(schema: Schema, place: Place, *, missing: bool) -> Iterator[tuple[Place, set[str], set[str]]]:
    """Each place with its types and forms; a place of members may come twice, of a list's and of a map's."""
    branches = [branch for branch in schema.get("anyOf", [schema]) if "type" in branch]
    types = {name for branch in branches for name in _listed(branch["type"])}
    if not types:
        return
    yield (
        place,
        types | ({MISSING} if missing else set()),
        {f for branch in branches for f in branch.get("x-forms", ())},
    )
    for branch in branches:
        required = branch.get("required", ())
        for name, child in branch.get("properties", {}).items():
            yield from _places(child, (*place, name), missing=name not in required)
        for child in (*branch.get("patternProperties", {}).values(), branch.get("items", {})):
            yield from _places(child, (*place, ANY_MEMBER), missing=False)


def _listed(types: Any) -> list[str]:
    return types if isinstance(types, list) else [types]
