"""The mock as a server: it starts, tells what is wrong with its port, and never outlives who started it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

import requests

from endpoints.embedded import EmbeddedMock
from endpoints.mock.app import CONTROL, ENVIRONMENT
from endpoints.mock.faults import FAULTS
from endpoints.mock.manners import MANNERS
from tests.helpers import ROOT, run_module


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_module("endpoints", "serve", "--port", str(port))
    assert done.returncode == 2
    assert f"port {port} cannot be used" in done.stderr
    assert "choose another one with --port" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_stops_with_its_context() -> None:
    with EmbeddedMock() as mock:
        assert requests.get(f"{mock.base_url}/api/latest/spaces/1", timeout=5).status_code == 401
    assert not answers(mock.base_url)


def test_it_stops_when_its_starter_is_killed() -> None:
    code = (
        "import time; from endpoints.embedded import EmbeddedMock\n"
        "mock = EmbeddedMock(); print(mock.base_url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        url = starter.stdout.readline().strip()
        assert answers(url)
        starter.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while answers(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(url)


def test_for_people_it_says_where_and_with_what() -> None:
    command = [sys.executable, "-m", "endpoints", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("serving"):
            lines.append(serving.stdout.readline())
        try:
            assert answers(lines[-1].split()[-1]), "it says so once it listens, and heeds signals once it answers"
            serving.send_signal(signal.SIGINT)
            assert serving.wait(timeout=60) == 0
        finally:
            serving.kill()  # or a failure would wait for it forever
    assert "export KAITEN_TOKEN=kaiten-full\n" in lines


def test_it_drifts_at_a_call() -> None:
    fault = "kaiten-create-space/status/200:201"
    command = [sys.executable, "-m", "endpoints", "serve", "--port", "0", "--fault", fault, "--drift-at", "3"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        lines = [serving.stdout.readline() for _ in range(len(ENVIRONMENT) + 2)]
        url, headers = lines[-1].split()[-1], {"Authorization": f"Bearer {ENVIRONMENT['KAITEN_TOKEN']}"}
        try:
            statuses = [
                requests.post(f"{url}/api/latest/spaces", json={"title": "x"}, headers=headers, timeout=5).status_code
                for _ in range(4)
            ]
            requests.put(url + CONTROL, json={"on": [fault]}, timeout=5)
            switched = requests.post(f"{url}/api/latest/spaces", json={"title": "x"}, headers=headers, timeout=5)
        finally:
            serving.send_signal(signal.SIGINT)
    assert statuses == [200, 200, 201, 201]
    assert switched.status_code == 201
    assert run_module("endpoints", "serve", "--drift-at", "0").returncode == 2


def test_hostile_bodies_are_refused_and_never_crash_it() -> None:
    bodies = [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"title": 1e999}',
        b'{"title": NaN}',
        b"[" * 100_000,
        b'{"title": "\\ud800"}',
        b"null",
    ]
    with EmbeddedMock() as mock:
        headers = {"Authorization": f"Bearer {mock.environment['KAITEN_TOKEN']}", "Content-Type": "application/json"}
        for body in bodies:
            answer = requests.post(f"{mock.base_url}/api/latest/spaces", data=body, headers=headers, timeout=5)
            assert answer.status_code == 400, body[:40]


def answers(url: str) -> bool:
    try:
        requests.get(f"{url}/anything", timeout=5)
    except requests.ConnectionError:
        return False
    return True


def test_it_is_switched_while_it_runs() -> None:
    with EmbeddedMock() as mock:
        url, headers = f"{mock.base_url}/api/latest/spaces", {"Authorization": "Bearer kaiten-full"}
        long = {"title": "a" * 257}

        def status() -> int:
            return requests.post(url, json=long, headers=headers, timeout=5).status_code

        assert status() == 400
        done = run_module(
            "endpoints", "switch", "kaiten-create-space/request/title/maxLength:257-taken", "--url", mock.base_url
        )
        assert done.stdout == "on: kaiten-create-space/request/title/maxLength:257-taken\n"
        assert status() == 200
        assert run_module("endpoints", "switch", "--url", mock.base_url).stdout == "nothing is on\n"
        assert status() == 400


def test_a_switch_that_there_is_not() -> None:
    with EmbeddedMock() as mock:
        mock.switch("latency")
        done = run_module("endpoints", "switch", "latenci", "--url", mock.base_url)
        assert done.returncode == 2
        assert "there is no fault or manner 'latenci'" in done.stderr
        kept = requests.get(mock.base_url + CONTROL, timeout=5).json()
        assert kept["on"] == ["latency"], "a mistake changes nothing"
        for body in ("[]", "{}", "no JSON"):
            answer = requests.put(mock.base_url + CONTROL, data=body, timeout=5)
            assert (answer.status_code, answer.json()) == (400, {"error": 'the body must be {"on": [ID, …]}'})
    done = run_module("endpoints", "serve", "--port", "0", "--fault", "no-such-fault")
    assert done.returncode == 2
    assert "there is no fault or manner 'no-such-fault'" in done.stderr


def test_no_mock_to_switch() -> None:
    done = run_module("endpoints", "switch", "latency", "--url", "http://127.0.0.1:9")
    assert done.returncode == 2
    assert "no mock answers at http://127.0.0.1:9" in done.stderr


def test_faults_and_manners_are_listed() -> None:
    listed = run_module("endpoints", "faults").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(FAULTS)
    assert all(line.split()[1] == line.split(":")[0] for line in listed)
    own = run_module("endpoints", "faults", "--contract", "zendesk-create-record").stdout.splitlines()
    assert {line.split("/")[0] for line in own} == {"zendesk-create-record"}
    assert [line.split()[0] for line in run_module("endpoints", "manners").stdout.splitlines()] == list(MANNERS)
    done = run_module("endpoints", "faults", "--contract", "nobody")
    assert done.returncode == 2
    assert "no fault belongs to 'nobody'" in done.stderr


def test_renewed_tokens_retire_the_old_ones() -> None:
    with EmbeddedMock(["renewed-tokens"]) as mock:
        url = f"{mock.base_url}/api/latest/spaces"
        first, second = (mock.environment["KAITEN_TOKEN"] for _ in range(2))
        statuses = [
            requests.post(url, json={"title": "t"}, headers={"Authorization": f"Bearer {token}"}, timeout=5).status_code
            for token in (first, second, "kaiten-full")
        ]
    assert statuses == [401, 200, 401]


def test_target_files_may_have_the_tokens_names_of_before() -> None:
    """Renamed once, they took 14 inputs of others with them."""
    before = {"KAITEN_TOKEN_BASIC", "ATTIO_TOKEN_NARROW", "KINTONE_TOKEN_NO_ADD", "KINTONE_TOKEN_NO_EDIT"}
    assert before <= ENVIRONMENT.keys()
