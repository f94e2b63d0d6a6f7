"""Patterns of strangers, matched in bounded time; and which of them can be drawn from in bounded time.

Hypothesis draws with Python's `re`, which can take without end, so what may is refused beforehand (`why_not`). Of what
may still take long on a long text, a match ends by itself (`matches`), since the texts are a stranger's, too.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice
from re import _parser as parser  # the standard library's own
from typing import Any

import regex
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from contracts.errors import UserError

_MANY = 10  # a repetition of fewer is written out in thought
_FEW = 24  # times that what repeats itself a little may be repeated
_LONGEST = 2_000  # characters that a pattern may ask for at the least
_SECONDS, _SECONDS_IN_ALL = 0.5, 10.0  # of one match, and of all slow ones of one pattern in a process
_QUICK = 0.001  # seconds that count for nothing: an ordinary pattern is matched with a million texts in a run
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_DEEPEST = 60  # keywords within one another that judge the same value, each of which takes some ten calls
_SINGLE = {"LITERAL", "NOT_LITERAL", "IN", "ANY", "RANGE", "CATEGORY"}
Items = Sequence[tuple[Any, Any]]


class _Pattern:
    """A pattern, and the seconds that its slow matches have left."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self._compiled, self._left = pattern, regex.compile(pattern), _SECONDS_IN_ALL

    def is_in(self, text: str) -> bool:
        started, worked = time.monotonic(), time.thread_time()
        try:
            if self._left > 0:
                return self._compiled.search(text, timeout=min(_SECONDS, self._left)) is not None
        except TimeoutError:
            pass
        finally:
            if time.thread_time() - worked > _QUICK:  # of the processor: a quick one may have had to wait for it
                self._left -= time.monotonic() - started
        length = f"{len(text):,} characters"
        raise UserError(f"the pattern {self.pattern[:60]!r} takes too long to match a text of {length}")


_compiled = cache(_Pattern)


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text; raises UserError when that takes too long."""
    return _compiled(pattern).is_in(text)


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Any, _: Any
) -> Iterator[ValidationError]:
    for name, value in instance.items() if isinstance(instance, dict) else ():
        for pattern, schema in patterns.items():
            if matches(pattern, name):
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    patterns = schema.get("patternProperties", {}) if isinstance(instance, dict) else {}
    matched = dict.fromkeys((n for n in instance if any(matches(p, n) for p in patterns)) if patterns else (), True)
    beside = {"properties": {**schema.get("properties", {}), **matched}}
    yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, allowed, instance, beside)


def _properties(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Attributes with listed values first: by them, alternatives that hold one another are told apart at once."""
    listed = [name for name, one in properties.items() if isinstance(one, dict) and one.keys() & {"const", "enum"}]
    if listed:
        properties = {**{name: properties[name] for name in listed}, **properties}
    yield from Draft202012Validator.VALIDATORS["properties"](validator, properties, instance, schema)


def _alternatives(keyword: str, most: int) -> Callable[..., Iterator[ValidationError]]:
    """`anyOf` or `oneOf`: all that is wrong with each is looked for only when too few or too many are kept."""

    def validate(validator: Any, alternatives: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        kept = (one for one in alternatives if validator.evolve(schema=one).is_valid(instance))
        if len(list(islice(kept, most))) != 1:
            yield from Draft202012Validator.VALIDATORS[keyword](validator, alternatives, instance, schema)

    return validate


def _multiple_of(judge: Any, by: float, value: Any, schema: Any) -> Iterator[ValidationError]:
    """As the library has it; a number beyond all doubles is a multiple of anything, for all that can be told."""
    with suppress(OverflowError):
        yield from Draft202012Validator.VALIDATORS["multipleOf"](judge, by, value, schema)


class _Here(threading.local):
    """How many keywords that say something of the same value lie within one another, as far as this thread judges."""

    depth = 0


_HERE = _Here()


def _bounded(keyword: str, check: Callable[..., Iterator[ValidationError]] | None = None) -> Callable[..., Any]:
    """A keyword that does not go on without end, as where a schema's references lead back to itself.

    Python's own limit comes too late: jsonschema's tables are written in Rust, and end the process where it meets them.
    """
    inner = check or Draft202012Validator.VALIDATORS[keyword]

    def validate(validator: Any, said: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if _HERE.depth >= _DEEPEST:
            raise RecursionError(f"{keyword} lies within itself more than {_DEEPEST} times")
        _HERE.depth += 1
        try:
            yield from inner(validator, said, instance, schema)
        finally:
            _HERE.depth -= 1

    return validate


JUDGE: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional_properties,
        "properties": _properties, "multipleOf": _multiple_of,
        "anyOf": _bounded("anyOf", _alternatives("anyOf", 1)), "oneOf": _bounded("oneOf", _alternatives("oneOf", 2)),
        "allOf": _bounded("allOf"), "not": _bounded("not"), "if": _bounded("if"),
    },
)  # fmt: skip


def patterns_in(schema: Any) -> Iterator[str]:
    """The patterns of a schema of a target, wherever they stand."""
    for word, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if word == "pattern" and isinstance(value, str):
            yield value
        elif isinstance(value, dict | list) and word not in {"enum", "examples"}:
            yield from patterns_in(value)


@cache
def why_not(pattern: str) -> str:
    """Why a pattern is not used, or nothing.

    What a repetition repeats must be told from what stands in it: `(a+)+` can be cut in more ways than time allows,
    `(-a+)*` in one.
    """
    try:
        re.compile(pattern)
        regex.compile(pattern)
        items = parser.parse(pattern)
    except (re.error, regex.error, RecursionError, OverflowError) as error:
        return f"the pattern {pattern[:60]!r} is none that Python reads ({error})"
    if (shortest := items.getwidth()[0]) > _LONGEST:
        return f"the pattern {pattern[:60]!r} is of texts of at least {shortest:,} characters: none is drawn so long"
    if any(map(_is_ambiguous, _repeated(items))) or any(_is_loose(*one) for one in _a_little_repeated(items)):
        return f"the pattern {pattern[:60]!r} may take without end to match, for it repeats what repeats itself"
    return ""


def _repeated(items: Items) -> Iterator[Items]:
    """What is repeated without bound, wherever it stands."""
    for op, value in items:
        if str(op) in _REPEATS and value[1] > _MANY:
            yield list(value[2])
        for inner in _inner(op, value):
            yield from _repeated(inner)


def _a_little_repeated(items: Items) -> Iterator[tuple[Items, int]]:
    """What is repeated at all, with how often at the most, wherever it stands."""
    for op, value in items:
        if str(op) in _REPEATS and value[1] > 1:
            yield _unwrapped(list(value[2])), int(value[1])
        for inner in _inner(op, value):
            yield from _a_little_repeated(inner)


def _is_loose(body: Items, times: int) -> bool:
    """Whether what is repeated repeats something itself, a little, that nothing beside it tells from the next time."""
    for at, (op, value) in enumerate(body):
        if str(op) in _REPEATS and value[0] != value[1] and value[1] <= _MANY and value[1] * times > _FEW:
            others = [*body[:at], *body[at + 1 :]]
            taken = [chr(code) for code in range(128) if _takes(list(value[2]), chr(code))]
            if not others or any(_takes(others, char) for char in taken):
                return True
    return False


def _inner(op: Any, value: Any) -> list[Items]:
    name = str(op)
    if name in _REPEATS:
        return [list(value[2])]
    if name in {"SUBPATTERN", "ASSERT", "ASSERT_NOT", "ATOMIC_GROUP"}:
        return [list(value if name == "ATOMIC_GROUP" else value[-1])]
    if name == "BRANCH":
        return [list(branch) for branch in value[1]]
    return []


def _is_ambiguous(body: Items) -> bool:
    flat = _unwrapped(body)
    branches = [value[1] for op, value in flat if str(op) == "BRANCH"]
    if any(not _differ(each) for each in branches):
        return True
    loops = list(_repeated(flat))
    if not loops:
        return False
    marks = [chr(value) for op, value in flat if str(op) == "LITERAL"]
    return not any(all(not _takes(loop, mark) for loop in loops) for mark in marks)


def _unwrapped(items: Items) -> Items:
    """Items without the groups around them."""
    found: list[tuple[Any, Any]] = []
    for op, value in items:
        found += _unwrapped(list(value[-1])) if str(op) == "SUBPATTERN" else [(op, value)]
    return found


def _differ(branches: Sequence[Any]) -> bool:
    """Whether the first character tells the branches apart."""
    firsts = [_unwrapped(list(branch))[:1] for branch in branches]
    if any(not first or str(first[0][0]) != "LITERAL" for first in firsts):
        return False
    return len({first[0][1] for first in firsts}) == len(firsts)


def _takes(items: Items, char: str) -> bool:
    """Whether a character can stand anywhere in what the items match; in doubt, it can."""
    return any(
        _is_taken(op, value, char) if str(op) in _SINGLE else any(_takes(inner, char) for inner in _inner(op, value))
        for op, value in items
    )


def _is_taken(op: Any, value: Any, char: str) -> bool:
    name = str(op)
    if name in {"LITERAL", "NOT_LITERAL"}:
        return bool((ord(char) == value) == (name == "LITERAL"))
    if name == "RANGE":
        return bool(value[0] <= ord(char) <= value[1])
    if name == "CATEGORY":
        named = str(value).removeprefix("CATEGORY_")
        pattern = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[named.removeprefix("NOT_")]
        return bool(re.match(pattern, char)) != named.startswith("NOT_")
    if name == "IN":
        negated = str(value[0][0]) == "NEGATE"
        return any(_is_taken(kind, one, char) for kind, one in value[negated:]) != negated
    return True
