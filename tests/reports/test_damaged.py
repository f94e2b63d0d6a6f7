"""Damaged files: whatever stands in verdicts, records, baselines and known deviations, one sentence says so."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from contracts.errors import UserError
from contracts.model import Lines
from reports.__main__ import main
from reports.drift.records import as_record, newest_first
from reports.outputs import Wanted, finish
from suites.judgement import Outcome
from tests.reports.making import NAME, SPACE, changed, full, judged, many, recorded, verdicts
from tests.reports.mutating import mutants
from tests.reports.test_accept import ID


def count(config: pytest.Config, share: int) -> int:
    """How many mutations are tried: `share` percent of 100,000 with --fuzz, of 10,000 with --all, of 1,000 without."""
    return share * (1000 if config.getoption("--fuzz") else 100 if config.getoption("--all") else 10)


def small(document: dict[str, Any]) -> dict[str, Any]:
    """A document with a little of everything, so that thousands of them take no time."""
    for contract in document["contracts"]:
        contract["clauses"] = [clause for clause in contract["clauses"] if clause["judgements"]][1:4]
        contract["observations"], contract["document"]["findings"] = contract["observations"][-4:], []
        for clause in contract["clauses"][1:]:
            clause["judgements"][0]["evidence"] = []
    document["history"]["outcomes"] = {target: {ID: "ub"} for target in document["history"]["outcomes"]}
    return document


def calls(runner: CliRunner, words: Sequence[object]) -> str:
    """The output of a command that ended as commands end: with 0 or 1, or with one sentence and 2."""
    done = runner.invoke(main, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in {0, 1, 2}
    done.output.encode()
    if done.exit_code == 2:
        assert done.output.startswith("Error: ")
        assert done.output.count("\n") == 1
        assert len(done.output) < 1200
    return done.output


def fuzz(document: Any, times: int, file: Path, use: Callable[[int], object]) -> None:
    for number, octets in enumerate(islice(mutants(document, Random(times)), times)):
        file.write_bytes(octets)
        try:
            use(number)
        except BaseException:
            file.with_name("kept").write_bytes(octets)
            raise


def test_damaged_verdicts(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    file, runner = tmp_path / "v.json", CliRunner()
    commands = [
        ("html", "-o", tmp_path / "page.html"),
        ("markdown",),
        ("junit",),
        ("badge",),
        ("annotations",),
        ("merge",),
        ("merge", tmp_path / "good.json"),
        ("drift", tmp_path / "good.json"),
        ("accept", "--reason", "x", "--known", tmp_path / "known.json"),
    ]
    (tmp_path / "good.json").write_text(json.dumps(small(full())))
    fuzz(small(full()), count(pytestconfig, 45), file, lambda n: calls(runner, [*commands[n % len(commands)], file]))


def test_damaged_records_and_baselines(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    file, good, runner = tmp_path / "r.json", tmp_path / "good.json", CliRunner()
    baseline = tmp_path / "baseline.json"
    good.write_text(as_record(recorded(many(changed(access="x")), judged("200/id/type", Outcome.BROKEN))))
    accepting = ("accept", "--reason", "x")
    ways = [
        ("drift", file, good),
        ("drift", good, file),
        ("drift", "--json", file, good),
        (*accepting, "--baseline", file, good),
        (*accepting, "--baseline", file, good, ID),
        (*accepting, "--baseline", baseline, file),
        (*accepting, "--known", tmp_path / "known.json", file),
    ]
    record = json.loads(as_record(recorded(many(SPACE), judged("200/id/type", Outcome.UPHELD))))
    fuzz(record, count(pytestconfig, 30), file, lambda n: calls(runner, ways[n % len(ways)]))


def test_damaged_records_in_a_folder_are_named_and_left_out(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    folder, runner = tmp_path / "records", CliRunner()
    folder.mkdir()
    good = as_record(recorded(many(SPACE), judged("200/id/type", Outcome.UPHELD)))
    (folder / "1.json").write_text(good)
    (tmp_path / "v.json").write_text(json.dumps(small(full(target="somewhere"))))

    def use(number: int) -> None:
        spoiled: list[str] = []
        found = list(newest_first(folder, spoiled))
        assert len(found) + len(spoiled) == 2
        assert all(line.count("\n") == 0 and "2.json" in line for line in spoiled)
        if number % 3 == 0:
            page = tmp_path / "page.html"
            calls(runner, ["html", tmp_path / "v.json", "-o", page, "--records", folder])
            assert "somewhere" in page.read_text()
        else:
            document = verdicts(judged("200/id/type", Outcome.UPHELD), target="somewhere")
            document["run"]["profile"] = "ci"
            ending = finish(document, Wanted(baseline=folder, verdicts=tmp_path / "out.json"))
            assert not [said for said in ending.unwritten if "Clausewise failed" in said]

    fuzz(json.loads(good), count(pytestconfig, 5), folder / "2.json", use)


def test_damaged_known_deviations(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    file, runner, new = tmp_path / "known.json", CliRunner(), tmp_path / "v.json"
    new.write_text(json.dumps(small(full())))
    document = {
        "format": "clausewise-known/1",
        "known": [{"clause": ID, "reason": "x", "ticket": "y", "expires": "2099-01-01"}],
    }

    def use(number: int) -> None:
        if number % 2:
            calls(runner, ["accept", new, "--known", file, "--reason", "z", *(["--mended"] if number % 4 == 1 else [])])
        else:
            with contextlib.suppress(UserError):
                Wanted(known=file).check()
                finish(verdicts(judged(ID, Outcome.BROKEN)), Wanted(known=file))

    fuzz(document, count(pytestconfig, 10), file, use)


@pytest.mark.parametrize(
    "text", ["1-999999999", "0", "5-3", "-1", "", ",", "1-", "²", "1" * 5000, "1-2-3", "a", "\u0661"]
)
def test_lines_that_no_page_has_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a list of line ranges from 1 to 100,000"):
        Lines.parse(text)


@pytest.mark.parametrize("path", ["/dev/zero", "/proc/self/mem", "/dev", "/nowhere", "/dev/null"])
def test_what_is_no_file_is_told(path: str) -> None:
    assert path in calls(CliRunner(), ["badge", path])


def test_a_document_of_many_lines_takes_no_memory(tmp_path: Path) -> None:
    document = small(full())
    document["contracts"][0]["document"]["lines"] = 100_000
    for clause in document["contracts"][0]["clauses"]:
        clause["lines"] = ", ".join(["1-100000"] * 100)
    (tmp_path / "v.json").write_text(json.dumps(document))
    calls(CliRunner(), ["html", tmp_path / "v.json", "-o", tmp_path / "page.html"])
    assert (tmp_path / "page.html").stat().st_size < 1_000_000
    assert NAME in (tmp_path / "page.html").read_text()
