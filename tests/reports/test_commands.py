"""`python -m reports` and the suites' options, as a user meets them: what is written, what is said, how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reports.__main__ import main
from reports.drift.records import add_record, as_record, read_record, record_of
from reports.files import as_json
from reports.html import as_html
from suites.judgement import Outcome
from tests.helpers import ROOT, run_module, run_suites
from tests.reports.making import NAME, everything, exchange, observed, verdicts

BODY = {"id": 1, "title": "x", "access": "all"}


@pytest.fixture
def nights(tmp_path: Path) -> tuple[Path, Path]:
    """The verdicts of two nights; on the second an attribute has another type."""
    files = tmp_path / "night-1.json", tmp_path / "night-2.json"
    for file, body in zip(files, (BODY, {**BODY, "id": "1"}), strict=True):
        found = verdicts(*everything(Outcome.UPHELD), observed=observed([exchange(body) for _ in range(12)]))
        file.write_text(as_json(found), encoding="utf-8")
    return files


def called(*words: str) -> Result:
    """A command in this process, where it starts at once."""
    return CliRunner().invoke(main, words, prog_name="python -m reports")


def test_help_names_every_command() -> None:
    done = run_module("reports", "--help")
    assert done.returncode == 0
    for command in ("html", "merge", "markdown", "junit", "badge", "annotations", "drift", "accept", "demo"):
        assert f"\n  {command} " in done.stdout
        assert called(command, "--help").exit_code == 0


def test_a_page_is_made_of_verdicts_alone(nights: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "report.html"
    done = called("html", str(nights[0]), "-o", str(file))
    assert (done.exit_code, done.stdout + done.stderr) == (0, "")
    assert file.read_text(encoding="utf-8") == as_html(json.loads(nights[0].read_text(encoding="utf-8")))


def test_a_page_shows_drift_and_history_when_they_are_given(nights: tuple[Path, Path], tmp_path: Path) -> None:
    for night in nights:
        add_record(tmp_path / "records", read_record(night))
    file = tmp_path / "report.html"
    more = ("--baseline", str(nights[0]), "--records", str(tmp_path / "records"))
    done = called("html", str(nights[1]), "-o", str(file), *more)
    assert done.exit_code == 0, done.stderr
    page = file.read_text(encoding="utf-8")
    assert "1 change since the baseline" in page
    assert "2 runs, from " in page


@pytest.mark.parametrize("command", ["markdown", "junit", "badge", "merge"])
def test_what_is_printed_can_be_written(nights: tuple[Path, Path], tmp_path: Path, command: str) -> None:
    printed = called(command, str(nights[0]))
    assert (printed.exit_code, printed.stderr) == (0, "")
    written = called(command, str(nights[0]), "-o", str(tmp_path / "out"))
    assert (written.exit_code, written.stdout) == (0, "")
    assert (tmp_path / "out").read_text(encoding="utf-8") == printed.stdout


def test_drift_exits_by_class(nights: tuple[Path, Path]) -> None:
    one, other = map(str, nights)
    quiet = called("drift", one, one)
    assert (quiet.exit_code, quiet.stdout.splitlines()[0].rpartition(": ")[2]) == (0, "none")
    found = called("drift", one, other)
    assert found.exit_code == 1
    assert f"breaking  {NAME}/200/id\n          `$.id` in 200 answers is string now; it was integer." in found.stdout
    assert called("drift", one, other, "--fail-on", "never").exit_code == 0
    data = called("drift", one, other, "--json")
    assert data.exit_code == 1
    assert [entry["class"] for entry in json.loads(data.stdout)["entries"]] == ["breaking"]


def test_drift_takes_records_baselines_verdicts_and_folders(nights: tuple[Path, Path], tmp_path: Path) -> None:
    documents = [json.loads(night.read_text(encoding="utf-8")) for night in nights]
    for document in documents:
        add_record(tmp_path / "records", record_of(document))
    (tmp_path / "records" / "spoiled.json").write_text("{", encoding="utf-8")
    baseline = tmp_path / "baseline.json"
    baseline.write_text(as_record(record_of(documents[0])), encoding="utf-8")
    done = called("drift", str(baseline), str(tmp_path / "records"))
    assert done.exit_code == 1
    assert f"{NAME}/200/id" in done.stdout
    assert "left out: " in done.stderr
    assert "spoiled.json: this is not JSON" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("html", "NOTHING", "-o", "x.html"), "cannot be read (No such file or directory)"),
        (("html", "NIGHT", "-o", "/dev/null/x.html"), "/dev/null/x.html cannot be written"),
        (("html", "NIGHT", "-o", "OUT", "--documents", "/nowhere"), "--documents must name the folder"),
        (("html", "NIGHT"), "Missing option '-o'"),
        (("markdown",), "Missing argument 'VERDICTS...'"),
        (("drift", "NIGHT", "NOTHING"), "cannot be read (No such file or directory)"),
        (("drift", "NIGHT", "EMPTY"), "has no complete record; `pytest suites --record"),
        (("accept", "NIGHT"), "give one of --baseline FILE and --known FILE"),
        (("accept", "NIGHT", "--baseline", "a", "--known", "b"), "give one of --baseline FILE and --known FILE"),
        (("accept", "NIGHT", "--baseline", "OUT", "--ticket", "x"), "--ticket, --expires and --mended go with --known"),
        (("accept", "NIGHT", "--known", "NOTHING", "--mended"), "cannot be read (No such file or directory)"),
    ],
)
def test_bad_input_is_one_clear_sentence(
    nights: tuple[Path, Path], tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    names = {"NIGHT": nights[0], "NOTHING": tmp_path / "nothing", "OUT": tmp_path / "out", "EMPTY": tmp_path / "empty"}
    done = called(*(str(names.get(word, word)) for word in words))
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_accepting_on_the_command_line(nights: tuple[Path, Path], tmp_path: Path) -> None:
    one, other = map(str, nights)
    baseline = str(tmp_path / "baseline.json")
    assert called("accept", one, "--baseline", baseline).exit_code == 0
    refused = called("accept", other, "--baseline", baseline)
    assert (refused.exit_code, refused.stderr) == (2, "Error: a change is accepted with a reason: add --reason TEXT\n")
    done = called("accept", other, f"{NAME}/200/id", "--baseline", baseline, "--reason", "they told us")
    assert done.exit_code == 0, done.stderr
    assert called("drift", baseline, other).exit_code == 0


# The suites' own options.


@pytest.mark.long
def test_three_nights_of_the_suites(tmp_path: Path) -> None:
    records = str(tmp_path / "records")
    options = ("--contract", NAME, "--profile", "quick", "--record", records, "--baseline", records)
    first = run_suites(tmp_path, *options)
    assert first.code == 0
    assert "has no complete record of this target and profile yet: nothing to compare with" in first.output
    second = run_suites(tmp_path, *options, "-n", "2")
    assert second.code == 0
    assert ": none" in second.output
    assert second.verdicts["drift"]["entries"] == []
    assert len(second.verdicts["history"]["runs"]) == 2
    header = run_suites(tmp_path, *options, "--manner", "nanoseconds", "--fail-on", "additive")
    assert header.code == 1
    assert {entry["class"] for entry in header.verdicts["drift"]["entries"]} == {"risky"}
    calm = run_suites(tmp_path, *options, "--fail-on", "breaking")
    assert calm.code == 0, "back to where it was is risky too"
    assert calm.verdicts["drift"]["entries"]


@pytest.mark.long
def test_a_baseline_of_another_profile_loses_no_verdicts(tmp_path: Path) -> None:
    run_suites(tmp_path, "--contract", NAME, "--profile", "quick")
    (tmp_path / "verdicts.json").rename(tmp_path / "baseline.json")
    finished = run_suites(tmp_path, "--contract", NAME, "--baseline", str(tmp_path / "baseline.json"))
    assert finished.code == 4
    assert "compare runs of one profile" in finished.output
    assert set(finished.outcomes.values()) == {"upheld"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--baseline", "nothing.json"), "nothing.json cannot be read (No such file or directory)"),
        (("--baseline", str(ROOT / "pyproject.toml")), "pyproject.toml: this is not JSON"),
        (("--fail-on", "everything"), "argument --fail-on: invalid choice: 'everything'"),
        (("--documents", "/nowhere"), "--documents must name the folder that holds the saved page"),
    ],
)
def test_wrong_options_are_told_before_anything_is_sent(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    finished = run_suites(tmp_path, *options)
    assert finished.code == 4
    assert said in finished.output
    assert finished.verdicts == {}


@pytest.mark.long
def test_the_demo_tells_three_nights_and_exits_as_the_third(tmp_path: Path) -> None:
    done = run_module("reports", "demo", "--keep", str(tmp_path / "demo"))
    assert done.returncode == 1, done.stderr
    nights = done.stdout.split("\nNight ")
    assert len(nights) == 3
    assert "a new baseline of 310 clauses" in nights[0]
    assert ": none" in nights[1]
    assert ": 3 changes" in nights[2]
    assert nights[2].count("\n    breaking  ") == 3
    for said in (
        "`$.access` is called `$.access_level`",
        "What was answered 400 is answered 422",
        "at most 256 characters",
    ):
        assert said in nights[2]
    page = (tmp_path / "demo" / "night-3.html").read_text(encoding="utf-8")
    assert "3 changes since the baseline" in page
    assert page.count('<article class="drift breaking">') == 3
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
        "baseline.json", "night-1.html", "night-1.json", "night-2.html", "night-2.json", "night-3.html",
        "night-3.json", "records",
    ]  # fmt: skip


@pytest.mark.long
def test_the_demo_leaves_nothing_behind_unless_told_to() -> None:
    done = run_module("reports", "demo", GITHUB_STEP_SUMMARY="/nowhere/summary.md")
    assert done.returncode == 1
    assert "--keep DIR keeps the reports, records and the baseline." in done.stdout
