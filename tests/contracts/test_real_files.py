"""Descriptions that packages of npm carry, none of them made for us: read whole, a first request of each drawn."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.helpers import ROOT, a_tenth
from tests.installed import from_npm, ran

MEASURED = """
import json, resource, sys, time
from pathlib import Path
from contracts.contract import open_contracts
from strategies.edges import edge_requests, left_out
from strategies.errors import StrategyError
from strategies.validity import keeps
from strategies.wire import written
start, counts, clauses, unnamed = time.monotonic(), {"fully": 0, "partly": 0, "not": 0}, 0, []
for contract in open_contracts(Path(sys.argv[1])):
    clauses += len(contract.clauses)
    missing, whole = bool(contract.gaps), any(gap.whole for gap in contract.gaps)
    unnamed += [contract.name for gap in contract.gaps if not gap.says or not gap.lines.ranges]
    if not whole:
        try:
            first = edge_requests(contract)[0].value
            assert keeps(contract.request_schema, first.parts), contract.name
            written(contract, first)
        except StrategyError as error:
            whole = True
            unnamed += [] if ", line" in error.message else [contract.name]
    counts["not" if whole else "partly" if missing else "fully"] += 1
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({**counts, "clauses": clauses, "unnamed": unnamed, "s": time.process_time(), "MB": most}))
"""


@dataclass(frozen=True)
class Described:
    """A file of a package, what made it, and how many operations are fully, partly and not supported."""

    package: str
    file: str
    made: str
    counts: tuple[int, int, int]


FILES = {
    one.package: one
    for one in (
        Described("@octokit/openapi@23.0.2", "generated/api.github.com.json", "GitHub's own generator", (1221, 2, 0)),
        Described("@digdir/dialogporten-schema@1.118.6", "swagger.verified.json", ".NET, with NSwag", (31, 13, 0)),
        Described("@directus/specs@15.2.0", "dist/openapi.json", "by hand, bundled", (9, 127, 0)),
        Described("@blockfrost/openapi@0.1.93", "openapi.yaml", "by hand", (127, 0, 2)),
        Described("rclone-openapi@1.75.0", "openapi.yaml", "out of Go's documentation", (101, 0, 0)),
        Described("@mojaloop/api-snippets@18.4.1", "sdk-bulk.yaml", "by hand, bundled", (5, 11, 0)),
    )
}


@pytest.mark.parametrize("name", a_tenth(FILES, group=bool))
def test_a_real_file_is_read_and_drawn_from(name: str, pytestconfig: pytest.Config) -> None:
    described = FILES[name]
    package = described.package.rpartition("@")[0]
    file = from_npm(pytestconfig, described.package) / "node_modules" / package / described.file

    done = ran([sys.executable, "-c", MEASURED, str(file)], cwd=ROOT, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert (found["fully"], found["partly"], found["not"]) == described.counts, found
    assert found["unnamed"] == []
    assert found["s"] < 60
    assert found["MB"] < 1000


def test_the_readme_tells_these_numbers() -> None:
    told = Path(ROOT / "README.md").read_text(encoding="utf-8")
    for described in FILES.values():
        row = next((line for line in told.splitlines() if described.package.rpartition("@")[0] in line), "")
        assert re.findall(r"\| ([\d,]+)", row) == [f"{n:,}" for n in described.counts], described.package
