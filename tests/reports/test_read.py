"""The page in the report tells apart what a program derived, what people read, and what nobody has decided on."""

from __future__ import annotations

from reports.view import advice, contracts_of
from tests.reports.making import NAME, verdicts


def test_derived_facts_readings_and_open_prose_are_told_apart() -> None:
    document = verdicts()
    (contract,) = document["contracts"]
    silent = contract["document"]["silent"] | {"prose left undecided": "146", "not understood": "164"}
    contract["document"]["silent"] = silent
    contract["document"]["derived"] = "1-145, 147-163"
    (view,) = contracts_of(document, {NAME: ["x"] * contract["document"]["lines"]})
    read = {row["number"]: row["read"] for row in view["page"]}
    assert read["45"] == "derived, by hand"  # an id, and that ids differ
    assert read["70"] == "derived"
    assert read["165"] == "by hand"  # a clause on a line that no program read
    assert read["9"] == "derived"
    assert read["146"] == "by hand, undecided"


def test_lines_without_a_clause_say_what_is_open() -> None:
    document = verdicts()
    (contract,) = document["contracts"]
    contract["document"] |= {
        "derived": "1-8",
        "silent": {"prose left undecided": "9", "not understood": "40", "heading": "41"},
    }
    (view,) = contracts_of(document, {NAME: ["x"] * contract["document"]["lines"]})
    read = {row["number"]: row["read"] for row in view["page"]}
    assert (read["9"], read["40"], read["41"]) == ("undecided", "not understood", "")


def test_a_document_of_an_older_run_says_nothing_of_it() -> None:
    document = verdicts()
    (contract,) = document["contracts"]
    contract["document"].pop("derived", None)
    (view,) = contracts_of(document, {})
    assert {row["read"] for row in view["page"]} == {""}


def test_of_an_example_that_was_not_sent_the_advice_is_about_requests() -> None:
    """What was sent to nobody has no answer to speak of."""
    assert "under `tenant`" in advice("the target's fields do not take the values of the page's example")
    assert "No answer of this run" in advice("no answer of the sample had `id` to compare")
