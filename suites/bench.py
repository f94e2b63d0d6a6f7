"""The bench of one contract: its sample, and what all its tests share of refusals and of answers by their status.

Its parts are made when they are first needed, sent once and looked at often.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

from hypothesis import strategies as st

from contracts.clauses import CONFLICT
from contracts.contract import Contract
from contracts.model import Clause, Kind, Side
from contracts.operations import is_json
from endpoints.endpoint import ANONYMOUS, USUAL, Situation
from endpoints.exchange import Exchange
from endpoints.flight import Errand
from endpoints.ids import as_id
from endpoints.records import Use
from endpoints.session import BudgetSpentError, Session
from endpoints.things import check_own
from strategies import Request, breaking_variants
from strategies.errors import StrategyError
from strategies.request import values_in
from strategies.scalars import PLAIN
from suites.odd_bodies import ODD_BODIES
from suites.probing import Keeping, Probe, Probing
from suites.profiles import Profile
from suites.sample import ROOM_FOR, Sample, StuckError
from suites.unknown import address_with, foreign_requests, unknown_address

_SERIES = 20  # clauses that are broken before it is seen whether the plain request is still accepted


class Bench(Sample):
    """One contract against one endpoint."""

    def __init__(
        self, contract: Contract, session: Session, profile: Profile, asked: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(contract, session, profile)
        self._asked = asked
        self._refusals: dict[str, list[Probe] | StrategyError] = {}
        self._keeping = Keeping(contract, self.tally)
        self._unconfirmed: dict[str, str] = {}
        self._no_longer, self._provoking = "", False

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
        self._refusals |= {one.id: [] for one in series} if self._no_longer else self._sent_refusals(series)
        said = self.no_longer_accepts()
        self._unconfirmed |= {one.id: said for one in series}

    def _breakable(self) -> list[Clause]:
        """The clauses whose breaking is sent, in the order of the contract."""
        clauses = [c for c in self.contract.clauses.values() if c.kind is Kind.UNKNOWN or Side.REFUSES in c.sides]
        return [clause for clause in clauses if not self.too_costly(clause)]

    def no_longer_accepts(self) -> str:
        """Why refusals since the last acceptance say nothing, or nothing: the plain request is still accepted."""
        if self._no_longer or not self.session.in_doubt:
            return self._no_longer
        with self.session.making(Use.SPARE):
            again = self.create(self._fresh_plain())
            if again.denied or again.crashed:  # its fresh texts may be longer than fields take; what fails may recover
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
    def crash(self) -> Exchange | None:
        """What first made the endpoint fail."""
        return self.session.first_crash

    def fresh(self, exchange: Exchange) -> Exchange:
        """An exchange to judge; in a retrial it is sent once more."""
        return exchange

    def _sent_refusals(self, series: list[Clause]) -> dict[str, list[Probe] | StrategyError]:
        """What came of breaking each of these clauses, until a way of breaking it was accepted.

        Where the budget ends, what came of those that were done by then is kept.
        """
        groups: dict[str, list[Probing]] = {clause.id: [] for clause in series}
        errors: dict[str, StrategyError] = {}
        begun: list[str] = []

        def errands() -> Iterator[Errand]:
            for clause in series:
                begun.append(clause.id)
                try:
                    for probing in self._probings(clause, groups[clause.id]):
                        groups[clause.id].append(probing)
                        yield from probing.errands(self.contract)
                except StrategyError as error:
                    errors[clause.id] = error

        def found(names: list[str]) -> dict[str, list[Probe] | StrategyError]:
            plain = {name: errors[name] for name in names if name in errors and not any(p.wrong for p in groups[name])}
            return {name: _until_wrong(groups[name]) for name in names} | plain

        try:
            self.probe(errands())
        except BudgetSpentError:
            self._refusals |= found([n for n in begun[:-1] if all(len(p.begun) == len(p.sent) for p in groups[n])])
            raise
        return found(list(groups))

    def _probings(self, clause: Clause, group: list[Probing]) -> Iterator[Probing]:
        """Each way of breaking a clause; none after one that was accepted."""
        accepted = self.accepted
        if clause.kind is Kind.UNKNOWN:
            yield from self._unknown(clause)
            return
        if clause.keyword not in {"type", "required", "enum"}:  # the sharpest twin of a bound is one that just meets it
            marked = {id(t.exchange) for t in self.sample if any(mark.clause == clause.id for mark in t.edge.marks)}
            accepted = sorted(accepted, key=lambda exchange: id(exchange) not in marked)
        twins = {id(exchange.request): exchange for exchange in accepted}
        bases = [exchange.request for exchange in accepted]
        variants = breaking_variants(self.contract, clause, bases=bases)
        for number, (base, strategy) in enumerate(variants):
            if any(probing.wrong for probing in group):
                return
            made_from = (clause.id, number, repr(base.parts))
            most, keeping = self.profile.refusals, self._keeping
            yield Probing(twins[id(base)], made_from, strategy, most, lambda e: e.accepted, keeping, group)

    def _unknown(self, clause: Clause) -> Iterator[Probing]:
        """Things that there are not, and values that fields do not take; raises StrategyError where there are none."""
        if clause.place[0] == "path":
            situation, path = address_with(self.contract, self.session.endpoint, clause.place[1])
            how = {"situation": situation, "path": path}
            sent = [
                self.plain,
                *([merged(self.plain, situation)] if situation.body else []),
            ]  # what is taken there, too
            pairs = [(self.control, replace(one, breaks=clause.id), how) for one in sent]
        else:
            foreign = ((e, foreign_requests(clause, self.contract, self.tenant, e.request)) for e in self.accepted)
            pairs = next(
                ([(twin, one, {}) for one in found] for twin, requests in foreign if (found := list(requests))), []
            )
        if not pairs:
            raise StrategyError(f"{clause.id}: the target says of no such value what it takes")
        for twin, request, how in pairs:
            made_from = (clause.id, repr(request))
            yield Probing(twin, made_from, st.just(request), 1, lambda e: e.accepted, self._keeping, how=how)

    # Answers by status.

    def situation(self, name: str) -> Situation | None:
        """A situation of the target, or one in which a thing is asked for that there is not; else None."""
        endpoint = self.session.endpoint
        found = endpoint.situations.get(name) or unknown_address(self.contract, endpoint, name)
        return Situation(name) if found is None and self._conflict(name) else found

    def _conflict(self, name: str) -> Exchange | None:
        """The refusal of what was sent once more as it was, where a file says that it conflicts with what is there."""
        if name != CONFLICT or self.contract.method != "POST" or name in self.session.endpoint.situations:
            return None
        again = self.once(name, self._once_more)
        return again if again.refused else None

    def _once_more(self) -> Exchange:
        """The plain request as it was sent; where each has a thing of its own, twice to the same one."""
        moves_on = any(source.get("fresh") is True for source in self.session.endpoint.things.values())
        same = self.one_thing() if moves_on else USUAL
        if moves_on:
            self.create(self.plain, situation=same, exact=True)
        return self.create(self.plain, situation=same, exact=True)

    def why_not(self, name: str) -> str:
        """Why the contract's own way to a situation led nowhere, a clause of a sentence, if it has one."""
        again = self._once.get(name)
        return f"; sent again as it was, the plain request got {again.outcome}" if isinstance(again, Exchange) else ""

    def one_thing(self) -> Situation:
        """The situation of a thing of this run's own, so that several requests go to the same one."""
        endpoint, things = self.session.endpoint, self.session.things
        check_own(self.contract, endpoint, USUAL)
        made = things.values(self.contract, endpoint, endpoint.path) if things else endpoint.path
        known = {**self.plain.path, **made}
        return Situation(path={name: as_id(value) for name, value in known.items() if "/" not in name})

    def provoked(self, name: str) -> Exchange | None:
        """The answer to a plain request in a situation, or None when the target does not have the situation."""
        self.provoke_series()
        situation = self.situation(name)
        if situation is None:
            return None
        if conflict := self._conflict(name):
            return conflict
        request = merged(self.plain, situation)
        return self.once(("provoked", name), lambda: self.create(request, situation=situation))

    @property
    def unauthenticated(self) -> Exchange:
        """The answer to the plain request with credentials that nobody has, of the first way to authenticate."""
        return self.as_strangers(next(iter(self.session.endpoint.authentication), ""))[0]

    @property
    def anonymous(self) -> Exchange:
        """The answer to the plain request without credentials."""
        self.provoke_series()
        return self.once(ANONYMOUS.name, lambda: self.create(self.plain, situation=ANONYMOUS))

    def as_strangers(self, scheme: str) -> list[Exchange]:
        """The answers to the plain request with credentials of a way to authenticate that nobody has."""
        self.provoke_series()
        wanted = self._as_strangers(scheme)
        self.once_each(wanted)
        return [self._once[key] for key in wanted]

    def _as_strangers(self, scheme: str) -> dict[object, Errand]:
        situations = enumerate(self.session.endpoint.strangers(scheme))
        return {("stranger", scheme, n): Errand(self.plain, {"situation": s, "scheme": scheme}) for n, s in situations}

    def provoke_series(self) -> None:
        """Provoke all documented refusals of rights and the like at once, so that one look after them is enough."""
        if not self._provoking:
            self._provoking = True
            endpoint = self.session.endpoint
            schemes = list(endpoint.authentication)
            wanted = {key: one for scheme in schemes or [""] for key, one in self._as_strangers(scheme).items()}
            wanted |= {ANONYMOUS.name: Errand(self.plain, {"situation": ANONYMOUS})} if schemes else {}
            for name in sorted({c.needs for c in self.contract.clauses.values() if c.needs and self.is_provoked(c)}):
                situation = self.situation(name)
                if situation and not self._conflict(name):
                    wanted["provoked", name] = Errand(merged(self.plain, situation), {"situation": situation})
            self.once_each(wanted)

    def is_provoked(self, clause: Clause) -> bool:
        """Whether the clause is about the plain request's being refused in its situation."""
        if clause.behaviour != "refused" or clause.schema.keys() & {"put", "with", "without"}:
            return clause.kind is Kind.STATUS
        situation = self.situation(clause.needs)
        return situation is not None and not (situation.path or situation.body)

    def answers(self, status: str, needs: str = "") -> list[Exchange]:
        """The exchanges over which the clauses of one documented status are judged; empty when none can be had."""
        if status.startswith("2"):
            return self.answered
        if status != "401" and not needs:
            return list(self._body_refusals(status))
        provoked = self.provoked(needs) if needs else self.unauthenticated
        if provoked and provoked.denied and self.no_longer_accepts():
            raise StuckError(self.no_longer_accepts())
        return [provoked] if provoked else []

    @property
    def odd_bodies(self) -> dict[str, Exchange]:
        """The answers to the plain request with its body written otherwise, by what is odd about it."""
        bodies = ODD_BODIES if self.plain.body and is_json(self.contract.media_type) else {}
        renew, exact = self.session.renew, {"exact": True}
        self.once_each({name: Errand(write(renew(self.plain)), exact) for name, write in bodies.items()})
        return {name: self._once[name] for name in bodies}

    def _body_refusals(self, status: str) -> Iterator[Exchange]:
        """Refusals of everything that a body or a query can break; media types may have statuses of their own.

        Where none has this status, it may be that of bodies that cannot be read.
        """
        stuck, found = None, set[str]()
        for clause in self._breakable():
            if clause.kind is Kind.REQUEST and clause.keyword != "content-type":
                try:
                    probes = self.refusals(clause)
                except StrategyError:
                    continue
                except StuckError as error:
                    stuck = error
                    continue
                refused = [e for probe in probes for e in probe.sent if e.refused or e.crashed]
                found |= {str(exchange.status) for exchange in refused}
                yield from refused
        if stuck:
            raise stuck
        if status not in found:
            yield from (e for e in self.odd_bodies.values() if e.refused and str(e.status) == status)

    def too_costly(self, clause: Clause) -> str:
        """Why the profile does not let the clause be exercised, or nothing: it would create too many records."""
        most = self.most_created
        wanted = clause.schema["maxItems"] if clause.keyword == "maxItems" else 0
        if wanted <= most:
            return ""
        if wanted <= self.profile.most_created:
            return (
                f"takes {wanted} records in one request; needs most_records = {ROOM_FOR * wanted} in the target's "
                f"budget: a request makes no more than a quarter of what may be there at once"
            )
        return f"takes more than the {most} records that a request may create in profile {self.profile.name}"


def _until_wrong(group: list[Probing]) -> list[Probe]:
    """What came of a clause's probings, up to the one that was wrong."""
    last = next((number for number, probing in enumerate(group) if probing.wrong), len(group) - 1)
    return [probing.probe for probing in group[: last + 1]]


def merged(request: Request, situation: Situation) -> Request:
    """The request with the situation's `body` merged in (RFC 7396)."""
    return replace(request, body=_merged(request.body, situation.body)) if situation.body else request


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
