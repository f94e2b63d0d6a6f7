"""Records: whole or not at all, no values, no secrets, quick to read, and the history that the report shows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contracts.errors import UserError
from reports.drift.records import (
    Record,
    add_record,
    as_record,
    history_of,
    newest_before,
    newest_first,
    read_record,
    record_of,
    sketch,
)
from reports.files import as_json
from reports.history import plot_of, strip_of
from suites.judgement import Outcome
from tests.helpers import ROOT, run_suites
from tests.reports.making import NAME, everything, exchange, judged, observed, recorded, verdicts

SECRET = "a very secret value"


def whole(outcome: Outcome = Outcome.UPHELD, target: str = "somewhere") -> dict[str, object]:
    seen = observed([exchange({"id": 1, "title": SECRET}, seconds=0.012) for _ in range(9)])
    return verdicts(*everything(outcome, SECRET), target=target, observed=seen)


def later(target: str = "somewhere") -> Record:
    """The record of a run that begins after all others."""
    record = record_of(whole(target=target))
    record.run["started"] = "2999-01-01T00:00:00+00:00"
    return record


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = record_of(whole())
    file = tmp_path / "record.json"
    file.write_text(as_record(record), encoding="utf-8")
    again = read_record(file)
    assert as_record(again) == as_record(record)
    assert again.run["complete"]
    (section,) = again.sections.values()
    assert section.milliseconds == {"p50": 12, "p95": 12, "p99": 12}
    assert section.count(("", "200", "type", "$.title")) == 9


def test_values_never_enter_a_record() -> None:
    document = whole(Outcome.BROKEN)
    assert SECRET in as_json(document)
    assert SECRET not in as_record(record_of(document))


def test_no_value_and_no_secret_of_a_whole_run_enters_its_record(tmp_path: Path) -> None:
    run_suites(tmp_path, "--profile", "quick", "--record", str(tmp_path / "records"))
    (file,) = (tmp_path / "records").iterdir()
    text = file.read_text(encoding="utf-8")
    for value in ("Clausewise", "127.0.0.1", "kaiten-full", "a default text", "MMMM", "🦉", "2026-", "c1d2e3f4"):
        assert value not in text.replace(json.loads(text)["run"]["started"], ""), value


def test_a_sketch_tells_names_types_and_lengths() -> None:
    one = exchange(
        {"id": 7, "users": [{"uid": "x"}] * 3, SECRET + "@": 1}, sent={"title": "x" * 257, "list": [1, None]}
    )
    text = sketch(NAME, dict(one.plain))
    assert text == (
        "POST /api/latest/spaces {title: string(257), list: [number, null]} → "
        "200 {id: number, users: [{uid: string}, {uid: string}, … 3 members], …: number}"
    )


def test_a_record_lists_one_fact_a_line() -> None:
    lines = as_record(record_of(whole())).splitlines()
    assert '    ["", "200", "type", "$.title", {"string": [9, ' in "\n".join(lines)
    assert max(map(len, lines)) < 700


def test_a_folder_keeps_every_record_and_tells_the_newest(tmp_path: Path) -> None:
    files = [add_record(tmp_path, record_of(whole(target=target))) for target in ("one", "two", "one")]
    assert len(set(files)) == 3
    assert [record.targets for record in newest_first(tmp_path)] == [("one",), ("two",), ("one",)]
    found = newest_before(tmp_path, later(target="two"), [])
    assert found is not None
    assert found.origin == str(files[1])
    assert newest_before(tmp_path, later(target="three"), []) is None
    assert newest_before(tmp_path, read_record(files[1]), []) is None, "a run is not compared with itself"


def test_an_incomplete_record_is_no_baseline(tmp_path: Path) -> None:
    add_record(tmp_path, recorded([], judged("200/id/type", Outcome.UPHELD)))
    assert newest_before(tmp_path, later(), []) is None


def test_what_is_no_record_is_left_out_and_named(tmp_path: Path) -> None:
    good = add_record(tmp_path, record_of(whole()))
    (tmp_path / "zz-cut.json").write_text(good.read_text()[:900], encoding="utf-8")
    (tmp_path / "zz-other.json").write_text("{}", encoding="utf-8")
    (tmp_path / ".zz.json.x7f").write_text("half of one", encoding="utf-8")
    os.mkfifo(tmp_path / "zz-pipe.json")
    spoiled: list[str] = []
    assert len(list(newest_first(tmp_path, spoiled))) == 1
    assert [line.split(": ")[1].split("/")[-1] for line in spoiled] == ["zz-pipe.json", "zz-other.json", "zz-cut.json"]


def test_a_killed_run_leaves_the_records_of_earlier_ones(tmp_path: Path) -> None:
    records = tmp_path / "records"
    kept = add_record(records, record_of(whole())).read_text(encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "suites", "-q", "-p", "no:cacheprovider", "--record", str(records)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        run.stdout.read(40)  # some tests have run
        run.send_signal(signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    assert [file.read_text(encoding="utf-8") for file in records.glob("*.json")] == [kept]


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        add_record(tmp_path, record_of(whole()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"format": "clausewise-known/1", "known": []}', "give a record, a baseline or verdicts of this version"),
        ('{"format": "clausewise-record/1", "run": {}, "contracts": []}', "run: 'clausewise' is a required property"),
    ],
)
def test_a_file_that_is_no_record_is_named(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read_record(file)


def test_history_has_a_letter_for_each_run(tmp_path: Path) -> None:
    clause = f"{NAME}/200/id/type"
    for outcome in (Outcome.UPHELD, Outcome.UPHELD, None, Outcome.BROKEN):
        found = [judged(clause, outcome)] if outcome else [judged("200/uid/type", Outcome.UPHELD)]
        add_record(tmp_path, recorded([], *found))
        time.sleep(0.002)
    history = history_of(newest_first(tmp_path), ["somewhere"])
    assert history["outcomes"]["somewhere"][clause] == "uu-b"
    assert history["outcomes"]["somewhere"][f"{NAME}/200/uid/type"] == "--u-"
    strip = strip_of(history, "somewhere", clause)
    assert strip is not None
    assert strip["words"] == "upheld in 2, then not asked in 1, then broken in 1"
    assert (strip["often"], strip["since"]) == ("broken in 1 of 3 runs", history["runs"][3])
    assert not strip["constant"]
    plot = plot_of(history, "somewhere", NAME)
    assert plot is not None
    assert plot["words"] == "4 runs; in the last one 1 broken"
    assert strip_of(history, "elsewhere", clause) is None
    assert strip_of(None, "somewhere", clause) is None


def test_history_stops_at_sixty_runs() -> None:
    records = [recorded([], judged("200/id/type", Outcome.UPHELD)) for _ in range(70)]
    assert len(history_of(records, ["somewhere"])["runs"]) == 60


def test_two_runs_at_a_time_keep_two_records(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "suites", "-q", "-p", "no:cacheprovider", "-k", "title/maxLength"]
    runs = [subprocess.Popen([*command, "--record", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(2)]
    assert [run.wait(timeout=120) for run in runs] == [0, 0]
    for run in runs:
        assert run.stdout is not None
        run.stdout.close()
    assert len(list(newest_first(tmp_path))) == 2
