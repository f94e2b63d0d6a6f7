"""Verdicts under their schema: the worst counts, what fails a run, and several documents made one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from contracts.errors import UserError
from contracts.files import write_whole
from contracts.model import Side
from reports.drift.records import history_of, record_of
from reports.files import as_json, validator
from reports.merging import merge_verdicts
from reports.terminal import summary
from reports.verdicts import failing, is_complete, nothing_judged, read_verdicts
from suites.judgement import Outcome
from tests.helpers import run_suites, the_first
from tests.reports.making import NAME, everything, exchange, judged, observed, verdicts


def verdict(found: dict[str, Any], clause: str) -> tuple[str, str]:
    row = next(c for c in found["contracts"][0]["clauses"] if c["id"] == f"{NAME}/{clause}")
    return row["outcome"], row["reason"]


def strictly(schema: str) -> Draft202012Validator:
    """The validator of one of our schemas, with formats."""
    one = validator(schema).schema
    Draft202012Validator.check_schema(one)
    return Draft202012Validator(one, format_checker=FormatChecker(["date-time", "date"]))


def test_verdicts_keep_their_schema() -> None:
    strictly("verdicts").validate(verdicts())
    judgements = [judged("200/id/type", outcome, reason="because") for outcome in Outcome]
    found = verdicts(*judgements, observed=observed([exchange({"id": 1})]))
    found["history"] = history_of([record_of(found)], ["a <target>"])
    strictly("verdicts").validate(found)


@pytest.mark.parametrize("options", the_first([((),), (("-k", "test_shape"),), (("-k", "nothing-of-that-name"),)]))
def test_a_runs_verdicts_keep_their_schema(tmp_path: Path, options: tuple[str, ...]) -> None:
    finished = run_suites(tmp_path, "--profile", "quick", "--record", str(tmp_path / "records"), *options)
    strictly("verdicts").validate(finished.verdicts)
    assert is_complete(finished.verdicts) == (not options)
    records = list((tmp_path / "records").glob("*.json"))
    assert len(records) == ("nothing-of-that-name" not in options), "a run that asked nothing leaves no record"
    for record in records:
        strictly("record").validate(json.loads(record.read_text(encoding="utf-8")))


def test_the_worst_judgement_is_the_verdict() -> None:
    title = "request/title/maxLength"
    accepts, refuses = judged(title, Outcome.UPHELD, Side.ACCEPTS), judged(title, Outcome.BROKEN, Side.REFUSES)
    assert verdict(verdicts(accepts, refuses), title)[0] == "broken"
    assert verdict(verdicts(accepts), title) == ("unexercised", "whether it refuses was not asked in this run")
    assert verdict(verdicts(), title) == ("unexercised", "not asked in this run")


def test_what_fails_a_run() -> None:
    stated, implied = judged("200/id/type", Outcome.BROKEN), judged("200/content-type", Outcome.BROKEN)
    assert [row["id"] for row in failing(verdicts(stated))] == [f"{NAME}/200/id/type"]
    assert failing(verdicts(implied)) == []
    assert failing(verdicts(implied, strict=True))
    assert failing(verdicts(judged("200/id/type", Outcome.UNDETERMINED, reason="x")))
    assert not failing(verdicts(judged("200/id/type", Outcome.UNEXERCISED, reason="x")))
    assert nothing_judged(verdicts(judged("200/id/type", Outcome.UNDETERMINED, reason="x")))
    assert nothing_judged(verdicts(judged("200/id/type", Outcome.UNEXERCISED, reason="budget spent")))
    assert not nothing_judged(verdicts(stated))


def test_the_summary_names_what_is_not_upheld() -> None:
    lines = list(summary(verdicts(judged("200/id/type", Outcome.BROKEN))))
    assert lines[0].startswith("Clausewise: a <target>, profile ci, 5 requests, 2 records created, ")
    assert lines[1] == f"{NAME}   84 clauses   1 broken   83 unexercised"
    assert lines[2] == f"unexercised  83 clauses of {NAME}: not asked in this run"
    assert lines[3].split(maxsplit=4)[:4] == ["broken", f"{NAME}/200/id/type", "lines", "43-47"]


def test_json_is_the_same_for_the_same_run() -> None:
    one, other = (verdicts(judged("200/id/type", Outcome.UPHELD)) for _ in range(2))
    for run in (one["run"], other["run"]):
        run["started"] = run["seconds"] = run["ids"] = 0
    assert as_json(one) == as_json(other)


def skeleton(found: dict[str, Any]) -> Any:
    """A verdict document without its times and without values that servers make up."""
    run = {key: value for key, value in found["run"].items() if key not in {"started", "seconds", "ids"}}
    contracts = [
        {
            **{key: contract[key] for key in ("name", "target", "title", "document")},
            "clauses": [
                {
                    **clause,
                    "judgements": [
                        {
                            **{
                                k: v for k, v in found.items() if k not in {"expected", "actual", "evidence", "differs"}
                            },
                            "differs at": found.get("differs", {}).get("place"),
                            "shown": len(found["evidence"]),
                        }
                        for found in clause["judgements"]
                    ],
                }
                for clause in contract["clauses"]
            ],
            "observations": contract["observations"],
            "examples": len(contract["examples"]),
        }
        for contract in found["contracts"]
    ]
    return {"run": run, "contracts": contracts}


@pytest.mark.long
def test_three_shards_merged_are_the_whole(tmp_path: Path, everything: bool) -> None:
    """The matrix of a workflow: each shard takes some contracts, one of them over two workers."""
    profile = ("--profile", "ci" if everything else "quick")
    shards: tuple[tuple[str, ...], ...] = (
        ("kaiten-create-space", "zendesk-create-record"),
        ("attio-create-record", "kaiten-create-record"),
        ("kintone-add-records",),
    )
    shards = tuple(names if everything else names[:1] for names in shards)
    chosen = [word for names in shards for name in names for word in ("--contract", name)]
    files = []
    for number, names in enumerate(shards):
        folder = tmp_path / str(number)
        options = [word for name in names for word in ("--contract", name)]
        workers = ("-n", "2") if number == 0 else ()
        run_suites(folder, *options, *workers, *profile)
        files.append(folder / "verdicts.json")
    whole = run_suites(tmp_path, *chosen, *profile).verdicts
    assert skeleton(merge_verdicts(files)) == skeleton(whole)
    assert skeleton(merge_verdicts(files[::-1])) == skeleton(whole)


def test_shards_of_one_contract_are_put_together(tmp_path: Path) -> None:
    title = "request/title/maxLength"
    sides = (judged(title, Outcome.UPHELD, Side.ACCEPTS), judged(title, Outcome.BROKEN, Side.REFUSES))
    files = [tmp_path / "1.json", tmp_path / "2.json"]
    for file, judgement in zip(files, sides, strict=True):
        write_whole(file, as_json(verdicts(judgement, observed=observed([exchange({"id": 1})]))))
    merged = merge_verdicts(files)
    strictly("verdicts").validate(merged)
    assert verdict(merged, title) == ("broken", "")
    assert merged["run"]["requests"] == 10
    types = [o for o in merged["contracts"][0]["observations"] if o["place"] == "$.id"]
    assert [o["times"] for o in types] == [2]
    assert max(o["example"] for o in merged["contracts"][0]["observations"]) < len(merged["contracts"][0]["examples"])


def test_runs_on_several_targets_stand_side_by_side(tmp_path: Path) -> None:
    files = [tmp_path / "1.json", tmp_path / "2.json"]
    for file, target, outcome in zip(files, ("staging", "production"), (Outcome.UPHELD, Outcome.BROKEN), strict=True):
        write_whole(file, as_json(verdicts(*everything(outcome), target=target)))
    merged = merge_verdicts(files)
    assert [(c["target"], c["clauses"][0]["outcome"]) for c in merged["contracts"]] == [
        ("production", "broken"), ("staging", "upheld"),
    ]  # fmt: skip


def test_runs_of_two_profiles_are_not_merged(tmp_path: Path) -> None:
    files = [tmp_path / "1.json", tmp_path / "2.json"]
    for file, profile in zip(files, ("ci", "quick"), strict=True):
        found = verdicts()
        found["run"]["profile"] = profile
        write_whole(file, as_json(found))
    with pytest.raises(UserError, match=r"1.json is of profile ci and .*2.json of quick; merge runs of one profile"):
        merge_verdicts(files)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "this is not JSON"),
        ("[]", "this is no JSON object"),
        ('{"format": "clausewise-verdicts/1"}', "its `format` is 'clausewise-verdicts/1', but 'clausewise-verdicts/2'"),
        ('{"format": "clausewise-verdicts/2", "contracts": []}', "the whole: 'run' is a required property"),
        ("[" * 100_000, "this is nested too deeply"),
        ('{"a": ' + "1" * 10_000 + "}", "this is not JSON (a number of 10,000 digits)"),
        ('{"a": NaN}', "this is not JSON (the number NaN)"),
        ('{"a": 1e999}', "this is not JSON (the number 1e999)"),
        ('{"a": 1, "a": 2}', "this is not JSON (the name 'a' stands twice in one object)"),
    ],
)
def test_a_file_that_holds_no_verdicts_is_named(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "verdicts.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_verdicts(file)
    assert caught.value.message.startswith(f"{file}: ")
    assert said in caught.value.message
    assert len(caught.value.message) < 500


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "verdicts.json"
    write_whole(file, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "new")
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["verdicts.json"]


def test_a_document_stays_small_however_much_an_endpoint_answers() -> None:
    long = verdicts(
        *everything(Outcome.BROKEN, "x" * 10**6),
        observed=observed([exchange({f"n{n}": "y" * 10**5}) for n in range(99)]),
    )
    text = as_json(long)
    assert len(text) < 6_000_000
    assert "… (cut, " in text
    validator("verdicts").validate(long)
    kept = verdicts(judged("200/id/type", Outcome.BROKEN, answer="x" * 10**4))
    assert "… (cut, " not in as_json(kept).replace("(10,000 characters)", "")
