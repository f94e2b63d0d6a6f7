"""The test of the tests: every fault is caught and blamed right, and no lawful difference is accused of anything."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from contracts.contract import load_contracts
from contracts.model import Clause, Side
from endpoints.mock.faults import FAULTS
from endpoints.mock.manners import MANNERS
from tests.helpers import a_tenth, is_one_in_ten
from tests.lawful import PAIRS, contracts_of, differences, seen, usual
from tests.matrix import PAGE, Watched, all_watched, watched

CLAUSES = {clause.id: clause for contract in load_contracts() for clause in contract.clauses.values()}
# What these change, clients do not see: HTTP takes the case of header names, and JSON the way it is written, for equal.
UNSEEN = {"capital-headers", "escaped", "whole-floats", "latency", "renewed-tokens"}
UNSEEN_BY_QUICK = {"unknown-refused", "empty-batch"}


@pytest.mark.parametrize("fault", a_tenth(FAULTS, group=lambda fault: FAULTS[fault].contracts))
def test_a_fault_is_caught_and_blamed_right(fault: str, everything: bool) -> None:
    """By what quick asks where that is enough, with --all a tenth by ci; `python -m tests.matrix` asks all by ci."""
    by_ci = everything and is_one_in_ten(fault)
    found = watched(fault, "ci" if by_ci else "quick")
    found = found if by_ci or found.caught else watched(fault)
    assert found.caught, "no clause of its own came out broken"
    assert found.others == (), "stated clauses of others came out broken"
    assert found.why, "the row does not show why"
    row = Watched(fault, caught=True, others=(), requests=0, why="").row.split(" | ")
    kept = f"{row[0]} | yes | yes | "
    assert kept in PAGE.read_text(encoding="utf-8"), "the page is out of date; `python -m tests.matrix` writes it anew"


@pytest.mark.long
def test_a_fault_comes_out_the_same_whatever_ran_before_it() -> None:
    """Runs share a process and what was drawn in it; beside a process that has run nothing else, that shows nowhere."""
    faults = [
        "kaiten-create-space/request/title/maxLength:utf-16",
        "kintone-add-records/behaviour/permission/add:ignored",
    ]
    for fault in faults:  # what the runs before leave behind is theirs alone
        watched(fault)
    shared = [watched(fault) for fault in faults]
    alone = all_watched(faults, alone=True)
    assert [replace(one, why="") for one in shared] == [replace(one, why="") for one in alone]  # answers hold new ids


def test_every_fault_breaks_a_clause_that_there_is() -> None:
    assert [fault.id for fault in FAULTS.values() if fault.clause not in CLAUSES] == []


@pytest.mark.parametrize("clause", CLAUSES.values(), ids=CLAUSES)
def test_every_clause_has_a_fault(clause: Clause) -> None:
    assert any(fault.clause == clause.id for fault in FAULTS.values())


def test_the_page_has_the_faults_that_there_are() -> None:
    rows = [row.split("`")[1] for row in PAGE.read_text(encoding="utf-8").splitlines() if row.startswith("| `")]
    assert rows == list(FAULTS), "`python -m tests.matrix` writes it anew"


# A clause with two sides has faults of both, unless the first of them would leave nothing accepted, so that nothing
# could be judged: what every conforming request has, such as its media type, its body and its required attributes.
ALWAYS_THERE = {"content-type", "required"}


@pytest.mark.parametrize("clause", [c for c in CLAUSES.values() if len(c.sides) > 1], ids=lambda clause: clause.id)
def test_a_clause_with_two_sides_has_faults_of_both(clause: Clause) -> None:
    sides = {side_of(fault) for fault in FAULTS if FAULTS[fault].clause == clause.id}
    assert Side.REFUSES in sides
    needed = clause.keyword not in ALWAYS_THERE and not accepted_always(clause)
    assert not needed or Side.ACCEPTS in sides


def side_of(fault: str) -> Side:
    """Faults that refuse what conforms are named so."""
    words = ("refused", "insisted", "utf-16", "bytes", "half")
    return Side.ACCEPTS if fault.endswith(words) else Side.REFUSES


def accepted_always(clause: Clause) -> bool:
    """What holds everything else is in every request, as what it is: were it refused, nothing would be accepted."""
    return clause.keyword == "type" and clause.schema.get("type") in ("object", "array")


def one_of(contracts: tuple[str, ...], salt: str) -> tuple[str, ...]:
    """One of some contracts: of the five each about as often."""
    return (min(contracts, key=lambda name: sha256(f"{salt} {name}".encode()).digest()),)


@pytest.mark.parametrize("manner", MANNERS)
def test_no_clause_is_accused_under_a_manner(manner: str, everything: bool) -> None:
    profile = "ci" if manner in UNSEEN_BY_QUICK else "quick"
    contracts = contracts_of(manner) if everything else one_of(contracts_of(manner), manner)
    different, run = differences((manner,), profile, contracts)
    assert different == {}
    if everything and manner not in UNSEEN:  # one contract need not show it
        before = set().union(*(seen(usual(name, profile)) for name in contracts))
        assert seen(run) != before, "what differs was not written down"


@pytest.mark.long
@pytest.mark.parametrize("pair", a_tenth([" ".join(pair) for pair in PAIRS if contracts_of(*pair)], tenths=5))
def test_no_clause_is_accused_under_two_manners(pair: str, pytestconfig: pytest.Config) -> None:
    first, second = pair.split()
    contracts = contracts_of(first, second)
    if not pytestconfig.getoption("--fuzz"):
        contracts = one_of(contracts, pair)
    different, _ = differences((first, second), "quick", contracts)
    assert different == {}
