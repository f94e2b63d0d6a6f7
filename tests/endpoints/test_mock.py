"""The mock as a server: it starts, tells what is wrong with its port, and never outlives who started it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

import requests

from endpoints.embedded import EmbeddedMock
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
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=10) == 0
    assert "export KAITEN_TOKEN=kaiten-full\n" in lines


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
