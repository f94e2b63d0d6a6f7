"""Outputs: where nothing can be written, that is told before anything is sent; one that fails loses no other."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from contracts.errors import UserError
from contracts.files import write_whole
from reports import outputs
from reports.__main__ import main
from reports.drift.records import newest_first
from reports.files import as_json
from reports.journal import Journal
from reports.outputs import Wanted, finish
from suites.judgement import Outcome
from tests.helpers import run_suites
from tests.reports.making import judged, verdicts

OUTPUTS = ("verdicts", "junit", "report", "record")
ROOT_MAY_ALL = "root may write in any folder"


def document() -> dict[str, Any]:
    return verdicts(judged("200/id/type", Outcome.UPHELD))


def wanted(**files: Any) -> Wanted:
    return Wanted(**files)


def blocked(folder: Path) -> dict[str, Path]:
    """Paths at which no file can be made, by what is wrong with them."""
    (folder / "file").write_text("kept")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder / "loop2")
    (folder / "loop2").symlink_to(folder / "loop")
    (folder / "linked").symlink_to("/dev/full")
    return {
        "it is a folder": folder / "folder",
        "it is a device or a pipe": folder / "pipe",
        "it is a device": Path("/dev/full"),
        "a device or a pipe": folder / "linked",
        "a device or": Path("/dev/stdout"),
        "a device": Path("/dev/fd/1"),
        "a pipe": Path("/dev/null"),
        "or a pipe": Path("/dev/anything"),
        "File name too long": folder / ("x" * 300),
        "too long": folder / ("x" * 300) / "y",
        "Not a directory": folder / "file" / "x" / "y",
        "ymlink loop": folder / "loop" / "x",
    }


@pytest.mark.parametrize("option", OUTPUTS)
def test_where_nothing_can_be_written_is_told_before_anything_is_sent(tmp_path: Path, option: str) -> None:
    for said, path in blocked(tmp_path).items():
        if option == "record" and said == "it is a folder":
            continue
        with pytest.raises(UserError) as raised:
            wanted(**{option: path}).check()
        assert said in raised.value.message or "wants a folder" in raised.value.message
        assert f"--{option}" in raised.value.message
        assert len(raised.value.message.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "linked", "loop", "loop2", "pipe"]


def test_two_outputs_in_one_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"one: --verdicts is written there; give --report another path"):
        wanted(verdicts=tmp_path / "one", report=tmp_path / "one").check()


@pytest.mark.skipif(os.geteuid() == 0, reason=ROOT_MAY_ALL)
@pytest.mark.parametrize("option", OUTPUTS)
def test_a_folder_that_is_read_only_is_told_too(tmp_path: Path, option: str) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="Permission denied"):
        wanted(**{option: tmp_path / "new" / "x"}).check()


def test_what_can_be_written_is_not_touched_beforehand(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("kept")
    Wanted(verdicts=tmp_path / "old.json", junit=tmp_path / "a" / "b.xml", record=tmp_path / "records").check()
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert (tmp_path / "old.json").read_text() == "kept"


def test_a_run_says_so_and_sends_nothing(tmp_path: Path) -> None:
    finished = run_suites(tmp_path, "--report", "/dev/full")
    assert finished.code == 4
    assert "/dev/full cannot be written (it is a device or a pipe); give --report another path" in finished.output
    assert finished.verdicts == {}


@pytest.mark.parametrize("command", ["html", "merge", "markdown", "junit", "badge"])
def test_the_commands_say_so_too(tmp_path: Path, command: str) -> None:
    write_whole(tmp_path / "v.json", as_json(document()))
    for said, path in blocked(tmp_path).items():
        done = CliRunner().invoke(main, [command, str(tmp_path / "v.json"), "-o", str(path)])
        assert done.exit_code == 2, (done.output, done.exception)
        assert said in done.output
        assert "give -o another path" in done.output
        assert done.output.count("\n") == 1
    assert os.path.ismount("/dev") or Path("/dev/full").is_char_device()


ERRORS = [
    KeyError("x\n::error::"),
    RecursionError("deep"),
    UnicodeEncodeError("utf-8", "b", 0, 1, "c"),
    OSError(28, "No space left on device"),
    MemoryError(),
]
MAKERS = {"as_junit": "junit", "as_html": "report", "add_record": "record", "history_of": "", "as_markdown": ""}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("maker", MAKERS)
def test_one_output_that_fails_loses_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, maker: str, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    files = {name: tmp_path / name for name in OUTPUTS}
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setattr(outputs, maker, fail)
    found = document()
    ending = finish(found, wanted(**files))
    assert len(ending.unwritten) == 1
    assert len(ending.unwritten[0].splitlines()) == 1
    assert found["run"]["notes"] == ending.unwritten
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {*OUTPUTS, "summary"} - {MAKERS[maker], "summary" if maker == "as_markdown" else ""}
    assert json.loads(files["verdicts"].read_text())["contracts"]
    assert bool(list(newest_first(files["record"]))) is (maker != "add_record")


def test_a_failing_comparison_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "baseline.json", as_json(document()))
    monkeypatch.setattr(outputs, "compare", lambda *_: 1 / 0)
    ending = finish(document(), Wanted(verdicts=tmp_path / "v", baseline=tmp_path / "baseline.json"))
    assert "Clausewise failed in making the drift (ZeroDivisionError" in ending.unwritten[0]
    assert (tmp_path / "v").exists()


def test_a_folder_that_vanishes_meanwhile_loses_no_verdicts(tmp_path: Path) -> None:
    asked = Wanted(verdicts=tmp_path / "v", record=tmp_path / "records")
    asked.check()
    (tmp_path / "records").write_text("a file now")
    ending = finish(document(), asked)
    assert "records cannot be written (" in ending.unwritten[0]
    assert "give --record another path" in ending.unwritten[0]
    assert (tmp_path / "v").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which is always full")
def test_a_journal_that_has_no_room_loses_no_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "v.json", {"target": "a target"})
    with Path("/dev/full").open("w") as full:
        os.dup2(full.fileno(), journal._stream.fileno())
    for _ in range(3):
        journal.add({"judgements": []})
    journal.remove()
    assert not journal.file.exists()


def test_a_journal_shows_foreign_text_escaped(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "v.json", {"target": "a target"})
    journal.add({"notes": ["\x9b31m\u202e\u2028"]})
    assert journal.file.read_text(encoding="utf-8").splitlines()[1:] == [r'{"notes": ["\u009b31m\u202e\u2028"]}']
    journal.remove()
