"""The bench of one contract: what all its tests share, sent once and looked at often.

Its parts are made when they are first needed: the packed sample, random conforming requests, one probe of each
refusal, and the answers of each documented status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st

from contracts.contract import Contract
from contracts.model import ANY_MEMBER, Clause, Json, Kind, Side
from endpoints.exchange import Exchange
from endpoints.records import Use
from endpoints.session import Session
from endpoints.targets import Situation
from strategies import ABSENT, Edge, Mark, Request, breaking_variants, conforming_requests, edge_requests
from strategies.errors import StrategyError
from strategies.request import Path, of_length, paths_to, value_at
from strategies.scalars import PLAIN
from strategies.unique import Uniques
from suites.drawing import Key, drawn, examined
from suites.facts import unique_places
from suites.observations import Observer
from suites.profiles import Profile

_SERIES = 20  # clauses that are broken before it is seen whether the plain request is still accepted
_HOPELESS = 3  # examples that were neither accepted nor refused, after which no more of a strategy are sent
IsWrong = Callable[[Exchange], bool]


class StuckError(Exception):
    """No conforming request was accepted, so nothing can be judged; carries one sentence that says what came."""


@dataclass(frozen=True)
class Trial:
    """A request of the packed sample and what came of it."""

    edge: Edge
    exchange: Exchange


@dataclass(frozen=True)
class Lone:
    """One value of another request at `path` of an accepted one, the `host`, and what came of sending that."""

    path: Path
    exchange: Exchange
    host: Exchange


@dataclass(frozen=True)
class Probe:
    """Examples of one strategy: the accepted twin beside them, what was sent, and the exchange that came out wrong."""

    twin: Exchange
    sent: tuple[Exchange, ...]
    wrong: Exchange | None


class Bench:
    """One contract against one endpoint. Every exchange of a run goes through `session`."""

    use = Use.SHARED  # of the records that the sample and the like make: several questions look at them

    def __init__(
        self, contract: Contract, session: Session, profile: Profile, asked: frozenset[str] = frozenset()
    ) -> None:
        self.contract, self.session, self.profile = contract, session, profile
        self.tenant = session.endpoint.tenant
        self.observer = Observer(contract)
        session.watch = self.observer.see
        session.renew = Uniques.of(contract, self.tenant, also=unique_places(contract, session.endpoint)).renewed
        self._once: dict[object, Any] = {}
        self._asked = asked
        self._refusals: dict[str, list[Probe] | StrategyError] = {}
        self._unconfirmed: dict[str, str] = {}
        self._no_longer, self._provoking = "", False

    def create(self, request: Request, **how: Any) -> Exchange:
        """Send a request; where the endpoint fails at it, once more, since a single mishap says nothing."""
        exchange = self.session.create(request, **how)
        return self.session.create(request, **how) if exchange.crashed else exchange

    # The sample, and what can be derived from it.

    @cached_property
    def edges(self) -> list[Edge]:
        """The packed sample, as far as the profile lets a request create records."""
        edges = edge_requests(self.contract, tenant=self.tenant)
        return [edge for edge in edges if self.contract.creates(edge.value.body) <= self.most_created]

    @property
    def most_created(self) -> int:
        """How many records one request may create: as many as the profile, or fewer if the target holds fewer."""
        held = self.session.endpoint.budget.most_records if self.session.records else self.profile.most_created
        return min(self.profile.most_created, held)

    @cached_property
    def sample(self) -> list[Trial]:
        """The packed sample, sent. When neither of its first two is accepted, it stops there."""
        with self.session.making(self.use):
            trials = [Trial(edge, self.create(edge.value)) for edge in self.edges[:2]]
            if any(trial.exchange.succeeded for trial in trials):
                trials += [Trial(edge, self.create(edge.value)) for edge in self.edges[2:]]
            return trials

    @property
    def answered(self) -> list[Exchange]:
        """The exchanges of the sample that were answered 2xx, each in its own way; raises StuckError without any."""
        tried = [trial.exchange for trial in self.sample]
        answered = [exchange for exchange in tried if exchange.succeeded and not exchange.repeated]
        if not answered:
            said = f"is {tried[0].hollow}" if tried[0].repeated else f"got {tried[0].outcome}"
            raise StuckError(f"a plain conforming request of {self.contract.name} {said}")
        return answered

    @property
    def accepted(self) -> list[Exchange]:
        """The accepted exchanges of the sample, the control first; raises StuckError when there is none."""
        accepted = [exchange for exchange in self.answered if exchange.accepted]
        if not accepted:
            raise StuckError(f"a plain conforming request of {self.contract.name} is {self.answered[0].hollow}")
        return accepted

    @property
    def control(self) -> Exchange:
        """A plain conforming request that was accepted in this run; raises StuckError without one."""
        return self.accepted[0]

    @property
    def plain(self) -> Request:
        """The request of the control."""
        return self.control.request

    @property
    def barest(self) -> Request:
        """The shortest accepted request of the sample that has a body at all."""
        requests = [exchange.request for exchange in self.accepted if exchange.request.body]
        return min(requests, key=lambda request: len(request.content), default=self.plain)

    @cached_property
    def refused_edges(self) -> list[tuple[Mark, Lone]]:
        """The edges of refused requests of the sample that are refused by themselves too, the innermost only."""
        refused = [trial for trial in self.sample if not trial.exchange.accepted]
        tried = ((mark, self.isolated(trial, mark)) for trial in refused for mark in trial.edge.marks)
        found = [(mark, lone) for mark, lone in tried if lone is not None and not lone.exchange.accepted]
        return [(mark, lone) for mark, lone in found if not any(_is_within(m.path, mark.path) for m, _ in found)]

    def isolated(self, trial: Trial, mark: Mark) -> Lone | None:
        """One edge of a packed request alone, sent; None when no accepted request has a place for it."""
        return self._alone(mark.path, value_at(trial.edge.value.parts, mark.path))

    def _alone(self, path: Path, value: Json) -> Lone | None:
        """An accepted request with one value of another; what stands inside an object has places of its own."""
        for host in self.accepted:
            own = _fitted(path, host.request)
            if value_at(host.request.parts, own[:-1]) is not ABSENT:
                return self._hosted(host, own, value)
        return None

    def _hosted(self, host: Exchange, path: Path, value: Json) -> Lone:
        before = value_at(host.request.parts, path)
        if isinstance(value, list) and isinstance(before, list) and before:
            value = of_length(before, len(value))  # the length is what is left to tell
        if (isinstance(value, dict) and isinstance(before, dict)) or value == before or (value is before is ABSENT):
            return Lone(path, host, host)
        key = (id(host), path, repr(value))
        alone = self.once(key, lambda: self.create(host.request.replaced(path, value)))
        return Lone(path, alone, host)

    def once(self, key: object, make: Callable[[], Any]) -> Any:
        """What `make` returns, made only the first time that the key is asked for: what is shared is sent once."""
        if key not in self._once:
            with self.session.making(self.use):
                self._once[key] = make()
        return self._once[key]

    # Random conforming requests.

    @cached_property
    def random(self) -> Probe:
        """Random conforming requests as the profile asks, stopping at the smallest one that is not accepted."""
        tenant = self.tenant
        if self.contract.created_each:  # the whole range is the sample's business
            tenant = tenant.narrowed(self.contract.created_each, {"maxItems": 3})
        strategy = conforming_requests(self.contract, tenant=tenant)
        made_from = (repr(tenant.schemas),)
        return self._probe(made_from, self.control, strategy, self.profile.conforming, lambda e: not e.accepted)

    def refused_alone(self, request: Request) -> list[Lone]:
        """The values of a refused request that are refused by themselves too, each in an accepted request.

        Attributes that it leaves out count as values of it; of values that hold one another, only the innermost.
        """
        absent = [
            (path, ABSENT)
            for clause in self.contract.clauses.values()
            if clause.keyword == "optional"
            for path in paths_to(self.plain.parts, clause.place)
            if value_at(request.parts, path) is ABSENT
        ]
        tried = (self._alone(path, value) for path, value in [*values_in(request.parts), *absent])
        refused = [lone for lone in tried if lone is not None and not lone.exchange.accepted]
        return [lone for lone in refused if not any(_is_within(other.path, lone.path) for other in refused)]

    def clauses_at(self, path: Path) -> list[Clause]:
        """The request clauses about the value at a path itself."""
        return [
            clause
            for clause in self.contract.clauses.values()
            if clause.kind is Kind.REQUEST
            and len(clause.place) == len(path)
            and all(step in {ANY_MEMBER, str(own)} for step, own in zip(clause.place, path, strict=True))
        ]

    # Refusals.

    def refusals(self, clause: Clause) -> list[Probe]:
        """Each way of breaking a clause, sent; raises StrategyError when no accepted request has its place.

        Raises StuckError when the endpoint has begun to refuse the plain request too: then its refusals say nothing.
        """
        if clause.id not in self._refusals:
            self._send_series(clause)
        if self._unconfirmed.get(clause.id):
            raise StuckError(self._unconfirmed[clause.id])
        probes = self._refusals[clause.id]
        if isinstance(probes, StrategyError):
            raise probes
        return probes

    def _send_series(self, clause: Clause) -> None:
        """Break a series of clauses, the asked one among them, and see that the endpoint still accepts after it."""
        asked = [c for c in self._breakable() if not self._asked or c.id in self._asked or c is clause]
        start = asked.index(clause) // _SERIES * _SERIES
        series = [c for c in asked[start : start + _SERIES] if c.id not in self._refusals]
        for one in series:
            if self._no_longer:
                self._refusals[one.id] = []
            else:
                try:
                    self._refusals[one.id] = list(self._sent_refusals(one))
                except StrategyError as error:
                    self._refusals[one.id] = error
        said = self.no_longer_accepts()
        self._unconfirmed |= {one.id: said for one in series}

    def _breakable(self) -> list[Clause]:
        """The request clauses whose breaking is sent, in the order of the contract."""
        clauses = self.contract.clauses.values()
        return [c for c in clauses if c.kind is Kind.REQUEST and Side.REFUSES in c.sides and not self.too_costly(c)]

    def no_longer_accepts(self) -> str:
        """Why refusals since the last acceptance say nothing, or nothing: the plain request is still accepted."""
        if self._no_longer or not self.session.in_doubt:
            return self._no_longer
        with self.session.making(Use.SPARE):
            again = self.create(self._fresh_plain())
            if again.denied:  # its fresh texts may be longer than the target's fields take
                again = self.create(self.plain)
        if not again.accepted:
            self._no_longer = f"the plain request was accepted before, but no longer: {again.hollow or again.outcome}"
        return self._no_longer

    def _fresh_plain(self) -> Request:
        """The plain request with other texts: the target may have fields, untold, whose values no two records share."""
        fresh = self.plain
        for path, value in values_in(fresh.parts):
            if value == PLAIN:
                fresh = fresh.replaced(path, f"{PLAIN} {uuid4().hex[:8]}")
        return fresh

    @property
    def server_errors(self) -> list[Exchange]:
        """What made the endpoint fail so far."""
        return self.session.server_errors

    def fresh(self, exchange: Exchange) -> Exchange:
        """An exchange to judge; in a retrial it is sent once more."""
        return exchange

    def _sent_refusals(self, clause: Clause) -> Iterator[Probe]:
        accepted = self.accepted
        if clause.keyword not in {"type", "required", "enum"}:  # the sharpest twin of a bound is one that just meets it
            marked = {id(t.exchange) for t in self.sample if any(mark.clause == clause.id for mark in t.edge.marks)}
            accepted = sorted(accepted, key=lambda exchange: id(exchange) not in marked)
        twins = {id(exchange.request): exchange for exchange in accepted}
        bases = [exchange.request for exchange in accepted]
        variants = breaking_variants(self.contract, clause, bases=bases)
        for number, (base, strategy) in enumerate(variants):
            made_from = (clause.id, number, repr(base.parts))
            probe = self._probe(made_from, twins[id(base)], strategy, self.profile.refusals, lambda e: e.accepted)
            yield probe
            if probe.wrong:
                return

    def _probe(
        self, made_from: Key, twin: Exchange, strategy: st.SearchStrategy[Request], most: int, is_wrong: IsWrong
    ) -> Probe:
        """Send examples until one comes out wrong; then shrink it, within the profile's bounds.

        `made_from` says what the strategy was made from, beside the contract.
        """
        sent: dict[bytes, Exchange] = {}
        for request in drawn((self.contract, *made_from), strategy, most):
            key = _as_sent(request)
            if key not in sent and sum(exchange.failed for exchange in sent.values()) < _HOPELESS:
                with self.session.making(Use.SPARE):
                    sent[key] = self.create(request)
                if is_wrong(sent[key]):
                    smallest = self._smallest(sent, strategy, most, is_wrong) if self.profile.shrinking else sent[key]
                    return Probe(twin, tuple(sent.values()), smallest)
        return Probe(twin, tuple(sent.values()), None)

    def _smallest(
        self, sent: dict[bytes, Exchange], strategy: st.SearchStrategy[Request], most: int, is_wrong: IsWrong
    ) -> Exchange:
        """The last of what was `sent` came out wrong: a smaller one that does; what is sent for it is added."""
        allowed = len(sent) + self.profile.shrinking
        wrong = next(reversed(sent.values()))

        class WrongError(Exception):
            def __init__(self, exchange: Exchange) -> None:
                self.exchange = exchange

        def look(request: Request) -> None:
            key = _as_sent(request)
            if key not in sent:
                if len(sent) >= allowed:
                    return
                sent[key] = self.create(request)
            if is_wrong(sent[key]):
                raise WrongError(sent[key])

        try:
            with self.session.making(Use.SPARE):
                examined(strategy, most, look)
        except WrongError as error:
            return error.exchange
        return wrong

    # Answers by status.

    def situation(self, name: str) -> Situation | None:
        """A situation of the target, or None when it does not have it."""
        return self.session.endpoint.situations.get(name)

    def provoked(self, name: str) -> Exchange | None:
        """The answer to a plain request in a situation, or None when the target does not have the situation."""
        self.provoke_series()
        situation = self.situation(name)
        if situation is None:
            return None
        request = merged(self.plain, situation)
        exchange: Exchange = self.once(("provoked", name), lambda: self.create(request, situation=situation))
        return exchange

    @property
    def unauthenticated(self) -> Exchange:
        """The answer to the plain request with credentials that nobody has."""
        self.provoke_series()
        exchange: Exchange = self.once("unauthenticated", lambda: self.create(self.plain, invalid=True))
        return exchange

    def provoke_series(self) -> None:
        """Provoke all documented refusals of rights and the like at once, so that one look after them is enough."""
        if not self._provoking:
            self._provoking = True
            _ = self.unauthenticated
            for name in sorted({c.needs for c in self.contract.clauses.values() if c.kind is Kind.STATUS and c.needs}):
                self.provoked(name)

    def answers(self, status: str, needs: str = "") -> list[Exchange]:
        """The exchanges over which the clauses of one documented status are judged; empty when none can be had."""
        if status.startswith("2"):
            return self.answered
        if status != "401" and not needs:
            return list(self._body_refusals())
        provoked = self.provoked(needs) if needs else self.unauthenticated
        if provoked and provoked.denied and self.no_longer_accepts():
            raise StuckError(self.no_longer_accepts())
        return [provoked] if provoked else []

    def _body_refusals(self) -> Iterator[Exchange]:
        """Refusals of everything that a body or a query can break; media types may have statuses of their own."""
        stuck = None
        for clause in self._breakable():
            if clause.keyword != "content-type":
                try:
                    probes = self.refusals(clause)
                except StrategyError:
                    continue
                except StuckError as error:
                    stuck = error
                    continue
                yield from (e for probe in probes for e in probe.sent if e.refused or e.crashed)
        if stuck:
            raise stuck

    def too_costly(self, clause: Clause) -> str:
        """Why the profile does not let the clause be exercised, or nothing: it would create too many records."""
        most = self.most_created
        too_many = clause.keyword == "maxItems" and clause.schema["maxItems"] > most
        reason = f"takes more than the {most} records that a request may create in profile {self.profile.name}"
        return reason if too_many else ""


def values_in(node: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every value of a request below its parts, the innermost first, with its path."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, member in members:
        yield from values_in(member, (*path, step))
    if len(path) > 1:
        yield path, node


def _as_sent(request: Request) -> bytes:
    """What tells one request from another: its query, headers and body."""
    return repr((request.query, request.headers, request.path, request.cookies)).encode() + request.content


def _is_within(path: Path, other: Path) -> bool:
    return len(path) > len(other) and path[: len(other)] == other


def _fitted(path: Path, host: Request) -> Path:
    """The path with its indexes brought down to the members that the host has."""
    fitted: Path = ()
    for step in path:
        here = value_at(host.parts, fitted)
        fitted = (*fitted, min(step, len(here) - 1) if isinstance(step, int) and isinstance(here, list) else step)
    return fitted


def merged(request: Request, situation: Situation) -> Request:
    """The request with the situation's `body` merged in (RFC 7396)."""
    return Request(_merged(request.body, situation.body), request.query, request.headers)


def _merged(value: object, patch: object) -> object:
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), change)
    return result
