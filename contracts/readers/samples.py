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
_BETWEEN = re.compile(r"(?:\s|'|```\w*|Copy\b|[1-5]\d\d\b)*")
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+)', re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DEEPEST = 60


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
    rest: set[int] = field(default_factory=set)  # lines of further answers, of which no status is shown
    end: int = 0  # the offset behind it


class Text:
    """Lines as one text, in which every offset knows its line."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.numbers = [line.number for line in lines] or [0]
        self.starts = [0]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line.raw) + 1)
        self.text = "\n".join(line.raw for line in lines)

    def line(self, offset: int) -> int:
        """The number of the line at an offset."""
        return self.numbers[min(bisect_right(self.starts, offset) - 1, len(self.numbers) - 1)]

    def json_at(self, offset: int) -> tuple[list[Place], int]:
        """The places of the JSON value that begins at an offset and the offset behind it; none where none does."""
        places: list[Place] = []
        try:
            return places, self._value(offset, (), places)
        except (ValueError, TypeError):
            return [], offset

    def _token(self, offset: int) -> re.Match[str]:
        found = _TOKEN.match(self.text, offset)
        if not found:
            raise ValueError
        return found

    def _value(self, offset: int, steps: tuple[str, ...], places: list[Place], first: int | None = None) -> int:
        """Read one value, add it and what is in it to the places, and tell the offset behind it."""
        token = self._token(offset)
        first = token.start(1) if first is None else first
        number = len(places)
        places.append(Place(steps, None, set()))
        end, value = token.end(), None
        if token[1] in ("{", "["):
            value, end = self._container(token, steps, places)
        else:
            value = json.loads(token[1])
        places[number] = Place(steps, value, set(range(self.line(first), self.line(end - 1) + 1)))
        return end

    def _container(self, opening: re.Match[str], steps: tuple[str, ...], places: list[Place]) -> tuple[Json, int]:
        if len(steps) > _DEEPEST:
            raise ValueError
        closing = "}" if opening[1] == "{" else "]"
        pairs: list[tuple[str, Json]] = []
        begin, token = len(places), self._token(opening.end())
        while token[1] != closing:
            name, offset = MEMBER, token.start(1)
            if closing == "}":
                name, colon = json.loads(token[1]), self._token(token.end())
                if colon[1] != ":" or not isinstance(name, str):
                    raise ValueError
                offset = colon.end()
            number = len(places)
            end = self._value(offset, (*steps, name), places, token.start(1))
            pairs.append((name, places[number].value))
            token = self._token(end)
            if token[1] == ",":
                token = self._token(token.end())
                if token[1] == closing:
                    raise ValueError
            elif token[1] != closing:
                raise ValueError
        if closing == "}" and any(_UUID.fullmatch(name) for name, _ in pairs):  # a map, whose keys are ids
            deep = len(steps)
            places[begin:] = [Place((*p.steps[:deep], ENTRY, *p.steps[deep + 1 :]), *p[1:]) for p in places[begin:]]
        return (dict(pairs) if closing == "}" else [value for _, value in pairs]), token.end()


def samples_of(text: Text) -> Iterator[Sample]:
    """Every curl command of a text, with the JSON it sends, and the answer that is written right behind it."""
    for found in _CURL.finditer(text.text):
        head = set(range(text.line(found.start()), text.line(found.end("url")) + 1))
        headers = {
            header[1]: text.line(found.start("headers") + header.start(1))
            for header in re.finditer(r"--header '([^'\n]*)'", found["headers"])
        }
        one = Sample(found["method"], found["url"], head, headers, end=found.end())
        if found["data"]:
            one.rest.add(text.line(found.start("data") + found["data"].index("--")))
            one.sent, one.end = text.json_at(found.end())
        one.got, one.end = _answer(text, one.end)
        places, end = _answer(text, one.end) if one.got else ([], 0)
        while places:
            one.rest |= places[0].lines
            one.end = end
            places, end = _answer(text, one.end)
        yield one


def _answer(text: Text, offset: int) -> tuple[list[Place], int]:
    """The object or array that is written right behind an offset, and the offset behind it; none where none is."""
    behind = _BETWEEN.match(text.text, offset)
    start = behind.end() if behind else offset
    places, end = text.json_at(start) if text.text[start : start + 1] in ("{", "[") else ([], offset)
    return places, end if places else offset


def type_of(value: Json) -> str:
    """The JSON type that a sample shows; empty for null, and for numbers, which tell not whether they are whole."""
    return {bool: "boolean", str: "string", list: "array", dict: "object"}.get(type(value), "")
