"""How long a run takes when every answer takes 100 ms: with one connection and with four, beside Schemathesis.

    python -m tests.benchmarks.waiting [--faults]

Everything is sent to a mock in a process of its own, which waits before each answer. With `--faults`, some faults are
switched on, one after the other, to see whether both still catch them, and how soon.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import click

from contracts.contract import load_contracts
from endpoints.embedded import EmbeddedMock, control, environment_of
from endpoints.mock import app, server
from endpoints.mock.faults import FAULTS
from endpoints.targets import MOCK_TARGET
from tests.benchmarks.running import command_of
from tests.helpers import ROOT

SECONDS = 0.1
CONNECTIONS = 4
EVERY = 48  # of the faults, each so many-th is tried


def serve() -> None:
    """The mock, with every answer but those of its control delayed; it ends with its standard input."""
    made: Callable[..., Any] = app.create_app

    def slow(*how: Any) -> Any:
        inner = made(*how)

        async def wait(scope: Any, receive: Any, send: Any) -> None:
            if scope.get("path") != app.CONTROL:
                await asyncio.sleep(SECONDS)
            await inner(scope, receive, send)

        return wait

    vars(server)["create_app"] = slow
    server.serve(0, announce=lambda url: print(url, flush=True), until_stdin_closes=True)


@contextmanager
def slow_mock() -> Iterator[str]:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-m", __spec__.name, "--serve"], cwd=ROOT, **pipes) as process:
        assert process.stdout
        assert process.stdin
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def timed(url: str, command: list[str]) -> tuple[float, int, int]:
    """Seconds, requests and exit code of a command."""
    before, start = control(url)["calls"], time.perf_counter()
    with tempfile.TemporaryDirectory() as empty:
        folder = ROOT if "pytest" in command else Path(empty)  # Schemathesis remembers failures where it runs
        environment = {**os.environ, **environment_of(url)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return time.perf_counter() - start, control(url)["calls"] - before, done.returncode


def suites(folder: Path, profile: str, connections: int, *more: str) -> list[str]:
    target = folder / f"target-{connections}.toml"
    target.write_text(f"connections = {connections}\n{MOCK_TARGET.read_text(encoding='utf-8')}", encoding="utf-8")
    words = ["-m", "pytest", "suites", "-q", "-p", "no:cacheprovider", "--target", str(target), "--profile", profile]
    return [sys.executable, *words, *more]


def commands(url: str, folder: Path) -> dict[str, list[str]]:
    """`schemathesis run` for each contract, with those of its checks that a faultless, fast mock passes."""
    with EmbeddedMock() as fast:
        made = {contract.name: command_of(contract, fast.environment, folder) for contract in load_contracts()}
    more = ["--workers", str(CONNECTIONS)]
    return {name: [*(w.replace(fast.base_url, url) for w in words), *more] for name, words in made.items()}


def main() -> None:
    with slow_mock() as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for profile in ("quick", "ci"):
            for connections in (1, CONNECTIONS):
                seconds, requests, _ = timed(url, suites(folder, profile, connections))
                click.echo(
                    f"pytest suites, {profile}, {connections} connections: {seconds:.0f} s, {requests:,} requests"
                )
        theirs = commands(url, folder)
        found = [timed(url, command) for command in theirs.values()]
        seconds, requests = sum(one[0] for one in found), sum(one[1] for one in found)
        click.echo(f"schemathesis run --workers {CONNECTIONS}: {seconds:.0f} s, {requests:,} requests")
        if "--faults" in sys.argv:
            beside(url, folder, theirs)


def beside(url: str, folder: Path, theirs: dict[str, list[str]]) -> None:
    """Of some faults, how many are caught, and after how many seconds of the whole command."""
    chosen = list(FAULTS)[::EVERY]
    for tool in ("suites, quick", "schemathesis"):
        seconds, caught = [], 0
        for fault in chosen:
            contract = FAULTS[fault].contracts[0]
            own = suites(folder, "quick", CONNECTIONS, "--contract", contract)
            control(url, [fault])
            took, _, code = timed(url, own if tool.startswith("suites") else theirs[contract])
            control(url, [])
            seconds.append(took)
            caught += code == 1
        click.echo(f"{tool}: {caught} of {len(chosen)} faults caught, {median(seconds):.1f} s each (median)")


if __name__ == "__main__":
    serve() if "--serve" in sys.argv else main()
