"""Sending one request: with credentials, at the target's pace, as often as it may be; what threads do at a time.

Whatever happens to a request becomes an exchange; nothing here raises.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from contracts.contract import Contract
from endpoints.endpoint import Credentials, Endpoint
from endpoints.exchange import Exchange, shortened
from endpoints.ledger import Ledger
from endpoints.patience import LONGEST_WAIT, Breaker, Pace, asked_pause, spent_for
from endpoints.reasons import reason_of
from endpoints.rehearsal import Rehearsal
from endpoints.stopping import STOP
from endpoints.tokens import Tokens
from endpoints.transport import Answer, NoAnswerError, Transport

if TYPE_CHECKING:
    from endpoints.things import Things  # whose things sessions make

_SENDINGS = 4  # of a request that is answered 429
_LARGE, _MOST_KEPT = 128 * 1024, 32 * 1024 * 1024  # bytes of one answer, and of all such ones that a run keeps
_PROBE = 5  # seconds for looking whether anybody is there


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
    pace: Pace = field(default_factory=Pace)
    tokens: Tokens | None = None
    strike: Callable[[str], str] = str
    rehearsal: Rehearsal | None = None
    things: Things | None = None


class Sender:
    """Sends requests to one endpoint of a target, `requests` of them so far.

    `gave_up` says why nothing more is sent, and is empty while something is.
    """

    def __init__(self, contract: Contract, endpoint: Endpoint, common: Common) -> None:
        self.contract, self.endpoint = contract, endpoint
        self.requests, self.gave_up = 0, ""
        self._breaker, self._strike, self._rehearsal = common.breaker, common.strike, common.rehearsal
        self._pace, self._tokens, self._spent = common.pace, common.tokens, common.spent
        self._transport = Transport(endpoint.base_url, endpoint.verify)
        self._host, self._kept = urlsplit(endpoint.base_url).netloc, 0

    def _send(
        self, exchange: Exchange, credentials: Credentials, content: bytes = b"", *, cleaning: bool = False
    ) -> Exchange:
        """Send what an exchange begins with, `cleaning` whatever is spent; again when its token has expired."""
        if not self._tokens:
            return self._send_as(credentials, exchange, content, cleaning=cleaning)
        began, credentials = time.monotonic(), credentials.filled(self._tokens.values())
        answered = self._send_as(credentials, exchange, content, cleaning=cleaning)
        if answered.status == 401 and self._tokens.renew(credentials.names, began):
            credentials = credentials.filled(self._tokens.values())
            return self._send_as(credentials, exchange, content, cleaning=cleaning)
        return answered

    def _send_as(self, credentials: Credentials, exchange: Exchange, content: bytes, *, cleaning: bool) -> Exchange:
        """Send what an exchange begins with, once or as often as it is asked to wait."""
        method, url, request = exchange.method, exchange.url, exchange.request
        kept = {name: value for name, value in exchange.headers.items() if isinstance(value, str)}
        shown = {**kept, **credentials.shown}
        text = content.decode(request.encoding, errors="backslashreplace")
        exchange = replace(exchange, headers=shown, content=text, strike=self._strike)
        gave_up = credentials.unsendable or self._breaker.gave_up or ("" if cleaning else self.gave_up)
        if not url.startswith(self.endpoint.base_url + "/"):  # as with a path `.example.org/`, or `@example.org/`
            gave_up = "the path leads away from base_url, so nothing was sent; mend it in the contract or the target"
        if gave_up:
            return replace(exchange, error=gave_up, unsent=True)
        try:
            sent = requests.Request(method, url, {**kept, **credentials.headers}, data=content).prepare()
        except Exception as error:  # noqa: BLE001 - what cannot be sent is an exchange too
            return replace(exchange, error=reason_of(error, self.endpoint.timeout, url), unsent=True)
        exchange, waited = replace(exchange, url=str(sent.url)), 0.0
        for times in range(_SENDINGS):
            answered = self._once(exchange, sent, cleaning=cleaning)
            wait = self._asked_to_wait(answered, times)
            exchange = replace(answered, held_up=times)
            if wait is None or self.gave_up:
                break
            self._pace.hold(self._host, wait)
            (time.sleep if cleaning else STOP.wait)(wait)
            waited += wait
            if exchange.status != 429 or (STOP and not cleaning):
                break
        self._breaker.put_off(exchange.status, waited)
        return replace(exchange, refusing=exchange.status in self.endpoint.refuses)

    def _once(self, exchange: Exchange, sent: requests.PreparedRequest, *, cleaning: bool) -> Exchange:
        """Send a prepared request once, unless the run is asked to stop while it waits for its turn."""
        if self._rehearsal:
            self._count()
            return self._rehearsal.answered(exchange, self.contract)
        self._pace.wait(self._host, self.endpoint.requests_per_second, cleaning=cleaning)
        if STOP and not cleaning:
            return replace(exchange, status=None, error="the run was asked to stop", unsent=True)
        self._count()
        try:
            answer = self._transport.send(sent, self.endpoint.timeout)
        except NoAnswerError as error:
            self._breaker.unanswered(shortened(self._strike(error.reason), 400), self._is_there)
            return replace(exchange, error=shortened(self._strike(error.reason), 400), unsent=not error.sent)
        self._breaker.answered()
        self._pace.hold_for_quota(self._host, spent_for(answer.headers))
        self._keep(answer)
        return replace(
            exchange, status=answer.status, answer_headers=answer.headers, answer=answer.text, seconds=answer.seconds
        )

    def _asked_to_wait(self, exchange: Exchange, times: int) -> float | None:
        """The seconds to wait after an answer, or None; an endpoint that asks for longer than we wait is given up."""
        wait = asked_pause(exchange.status, exchange.answer_headers, times)
        if wait is None or times + 1 == _SENDINGS:
            return None
        if wait > LONGEST_WAIT:
            self.gave_up = (
                f"the endpoint answered {exchange.status} and asks to wait {wait:,.0f} s, "
                f"longer than the {LONGEST_WAIT} s that a run waits"
            )
        return wait

    @property
    def rehearses(self) -> bool:
        """Whether nothing is sent."""
        return self._rehearsal is not None

    def _count(self) -> None:
        with self._pace.lock:
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
            with self._pace.lock:
                self._kept += len(answer.text.encode(errors="replace"))
        if self._kept > _MOST_KEPT:
            most = f"{_MOST_KEPT // 2**20} MiB"
            self.gave_up = (
                f"the endpoint has sent more than {most} of answers over {_LARGE // 1024} kB, so no more was sent"
            )
