"""A request before it has a target: what a strategy draws."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.model import ANY_MEMBER, Json, Schema
from contracts.schema import members_of

Path = tuple[str | int, ...]  # a concrete place in a request: ("body", "records", 0, "Text")


class _Absent:
    """The value of what is not there; null is a value, absence is not."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent()
UTF_8: Final = "utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request, their values as JSON; `breaks` is the id of the one clause that it breaks, or empty.

    The body is ABSENT where none is sent. `text`, where there is one, is sent in place of the body's JSON, though it
    stands for that body; `encoding` is how either is written, UTF-8 as JSON wants it (RFC 8259 section 8.1) or another
    on purpose.

    Header values here replace what is usually sent; ABSENT in `headers` leaves a header out. Where the request goes,
    its credentials, and the path parameters that the target knows better, are the target's business.
    """

    body: Json = ABSENT
    query: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    breaks: str = ""
    text: str | None = None
    encoding: str = UTF_8
    path: Mapping[str, Json] = field(default_factory=dict)
    cookies: Mapping[str, Json] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Mapping[str, Json], breaks: str = "") -> Request:
        """A request out of its parts, the object `{"query": …, "path": …, "header": …, "cookie": …, "body": …}`."""
        query, headers, path, cookies = (parts.get(name, {}) for name in ("query", "header", "path", "cookie"))
        return cls(parts.get("body", ABSENT), query, headers, breaks, path=path, cookies=cookies)

    @property
    def parts(self) -> dict[str, Json]:
        """The whole request as one JSON-like object, so that a place can point into any part of it."""
        own = {"query": self.query, "path": self.path, "header": self.headers, "cookie": self.cookies}
        return own if self.body is ABSENT else {**own, "body": self.body}

    @property
    def content(self) -> bytes:
        """The body as JSON, or its own text; empty where none is sent."""
        if self.body is ABSENT and self.text is None:
            return b""
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return (text if self.text is None else self.text).encode(self.encoding)

    @property
    def is_odd(self) -> bool:
        """Whether the body is not written as JSON is."""
        return self.text is not None or self.encoding != UTF_8

    @property
    def can_be_read(self) -> bool:
        """Whether the body is JSON, however it is written."""
        try:
            return self.text is None or json.loads(self.text) is not None
        except ValueError:
            return False

    def replaced(self, path: Path, value: Json, breaks: str = "") -> Request:
        """A request like this one with another value at `path`, or without it when the value is ABSENT."""
        return Request.of(replaced(self.parts, path, value), breaks)

    def placed(self, place: tuple[str, ...], value: Json) -> Request:
        """A request like this one with a value at every path that `place` stands for, or without it when ABSENT."""
        return Request.of(placed(self.parts, place, value), self.breaks)


def replaced(node: Json, path: Path, value: Json) -> Json:
    """A copy of `node` with `value` at `path`; only what lies on the path is copied. ABSENT removes."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if value is ABSENT and isinstance(node, Mapping) and head not in node:
        return node  # a change before has removed what holds it
    copy = list(node) if isinstance(node, list) else dict(node)
    if value is ABSENT and not rest:
        copy.pop(head)  # type: ignore[arg-type]
    else:
        child = node[head] if rest else None
        copy[head] = replaced(child, rest, value)  # type: ignore[index]
    return copy


def placed(node: Json, place: tuple[str, ...], value: Json) -> Json:
    """A copy of `node` with `value` at every path that `place` stands for; objects on the way are made where needed.

    ABSENT removes what is there, and makes nothing.
    """
    if not place:
        return value
    head, rest = place[0], place[1:]
    if head == ANY_MEMBER:
        members = node if isinstance(node, list) else []
        return [placed(member, rest, value) for member in members] if members else node
    copy = dict(node) if isinstance(node, Mapping) else {}
    if value is ABSENT and (not rest or head not in copy):
        copy.pop(head, None)
        return copy if isinstance(node, Mapping) else node
    return {**copy, head: placed(copy.get(head), rest, value)}


def value_at(node: Json, path: Path) -> Json:
    """The value at a concrete path, or ABSENT."""
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return node


def values_in(node: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every value of a request below its parts, the innermost first, with its path."""
    for step, member in members_of(node):
        yield from values_in(member, (*path, step))
    if len(path) > 1:
        yield path, node


def generic_place(path: Path) -> tuple[str, ...]:
    """The place of a path: any member of its arrays."""
    return tuple(ANY_MEMBER if isinstance(step, int) else step for step in path)


def stands_for(place: tuple[str, ...], path: Iterable[str | int]) -> bool:
    """Whether a path is one of those that a place stands for."""
    steps = list(path)
    return len(steps) == len(place) and all(
        one in {ANY_MEMBER, str(own)} for one, own in zip(place, steps, strict=True)
    )


def of_length(members: list[Json], length: int) -> list[Json]:
    """A list of that many members, made by repeating the ones that there are."""
    return (members * (length // len(members) + 1))[:length]


def told_apart(member: Json, number: int) -> Json:
    """A value of the same kind that the `number` tells from others, as far as its kind lets it be."""
    if isinstance(member, str):
        return f"c{number}"
    if isinstance(member, int | float) and not isinstance(member, bool):
        return member + number
    if isinstance(member, Mapping):
        for name, value in member.items():
            if told_apart(value, number) != value:
                return {**member, name: told_apart(value, number)}
    return [told_apart(member[0], number), *member[1:]] if isinstance(member, list) and member else member


def distinct(schema: Schema, members: list[Json], length: int) -> list[Json]:
    """A list of that many members, no two alike, the given ones first; those of an enum are its own."""
    listed = schema["items"].get("enum", ()) if isinstance(schema.get("items"), Mapping) else ()
    others = listed or (told_apart(members[0], number) for number in range(len(members), length))
    return [*members, *(other for other in others if other not in members)][:length]


def paths_to(node: Json, place: tuple[str, ...], path: Path = ()) -> Iterator[Path]:
    """Every concrete path in `node` that a clause's place stands for; the last step need not be there."""
    if not place:
        yield path
        return
    head, rest = place[0], place[1:]
    if head != ANY_MEMBER:
        if isinstance(node, Mapping) and (head in node or not rest):
            yield from paths_to(node.get(head), rest, (*path, head))
        elif isinstance(node, list) and head.isdecimal() and int(head) < len(node):
            yield from paths_to(node[int(head)], rest, (*path, int(head)))
    elif isinstance(node, Mapping):
        for key in node:
            yield from paths_to(node[key], rest, (*path, key))
    elif isinstance(node, list):
        for index, member in enumerate(node):
            yield from paths_to(member, rest, (*path, index))
