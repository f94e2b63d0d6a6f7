"""How fast a whole run is: beside a bare loop of the same exchanges, and beside Schemathesis' own command line.

    python -m tests.benchmarks.running

Everything is sent to one mock. The loop sends with `requests` what a run of profile ci sent, and does nothing else.
Schemathesis runs the exported contracts, with the mock's fields laid over them, under those of its checks that the
faultless mock passes. How many requests it takes until a fault is caught is counted by the mock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import click
import requests

from contracts.contract import Contract, load_contracts
from endpoints.embedded import EmbeddedMock, control
from endpoints.mock.app import CONTROL
from endpoints.mock.faults import FAULTS
from endpoints.targets import MOCK_TARGET, load_target
from endpoints.transport import Answer, Transport
from tests.helpers import ROOT, run_module
from tests.matrix import run_on_mock, watched

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "negative_data_rejection", "positive_data_acceptance",
)  # fmt: skip
EVERY = 24  # of the faults, each so many-th is tried


@contextmanager
def recorded() -> Iterator[list[tuple[float, requests.PreparedRequest]]]:
    """The requests that are sent meanwhile, with the times at which they were."""
    sent: list[tuple[float, requests.PreparedRequest]] = []
    send = Transport.send

    def noting(transport: Transport, request: requests.PreparedRequest, timeout: float) -> Answer:
        sent.append((time.perf_counter(), request))
        return send(transport, request, timeout)

    Transport.send = noting  # type: ignore[assignment, method-assign]
    try:
        yield sent
    finally:
        Transport.send = send  # type: ignore[method-assign]


def beside_a_loop() -> None:
    """Requests a second of a run, and of a loop that repeats them."""
    names = [contract.name for contract in load_contracts()]
    run_on_mock((), names, "quick")  # so that everything is imported
    with recorded() as sent:
        run_on_mock((), names, "ci")
    own = [(at, request) for at, request in sent if CONTROL not in str(request.url)]
    run_seconds = own[-1][0] - own[0][0]
    again = [(r.method or "", r.url or "", dict(r.headers), r.body) for _, r in own]
    loop_seconds = median(_loop(again) for _ in range(3))
    run_rate, loop_rate = len(again) / run_seconds, len(again) / loop_seconds
    click.echo(f"a run: {run_rate:,.0f} requests a second from the first of {len(again):,} to the last; ", nl=False)
    click.echo(f"a bare loop of the same: {loop_rate:,.0f}; ratio {run_rate / loop_rate:.2f}")


def _loop(sent: list[tuple[str, str, dict[str, str], Any]]) -> float:
    start = time.perf_counter()
    with requests.Session() as session:
        for method, url, headers, body in sent:
            session.request(method, url, headers=headers, data=body, timeout=10)
    return time.perf_counter() - start


def beside_schemathesis() -> None:
    """Requests a second of both command lines, and requests until faults are caught."""
    with EmbeddedMock() as other, tempfile.TemporaryDirectory() as folder:
        commands = {
            contract.name: command_of(contract, other.environment, Path(folder)) for contract in load_contracts()
        }
        calls, seconds = _timed(other, commands.values())
        click.echo(
            f"schemathesis run: {calls / seconds:,.0f} requests a second ({calls:,} in {seconds:.0f} s); ", nl=False
        )
        ours = [[sys.executable, "-m", "pytest", "suites", "-q"]]
        calls, seconds = _timed(other, ours)
        click.echo(f"pytest suites: {calls / seconds:,.0f} ({calls:,} in {seconds:.0f} s), both with their start-up")
        _until_caught(other, commands)


def _timed(other: EmbeddedMock, commands: Any) -> tuple[int, float]:
    before, start = _calls(other), time.perf_counter()
    for command in commands:
        _ran(command, _environment(other))
    return _calls(other) - before, time.perf_counter() - start


def _ran(command: list[str], environment: Mapping[str, str] = os.environ) -> int:
    """Run a command and give its exit code. Schemathesis starts without what it remembers of failures elsewhere."""
    with tempfile.TemporaryDirectory() as empty:
        folder = ROOT if "pytest" in command else Path(empty)
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False).returncode


def _environment(other: EmbeddedMock) -> dict[str, str]:
    return {**os.environ, **other.environment, "PYTHONDONTWRITEBYTECODE": ""}


def _calls(other: EmbeddedMock) -> int:
    return int(control(other.base_url)["calls"])


def _until_caught(other: EmbeddedMock, commands: dict[str, list[str]]) -> None:
    chosen = list(FAULTS)[::EVERY]
    theirs, ours = [], []
    for fault in chosen:
        command = commands[FAULTS[fault].contracts[0]]
        other.switch(fault)
        before = _calls(other)
        if _ran([*command, "--max-failures", "1"]) == 1:
            theirs.append(_calls(other) - before)
        other.switch()
        seen = watched(fault)
        if seen.caught:
            ours.append(seen.requests)
    click.echo(
        f"of {len(chosen)} faults (each {EVERY}th), schemathesis caught {len(theirs)}, after a median of ", nl=False
    )
    click.echo(f"{median(theirs or [0]):.0f} requests; the suites {len(ours)}, after {median(ours or [0]):.0f}")


def command_of(contract: Contract, environment: Mapping[str, str], folder: Path) -> list[str]:
    """`schemathesis run` on one contract, with the checks that the faultless mock passes."""
    endpoint = load_target().endpoint(contract.name, environment)
    file = folder / f"{contract.name}.json"
    printed = run_module("contracts", "export", contract.name, "--target", str(MOCK_TARGET), **environment)
    file.write_text(printed.stdout, encoding="utf-8")
    headers = next(iter(endpoint.authentication.values())).headers
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(file), "--url", endpoint.base_url]
    command += [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    command += ["--phases", "examples,coverage,fuzzing", "--seed", "1", "--max-examples", "100"]
    return [*command, "--checks", ",".join(_passing(command))]


def _passing(command: list[str]) -> list[str]:
    """The checks under which nothing is found where there is nothing to find."""
    passing = [check for check in CHECKS if _ran([*command, "--checks", check]) == 0]
    return passing or ["not_a_server_error"]


def main() -> None:
    beside_a_loop()
    beside_schemathesis()


if __name__ == "__main__":
    main()
