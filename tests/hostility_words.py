"""More hostile servers: their answers are whole, and say what they should not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from tests.hostility import CASES, JSON, OK, Asked, Case, Pieces, case, wire

_RANDOM = random.Random(2)
_HTML, _IS_JSON = b"<!doctype html><title>Log in</title>", JSON.strip()
EVIL = (
    "\x1b[2J\x1b[31mred \x9b31m\r\n::error file=a.py,line=1::evil\n##[error]evil %0A \u202etxt.exe \u2028 "
    "<script>alert(1)</script> | `x` ]]>"
)


def turning(name: str, values: Sequence[Any], answer: Callable[[Asked, Any], bytes], *, upholds: bool = True) -> None:
    """Register a case that answers with one value after the other."""

    def answering(asked: Asked) -> Pieces:
        yield answer(asked, values[asked.number % len(values)])

    CASES[name] = Case(name, answering, 120, upholds)


def with_header(asked: Asked, header: bytes) -> bytes:
    return asked.honest().wire(None, header)


def with_attributes(asked: Asked, **changed: Any) -> bytes:
    """The honest answer to a creating request, with other attributes in it."""
    honest = asked.honest()
    made = honest.status == 200 and asked.creates
    return honest.wire(json.dumps({**honest.json, **changed}).encode() if made else None)


def refused_with(asked: Asked, body: bytes) -> bytes:
    """The honest answer, if it is a refusal with another body."""
    honest = asked.honest()
    return honest.wire(body if honest.status >= 400 else None)


# Headers.

LOCATIONS = [
    b"//[::bad", b"http://[::bad", b"javascript:alert(1)", b"\xff\xfe\xed\xa0\x80", b"http://127.0.0.1:1/", b"/",
    b"a" * 10_000, b"", b"http://user:pass@127.0.0.1:1/", b"http://\x00/", b"file:///etc/passwd", b"http://a:99999999/",
]  # fmt: skip
turning("redirects-to-anywhere", LOCATIONS, lambda _, to: wire(302, b"", b"Location: " + to), upholds=False)
turning("locations-of-what-was-made", LOCATIONS, lambda asked, to: with_header(asked, b"Location: " + to))

WAITS = [
    b"0", b"soon", b"-5", b"1.5e-1", b"", b"nan", b"Wed, 21 Oct 2015 07:28:00 GMT", b"\xff", b"0, 0", b"1e-400",
    b"Fri, 31 Dec 99999 23:59:59 GMT", b"-inf", b"Mon, 99 Foo 2026 99:99:99 -9999",
]  # fmt: skip
turning("429-with-waits", WAITS, lambda _, wait: wire(429, b"", b"Retry-After: " + wait), upholds=False)
turning("503-with-waits", WAITS, lambda _, wait: wire(503, b"", b"Retry-After: " + wait), upholds=False)
LONG_WAITS = {"an-hour": "3600", "inf": "inf", "long": "9" * 5000, "9999": "Fri, 31 Dec 9999 23:59:59 GMT"}
for _name, _wait in LONG_WAITS.items():
    _header = f"Retry-After: {_wait}".encode()
    turning(f"429-until-{_name}", [_header], lambda _, header: wire(429, b"", header), upholds=False)

DATES = [
    b"Thu, 01 Jan 1970 00:00:00", b"Thu, 01 Jan 99999 00:00:00 GMT", b"Thu, 01 Jan 0000 00:00:00 GMT", b"now", b"",
    b"Fri, 31 Dec 9999 23:59:59 -2359", b"Mon, 01 Jan 0001 00:00:00 +2359", b"9" * 5000, b"1 Jan 1 1:1 -9999", b"\xff",
]  # fmt: skip
turning("dates", DATES, lambda asked, date: with_header(asked, b"Date: " + date))

HEADERS = [
    b"Set-Cookie: a=" + b"b" * 60_000, b"Set-Cookie: a=b; Domain=.com\r\nSet-Cookie: \xff=\x01; Max-Age=9" + b"9" * 30,
    b": no name", b"no colon", b"A: b\r\n folded", b"A\x00: b", b"A: \x1b[31m", b"X" * 60_000 + b": a",
    b"Content-Type: application/json\r\nContent-Type: text/html", b"RateLimit-Limit: " + b"9" * 5000,
    b"Connection: \x1b[31m", b"Deprecation: \xff", b"X-RateLimit-\xe9: a", b"Transfer-Encoding: gzip",
    b"Content-Encoding: zstd, br, \xff", b"Content-Encoding: identity", b"Keep-Alive: timeout=-1", b"Upgrade: h2c",
]  # fmt: skip
turning("odd-headers", HEADERS, with_header)
LENGTHS = [b"-1", b"99999999999999999999", b"5, 6", b"abc", b"0x10", b"\xb2", b"1e3", b"+5", b"1_0"]
turning("lengths", LENGTHS, lambda a, n: OK + JSON + b"Content-Length: " + n + b"\r\n\r\n" + a.honest().body)
SIZES = [b"-1", b"FFFFFFFFFFFFFFFFFFF", b"xyz", b"", b"0x5", b"1_0", b"\xb2"]
_CHUNKED = OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
turning("chunk-sizes", SIZES, lambda a, n: _CHUNKED + n + b"\r\n" + a.honest().body, upholds=False)
STATUS_LINES = [
    b"HTTP/1.1 600 A", b"HTTP/1.1 999 A", b"HTTP/1.1 099 A", b"HTTP/1.1 1 A", b"HTTP/1.1 2000 A", b"HTTP/1.1 -200 A",
    b"HTTP/1.1 abc A", b"HTTP/1.1 200", b"HTTP/1.1", b"HTTP/9.9 200 OK", b"HTTP/2.0 200 OK", b"HTTP/1.0 200 OK",
    b"ICY 200 OK", b"\x16\x03\x01\x02\x00", b"HTTP/1.1 200 \x1b[31m::error::evil", b"HTTP/1.1 200 \xff\xfe",
    b"HTTP/1.1 101 Switching", b"http/1.1 200 ok", b"HTTP/1.1 \xb2\xb0\xb0 OK",
]  # fmt: skip
turning("status-lines", STATUS_LINES, lambda a, line: line + a.honest().wire().partition(b" Whatever")[2])
turning("statuses", range(200, 600), lambda asked, status: asked.honest().wire(status=status))

TYPES = [
    b"text/html", b"text/plain; charset=\xff", b"application/json; charset=utf-16", b"APPLICATION/JSON;;;", b"/", b"",
    b"a" * 10_000, b"application/json, text/html", b"\x1b[31m", b"multipart/form-data; boundary=" + b"=" * 1000,
]  # fmt: skip
turning("media-types", TYPES, lambda a, kind: a.honest().wire(None, b"Content-Type: " + kind, headers=False))


# Answers of success that are none, and what begins in the middle.

turning("login-page", [_HTML], lambda _, page: wire(200, page, b"Content-Type: text/html"), upholds=False)
turning("login-page-as-json", [_HTML], lambda _, page: wire(200, page, _IS_JSON), upholds=False)
turning("empty-200", [b""], lambda _, body: wire(200, body, _IS_JSON), upholds=False)
turning("204", [204], lambda _, status: wire(status))
turning("null", [b"null"], lambda _, body: wire(200, body, _IS_JSON), upholds=False)
turning("empty-object", [b"{}"], lambda _, body: wire(200, body, _IS_JSON))
SAME = b'{"id":1,"title":"x","uid":"a7f04020-e92e-56e7-bd9c-d4f5d9661900"}'
turning("very-same-answer", [SAME], lambda _, body: wire(200, body, _IS_JSON))
turning("echo", [_IS_JSON], lambda asked, header: wire(200, asked.body, header))


@case()
def everything_is_null(asked: Asked) -> Pieces:
    honest = asked.honest()
    yield honest.wire(json.dumps(dict.fromkeys(honest.json or {})).encode())


for _status in (400, 402, 429, 503):
    for _after in (5, 20, 40):

        def blanket(asked: Asked, status: int = _status, after: int = _after) -> Pieces:
            is_late = asked.created > after
            yield wire(status, b'{"message":"no"}', _IS_JSON, b"Retry-After: 0") if is_late else asked.honest().wire()

        CASES[f"{_status}-after-{_after}"] = Case(f"{_status}-after-{_after}", blanket, 120)


@case()
def fails_at_random(asked: Asked) -> Pieces:
    fails = asked.creates and random.Random(asked.created * 7919).random() < 0.05
    yield wire(502, b"<html>") if fails else asked.honest().wire()


@case()
def random_attributes(asked: Asked) -> Pieces:
    yield asked.honest().and_also(b",".join(b'"%x":{"%x":1}' % (_RANDOM.getrandbits(64), n) for n in range(20)))


# Ids and texts.

IDS: list[Any] = [
    "..", ".", "a/b", "", " ", "\x00", "\r\nX: y", "1", 1, -1, 0, 1.5, 1e300, 10**400, True, None, [], [1, 2], {},
    "../../users/1", {"id": 1}, "a" * 100_000, "?x=1", "#", "%2e%2e", "%2F", "\uff11", "\ud800", "🦉", "26;27", "\\",
    "\x1b[31m", "::error::evil", [[]] * 50,
]  # fmt: skip
turning("odd-ids", IDS, lambda asked, one: with_attributes(asked, id=one))
ALWAYS: dict[str, Any] = {
    "dots": "..", "the-same": 1, "empty-list": [], "surrogate": "\ud800", "huge": 10**400, "slash": "a/b", "list": [1],
}  # fmt: skip
for _name, _id in ALWAYS.items():
    turning(f"id-is-always-{_name}", [_id], lambda asked, one: with_attributes(asked, id=one))

TEXTS = [
    b'{"id":NaN}', b'{"id":Infinity}', b'{"id":1,"id":2}', b"\xef\xbb\xbf{}", '{"id":1}'.encode("utf-16"), b"[", b'"',
    b'{"title":"\\ud800"}', b'{"title":"\xed\xa0\x80"}', b'{"title":"\x00"}', b'{"id":1e999}', b'{"id":-0}', b"\x00",
    b"{'id':1}", b'{"id":1,}', b"{}{}", b"\xff" * 1000, b")]}',\n{}", b'{"id":01}', b'{"\\ud800":1}', b'{"":{"":{}}}',
    b'{"__proto__":1,"$ref":"#","*":1}', b'{"title":"\xe9"}',
]  # fmt: skip
turning("odd-json", TEXTS, lambda _, text: wire(200, text, _IS_JSON))
turning("odd-refusals", TEXTS, refused_with)
EVIL_BODIES = [json.dumps({"message": EVIL, EVIL: EVIL}).encode(), EVIL.encode(), EVIL.encode("utf-16")]
turning("evil-refusals", EVIL_BODIES, refused_with)
EVIL_VALUES: list[Any] = [EVIL, "\ud800", "a" * 50_000, [EVIL], {EVIL: EVIL}]
turning("evil-answers", EVIL_VALUES, lambda a, evil: with_attributes(a, title=evil, access=evil, updated=evil))
EVIL_HEADERS = (b"X-RateLimit: \x1b[31m", b"Content-Type: text/\x1b[31m")
turning("evil-statuses", [400, 500, 200, 401], lambda _, status: wire(status, EVIL.encode(), *EVIL_HEADERS))
