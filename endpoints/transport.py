"""One request over the wire and its answer, within bounds: requests' adapter on urllib3, and what they lack.

An answer has `timeout` seconds in all, not for each read; 64 kB of headers; and 8 MiB of body, after decompression.
Informational answers (1xx) are read past (RFC 9110 section 15.2). What is over a bound, and whatever the libraries
raise, becomes a NoAnswerError with a reason in plain words.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import logging
import re
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Retry

from endpoints.reasons import OverBoundError, causes_of, reason_of
from endpoints.stopping import STOP

MOST_BODY = 8 * 1024 * 1024  # bytes, after decompression
MOST_HEADERS = 64 * 1024  # bytes, informational answers included
MOST_NESTING = 100  # arrays and objects within one another; a Python stack holds no more of our recursions
MOST_VALUES = 100_000  # JSON values in a body: each takes some hundred bytes and microseconds wherever it is looked at
_PIECE = 64 * 1024
_SLICE = 0.2  # seconds between two looks at whether the run was asked to stop
logging.getLogger("urllib3").setLevel(logging.CRITICAL)  # it tells of URLs and headers as they are, secrets and all
_IDEMPOTENT = frozenset({"GET", "HEAD", "DELETE"})  # RFC 9110 section 9.2.2; others are never repeated


class NoAnswerError(Exception):
    """No whole answer came; the message says why. `status` is what it began with, when it did begin.

    `sent` says whether any of the request may have reached the endpoint.
    """

    def __init__(self, reason: str, status: int | None = None, *, sent: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.status, self.sent = reason, status, sent


@dataclass(frozen=True)
class Answer:
    """A whole answer: names of headers in lower case; the body as text, with bytes that are no UTF-8 escaped."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float


class Transport:
    """Sends prepared requests to one base URL; a connection is kept between them."""

    def __init__(self, base_url: str, verify: bool | str = True) -> None:
        self._adapter = _Adapter(max_retries=_RETRIES)
        with requests.Session() as session:
            self._settings: dict[str, Any] = dict(session.merge_environment_settings(base_url, {}, None, verify, None))
        if is_loopback(base_url):
            self._settings["proxies"] = {}  # a proxy cannot lead back to this machine
        self._settings["stream"] = True

    def close(self) -> None:
        """Give the connections back."""
        self._adapter.close()

    def send(self, request: requests.PreparedRequest, timeout: float) -> Answer:
        """The answer to one request, which may take `timeout` seconds; raises NoAnswerError."""
        started, status, _HERE.sent = time.monotonic(), None, False
        try:
            response = self._adapter.send(request, timeout=timeout, **self._settings)
            status = response.status_code
            text = _body(response.raw).decode("utf-8-sig", errors="backslashreplace")
            headers = {name.lower(): value for name, value in response.headers.items()}
        except Exception as error:  # noqa: BLE001 - whatever a stranger's answer makes a library raise has a reason
            raise NoAnswerError(reason_of(error, timeout, str(request.url)), status, sent=_HERE.sent) from None
        if has_more_values(text, MOST_VALUES):
            raise NoAnswerError(f"the answer has more than {MOST_VALUES:,} JSON values", status)
        if nesting(text) > MOST_NESTING:
            raise NoAnswerError(f"the answer nests deeper than {MOST_NESTING} levels", status)
        return Answer(status, headers, text, time.monotonic() - started)


def why_no_authority(file: Path) -> str:
    """Why a file names no authorities that certificates can be verified by, or nothing."""
    try:
        ssl.create_default_context(cafile=str(file))
    except ssl.SSLError:
        return "holds no certificate"
    except (OSError, ValueError) as error:
        return f"cannot be read ({error})"
    return ""


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine by a loopback address or as localhost; names are not looked up."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def has_more_values(text: str, most: int) -> bool:
    """Whether a JSON text has more than `most` values, or some more, since what holds others counts double."""
    if text.count(",") + text.count("[") + text.count("{") <= most or text.lstrip()[:1] not in {"[", "{"}:
        return False  # the quick answer to nearly every text
    separators = (token for token in _TOKENS.finditer(text) if token[0] in {",", "[", "{"})
    return next(islice(separators, most, None), None) is not None


def nesting(text: str) -> int:
    """How deep the arrays and objects of a JSON text lie within one another; for other text, nothing in particular."""
    if min(text.count("[") + text.count("{"), text.count("]") + text.count("}") + MOST_NESTING + 1) <= MOST_NESTING:
        return 0  # the quick answer to nearly every text
    depth = deepest = 0
    for token in _TOKENS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        deepest = max(deepest, depth)
        if deepest > MOST_NESTING:
            break
    return deepest


_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)


def _body(raw: urllib3.BaseHTTPResponse) -> bytes:
    pieces, count = [], 0
    try:
        while piece := raw.read(_PIECE, decode_content=True):
            pieces.append(piece)
            count += len(piece)
            _check(count)
    except BaseException:
        raw.close()  # what else it sends is not waited for
        raise
    raw.release_conn()
    return b"".join(pieces)


def _check(count: int) -> None:
    if count > MOST_BODY:
        raise OverBoundError(f"the answer's body has more than {MOST_BODY // 2**20} MiB")


class _Retry(Retry):
    """Sent again is what met a connection that could not be made, or that the server had closed and may be repeated."""

    def _is_read_error(self, error: Exception) -> bool:
        return any(isinstance(cause, ConnectionError) for cause in causes_of(error))

    def _sleep_backoff(self) -> None:
        STOP.wait(self.get_backoff_time())


_RETRIES = _Retry(
    total=2, connect=1, read=1, other=0, redirect=0, status=0, allowed_methods=_IDEMPOTENT, backoff_factor=0.5,
    respect_retry_after_header=False,
)  # fmt: skip


class _Bytes(io.RawIOBase):
    """What comes in at a socket, until a deadline and up to a number of bytes."""

    def __init__(self, sock: Any) -> None:
        self._socket, self._open = sock, sock.makefile("rb", buffering=0)  # the latter keeps the socket open
        self._started = time.monotonic()
        self._deadline = self._started + sock.gettimeout()
        self._left, self._over = MOST_HEADERS, f"the answer's headers have more than {MOST_HEADERS // 1024} kB"

    def allow_body(self) -> None:
        """The headers are read; from now on the bytes of a body may come, with those of its chunks."""
        self._left, self._over = 2 * MOST_BODY, f"the answer's body has more than {2 * MOST_BODY // 2**20} MiB"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            left = STOP.bounded(self._deadline, self._started) - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(min(left, _SLICE))
            try:
                count = int(self._socket.recv_into(buffer))
            except TimeoutError:
                continue
            self._left -= count
            if self._left < 0:
                raise OverBoundError(self._over)
            return count

    def close(self) -> None:
        self._open.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer that is read from `_Bytes`, whatever informational answers come before it."""

    def __init__(self, sock: Any, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp.close()
        self._bytes = _Bytes(sock)
        self.fp = io.BufferedReader(self._bytes)

    def _read_status(self) -> tuple[str, int, str]:
        status = super()._read_status()  # type: ignore[misc]  # http.client's own hook, which typeshed leaves out
        while 100 <= status[1] < 200 and status[1] != http.client.SWITCHING_PROTOCOLS:
            while self.fp.readline().strip():
                pass
            status = super()._read_status()  # type: ignore[misc]
        return status  # type: ignore[no-any-return]

    def begin(self) -> None:
        super().begin()
        self._bytes.allow_body()


_HERE = threading.local()  # `sent`: whether this thread has sent something, on any connection, since it was last reset


class _Marking(http.client.HTTPConnection):
    """A connection that tells when something of a request goes out, which a request for a tunnel is not."""

    response_class = _Response

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # as the library would, but before it is told
        _HERE.sent = True
        super().send(data)

    def _tunnel(self) -> None:
        try:
            super()._tunnel()  # type: ignore[misc]  # http.client's own hook, too
        finally:
            _HERE.sent = False


class _Connection(_Marking, HTTPConnection):
    pass


class _SecureConnection(_Marking, HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection

    def _validate_conn(self, conn: Any) -> None:  # the library's own hook, which warns of what the run itself tells
        if conn.is_closed:
            conn.connect()


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager
