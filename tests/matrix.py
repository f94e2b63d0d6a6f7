"""The matrix: the suites against every fault of the mock.

    python -m tests.matrix [--profile quick|ci] [-k WORD] [--check] [--alone]

prints which faults were missed or blamed wrongly, and how many were caught (their clause came out broken, or what is
an observation was noted), blamed right (no other stated clause did), and after how many requests. Without -k, profile
ci writes the table to tests/matrix.md; with --check it says instead whether the table there holds. Each core's process
has a mock of its own, and runs the suites under one fault after the other; with --alone each fault has a new process
and a new mock, which takes several times as long and comes to the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import click
import pytest

from contracts.contract import load_contracts
from contracts.model import Level
from endpoints.embedded import VARIABLE, EmbeddedMock
from endpoints.mock.faults import FAULTS
from suites.test_refuses import OTHER_MEDIA_TYPE
from tests.helpers import ROOT

PAGE = Path(__file__).with_suffix(".md")
QUIETLY = (
    "--disable-plugin-autoload", "--assert=plain", "--capture=no", "-p", "no:terminal", "-p", "no:cacheprovider",
    "-p", "no:unraisableexception",  # which collects garbage at the end of every run
)  # fmt: skip


@dataclass(eq=False)
class Listening:
    """A pytest plugin that keeps what a run found: judgements with the requests before them, and all the rest."""

    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    found: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        if getattr(report, "clausewise", None):
            self.requests += report.clausewise["counts"].get("requests", 0)
            self.rows += [(self.requests, row) for row in report.clausewise["judgements"]]
            self.found.append(report.clausewise)
            for seen in report.clausewise["observed"]:
                self.observations += [{"contract": seen["contract"], **row} for row in seen["observations"]]


@cache
def mock() -> EmbeddedMock:
    """This process's mock; it ends with the process."""
    return EmbeddedMock()


def run_on_mock(switches: Iterable[str], contracts: Iterable[str], profile: str, *options: str) -> Listening:
    """A run of the suites in this process, on its mock with these switches on."""
    listening = Listening()
    mock().switch(*switches)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = mock().base_url
    try:
        chosen = [word for name in contracts for word in ("--contract", name)]
        pytest.main([str(ROOT / "suites"), *QUIETLY, *chosen, "--profile", profile, *options], plugins=[listening])
    finally:
        mock().switch()
        os.environ.pop(VARIABLE)
        os.environ.update({VARIABLE: before} if before else {})
    return listening


@dataclass(frozen=True)
class Watched:
    """What a run noticed of one fault; `requests` until it was caught, `why` as the report shows it."""

    fault: str
    caught: bool
    others: tuple[str, ...]
    requests: int
    why: str

    @property
    def blamed_right(self) -> bool:
        """Caught, and no other stated clause accused."""
        return self.caught and not self.others

    @property
    def row(self) -> str:
        """The fault's row in the table."""
        words = ["yes" if self.caught else "NO", "yes" if self.blamed_right else "NO", str(self.requests)]
        return f"| `{self.fault}` | {' | '.join(words)} | {FAULTS[self.fault].says} |"


@cache
def stated() -> frozenset[str]:
    """The ids of all stated clauses."""
    clauses = (clause for contract in load_contracts() for clause in contract.clauses.values())
    return frozenset(clause.id for clause in clauses if clause.level is Level.STATED)


def watched(fault_id: str, profile: str = "ci") -> Watched:
    """Run the contract of one fault and see what comes out broken."""
    fault = FAULTS[fault_id]
    listening = run_on_mock([fault_id], fault.contracts, profile)
    noted = [o for o in listening.observations if o["about"] == OTHER_MEDIA_TYPE and o["saw"].startswith("accepted")]
    tells = {"broken", "undetermined"} if noted and fault.clause.endswith("request/content-type") else {"broken"}
    broken = {row["clause"]: (at, row) for at, row in reversed(listening.rows) if row["outcome"] in tells}
    follow = {clause for clause in broken if "/status/4" in clause} if "/robustness/" in fault.clause else set()
    others = tuple(sorted((set(broken) - {fault.clause} - follow) & stated()))  # 500 where the page says 400 is both
    at, row = broken.get(fault.clause, (0, {}))
    shown = bool(row) and bool(row["evidence"] and (row["expected"] or noted))
    return Watched(fault_id, bool(row), others, at, (row["actual"] or row["reason"]) if shown else "")


def all_watched(chosen: Sequence[str], profile: str = "ci", *, alone: bool = False) -> Iterator[Watched]:
    """The faults in order; `alone` gives each of them a new process, so that no run can know of another."""
    with ProcessPoolExecutor(mp_context=get_context("spawn"), max_tasks_per_child=1 if alone else None) as pool:
        yield from pool.map(watched, chosen, [profile] * len(chosen))


def summary(found: Sequence[Watched]) -> str:
    """The sentence above the table."""
    caught, right = sum(one.caught for one in found), sum(one.blamed_right for one in found)
    requests = [one.requests for one in found if one.caught] or [0]
    ninth = quantiles(requests, n=10)[-1] if len(requests) > 1 else requests[0]
    return (
        f"{caught} of {len(found)} faults caught ({caught / len(found):.1%}), {right} blamed right; "
        f"a median of {median(requests):.0f} requests until one is caught, {ninth:.0f} for nine in ten."
    )


def page(found: Sequence[Watched]) -> str:
    """The generated page."""
    head = [
        "# The matrix: faults of the mock, and what the suites say of them",
        "",
        "Made by `python -m tests.matrix`; do not edit. How many requests it takes depends on what Hypothesis draws,",
        "so `--check` compares everything but them.",
        "",
        summary(found),
        "",
        "| fault | caught | blamed right | requests until caught | what goes wrong |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *(one.row for one in found), ""])


def without_requests(text: str) -> list[str]:
    """The rows of a page, but for their numbers of requests."""
    rows = (row.split(" | ") for row in text.splitlines() if row.startswith("| `"))
    return [" | ".join([*row[:3], *row[4:]]) for row in rows]


@click.command()
@click.option("--profile", default="ci", show_default=True, type=click.Choice(["quick", "ci"]))
@click.option("-k", "word", default="", help="Only faults whose id has this word.")
@click.option("--check", is_flag=True, help="Compare with the page instead of writing it.")
@click.option("--alone", is_flag=True, help="A new process for each fault.")
def main(profile: str, word: str, check: bool, alone: bool) -> None:
    """The suites against every fault of the mock."""
    found = []
    for one in all_watched([name for name in FAULTS if word in name], profile, alone=alone):
        found.append(one)
        if not one.blamed_right:
            said = f"blamed {', '.join(one.others)}" if one.others else "was missed"
            click.echo(f"{one.fault} {said}")
    if not found:
        raise click.UsageError(f"no fault has {word!r} in its id; `python -m endpoints faults` lists them")
    click.echo(f"profile {profile}: {summary(found)}")
    if profile == "ci" and not word:
        if check and without_requests(PAGE.read_text(encoding="utf-8")) != without_requests(page(found)):
            raise click.ClickException(f"{PAGE.name} does not hold; `python -m tests.matrix` writes it anew")
        if not check:
            PAGE.write_text(page(found), encoding="utf-8")
    if profile == "ci" and not all(one.blamed_right for one in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
