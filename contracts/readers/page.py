"""The neutral model of a page: what it states, each fact with its lines, and what became of every line.

A reader of a layout fills it, the writer makes a contract of it, and neither knows of the other. *Not stated* is an
empty value; what the saved form of a page cannot show is listed in `Page.hidden`, so that nobody takes one for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from contracts.model import Json

MEMBER, ENTRY = "[]", "{}"  # steps of a place: any member of an array, any entry of a map
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_STEP = re.compile(r"\[\]|\{[^}]*\}|[^.\[\]{}]+|\[[^\]]+\]")


def steps_of(name: str) -> tuple[str, ...]:
    """The steps of a dotted name: `rows[].{code}.label` is rows, any member, any entry, label."""
    return tuple(ENTRY if step[0] == "{" else step for step in _STEP.findall(name))


@dataclass
class Attribute:
    """One named value: where it stands, and what the page says of it.

    `where` is path, query, header, body, a status such as 200 or 2XX, or `object:` and a name. `required` is None where
    the page doesn't say, or says it under a condition. `says` holds JSON Schema keywords, `implied` those of them (and
    `type`, `required`) that stand between the lines, `of` the lines of single keywords.
    """

    where: str
    steps: tuple[str, ...]
    lines: set[int]
    types: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    required: bool | None = None
    says: dict[str, Json] = field(default_factory=dict)
    implied: set[str] = field(default_factory=set)
    of: dict[str, set[int]] = field(default_factory=dict)

    def add_types(self, types: Iterable[str], items: Iterable[str] = ()) -> None:
        """Add alternatives to the types, in the order of the page."""
        self.types += [kind for kind in types if kind not in self.types]
        self.items += [kind for kind in items if kind not in self.items]


@dataclass
class Scheme:
    """A way to authenticate: its name, its OpenAPI object, its scopes."""

    name: str
    facts: dict[str, Json]
    lines: set[int]
    scopes: list[str] = field(default_factory=list)
    implied: set[str] = field(default_factory=set)


@dataclass
class Response:
    """A documented answer. `types` of its body: None where the page doesn't say, empty where there is no body."""

    status: str
    name: str
    lines: set[int]
    types: list[str] | None = None
    media: str = ""
    implied: set[str] = field(default_factory=set)  # of media and type
    media_lines: set[int] = field(default_factory=set)


@dataclass
class Address:
    """A server and a path template."""

    server: str
    path: str
    lines: set[int]


@dataclass
class Operation:
    """One operation: method, address, further addresses, and everything that belongs to it."""

    method: str = ""
    addresses: list[Address] = field(default_factory=list)
    title: str = ""
    lines: set[int] = field(default_factory=set)
    attributes: list[Attribute] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    security: list[Scheme] = field(default_factory=list)
    media: str = ""
    media_lines: set[int] = field(default_factory=set)
    media_implied: bool = False
    body_lines: set[int] = field(default_factory=set)
    examples: dict[str, tuple[Json, set[int]]] = field(default_factory=dict)  # by where: body, or a status
    answers_vary: bool = False  # parameters decide which attributes an answer has

    def at(self, where: str, steps: tuple[str, ...]) -> Attribute | None:
        """The attribute of one place, if there is one."""
        return next((a for a in self.attributes if a.where == where and a.steps == steps), None)


@dataclass
class Page:
    """A page as it was read, with what became of each of its lines (counted from 1)."""

    layout: str
    form: str
    total: int
    blank: set[int]
    operations: list[Operation] = field(default_factory=list)
    objects: list[Attribute] = field(default_factory=list)
    silent: dict[str, set[int]] = field(default_factory=dict)
    prose: set[int] = field(default_factory=set)
    hidden: list[str] = field(default_factory=list)
    cut: str = ""  # where the text ends too early, and what can't be known for it

    def quiet(self, kind: str, *numbers: int) -> None:
        """Say that lines state nothing, and why: heading, table header, navigation, sample code, …"""
        self.silent.setdefault(kind, set()).update(numbers)

    @property
    def attributes(self) -> Iterator[Attribute]:
        """All attributes of all operations, and of objects that stand apart from them."""
        yield from (a for operation in self.operations for a in operation.attributes)
        yield from self.objects

    @property
    def cited(self) -> set[int]:
        """The lines on which a fact stands."""
        found: set[int] = set().union(
            *(a.lines for a in self.attributes), *(s for a in self.attributes for s in a.of.values())
        )
        for one in self.operations:
            found |= one.lines | one.media_lines | one.body_lines
            found = found.union(*(a.lines for a in one.addresses), *(r.lines | r.media_lines for r in one.responses))
            found = found.union(*(s.lines for s in one.security), *(lines for _, lines in one.examples.values()))
        return found

    @property
    def unknown(self) -> set[int]:
        """Lines that no reader made sense of."""
        known = self.cited.union(self.blank, self.prose, *self.silent.values())
        return set(range(1, self.total + 1)) - known
