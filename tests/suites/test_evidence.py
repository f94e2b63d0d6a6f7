"""What a failure shows: all that was read back, each with its command; and each finding is told once."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from contracts.contract import load_contract
from contracts.model import Side
from endpoints.exchange import Exchange
from endpoints.redaction import Redaction
from strategies import Request
from suites.judgement import Evidence, Judgement, Outcome
from tests.helpers import reply, run_suites, serving, target_file, the_first

SPACE, KINTONE = "kaiten-create-space", "kintone-add-records"


def test_what_was_read_back_is_numbered_and_can_be_read_again(tmp_path: Path) -> None:
    fault = f"{KINTONE}/behaviour/order:ids-reversed"
    finished = run_suites(tmp_path, "--contract", KINTONE, "--profile", "quick", "--fault", fault)
    evidence = finished.clause(f"{KINTONE}/behaviour/order")["judgements"][0]["evidence"]
    assert [one["role"] for one in evidence] == ["sent", *["read back"] * 3]
    lines = finished.output.splitlines()
    for number, read in enumerate(evidence[1:], start=1):
        assert any(line.startswith(f"read back {number}: GET /k/v1/record.json") for line in lines)
        assert lines[lines.index(f"read back {number}:") + 1].startswith("curl -X GET")
        assert read["curl"].startswith("curl -X GET")


def test_other_requests_are_not_told_as_read_back() -> None:
    """Ids that come twice show in two creating requests."""
    clause = load_contract(SPACE).clauses[f"{SPACE}/behaviour/ids-differ"]
    first, other = (
        Exchange(Request({"title": title}), "POST", "http://here/x", {}, f'{{"title":"{title}"}}', 200, answer="{}")
        for title in ("one", "two")
    )
    evidence = (Evidence("sent", first), Evidence("sent", other))
    found = Judgement(clause, Side.SHOWS, Outcome.BROKEN, "", "ids that differ", "7 twice", 2, evidence).message()
    assert "also sent" in found
    assert "read back" not in found
    assert found.startswith(f"{clause.sentence}\n{clause.id}, lines 43-52 (implied)")


def test_an_address_that_differs_is_shown() -> None:
    clause = load_contract("attio-create-record").clauses["attio-create-record/request/path/object/unknown"]
    sent, twin = (
        Exchange(Request({"data": {}}), "POST", f"http://here/v2/objects/{name}/records", {}, "{}", 200, answer="{}")
        for name in ("nobody", "people")
    )
    evidence = (Evidence("sent", sent), Evidence("twin", twin))
    found = Judgement(clause, Side.SHOWS, Outcome.BROKEN, "", "a refusal", "200", 2, evidence).message()
    assert 'differs   in `address`: "http://here/v2/objects/nobody/records" was sent' in found


def test_one_finding_is_told_once_under_its_own_name(tmp_path: Path) -> None:
    """Random requests of profile ci find it again, beside other values."""
    clause = f"{SPACE}/200/title/type"
    options = ("--contract", SPACE, "--profile", "ci", "-k", f"{clause}] or test_variety")
    finished = run_suites(tmp_path, *options, "--fault", f"{clause}:number")
    assert finished.outcomes[clause] == "broken"
    assert finished.output.count(f"\n{clause}, lines 53-57 (stated)\n") == 1
    alone = run_suites(tmp_path, "--contract", SPACE, "-k", "test_variety", "--fault", f"{clause}:number")
    assert alone.outcomes[clause] == "broken", "where it was not asked by itself, it is told here"


FIRST = {
    "id/type": ({"id": "7"}, "'7' in 200"),
    "id/required": ({"title": "x"}, "200 without it"),
    "type": ([], "[] in 200"),
    "type of a page": (b"<html>", "a body that is not JSON: <html>"),
    "type of nothing": (b"", "a body that is not JSON"),
}


@pytest.mark.parametrize("case", the_first(FIRST))
def test_the_first_answer_accuses_though_what_it_made_cannot_be_made_again(case: str, tmp_path: Path) -> None:
    """What names nothing that can be deleted is not made again; the one answer breaks what it breaks all the same."""
    (body, came), place = FIRST[case], case.partition(" ")[0]
    asked: list[bytes] = []

    def answering(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        asked.append(content)
        reply(handler, 200, body)

    with serving(answering) as base:
        file = target_file(tmp_path, base, (SPACE,))
        options = ("--target", str(file), "--contract", SPACE, "-k", f"200/{place}]")
        finished = run_suites(tmp_path, *options, KAITEN_TOKEN="s3cret-token")
    found = finished.clause(f"{SPACE}/200/{place}")
    assert (found["outcome"], finished.code) == ("broken", 1)
    judgement = found["judgements"][0]
    assert judgement["actual"].startswith(came)
    assert judgement["reason"] == "it was seen once: what cannot be deleted again is not made again"
    assert len(asked) == 1


@pytest.mark.parametrize("before", range(0, 40, 7))
def test_no_secret_is_cut_in_two_and_shown(before: int) -> None:
    token = "s3cret-token-of-forty-characters-in-all!"
    answer = "." * before + token * 2_000
    one = Exchange(Request(), "GET", "http://here/x", {}, "", 200, answer=answer, strike=Redaction({token: "T"}).text)
    assert set(one.shown_answer.partition("…")[0]) <= set(".$T")
    assert one.shown_answer.endswith(f"(cut, {len(answer):,} characters)")
