"""Whole runs against hostile servers: what they come to, how long they take, and how much memory.

    python -m tests.hostile [-k WORD] [--check]

runs `pytest suites --profile quick` on kaiten-create-space, a process for each case of `tests/hostility.py`. It prints
what must not be: a run over its time or over 400 MB, a traceback, a clause that is upheld by answers that say nothing.
Without -k it writes the table to tests/hostile.md; with --check it says instead whether the table there holds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click

import tests.hostility_words  # noqa: F401 - registers its cases
from endpoints.embedded import VARIABLE, EmbeddedMock
from endpoints.targets import MOCK_TARGET
from tests.helpers import ROOT, alone
from tests.hostility import CASES, Case, hostile

PAGE = Path(__file__).with_suffix(".md")
MOST_MEGABYTES = 400
CONTRACT = "kaiten-create-space"
# A small process in between: what a process inherits of its parent's peak would count as its own.
_MEASURED = """
import json, os, sys
process = os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(process, 0)
open(sys.argv[1], "w").write(json.dumps([os.waitstatus_to_exitcode(status), used.ru_maxrss // 1024]))
"""
_PATIENCE = "timeout = 2\npatience = 0.5\nconnections = 1\n"  # since some of the servers count


@cache
def mock() -> EmbeddedMock:
    """The mock behind the hostile servers; it ends with this process."""
    return EmbeddedMock()


@dataclass(frozen=True)
class Seen:
    """What a run came to; `code` is None when it had to be ended."""

    case: Case
    code: int | None
    seconds: float
    megabytes: int
    outcomes: Counter[str]
    broken: tuple[str, ...]
    output: str

    @property
    def wrong(self) -> Iterator[str]:
        """What must not be."""
        if self.code is None:
            yield f"took more than {self.case.seconds} s"
        if self.megabytes > MOST_MEGABYTES:
            yield f"took {self.megabytes} MB"
        for word in ("Traceback", "INTERNALERROR", "failed here"):
            if word in self.output:
                yield f"has {word!r} in its output"
        if self.code in {3, 4}:
            yield "came to nothing"
        if self.outcomes["upheld"] and not self.case.upholds:
            yield f"upheld {self.outcomes['upheld']} clauses by answers that say nothing"

    @property
    def kept(self) -> str:
        """What is compared: exit code, outcomes and accusations."""
        said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items()))
        broken = ", ".join(f"`{clause}`" for clause in self.broken[:5]) + (" …" if len(self.broken) > 5 else "")
        return f"| `{self.case.name}` | {self.code} | {said} | {broken}"

    @property
    def row(self) -> str:
        """The case's row in the table."""
        return f"{self.kept} | {_coarse(self.seconds)} | {-(-self.megabytes // 50) * 50} |"


def _coarse(seconds: float) -> str:
    return next((f"under {most}" for most in (5, 10, 20, 40, 80) if seconds < most), "more")


def run(case: Case, folder: Path, *options: str, **environment: str) -> Seen:
    """One run against one case, with every output there is, in a folder of its own."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "target.toml"
    text = MOCK_TARGET.read_text(encoding="utf-8").replace("embedded = true\ntimeout = 10\npatience = 1\n", _PATIENCE)
    assert _PATIENCE in text
    target.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), str(ROOT / "suites"), "-q"]
    command += ["-p", "no:cacheprovider", "--profile", "quick", "--contract", CONTRACT, "--target", str(target)]
    command += ["--verdicts", "verdicts.json", "--report", "report.html", "--junit", "junit.xml", "--record", "records"]
    measured = folder / "measured.json"
    with hostile(case.answering, mock().base_url) as url, (folder / "output").open("w+", encoding="utf-8") as output:
        everything = {**alone(), **mock().environment, VARIABLE: url, **environment}
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-c", _MEASURED, str(measured), *command, *options], cwd=folder, env=everything,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(timeout=case.seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
    seconds = time.monotonic() - started
    code, megabytes = json.loads(measured.read_text()) if measured.exists() else (None, 0)
    clauses = _clauses(folder / "verdicts.json")
    broken = tuple(clause["id"].removeprefix(f"{CONTRACT}/") for clause in clauses if clause["outcome"] == "broken")
    outcomes = Counter(clause["outcome"] for clause in clauses)
    said = (folder / "output").read_text(encoding="utf-8", errors="replace")
    return Seen(case, code, seconds, megabytes, outcomes, broken, said)


def _clauses(file: Path) -> list[dict[str, Any]]:
    document = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"contracts": []}
    return [clause for contract in document["contracts"] for clause in contract["clauses"]]


def page(seen: Iterable[Seen]) -> str:
    """The generated page."""
    head = [
        "# Hostile servers, and what a run makes of them",
        "",
        f"Made by `python -m tests.hostile`; do not edit. Each row is a run of profile quick on {CONTRACT}, against",
        f"one server of `tests/hostility.py`. No run may take more than {MOST_MEGABYTES} MB at its peak, nor longer",
        "than its case allows. `--check` compares all but seconds and megabytes, and holds these bounds.",
        "",
        "| case | exit | clauses | broken | seconds | peak MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *(one.row for one in seen), ""])


@click.command()
@click.option("-k", "word", default="", help="Only cases whose name has this word.")
@click.option("--check", is_flag=True, help="Compare with the page instead of writing it.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep what the runs wrote in this folder.")
def main(word: str, check: bool, keep: Path | None) -> None:
    """The suites against every hostile server."""
    chosen = [case for name, case in CASES.items() if word in name]
    seen, failed = [], False
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(os.cpu_count()) as pool:
        folders = [(keep or Path(temporary)) / case.name for case in chosen]
        for one in pool.map(run, chosen, folders):
            seen.append(one)
            wrong = list(one.wrong)
            if check and not PAGE.read_text(encoding="utf-8").count(f"{seen[-1].kept} | "):
                wrong.append(f"is not as {PAGE.name} says")
            failed |= bool(wrong)
            click.echo(seen[-1].row + (f" {'; '.join(wrong)}" if wrong else ""))
    if not check and not word:
        PAGE.write_text(page(seen), encoding="utf-8")
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
