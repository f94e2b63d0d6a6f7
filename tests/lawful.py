"""Lawful differences: what the suites say under manners of the mock, beside what they say without."""

from __future__ import annotations

from functools import cache
from itertools import combinations

from contracts.contract import contract_names
from endpoints.mock.manners import MANNERS
from suites.judgement import Outcome
from tests.matrix import Listening, run_on_mock

PAIRS = tuple(combinations(MANNERS, 2))


def contracts_of(*manners: str) -> tuple[str, ...]:
    """The contracts that all the manners change."""
    return tuple(name for name in contract_names() if all(MANNERS[m].applies(name, "create") for m in manners))


def outcomes(run: Listening) -> dict[str, Outcome]:
    """The worst outcome of each clause that was asked."""
    found: dict[str, Outcome] = {}
    for _, row in run.rows:
        seen = (found.get(row["clause"], Outcome.UPHELD), Outcome(row["outcome"]))
        found[row["clause"]] = max(seen, key=lambda outcome: outcome.severity)
    return found


@cache
def usual(contract: str, profile: str) -> Listening:
    """A run without manners, made once for each process."""
    return run_on_mock((), (contract,), profile)


def differences(
    manners: tuple[str, ...], profile: str, contracts: tuple[str, ...] = ()
) -> tuple[dict[str, str], Listening]:
    """Clauses of some contracts, or of all, that come out otherwise under the manners, and the run that shows it."""
    contracts = contracts or contracts_of(*manners)
    before = {clause: out for name in contracts for clause, out in outcomes(usual(name, profile)).items()}
    run = run_on_mock(manners, contracts, profile)
    after = outcomes(run)
    return {
        clause: str(after.get(clause, "not asked"))
        for clause in before | after
        if after.get(clause) != before.get(clause)
    }, run


def seen(run: Listening) -> set[tuple[str, ...]]:
    """What a run observed, without how often."""
    return {(o["contract"], o["situation"], o["about"], o["place"], o["saw"]) for o in run.observations if o["silent"]}
