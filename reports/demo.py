"""A nightly story on the embedded mock: night one makes a baseline, night two is quiet, on night three it drifts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

import suites
from endpoints.mock.faults import CHANGES
from reports.drift.accept import accept_drift
from reports.drift.records import read_record
from reports.files import Row
from reports.terminal import drift_lines
from reports.verdicts import clauses_of, counted, read_verdicts

ROOT = Path(suites.__file__).parent.parent
_OURS = ("CLAUSEWISE_MOCK", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")


def tell(keep: Path | None) -> int:
    """Tell it, and return the exit code of the third night's run; everything is kept in the folder, if one is named."""
    with tempfile.TemporaryDirectory() as passing:
        folder = (keep or Path(passing)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        baseline = folder / "baseline.json"
        baseline.unlink(missing_ok=True)
        click.echo("Night one: the first run. What it finds becomes the baseline, a file for git.")
        code, verdicts = _night(folder, 1)
        if code:
            return code
        for line in accept_drift(read_record(verdicts), baseline, [], ""):
            click.echo(f"    {line.replace(str(folder), folder.name)}")
        click.echo("\nNight two: the same endpoint.")
        code, _ = _night(folder, 2, "--baseline", str(baseline))
        if code:
            return code
        click.echo("\nNight three: the vendor has renamed an attribute, answers 422, and takes longer titles.")
        faults = [word for change in CHANGES for word in ("--fault", change)]
        code, _ = _night(folder, 3, "--baseline", str(baseline), *faults)
        if keep:
            click.echo(f"\nThe report of night three: {folder / 'night-3.html'}")
            click.echo("To take one change into the baseline:")
            click.echo(
                f'    python -m reports accept {keep}/night-3.json --baseline {keep}/baseline.json --reason "…" ID'
            )
        else:
            click.echo("\n--keep DIR keeps the reports, records and the baseline.")
        click.echo(f"The job of night three exits with {code}.")
        return code


def _night(folder: Path, number: int, *options: str) -> tuple[int, Path]:
    """One run of the suites, told by what it wrote."""
    verdicts, report = folder / f"night-{number}.json", folder / f"night-{number}.html"
    files = ["--verdicts", str(verdicts), "--report", str(report), "--record", str(folder / "records")]
    command = ["pytest", "suites", "--profile", "quick", *files, *options]
    shown = " ".join(command).replace(str(folder), folder.name)
    click.echo(f"    $ {shown}")
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    done = subprocess.run(  # noqa: S603 - our own suites
        [sys.executable, "-m", *command, "-q", "-p", "no:cacheprovider"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not verdicts.exists():
        click.echo(done.stdout + done.stderr, err=True)
        return done.returncode or 2, verdicts
    _tell_night(read_verdicts(verdicts), folder)
    return done.returncode, verdicts


def _tell_night(document: Row, folder: Path) -> None:
    counts = counted(clauses_of(document))
    click.echo("    clauses: " + ", ".join(f"{times} {outcome}" for outcome, times in counts.most_common()))
    for line in drift_lines(document["drift"]) if "drift" in document else ():
        click.echo(f"    {line.replace(str(folder), folder.name)}")
