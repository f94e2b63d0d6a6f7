"""A run whose reader leaves, or that is told twice of the same end, stops in order: it cleans up, and says so."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.endpoints.test_records import TOKEN, Tenant
from tests.helpers import ROOT, alone, serving, target_file, the_first
from tests.suites.test_killed import SPACES, started, strict


def words(folder: Path, url: str, *options: str) -> list[str]:
    target = target_file(folder, url, (SPACES.name,))
    config = ["-c", str(ROOT / "pyproject.toml"), str(ROOT / "suites"), "-p", "no:cacheprovider"]
    return [sys.executable, "-m", "pytest", *config, "--target", str(target), "--verdicts", "verdicts.json", *options]


def began(folder: Path, url: str, *options: str, **how: Any) -> subprocess.Popen[str]:
    env = {**alone(), **TOKEN}
    return subprocess.Popen(words(folder, url, *options), cwd=folder, env=env, text=True, **how)


def ended_in_order(folder: Path, tenant: Tenant) -> None:
    assert not tenant.records
    assert not list((folder / ".clausewise").iterdir())
    assert json.loads((folder / "verdicts.json").read_text())["run"]["interrupted"]


@pytest.mark.parametrize("options", the_first([((),), (("-n", "2"),)]), ids=["one process", "two workers"])
def test_of_a_run_whose_reader_leaves(tmp_path: Path, options: tuple[str, ...]) -> None:
    """As `| head -5` does."""
    tenant = Tenant(created=strict)
    with serving(tenant) as url:
        run = began(tmp_path, url, *options, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert run.stdout
        for _ in range(5):
            run.stdout.readline()
        run.stdout.close()
        said = run.communicate()[1]
        assert run.returncode == 128 + signal.SIGPIPE
    ended_in_order(tmp_path, tenant)
    assert said == "stopping, since what the run says cannot be written (Broken pipe)\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")  # noqa: PTH110 - one call
def test_of_a_run_that_has_no_room_to_say_anything(tmp_path: Path) -> None:
    tenant = Tenant(created=strict)
    with serving(tenant) as url, open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        run = began(tmp_path, url, stdout=full, stderr=subprocess.PIPE)
        said = run.communicate()[1]
        assert run.returncode == 128 + signal.SIGPIPE
    ended_in_order(tmp_path, tenant)
    assert said.startswith("stopping, since what the run says cannot be written (")
    assert "Traceback" not in said


def test_of_a_run_that_nobody_reads(tmp_path: Path) -> None:
    """What would hear of the end is full, and nothing waits for it."""
    tenant, (_, full) = Tenant(created=strict), os.pipe()
    os.set_blocking(full, False)
    with suppress(BlockingIOError):
        while True:
            os.write(full, b"." * 65_536)
    os.set_blocking(full, True)
    with serving(tenant) as url:
        run = began(tmp_path, url, stdout=subprocess.DEVNULL, stderr=full)
        while not tenant.asked:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 128 + signal.SIGINT
    ended_in_order(tmp_path, tenant)


def test_of_a_run_whose_terminal_is_gone(tmp_path: Path) -> None:
    tenant, (terminal, its_end) = Tenant(created=strict), pty.openpty()
    with serving(tenant) as url:
        run = began(tmp_path, url, stdout=its_end, stderr=its_end)
        os.close(its_end)
        while not tenant.asked:
            os.read(terminal, 10_000)
        os.close(terminal)
        assert run.wait() == 128 + signal.SIGHUP
    ended_in_order(tmp_path, tenant)


@pytest.mark.parametrize("options", the_first([((),), (("-n", "2"),)]), ids=["one process", "two workers"])
@pytest.mark.parametrize(
    ("number", "pause"), [(signal.SIGTERM, 0.01), (signal.SIGHUP, 0.3)], ids=["by timeout", "by a shell"]
)
def test_of_what_is_told_twice(tmp_path: Path, number: int, pause: float, options: tuple[str, ...]) -> None:
    """`timeout` tells a process and its group; of a closed terminal both the shell and the system tell."""

    def slow(identifier: str) -> tuple[int, Any]:
        time.sleep(0.1)
        return 200, tenant.records.pop(identifier, None)

    tenant = Tenant(created=strict, deleted=slow)
    with serving(tenant) as url:
        run = started(tmp_path, url, *options)
        while len(tenant.records) < 4 and run.process.is_alive():
            time.sleep(0.01)
        run.signal(number)
        time.sleep(pause)
        run.signal(number)
        assert run.finish(60).returncode == 128 + number
    ended_in_order(tmp_path, tenant)
