"""What is sent first of one contract, once, and looked at often: the packed sample and random conforming requests.

What is refused of them is taken apart, until it is plain which value is to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from contracts.contract import Contract
from contracts.model import ANY_MEMBER, Clause, Json, Kind
from endpoints.endpoint import Situation
from endpoints.exchange import Exchange
from endpoints.flight import Errand, in_flight
from endpoints.records import Use
from endpoints.session import Session
from strategies import ABSENT, Edge, Mark, Request, conforming_requests, edge_requests
from strategies.edges import is_plain
from strategies.request import Path, of_length, paths_to, value_at
from strategies.scalars import BOUNDS, away_from_edge, is_odd
from strategies.tenant import request_schema
from strategies.unique import Uniques
from strategies.validity import keeps
from suites.drawing import examined
from suites.facts import of_another_state, of_nothing, other_ways, unique_places
from suites.observations import Observer
from suites.probing import Keeping, Probe, Probing, Tally, as_sent
from suites.profiles import Profile
from suites.unsaid import edge_without, unsaid_texts, without

ROOM_FOR = 4  # of the largest requests, a target has room for so many at once: one, beside what the sample made
SHARED = "if no two records may share a value there, say x-unique = true at that field in the target"


class StuckError(Exception):
    """No conforming request was accepted, so nothing can be judged; carries one sentence that says what came."""


@dataclass(frozen=True)
class Trial:
    """A request of the packed sample and what came of it."""

    edge: Edge
    exchange: Exchange


@dataclass(frozen=True)
class Lone:
    """One value of another request at `path` of an accepted one, the `host`, and what came of sending that.

    `blames` names a clause where it is another one than that of the edge; `doubt` says why it may blame none.
    """

    path: Path
    exchange: Exchange
    host: Exchange
    blames: str = ""
    doubt: str = ""

    @property
    def difference(self) -> str:
        """Where it differs from its host, in words."""
        place = f"`{'/'.join(map(str, self.path[1:]))}`" if self.path[1:] else "the body"
        ours, theirs = (one.request.replaced(self.path, ABSENT).parts for one in (self.exchange, self.host))
        return f"{place} alone{'' if ours == theirs else ', but for values that are fresh in each request'}"


class Sample:
    """One contract's conforming requests on one endpoint. Every exchange of a run goes through `session`."""

    use = Use.SHARED  # of the records that the sample and the like make: several questions look at them

    def __init__(self, contract: Contract, session: Session, profile: Profile) -> None:
        self.contract, self.session, self.profile = contract, session, profile
        self.tenant = session.endpoint.tenant
        self.observer = Observer(contract)
        session.watch = self.observer.see
        unique = Uniques.of(contract, self.tenant, also=unique_places(contract, session.endpoint)).places
        session.renew = Uniques.everywhere(contract, self.tenant).but(unique).renewed
        self.unsaid: list[Path] = []  # where texts were refused of which the file says no more
        self.told: set[str] = set()  # the clauses that were found to be broken
        self.tally = Tally()
        self._once: dict[object, Any] = {}

    def create(self, request: Request, **how: Any) -> Exchange:
        """Send a request; where the endpoint fails at it, once more, since a single mishap says nothing."""
        exchange = self.session.create(request, **how)
        return self.session.create(request, **how) if exchange.crashed else exchange

    # The sample, and what can be derived from it.

    @cached_property
    def edges(self) -> list[Edge]:
        """The packed sample, as far as the profile lets a request create records."""
        things = {tuple(place.split("/")) for place in self.session.endpoint.things if "/" in place}
        edges = [_but_for(things, self.contract, edge) for edge in edge_requests(self.contract, tenant=self.tenant)]
        return [edge for edge in edges if self.contract.creates(edge.value.body) <= self.most_created]

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
        self.unsaid = [path for path, text in texts if self._hosted(host, path, text).exchange.refused]
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
                if not is_plain(self.contract) and not keeps(self.contract.request_schema, edge.value.parts):
                    continue
                if _has_control(tried := self._tried([edge])):
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
            names = ", ".join(self.session.endpoint.credentials("", Situation()).names)
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

    @cached_property
    def refused_edges(self) -> list[tuple[Mark, Lone]]:
        """The edges of refused requests of the sample that are refused by themselves too, the innermost only.

        A bound that is met by a fraction, or by characters beyond the BMP, may be refused on either count: it is blamed
        only where another fraction, or another such text, is taken; else the type of the value is.
        """
        refused = [trial for trial in self.sample if not trial.exchange.accepted]
        tried = ((mark, trial, self.isolated(trial, mark)) for trial in refused for mark in trial.edge.marks)
        alone = [(mark, trial, lone) for mark, trial, lone in tried if lone is not None and not lone.exchange.accepted]
        found = [
            self._on_one_count(mark, value_at(trial.edge.value.parts, mark.path), lone) for mark, trial, lone in alone
        ]
        innermost = [(mark, lone) for mark, lone in found if not any(_is_within(m.path, mark.path) for m, _ in found)]
        return self._for_their_length(innermost)

    def _for_their_length(self, found: list[tuple[Mark, Lone]]) -> list[tuple[Mark, Lone]]:
        """Texts that are too long in bytes, where a bound was found to be counted in bytes, are refused for that."""
        clauses = self.contract.clauses
        blamed = (clauses[mark.clause] for mark, lone in found if not lone.blames and not lone.doubt)
        bounds = {(one.place, one.branch): one for one in blamed if one.keyword == "maxLength"}

        def counted(mark: Mark, lone: Lone) -> Lone:
            bound = bounds.get((clauses[mark.clause].place, clauses[mark.clause].branch))
            text = value_at(lone.exchange.request.parts, lone.path)
            too_long = bound and isinstance(text, str) and len(text.encode()) > bound.schema["maxLength"]
            return replace(lone, blames=bound.id) if bound and too_long else lone

        return [(mark, counted(mark, lone)) for mark, lone in found]

    def explains(self, trial: Trial) -> bool:
        """Whether an edge of a request of the sample was refused by itself, so that it says nothing of its others."""
        return any(mark in trial.edge.marks for mark, _ in self.refused_edges)

    def _on_one_count(self, mark: Mark, value: Json, lone: Lone) -> tuple[Mark, Lone]:
        """A refused edge; or its type's, where a value like it that is away from the edge is refused as well."""
        clause = self.contract.clauses[mark.clause]
        about = self.contract.at(clause.place)
        if clause.keyword not in BOUNDS or "type" not in about or not is_odd(value):
            return mark, lone
        milder = away_from_edge(clause.schema, value)
        other = None if milder is ABSENT else self._alone(mark.path, milder)
        if other is None:
            return mark, replace(lone, doubt="it was refused, for the bound or for what else is odd about the value")
        return (mark, lone) if other.exchange.accepted else (mark, replace(other, blames=about["type"].id))

    def isolated(self, trial: Trial, mark: Mark) -> Lone | None:
        """One edge of a packed request alone, sent; None when no accepted request has a place for it.

        Where it is nothing by itself, what stands around it goes with it.
        """
        for length in range(len(mark.path), min(len(mark.path) - 1, 1), -1):  # of a body, whether there is one
            path = mark.path[:length]
            found = self._alone(path, value_at(trial.edge.value.parts, path))
            if found is not None or is_plain(self.contract):
                return found
        return None

    def _alone(self, path: Path, value: Json) -> Lone | None:
        """An accepted request with one value of another; what stands inside an object has places of its own.

        Those that have a value there go first: of several alternatives, only some may care what stands there.
        """
        places = [(host, _fitted(path, host.request)) for host in self.accepted]
        for host, own in sorted(places, key=lambda found: value_at(found[0].request.parts, found[1]) is ABSENT):
            around = value_at(host.request.parts, own[:-1])
            if isinstance(around, Mapping | list) and self._conforms(host.request, own, value):
                return self._hosted(host, own, value)
        return None

    def _conforms(self, host: Request, path: Path, value: Json) -> bool:
        """Whether a value keeps all that is said of it in another request than its own."""
        if is_plain(self.contract):
            return True
        return keeps(self.contract.request_schema, host.replaced(path, value).parts)

    def _hosted(self, host: Exchange, path: Path, value: Json) -> Lone:
        before = value_at(host.request.parts, path)
        if isinstance(value, list) and isinstance(before, list) and before:
            alike = of_length(before, len(value))  # the length is what is left to tell
            whole = request_schema(self.contract, self.tenant)
            value = alike if keeps(whole, host.request.replaced(path, alike).parts) else value
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
    kept = [m for m in edge.marks if m.path not in things or contract.clauses[m.clause].keyword in {"type", "optional"}]
    return Edge(edge.value, tuple(kept)) if things else edge


def _has_control(trials: list[Trial]) -> bool:
    return any(trial.exchange.succeeded for trial in trials)


def _barest_and_one(plain: Request, barest: Request) -> Iterator[Edge]:
    """The barest request with each of the values of the plain one that it lacks."""
    for path, value in values_in(plain.parts):
        if value_at(barest.parts, path) is ABSENT and value_at(barest.parts, path[:-1]) is not ABSENT:
            yield Edge(barest.replaced(path, value))


def values_in(node: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every value of a request below its parts, the innermost first, with its path."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, member in members:
        yield from values_in(member, (*path, step))
    if len(path) > 1:
        yield path, node


def _is_within(path: Path, other: Path) -> bool:
    return len(path) > len(other) and path[: len(other)] == other


def _fitted(path: Path, host: Request) -> Path:
    """The path with its indexes brought down to the members that the host has."""
    fitted: Path = ()
    for step in path:
        here = value_at(host.parts, fitted)
        fitted = (*fitted, min(step, len(here) - 1) if isinstance(step, int) and isinstance(here, list) else step)
    return fitted
