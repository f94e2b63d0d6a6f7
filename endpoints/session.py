"""The one way to an endpoint: every request of Clausewise goes through a Session.

It adds credentials, keeps to the target's rate and budget, waits as Retry-After says (RFC 9110 section 10.2.3), never
repeats a request whose fate is unknown, never follows a redirect, and has every record that it makes written down
before anybody looks at the answer. When an endpoint stops answering, so does it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

import requests
from pyrate_limiter import Duration, Limiter, Rate

from contracts.contract import Contract
from contracts.model import Json
from endpoints.endpoint import Credentials, Endpoint, Situation
from endpoints.exchange import Exchange, hollowness, shortened
from endpoints.ledger import Ledger
from endpoints.patience import Breaker, retry_after
from endpoints.reasons import reason_of
from endpoints.records import Records, Use, as_id, filled, found_ids, record_in, segment
from endpoints.rehearsal import Rehearsal
from endpoints.stopping import STOP, StoppedError
from endpoints.things import Things, check_own
from endpoints.transport import Answer, NoAnswerError, Transport
from strategies.request import ABSENT, Request, value_at
from strategies.wire import written

T = TypeVar("T")
_BETWEEN_LOOKS = 0.1  # seconds between looking for what was just written
_SENDINGS = 4  # of a request that is answered 429
_LONGEST_WAIT = 60  # seconds that a run waits when an endpoint asks it to
_OF_CLEANING = 3  # requests that deleting a record may take: a read, the delete, and a read that finds it gone
_LARGE, _MOST_KEPT = 128 * 1024, 32 * 1024 * 1024  # bytes of one answer, and of all such ones that a run keeps
_REPEATED = "answered with the very same as another request, although it names what was made"
_READING = {"Accept": "application/json"}
_PROBE = 5  # seconds for looking whether anybody is there


class BudgetSpentError(Exception):
    """The target's budget does not carry another request; the message says which number of it is spent."""


@dataclass(frozen=True)
class Common:
    """What the sessions of one run on one host have in common.

    `ledger` is where a live run writes down what it makes; without one, nothing is deleted. `processes` is how many
    processes send to the target at a time: together they keep to its rate and its budget, of which this one has
    `spent` so many requests and records. `strike` strikes secrets out of what is shown. With a `rehearsal`, nothing is
    sent. `things` makes what path parameters name.
    """

    ledger: Ledger | None = None
    processes: int = 1
    breaker: Breaker = field(default_factory=Breaker)
    spent: Counter[str] = field(default_factory=Counter)
    limiters: dict[int, Limiter] = field(default_factory=dict)
    strike: Callable[[str], str] = str
    rehearsal: Rehearsal | None = None
    things: Things | None = None


class Session:
    """Exchanges with one endpoint of a target.

    `watch` is called with every exchange of the contract's operation; `renew` puts fresh values into a request where
    they must be unique. `late_reads` counts what showed up only after a while. `gave_up` says why nothing more is
    sent, and is empty while something is.
    """

    def __init__(self, contract: Contract, endpoint: Endpoint, common: Common | None = None) -> None:
        common = common or Common()
        self.contract, self.endpoint = contract, endpoint
        self.requests = self.created = self.late_reads = 0
        self.in_doubt = False  # whether something was refused since a plain request was last accepted
        self.server_errors: list[Exchange] = []
        self.watch: Callable[[Exchange], None] = lambda _: None
        self.renew: Callable[[Request], Request] = lambda request: request
        self.records = Records(contract, endpoint, common.ledger, self._for_cleaning) if common.ledger else None
        self.gave_up = ""
        self.things = common.things
        self._breaker, self._strike, self._rehearsal = common.breaker, common.strike, common.rehearsal
        self._budget, self._spent = endpoint.budget.shared(common.processes), common.spent
        self._patient, self._use, self._kept = True, Use.ASKED, 0
        self._body: Mapping[str, Json] = {}
        self._answered: dict[int, int | None] = {}  # hashes of answers that name ids: of the request, None for several
        self._transport = Transport(endpoint.base_url)
        rate = endpoint.requests_per_second
        if rate:
            common.limiters.setdefault(rate, Limiter(Rate(rate, Duration.SECOND * common.processes)))
        self._limiter = common.limiters.get(rate)

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

    def create(
        self,
        request: Request,
        *,
        situation: Situation | None = None,
        scheme: str = "",
        path: str = "",
        exact: bool = False,
    ) -> Exchange:
        """Send one request of the contract's operation and note what it created.

        `scheme` names one of the target's ways to authenticate (its first one otherwise); `path` is another path
        template of the contract than its first; `exact` sends unique values as they are. Raises BudgetSpentError, and
        StoppedError when the run was asked to stop.
        """
        request = request if exact else self.renew(request)
        situation = situation or Situation()
        credentials = self.endpoint.credentials(scheme, situation)
        path = path or self.contract.path
        known = self._known(situation) if path == self.contract.path else {**self.endpoint.path, **situation.path}
        request = _laid(request, {place: value for place, value in known.items() if "/" in place})
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
        content, sent = wire.content, self.contract.creates(request.body) if self.endpoint.creates else 0
        self._carries(sent)
        records = None if self.gave_up or self._breaker.gave_up or not sent else self.records
        intent = records.intend(request, content, self._strike(url), path, parameters, scheme) if records else None
        if records:
            self.gave_up = records.unwritable
        begun = Exchange(request, self.contract.method, url, headers, "", situation=situation.name)
        exchange = self._send(begun, credentials, content)
        again = partial(self.create, request, situation=situation, scheme=scheme, path=path, exact=exact)
        repeated = self._repeats(exchange)
        hollow = _REPEATED if repeated else hollowness(self.contract, exchange)
        exchange = replace(exchange, hollow=hollow, repeated=repeated, again=again)
        doubt = records.conclude(intent, exchange, sent, self._use) if records and intent else ""
        self._look_at(exchange, doubt)
        if self.things and exchange.accepted:
            self.things.touched(self.contract, self.endpoint, places, request.body)
        self.watch(exchange)
        return exchange

    def _known(self, situation: Situation) -> dict[str, Json]:
        """What places hold that nobody draws: what the target gives, and the ids of things."""
        check_own(self.contract, self.endpoint, situation)
        given = {**self.endpoint.path, **situation.path}
        if not self.things or not self.endpoint.things:
            return given
        return self.things.values(self.contract, self.endpoint, given, listed=not situation.path)

    def _look_at(self, exchange: Exchange, doubt: str) -> None:
        """Remember what an answer says of the requests to come; `doubt` says why what it made is not known."""
        if exchange.succeeded:
            if doubt:
                self._stop_unless_cleanable(exchange)
            made = len(self.ids(exchange))
            self.created += made
            self._spent["records"] += made
        if exchange.accepted and not exchange.request.breaks and not exchange.request.is_odd:
            self.in_doubt = False
            self._body = exchange.request.body if isinstance(exchange.request.body, Mapping) else {}
        elif exchange.denied or exchange.hollow:
            self.in_doubt = True

    def _repeats(self, exchange: Exchange) -> bool:
        """Whether another request got the very same answer, with the id of what it made: then it is a blanket."""
        if not exchange.succeeded or not self.ids(exchange):
            return False
        sent, answer = hash((exchange.url, exchange.content)), hash(exchange.answer)
        if self._answered.setdefault(answer, sent) != sent:
            self._answered[answer] = None
        return self._answered[answer] is None

    def _stop_unless_cleanable(self, exchange: Exchange) -> None:
        """What cannot be cleaned is not made again: the first answer of success has to name what was made."""
        if not self.created:
            where = f"at {self.endpoint.created_ids}" if self.endpoint.created_ids else "that is known as its id"
            self.gave_up = (
                f"the first answer of success ({exchange.status}) names no record that could be deleted again {where}, "
                f"so nothing more was sent; let the target say [contracts.{self.contract.name}] created_ids, or "
                f"creates = false where nothing is made"
            )

    def read(self, exchange: Exchange, identifier: str, *, situation: Situation | None = None) -> Exchange:
        """Read back the record that `exchange` created under `identifier`; it may take a while to show up."""
        situation = situation or Situation()
        template = self.endpoint.outside["read"]["path"]
        url = self._outside_url(template, situation, exchange.request, id=identifier)
        if not segment(identifier):
            return Exchange(Request(), "GET", url, {}, "", error=f"the id {identifier[:40]!r} cannot stand in a path")
        return self.patiently(lambda: self._get(url, situation), lambda answer: answer.status != 404)

    def find(self, request: Request, *, situation: Situation | None = None, **values: str) -> Exchange:
        """Look for records by the endpoint's `find`, whose path takes `values`."""
        situation = situation or Situation()
        template = self.endpoint.outside["find"]["path"]
        return self._get(self._outside_url(template, situation, request, **values), situation)

    def get(self, url: str, *, once: bool = False) -> Exchange:
        """Fetch an absolute URL of the endpoint's own host; what may show up late is waited for, unless `once`."""
        if not url.startswith(self.endpoint.base_url + "/"):
            return Exchange(Request(), "GET", url, {}, "", error="the URL lies on another host, so it was not fetched")
        if once:
            return self._get(url, Situation())
        return self.patiently(lambda: self._get(url, Situation()), lambda answer: answer.status != 404)

    def patiently(self, look: Callable[[], T], is_there: Callable[[T], bool]) -> T:
        """What `look` finds once it is there, or at the end of the endpoint's patience: reads may lag behind writes.

        Whoever waited in vain once waits no more: then it is not a matter of time.
        """
        end = time.monotonic() + (self.endpoint.patience if self._patient else 0)
        found, looks = look(), 1
        while not is_there(found) and time.monotonic() < end:
            STOP.wait(_BETWEEN_LOOKS)
            found, looks = look(), looks + 1
        self._patient = self._patient and is_there(found)
        self.late_reads += self._patient and looks > 1
        return found

    def ids(self, exchange: Exchange) -> list[str]:
        """The ids that an answer of success names, as text."""
        found = found_ids(self.endpoint, exchange)
        return [as_id(v) for v in found if isinstance(v, str | int | float) and not isinstance(v, bool)]

    def record(self, exchange: Exchange) -> Any:
        """The record in the answer to `read`, or ABSENT."""
        return record_in(self.endpoint.outside, exchange)

    def _get(self, url: str, situation: Situation) -> Exchange:
        credentials = self.endpoint.credentials("", situation)
        self._carries(0)
        return self._send(Exchange(Request(), "GET", url, _READING, ""), credentials)

    def _for_cleaning(self, method: str, url: str, scheme: str) -> Exchange:
        """A request that reads or deletes a record of ours; sent whatever is spent, and when the run stops."""
        credentials = self.endpoint.credentials(scheme, Situation())
        begun = Exchange(Request(), method, url, _READING if method == "GET" else {}, "")
        return self._send(begun, credentials, cleaning=True)

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

    def _carries(self, records: int) -> None:
        """Make room for so many records more; raises BudgetSpentError when the budget does not carry them.

        Raises StoppedError when the run was asked to stop: here, before an intent is written down.
        """
        if STOP:
            raise StoppedError
        held = self.records.held if self.records else 0
        if self._spent["requests"] + _OF_CLEANING * (held + records) >= self._budget.requests:
            raise BudgetSpentError(f"the budget of {self.endpoint.budget.requests:,} requests is spent")
        if records and self._spent["records"] + records > self._budget.records:
            raise BudgetSpentError(f"the budget of {self.endpoint.budget.records:,} records is spent")
        if self.records and records:
            self.records.make_room(self._budget.most_records - records)
            if self.records.held + records > self._budget.most_records and held:
                raise BudgetSpentError(f"more than {self.endpoint.budget.most_records:,} records would be held at once")

    # Sending.

    def _send(
        self, exchange: Exchange, credentials: Credentials, content: bytes = b"", *, cleaning: bool = False
    ) -> Exchange:
        """Send what an exchange begins with, once or as often as it is asked to wait; `cleaning` whatever is spent."""
        method, url, request = exchange.method, exchange.url, exchange.request
        kept = {name: value for name, value in exchange.headers.items() if isinstance(value, str)}
        shown = {**kept, **credentials.shown}
        exchange = replace(exchange, headers=shown, content=_text(content, request.encoding), strike=self._strike)
        gave_up = credentials.unsendable or self._breaker.gave_up or ("" if cleaning else self.gave_up)
        if gave_up:
            return replace(exchange, error=gave_up, unsent=True)
        try:
            sent = requests.Request(method, url, {**kept, **credentials.headers}, data=content).prepare()
        except Exception as error:  # noqa: BLE001 - what cannot be sent is an exchange too
            return replace(exchange, error=reason_of(error, self.endpoint.timeout, url), unsent=True)
        exchange = replace(exchange, url=str(sent.url))
        for times in range(_SENDINGS):
            answered = self._once(exchange, sent)
            wait = self._asked_to_wait(answered, times)
            exchange = replace(answered, held_up=times)
            if wait is None or self.gave_up:
                break
            STOP.wait(wait)
            if exchange.status != 429 or (STOP and not cleaning):
                break
        exchange = replace(exchange, refusing=exchange.status in self.endpoint.refuses)
        if exchange.crashed:
            self.server_errors.append(exchange)
        return exchange

    def _once(self, exchange: Exchange, sent: requests.PreparedRequest) -> Exchange:
        """Send a prepared request once."""
        if self._rehearsal:
            self._count()
            return self._rehearsal.answered(exchange, self.contract)
        if self._limiter:
            self._limiter.try_acquire(self.endpoint.base_url)
        self._count()
        try:
            answer = self._transport.send(sent, self.endpoint.timeout)
        except NoAnswerError as error:
            self._breaker.unanswered(shortened(self._strike(error.reason), 400), self._is_there)
            return replace(exchange, error=shortened(self._strike(error.reason), 400), unsent=not error.sent)
        self._breaker.answered()
        self._keep(answer)
        return replace(
            exchange, status=answer.status, answer_headers=answer.headers, answer=answer.text, seconds=answer.seconds
        )

    def _asked_to_wait(self, exchange: Exchange, times: int) -> float | None:
        """The seconds to wait after an answer, or None; an endpoint that asks for longer than we wait is given up."""
        said = exchange.answer_headers.get("retry-after")
        if exchange.status not in {429, 503} or (exchange.status == 503 and said is None) or times + 1 == _SENDINGS:
            return None
        wait = retry_after(said) if said is not None else None
        if wait is None:
            wait = 0.5 * 2**times
        if wait > _LONGEST_WAIT:
            self.gave_up = (
                f"the endpoint answered {exchange.status} and asks to wait {wait:,.0f} s (Retry-After), "
                f"longer than the {_LONGEST_WAIT} s that a run waits"
            )
        return wait

    def _count(self) -> None:
        self.requests += 1
        self._spent["requests"] += 1

    def _is_there(self) -> bool:
        """Whether the host answers anything at all, asked without credentials."""
        self._count()
        try:
            self._transport.send(requests.Request("GET", self.endpoint.base_url + "/").prepare(), _PROBE)
        except NoAnswerError:
            return False
        return True

    def _keep(self, answer: Answer) -> None:
        """Count what large answers take, since what a run judges it keeps."""
        if len(answer.text) > _LARGE:
            self._kept += len(answer.text.encode(errors="replace"))
        if self._kept > _MOST_KEPT:
            most = f"{_MOST_KEPT // 2**20} MiB"
            self.gave_up = (
                f"the endpoint has sent more than {most} of answers over {_LARGE // 1024} kB, so no more was sent"
            )


def _is_broken(request: Request, place: tuple[str, ...]) -> bool:
    """Whether a request breaks a clause of a place, so that it has its own value there; what nobody has breaks none."""
    shown = place[1:] if place[0] == "body" else place
    return "/".join(("request", *shown, "")) in request.breaks and not request.breaks.endswith("/unknown")


def _laid(request: Request, values: Mapping[str, Json]) -> Request:
    """The request with the ids of things at their places."""
    for name, value in values.items():
        place = tuple(name.split("/"))
        if not _is_broken(request, place) and value_at(request.parts, place) is not ABSENT:
            request = replace(request.placed(place, value), breaks=request.breaks)
    return request


def _text(content: bytes, encoding: str) -> str:
    return content.decode(encoding, errors="backslashreplace")
