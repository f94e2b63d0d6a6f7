"""The second look: what one judgement found broken is asked once more, of its suspects alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from contracts.model import Clause
from endpoints.exchange import Exchange
from endpoints.records import Use
from strategies import Request
from strategies.errors import StrategyError
from suites.bench import Bench
from suites.probing import Probe
from suites.sample import Trial


class Retrial(Bench):
    """A second look at what one judgement found broken: its suspects alone, sent afresh, beside a fresh control.

    Every question can be asked here as on the first bench, so a failure that repeats comes out the same.
    """

    use = Use.ASKED

    def __init__(self, first: Bench, suspects: Sequence[Exchange]) -> None:
        super().__init__(first.contract, first.session, first.profile)
        self.observer = first.observer
        self.session.watch = self.observer.see
        self._first, self._suspects = first, suspects
        self._sent_again: dict[int, Exchange] = {}

    def fresh(self, exchange: Exchange) -> Exchange:
        """The exchange sent once more, which happens once only."""
        if id(exchange) not in self._sent_again:
            self._sent_again[id(exchange)] = exchange.again() if exchange.again else exchange
        return self._sent_again[id(exchange)]

    def provoke_series(self) -> None:
        """Only what is asked is provoked again."""

    def _is_suspect(self, exchange: Exchange | None) -> bool:
        return any(exchange is suspect for suspect in self._suspects)

    @cached_property
    def sample(self) -> list[Trial]:
        """The control, what the first sample had refused, and the suspects."""
        control = self._first.answered[0]
        chosen = [t for t in self._first.sample if not t.exchange.accepted or self._is_suspect(t.exchange)]
        plain = next(trial for trial in self._first.sample if trial.exchange is control)
        twice = [Trial(plain.edge, exchange.again()) for exchange in (control, control) if exchange.again]
        others = [Trial(trial.edge, self.fresh(trial.exchange)) for trial in chosen if trial is not plain]
        return [*twice, *others]  # the control twice, for what shows only beside another record

    @property
    def plain(self) -> Request:
        """That of the first bench, so that a question sends the same again."""
        return self._first.plain

    @property
    def barest(self) -> Request:
        """That of the first bench, too."""
        return self._first.barest

    @cached_property
    def random(self) -> Probe:
        """The random request that came out wrong, and those that are suspect."""
        first = self._first.random
        sent = [self.fresh(e) for e in first.sent if e is first.wrong or self._is_suspect(e)]
        return Probe(self.control, tuple(sent), next((e for e in sent if not e.accepted), None), len(sent))

    def no_longer_accepts(self) -> str:
        """As on the first bench."""
        return self._first.no_longer_accepts()

    def _sent_refusals(self, series: list[Clause]) -> dict[str, list[Probe] | StrategyError]:
        found: dict[str, list[Probe] | StrategyError] = {}
        for clause in series:
            try:
                found[clause.id] = list(self._refused_again(clause))
            except StrategyError as error:
                found[clause.id] = error
        return found

    def _refused_again(self, clause: Clause) -> Iterator[Probe]:
        for probe in self._first.refusals(clause):
            sent = [self.fresh(e) for e in probe.sent if e is probe.wrong or self._is_suspect(e)]
            if sent:
                wrong = next((e for e in sent if e.accepted), None)
                yield Probe(self.fresh(probe.twin), tuple(sent), wrong, len(sent))

    @property
    def crash(self) -> Exchange | None:
        """The suspect, if it makes the endpoint fail once more."""
        return next((again for again in map(self.fresh, self._suspects) if again.crashed), None)
