"""Asking one side of one clause: what a test gets, and how it ends.

A test asks, and ends with a judgement: `refused`, `holds` or `judged`. A test that ends without one is an error,
so nothing passes by forgetting to look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NoReturn

import pytest

from contracts.model import Clause, Json, Kind, Side
from endpoints.endpoint import USUAL, Situation
from endpoints.exchange import Exchange
from endpoints.session import BudgetSpentError, Session
from endpoints.things import ThingError
from strategies import Request
from suites.bench import Bench, merged
from suites.judgement import Evidence, Judgement, Outcome
from suites.retrial import Retrial
from suites.sample import SHARED, StuckError

NOT_REPEATABLE = "not repeatable"


class Settled(Exception):  # noqa: N818 - an end, not an error
    """A test has come to its judgement."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.outcome)
        self.judgement = judgement


class Observed(Exception):  # noqa: N818 - an end, not an error
    """A test has nothing to judge: what it saw is noted."""


@dataclass
class Ask:
    """One side of one clause, how to get the bench to ask it on, and the judgements so far."""

    clause: Clause
    side: Side
    get_bench: Callable[[], Bench]
    judgements: list[Judgement] = field(default_factory=list)

    @cached_property
    def bench(self) -> Bench:
        """What the questions of this contract share; made when it is first needed."""
        return self.get_bench()

    @property
    def session(self) -> Session:
        """The way to the endpoint."""
        return self.bench.session

    def situation(self, name: str = "") -> Situation:
        """A situation that the target must have, by default the one that the clause needs; else unexercised."""
        name = name or self.clause.needs
        situation = self.bench.situation(name)
        if situation is None:
            self.unexercised(f"needs the situation `{name}` in the target{self.bench.why_not(name)}")
        known = self.session.endpoint.authentication  # where nobody needs any, headers may show something else
        if situation.credentials is not None and known and self.bench.unauthenticated.accepted:
            anybody = "whoever sends wrong credentials is let in as well, so this says nothing of rights"
            self.undetermined(anybody, self.bench.unauthenticated)
        return situation

    def send(self, request: Request, situation: Situation = USUAL, **how: Any) -> Exchange:
        """Send a request, in a situation and with its body."""
        exchange = self.bench.create(merged(request, situation), situation=situation, **how)
        self.let_in(exchange, situation)
        return exchange

    def let_in(self, exchange: Exchange, situation: Situation) -> None:
        """The situation's own credentials must be good ones: 401 says nothing of the rights that they lack."""
        if situation.credentials is not None and exchange.status == 401:
            self.undetermined(f"the credentials of the situation `{exchange.situation}` were not let in: 401", exchange)

    def stored(self, exchange: Exchange, situation: Situation = USUAL) -> list[tuple[Exchange, Json]]:
        """The records that an accepted request created, in the order of their ids, each with how it was read back."""
        identifiers = self.session.ids(exchange)
        if not identifiers:
            self.undetermined(f"no id was found in the answer: {exchange.outcome}", exchange)
        records = []
        for identifier in identifiers:
            answer = self.session.read(exchange, identifier, situation=situation)
            record = self.session.record(answer)
            if not isinstance(record, dict):
                self.undetermined(f"record {identifier} could not be read back: {answer.outcome}", exchange, answer)
            records.append((answer, record))
        return records

    # Ends.

    def refused(self, exchange: Exchange, twin: Exchange, expected: str = "a refusal (4xx)") -> NoReturn:
        """The exchange must have been refused beside its accepted twin."""
        evidence = (Evidence("sent", exchange), Evidence("twin", twin))
        if exchange.failed:
            said = exchange.hollow or exchange.outcome
            self.ends(Outcome.UNDETERMINED, f"neither accepted nor refused: {said}", evidence)
        if exchange.denied and self.bench.no_longer_accepts():
            self.ends(Outcome.UNDETERMINED, self.bench.no_longer_accepts(), evidence)
        outcome = Outcome.BROKEN if exchange.accepted else Outcome.UPHELD
        self.ends(outcome, "", evidence, expected=expected, actual=exchange.outcome)

    def accepts(self, exchange: Exchange, control: Exchange | None = None) -> NoReturn:
        """The exchange must have been accepted."""
        evidence = (Evidence("sent", exchange), *([Evidence("control", control)] if control else []))
        if exchange.blames_nothing:
            self.ends(Outcome.UNDETERMINED, exchange.hollow or exchange.outcome, evidence)
        outcome = Outcome.UPHELD if exchange.accepted else Outcome.BROKEN
        self.ends(outcome, "", evidence, expected="an answer of success (2xx)", actual=exchange.outcome)

    def holds(
        self,
        kept: bool,
        *,
        expected: str,
        actual: str,
        exchanges: Sequence[Exchange],
        control: Exchange | None = None,
    ) -> NoReturn:
        """What the exchanges show must be so; the `control` is of the sample, and the same was sent again."""
        read = ["read back" if n and e.method == "GET" else "sent" for n, e in enumerate(exchanges)]
        evidence = (*map(Evidence, read, exchanges), *([Evidence("control", control)] if control else []))
        self.ends(Outcome.UPHELD if kept else Outcome.BROKEN, "", evidence, expected=expected, actual=actual)

    def unexercised(self, reason: str) -> NoReturn:
        """Nothing could be asked, and the reason says what is missing."""
        self.ends(Outcome.UNEXERCISED, reason, ())

    def undetermined(self, reason: str, *exchanges: Exchange) -> NoReturn:
        """Something was asked, but the answer says nothing about the clause."""
        self.ends(Outcome.UNDETERMINED, reason, tuple(Evidence("sent", e) for e in exchanges))

    def observed(self, about: str, exchange: Exchange) -> NoReturn:
        """Nothing is judged: whether it was accepted is noted, and with which status."""
        self.note(about, exchange)
        raise Observed

    def note(self, about: str, exchange: Exchange) -> None:
        """Note whether it was accepted, and with which status."""
        if exchange.status is not None:
            words = "accepted" if exchange.accepted else "refused" if exchange.denied else "answered"
            self.bench.observer.note(about, f"{words} with {exchange.status}")

    def nothing_to_observe(self) -> NoReturn:
        """The contract has no such thing."""
        raise Observed

    def judged(self, judgement: Judgement) -> NoReturn:
        """A judgement of this test's own clause and side that was made elsewhere."""
        raise Settled(judgement)

    def also(self, clause: Clause, side: Side, question: Callable[[Ask], None]) -> None:
        """Ask about another clause of the contract by the way, and note it when it comes out badly.

        What was found under the clause's own name is not told again.
        """
        if clause.id in self.bench.told:
            return
        judgement = settle(Ask(clause, side, self.get_bench), question)[-1]
        if judgement.outcome is Outcome.BROKEN or judgement.reason.startswith(NOT_REPEATABLE):
            self.judgements.append(judgement)

    def ends(
        self,
        outcome: Outcome,
        reason: str,
        evidence: tuple[Evidence, ...],
        *,
        expected: str = "",
        actual: str = "",
        count: int | None = None,
    ) -> NoReturn:
        """The outcome, and the evidence for it out of `count` exchanges that were looked at, or of these alone."""
        count = len(evidence) if count is None else count
        raise Settled(Judgement(self.clause, self.side, outcome, reason, expected, actual, count, evidence))


def settle(ask: Ask, question: Callable[[Ask], None]) -> list[Judgement]:
    """Ask, and ask once more what came out broken; what does not repeat is undetermined.

    Raises AssertionError for a question that ends without a judgement and without an observation.
    """
    try:
        own = confirmed(ask, question, _asked(ask, question))
        if own.outcome is Outcome.BROKEN:
            ask.bench.told.add(own.clause.id)
    except Observed:
        return []
    return [*ask.judgements, own]  # what was noted by the way, while it was asked, comes first


def confirmed(ask: Ask, question: Callable[[Ask], None], first: Judgement) -> Judgement:
    """A judgement that still holds when its question is asked again, of its suspects alone."""
    if first.outcome is not Outcome.BROKEN:
        return first
    retrial = Retrial(ask.bench, [evidence.exchange for evidence in first.evidence])
    second = _asked(Ask(first.clause, first.side, lambda: retrial), question)
    if second.outcome is Outcome.BROKEN:
        turned = _turned(ask.bench, second)
        if turned:
            return replace(first, outcome=Outcome.UNDETERMINED, reason=turned)
        return replace(first, exchanges=first.exchanges + second.exchanges)
    if ask.session.uncleanable and first.clause.kind is Kind.RESPONSE:  # an answer of success speaks for itself
        return replace(first, reason="it was seen once: what cannot be deleted again is not made again")
    if ask.session.gave_up:  # nobody knows whether it repeats
        reason = f"it was {first.actual}, and could not be asked again: {ask.session.gave_up}"
        return replace(first, outcome=Outcome.UNDETERMINED, reason=reason)
    again = second.actual or second.reason
    evidence = (*first.evidence, *second.evidence)
    collides = SHARED not in again and any(_collides(one.exchange) for one in evidence)
    cure = f" ({SHARED})" if collides else ""  # before the answers, which may be long: a terminal shows the beginning
    reason = f"{NOT_REPEATABLE}{cure}: once it was {first.actual}; asked again, it was {again}"
    return replace(first, outcome=Outcome.UNDETERMINED, reason=reason, evidence=evidence)


def _collides(exchange: Exchange) -> bool:
    """Whether an exchange was refused as one is whose value another record holds: with 409, or although it conforms."""
    return exchange.status == 409 or (exchange.refused and not exchange.request.breaks and not exchange.request.is_odd)


def _turned(bench: Bench, found: Judgement) -> str:
    """Why answers that are none of success accuse nothing, or nothing: the endpoint has begun to answer all alike."""
    if not any(e.exchange.hollow and not e.exchange.repeated for e in found.evidence):
        return ""
    try:
        return bench.no_longer_accepts()
    except StuckError:  # it has never answered otherwise
        return ""


def _asked(ask: Ask, question: Callable[[Ask], None]) -> Judgement:
    try:
        question(ask)
    except Settled as settled:
        return settled.judgement
    except StuckError as stuck:
        return Judgement(ask.clause, ask.side, Outcome.UNDETERMINED, str(stuck), of_all=True)
    except ThingError as missing:
        outcome = Outcome.UNDETERMINED if missing.unanswered else Outcome.UNEXERCISED
        return Judgement(ask.clause, ask.side, outcome, str(missing), of_all=True)
    except BudgetSpentError as spent:
        return Judgement(ask.clause, ask.side, Outcome.UNEXERCISED, f"budget spent: {spent}")
    raise AssertionError("the test ended without a judgement")


def asks(pattern: str = "*", *, kind: str = "", side: Side = Side.SHOWS, draws: str = "") -> pytest.MarkDecorator:
    """Mark a test with the clauses that it asks: those whose id matches `pattern` and whose kind is `kind`.

    `draws` names the number of a profile without which there is nothing to ask.
    """
    return pytest.mark.asks(pattern, kind=kind, side=side, draws=draws)
