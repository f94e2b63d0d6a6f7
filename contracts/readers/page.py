"""The neutral model of a page: what it states, each fact with its lines, and what became of every line.

A reader of a layout fills it, the writer makes a contract of it, and neither knows of the other. *Not stated* is an
empty value; what the saved form of a page cannot show is listed in `Page.hidden`, so that none is taken for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any

from contracts.model import Json

MEMBER, ENTRY = "[]", "{}"  # steps of a place: any member of an array, any entry of a map
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
PLACEHOLDER = re.compile(r"\{([^{}/]+)\}")
_STEP = re.compile(r"\[\]|\{[^}]*\}|[^.\[\]{}]+|\[[^\]]+\]")


def steps_of(where: str, name: str) -> tuple[str, ...]:
    """The steps of a dotted name: `rows[].{code}.label` is rows, any member, any entry, label; parameters have one."""
    if where in ("path", "query", "header"):
        return (name,)
    return tuple(ENTRY if step[0] == "{" else step for step in _STEP.findall(name)) or (name,)


def ranged(numbers: Iterable[int]) -> int | str:
    """Line numbers as a contract cites them: `7`, or `"11-14, 18"`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    text = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
    return int(text) if text.isdigit() else text


@dataclass
class Attribute:
    """One named value: where it stands, and what the page says of it.

    `where` is path, query, header, body, a status such as 200 or 2XX, or `object:` and a name. `required` is None where
    the page doesn't say, or says it under a condition. `says` holds JSON Schema keywords, `implied` those of them that
    stand between the lines (`*`: all of it), `of` the lines of single keywords, `ends` the last line of each.
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
    ends: dict[str, int] = field(default_factory=dict)

    def add_types(self, types: Iterable[str], items: Iterable[str] = ()) -> None:
        """Add alternatives to the types, in the order of the page."""
        self.types = list(dict.fromkeys([*self.types, *types]))
        self.items = list(dict.fromkeys([*self.items, *items]))


@dataclass
class Scheme:
    """A way to authenticate: its name, its OpenAPI object, its scopes."""

    name: str
    facts: dict[str, Json]
    lines: set[int]
    scopes: list[str] = field(default_factory=list)
    implied: bool = False


@dataclass
class Response:
    """A documented answer. `types` of its body: None where the page doesn't say, empty where there is no body."""

    status: str
    name: str
    lines: set[int]
    types: list[str] | None = None
    implied: bool = False  # the type
    media: str = ""
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
    body_lines: set[int] = field(default_factory=set)
    examples: dict[str, tuple[Json, set[int]]] = field(default_factory=dict)  # by where: body, or a status

    def response(self, status: str, name: str, *lines: int) -> Response:
        """The answer of a status, made where it isn't there yet, with these lines added."""
        found = next((r for r in self.responses if r.status == status), None)
        if found is None:
            found = Response(status, name, set())
            self.responses.append(found)
        found.lines.update(lines)
        return found


@dataclass
class Page:
    """A page as it was read, with what became of each of its lines (counted from 1)."""

    layout: str
    form: str
    total: int
    blank: set[int]
    given: tuple[str, Address | None] = ("", None)  # method and address from outside, for a page that shows none
    operations: list[Operation] = field(default_factory=list)
    objects: list[Attribute] = field(default_factory=list)
    silent: dict[str, set[int]] = field(default_factory=dict)
    prose: set[int] = field(default_factory=set)
    said: dict[int, str] = field(default_factory=dict)  # of prose: what it says
    captions: dict[int, str] = field(default_factory=dict)  # of facts: what their lines say, if it is several words
    hidden: dict[str, str] = field(default_factory=dict)  # what the form cannot show, by the kind of fact
    ends: int = 0  # of a page that is cut: its last line
    own: dict[str, Json] = field(default_factory=dict)  # of a page that states its contract as OpenAPI itself

    def start(self) -> Operation:
        """Begin an operation, with the method and the address that were given from outside, if any."""
        method, address = self.given
        self.operations.append(Operation(method, [address] if address else []))
        return self.operations[-1]

    def quiet(self, kind: str, *numbers: int) -> None:
        """Say that lines state nothing, and why: heading, table header, navigation, sample code and the like."""
        self.silent.setdefault(kind, set()).update(numbers)

    @property
    def shown(self) -> list[str]:
        """Of a page that is cut: what stands on it in full, since a heading follows: security, query, body, 200."""
        end = max(self.silent.get("heading", {0}) | self.silent.get("table header", {0}))
        groups: dict[str, set[int]] = {"operation": set()}
        for one in self.operations:
            groups["operation"] |= one.lines
            groups.setdefault("security", set()).update(*(s.lines for s in one.security))
            for attribute in one.attributes:
                groups.setdefault(attribute.where, set()).update(attribute.lines)
        return sorted(name for name, lines in groups.items() if lines and min(end, max(lines)) == max(lines))

    @property
    def cut(self) -> str:
        """Where the text ends too early, and what can't be known for it; empty for a whole page."""
        where = f"the text ends at line {self.ends}; what stands below it on the page cannot be known"
        return where if self.ends else ""

    def renumber(self, source: Mapping[int, int]) -> None:
        """Give every line the number that it has in the file."""
        for lines in _sets_of([self.operations, self.objects, self.prose, self.silent]):
            moved = {source.get(number, number) for number in lines}
            lines.clear()
            lines.update(moved)
        silent = {kind: numbers - self.cited - self.prose for kind, numbers in self.silent.items()}
        self.silent = {kind: numbers for kind, numbers in silent.items() if numbers}
        self.ends = source.get(self.ends, self.ends)

    @property
    def attributes(self) -> Iterator[Attribute]:
        """All attributes of all operations, and of objects that stand apart from them."""
        yield from (a for operation in self.operations for a in operation.attributes)
        yield from self.objects

    @property
    def cited(self) -> set[int]:
        """The lines on which a fact stands."""
        sets = _sets_of([self.operations, self.objects])
        return {number for lines in sets for number in lines if isinstance(number, int)}

    @property
    def unknown(self) -> set[int]:
        """Lines that no reader made sense of."""
        return set(range(1, self.total + 1)) - self.cited.union(self.blank, self.prose, *self.silent.values())


def _sets_of(model: list[Any]) -> Iterator[set[Any]]:
    """Every set of a model once: those of numbers are line numbers."""
    seen: dict[int, Any] = {}
    while model:
        part = model.pop()
        if id(part) in seen:
            continue
        seen[id(part)] = part
        if isinstance(part, set):
            yield part
        elif is_dataclass(part):
            model += vars(part).values()
        elif isinstance(part, dict | list | tuple):
            model += part.values() if isinstance(part, dict) else part
