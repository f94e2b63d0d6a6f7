"""The wire: bounds of time and bytes, 1xx, and reasons in plain words; every answer comes over a real socket."""

from __future__ import annotations

import gzip
import logging
import resource
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from endpoints.transport import MOST_NESTING, Answer, NoAnswerError, Transport, is_loopback, nesting

OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(b"0" * 100_000_000)
Talk = Callable[[socket.socket], None]


@contextmanager
def talking(talk: Talk | bytes) -> Iterator[str]:
    """A server that reads one request a connection and then talks as it likes; gives its URL."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    connection.sendall(talk) if isinstance(talk, bytes) else talk(connection)
                except OSError:  # the client has had enough
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(timeout=5)


def endless(head: bytes, piece: bytes, pause: float = 0) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(pause)

    return talk


def answer_of(url: str, timeout: float = 5, method: str = "POST") -> Answer:
    transport = Transport(url)
    try:
        return transport.send(requests.Request(method, url).prepare(), timeout)
    finally:
        transport.close()


@pytest.mark.parametrize(
    "before",
    [
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
    ],
    ids=["103", "100", "102"],
)
@pytest.mark.parametrize("times", [1, 3])
def test_informational_answers_are_read_past(before: bytes, times: int) -> None:
    with talking(before * times + OK + b"Content-Length: 2\r\n\r\n{}") as url:
        answer = answer_of(url)
    assert (answer.status, answer.text) == (200, "{}")


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
OVER: dict[str, tuple[Talk | bytes, str]] = {
    "endless 103": (endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), "headers have more than 64 kB"),
    "endless 100": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "headers have more than 64 kB"),
    "a large header": (OK + b"X: " + b"a" * 70_000 + b"\r\n\r\n", "headers have more than 64 kB"),
    "an endless header": (endless(OK + b"X: ", b"a" * 1000), "headers have more than 64 kB"),
    "many headers": (OK + b"X: a\r\n" * 200 + b"\r\n", "more than 100 headers"),
    "an endless body": (endless(OK + b"\r\n", b"a" * 65536), "more than 8 MiB"),
    "endless chunks": (endless(CHUNKED, b"4000\r\n" + b"a" * 0x4000 + b"\r\n"), "more than 8 MiB"),
    "an endless line of a chunk": (endless(CHUNKED, b"a" * 65536), "more than"),
    "endless trailers": (endless(CHUNKED + b"0\r\n", b"X: y\r\n" * 1000), "more than 16 MiB"),
    "a gzip bomb": (OK + b"Content-Encoding: gzip\r\n\r\n" + BOMB, "more than 8 MiB"),
    "a bomb in a bomb": (OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(BOMB), "more than 8 MiB"),
    "nesting": (OK + b"\r\n" + b"[" * 100_000 + b"]" * 100_000, "nests deeper than 100 levels"),
    "a body cut short": (OK + b"Content-Length: 200\r\n\r\n{}", "body ended 198 bytes early"),
    "a chunk cut short": (CHUNKED + b"10\r\nabc", "in the middle of a chunk"),
    "no chunks": (CHUNKED + b"zz\r\n", "in the middle of a chunk"),
    "no gzip": (OK + b"Content-Encoding: gzip\r\n\r\n{}", "not in the encoding"),
    "nothing": (b"", "closed before an answer came"),
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n", "is no HTTP: it begins with 'SSH-2.0"),
    "another HTTP": (b"HTTP/9.1 200 OK\r\n\r\n", "its version is unknown"),
}


@pytest.mark.parametrize("case", OVER)
def test_what_is_over_a_bound_or_no_answer_has_a_reason(case: str) -> None:
    talk, reason = OVER[case]
    with talking(talk) as url, pytest.raises(NoAnswerError, match=reason):
        answer_of(url)


def test_memory_stays_bounded() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for talk, _ in OVER.values():
        with talking(talk) as url, pytest.raises(NoAnswerError):
            answer_of(url)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 150, f"{grown:.0f} MB more than before"


@pytest.mark.parametrize(
    "head", [OK + b"X: ", OK + b"Content-Length: 5000\r\n\r\n", b"HTT"], ids=["header", "body", "status"]
)
def test_the_deadline_is_for_the_whole_answer(head: bytes) -> None:
    started = time.monotonic()
    with talking(endless(head, b" ", pause=0.05)) as url, pytest.raises(NoAnswerError, match="no answer within"):
        answer_of(url, timeout=0.5)
    assert time.monotonic() - started < 2


def test_an_idempotent_request_meets_a_connection_that_the_server_had_closed() -> None:
    connections: list[int] = []

    def close_the_first(connection: socket.socket) -> None:
        connections.append(1)
        if len(connections) > 1:
            connection.sendall(OK + b"Content-Length: 2\r\n\r\n{}")

    with talking(close_the_first) as url:
        assert answer_of(url, method="DELETE").status == 200
        connections.clear()
        with pytest.raises(NoAnswerError) as raised:
            answer_of(url)  # a POST is not repeated
    assert len(connections) == 1
    assert raised.value.sent


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "https://127.0.0.1:9/"])
def test_what_was_surely_not_sent_is_told_apart(url: str) -> None:
    with pytest.raises(NoAnswerError, match="connection refused; nothing listens at") as raised:
        answer_of(url)
    assert not raised.value.sent


def test_a_server_without_tls() -> None:
    with talking(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url, pytest.raises(NoAnswerError, match="no TLS") as raised:
        answer_of(url.replace("http:", "https:"))
    assert not raised.value.sent


def test_loopback_is_trusted_as_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message that a certificate is not trusted tells to set this variable."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none"))
    with pytest.raises(NoAnswerError, match="REQUESTS_CA_BUNDLE names no file of certificates") as raised:
        answer_of("https://127.0.0.1:9/")
    assert not raised.value.sent


def test_a_request_for_a_tunnel_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    with talking(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        with pytest.raises(NoAnswerError) as raised:
            answer_of("https://api.example.com/")
    assert not raised.value.sent


@pytest.mark.parametrize(
    ("code", "words"),
    [(10, "has expired"), (62, "is for another name"), (18, "set REQUESTS_CA_BUNDLE"), (20, "set REQUESTS_CA_BUNDLE")],
)
def test_certificates_that_are_not_trusted_say_what_to_set(
    monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code

    def refuse(*_: object, **__: object) -> None:
        raise requests.exceptions.SSLError(error)

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", refuse)
    with pytest.raises(NoAnswerError, match=words):
        answer_of("https://api.example.com/")


def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with talking(OK + b"Content-Length: 2\r\n\r\n{}") as url:
        assert answer_of(url).text == "{}"
    with pytest.raises(NoAnswerError, match="the proxy of this environment"):
        answer_of("http://api.example.com/")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost", "https://[::1]:8", "http://a.localhost/x", "http://127.9.9.9"]
)
def test_loopback(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.1", "https://localhost.example.com", "http://0.0.0.0", "http://127.0.0.1.nip.io", "http://[::2]"],
)
def test_not_loopback(url: str) -> None:
    assert not is_loopback(url)


def test_brackets_in_texts_are_no_nesting() -> None:
    assert nesting('["' + "[" * 1000 + '"]') <= 1
    assert nesting('["\\"' + "[" * 1000 + '"]') <= 1
    assert nesting("[" * (MOST_NESTING + 1) + "]" * (MOST_NESTING + 1)) == MOST_NESTING + 1
    assert nesting("[" * MOST_NESTING + "]" * MOST_NESTING) <= MOST_NESTING


def test_a_log_of_everything_holds_no_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with talking(OK + b"no header\r\nContent-Length: 2\r\n\r\n{}") as url:
        answer_of(f"{url}hook-s3cret", timeout=1)
    assert not caplog.text


def test_a_byte_order_mark_is_passed_over() -> None:
    with talking(OK + b"Content-Length: 5\r\n\r\n\xef\xbb\xbf{}") as url:
        assert answer_of(url).text == "{}"


@pytest.mark.parametrize("unit", ["s3cret-token", "s3cret-token!"])
def test_a_reason_is_not_cut_before_secrets_are_struck_out(unit: str) -> None:
    said = f"HTTQ/1.1 {unit * 300}".encode()
    with talking(said + b"\r\n\r\n") as url, pytest.raises(NoAnswerError) as raised:
        answer_of(url)
    assert raised.value.reason.count("s3cret-token") == 300
