"""How memory grows with the number of exchanges: runs of the five contracts with ever more random requests.

    python -m tests.benchmarks.lasting [--examples N]…

Each is a run in a process of its own; memory is that process's largest resident set, and that of its mock, which keeps
all that was made. What is drawn twice is sent once, so fewer requests are sent than examples are drawn. On two cores:

| examples of each contract | requests | seconds | MB of the run | MB of its mock |
| --- | --- | --- | --- | --- |
| 300 | 1,924 requests | 24 | 118 | 67 |
| 3,000 | 10,174 requests | 97 | 146 | 67 |
| 30,000 | 80,571 requests | 404 | 213 | 292 |
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import click

from tests.helpers import ROOT

RUN = """
import dataclasses, resource, sys, time
import pytest
from suites.profiles import PROFILES
PROFILES["ci"] = dataclasses.replace(PROFILES["ci"], conforming=int(sys.argv[1]))
start = time.perf_counter()
pytest.main(["suites", "-q", "-p", "no:cacheprovider", "--profile", "ci"])
largest = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(time.perf_counter() - start, *largest)
"""


@click.command()
@click.option("--examples", multiple=True, default=(300, 3_000, 30_000), show_default=True, help="Of each contract.")
def main(examples: Sequence[int]) -> None:
    """Memory by the number of exchanges."""
    for number in examples:
        command = [sys.executable, "-c", RUN, str(number)]
        lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
        requests = next((line.split(", ")[2] for line in lines if line.startswith("Clausewise: ")), "no requests")
        seconds, run, mock = map(float, lines[-1].split())
        click.echo(f"| {number:,} | {requests} | {seconds:.0f} | {run:.0f} | {mock:.0f} |")


if __name__ == "__main__":
    main()
