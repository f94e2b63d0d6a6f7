"""The vocabulary of a contract: lines, levels, kinds, sides, clauses.

Frozen values and closed enums only; everything else in Clausewise speaks in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = Any  # a JSON value as the json module reads it: dict, list, str, int, float, bool or None
Schema = Mapping[str, Json]

MOST_LINES = 100_000  # of a document; saved pages have some hundreds
_RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")
ANY_MEMBER = "*"  # in a place: every member of an array, or every attribute of a map


class Level(StrEnum):
    """How strongly the page says it: outright, or between the lines (which fails a run only under --strict)."""

    STATED = "stated"
    IMPLIED = "implied"


class Kind(StrEnum):
    """What a clause is about; each kind is asked by its own modules of the suites."""

    OPERATION = "operation"
    REQUEST = "request"
    STATUS = "status"
    RESPONSE = "response"
    AUTHENTICATION = "authentication"
    BEHAVIOUR = "behaviour"
    ROBUSTNESS = "robustness"
    EFFECT = "effect"  # what the method, by HTTP, makes of the thing that it is sent to
    UNKNOWN = "unknown"  # what a request names and nobody has, or holds and the target does not take


class Side(StrEnum):
    """What is asked of a clause: that it accepts what keeps it, refuses what breaks it, or shows in an answer."""

    ACCEPTS = "accepts"
    REFUSES = "refuses"
    SHOWS = "shows"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a document, counted from 1, as sorted ranges that include both ends."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, text: str | int) -> Lines:
        """Read `11`, `"11-14"` or `"11-12, 18"`; raises ValueError for anything else, and beyond any page's length."""
        found = [_RANGE.fullmatch(part.strip()) for part in str(text).split(",")]
        ranges = [(int(one[1]), int(one[2] or one[1])) for one in found if one]
        if len(ranges) < len(found) or any(not 1 <= first <= last <= MOST_LINES for first, last in ranges):
            raise ValueError(f"{str(text)[:80]!r} is not a list of line ranges from 1 to {MOST_LINES:,}")
        return cls(tuple(sorted(ranges)))

    def __contains__(self, number: int) -> bool:
        """Whether a line is among them."""
        return any(first <= number <= last for first, last in self.ranges)

    @property
    def numbers(self) -> frozenset[int]:
        """Every single line number."""
        return frozenset(n for first, last in self.ranges for n in range(first, last + 1))

    def __str__(self) -> str:
        """The form that `parse` reads: `11-12, 18`."""
        return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in self.ranges)

    @property
    def phrase(self) -> str:
        """For people: `line 7` or `lines 11-14`."""
        single = len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1]
        return f"{'line' if single else 'lines'} {self}"


class Node(dict[str, Json]):
    """A mapping of an OpenAPI file, with the lines on which each of its keys stands, to the end of its value.

    `name` is what the file calls it, where it stands among the components.
    """

    __slots__ = ("lines", "name")

    def __init__(self, members: Mapping[str, Json], lines: Mapping[str, tuple[int, int]], name: str = "") -> None:
        super().__init__(members)
        self.lines, self.name = dict(lines), name

    def having(self, **members: Json) -> Node:
        """A node like this one with other members; what is new stands where the whole does."""
        return Node({**self, **members}, self.lines, self.name)

    @property
    def first(self) -> int:
        """The line of its first key, 0 for an empty one."""
        return min((first for first, _ in self.lines.values()), default=0)


def lines_in(facts: Schema, key: str = "here") -> Lines:
    """The lines of a key of an OpenAPI file's mapping, or that on which it begins; none of what has no lines."""
    return Lines((facts.lines.get(key) or (facts.first, facts.first),)) if isinstance(facts, Node) else Lines()


@dataclass(frozen=True, slots=True)
class Gap:
    """What a file says and Clausewise cannot ask, in words; `whole`: nothing can be sent of the operation for it."""

    says: str
    lines: Lines
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """One checkable statement of a contract.

    `place` is the path of the value that the clause speaks of: attribute names and `*` for every member. In a
    request it starts with `body`, `query`, `path`, `header` or `cookie`; in a response it starts at the root of the
    body, or with `header:` and a name. `schema` is the schema object that bears `keyword`; `owner` the one that makes
    an attribute required. `branch` names the alternatives of `anyOf`, `oneOf` and `if` in which it stands.
    """

    id: str
    contract: str
    kind: Kind
    level: Level
    lines: Lines
    sentence: str
    keyword: str = ""
    place: tuple[str, ...] = ()
    status: str = ""
    needs: str = ""
    schema: Schema = field(default_factory=dict, compare=False, repr=False)
    when: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    owner: Schema = field(default_factory=dict, compare=False, repr=False)
    branch: tuple[str, ...] = ()

    @property
    def behaviour(self) -> str:
        """Which kind of behaviour it is, one of `contracts.behaviours.KINDS`; empty for all other clauses."""
        return str(self.schema["kind"]) if self.kind is Kind.BEHAVIOUR else ""

    @property
    def row(self) -> dict[str, str]:
        """What people are told of it wherever it is named, as a plain JSON object."""
        words = {"id": self.id, "level": str(self.level), "kind": str(self.kind)}
        return {**words, "lines": str(self.lines), "sentence": self.sentence}

    @property
    def sides(self) -> tuple[Side, ...]:
        """What has to be asked before the clause can be upheld."""
        if self.kind is not Kind.REQUEST:
            return (Side.SHOWS,)
        if self.place[:1] == ("path",) and self.keyword != "enum":
            return (Side.REFUSES,)  # what is there has just the id that it has
        return (Side.ACCEPTS,) if self.keyword in {"optional", "example"} else (Side.ACCEPTS, Side.REFUSES)
