"""What holds for all tests: the runs inside them are nobody's step; what is left out is counted, a line a reason.

`--all` runs everything. Without it, tests marked `long` are left out (`tests.helpers.a_tenth` marks all but a tenth of
a test's cases), loops over the fixture `rounds` end early, and tests ask less by the fixture `everything`.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable

import pytest

for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the long tests too, and every loop to its end")
    parser.addoption(
        "--fuzz",
        action="store_true",
        help="the longest forms: 100,000 damaged files, every hostile server, every pair and contract",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: runs with --all only")
    config.addinivalue_line("markers", "longest: runs with --fuzz only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:  # here, and not in a user's run, a warning is an error
        item.add_marker(pytest.mark.filterwarnings("error"))
    for item in items if not config.getoption("--all") else []:
        if item.get_closest_marker("long"):
            where = item.nodeid.partition("[")[0].removeprefix("tests/")
            item.add_marker(pytest.mark.skip(reason=f"long, so --all alone runs it: {where}"))
    for item in items if not config.getoption("--fuzz") else []:
        if item.get_closest_marker("longest"):
            item.add_marker(pytest.mark.skip(reason="longest, so --fuzz alone runs it"))


def pytest_collection_finish() -> None:
    gc.freeze()  # thousands of tests, which would be looked through for garbage again and again


@pytest.fixture
def everything(pytestconfig: pytest.Config) -> bool:
    """Whether --all was given: a test that can ask less chooses by it how much it asks."""
    return bool(pytestconfig.getoption("--all"))


@pytest.fixture
def rounds(request: pytest.FixtureRequest, everything: bool) -> Callable[[int], range]:
    """`for _ in rounds(1000)` goes round a thousand times with --all, else a hundred times; the rest is counted."""

    def cut(times: int) -> range:
        kept = times if everything else -(-times // 10)
        if kept < times:
            request.node.user_properties.append(("rounds left out", times - kept))
        return range(kept)

    return cut


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    for reason, times in reasons.most_common():
        terminalreporter.line(f"left out: {times} tests: {reason}")
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, times in getattr(report, "user_properties", ()) if getattr(report, "when", "") == "call" else ():
                if name == "rounds left out":
                    terminalreporter.line(f"left out: {times} rounds, which --all goes: {report.nodeid}")
