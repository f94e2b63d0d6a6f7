"""The one way to an endpoint: every request of Clausewise goes through a Session.

It adds credentials, keeps to the target's rate, waits as Retry-After says (RFC 9110 section 10.2.3), never repeats a
request whose fate is unknown, never follows a redirect, counts, and notes every created id before anybody looks at
the answer. Secrets are struck out of what it returns.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote

import jsonpath
import requests
from pyrate_limiter import Duration, Limiter, Rate
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from contracts.contract import Contract
from endpoints.exchange import NOT_JSON, Exchange
from endpoints.targets import Credentials, Endpoint, Situation
from strategies.request import ABSENT, Request

INVALID = "invalid"
INVALID_CREDENTIALS = "invalid credentials"
T = TypeVar("T")
_BETWEEN_LOOKS = 0.1  # seconds between looking for what was just written


class _PatientRetry(Retry):
    """Only what was surely not processed is sent again: a connection never made, or a 429."""

    RETRY_AFTER_STATUS_CODES = frozenset({429})


_RETRIES = _PatientRetry(
    total=4, connect=1, read=0, other=0, redirect=0, status=3, status_forcelist={429}, allowed_methods=None,
    backoff_factor=0.5, raise_on_status=False, retry_after_max=60,
)  # fmt: skip


@dataclass(frozen=True)
class Created:
    """A record that the run made, and where it can be deleted."""

    contract: str
    id: str
    delete_url: str
    scheme: str


class Session:
    """Exchanges with one endpoint of a target.

    `noted` is called with every created record, first of all, and `watch` with every exchange of the contract's
    operation; `renew` puts fresh values into a request where they must be unique. `late_reads` counts what showed up
    only after a while. `processes` is how many processes send to the target at a time: together they keep to its rate.
    """

    def __init__(
        self,
        contract: Contract,
        endpoint: Endpoint,
        noted: Callable[[Created], None] = lambda _: None,
        processes: int = 1,
    ) -> None:
        self.contract, self.endpoint = contract, endpoint
        self.requests = 0
        self.created = 0
        self.server_errors: list[Exchange] = []
        self.watch: Callable[[Exchange], None] = lambda _: None
        self.renew: Callable[[Request], Request] = lambda request: request
        self._noted = noted
        self._patient = True
        self.late_reads = 0
        self._http = requests.Session()
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, HTTPAdapter(max_retries=_RETRIES))
        self._settings = self._http.merge_environment_settings(endpoint.base_url, {}, None, None, None)
        rate = endpoint.requests_per_second
        self._limiter = Limiter(Rate(rate, Duration.SECOND * processes)) if rate else None

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def create(
        self,
        request: Request,
        *,
        situation: Situation | None = None,
        scheme: str = "",
        invalid: bool = False,
        path: str = "",
        exact: bool = False,
    ) -> Exchange:
        """Send one request of the contract's operation and note what it created.

        `scheme` names one of the target's ways to authenticate (its first one otherwise); `invalid` sends credentials
        that nobody has; `path` is another path template of the contract than its first; `exact` sends unique values as
        they are.
        """
        request = request if exact else self.renew(request)
        situation = situation or Situation()
        credentials = self.endpoint.credentials(scheme, situation)
        headers = {"Accept": "application/json", "Content-Type": self.contract.media_type, **request.headers}
        parameters = {**self.endpoint.path, **situation.path}
        path = path or self.contract.path
        url = _filled(self.endpoint.base_url + path, parameters)
        exchange = self._send(request, "POST", url, headers, credentials, request.content, invalid=invalid)
        how: dict[str, Any] = {
            "situation": situation,
            "scheme": scheme,
            "invalid": invalid,
            "path": path,
            "exact": exact,
        }
        name = INVALID_CREDENTIALS if invalid else self.endpoint.name_of(situation)
        exchange = replace(exchange, situation=name, again=lambda: self.create(request, **how))
        self.watch(exchange)
        if exchange.accepted and exchange.json is not NOT_JSON:
            self._note(exchange, path, parameters, scheme)
        return exchange

    def read(self, exchange: Exchange, identifier: str, *, situation: Situation | None = None) -> Exchange:
        """Read back the record that `exchange` created under `identifier`; it may take a while to show up."""
        situation = situation or Situation()
        template = self.endpoint.outside["read"]["path"]
        url = self._outside_url(template, situation, exchange.request, id=identifier)
        return self.patiently(lambda: self._get(url, situation), lambda answer: answer.status != 404)

    def find(self, request: Request, *, situation: Situation | None = None, **values: str) -> Exchange:
        """Look for records by the endpoint's `find`, whose path takes `values`."""
        situation = situation or Situation()
        template = self.endpoint.outside["find"]["path"]
        return self._get(self._outside_url(template, situation, request, **values), situation)

    def get(self, url: str) -> Exchange:
        """Fetch an absolute URL that the endpoint itself named, when it lies on the endpoint's own host."""
        if not url.startswith(self.endpoint.base_url + "/"):
            return Exchange(Request(), "GET", url, {}, "", error="the URL lies on another host, so it was not fetched")
        return self.patiently(lambda: self._get(url, Situation()), lambda answer: answer.status != 404)

    def patiently(self, look: Callable[[], T], is_there: Callable[[T], bool]) -> T:
        """What `look` finds once it is there, or at the end of the endpoint's patience: reads may lag behind writes.

        Whoever waited in vain once waits no more: then it is not a matter of time.
        """
        end = time.monotonic() + (self.endpoint.patience if self._patient else 0)
        found, looks = look(), 1
        while not is_there(found) and time.monotonic() < end:
            time.sleep(_BETWEEN_LOOKS)
            found, looks = look(), looks + 1
        self._patient = self._patient and is_there(found)
        self.late_reads += self._patient and looks > 1
        return found

    def delete(self, created: Created) -> Exchange:
        """Delete one record that a run made."""
        credentials = self.endpoint.credentials(created.scheme, Situation())
        return self._send(Request(), "DELETE", created.delete_url, {}, credentials, b"")

    def ids(self, exchange: Exchange) -> list[str]:
        """The ids that an answer of success names, as text."""
        if exchange.json is NOT_JSON:
            return []
        found = jsonpath.findall(self.endpoint.created_ids, exchange.json)
        whole = [int(v) if isinstance(v, float) and v.is_integer() else v for v in found]  # 7.0 is 7 in JSON
        return [str(value) for value in whole if isinstance(value, str | int) and not isinstance(value, bool)]

    def record(self, exchange: Exchange) -> Any:
        """The record in the answer to `read`, or ABSENT."""
        if not exchange.accepted or exchange.json is NOT_JSON:
            return ABSENT
        found = jsonpath.findall(self.endpoint.outside["read"]["record"], exchange.json)
        return found[0] if found else ABSENT

    def _get(self, url: str, situation: Situation) -> Exchange:
        credentials = self.endpoint.credentials("", situation)
        return self._send(Request(), "GET", url, {"Accept": "application/json"}, credentials, b"")

    def _outside_url(self, template: str, situation: Situation, request: Request, **values: str) -> str:
        body = request.body if isinstance(request.body, Mapping) else {}
        scalars = {key: str(value) for key, value in body.items() if isinstance(value, str | int)}
        parameters = {**scalars, **self.endpoint.path, **situation.path, **values}
        return _filled(self.endpoint.base_url + template, parameters)

    def _note(self, exchange: Exchange, path: str, parameters: Mapping[str, str], scheme: str) -> None:
        outside = self.endpoint.outside if path == self.contract.path else self.contract.outside_of(path)
        for identifier in self.ids(exchange):
            template, situation = outside["delete"]["path"], Situation(path=parameters)
            url = self._outside_url(template, situation, exchange.request, id=identifier)
            created = Created(self.contract.name, identifier, url, scheme)
            self._noted(created)
            self.created += 1

    def _send(
        self,
        request: Request,
        method: str,
        url: str,
        headers: Mapping[str, Any],
        credentials: Credentials,
        content: bytes,
        *,
        invalid: bool = False,
    ) -> Exchange:
        secret = credentials.with_value(INVALID) if invalid else credentials.headers
        shown = credentials.with_value(INVALID) if invalid else credentials.shown
        kept = {name: value for name, value in headers.items() if value is not ABSENT}
        prepared = requests.Request(method, url, headers={**kept, **secret}, params=dict(request.query), data=content)
        sent = prepared.prepare()
        if self._limiter:
            self._limiter.try_acquire(self.endpoint.base_url)
        self.requests += 1
        strike = self.endpoint.struck_out
        exchange = Exchange(request, method, strike(str(sent.url)), {**kept, **shown}, strike(content.decode()))
        try:
            answer = self._http.send(sent, timeout=self.endpoint.timeout, allow_redirects=False, **self._settings)
        except requests.RequestException as error:
            return replace(exchange, error=strike(_reason(error, self.endpoint.timeout)))
        exchange = replace(
            exchange,
            status=answer.status_code,
            answer_headers={name.lower(): strike(value) for name, value in answer.headers.items()},
            answer=strike(answer.content.decode("utf-8", errors="backslashreplace")),
            seconds=answer.elapsed.total_seconds(),
            held_up=len(answer.raw.retries.history) if answer.raw.retries else 0,
        )
        if answer.status_code >= 500:
            self.server_errors.append(exchange)
        return exchange


def _filled(template: str, parameters: Mapping[str, str]) -> str:
    for name, value in parameters.items():
        template = template.replace(f"{{{name}}}", quote(str(value), safe=""))
    return template


def _reason(error: requests.RequestException, timeout: float) -> str:
    """Why there is no answer, in words; requests wraps urllib3's reason, which alone tells a time-out apart."""
    cause = str(error)
    if isinstance(error, requests.Timeout) or "timed out" in cause:
        return f"no answer within {timeout:g} s"
    known = ("Connection refused", "Name or service not known", "Connection aborted", "closed connection")
    words = next((words for words in known if words in cause), type(error).__name__)
    return f"no connection ({words.lower()})"


def as_json(created: Created) -> str:
    """One line of a ledger of created records."""
    return json.dumps(created.__dict__, sort_keys=True)
