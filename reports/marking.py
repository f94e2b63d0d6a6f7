"""Where two texts differ, so that a reader's eye finds it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

from strategies.request import ABSENT, paths_to, replaced, value_at

Parts = list[tuple[str, bool]]  # pieces of a text in order, and whether each is marked

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_LEAD = re.compile(r"`?[^`{\[:]*?`?(?=,| in \d{3} | [{\[]|: |$)", re.DOTALL)
_ALIKE = 0.6
_MOST_LINES = 400


def compared(expected: str, actual: str) -> tuple[Parts, Parts]:
    """Both texts, with the words marked that are in one only; where little is alike, how each begins is marked."""
    tokens, others = _TOKEN.findall(expected), _TOKEN.findall(actual)
    matcher = SequenceMatcher(None, tokens, others, autojunk=False)
    if max(len(tokens), len(others)) < _MOST_LINES and matcher.ratio() >= _ALIKE:
        return _marked(tokens, [(i, n) for i, _, n in matcher.get_matching_blocks()]), _marked(
            others, [(j, n) for _, j, n in matcher.get_matching_blocks()]
        )
    return _lead(expected), _lead(actual)


def _lead(text: str) -> Parts:
    found = _LEAD.match(text)
    end = found.end() if found else 0
    return [part for part in ((text[:end], True), (text[end:], False)) if part[0]]


def compared_lines(text: str, other: str) -> Parts:
    """The lines of a text, those marked that the other one does not have; nothing is marked in what is very long."""
    lines, others = text.split("\n"), other.split("\n")
    if max(len(lines), len(others)) > _MOST_LINES or text == other:
        return [(text, False)]
    matcher = SequenceMatcher(None, lines, others, autojunk=False)
    return _marked([f"{line}\n" for line in lines], [(i, n) for i, _, n in matcher.get_matching_blocks()])


def _marked(pieces: list[str], same: Iterable[tuple[int, int]]) -> Parts:
    """Pieces put together again, marked but for the runs that are the same: (start, length), in order."""
    parts: Parts = []
    at = 0
    for start, length in same:
        for text, marked in (("".join(pieces[at:start]), True), ("".join(pieces[start : start + length]), False)):
            if text:
                parts.append((text, marked))
        at = start + length
    return parts


def without(value: Any, place: tuple[str, ...]) -> Any:
    """A JSON value without what stands at a place; comparing with it marks just that."""
    paths = [path for path in paths_to(value, place) if path and value_at(value, path) is not ABSENT]
    for path in reversed(paths):
        value = replaced(value, path, ABSENT)
    return value
