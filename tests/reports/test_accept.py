"""Accepting: a baseline that changes line by line, and known deviations that expire."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import UserError
from contracts.model import Side
from reports.drift.accept import accept_drift, accept_known, drop_mended
from reports.drift.causes import compare
from reports.drift.records import Record, as_record, read_record, record_of
from reports.files import as_json
from reports.known import Known
from reports.verdicts import failing
from suites.judgement import Outcome
from tests.helpers import run_suites
from tests.reports.making import NAME, everything, exchange, judged, observed, verdicts
from tests.reports.test_verdicts import strictly

BODY = {"id": 1, "title": "x", "access": "all"}
TITLE = f"{NAME}/request/title/maxLength"


def night(body: dict[str, Any], outcome: Outcome = Outcome.UPHELD, times: int = 12, status: int = 200) -> Record:
    seen = observed([exchange(body, status) for _ in range(times)])
    return record_of(verdicts(*everything(outcome), observed=seen))


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    file = tmp_path / "baseline.json"
    accept_drift(night(BODY), file, [], "")
    return file


def lines_changed(before: str, after: str) -> int:
    return len(set(before.splitlines()) ^ set(after.splitlines()))


def test_a_new_baseline_needs_no_reason(baseline: Path) -> None:
    strictly("record").validate(json.loads(baseline.read_text(encoding="utf-8")))
    assert compare(read_record(baseline), night(BODY)).entries == []


def test_the_same_run_leaves_the_baseline_as_it_was_but_for_its_time(baseline: Path) -> None:
    before = baseline.read_text(encoding="utf-8")
    accept_drift(night(BODY), baseline, [], "")
    assert lines_changed(before, baseline.read_text(encoding="utf-8")) <= 2


def test_all_is_accepted_with_a_reason(baseline: Path) -> None:
    new = night({**BODY, "more": 1, "id": "1"})
    with pytest.raises(UserError, match="a change is accepted with a reason: add --reason TEXT"):
        accept_drift(new, baseline, [], "")
    accept_drift(new, baseline, [], "they told us")
    assert compare(read_record(baseline), new).entries == []
    accepted = read_record(baseline).accepted
    assert [(row["what"], row["reason"]) for row in accepted] == [
        (f"{NAME}/200/id", "they told us"), (f"{NAME}/200/more", "they told us"),
    ]  # fmt: skip


def test_one_change_is_accepted_and_the_others_are_still_told(baseline: Path) -> None:
    before = baseline.read_text(encoding="utf-8")
    new = night({"id": "1", "title": "x", "access_level": "all"}, times=40)
    told = accept_drift(new, baseline, [f"{NAME}/200/access"], "renamed in March")
    assert told[0] == f"accepted: {NAME}/200/access: `$.access` is called `$.access_level` in 200 answers now."
    drift = compare(read_record(baseline), new)
    assert [entry.id for entry in drift.entries] == [f"{NAME}/200/id"]
    assert drift.too_few == []
    assert lines_changed(before, baseline.read_text(encoding="utf-8")) <= 12
    strictly("record").validate(json.loads(baseline.read_text(encoding="utf-8")))


def test_accepting_a_run_of_one_contract_keeps_the_others(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    both = night(BODY)
    other = deepcopy(both.sections[NAME, "a <target>"])
    other.name = "another"
    both.sections["another", "a <target>"] = other
    accept_drift(both, file, [], "")
    accept_drift(night({**BODY, "id": "1"}), file, [], "they told us")
    assert sorted(name for name, _ in read_record(file).sections) == ["another", NAME]


def test_a_change_on_one_target_is_accepted_into_the_baseline_of_another(baseline: Path) -> None:
    new = night({**BODY, "id": "1"})
    renamed = {(name, "elsewhere"): section for (name, _), section in new.sections.items()}
    for section in renamed.values():
        section.target = "elsewhere"
    new.sections = renamed
    accept_drift(new, baseline, [f"{NAME}/200/id"], "they told us")
    drift = compare(read_record(baseline), new)
    assert drift.entries == []
    assert drift.notes == ["the targets differ: a <target> before, elsewhere now"]


def test_a_status_is_accepted_with_all_its_answers(baseline: Path) -> None:
    new = night(BODY, status=201, times=30)
    accept_drift(new, baseline, [f"{NAME}/status/200"], "they say so now")
    assert compare(read_record(baseline), new).entries == []


def test_a_change_is_accepted_by_the_clause_that_it_broke(baseline: Path) -> None:
    others = [judgement for judgement in everything(Outcome.UPHELD) if judgement.clause.id != TITLE]
    own = [judged(TITLE, Outcome.BROKEN, side) for side in (Side.ACCEPTS, Side.REFUSES)]
    found = verdicts(*others, *own, observed=observed([exchange(BODY) for _ in range(12)]))
    new = record_of(found)
    accept_drift(new, baseline, [TITLE], "the limit is 300 now")
    assert compare(read_record(baseline), new).entries == []


def test_what_cannot_be_accepted(baseline: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"{NAME}/200/more has not drifted; .* lists what has"):
        accept_drift(night(BODY), baseline, [f"{NAME}/200/more"], "why not")
    with pytest.raises(UserError, match="is not there yet; make it without naming an id"):
        accept_drift(night(BODY), tmp_path / "other.json", [f"{NAME}/200/more"], "why not")
    partial = record_of(verdicts(judged("200/id/type", Outcome.UPHELD)))
    with pytest.raises(UserError, match="asked only some clauses, so it cannot be a baseline"):
        accept_drift(partial, tmp_path / "other.json", [], "")
    assert not (tmp_path / "other.json").exists()


def test_a_baseline_is_the_same_whoever_writes_it(baseline: Path) -> None:
    record = read_record(baseline)
    assert as_record(record) == baseline.read_text(encoding="utf-8")


# Known deviations.


def broken(*names: str) -> dict[str, Any]:
    return verdicts(*(judged(name, Outcome.BROKEN) for name in names))


def known(tmp_path: Path, *entries: dict[str, str]) -> Path:
    file = tmp_path / "known.json"
    file.write_text(as_json({"format": "clausewise-known/1", "known": list(entries)}), encoding="utf-8")
    return file


ID, UID = f"{NAME}/200/id/type", f"{NAME}/200/uid/type"


def test_a_known_deviation_does_not_fail_a_run(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    record = record_of(broken("200/id/type", "200/uid/type"))
    assert accept_known(record, file, [ID], "a slow fix", "ABC-1", "2027-01-31")[0] == f"known: {ID}"
    strictly("known").validate(json.loads(file.read_text(encoding="utf-8")))
    found = broken("200/id/type", "200/uid/type")
    Known.read(file, date(2027, 1, 31)).apply(found)
    assert [clause["id"] for clause in failing(found)] == [UID]
    clause = next(c for c in found["contracts"][0]["clauses"] if c["id"] == ID)
    assert clause["known"] == {"reason": "a slow fix", "ticket": "ABC-1", "expires": "2027-01-31"}
    strictly("verdicts").validate(found)


def test_an_expired_deviation_counts_as_new_and_says_so(tmp_path: Path) -> None:
    file = known(tmp_path, {"clause": ID, "reason": "a slow fix", "expires": "2027-01-31"})
    found = broken("200/id/type")
    Known.read(file, date(2027, 2, 1)).apply(found)
    assert [clause["id"] for clause in failing(found)] == [ID]
    assert found["run"]["notes"] == [f"{file}: {ID} expired on 2027-01-31, so it counts as new (a slow fix)"]


def test_a_deviation_that_no_longer_holds_is_named_and_can_be_taken_out(tmp_path: Path) -> None:
    file = known(tmp_path, {"clause": ID, "reason": "x"}, {"clause": UID, "reason": "y"})
    found = verdicts(judged(ID, Outcome.UPHELD), judged(UID, Outcome.BROKEN))
    Known.read(file).apply(found)
    (note,) = found["run"]["notes"]
    assert f"{ID} no longer holds, since the clause is upheld" in note
    assert drop_mended(record_of(found), file) == [f"mended: {ID}", f"{file}: 1 taken out, 1 left"]
    assert list(Known.read(file).entries) == [UID]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"clause": "nothing/of/that", "reason": "x"}, "known/0: there is no clause 'nothing/of/that'"),
        ({"clause": ID}, "'reason' is a required property"),
        ({"clause": ID, "reason": ""}, "should be non-empty"),
        ({"clause": ID, "reason": "x", "expires": "soon"}, "'soon' does not match"),
        ({"clause": ID, "reason": "x", "expires": "2027-02-30"}, "'2027-02-30' is no date; write it as in 2027-01-31"),
    ],
)
def test_a_wrong_file_of_deviations_is_named(tmp_path: Path, entry: dict[str, str], said: str) -> None:
    file = known(tmp_path, entry)
    with pytest.raises(UserError) as caught:
        Known.read(file)
    assert str(file) in caught.value.message
    assert said in caught.value.message


def test_a_deviation_stands_once(tmp_path: Path) -> None:
    file = known(tmp_path, {"clause": ID, "reason": "x"}, {"clause": ID, "reason": "y"})
    with pytest.raises(UserError, match=r"known/1: .* stands there twice"):
        Known.read(file)


def test_what_is_not_broken_is_no_deviation(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    record = record_of(verdicts(judged(ID, Outcome.UPHELD)))
    with pytest.raises(UserError, match="is not broken in this run, so there is nothing to accept"):
        accept_known(record, file, [ID], "x", "", "")
    assert accept_known(record, file, [], "", "", "") == [f"nothing is broken in this run, so {file} stays as it is"]
    with pytest.raises(UserError, match="a deviation is known for a reason: add --reason TEXT"):
        accept_known(record_of(broken("200/id/type")), file, [], "", "", "")
    with pytest.raises(UserError, match="--expires: 'soon' is no date"):
        accept_known(record_of(broken("200/id/type")), file, [], "x", "", "soon")
    assert not file.exists()


@pytest.mark.long
def test_a_run_fails_only_on_what_is_new(tmp_path: Path) -> None:
    options = ("--contract", NAME, "--profile", "quick", "--fault", f"{NAME}/status/400:422")
    first = run_suites(tmp_path, *options)
    assert first.code == 1
    file = tmp_path / "known.json"
    accept_known(read_record(tmp_path / "verdicts.json"), file, [], "they answer 422", "", "")
    second = run_suites(tmp_path, *options, "--known", str(file))
    assert second.code == 0, second.output
    assert second.outcomes[f"{NAME}/status/400"] == "broken"
    third = run_suites(tmp_path, *options, "--fault", f"{TITLE}:257-taken", "--known", str(file), "-n", "2")
    assert third.code == 1
    assert "1 failed" in third.output
    run_suites(tmp_path / "before", *options[:4])
    before = str(tmp_path / "before" / "verdicts.json")
    drifted = run_suites(tmp_path, *options, "--known", str(file), "--baseline", before)
    assert drifted.code == 0, "what has changed is known"
    assert f"{NAME}/status/400 fails nothing: its clauses are known deviations" in drifted.output
    mended = run_suites(tmp_path, *options[:4], "--known", str(file))
    assert mended.code == 0
    assert f"{NAME}/status/400 no longer holds" in mended.output
    wrong = run_suites(tmp_path, "--known", str(tmp_path / "nothing.json"))
    assert wrong.code == 4
    assert "nothing.json cannot be read (No such file or directory)" in wrong.output
