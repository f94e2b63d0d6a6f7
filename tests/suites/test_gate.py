"""The gate, both ways: every side of every clause is asked by one test, and every test asks clauses that exist."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from contracts.contract import load_contracts
from contracts.errors import UserError
from contracts.model import Kind, Side
from suites.run import Plan
from tests.helpers import ROOT, target_file

BEYOND = {
    "test_variety",
    "test_enough_answers",
    "test_unknown_attribute",
    "test_empty_list",
    "test_odd_bodies",
    "test_effects",
}  # ask more, or only see


@pytest.fixture(scope="module")
def collected() -> list[tuple[str, str]]:
    """(test function, clause id) of every collected test."""
    command = [sys.executable, "-m", "pytest", "suites", "--collect-only", "-q", "-p", "no:cacheprovider"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rows = [line.split("::")[1].rstrip("]").split("[", 1) for line in output.splitlines() if "::" in line]
    return [(function, clause) for function, clause in rows]


def test_every_side_of_every_clause_is_asked_once(collected: list[tuple[str, str]]) -> None:
    asked = Counter(clause for function, clause in collected if function not in BEYOND)
    expected = {c.id: len(c.sides) for contract in load_contracts() for c in contract.clauses.values()}
    assert dict(asked) == expected


def test_sides_are_asked_by_their_modules(collected: list[tuple[str, str]]) -> None:
    clauses = {c.id: c for contract in load_contracts() for c in contract.clauses.values()}
    for function, clause_id in collected:
        clause = clauses[clause_id]
        if clause.kind is Kind.REQUEST:
            side = Side.REFUSES if function == "test_refuses" else Side.ACCEPTS
            assert side in clause.sides, (function, clause_id)


def test_a_test_of_a_clause_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    module = tmp_path / "test_of_nothing.py"
    module.write_text(
        "from suites.asking import asks\n"
        '@asks("nothing/behaviour/at-all")\n'
        "def test_it(ask):\n"
        "    pass\n"
    )  # fmt: skip
    command = [sys.executable, "-m", "pytest", str(module), "-c", "pyproject.toml", "-p", "conftest", "-q"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "no clause of the catalogue matches 'nothing/behaviour/at-all'" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "contracts", "message"),
    [
        (None, ["nothing"], "there is no contract 'nothing'"),
        ("ELSEWHERE", ["zendesk-create-record"], r"there is no \[contracts.zendesk-create-record\]"),
        ("nowhere.toml", [], "nowhere.toml: the target file cannot be read"),
    ],
)
def test_a_plan_that_cannot_be(target: str | None, contracts: list[str], message: str, tmp_path: Path) -> None:
    if target == "ELSEWHERE":
        target = str(target_file(tmp_path, "https://api.example.com", ("kaiten-create-space",)))
    with pytest.raises(UserError, match=message):
        Plan.of(target, contracts, "ci", [])


@pytest.mark.parametrize(
    ("target", "switches", "running", "message"),
    [
        (None, ["nothing"], "", "there is no fault or manner 'nothing'; `python -m endpoints faults`"),
        ("ELSEWHERE", ["latency"], "", "is not the embedded mock, so --fault and --manner cannot"),
        (
            None,
            ["latency"],
            "http://127.0.0.1:9",
            "names a mock at http://127.0.0.1:9; `python -m endpoints",
        ),
    ],
)
def test_switches_that_cannot_be(
    target: str | None, switches: list[str], running: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if target == "ELSEWHERE":
        target = str(target_file(tmp_path, "https://api.example.com", ("kaiten-create-space",)))
    monkeypatch.delenv("CLAUSEWISE_MOCK", raising=False)
    if running:
        monkeypatch.setenv("CLAUSEWISE_MOCK", running)
    with pytest.raises(UserError, match=message):
        Plan.of(target, [], "ci", switches)
