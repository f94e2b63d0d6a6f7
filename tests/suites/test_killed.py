"""Runs that are killed at random moments leave nothing behind, or say in their ledger what is left."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import threading
import time
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import load_contract
from endpoints.cleaning import clean_up
from endpoints.ledger import abandoned, read_ledger
from endpoints.targets import load_target
from reports.merging import merge_verdicts
from tests.endpoints.test_records import TOKEN, Tenant
from tests.helpers import Running, begin_suites, serving, target_file

SPACES = load_contract("kaiten-create-space")
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))]
RATE = 100  # requests a second
FIRST = r"stopping: (\d+) records that this run made are deleted first \(about (\d+) s at this rate\)"
ASKED = FIRST + "; press again to leave at once"
NAMED = r"(?P<file>\S+) names (?P<records>\d+) records.*: python -m endpoints clean-up (?P=file) --target \S+"
OTHERS = {"id": 7, "title": "a user's space"}


def strict(record: dict[str, Any]) -> tuple[int, Any]:
    """Titles are checked, so that some requests are refused."""
    title = record.get("title")
    fits = isinstance(title, str | int | float) and 1 <= len(str(title)) <= 256
    return (200, {**record, "uid": f"{record['id']:032x}"}) if fits else (400, {"message": "no"})


def started(folder: Path, url: str, *options: str) -> Running:
    return begin_suites(folder, "--target", str(target_file(folder, url, (SPACES.name,))), *options, **TOKEN)


def killed(folder: Path, tenant: Tenant, number: int, seed: int, *options: str) -> tuple[int, str]:
    """A run that gets a signal at a random moment after its first request: exit code and terminal."""
    with serving(tenant) as url:
        run = started(folder, url, *options)
        while not tenant.asked and run.process.is_alive():
            time.sleep(0.01)
        time.sleep(random.Random(seed).uniform(0, 1.5))
        run.signal(number)
        done = run.finish(60)
        deadline = time.monotonic() + 30
        while (
            any(abandoned("somewhere", folder / ".clausewise")) is False
            and tenant.records.keys() - {"7"}
            and time.monotonic() < deadline
        ):
            time.sleep(0.1)  # workers of a killed controller end by themselves
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two workers"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"])
@pytest.mark.parametrize("seed", SEEDS)
def test_asked_to_stop_a_run_cleans_up(
    tmp_path: Path, number: int, code: int, options: tuple[str, ...], seed: int
) -> None:
    tenant = Tenant(records={"7": OTHERS}, created=strict)
    returned, output = killed(tmp_path, tenant, number, seed, *options)
    assert (returned, set(tenant.records)) == (code, {"7"}), output
    assert not list((tmp_path / ".clausewise").iterdir()), output
    assert "Traceback" not in output
    verdicts = json.loads((tmp_path / "verdicts.json").read_text())
    assert verdicts["run"]["interrupted"]
    if verdicts["run"]["created"]:
        assert output.count("all that it made is deleted") == 1, output


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_asked_twice_a_run_ends_at_once_and_says_where_its_records_stand(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """And before that, what it does first; nothing is lost in what pytest captures."""

    def slow(identifier: str) -> tuple[int, Any]:
        deleting.set()
        time.sleep(0.3)
        return 200, tenant.records.pop(identifier, None)

    deleting, tenant = threading.Event(), Tenant(created=strict)
    tenant.deleted = slow
    with serving(tenant) as url:
        target = target_file(tmp_path, url, (SPACES.name,))
        target.write_text(f"requests_per_second = {RATE}\n{target.read_text()}")
        run = begin_suites(tmp_path, "--target", str(target), *options, **TOKEN)
        assert deleting.wait(60)
        run.signal(signal.SIGINT)
        time.sleep(0.2)
        run.signal(signal.SIGINT)
        done = run.finish(60)
    assert done.returncode == 130
    first, second, *ledgers = filter(None, done.stderr.split("\n"))
    began = re.fullmatch(ASKED, first)
    assert began, first
    assert int(began[2]) == ceil(int(began[1]) * 2 / RATE)
    assert second == "ended at once; what was made and is not deleted stands in the ledgers of .clausewise/"
    assert ledgers
    for line in ledgers:
        named = re.fullmatch(NAMED, line)
        assert named, line
        assert 0 < len(read_ledger(tmp_path / named["file"]).records) <= int(named["records"])


def test_a_run_that_is_asked_to_stop_while_it_cleans_up_says_so(tmp_path: Path) -> None:
    def last(identifier: str) -> tuple[int, Any]:
        tenant.deleted = None
        run.signal(signal.SIGHUP)
        time.sleep(0.2)
        return 200, tenant.records.pop(identifier, None)

    tenant = Tenant(created=strict, deleted=last)
    with serving(tenant) as url:
        run = started(tmp_path, url, "-k", "title/maxLength")
        done = run.finish(60)
    assert done.returncode == 129
    assert done.stdout.rstrip().endswith("exit 129: it was asked to stop, all that it made is deleted")
    assert not tenant.records


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two workers"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_run_can_be_cleaned_up(tmp_path: Path, options: tuple[str, ...], seed: int, monkeypatch: Any) -> None:
    tenant = Tenant(records={"7": OTHERS}, created=strict)
    killed(tmp_path, tenant, signal.SIGKILL, seed, *options)
    journal = tmp_path / "verdicts.json.journal"
    assert journal.exists()
    assert merge_verdicts([journal])["run"]["interrupted"]
    for name, value in TOKEN.items():
        monkeypatch.setenv(name, value)
    with serving(tenant) as url:
        target, unknown = load_target(target_file(tmp_path, url, (SPACES.name,))), 0
        for file in abandoned("somewhere", tmp_path / ".clausewise"):
            text = file.read_text()
            port = text.partition("http://127.0.0.1:")[2].partition("/")[0]
            file.write_text(text.replace(f"127.0.0.1:{port}/", url.removeprefix("http://") + "/"))
            unknown += len(read_ledger(file).unknown)
            clean_up(file, target)
    assert unknown <= 4, "more than were in flight"
    assert "7" in tenant.records
    assert len(tenant.records) <= 1 + unknown, "what a ledger names is gone"


def test_a_run_whose_worker_is_killed_says_why_it_is_red(tmp_path: Path) -> None:
    tenant = Tenant(created=strict)
    with serving(tenant) as url:
        run = started(tmp_path, url, "-n", "1", "-v", "-k", "title/maxLength")
        folder = tmp_path / ".clausewise"
        while not (tenant.records and list(folder.glob("*.jsonl"))):
            time.sleep(0.01)
        os.kill(int(next(folder.glob("*.jsonl")).stem.rpartition("-")[2]), signal.SIGKILL)
        done = run.finish(60)
    assert done.returncode == 1
    assert "replacing crashed worker" not in done.stdout, "it would spend the budget anew"
    assert "exit 1: a worker was killed, and what it has made may be left on the target" in done.stdout
