"""Hostile servers: what a tenant's endpoint, a proxy before it, or somebody in its place might answer.

A case is a function from what was asked to the bytes that go over the wire, in pieces. Most of them change what the
mock answers, so that all else about them is as it should be. A piece of None breaks the connection off (RST).
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any

import requests

from tests.helpers import serving

MEGABYTE = 2**20
OK = b"HTTP/1.1 200 OK\r\n"
JSON = b"Content-Type: application/json\r\n"
Pieces = Iterable[bytes | None]
_LARGE = 7 * MEGABYTE + MEGABYTE // 2  # under the bound of 8 MiB, so that it is read whole


@dataclass
class Asked:
    """One request; `number` counts them from 1, `created` those that create. `honest` asks the mock."""

    number: int
    created: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    mock: str

    @property
    def creates(self) -> bool:
        return self.method == "POST"

    def honest(self) -> Honest:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in {"host", "content-length"}}
        got = requests.request(self.method, self.mock + self.path, headers=headers, data=self.body, timeout=30)
        return Honest(got.status_code, {"Content-Type": got.headers.get("Content-Type", "")}, got.content)


@dataclass
class Honest:
    """What the mock answered, to be changed: `text` in place of its body, attributes `and_also`, other headers."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    def wire(self, body: bytes | None = None, *more: bytes, status: int = 0, headers: bool = True) -> bytes:
        body = self.body if body is None else body
        own = [f"{name}: {value}".encode() for name, value in self.headers.items() if value] if headers else []
        return wire(status or self.status, body, *own, *more)

    def and_also(self, text: bytes) -> bytes:
        """The answer with more members at the end of its JSON object."""
        whole = self.body.rstrip()
        return self.wire(whole[:-1] + b"," + text + b"}" if whole.endswith(b"}") else None)


def wire(status: int, body: bytes = b"", *headers: bytes) -> bytes:
    """An answer as it goes over the wire."""
    lines = [b"HTTP/1.1 %d Whatever" % status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


Answering = Callable[[Asked], Pieces]
CASES: dict[str, Case] = {}


@dataclass(frozen=True)
class Case:
    """One kind of hostility. `seconds` bounds a run; `upholds` says whether any clause may be upheld by it."""

    name: str
    answering: Answering
    seconds: int = 60
    upholds: bool = True


def case(seconds: int = 60, *, upholds: bool = True) -> Callable[[Answering], Answering]:
    """Register a case under the name of its function."""

    def register(answering: Answering) -> Answering:
        name = answering.__name__.strip("_").replace("_", "-")
        CASES[name] = Case(name, answering, seconds, upholds)
        return answering

    return register


@contextmanager
def hostile(answering: Answering, mock: str) -> Iterator[str]:
    """A server that answers as a case says; gives its base URL."""
    numbers, creating, lock = itertools.count(1), itertools.count(1), threading.Lock()

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with lock:
            number, created = next(numbers), next(creating) if handler.command == "POST" else 0
        asked = Asked(number, created, handler.command, handler.path, dict(handler.headers.items()), body, mock)
        with suppress(OSError):
            for piece in answering(asked):
                if piece is None:
                    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    handler.close_connection = True
                    handler.connection.close()
                    return
                handler.wfile.write(piece)
        handler.close_connection = getattr(answering, "closes", True)

    with serving(answer) as url:
        yield url


# More than anybody can read.


@cache
def bomb() -> bytes:
    """1 GiB of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(MEGABYTE)) for _ in range(1024)), packer.flush()])


@case(upholds=False)
def gzip_bomb(_: Asked) -> Pieces:
    yield wire(200, bomb(), JSON.strip(), b"Content-Encoding: gzip")


@case(upholds=False)
def gzip_bomb_packed_twice(_: Asked) -> Pieces:
    yield wire(200, gzip.compress(bomb()), JSON.strip(), b"Content-Encoding: gzip, gzip")


@case(upholds=False)
def gzip_bombs_in_many_members(_: Asked) -> Pieces:
    yield wire(200, gzip.compress(bytes(100)) * 200_000, JSON.strip(), b"Content-Encoding: gzip")


@case(upholds=False)
def many_encodings(_: Asked) -> Pieces:
    yield wire(200, b"{}", JSON.strip(), b"Content-Encoding: " + b", ".join([b"gzip"] * 5000))


@case(upholds=False)
def not_gzip(asked: Asked) -> Pieces:
    yield asked.honest().wire(None, b"Content-Encoding: gzip")


def endless(name: str, head: bytes, piece: bytes) -> None:
    """Register a case that goes on and on."""

    def answering(_: Asked) -> Pieces:
        yield head
        while True:
            yield piece

    CASES[name] = Case(name, answering, upholds=False)


CHUNKED = OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
endless("endless-body", OK + JSON + b'\r\n{"a":"', bytes(64 * 1024))
endless("endless-spaces", OK + JSON + b"\r\n", b" " * 64 * 1024)
endless("endless-chunks", CHUNKED, b"10000\r\n" + b"a" * 65536 + b"\r\n")
endless("endless-chunks-of-one-byte", CHUNKED, b"1\r\na\r\n" * 1000)
endless("endless-chunk-extension", CHUNKED + b"1;", b"a" * 65536)
endless("endless-trailers", CHUNKED + b"2\r\n{}\r\n0\r\n", b"A: b\r\n" * 1000)
endless("endless-headers", OK, b"A: b\r\n" * 1000)
endless("endless-header", OK + b"A: ", b"b" * 65536)
endless("endless-status-line", b"HTTP/1.1 200 ", b"b" * 65536)
endless("endless-100", b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
endless("endless-103", b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100)
endless("endless-blank-lines", b"", b"\r\n" * 1000)
endless("endless-babble", b"", b"SSH-2.0-OpenSSH\r\n" * 1000)


# Large answers that are JSON, and cost more than their bytes.


def large(name: str, piece: Callable[[int], bytes], size: int = _LARGE, seconds: int = 120) -> None:
    """Register a case whose every answer has one more attribute, a list of so many bytes, made of pieces."""

    def answering(asked: Asked) -> Pieces:
        parts, length = [], 0
        for number in itertools.count():
            parts.append(piece(number))
            length += len(parts[-1]) + 1
            if length >= size:
                break
        yield asked.honest().and_also(b'"extra":[' + b",".join(parts) + b"]")

    CASES[name] = Case(name, answering, seconds)


_RANDOM = random.Random(1)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


large("json-empty-lists", lambda _: b"[]," * 999 + b"[]")
large("json-empty-objects-just-few-enough", lambda _: b"{}," * 99 + b"{}", 149_000)
large(
    "json-named-objects-just-few-enough", lambda _: b'{"%x%s":0}' % (_RANDOM.getrandbits(64), b"a" * 120), 49_000 * 143
)
large("json-nested-90-deep", lambda _: nested(90))
large("json-objects-90-deep", lambda _: b'{"a":' * 90 + b"1" + b"}" * 90)
large("json-floats-just-few-enough", lambda n: b"%d.%s" % (n, b"5" * 70), 95_000 * 76)
large("json-of-10000-digits", lambda _: b"7" * 10_000)
large("json-of-escapes", lambda _: b'"' + b"\\u0001" * 10_000 + b'"')
large("json-of-long-texts", lambda _: b'"' + b"a" * MEGABYTE + b'"', 6 * MEGABYTE)
large("json-of-emojis-just-few-enough", lambda _: f'"{"🦉" * 18}"'.encode(), 95_000 * 75)
large("json-named-at-random", lambda n: b'{"%x":%d}' % (_RANDOM.getrandbits(64), n), MEGABYTE)
large("json-just-under-what-is-kept", lambda _: b"[]", 60 * 1024)
large("json-just-over-what-is-kept", lambda _: b"[]", 250 * 1024)
large("json-of-nests-of-60-kB", lambda _: nested(90), 60 * 1024)


@case(120)
def json_of_99000_attributes(asked: Asked) -> Pieces:
    yield asked.honest().and_also(b",".join(b'"%x":null' % _RANDOM.getrandbits(64) for _ in range(99_000)))


@case(120)
def json_of_users(asked: Asked) -> Pieces:
    """A documented list, of very many members."""
    users = b'"users":[' + b",".join([b'{"id":1}'] * 45_000) + b"]"
    yield asked.honest().and_also(users)


@case()
def json_too_deep(asked: Asked) -> Pieces:
    yield asked.honest().and_also(b'"extra":' + nested(100_000))


@case(120)
def large_refusals(asked: Asked) -> Pieces:
    honest = asked.honest()
    yield honest.wire() if honest.status < 300 else honest.and_also(b'"why":[' + b"[]," * 2_400_000 + b"[]]")


@case(120, upholds=False)
def large_page(_: Asked) -> Pieces:
    yield wire(200, b"<html>" + b"<p>&amp;" * 900_000, b"Content-Type: text/html")


# Slow ones, and ones that break off.


@case(90, upholds=False)
def drips_a_body(_: Asked) -> Pieces:
    yield OK + JSON + b"Content-Length: 1000\r\n\r\n{"
    while True:
        time.sleep(0.3)
        yield b" "


@case(90, upholds=False)
def drips_headers(_: Asked) -> Pieces:
    yield OK
    while True:
        time.sleep(0.3)
        yield b"A: b\r\n"


@case(90, upholds=False)
def never_answers(_: Asked) -> Pieces:
    time.sleep(20)
    yield b""


@case(upholds=False)
def hangs_up(_: Asked) -> Pieces:
    return []


@case(upholds=False)
def resets(_: Asked) -> Pieces:
    return [None]


@case(upholds=False)
def resets_in_mid_body(asked: Asked) -> Pieces:
    whole = asked.honest().wire()
    yield whole[:-5]
    time.sleep(0.05)
    yield None


@case(upholds=False)
def breaks_off(asked: Asked) -> Pieces:
    yield asked.honest().wire()[:-5]


@case(90)
def every_fifth_is_reset(asked: Asked) -> Pieces:
    yield None if asked.number % 5 == 0 else asked.honest().wire()


@case(90)
def stops_answering(asked: Asked) -> Pieces:
    if asked.number > 20:
        time.sleep(20)
    yield asked.honest().wire()
