"""Conforming values: one function a JSON Schema type, each using the keywords that go with it.

Strings are of Unicode scalar values without control characters (RFC 7493 section 2.1 leaves surrogates out), and at
least one character long unless the page sets a length: a page that does not speak of empty strings promises nothing
of them. Numbers keep to 15 digits and to six places, where RFC 8259 section 6 lets readers differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from hypothesis import HealthCheck, find, settings
from hypothesis import strategies as st

from contracts.model import Json, Schema
from strategies.errors import StrategyError

T = TypeVar("T")
Alternatives = list[st.SearchStrategy[Any]]

ALPHABET = st.characters(exclude_categories=["Cs", "Cc"])
LARGEST = 10**15
SMALLEST = 10**-6
ANYTHING: Schema = {"type": "string"}  # stands in where a page does not say what the members of an array are
_USUAL_LENGTH = 40
KEYS = st.text(ALPHABET, min_size=1, max_size=_USUAL_LENGTH)


def conforming_values(schema: Schema) -> st.SearchStrategy[Any]:
    """JSON values that are valid under `schema`; raises StrategyError for a schema without a known type."""
    return st.one_of(alternatives(schema))


def alternatives(schema: Schema) -> Alternatives:
    """The same, apart by type and by the edge that is met, each costing Hypothesis as few choices as can be."""
    if "const" in schema:
        return [st.just(schema["const"])]
    if "enum" in schema:
        return [st.sampled_from(list(schema["enum"]))]
    return [values for name in types_of(schema) for values in _BY_TYPE[name](schema)]


def simplest_of(strategy: st.SearchStrategy[T]) -> T:
    """What shrinking ends at."""
    quietly = settings(database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    return find(strategy, lambda _: True, settings=quietly)


def types_of(schema: Schema) -> list[str]:
    """The types of a schema as a list; raises StrategyError when it names none or an unknown one."""
    types = schema.get("type", [])
    names = [types] if isinstance(types, str) else list(types)
    if not names or not set(names) <= set(_BY_TYPE):
        raise StrategyError(
            f"no value can be drawn for the type {types!r}; a schema needs one of {', '.join(_BY_TYPE)}"
        )
    return names


def _string(schema: Schema) -> Alternatives:
    if "pattern" in schema:
        return [st.from_regex(schema["pattern"], fullmatch=True, alphabet=ALPHABET)]
    if "format" in schema:
        return [formatted(schema["format"])[1]]
    shortest = schema.get("minLength", 1)
    longest = schema.get("maxLength", max(shortest, _USUAL_LENGTH))
    usual = st.text(ALPHABET, min_size=shortest, max_size=min(longest, max(shortest, _USUAL_LENGTH)))
    if "maxLength" not in schema:
        return [usual]
    return [usual, ALPHABET.map(partial(_repeated, times=longest))]


FORMATS: Mapping[str, tuple[str, st.SearchStrategy[str]]] = {  # a plain value of each format, and others
    "uuid": ("00000000-0000-4000-8000-00c1a05e0000", st.uuids(version=4).map(str)),
    "date": ("2026-01-05", st.dates().map(lambda day: day.isoformat())),
    "date-time": ("2026-01-05T10:20:30Z", st.datetimes().map(lambda moment: moment.isoformat() + "Z")),
    "email": ("clausewise@example.com", st.uuids().map(lambda name: f"clausewise-{name.hex}@example.com")),
    "hostname": ("clausewise.example.com", st.uuids().map(lambda name: f"clausewise-{name.hex}.example.com")),
    "uri": ("https://example.com/", st.uuids().map(lambda name: f"https://example.com/clausewise/{name.hex}")),
}


def formatted(form: str) -> tuple[str, st.SearchStrategy[str]]:
    """A plain text of a format, and a strategy of such texts; raises StrategyError for a format that is unknown."""
    if form not in FORMATS:
        raise StrategyError(f"no value can be drawn for the format {form!r}; there are {', '.join(FORMATS)}")
    return FORMATS[form]


def _number(schema: Schema) -> Alternatives:
    low, high = _bounds(schema, SMALLEST)
    fractions = st.floats(low, high, allow_nan=False, allow_infinity=False).map(partial(round, ndigits=6))
    return [*_integer(schema), fractions.filter(lambda number: low <= number <= high)]


def _integer(schema: Schema) -> Alternatives:
    low, high = _bounds(schema, 1)
    return [st.integers(math.ceil(low), math.floor(high))]


def _bounds(schema: Schema, step: float) -> tuple[float, float]:
    """The least and the greatest number that the schema allows; `step` is what an exclusive bound keeps away."""
    low = max(schema.get("minimum", -LARGEST), schema.get("exclusiveMinimum", -LARGEST - step) + step)
    high = min(schema.get("maximum", LARGEST), schema.get("exclusiveMaximum", LARGEST + step) - step)
    return low, high


def _array(schema: Schema) -> Alternatives:
    shortest, members = schema.get("minItems", 0), conforming_values(schema.get("items", ANYTHING))
    longest = schema.get("maxItems", shortest + 2)
    lengths = sorted({shortest, min(shortest + 1, longest), min(shortest + 2, longest)})
    usual = [st.tuples(*[members] * length).map(list) for length in lengths]  # cheaper to draw than st.lists
    return usual if longest in lengths else [*usual, members.map(lambda member: [member] * longest)]


def _object(schema: Schema) -> Alternatives:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    if not properties:  # a map, or an object of which nothing is said
        members = schema.get("additionalProperties", ANYTHING)
        if members is False:
            return [st.builds(dict)]
        member = st.tuples(KEYS, conforming_values(members))
        return [member.map(lambda entry: dict([entry]))]
    required = schema.get("required", ())
    drawn = {name: conforming_values(child) for name, child in properties.items()}
    return [
        st.fixed_dictionaries(
            {name: values for name, values in drawn.items() if name in required},
            optional={name: values for name, values in drawn.items() if name not in required},
        )
    ]


def _repeated(character: str, times: int) -> str:
    return character * times


_BY_TYPE: Mapping[str, Callable[[Schema], Alternatives]] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": lambda _: [st.booleans()],
    "null": lambda _: [st.none()],
    "array": _array,
    "object": _object,
}


def is_of_type(value: Json, name: str) -> bool:
    """Whether a value is of a JSON Schema type (JSON Schema 2020-12 validation, section 6.1.1)."""
    if isinstance(value, bool) or value is None:
        return name == ("null" if value is None else "boolean")
    if isinstance(value, int | float):
        return name == "number" or (name == "integer" and value == int(value))
    return isinstance(value, {"string": str, "array": list, "object": Mapping}.get(name, ()))
