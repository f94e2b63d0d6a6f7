"""What is sent first of one contract, once, and looked at often: the packed sample and random conforming requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar, cast

from contracts.contract import Contract
from endpoints.endpoint import USUAL
from endpoints.exchange import Exchange
from endpoints.flight import Errand, in_flight
from endpoints.records import Use
from endpoints.session import Session
from endpoints.things import renewing
from strategies import ABSENT, Edge, Request, conforming_requests, edge_requests
from strategies.edges import conforms
from strategies.request import Path, generic_place, value_at, values_in
from suites.drawing import examined
from suites.facts import of_another_state, of_nothing, other_ways, unique_places
from suites.isolation import Isolation
from suites.observations import Observer
from suites.probing import Keeping, Probe, Probing, Tally, as_sent
from suites.profiles import Profile
from suites.unsaid import edge_without, unsaid_texts, without

T = TypeVar("T")
ROOM_FOR = 4  # of the largest requests, a target has room for so many at once: one, beside what the sample made
SHARED = "if no two records may share a value there, say x-unique = true at that field in the target"


class StuckError(Exception):
    """No conforming request was accepted, so nothing can be judged; carries one sentence that says what came."""


@dataclass(frozen=True)
class Trial:
    """A request of the packed sample and what came of it."""

    edge: Edge
    exchange: Exchange


class Sample:
    """One contract's conforming requests on one endpoint. Every exchange of a run goes through `session`."""

    use = Use.SHARED  # of the records that the sample and the like make: several questions look at them

    def __init__(self, contract: Contract, session: Session, profile: Profile) -> None:
        self.contract, self.session, self.profile = contract, session, profile
        self.tenant = session.endpoint.tenant
        self.observer = Observer(contract)
        session.watch = self.observer.see
        unique = unique_places(contract, session.endpoint)
        only_makes = "201" in contract.statuses() and not {"200", "204", "2XX"} & set(contract.statuses())
        session.renew = renewing(contract, session.endpoint, unique, named=only_makes).renewed
        self.unsaid: list[Path] = []  # where texts were refused of which the file says no more
        self.told: set[str] = set()  # the clauses that were found to be broken
        self.tally = Tally()
        self.isolation = Isolation(self)
        self._once: dict[object, Any] = {}

    def create(self, request: Request, **how: Any) -> Exchange:
        """Send a request; where the endpoint fails at it, once more, since a single mishap says nothing."""
        return self.lasting(Errand(request, how), self.session.create(request, **how))

    # The sample, and what can be derived from it.

    @cached_property
    def edges(self) -> list[Edge]:
        """The packed sample, as far as the profile lets a request create records."""
        things = {tuple(place.split("/")) for place in self.session.endpoint.things if "/" in place}
        edges = [_but_for(things, self.contract, edge) for edge in edge_requests(self.contract, tenant=self.tenant)]
        ids = self.session.endpoint.created_ids
        return [edge for edge in edges if self.contract.creates(edge.value.body, ids) <= self.most_created]

    @property
    def most_created(self) -> int:
        """How many records one request may create: as many as the profile says, or fewer if the target holds few.

        Of what may be there at once it is a part, since there has to be room for it beside what the sample made.
        """
        held = (
            self.session.endpoint.budget.most_records if self.session.records else ROOM_FOR * self.profile.most_created
        )
        return min(self.profile.most_created, max(held // ROOM_FOR, 1))

    @cached_property
    def sample(self) -> list[Trial]:
        """The packed sample, sent. When nothing like its first two is accepted, it stops there."""
        with self.session.making(self.use):
            trials = self._tried(self.edges[:2])
            if not _has_control(trials):
                trials = self._looked_further(trials)
            if not _has_control(trials):
                return trials
            trials = self._without_unsaid(trials)
            others = (edge_without(self.unsaid, edge) for edge in self.edges[2:])
            with in_flight(self.session, (Errand(edge.value, about=edge) for edge in others)) as found:
                return trials + [Trial(errand.about, self.lasting(errand, exchange)) for errand, exchange in found]

    def _tried(self, edges: list[Edge]) -> list[Trial]:
        return [Trial(edge, self.create(edge.value)) for edge in edges]

    def lasting(self, errand: Errand, exchange: Exchange) -> Exchange:
        """An exchange; or where the endpoint failed at it, what comes of the request the second time."""
        return self.session.create(errand.request, **errand.how) if exchange.crashed else exchange

    def _without_unsaid(self, trials: list[Trial]) -> list[Trial]:
        """The first trials without the texts that the endpoint refuses, and of which the file says no more: noted."""
        first, host = trials[0], next(trial.exchange for trial in trials if trial.exchange.succeeded)
        texts = unsaid_texts(self.contract, first.edge.value) if first.exchange.refused else ()
        self.unsaid = [path for path, text in texts if self.isolation.hosted(host, path, text).exchange.refused]
        for path in self.unsaid:
            self.observer.note("a text of which the file says no more", "refused by itself", "/".join(map(str, path)))
        return [*self._tried([edge_without(self.unsaid, first.edge)]), *trials[1:]] if self.unsaid else trials

    def _looked_further(self, refused: list[Trial]) -> list[Trial]:
        """The first requests were refused, the plain one and the barest: these, and a control if there is one.

        It may take an attribute more than the barest; else the same at another address of the target, or with another
        of its ways to authenticate, to which the session then keeps.
        """
        first, own = refused[0].exchange, self.session.endpoint
        if first.refused or first.crashed:
            for edge in _barest_and_one(refused[0].edge.value, refused[-1].edge.value):
                if conforms(self.contract, edge.value) and _has_control(tried := self._tried([edge])):
                    return [*refused, *tried]
        for endpoint in other_ways(self.contract, own) if first.denied or first.crashed else ():
            self.session.endpoint = endpoint
            if _has_control(tried := self._tried(self.edges[:2])):
                return tried
        self.session.endpoint = own
        return refused

    @property
    def answered(self) -> list[Exchange]:
        """The exchanges of the sample that were answered 2xx, each in its own way; raises StuckError without any."""
        tried = [trial.exchange for trial in self.sample]
        answered = [exchange for exchange in tried if exchange.succeeded and not exchange.repeated]
        if not answered:
            said = f"is {tried[0].hollow}" if tried[0].repeated else f"got {tried[0].outcome}"
            names = ", ".join(self.session.endpoint.credentials("", USUAL).names)
            rights = {401: f"; is what {names} holds let in?", 403: f"; may the credentials in {names} do this?"}
            cures = rights if names else dict.fromkeys(rights, "; no credentials were given (authentication, --header)")
            endpoint = self.session.endpoint
            cures |= {404: of_nothing(self.contract, endpoint), 409: f"; {SHARED}{of_another_state(endpoint)}"}
            cure = cures.get(tried[0].status or 0, "")
            raise StuckError(f"a plain conforming request of {self.contract.name} {said}{cure}")
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

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What `make` returns, made only the first time that the key is asked for: what is shared is sent once."""
        if key not in self._once:
            with self.session.making(self.use):
                self._once[key] = make()
        return cast("T", self._once[key])

    def once_each(self, wanted: Mapping[object, Errand]) -> None:
        """Send what is shared under these keys, as far as it has not been sent."""
        errands = (replace(errand, about=key) for key, errand in wanted.items() if key not in self._once)
        with self.session.making(self.use), in_flight(self.session, errands) as found:
            for errand, exchange in found:
                self._once[errand.about] = self.lasting(errand, exchange)

    # Random conforming requests.

    @cached_property
    def random(self) -> Probe:
        """Random conforming requests as the profile asks, stopping at the smallest one that is not accepted."""
        tenant = self.tenant
        if self.contract.created_each:  # the whole range is the sample's business
            tenant = tenant.narrowed(self.contract.created_each, {"maxItems": 3})
        strategy = conforming_requests(self.contract, tenant=tenant)
        if self.sample and self.unsaid:
            strategy = strategy.map(lambda request: without(self.unsaid, request))
        most, keeping = self.profile.conforming, Keeping(self.contract, self.tally)
        probing = Probing(self.control, (repr(tenant.schemas),), strategy, most, lambda e: not e.accepted, keeping)
        probing.group.append(probing)
        self.probe(probing.errands(self.contract))
        return probing.probe

    def probe(self, errands: Iterator[Errand]) -> None:
        """Send examples of probings until one of a group comes out wrong; then shrink it, as the profile allows."""
        with self.session.making(Use.SPARE), in_flight(self.session, errands) as found:
            for errand, exchange in found:
                probing, key = errand.about, as_sent(errand.request)
                lasting = self.lasting(errand, exchange)
                probing.take(key, lasting)
                probing.failures += lasting.failed
                if probing.is_wrong(lasting):
                    probing.wrong = self._smallest(probing, key, lasting) if self.profile.shrinking else lasting

    def _smallest(self, probing: Probing, last: bytes, wrong: Exchange) -> Exchange:
        """The last of what was sent came out wrong: a smaller one that does; what is sent for it is added."""
        allowed = len(probing.sent) + self.profile.shrinking
        wrongs = {last: wrong}

        class WrongError(Exception):
            def __init__(self, exchange: Exchange) -> None:
                self.exchange = exchange

        def look(request: Request) -> None:
            key = as_sent(request)
            if key not in probing.sent and len(probing.sent) < allowed:
                exchange = self.create(request)
                probing.take(key, exchange)
                wrongs.update({key: exchange} if probing.is_wrong(exchange) else {})
            if key in wrongs:
                raise WrongError(wrongs[key])

        try:
            examined(probing.strategy, probing.most, look)
        except WrongError as error:
            return error.exchange
        return wrong


def _but_for(things: set[tuple[str, ...]], contract: Contract, edge: Edge) -> Edge:
    """An edge without the marks of places that hold the ids of things, where no other value is sent."""
    kept = [
        m
        for m in edge.marks
        if generic_place(m.path) not in things or contract.clauses[m.clause].keyword in {"type", "optional"}
    ]
    return Edge(edge.value, tuple(kept)) if things else edge


def _has_control(trials: list[Trial]) -> bool:
    return any(trial.exchange.succeeded for trial in trials)


def _barest_and_one(plain: Request, barest: Request) -> Iterator[Edge]:
    """The barest request with each of the values of the plain one that it lacks."""
    for path, value in values_in(plain.parts):
        if value_at(barest.parts, path) is ABSENT and value_at(barest.parts, path[:-1]) is not ABSENT:
            yield Edge(barest.replaced(path, value))
