"""The session, on real sockets: retries, redirects, secrets, created records, time-outs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import load_contract
from endpoints.endpoint import ANONYMOUS, Endpoint
from endpoints.exchange import NOT_JSON
from endpoints.patience import Pace, shared_pace, spent_for
from endpoints.redaction import Redaction
from endpoints.sending import Common
from endpoints.session import BudgetSpentError, Session
from endpoints.targets import load_target
from strategies import ABSENT, Request
from tests.helpers import ROOT, Answering, reply, serving, target_file, the_first

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


def test_secrets_are_struck_out_of_everything_that_is_shown(tmp_path: Path) -> None:
    answer = {"id": 1, "echo": f"Bearer {SECRET}"}
    server = Recorder((200, answer, {"X_Echo": SECRET}))
    request = Request({"title": SECRET}, {"token": SECRET})
    with serving(server) as url:
        common = Common(strike=Redaction({SECRET: "KAITEN_TOKEN"}).text)
        exchange = Session(CONTRACT, endpoint_at(url, tmp_path), common).create(request)
    assert server.sent[0][1]["Authorization"] == f"Bearer {SECRET}"
    assert exchange.json["echo"] == f"Bearer {SECRET}"  # what is judged is what came
    assert SECRET not in json.dumps([exchange.plain, exchange.curl, exchange.outcome, exchange.shown_content])
    assert '-H "Authorization: Bearer $KAITEN_TOKEN"' in exchange.curl


def test_invalid_credentials_are_nobodys(tmp_path: Path) -> None:
    server = Recorder((401, None, {}))
    exchange_with(server, tmp_path, situation=endpoint_at("http://127.0.0.1:9", tmp_path).strangers()[0])
    assert server.sent[0][1]["Authorization"] == "Bearer invalid"


def test_who_has_no_credentials_sends_none(tmp_path: Path) -> None:
    server = Recorder((401, None, {}))
    exchange = exchange_with(server, tmp_path, situation=ANONYMOUS)
    assert not {"Authorization", "Cookie"} & server.sent[0][1].keys()
    assert exchange.situation == "no credentials"


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


def test_a_rate_is_kept(tmp_path: Path) -> None:
    with serving(Recorder((200, {"id": 1}, {}))) as url:
        session = Session(CONTRACT, endpoint_at(url, tmp_path, "requests_per_second = 5\n"))
        started = time.monotonic()
        for _ in range(11):
            session.create(BODY)
    assert time.monotonic() - started >= 2  # 11 requests at 5 a second: the last one starts after two seconds


def test_processes_share_a_rate(tmp_path: Path) -> None:
    with serving(Recorder((200, {"id": 1}, {}))) as url:
        session = Session(
            CONTRACT, endpoint_at(url, tmp_path, "requests_per_second = 5\n"), Common(pace=Pace(processes=2))
        )
        started = time.monotonic()
        for _ in range(6):
            session.create(BODY)
    assert time.monotonic() - started >= 2  # five in two seconds, so that two processes send five a second


@pytest.mark.parametrize("body", [b"NaN", b'{"a": Infinity}', b"", b"\xff", b"<html>"], ids=lambda b: repr(b[:9]))
def test_answers_that_are_not_json(tmp_path: Path, body: bytes) -> None:
    exchange = exchange_with(Recorder((200, body, {})), tmp_path)
    assert exchange.json is NOT_JSON
    assert exchange.succeeded
    assert not exchange.accepted  # the page says that a success is an object
    assert exchange.unanswered


def test_numbers_of_ten_thousand_digits_are_json(tmp_path: Path) -> None:
    exchange = exchange_with(Recorder((200, b'{"id": -' + b"7" * 10_000 + b"}", {})), tmp_path)
    assert isinstance(exchange.json["id"], int)
    assert exchange.json["id"] < -(10**309)  # beyond all doubles


def test_text_that_is_not_utf_8_is_kept_readable(tmp_path: Path) -> None:
    exchange = exchange_with(Recorder((200, b'"\xff\xfe"', {})), tmp_path)
    assert exchange.answer == '"\\xff\\xfe"'


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("soon", 0.4),
        ("-5", 0),
        ("1.2", 1.1),
        ("Fri, 01 Jan 2021 00:00:00 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 -0000", 0),
    ],
)
def test_retry_after_in_every_form(tmp_path: Path, said: str, waits: float) -> None:
    server = Recorder((429, None, {"Retry_After": said}), (200, {"id": 1}, {}))
    started = time.monotonic()
    exchange = exchange_with(server, tmp_path)
    assert (exchange.status, exchange.held_up) == (200, 1)
    assert waits <= time.monotonic() - started < waits + 1


@pytest.mark.parametrize("said", ["3600", "1e999", "Fri, 31 Dec 9999 23:59:59 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_asks_to_wait_too_long_is_given_up_at_once(tmp_path: Path, status: int, said: str) -> None:
    server = Recorder((status, None, {"Retry_After": said}))
    with serving(server) as url:
        session = Session(CONTRACT, endpoint_at(url, tmp_path))
        started = time.monotonic()
        assert session.create(BODY).status == status
        after = session.create(BODY)
    assert time.monotonic() - started < 1
    assert (after.status, len(server.sent)) == (None, 1)
    assert "asks to wait" in after.error


@pytest.mark.long
def test_a_dead_endpoint_is_given_up_in_seconds(tmp_path: Path) -> None:
    session = Session(CONTRACT, endpoint_at("http://127.0.0.1:9", tmp_path))
    started = time.monotonic()
    errors = [session.create(BODY).error for _ in range(100)]
    assert time.monotonic() - started < 30
    assert session.requests < 20
    assert errors[0].startswith("no connection (connection refused")
    assert errors[-1].startswith("the endpoint stopped answering at ")


def test_an_outage_of_some_seconds_is_waited_out(tmp_path: Path) -> None:
    began: list[float] = []

    def down_for_a_while(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        began.append(time.monotonic())
        if began[-1] - began[0] < 2:
            handler.close_connection = True
        else:
            reply(handler, 200, {"id": 1})

    with serving(down_for_a_while) as url:
        session = Session(CONTRACT, endpoint_at(url, tmp_path))
        statuses = [session.create(BODY).status for _ in range(6)]
    assert statuses == [None, None, None, 200, 200, 200]


def test_a_budget_is_a_hard_stop(tmp_path: Path) -> None:
    server = Recorder((200, {"id": 1}, {}))
    with serving(server) as url:
        session = Session(CONTRACT, endpoint_at(url, tmp_path, "budget = { requests = 20, records = 5 }\n"))
        for _ in range(5):
            session.create(BODY)
        with pytest.raises(BudgetSpentError, match="5 records"):
            session.create(BODY)
    assert len(server.sent) == 5


def test_cookies_of_one_answer_do_not_authenticate_the_next(tmp_path: Path) -> None:
    server = Recorder((200, {"id": 1}, {"Set_Cookie": "session=full"}))
    with serving(server) as url:
        session = Session(CONTRACT, endpoint_at(url, tmp_path))
        session.create(BODY)
        session.create(BODY, situation=session.endpoint.strangers()[0])
    assert "Cookie" not in server.sent[1][1]


IN_ONE_PROCESS = """
import sys, time
from pathlib import Path
from endpoints.patience import Pace
pace = Pace(Path(sys.argv[1]), 2)
for _ in range(6):
    pace.wait("host", 10)
    print(time.monotonic())
"""


def test_processes_that_share_a_file_keep_to_one_rate(tmp_path: Path) -> None:
    (tmp_path / "pace").touch()
    command = [sys.executable, "-c", IN_ONE_PROCESS, str(tmp_path / "pace")]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    times = sorted(float(line) for process in both for line in process.communicate()[0].splitlines())
    assert len(times) == 12
    assert times[-1] - times[0] >= 1  # eleven intervals of a tenth, whoever sent
    assert min(after - before for before, after in zip(times, times[2:], strict=False)) > 0.05


def test_the_shared_file_of_a_killed_run_is_cleared_away(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as running:
        for number in (running.pid, "no-number", 2**70):
            (tmp_path / f"pace-{number}").touch()
        own = shared_pace(tmp_path)
        assert {file.name for file in tmp_path.iterdir()} == {f"pace-{running.pid}"}
    own.touch()
    own.write_text('{"": 1e9}', encoding="utf-8")  # of an earlier process with our number, whose clock was ahead
    assert shared_pace(tmp_path) == own
    assert not list(tmp_path.iterdir())


NOVEMBER = "Sun, 06 Nov 1994 08:49:37 GMT"  # 784111777 in Unix time


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"ratelimit": '"default";r=0;t=30'}, 30),
        ({"ratelimit": '"minute";r=5;t=30, "day";r=0;t=3000'}, 3000),
        ({"ratelimit": "limit=100, remaining=0, reset=7", "ratelimit-policy": "100;w=60"}, 7),
        ({"ratelimit-limit": "700", "ratelimit-remaining": "0", "ratelimit-reset": "41"}, 41),
        ({"x-rate-limit": "700", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "9"}, 9),
        ({"vendor-ratelimit-things": "total=100; remaining=0; resets=41"}, 41),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "784114777", "date": NOVEMBER}, 3000),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "784114777000", "date": NOVEMBER}, 3000),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1", "date": NOVEMBER}, 1),
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "784111779", "date": NOVEMBER},
            2,  # by the endpoint's own clock
        ),
        ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "9"}, 0),
        ({"x-ratelimit-remaining": "0"}, 0),
        ({"x-ratelimit-remaining": "none", "x-ratelimit-reset": "soon"}, 0),
        ({"ratelimit": '"default";r=0;t=-1'}, 0),
        ({"-rate-limit" * 5000 + "!": "r=0;t=9", "ratelimit": "=" * 60_000}, 0),
    ],
)
def test_what_answers_tell_of_quotas(headers: dict[str, str], seconds: float) -> None:
    started = time.monotonic()
    assert spent_for(headers) == seconds
    assert time.monotonic() - started < 0.5


def test_a_quota_stands_in_for_a_missing_retry_after(tmp_path: Path) -> None:
    server = Recorder((429, None, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "2"}), (200, {"id": 1}, {}))
    started = time.monotonic()
    assert exchange_with(server, tmp_path).held_up == 1
    assert time.monotonic() - started >= 2


def test_a_spent_quota_is_not_run_into(tmp_path: Path) -> None:
    server = Recorder((200, {"id": 1}, {"RateLimit": '"second";r=0;t=1'}), (200, {"id": 2}, {}))
    with serving(server) as url:
        session = Session(CONTRACT, endpoint_at(url, tmp_path))
        started = time.monotonic()
        assert [session.create(BODY).status for _ in range(2)] == [200, 200]
    assert time.monotonic() - started >= 1


def test_a_quota_that_is_never_there_is_not_waited_for_without_end(tmp_path: Path) -> None:
    pace = Pace()
    for _ in range(100):
        pace.hold_for_quota("host", 59)
    assert pace.held_in_all <= 660


@pytest.mark.parametrize("spoiled", the_first(["a folder", "[]", "{", '{"": "soon"}', "a full disk"]))
def test_a_shared_pace_that_cannot_be_kept_is_kept_by_each_process(spoiled: str, tmp_path: Path) -> None:
    """At the share that each of two has."""
    file = tmp_path if spoiled == "a folder" else tmp_path / "pace"
    if file is not tmp_path:
        file.write_text("" if spoiled == "a full disk" else spoiled, encoding="utf-8")
    full = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n" if spoiled == "a full disk" else ""
    done = subprocess.run(
        [sys.executable, "-c", full + IN_ONE_PROCESS, str(file)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    times = [float(line) for line in done.stdout.splitlines()]
    assert len(times) == 6, done.stderr
    assert 0.8 <= times[-1] - times[0] < 3  # fifths of a second; on a full disk the first tells that it is


@pytest.mark.parametrize("status", the_first([429, 503]))
def test_an_endpoint_that_goes_on_asking_for_patience_is_given_up(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("endpoints.patience._VAIN", 2.0)
    server = Recorder((status, None, {"Retry_After": "0.4"}))
    with serving(server) as url:
        session, sent = Session(CONTRACT, endpoint_at(url, tmp_path)), 0
        while (last := session.create(BODY)).status is not None:
            sent += 1
    assert sent == (2 if status == 429 else 5)  # three waits each, or one
    assert f"goes on answering {status}" in last.error


def test_an_endpoint_that_is_busy_now_and_then_is_not_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("endpoints.patience._VAIN", 0.5)
    busy: tuple[int, Any, dict[str, str]] = (503, None, {"Retry_After": "0.4"})
    done: tuple[int, Any, dict[str, str]] = (200, {"id": 1}, {})
    with serving(Recorder(*[busy, done] * 6)) as url:
        session = Session(CONTRACT, endpoint_at(url, tmp_path))
        assert [session.create(BODY).status for _ in range(12)] == [503, 200] * 6
