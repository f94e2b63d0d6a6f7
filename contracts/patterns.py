"""Which patterns of strangers can be matched in Python, and in bounded time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from re import _parser as parser  # the standard library's own
from typing import Any

_MANY = 10  # a repetition of fewer is written out in thought
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_SINGLE = {"LITERAL", "NOT_LITERAL", "IN", "ANY", "RANGE", "CATEGORY"}
Items = Sequence[tuple[Any, Any]]


@cache
def why_not(pattern: str) -> str:
    """Why a pattern is not used, or nothing.

    What a repetition repeats must be told from what stands in it: `(a+)+` can be cut in more ways than time allows,
    `(-a+)*` in one.
    """
    try:
        re.compile(pattern)
        items = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"the pattern {pattern[:60]!r} is none that Python reads ({error})"
    if any(map(_is_ambiguous, _repeated(items))):
        return f"the pattern {pattern[:60]!r} may take without end to match, for it repeats what repeats itself"
    return ""


def _repeated(items: Items) -> Iterator[Items]:
    """What is repeated without bound, wherever it stands."""
    for op, value in items:
        if str(op) in _REPEATS and value[1] > _MANY:
            yield list(value[2])
        for inner in _inner(op, value):
            yield from _repeated(inner)


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
