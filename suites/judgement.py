"""The vocabulary of judging: outcomes, and what one test found out about one side of a clause."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from contracts.model import ANY_MEMBER, Clause, Json, Side
from contracts.text import as_line
from endpoints.exchange import Exchange, abridged, shortened
from strategies.request import ABSENT, Path

_PARTS = {"query", "path", "header", "cookie", "body"}  # by which the place in an id begins, unless in a body
_LONGEST = 2_000  # characters of a reason, of what was expected and of what came


class Outcome(StrEnum):
    """What became of a clause, from best to worst."""

    UPHELD = "upheld"
    UNEXERCISED = "unexercised"
    UNDETERMINED = "undetermined"
    BROKEN = "broken"

    @property
    def severity(self) -> int:
        """0 for upheld to 3 for broken, so that the worst of several can be taken."""
        return list(Outcome).index(self)


@dataclass(frozen=True)
class Evidence:
    """One exchange and its part in a judgement: `sent`, its accepted `twin`, the `control`, what was `read back`."""

    role: str
    exchange: Exchange


@dataclass(frozen=True)
class Difference:
    """The place at which two requests differ, and what stands there in each, abridged."""

    place: Path
    sent: str
    beside: str

    @property
    def sentence(self) -> str:
        """As people read it, behind `differs`."""
        return f"in `{'.'.join(map(str, self.place))}`: {self.sent} was sent, and {self.beside} beside it"


@dataclass(frozen=True)
class Judgement:
    """What one test found out about one side of a clause, and the exchanges that show it.

    `exchanges` counts all that were looked at; `evidence` keeps the ones that a reader needs. `failed_here` says that
    the endpoint is not to blame: Clausewise itself failed; `of_all` that the reason is one for all clauses of the
    contract.
    """

    clause: Clause
    side: Side
    outcome: Outcome
    reason: str = ""
    expected: str = ""
    actual: str = ""
    exchanges: int = 0
    evidence: tuple[Evidence, ...] = ()
    failed_here: bool = False
    of_all: bool = False

    def __post_init__(self) -> None:
        """Keep what may quote an answer on one line, harmless, bounded, and without a secret that is cut in two."""
        strike = self.evidence[0].exchange.strike if self.evidence else str
        for name in ("reason", "expected", "actual"):
            object.__setattr__(self, name, shortened(strike(getattr(self, name)), _LONGEST))

    @property
    def _place(self) -> tuple[str, ...]:
        """The place that the clause is about, or that the first request breaks: id, `request`, steps, keyword."""
        broken = self.evidence[0].exchange.request.breaks.split("/")[2:-1] if self.evidence else []
        return self.clause.place or tuple(broken if set(broken[:1]) & _PARTS else ["body", *broken])

    @property
    def differs(self) -> Difference | None:
        """Where the first request differs from the one beside it."""
        found = (_difference(other, self.evidence[0].exchange, self._place) for other in self.evidence[1:])
        return next(filter(None, found), None)

    def message(self) -> str:
        """The failure as people read it: our sentence, where it stands, what was expected, what came, how to repeat."""
        clause = self.clause
        first, others = self.evidence[:1], self.evidence[1:]
        reads = [other.exchange for other in others if other.role == "read back"]
        lines = [
            clause.sentence,
            f"{clause.id}, {clause.lines.phrase} ({clause.level})",
            "",
            *(f"sent      {_described(shown.exchange)}" for shown in first),
            f"expected  {self.expected}",
            f"came      {self.actual}",
            *([f"because   {self.reason}"] if self.reason else []),
            *(line for o in others if o.role != "read back" for line in _beside(o, first[0].exchange, self._place)),
            *(f"read back {n}: {_described(read)} got {read.outcome}" for n, read in enumerate(reads, start=1)),
            "",
            *(e.exchange.curl for e in first),
            *(line for n, read in enumerate(reads, start=1) for line in (f"read back {n}:", read.curl)),
        ]
        return "\n".join(map(as_line, lines))


def _beside(other: Evidence, first: Exchange, about: tuple[str, ...]) -> Iterator[str]:
    """Another exchange of the evidence, and where it differs from the first, however much of both is abridged.

    Of several such places, that which the clause is `about` is told: others hold what is fresh in each request.
    """
    exchange, role = other.exchange, f"{_ROLES[other.role]} "
    shown = abridged(exchange.shown_content) if exchange.content else _described(exchange)
    yield f"{role}{shown} got {exchange.outcome}"
    if told := _difference(other, first, about):
        yield f"differs   {told.sentence}"


def _difference(other: Evidence, first: Exchange, about: tuple[str, ...]) -> Difference | None:
    found = _differences(_parts(first), _parts(other.exchange)) if other.role in {"twin", "control"} else ()
    for place, here, there in sorted(found, key=lambda one: -_steps_within(one[0], about))[:1]:
        return Difference(place, *(_value(value, first.strike) for value in (here, there)))
    return None


def _parts(exchange: Exchange) -> dict[str, Json]:
    return {"address": exchange.shown_url.partition("?")[0], **exchange.request.parts}


def _value(value: Json, strike: Callable[[str], str]) -> str:
    return "nothing" if value is ABSENT else abridged(strike(json.dumps(value, ensure_ascii=False)))


def _differences(one: Json, other: Json, place: Path = ()) -> Iterator[tuple[Path, Json, Json]]:
    """Each place at which two requests differ; an object that has a member more differs in that member."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(name, one.get(name, ABSENT), other.get(name, ABSENT)) for name in {**one, **other}]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = list(zip(range(len(one)), one, other, strict=True))
    else:
        yield place, one, other
        return
    for name, here, there in pairs:
        if here is not there and (type(here) is not type(there) or here != there):
            yield from _differences(here, there, (*place, name))


def _steps_within(place: Path, about: tuple[str, ...]) -> int:
    """How many steps two places have in common before they part."""
    return next(
        (n for n, (own, step) in enumerate(zip(place, about, strict=False)) if step not in {ANY_MEMBER, str(own)}),
        min(len(place), len(about)),
    )


_ROLES = {"twin": "its twin ", "control": "control  ", "sent": "also sent"}


def _described(exchange: Exchange) -> str:
    path = "/" + exchange.shown_url.split("/", 3)[-1]
    return f"{exchange.method} {path}  {abridged(exchange.shown_content)}".rstrip()
