"""The session, on real sockets: retries, redirects, secrets, created records, time-outs."""

from __future__ import annotations

import os
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import load_contract
from endpoints.exchange import NOT_JSON
from endpoints.ledger import Ledger, clean_up
from endpoints.session import Created, Session
from endpoints.targets import Endpoint, load_target
from strategies import ABSENT, Request
from tests.helpers import Answering, reply, serving, target_file

CONTRACT = load_contract("kaiten-create-space")
SECRET = "s3cret-token"
BODY = Request({"title": "Clausewise"})


def endpoint_at(url: str, folder: Path, more: str = "") -> Endpoint:
    file = target_file(folder, url, (CONTRACT.name,))
    file.write_text(more + file.read_text(encoding="utf-8"), encoding="utf-8")
    return load_target(file).endpoint(CONTRACT.name, {"KAITEN_TOKEN": SECRET})


class Recorder:
    """A server that answers from a list, and remembers what it was sent."""

    def __init__(self, *answers: tuple[int, Any, dict[str, str]]) -> None:
        self.answers, self.sent = list(answers), list[tuple[str, dict[str, str], bytes]]()

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.sent.append((f"{handler.command} {handler.path}", dict(handler.headers.items()), body))
        status, answer, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        reply(handler, status, answer, **headers)


def exchange_with(answering: Answering, folder: Path, more: str = "", **how: Any) -> Any:
    with serving(answering) as url:
        return Session(CONTRACT, endpoint_at(url, folder, more)).create(how.pop("request", BODY), **how)


def test_retry_after_is_honoured(tmp_path: Path) -> None:
    server = Recorder((429, None, {"Retry_After": "1"}), (200, {"id": 1}, {}))
    started = time.monotonic()
    exchange = exchange_with(server, tmp_path)
    assert exchange.status == 200
    assert len(server.sent) == 2
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_post_that_may_have_been_done_is_not_repeated(tmp_path: Path, status: int) -> None:
    server = Recorder((status, None, {"Retry_After": "0"}))
    assert exchange_with(server, tmp_path).status == status
    assert len(server.sent) == 1


def test_a_post_whose_connection_breaks_is_not_repeated(tmp_path: Path) -> None:
    seen = []

    def hang_up(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        seen.append(body)
        handler.close_connection = True

    exchange = exchange_with(hang_up, tmp_path)
    assert exchange.status is None
    assert exchange.error.startswith("no connection")
    assert len(seen) == 1


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    with serving(Recorder((200, {}, {}))) as elsewhere:
        server = Recorder((307, None, {"Location": f"{elsewhere}/stolen"}))
        exchange = exchange_with(server, tmp_path)
    assert exchange.status == 307
    assert exchange.failed


def test_a_server_that_does_not_answer_in_time(tmp_path: Path) -> None:
    def sleepy(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        time.sleep(1)
        reply(handler, 200)

    with serving(sleepy) as url:
        endpoint = endpoint_at(url, tmp_path)
        endpoint = type(endpoint)(**{**vars(endpoint), "timeout": 0.2})
        assert Session(CONTRACT, endpoint).create(BODY).error == "no answer within 0.2 s"


def test_secrets_are_struck_out_of_everything(tmp_path: Path) -> None:
    answer = {"id": 1, "echo": f"Bearer {SECRET}"}
    server = Recorder((200, answer, {"X_Echo": SECRET}))
    request = Request({"title": SECRET}, {"token": SECRET})
    exchange = exchange_with(server, tmp_path, request=request)
    assert server.sent[0][1]["Authorization"] == f"Bearer {SECRET}"
    shown = [exchange.url, exchange.content, exchange.answer, *exchange.headers.values(), exchange.curl]
    assert SECRET not in repr((shown, dict(exchange.answer_headers)))
    assert '-H "Authorization: Bearer $KAITEN_TOKEN"' in exchange.curl


def test_invalid_credentials_are_nobodys(tmp_path: Path) -> None:
    server = Recorder((401, None, {}))
    exchange_with(server, tmp_path, invalid=True)
    assert server.sent[0][1]["Authorization"] == "Bearer invalid"


def test_headers_can_be_replaced_and_left_out(tmp_path: Path) -> None:
    server = Recorder((200, {}, {}))
    exchange_with(server, tmp_path, request=Request({}, headers={"Content-Type": "text/plain", "Accept": ABSENT}))
    sent = server.sent[0][1]
    assert sent["Content-Type"] == "text/plain"
    assert sent.get("Accept") != "application/json"


def test_netrc_does_not_speak_for_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = Recorder((200, {}, {}))
    exchange_with(server, tmp_path)
    assert server.sent[0][1]["Authorization"] == f"Bearer {SECRET}"


def test_created_records_are_noted_before_anything_else(tmp_path: Path) -> None:
    noted: list[Created] = []
    with serving(Recorder((200, {"id": 42}, {}))) as url:
        session = Session(CONTRACT, endpoint_at(url, tmp_path), noted.append)
        session.create(BODY)
        assert len(noted) == session.created
    assert [(created.id, created.delete_url) for created in noted] == [("42", f"{url}/api/latest/spaces/42")]


def test_a_rate_is_kept(tmp_path: Path) -> None:
    with serving(Recorder((200, {"id": 1}, {}))) as url:
        session = Session(CONTRACT, endpoint_at(url, tmp_path, "requests_per_second = 5\n"))
        started = time.monotonic()
        for _ in range(11):
            session.create(BODY)
    assert time.monotonic() - started >= 2  # 11 requests at 5 a second: the last one starts after two seconds


def test_processes_share_a_rate(tmp_path: Path) -> None:
    with serving(Recorder((200, {"id": 1}, {}))) as url:
        session = Session(CONTRACT, endpoint_at(url, tmp_path, "requests_per_second = 5\n"), processes=2)
        started = time.monotonic()
        for _ in range(6):
            session.create(BODY)
    assert time.monotonic() - started >= 2  # five in two seconds, so that two processes send five a second


@pytest.mark.parametrize("body", [b"[" * 100_000, b"NaN", b'{"a": Infinity}', b"", b"\xff"], ids=lambda b: repr(b[:9]))
def test_answers_that_are_not_json(tmp_path: Path, body: bytes) -> None:
    exchange = exchange_with(Recorder((200, body, {})), tmp_path)
    assert exchange.json is NOT_JSON
    assert exchange.accepted


def test_text_that_is_not_utf_8_is_kept_readable(tmp_path: Path) -> None:
    exchange = exchange_with(Recorder((200, b'"\xff\xfe"', {})), tmp_path)
    assert exchange.answer == '"\\xff\\xfe"'


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "created.jsonl")


def test_clean_up_deletes_and_keeps_what_it_cannot(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "KAITEN_TOKEN", SECRET)

    def stubborn(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        reply(handler, 403 if handler.path.endswith("/2") else 204)

    with serving(stubborn) as url:
        for number in ("1", "2", "3"):
            ledger.note(Created(CONTRACT.name, number, f"{url}/api/latest/spaces/{number}", ""))
        target = load_target(target_file(tmp_path, url, (CONTRACT.name,)))
        assert clean_up(ledger.file, target) == (2, 1)
        assert ledger.file.read_text().count("\n") == 1
    with serving(Recorder((404, None, {}))) as url:
        ledger.file.write_text(
            ledger.file.read_text().replace(ledger.file.read_text().split('"')[7].rsplit("/api")[0], url)
        )
        assert clean_up(ledger.file, target) == (1, 0)
    assert not ledger.file.exists()
