"""The matrix: the suites against every fault of the mock.

    python -m tests.matrix [--profile quick|ci] [--check] [-k WORD]

prints for each fault whether its clause came out broken, whether no other stated clause did, and after how many
requests it was caught; profile ci writes the table to tests/matrix.md, and --check says instead whether the table
there is what was measured. Two processes for each core share the work, each with a mock of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

from endpoints.embedded import VARIABLE, EmbeddedMock
from endpoints.mock.faults import FAULTS
from tests.helpers import ROOT

PAGE = Path(__file__).with_suffix(".md")
_QUIETLY = ("--assert=plain", "-p", "no:terminal", "-p", "no:xdist", "-p", "no:cacheprovider", "--capture=no")


@dataclass
class Listening:
    """A pytest plugin that keeps the judgements of a run, and the requests that had been sent at each of them."""

    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    requests: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        if hasattr(report, "clausewise"):
            self.requests += report.clausewise["counts"]["requests"]
            self.rows += [(self.requests, row) for row in report.clausewise["judgements"]]


@cache
def mock() -> EmbeddedMock:
    """This process's mock; it ends with the process."""
    return EmbeddedMock()


def run_on_mock(switches: tuple[str, ...], contracts: tuple[str, ...], profile: str) -> Listening:
    """A run of the suites in this process, on its mock with these switches on."""
    listening = Listening()
    mock().switch(*switches)
    os.environ[VARIABLE] = mock().base_url
    try:
        chosen = [word for name in contracts for word in ("--contract", name)]
        pytest.main([str(ROOT / "suites"), *_QUIETLY, *chosen, "--profile", profile], plugins=[listening])
    finally:
        del os.environ[VARIABLE]
        mock().switch()
    return listening


@dataclass(frozen=True)
class Watched:
    """What a run noticed of one fault."""

    fault: str
    caught: bool
    others: tuple[str, ...]
    undetermined: int
    requests: int
    why: str


def watched(fault_id: str, profile: str) -> Watched:
    """Run the contract of one fault and see whether its clause is broken, and no other one."""
    fault = FAULTS[fault_id]
    listening = run_on_mock((fault_id,), fault.contracts, profile)
    broken = {row["clause"]: (at, row) for at, row in reversed(listening.rows) if row["outcome"] == "broken"}
    others = sorted(set(broken) - {fault.clause})
    undetermined = {row["clause"] for _, row in listening.rows if row["outcome"] == "undetermined"}
    at, row = broken.get(fault.clause, (0, {"evidence": []}))
    shown = row["evidence"] and row["actual"] and row["expected"]
    return Watched(
        fault_id, bool(broken.get(fault.clause)), tuple(others), len(undetermined), at, row["actual"] if shown else ""
    )


def all_watched(profile: str, word: str = "") -> Iterator[Watched]:
    """Every fault whose id has the word, in order."""
    chosen = [name for name in FAULTS if word in name]
    with ProcessPoolExecutor() as pool:
        yield from pool.map(watched, chosen, [profile] * len(chosen))


@click.command()
@click.option("--profile", default="ci", type=click.Choice(["quick", "ci"]))
@click.option("-k", "word", default="", help="Only faults whose id has this word.")
def main(profile: str, word: str) -> None:
    for one in all_watched(profile, word):
        sign = (
            ""
            if one.caught and not one.others and one.why
            else "   <--- " + (", ".join(one.others) if one.caught else "MISSED " + ", ".join(one.others))
        )
        click.echo(f"{one.fault:90} {one.caught!s:6} {one.undetermined:3} {one.requests:5}{sign}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
