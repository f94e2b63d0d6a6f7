"""The vocabulary of judging: outcomes, and what one test found out about one side of a clause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from contracts.model import Clause, Side
from endpoints.exchange import Exchange


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
class Judgement:
    """What one test found out about one side of a clause, and the exchanges that show it.

    `exchanges` counts all that were looked at; `evidence` keeps the ones that a reader needs.
    """

    clause: Clause
    side: Side
    outcome: Outcome
    reason: str = ""
    expected: str = ""
    actual: str = ""
    exchanges: int = 0
    evidence: tuple[Evidence, ...] = ()

    def message(self) -> str:
        """The failure as people read it: our sentence, where it stands, what was expected, what came, how to repeat."""
        clause = self.clause
        lines = [clause.sentence, f"{clause.contract}, {clause.lines.phrase} ({clause.level})", ""]
        for shown in self.evidence[:1]:
            lines.append(f"{shown.role:9} {_described(shown.exchange)}")
        lines += [f"expected  {self.expected}", f"came      {self.actual}"]
        for shown in self.evidence[1:]:
            lines.append(f"its {shown.role}: {_described(shown.exchange)}: {shown.exchange.outcome}")
        if self.reason:
            lines.append(f"because   {self.reason}")
        lines += ["", *(shown.exchange.curl for shown in self.evidence[:1])]
        return "\n".join(lines)


def _described(exchange: Exchange) -> str:
    path = "/" + exchange.url.split("/", 3)[-1]
    return f"{exchange.method} {path}  {_abridged(exchange.content)}".rstrip()


def _abridged(content: str, most: int = 120) -> str:
    return content if len(content) <= most else f"{content[:most]}… ({len(content):,} characters)"
