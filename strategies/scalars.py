"""The edges of texts and numbers: their bounds exactly met, odd but legal ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument, NoSuchExample, Unsatisfiable
from jsonschema import Draft202012Validator

from contracts.model import Json, Schema
from contracts.schema import is_of_type
from strategies.conforming import (
    ALPHABET,
    FORMATS,
    LARGEST,
    SAFE,
    SMALLEST,
    first_of,
    formatted,
    matching,
    simplest_of,
    times,
)  # fmt: skip
from strategies.errors import StrategyError
from strategies.flat import OF
from strategies.quiet import Quiet
from strategies.request import ABSENT

PLAIN = "Clausewise"  # stands in every text that has room for it, so that a person finds what a run has left
# Direction marks, markup, quotes, a backslash, a combining accent, beyond ASCII and the BMP, a blank at the end.
ODD = PLAIN + "\u202e\u202c <b>&amp; 'q' \"\\ e\u0301漢字 🦉 "
ASTRAL = "🦉"
_DRAWN = 500  # characters of the longest text that is drawn of a pattern
_LONG = 100_000  # characters of the longest text that is sent
_LIMITS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"}


def scalars(name: str, schema: Schema, *, safe: bool = False) -> Iterator[tuple[Json, str]]:
    """The edges of one scalar type, plain first, each with the keyword that it keeps.

    `safe`: texts have letters and digits only, and at least one.
    """
    if name == "string":
        yield from (
            _safe(schema) if safe and not schema.keys() & {"examples", "pattern", "format"} else _strings(schema, safe)
        )
    elif name in {"integer", "number"}:
        yield from _numbers(name, schema)
    elif name == "boolean":
        yield from ((True, "type"), (False, "type"))
    else:
        yield None, "type"


def _strings(schema: Schema, safe: bool) -> Iterator[tuple[str, str]]:
    told = [value for value in schema.get("examples", ()) if isinstance(value, str) and value]
    if told and (not safe or all(value.isascii() and value.isprintable() and "/" not in value for value in told)):
        yield from ((value, "type") for value in told)
        if OF not in schema:
            return
    if "pattern" in schema:
        if OF not in schema and not told:
            raise StrategyError("a string with a pattern needs `examples` beside it, to be kept at its edges")
        lengths = schema.get("minLength"), schema.get("maxLength")
        yield from ((text, "pattern") for text in _matching(schema["pattern"], safe, *lengths) if text or not safe)
        for keyword, length in zip(("minLength", "maxLength"), lengths, strict=True):
            yield from ((text, keyword) for text in as_long(schema["pattern"], length, safe=safe))
        return
    if "format" in schema and (schema["format"] in FORMATS or OF not in schema):
        yield formatted(schema["format"])[0], "type"
        return
    shortest, longest = schema.get("minLength", 1), schema.get("maxLength")
    yield _usual(shortest, longest, "."), "type"
    if shortest <= len(ODD) <= (longest or len(ODD)):
        yield ODD, "type"
    if "minLength" in schema and shortest <= _LONG:
        yield _text(shortest, "m"), "minLength"
    if longest is not None and longest <= _LONG:
        yield _text(longest, "M"), "maxLength"
        yield _text(longest, ASTRAL), "maxLength"


def _usual(shortest: int, longest: int | None, fill: str) -> str:
    """A text like any other; raises StrategyError for one that would take all memory."""
    if shortest > 10 * _LONG:
        raise StrategyError(f"a text of at least {shortest:,} characters is longer than any that is sent")
    return PLAIN[:longest].ljust(shortest, fill)


def _safe(schema: Schema) -> Iterator[tuple[str, str]]:
    shortest, longest = max(schema.get("minLength", 1), 1), schema.get("maxLength")
    yield _usual(shortest, longest, "m"), "type"
    if schema.get("minLength") == shortest <= _LONG:
        yield _text(shortest, "m"), "minLength"
    if longest is not None and longest <= _LONG:
        yield _text(longest, "M"), "maxLength"


@cache
def as_long(pattern: str, length: int | None, *, safe: bool = False) -> list[str]:
    """A text of this length that a pattern matches, if one is found."""
    if length is None or length > _DRAWN:
        return []
    whole = matching(pattern, SAFE if safe else ALPHABET, length, length)
    return _found(first_of, whole.filter(Quiet(_is_within, length, length)))


@cache
def _matching(pattern: str, safe: bool, least: int | None, most: int | None) -> list[str]:
    """A few texts that a pattern matches, of different lengths; raises StrategyError for one that matches none."""
    alphabet, found = SAFE if safe else ALPHABET, list[str]()
    for shortest in (max(least or 0, 1), max(least or 0, 6)):
        whole = matching(pattern, alphabet, shortest, most and min(most, max(shortest, _DRAWN)))
        found += _found(simplest_of, whole.filter(Quiet(_is_within, shortest, None)))
    found = found or _found(simplest_of, st.from_regex(pattern, alphabet=alphabet))
    if not found:
        raise StrategyError(f"no text was found that matches the pattern {pattern[:60]!r}")
    return list(dict.fromkeys(found))


def _is_within(least: int, most: int | None, text: str) -> bool:
    return least <= len(text) <= (most or len(text))


def _found(look: Callable[[st.SearchStrategy[str]], str], texts: st.SearchStrategy[str]) -> list[str]:
    try:
        return [look(texts)]
    except (NoSuchExample, Unsatisfiable, InvalidArgument):
        return []


def _text(length: int, filling: str) -> str:
    return PLAIN.ljust(length, filling) if length > len(PLAIN) else filling * length


def is_odd(value: Json) -> bool:
    """Whether a value may be refused for another reason than a bound: a fraction, or characters beyond the BMP."""
    return (isinstance(value, float) and value != int(value)) or (
        isinstance(value, str) and max(value, default="") > "\uffff"
    )


def away_from_edge(schema: Schema, value: Json) -> Json:
    """A value that is odd as this one is, but near no bound; ABSENT where the schema leaves no room for one."""
    if isinstance(value, str):
        length = max(
            schema.get("minLength", 1), min(len(PLAIN) + 2, schema.get("maxLength", 2**16) // len(ASTRAL.encode()))
        )
        return _text(length - 1, "m") + ASTRAL if length + 3 <= schema.get("maxLength", 2**16) else ABSENT
    bounds = [schema[keyword] for keyword in _LIMITS if keyword in schema]
    others = [int(bound) + offset for bound in bounds for offset in (0.5, -0.5)]
    return next((one for one in others if one != value and _within(one, schema)), ABSENT)


def _numbers(name: str, schema: Schema) -> Iterator[tuple[float, str]]:
    bounded = not schema.keys().isdisjoint({"minimum", "exclusiveMinimum"})
    told = [(value, "type") for value in schema.get("examples", ()) if is_of_type(value, "number")]
    candidates: list[tuple[float, str]] = [*told, (7, "type"), (LARGEST, "type")]
    candidates.append((0.5 if bounded else -0.5, "type") if name == "number" else (-7, "type"))
    if {"minimum", "maximum"} <= schema.keys():  # neither of the others may lie between
        candidates.append(((schema["minimum"] + schema["maximum"]) // 2, "type"))
    step = 1 if name == "integer" else SMALLEST
    for keyword, offset in (
        ("minimum", 0), ("exclusiveMinimum", step), ("maximum", 0), ("exclusiveMaximum", -step),
    ):  # fmt: skip
        if keyword in schema:
            candidates.append((schema[keyword] + offset, keyword))
    if "multipleOf" in schema:
        by = schema["multipleOf"]
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        first = math.floor(low / by) + 1 if "exclusiveMinimum" in schema else math.ceil(low / by)
        candidates.append((times(first, by), "exclusiveMinimum" if "exclusiveMinimum" in schema else "minimum"))
        candidates += [(times(first + n, by), "multipleOf") for n in (1, 7)]
    for value, keyword in dict(candidates).items() if OF in schema else candidates:
        if _within(value, schema) and is_of_type(value, name):
            yield value, keyword


def _within(value: float, schema: Schema) -> bool:
    bounds = {keyword: bound for keyword, bound in schema.items() if keyword in _LIMITS}
    return Draft202012Validator(bounds).is_valid(value)
