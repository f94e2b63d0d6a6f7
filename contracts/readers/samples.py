"""Samples: curl commands with the JSON that they send and get, every value of it with its place and its lines."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from contracts.model import Json
from contracts.readers.page import ENTRY, MEMBER
from contracts.readers.text import Line

_CURL = re.compile(
    r"curl --request (?P<method>[A-Z]+) *\\\n\s*--url '?(?P<url>[^\s'\\]+)'?"
    r"(?P<headers>(?: *\\\n\s*--header '[^'\n]*')*)(?P<data>\s*\\\n\s*--data(?:-raw)? '\s*)?"
)
_BETWEEN = re.compile(r"(?:\s|'|```\w*|Copy\b|Ask AI\b|[1-5]\d\d\b)*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\]:,"]+', re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Place(NamedTuple):
    """A value within a sample: its steps from the root, itself, and its lines."""

    steps: tuple[str, ...]
    value: Json
    lines: set[int]


@dataclass
class Sample:
    """One curl command: method, URL, headers with their lines, the places of what it sends and of what it gets."""

    method: str
    url: str
    head: set[int]
    headers: dict[str, int]
    sent: list[Place] = field(default_factory=list)  # the root first; empty where nothing is sent
    got: list[Place] = field(default_factory=list)
    used: set[int] = field(default_factory=set)  # all its lines, with those of further answers, be they cut off
    end: int = 0  # the offset behind it


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


class Text:
    """Lines as one text, in which every offset knows its line."""

    _DECODER = json.JSONDecoder(object_pairs_hook=_unique)

    def __init__(self, lines: Sequence[Line]) -> None:
        self.numbers = [line.number for line in lines] or [0]
        self.starts = [0]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line.raw) + 1)
        self.text = "\n".join(line.raw for line in lines)

    def lines(self, start: int, end: int) -> set[int]:
        """The numbers of the lines between two offsets."""
        first, last = (min(bisect_right(self.starts, n) - 1, len(self.numbers) - 1) for n in (start, end - 1))
        return set(range(self.numbers[first], self.numbers[last] + 1))

    def json_at(self, offset: int) -> tuple[list[Place], int]:
        """The places of the JSON value at an offset and the offset behind it; none where none begins.

        Of a value that the end of the text cuts off there are no places, and behind it is the end.
        """
        places: list[Place] = []
        try:
            value, end = self._DECODER.raw_decode(self.text, offset)
            self._walk(value, (), _TOKEN.finditer(self.text, offset, end), places, offset)
        except json.JSONDecodeError as error:
            cut = error.pos >= len(self.text.rstrip()) or error.msg.startswith("Unterminated string")
            return [], len(self.text) if cut and self.text[offset : offset + 1] in ("{", "[") else offset
        except (ValueError, RecursionError):
            return [], offset
        return places, end

    def _walk(
        self, value: Json, steps: tuple[str, ...], tokens: Iterator[re.Match[str]], places: list[Place], start: int
    ) -> int:
        """Add a value and all in it to the places; its tokens are used up, and the offset behind them is told."""
        number, end = len(places), next(tokens).end()
        places.append(Place(steps, value, set()))
        if isinstance(value, dict):
            a_map = any(_UUID.fullmatch(name) for name in value)  # whose keys are ids
            for name, member in value.items():
                self._walk(member, (*steps, ENTRY if a_map else name), tokens, places, next(tokens).start())
        elif isinstance(value, list):
            for member in value:
                self._walk(member, (*steps, MEMBER), tokens, places, end)
        if isinstance(value, dict | list):
            end = next(tokens).end()
        places[number] = Place(steps, value, self.lines(start, end))
        return end


def samples_of(text: Text) -> Iterator[Sample]:
    """Every curl command of a text, with the JSON it sends, and the answer that is written right behind it."""
    for found in _CURL.finditer(text.text):
        headers = {
            header[1]: min(text.lines(found.start("headers") + header.start(1), found.end()))
            for header in re.finditer(r"--header '([^'\n]*)'", found["headers"])
        }
        head = text.lines(found.start(), found.end("url"))
        one = Sample(found["method"], found["url"], head, headers, end=found.end())
        if found["data"]:
            one.sent, one.end = text.json_at(found.end())
        one.got, one.end = _answer(text, one.end)
        more = one.got
        while more:
            more, one.end = _answer(text, one.end)
        one.used = text.lines(found.start(), one.end)
        yield one


def _answer(text: Text, offset: int) -> tuple[list[Place], int]:
    """The object or array that is written right behind an offset, and the offset behind it."""
    between = _BETWEEN.match(text.text, offset)
    start = between.end() if between else offset
    places, end = text.json_at(start) if text.text[start : start + 1] in ("{", "[") else ([], start)
    return places, end if end > start else offset


def type_of(value: Json) -> str:
    """The JSON type that a sample shows; empty for null, and for numbers, which tell not whether they are whole."""
    return {bool: "boolean", str: "string", list: "array", dict: "object"}.get(type(value), "")
