"""The second service: only what it truly does wrong is told, every fault put into it is caught, nothing is left."""

from __future__ import annotations

import json

import pytest

from contracts.contract import open_contracts
from suites.judgement import Outcome
from tests.helpers import a_tenth, the_first
from tests.lawful import outcomes
from tests.matrix import Listening
from tests.second.faults import faults
from tests.second.running import KNOWN, TARGET, broken_under, known, run_on_service, service, stated

FAULTS = faults()
# A run that cannot tell which record was made makes no more of them: it ends undetermined, and red.
WITHOUT_AN_ID = {
    name
    for name, fault in FAULTS.items()
    if fault.method == "POST" and fault.clause.partition("/")[2].startswith("201/id/")
}
UNEXERCISED = "status-409"  # a PUT to a name that another shelf has; a target may say so, this one doesn't
ASKED = [
    name for name in FAULTS if name not in WITHOUT_AN_ID and ("replace_shelf" not in name or "/409/" not in name)
]  # in one order in every process


def created(run: Listening) -> int:
    return sum(found["counts"].get("created", 0) for found in run.found)


def test_only_what_it_truly_does_is_broken() -> None:
    code, run = run_on_service("", "--known", str(KNOWN))
    found = outcomes(run)
    assert {clause for clause, out in found.items() if out in {Outcome.BROKEN, Outcome.UNDETERMINED}} <= known()
    unexercised = [row for _, row in run.rows if row["outcome"] == "unexercised"]
    assert {row["clause"].split("/")[0] for row in unexercised} == {"library.replace_shelf_shelves__shelf_id__put"}
    assert all(UNEXERCISED in row["reason"] for row in unexercised)
    assert code == 0
    assert service().left == {"shelves": 0, "books": 0}
    contracts = open_contracts(service().folder / "library.json")
    assert set(found) == {clause for contract in contracts for clause in contract.clauses}
    effects = {(seen["about"], seen["saw"]) for seen in run.observations if " sent twice" in seen["about"]}
    assert ("a GET sent twice", "the same answer again") in effects
    assert ("a DELETE sent twice", "404 after 204") in effects
    assert ("a PUT sent twice", "the same answer again") in effects


@pytest.mark.long
def test_a_thorough_run_finds_all_that_is_known_and_no_more() -> None:
    _, run = run_on_service("", profile="ci")
    assert {clause for clause, out in outcomes(run).items() if out is Outcome.BROKEN} == known()
    assert service().left == {"shelves": 0, "books": 0}


def test_what_is_known_has_a_reason() -> None:
    entries = json.loads(KNOWN.read_text(encoding="utf-8"))["known"]
    assert all(len(entry["reason"]) > 20 for entry in entries)
    assert len(TARGET.strip().splitlines()) <= 5


def test_there_are_faults_enough() -> None:
    assert len(FAULTS) >= 150
    assert {fault.clause.partition("/")[0] for fault in FAULTS.values()} == {
        one.name.partition(".")[2] for one in open_contracts(service().folder / "library.json")
    }
    clauses = {c.id for one in open_contracts(service().folder / "library.json") for c in one.clauses.values()}
    assert {fault.id for fault in FAULTS.values() if f"library.{fault.clause}" not in clauses} == set()


@pytest.mark.parametrize("name", a_tenth(ASKED, tenths=5))
def test_a_fault_is_caught_and_blamed_right(name: str) -> None:
    caught, others = broken_under(FAULTS[name])
    assert caught or f"library.{FAULTS[name].clause}" not in stated()
    assert others == (), "stated clauses of others came out broken"
    assert service().left == {"shelves": 0, "books": 0}


@pytest.mark.parametrize("name", the_first(sorted(WITHOUT_AN_ID)))
def test_what_cannot_be_deleted_again_is_not_made_again(name: str) -> None:
    own = service()
    own.layer.fault = FAULTS[name]
    try:
        code, run = run_on_service(FAULTS[name].clause.partition("/")[0])
    finally:
        own.layer.fault = None
        left = own.left
        own.app.state.store.rows("delete from books")
        own.app.state.store.rows("delete from shelves")
    assert code == 1
    assert sum(left.values()) <= 2
    assert outcomes(run)[f"library.{FAULTS[name].clause}"] is not Outcome.UPHELD


@pytest.mark.parametrize(
    ("operation", "shelves", "books"),
    [
        ("read_book_shelves__shelf_id__books__book_id__get", 1, 1),  # both are only read, so one of each is enough
        ("list_books_shelves__shelf_id__books_get", 1, 1),
        ("change_shelf_shelves__shelf_id__patch", 1, 0),
    ],
)
def test_things_are_made_once_where_they_last(operation: str, shelves: int, books: int) -> None:
    _, run = run_on_service(operation)
    assert created(run) == shelves + books
    assert service().left == {"shelves": 0, "books": 0}


def test_what_is_deleted_is_made_afresh_for_each_request() -> None:
    _, run = run_on_service("delete_shelf_shelves__shelf_id__delete")
    assert created(run) > 5
    assert service().left == {"shelves": 0, "books": 0}


def test_the_description_is_fastapis_own() -> None:
    described = json.loads((service().folder / "library.json").read_text(encoding="utf-8"))
    assert described["openapi"].startswith("3.1")
    assert sum(len(item) for item in described["paths"].values()) == 12
