"""The second service: `pytest suites` beside `schemathesis run` on the description that FastAPI generates.

    python -m tests.benchmarks.second [--every N]

Both know the file, the address and a token, and nothing else. Of the faults each Nth is tried; a fault is caught when
a run of the operation that has it fails, under those checks of Schemathesis under which the faultless service passes,
and with the deviations of the service known that the suites would tell. Counted by the service: requests, and
shelves and books that are left behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import click

from tests.second.faults import Fault
from tests.second.running import KNOWN, Service, service
from tests.second.service import TOKEN
from tests.second.test_second import ASKED, FAULTS

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "negative_data_rejection", "positive_data_acceptance", "ignored_auth",
    "missing_required_header", "use_after_free", "ensure_resource_availability",
)  # fmt: skip
EXAMPLES = "100"


def schemathesis(own: Service, operation: str, checks: Sequence[str]) -> list[str]:
    """`schemathesis run` on one operation, or on all."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(own.folder / "library.json")]
    command += ["--url", own.base, "-H", f"Authorization: Bearer {TOKEN}", "--seed", "1", "--max-examples", EXAMPLES]
    command += ["--include-operation-id", operation] if operation else []
    return [*command, "--max-failures", "1", "--checks", ",".join(checks)]


def suites(own: Service, operation: str) -> list[str]:
    """`pytest suites` on one operation, or on all."""
    name = f"library.json#{operation}" if operation else "library.json"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pytest", "-c", str(root / "pyproject.toml"), str(root / "suites"), "-q"]
    command += ["-p", "no:cacheprovider", "--known", str(KNOWN)]
    return [*command, "--target", "target.toml", "--contract", name, "--profile", "quick"]


def ran(own: Service, command: Sequence[str], fault: Fault | None = None) -> tuple[int, int, float, int]:
    """Exit code, requests, seconds, and shelves and books left behind of one command."""
    own.layer.fault, before, start = fault, own.layer.calls, time.perf_counter()
    environment = {**os.environ, "LIBRARY_TOKEN": TOKEN, "PYTHONDONTWRITEBYTECODE": ""}
    with tempfile.TemporaryDirectory() as empty:
        folder = own.folder if "pytest" in command else Path(empty)  # schemathesis remembers failures
        code = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False).returncode
    seconds, left = time.perf_counter() - start, sum(own.left.values())
    own.layer.fault = None
    own.app.state.store.rows("delete from books")
    own.app.state.store.rows("delete from shelves")
    return code, own.layer.calls - before, seconds, left


@click.command()
@click.option("--every", default=16, show_default=True, help="Try each so many-th fault.")
def main(every: int) -> None:
    """Both command lines on the second service."""
    own = service()
    passing = [check for check in CHECKS if ran(own, schemathesis(own, "", [check]))[0] == 0]
    click.echo(f"schemathesis checks under which the faultless service passes: {', '.join(passing)}")
    commands: dict[str, Callable[[str], list[str]]] = {
        "schemathesis run": lambda operation: schemathesis(own, operation, passing),
        "pytest suites": lambda operation: suites(own, operation),
    }
    for name, command in commands.items():
        code, calls, seconds, left = ran(own, command(""))
        rate = calls / seconds
        click.echo(f"{name}: {calls:,} requests, {rate:,.0f} a second; exit {code}; {left} records left behind")
    chosen = [FAULTS[name] for name in ASKED[::every]]
    for name, command in commands.items():
        caught, left = list[int](), 0
        for fault in chosen:
            code, calls, _, remaining = ran(own, command(fault.clause.partition("/")[0]), fault)
            left += remaining
            caught += [calls] if code == 1 else []
        told = (
            f"{len(caught)} of {len(chosen)} faults caught, in runs of a median of {median(caught or [0]):.0f} requests"
        )
        click.echo(f"{name}: {told}; {left} records left behind")


if __name__ == "__main__":
    main()
