"""Samples of requests and answers: curl commands with what they send and get, and the places of a JSON value."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contracts.model import Json
from contracts.readers.page import ENTRY, MEMBER
from contracts.readers.text import Line

_CURL = re.compile(
    r"curl --request (?P<method>[A-Z]+) *\\\n\s*--url '?(?P<url>[^\s'\\]+)'?"
    r"(?P<headers>(?: *\\\n\s*--header '[^'\n]*')*)(?P<data>\s*\\\n\s*--data(?:-raw)? '\s*)?"
)
_BETWEEN = re.compile(r"(?:\s|'|```\w*|Copy\b|[1-5]\d\d\b)*")
_DECODER = json.JSONDecoder()
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Sample:
    """One curl command: method, URL, headers, and the JSON that it sends and gets, each with lines."""

    method: str
    url: str
    head: set[int]
    headers: dict[str, set[int]]
    sent: Json = None
    sent_at: list[tuple[tuple[str, ...], Json, set[int]]] = field(default_factory=list)
    got: Json = None
    got_at: list[tuple[tuple[str, ...], Json, set[int]]] = field(default_factory=list)
    sent_lines: set[int] = field(default_factory=set)
    got_lines: set[int] = field(default_factory=set)
    end: int = 0  # offset behind it


class Text:
    """Lines as one text, in which every offset knows its line."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.numbers = [line.number for line in lines]
        self.starts = [0]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line.raw) + 1)
        self.text = "\n".join(line.raw for line in lines)

    def line(self, offset: int) -> int:
        """The number of the line at an offset."""
        return self.numbers[min(bisect_right(self.starts, offset) - 1, len(self.numbers) - 1)] if self.numbers else 0

    def lines(self, start: int, end: int) -> set[int]:
        """The numbers of the lines from one offset to the character before another."""
        return set(range(self.line(start), self.line(max(start, end - 1)) + 1))

    def json_at(self, offset: int) -> tuple[Json, int] | None:
        """The JSON value that begins at an offset and the offset behind it; None where none does."""
        try:
            value, length = _DECODER.raw_decode(self.text[offset : offset + 200_000])
        except (ValueError, RecursionError):
            return None
        return value, offset + length


def samples_of(text: Text) -> Iterator[Sample]:
    """Every curl command of a text, with the JSON it sends, and the answer that is written right behind it."""
    for found in _CURL.finditer(text.text):
        headers = {}
        for header in re.finditer(r"--header '([^'\n]*)'", found["headers"]):
            headers[header[1]] = {text.line(found.start("headers") + header.start())}
        url = found.start("url")
        one = Sample(
            found["method"], found["url"], text.lines(found.start(), url + len(found["url"])), headers, end=found.end()
        )
        if found["data"] and (read := text.json_at(found.end())):
            one.sent, one.end = read
            one.sent_lines = text.lines(found.end(), one.end)
            one.sent_at = list(places_of(text, found.end(), one.sent))
        behind = _BETWEEN.match(text.text, one.end)
        start = behind.end() if behind else one.end
        if text.text[start : start + 1] in ("{", "[") and (read := text.json_at(start)):
            one.got, one.end = read
            one.got_lines = text.lines(start, one.end)
            one.got_at = list(places_of(text, start, one.got))
        yield one


def places_of(text: Text, start: int, value: Json) -> Iterator[tuple[tuple[str, ...], Json, set[int]]]:
    """Every place of a JSON value that stands at an offset: its steps, its value, its lines; members stand for all."""
    scan = _Scan(text, start)
    yield from scan.walk((), value)


class _Scan:
    """Goes along a JSON text with its value, since the json module keeps no positions."""

    def __init__(self, text: Text, offset: int) -> None:
        self.text, self.offset = text, offset

    def walk(
        self, steps: tuple[str, ...], value: Json, first: int | None = None
    ) -> Iterator[tuple[tuple[str, ...], Json, set[int]]]:
        self._blanks()
        start = self.offset if first is None else first
        found = []
        if isinstance(value, dict | list):
            self.offset += 1
            children = value.items() if isinstance(value, dict) else ((MEMBER, member) for member in value)
            entries = isinstance(value, dict) and any(_UUID.fullmatch(key) for key in value)
            for name, child in children:
                self._blanks(",")
                at = self.offset
                if isinstance(value, dict):
                    self._string()
                    self._blanks(":")
                found += list(self.walk((*steps, ENTRY if entries else name), child, at))
            self._blanks(",]}" if isinstance(value, dict) else ",}", end="}" if isinstance(value, dict) else "]")
        elif isinstance(value, str):
            self._string()
        else:
            self.offset += len(re.match(r"[^\s,\]}]*", self.text.text[self.offset : self.offset + 80])[0])  # type: ignore[index]
        yield steps, value, self.text.lines(start, self.offset)
        yield from found

    def _string(self) -> None:
        found = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL).match(self.text.text, self.offset)
        self.offset = found.end() if found else self.offset

    def _blanks(self, more: str = "", end: str = "") -> None:
        text = self.text.text
        while self.offset < len(text) and (
            text[self.offset].isspace() or (text[self.offset] in more and text[self.offset] != end)
        ):
            self.offset += 1
        if end and text[self.offset : self.offset + 1] == end:
            self.offset += 1


def type_of(value: Json) -> str:
    """The JSON type that a sample shows; empty for null, and for numbers, which tell not whether they are whole."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return ""
    return {bool: "boolean", str: "string", list: "array", dict: "object"}[type(value)]
