"""The one way to an endpoint: every request of Clausewise goes through a Session.

It adds credentials, keeps to the target's rate and budget, waits as Retry-After says (RFC 9110 section 10.2.3), never
repeats a request whose fate is unknown, never follows a redirect, and has every record that it makes written down
before anybody looks at the answer. When an endpoint stops answering, so does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from contracts.contract import Contract
from contracts.model import Json
from contracts.operations import PARAMETER
from contracts.things import OWN_URL
from endpoints.endpoint import USUAL, Endpoint, Situation
from endpoints.exchange import Exchange, hollowness, is_foreign
from endpoints.ids import as_id, filled, ids_at, of_record, segment
from endpoints.ledger import Intent
from endpoints.outside import GONE, NOT_OURS, record_in
from endpoints.patience import Patience
from endpoints.records import Records, Use
from endpoints.sending import Common, Sender
from endpoints.stopping import STOP, StoppedError
from endpoints.things import check_own
from strategies.request import ABSENT, Request, paths_to, value_at
from strategies.wire import written

_BETWEEN_LOOKS = 0.1  # seconds between looking for what was just written
_MOST_DOUBTS = (
    20  # or that ids don't differ could not be told, of which the sample shows a dozen and what is asked again some
)
_OF_CLEANING = 3  # requests that deleting a record may take: a read, the delete, and a read that finds it gone
_REPEATED = "answered with the very same as another request, although it names what was made"
_READING = {"Accept": "application/json"}


class BudgetSpentError(Exception):
    """The target's budget does not carry another request; the message says which number of it is spent."""


@dataclass(frozen=True)
class Begun:
    """A request of the contract's operation that is being sent; `answered` waits for its exchange.

    `sent` records are to be made, as `intent` says in the ledger, and looked at for as long as `use`.
    """

    answered: Callable[[], Exchange]
    sent: int
    intent: Intent | None
    use: Use
    places: Mapping[str, str]
    again: Callable[[], Exchange]


class Session(Sender):
    """Exchanges with one endpoint of a target.

    One thread uses it; others may send what it has begun. `watch` is called with every exchange of the contract's
    operation; `renew` puts fresh values into a request where they must be unique.
    """

    def __init__(self, contract: Contract, endpoint: Endpoint, common: Common | None = None) -> None:
        common = common or Common()
        super().__init__(contract, endpoint, common)
        self.created = 0
        self._named_by_us = endpoint.created_ids == OWN_URL
        self._doubts = 0  # answers of success in a row that name nothing to delete
        self.uncleanable = False  # whether the first answer of success named none
        self.in_doubt = False  # whether something was refused since a plain request was last accepted
        self.first_crash: Exchange | None = None
        self.watch: Callable[[Exchange], None] = lambda _: None
        self.renew: Callable[[Request], Request] = lambda request: request
        self.records = Records(contract, endpoint, common.ledger, self._for_cleaning) if common.ledger else None
        self.things = common.things
        self._budget = endpoint.budget.shared(common.processes)
        self.patience = Patience(endpoint.patience, lambda: STOP.wait(_BETWEEN_LOOKS))
        self._use = Use.ASKED
        self._body: Mapping[str, Json] = {}
        self._answered: dict[int, int | None] = {}  # hashes of answers that name ids: of the request, None for several

    def close(self) -> None:
        """Delete what was made and is known to be ours, and give the connections back."""
        if self.records:
            if self._breaker.gave_up and self.records.held and self._is_there():
                self._breaker.gave_up = ""  # it has come back, and what was made there is still there
            self.records.delete_all()
        self._transport.close()

    @contextmanager
    def making(self, use: Use) -> Iterator[None]:
        """What is made within is looked at so long: what nobody looks at is deleted as soon as room is needed."""
        before, self._use = self._use, use
        try:
            yield
        finally:
            self._use = before

    def create(self, request: Request, **how: Any) -> Exchange:
        """Send one request of the contract's operation, `how` as `begin` takes it, and note what it created."""
        return self.conclude(self.begin(request, **how))

    def begin(
        self,
        request: Request,
        pool: Executor | None = None,
        *,
        situation: Situation = USUAL,
        scheme: str = "",
        path: str = "",
        exact: bool = False,
    ) -> Begun:
        """Begin to send one request of the contract's operation, in a thread of the `pool` if there is one.

        Whoever begins a request concludes it. `scheme` names one of the target's ways to authenticate (its first one
        otherwise); `path` is another path template of the contract than its first; `exact` sends unique values as they
        are. Raises BudgetSpentError, and StoppedError when the run was asked to stop.
        """
        request = request if exact else _as_told(self.renew(request), request, situation.body)
        credentials = self.endpoint.credentials(scheme, situation)
        path = path or self.contract.path
        known = self._known(situation) if path == self.contract.path else {**self.endpoint.path, **situation.path}
        request = _laid(request, known, situation.body)
        wire = written(self.contract, request)
        typed = {"Content-Type": wire.media_type} if wire.media_type else {}
        headers = {"Accept": "application/json", **typed, **wire.headers}
        places = dict(wire.path)
        places |= {
            n: as_id(value) for n, value in known.items() if "/" not in n and not _is_broken(request, ("path", n))
        }
        parameters = {**self._parameters(request, situation), **places}
        url = self.endpoint.base_url + filled(path, places)
        url += f"{'&' if '?' in url else '?'}{urlencode(wire.query)}" if wire.query else ""
        content, sent = wire.content, 0 if self._is_theirs(places, situation) else self._most_made(request)
        self._carries(sent)
        records = None if self.gave_up or self._breaker.gave_up or not sent else self.records
        intent = records.intend(request, content, self._strike(url), path, parameters, scheme) if records else None
        if records:
            self.gave_up = records.unwritable
        begun = Exchange(request, self.contract.method, url, headers, "", situation=situation.name)
        self._spent.update({"requests in flight": 1, "records in flight": sent})
        send = partial(self._send, begun, credentials, content)
        again = partial(self.create, request, situation=situation, scheme=scheme, path=path, exact=exact)
        return Begun(pool.submit(send).result if pool else send, sent, intent, self._use, places, again)

    def conclude(self, begun: Begun, *, told: bool = True) -> Exchange:
        """The exchange of a request that was begun, once it is answered; what it created is noted.

        Unless it is `told`, nothing else is: then it is as if it had never been sent.
        """
        exchange = begun.answered()
        self._spent.subtract({"requests in flight": 1, "records in flight": begun.sent})
        repeated = told and self._repeats(exchange)
        hollow = _REPEATED if repeated else hollowness(self.contract, exchange)
        foreign = is_foreign(self.contract, exchange) or self._has_lost(exchange, begun.places)
        exchange = replace(exchange, hollow=hollow, repeated=repeated, foreign=foreign, again=begun.again)
        use = begun.use if told else Use.SPARE
        before = self.records.held if self.records else 0
        noted = self.records and begun.intent and self.records.conclude(begun.intent, exchange, begun.sent, use)
        self._note_made(exchange, noted or "", (self.records.held if self.records else 0) - before)
        if told:
            self._look_at(exchange)
            if self.things and not exchange.denied:
                self.things.touched(self.contract, self.endpoint, begun.places, exchange)
            self.watch(exchange)
        return exchange

    def _has_lost(self, exchange: Exchange, places: Mapping[str, str]) -> bool:
        """Whether an answer says that a thing is not there which this run has made, and the request names."""
        own = [n for n in places if n in self.endpoint.things and not _is_broken(exchange.request, ("path", n))]
        return exchange.status in GONE and not exchange.situation and bool(own)

    def _known(self, situation: Situation) -> dict[str, Json]:
        """What places hold that nobody draws: what the target gives, and the ids of things."""
        check_own(self.contract, self.endpoint, situation)
        given = {**self.endpoint.path, **(situation.path if situation.holds else {})}
        if self.things and self.endpoint.things:
            given = self.things.values(self.contract, self.endpoint, given, listed=not situation.path)
        return {**given, **situation.path}

    def _note_made(self, exchange: Exchange, doubt: str, new: int) -> None:
        """Count what an answer says was made, or what is `new`; `doubt` says why that is not known."""
        if exchange.succeeded:
            self._doubts = self._doubts + 1 if doubt else 0
            if doubt:
                self._stop_unless_cleanable(exchange, doubt)
            made = new if self._named_by_us else len(self.ids(exchange))
            self.created += made
            self._spent["records"] += made
            if self.records and self.created >= _MOST_DOUBTS > self.created - made and not self.records.any_is_ours():
                self.gave_up = f"nothing more was sent, since of the records that were made {NOT_OURS}"

    def _look_at(self, exchange: Exchange) -> None:
        """Remember what an answer says of the requests to come."""
        self._note_crash(exchange)
        if exchange.accepted and not exchange.request.breaks and not exchange.request.is_odd:
            self.in_doubt = False
            self._body = exchange.request.body if isinstance(exchange.request.body, Mapping) else {}
        elif exchange.denied or exchange.hollow:
            self.in_doubt = True

    def _repeats(self, exchange: Exchange) -> bool:
        """Whether another request got the very same answer, with the id of what it made: then it is a blanket."""
        told = exchange.succeeded and self.endpoint.creates and not self._named_by_us
        ids = self.ids(exchange) if told else []
        if not ids:
            return False
        sent, answer = hash((exchange.url, exchange.content)), hash((exchange.answer, *ids))
        if self._answered.setdefault(answer, sent) != sent:
            self._answered[answer] = None
        return self._answered[answer] is None

    def _stop_unless_cleanable(self, exchange: Exchange, doubt: str) -> None:
        """What cannot be cleaned is not made again: the first answer of success has to name what was made.

        Nor do answers come one after the other that name nothing to delete.
        """
        if not self.created:
            self.uncleanable = True
            where = f"at {self.endpoint.created_ids}" if self.endpoint.created_ids else "that is known as its id"
            self.gave_up = (
                f"the first answer of success ({exchange.status}) names no record that could be deleted again "
                f"{where} ({doubt}), so nothing more was sent; let the target say [contracts.{self.contract.name}] "
                f"created_ids, or creates = false where nothing is made"
            )
        elif self._doubts == _MOST_DOUBTS:
            self.gave_up = (
                f"{_MOST_DOUBTS} answers of success one after the other name no record that could be deleted again "
                f"({doubt}), so nothing more was sent"
            )

    def read(self, exchange: Exchange, identifier: str, *, situation: Situation = USUAL) -> Exchange:
        """Read back the record that `exchange` created under `identifier`; it may take a while to show up."""
        template = self.endpoint.outside["read"]["path"]
        url = self.endpoint.base_url + of_record(template, self._parameters(exchange.request, situation), identifier)
        if not segment(identifier):
            return Exchange(Request(), "GET", url, {}, "", error=f"the id {identifier[:40]!r} cannot stand in a path")
        return self.patience.until(lambda: self._get(url, situation), lambda answer: answer.status != 404)

    def find(self, request: Request, *, situation: Situation = USUAL, **values: str) -> Exchange:
        """Look for records by the endpoint's `find`, whose path takes `values`."""
        template = self.endpoint.outside["find"]["path"]
        return self._get(self._outside_url(template, situation, request, **values), situation)

    def get(self, url: str, *, once: bool = False) -> Exchange:
        """Fetch an absolute URL of the endpoint's own host; what may show up late is waited for, unless `once`."""
        if not url.startswith(self.endpoint.base_url + "/"):
            return Exchange(Request(), "GET", url, {}, "", error="the URL lies on another host, so it was not fetched")
        if once:
            return self._get(url)
        return self.patience.until(lambda: self._get(url), lambda answer: answer.status != 404)

    def ids(self, exchange: Exchange) -> list[str]:
        """The ids that an answer of success names, as text."""
        found = ids_at(self.endpoint.created_ids, exchange)
        return [as_id(v) for v in found if isinstance(v, str | int | float) and not isinstance(v, bool)]

    def record(self, exchange: Exchange) -> Any:
        """The record in the answer to `read`, or ABSENT."""
        return record_in(self.endpoint.outside, exchange)

    def _get(self, url: str, situation: Situation = USUAL) -> Exchange:
        credentials = self.endpoint.credentials("", situation)
        self._carries(0)
        return self._note_crash(self._send(Exchange(Request(), "GET", url, _READING, ""), credentials))

    def _note_crash(self, exchange: Exchange) -> Exchange:
        if exchange.crashed and self.first_crash is None:
            self.first_crash = exchange
        return exchange

    def _for_cleaning(self, method: str, url: str, scheme: str) -> Exchange:
        """A request that reads or deletes a record of ours; sent whatever is spent, and when the run stops."""
        credentials = self.endpoint.credentials(scheme, USUAL)
        begun = Exchange(Request(), method, url, _READING if method == "GET" else {}, "")
        return self._note_crash(self._send(begun, credentials, cleaning=True))

    def _outside_url(self, template: str, situation: Situation, request: Request, **values: str) -> str:
        return self.endpoint.base_url + filled(template, {**self._parameters(request, situation), **values})

    def _parameters(self, request: Request, situation: Situation) -> dict[str, str]:
        """The values of path templates: the target's, the situation's, and attributes of a body that keeps all clauses.

        Of a request that breaks one, the last accepted body stands in: what is deleted is not chosen by broken bodies.
        """
        body = request.body if not request.breaks and isinstance(request.body, Mapping) else self._body
        named = {**body, **situation.body}
        scalars = {k: str(v) for k, v in named.items() if isinstance(v, str | int) and not isinstance(v, bool)}
        return {**scalars, **self.endpoint.path, **situation.path}

    def carries(self, request: Request) -> bool:
        """Whether the budget carries a request beside what is in flight, as if all of that were accepted."""
        try:
            self._carries(self._most_made(request))
        except BudgetSpentError:
            return False
        return True

    def _is_theirs(self, places: Mapping[str, str], situation: Situation) -> bool:
        """Whether a request is sent to what the target itself names, and so makes nothing that is ours to delete."""
        given = {**self.endpoint.path, **(situation.path if situation.name in self.endpoint.situations else {})}
        last = PARAMETER.findall(self.contract.path)[-1:] if self._named_by_us else []
        return any(name in given and places.get(name) == str(given[name]) for name in last)

    def _most_made(self, request: Request) -> int:
        """How many records a request makes when it is accepted."""
        return self.contract.creates(request.body, self.endpoint.created_ids) if self.endpoint.creates else 0

    def _carries(self, records: int) -> None:
        """Make room for so many records more; raises BudgetSpentError when the budget does not carry them.

        Raises StoppedError when the run was asked to stop: here, before an intent is written down.
        """
        if STOP:
            raise StoppedError
        held, flying = self.records.held if self.records else 0, self._spent["records in flight"]
        requests = self._spent["requests"] + self._spent["requests in flight"]
        if requests + _OF_CLEANING * (held + flying + records) >= self._budget.requests:
            raise BudgetSpentError(f"the budget of {self.endpoint.budget.requests:,} requests is spent")
        if records and self._spent["records"] + flying + records > self._budget.records:
            raise BudgetSpentError(f"the budget of {self.endpoint.budget.records:,} records is spent")
        if self.records and records:
            self.records.make_room(self._budget.most_records - records - flying)
            if self.records.held + flying + records > self._budget.most_records and held + flying:
                raise BudgetSpentError(f"more than {self.endpoint.budget.most_records:,} records would be held at once")


def _is_broken(request: Request, place: tuple[str, ...]) -> bool:
    """Whether a request breaks a clause of a place, so that it has its own value there; what nobody has breaks none."""
    shown = place[1:] if place[0] == "body" else place
    return "/".join(("request", *shown, "")) in request.breaks and not request.breaks.endswith("/unknown")


def _as_told(renewed: Request, request: Request, body: Json, place: tuple[str, ...] = ("body",)) -> Request:
    """The renewed request with the values as they are that a situation's `body` has put into it."""
    if isinstance(body, Mapping):
        for name, value in body.items():
            renewed = _as_told(renewed, request, value, (*place, name))
    elif value_at(request.parts, place) == body is not None:
        renewed = renewed.placed(place, body)
    return renewed


def _laid(request: Request, known: Mapping[str, Json], body: Json) -> Request:
    """The request with the ids of things at their places, but for those where a situation's `body` has its own."""
    for name, value in known.items():
        place = tuple(name.split("/"))
        is_given = "/" not in name or value_at({"body": body}, place) is not ABSENT
        there = any(value_at(request.parts, path) is not ABSENT for path in paths_to(request.parts, place))
        if not is_given and not _is_broken(request, place) and there:
            request = replace(request.placed(place, value), breaks=request.breaks)
    return request
