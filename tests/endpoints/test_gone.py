"""What counts as gone: servers that know different records, lagging reads, rights that were lost behind a 404."""

from __future__ import annotations

import os
import signal
import time
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from endpoints.cleaning import clean_up
from endpoints.ledger import Ledger, abandoned, read_ledger
from endpoints.records import Use
from endpoints.sending import Common
from endpoints.session import Session
from endpoints.targets import load_target
from strategies import Request
from tests.endpoints.test_records import CONTRACT, OURS, TOKEN, Tenant, live
from tests.helpers import ROOT, Running, serving, target_file

NONE = (404, None)


def make(session: Any, number: int) -> None:
    session.create(Request({**OURS, "title": f"Clausewise {number}"}))


@pytest.mark.parametrize("second", [0, 1], ids=["even", "odd"])
def test_two_servers_of_which_one_knows_no_record(tmp_path: Path, second: int) -> None:
    """Every other request comes to it; what it does not find is not gone."""
    turns = count()

    def by_turns(do: Any) -> Any:
        return lambda identifier: NONE if next(turns) % 2 == second else do(identifier)

    tenant = Tenant()
    tenant.read, tenant.deleted = by_turns(tenant._read), by_turns(tenant._delete)
    with live(tenant, tmp_path, "patience = 0.5\n") as (session, ledger):
        for number in range(6):
            make(session, number)
    named = {created.id for created in read_ledger(ledger.file).records}
    assert tenant.records.keys() <= named
    assert not tenant.records


@pytest.mark.parametrize("hidden", ["all", "deletes"])
def test_rights_that_are_lost_look_like_records_that_are_gone(tmp_path: Path, hidden: str) -> None:
    tenant = Tenant()
    with live(tenant, tmp_path, "patience = 0\nbudget = { most_records = 3 }\n") as (session, ledger):
        with session.making(Use.SPARE):
            for number in range(5):
                make(session, number)
        assert len(tenant.records) == 3  # some were seen to be deleted
        tenant.deleted = lambda _: NONE
        tenant.read = (lambda _: NONE) if hidden == "all" else None
    assert session.records
    assert session.records.left.total() == 3
    assert {created.id for created in read_ledger(ledger.file).records} == tenant.records.keys()


def test_what_shows_up_late_is_deleted_when_the_others_are_gone(tmp_path: Path) -> None:
    reads = count()

    def lagging(identifier: str) -> tuple[int, Any]:
        return NONE if identifier == "104" and next(reads) < 2 else tenant._read(identifier)

    tenant = Tenant(read=lagging)
    with live(tenant, tmp_path) as (session, ledger):
        with session.making(Use.SPARE):
            for number in range(5):
                make(session, number)
        assert session.records
        session.records.make_room(3)  # so that a read has shown one
    assert not tenant.records
    assert not read_ledger(ledger.file).records


def test_a_delete_of_no_effect_is_not_proved_by_one_read_that_finds_nothing(tmp_path: Path) -> None:
    reads = count()

    def one_that_knows_none(identifier: str) -> tuple[int, Any]:
        return NONE if next(reads) == 1 else tenant._read(identifier)

    tenant = Tenant(read=one_that_knows_none, deleted=lambda _: (500, None))
    with live(tenant, tmp_path) as (session, ledger):
        make(session, 0)
    assert [created.id for created in read_ledger(ledger.file).records] == ["100"]


def left_by_a_killed_run(folder: Path, tenant: Tenant, url: str) -> Path:
    """A ledger of three records, of which the newest was deleted before that was written down."""
    target = load_target(target_file(folder, url, (CONTRACT.name,)))
    ledger = Ledger.begin(folder / ".clausewise", "somewhere")
    session = Session(CONTRACT, target.endpoint(CONTRACT.name, TOKEN), Common(ledger))
    for number in range(3):
        make(session, number)
    ledger.close(remove=False)
    del tenant.records["102"]
    return ledger.file


def test_cleaning_up_knows_what_the_killed_run_had_deleted(tmp_path: Path) -> None:
    """Once a read has shown another record: before that, 404 may be said of everything."""
    tenant = Tenant()
    with serving(tenant) as url:
        file = left_by_a_killed_run(tmp_path, tenant, url)
        cleaned = clean_up(file, load_target(tmp_path / "target.toml"), TOKEN)
    assert cleaned.whole, cleaned.left
    assert (tenant.records, file.exists()) == ({}, False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_cleaning_up_that_is_asked_to_stop_says_what_is_left(tmp_path: Path, number: int) -> None:
    def stopping(identifier: str) -> tuple[int, Any]:
        run.signal(number)
        time.sleep(0.2)
        return tenant._delete(identifier)

    tenant = Tenant(deleted=stopping)
    with serving(tenant) as url:
        file = left_by_a_killed_run(tmp_path, tenant, url)
        words = ["endpoints", "clean-up", str(file), "--target", str(tmp_path / "target.toml")]
        run = Running(words, ROOT, TOKEN)
        done = run.finish(60)
    assert done.returncode == 128 + number
    assert "cleaning up was asked to stop" in done.stdout
    assert {created.id for created in read_ledger(file).records} >= tenant.records.keys()


def test_a_run_that_was_killed_before_it_sent_anything_left_nothing(tmp_path: Path) -> None:
    ledger = Ledger.begin(tmp_path, "somewhere")
    ledger.close(remove=False)
    assert abandoned("somewhere", tmp_path) == []
    ledger.file.write_text(ledger.file.read_text(encoding="utf-8") + '{"intent": 1, "contr', encoding="utf-8")
    assert abandoned("somewhere", tmp_path) == [ledger.file]
    ledger.file.write_text('{"ledger": 2, "target": "somewhere"}\n', encoding="utf-8")
    assert abandoned("somewhere", tmp_path) == []
    assert ledger.file.exists(), "a run may just be beginning it"
    os.utime(ledger.file, (0, 0))
    assert abandoned("somewhere", tmp_path) == []
    assert not ledger.file.exists()
