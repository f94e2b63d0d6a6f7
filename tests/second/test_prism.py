"""The second service as Prism mocks it from the file alone: nothing of ours crashes, and what Prism does wrong is told.

Prism answers each operation with one example, whatever was sent, and lets anybody in who sends a token.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers import run_suites
from tests.installed import from_npm
from tests.second.service import TOKEN, describe

PRISM = "@stoplight/prism-cli@5.14.2"


@contextmanager
def prism(program: Path, description: Path) -> Iterator[str]:
    """A Prism that mocks a description on a free port of loopback; gives its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(program), "mock", str(description), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, "Prism ended"
            assert time.monotonic() < end, "Prism does not listen"
            time.sleep(0.1)
        else:
            return


@pytest.mark.long
def test_a_mock_made_from_the_file_is_told_its_faults(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    program = from_npm(pytestconfig, PRISM) / "node_modules/.bin/prism"
    description = tmp_path / "library.json"
    describe(description)
    with prism(program, description) as url:
        options = ("--contract", str(description), "--base-url", url, "--profile", "quick")
        header = ("--header", "Authorization: Bearer ${LIBRARY_TOKEN}")
        finished = run_suites(tmp_path, *options, *header, LIBRARY_TOKEN=TOKEN)
    assert finished.code == 1, finished.output
    assert "Traceback" not in finished.output
    assert "Clausewise failed here" not in finished.output
    broken = {clause for clause, outcome in finished.outcomes.items() if outcome == "broken"}
    assert broken, "it lets anybody in, and some of what it should refuse"
    assert all("/authentication/" in clause or "/request/" in clause for clause in broken), broken
    assert "library.stats_stats_get/authentication/HTTPBearer" in broken
    # its examples have the id 0, which its own operations do not take: records that can't be deleted again are told
    assert finished.verdicts["run"]["left"] > 0
    assert "may be left on the target" in finished.output
