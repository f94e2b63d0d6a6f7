"""How time and memory grow with the number of contracts: 5, 50 and 500, made by renaming those of the catalogue.

    python -m tests.benchmarks.growing [--profile ci] [--copies N]…

Each is a run in a process of its own; memory is that process's largest resident set.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from contracts.contract import contract_names
from endpoints.targets import MOCK_TARGET
from tests.helpers import ROOT

CATALOGUE = ROOT / "contracts" / "catalogue"
RUN = """
import resource, sys, time
from pathlib import Path
import contracts.contract
contracts.contract._CATALOGUE = Path(sys.argv[1])
import pytest
start = time.perf_counter()
pytest.main(["suites", "-q", "-p", "no:cacheprovider", "--profile", sys.argv[3], "--target", sys.argv[2]])
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def grown(folder: Path, copies: int) -> Path:
    """A catalogue with so many copies of every contract, and the mock's target for all of them."""
    for name in contract_names():
        text = (CATALOGUE / f"{name}.yaml").read_text(encoding="utf-8")
        for number in range(copies):
            (folder / f"{_renamed(name, number)}.yaml").write_text(text, encoding="utf-8")
    head, *tables = MOCK_TARGET.read_text(encoding="utf-8").split("\n[")
    target = folder / "target.toml"
    named = [table.replace(f"contracts.{n}", f"contracts.{_renamed(n, number)}", 1)
             for number in range(copies) for table in tables for n in [table.split(".")[1].split("]")[0]]]  # fmt: skip
    target.write_text("\n[".join([head, *named]), encoding="utf-8")
    return target


def _renamed(name: str, number: int) -> str:
    return f"{name}-{number:03}" if number else name


@click.command()
@click.option("--profile", default="quick", show_default=True, type=click.Choice(["quick", "ci", "nightly"]))
@click.option("--copies", multiple=True, default=(1, 10, 100), show_default=True, help="Of each contract.")
def main(profile: str, copies: Sequence[int]) -> None:
    """Time and memory by the number of contracts."""
    for times in copies:
        with tempfile.TemporaryDirectory() as name:
            target = grown(Path(name), times)
            command = [sys.executable, "-c", RUN, name, str(target), profile]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        lines = done.stdout.splitlines()
        last = lines[-1].split()
        requests = next((line.split(", ")[2] for line in lines if line.startswith("Clausewise: ")), "no requests")
        contracts = times * len(contract_names())
        seconds, megabytes = float(last[0]), float(last[1])
        time_taken = f"{seconds:6.1f} s, {seconds / contracts:.2f} each"
        click.echo(f"{contracts:3} contracts, {requests}: {time_taken}; {megabytes:4.0f} MB")


if __name__ == "__main__":
    main()
