"""The vocabulary of judging: outcomes, and what one test found out about one side of a clause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from contracts.model import Clause, Side
from contracts.text import as_line
from endpoints.exchange import Exchange, abridged, shortened

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
class Judgement:
    """What one test found out about one side of a clause, and the exchanges that show it.

    `exchanges` counts all that were looked at; `evidence` keeps the ones that a reader needs. `failed_here` says that
    the endpoint is not to blame: Clausewise itself failed.
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

    def __post_init__(self) -> None:
        """Keep what may quote an answer on one line, harmless, bounded, and without a secret that is cut in two."""
        strike = self.evidence[0].exchange.strike if self.evidence else str
        for name in ("reason", "expected", "actual"):
            object.__setattr__(self, name, shortened(strike(getattr(self, name)), _LONGEST))

    def message(self) -> str:
        """The failure as people read it: our sentence, where it stands, what was expected, what came, how to repeat."""
        clause = self.clause
        first, others = self.evidence[:1], self.evidence[1:]
        lines = [
            clause.sentence,
            f"{clause.contract}, {clause.lines.phrase} ({clause.level})",
            "",
            *(f"sent      {_described(shown.exchange)}" for shown in first),
            f"expected  {self.expected}",
            f"came      {self.actual}",
            *([f"because   {self.reason}"] if self.reason else []),
            *(f"{_ROLES[e.role]} {abridged(e.exchange.shown_content)} got {e.exchange.outcome}" for e in others),
            "",
            *(shown.exchange.curl for shown in first),
        ]
        return "\n".join(map(as_line, lines))


_ROLES = {"twin": "its twin ", "control": "control  ", "read back": "read back", "sent": "also sent"}


def _described(exchange: Exchange) -> str:
    path = "/" + exchange.shown_url.split("/", 3)[-1]
    return f"{exchange.method} {path}  {abridged(exchange.shown_content)}".rstrip()
