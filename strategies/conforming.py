"""Conforming values: one function a JSON Schema type, each using the keywords that go with it.

Strings are of Unicode scalar values without control characters (RFC 7493 section 2.1 leaves surrogates out), and at
least one character long unless the page sets a length: a page that does not speak of empty strings promises nothing
of them. Numbers keep to 15 digits and to six places, where RFC 8259 section 6 lets readers differ.
"""

from __future__ import annotations

import math
import re
import warnings
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from string import ascii_letters, digits
from typing import Any, TypeVar

from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisSideeffectWarning, InvalidArgument, NoSuchExample, Unsatisfiable

from contracts.model import Json, Schema
from contracts.schema import types_in
from strategies.errors import StrategyError
from strategies.flat import OF, flattened, is_sure, is_tangled
from strategies.foreign import foreign_values
from strategies.quiet import QUIETLY, Quiet
from strategies.validity import keeps

T = TypeVar("T")
Alternatives = list[st.SearchStrategy[Any]]

ALPHABET = st.characters(exclude_categories=["Cs", "Cc"])
SAFE = st.characters(categories=[], include_characters=f"{ascii_letters}{digits}-_")
_MANY = 1_000  # members of a list
LARGEST = 10**15
SMALLEST = 10**-6
ANYTHING: Schema = {"type": "string"}  # stands in where a page does not say what the members of an array are
_USUAL_LENGTH = 40
KEYS = st.text(ALPHABET, min_size=1, max_size=_USUAL_LENGTH)


def conforming_values(
    schema: Json, *, safe: bool = False, above: frozenset[int] = frozenset()
) -> st.SearchStrategy[Any]:
    """JSON values that are valid under `schema`; raises StrategyError for a schema that keeps nothing.

    `safe`: texts have letters, digits, `-` and `_` only, as what stands in a path or a header has to.
    """
    return st.one_of(alternatives(schema, safe=safe, above=above))


def alternatives(schema: Json, *, safe: bool = False, above: frozenset[int] = frozenset()) -> Alternatives:
    """The same, apart by type and by the edge that is met, each costing Hypothesis as few choices as can be."""
    if id(schema) in above:
        raise StrategyError("it stands within itself without end")
    above |= {id(schema)}
    if isinstance(schema, Mapping) and not is_tangled(schema):
        return _flat(schema, safe, above)
    found: Alternatives = []
    for flat in flattened(schema):
        with suppress(StrategyError):
            found += _flat(flat, safe, above)
    if found and isinstance(schema, Mapping) and is_sure(schema):
        return found
    kept = [values.filter(Quiet(keeps, schema)) for values in found]
    possible = [values for values in kept if is_possible(values)]
    if not possible and foreign_values(schema):
        return [st.sampled_from(foreign_values(schema))]
    if not possible:
        raise StrategyError("no value keeps all that it says")
    return possible


def _flat(schema: Schema, safe: bool, above: frozenset[int]) -> Alternatives:
    if "const" in schema:
        return [st.just(schema["const"])]
    if "enum" in schema:
        return [st.sampled_from(list(schema["enum"]))]
    drawing = _Drawing(safe, above)
    return [values for name in types_of(schema) for values in _BY_TYPE[name](schema, drawing)]


def is_possible(values: st.SearchStrategy[Any]) -> bool:
    """Whether anything can be drawn, of what may be filtered away."""
    try:
        _found(values, settings(QUIETLY, max_examples=20, phases=[Phase.generate]))
    except (NoSuchExample, Unsatisfiable, InvalidArgument):
        return False
    return True


def first_of(strategy: st.SearchStrategy[T]) -> T:
    """What Hypothesis finds first, which is most often the simplest."""
    return _found(strategy, settings(QUIETLY, phases=[Phase.generate], max_examples=10))


def simplest_of(strategy: st.SearchStrategy[T]) -> T:
    """What shrinking ends at; a text that is plain or long is left as it is found, since shrinking takes its time."""
    found = first_of(strategy)
    is_left = isinstance(found, str) and (found.isascii() or len(found) > _USUAL_LENGTH)
    return found if is_left else _found(strategy, QUIETLY)


def _found(strategy: st.SearchStrategy[T], quietly: settings) -> T:
    """What Hypothesis finds; a target is checked before pytest has collected anything, which it warns of at length."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisSideeffectWarning)
        return find(strategy, lambda _: True, settings=quietly)


def types_of(schema: Schema) -> list[str]:
    """The types of a schema as a list; raises StrategyError when it names none or an unknown one."""
    said = schema.get("type", [])
    names = types_in(said)
    if not names or not set(names) <= set(_BY_TYPE):
        raise StrategyError(f"no value can be drawn for the type {said!r}; a schema needs one of {', '.join(_BY_TYPE)}")
    return names


def _string(schema: Schema, drawing: _Drawing) -> Alternatives:
    alphabet = SAFE if drawing.safe else ALPHABET
    if "pattern" in schema:
        lengths = schema.get("minLength"), schema.get("maxLength")
        usual_length = max(lengths[0] or 0, _USUAL_LENGTH)
        return [matching(schema["pattern"], alphabet, lengths[0], lengths[1] and min(lengths[1], usual_length))]
    if "format" in schema and (schema["format"] in FORMATS or not schema.get(OF)):
        return [formatted(schema["format"])[1]]
    shortest = max(schema.get("minLength", 1), drawing.safe)
    longest = schema.get("maxLength", max(shortest, _USUAL_LENGTH))
    usual = st.text(alphabet, min_size=shortest, max_size=min(longest, max(shortest, _USUAL_LENGTH)))
    if "maxLength" not in schema:
        return [usual]
    return [usual, alphabet.map(partial(_repeated, times=longest))]


def matching(
    pattern: str, alphabet: st.SearchStrategy[str], shortest: int | None = None, longest: int | None = None
) -> st.SearchStrategy[str]:
    """Texts that a pattern matches from end to end, of these lengths where it can be made to ask for them.

    There are none where all that it matches are longer or shorter. Its classes are ASCII's, as they are in JavaScript.
    """
    if (shortest, longest) != (None, None):
        from schemathesis.core.jsonschema.patterns import pattern_length_bounds, update_quantifier  # long to import

        pattern = update_quantifier(pattern, shortest, longest)
        least, most = pattern_length_bounds(pattern)
        if (most is not None and most < (shortest or 0)) or (longest is not None and least > longest):
            return st.nothing()
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True, alphabet=alphabet)


_TIMES = datetime(1970, 1, 1), datetime(2099, 12, 31, 23, 59, 59)  # noqa: DTZ001 - what most servers can keep
FORMATS: Mapping[str, tuple[str, st.SearchStrategy[str]]] = {  # a plain value of each format, and others
    "uuid": ("00000000-0000-4000-8000-00c1a05e0000", st.uuids(version=4).map(str)),
    "date": ("2026-01-05", st.datetimes(*_TIMES).map(lambda moment: moment.date().isoformat())),
    "date-time": ("2026-01-05T10:20:30Z", st.datetimes(*_TIMES).map(lambda moment: moment.isoformat() + "Z")),
    "email": ("clausewise@example.com", st.uuids().map(lambda name: f"clausewise-{name.hex}@example.com")),
    "hostname": ("clausewise.example.com", st.uuids().map(lambda name: f"clausewise-{name.hex}.example.com")),
    "uri": ("https://example.com/", st.uuids().map(lambda name: f"https://example.com/clausewise/{name.hex}")),
    "uri-reference": ("/clausewise", st.uuids().map(lambda name: f"/clausewise/{name.hex}")),
    "time": ("10:20:30Z", st.times().map(lambda moment: moment.isoformat() + "Z")),
    "duration": ("P1D", st.integers(1, 99).map(lambda days: f"P{days}D")),
    "idn-email": ("clausewise@example.com", st.uuids().map(lambda name: f"clausewise-{name.hex}@example.com")),
    "ipv4": ("192.0.2.1", st.ip_addresses(v=4).map(str)),
    "ipv6": ("2001:db8::1", st.ip_addresses(v=6).map(str)),
    "byte": ("Q2xhdXNld2lzZQ==", st.binary(min_size=1, max_size=30).map(lambda data: b64encode(data).decode())),
    "regex": ("^[a-z]+$", st.sampled_from(["^[a-z]+$", "[0-9]", "a|b"])),
    "json-pointer": ("/clausewise", st.integers(0, 99).map(lambda number: f"/clausewise/{number}")),
    "relative-json-pointer": ("0", st.integers(0, 99).map(str)),
}


def formatted(form: str) -> tuple[str, st.SearchStrategy[str]]:
    """A plain text of a format, and a strategy of such texts; raises StrategyError for a format that is unknown."""
    if form not in FORMATS:
        raise StrategyError(f"no value can be drawn for the format {form!r}; there are {', '.join(FORMATS)}")
    return FORMATS[form]


def _number(schema: Schema, drawing: _Drawing) -> Alternatives:
    if "multipleOf" in schema:
        return _integer(schema, drawing)
    low, high = _bounds(schema, SMALLEST)
    fractions = st.floats(low, high, allow_nan=False, allow_infinity=False).map(partial(round, ndigits=6))
    return [*_integer(schema, drawing), fractions.filter(lambda number: low <= number <= high)]


def _integer(schema: Schema, _: _Drawing) -> Alternatives:
    step = schema.get("multipleOf", 1)
    low, high = _bounds(schema, step)
    first, last = math.ceil(low / step), math.floor(high / step)
    if first > last:
        raise StrategyError(f"no number lies between {low} and {high}")
    multiples = st.integers(first, last)
    return [multiples if step == 1 else multiples.map(lambda number: times(number, step))]


def times(number: int, step: float) -> float:
    """A multiple, without what binary fractions add to it."""
    return number * step if isinstance(step, int) else round(number * step, 10)


def _bounds(schema: Schema, step: float) -> tuple[float, float]:
    """The least and the greatest number that the schema allows; `step` is what an exclusive bound keeps away."""
    low = max(schema.get("minimum", -LARGEST), schema.get("exclusiveMinimum", -LARGEST - step) + step)
    high = min(schema.get("maximum", LARGEST), schema.get("exclusiveMaximum", LARGEST + step) - step)
    return low, high


def _array(schema: Schema, drawing: _Drawing) -> Alternatives:
    shortest, described = schema.get("minItems", 0), schema.get("items", ANYTHING)
    heads = [drawing.values(child) for child in schema.get("prefixItems", ())]
    try:
        members = drawing.values(described)
    except StrategyError:  # a list of what stands within itself may be empty
        if shortest > len(heads):
            raise
        return [st.tuples(*heads).map(list)]
    extra = [drawing.values(schema["contains"])] if "contains" in schema else []
    longest = schema.get("maxItems", max(shortest, len(heads)) + 2)
    lengths = sorted({max(shortest, 0), min(shortest + 1, longest), min(shortest + 2, longest)})
    usual = [st.tuples(*[*extra, *heads, *[members] * length][:length]).map(list) for length in lengths]
    # cheaper to draw than st.lists
    if longest in lengths or schema.get("uniqueItems") or heads or longest > _MANY:
        return usual
    return [*usual, members.map(lambda member: [member] * longest)]


def _object(schema: Schema, drawing: _Drawing) -> Alternatives:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    required = schema.get("required", ())
    if not properties and not required:  # a map, or an object of which nothing is said
        members = schema.get("additionalProperties", ANYTHING)
        if members is False:
            return [st.builds(dict)]
        names = schema.get("propertyNames")
        keys = KEYS if names is None else drawing.values({"type": "string", **names})
        member = st.tuples(keys, drawing.values(members))
        fewest = max(schema.get("minProperties", 1), 1)
        return [st.lists(member, min_size=fewest, max_size=fewest, unique_by=lambda entry: entry[0]).map(dict)]
    drawn = {}
    for name in dict.fromkeys((*properties, *required)):
        try:
            drawn[name] = drawing.values(properties.get(name, {}))
        except StrategyError:
            if name in required:
                raise
    return [
        st.fixed_dictionaries(
            {name: values for name, values in drawn.items() if name in required},
            optional={name: values for name, values in drawn.items() if name not in required},
        )
    ]


@dataclass(frozen=True)
class _Drawing:
    """How the values within a schema are drawn: which texts, and in which schemas they stand."""

    safe: bool
    above: frozenset[int]

    def values(self, schema: Json) -> st.SearchStrategy[Any]:
        return conforming_values(schema, safe=self.safe, above=self.above)


def _repeated(character: str, times: int) -> str:
    return character * times


_BY_TYPE: Mapping[str, Callable[[Schema, _Drawing], Alternatives]] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": lambda _, __: [st.booleans()],
    "null": lambda _, __: [st.none()],
    "array": _array,
    "object": _object,
}
