"""What holds for all tests: the runs inside them are nobody's step; what is left out is counted, a line a reason."""

from __future__ import annotations

import os
from collections import Counter

import pytest

for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    for reason, times in reasons.most_common():
        terminalreporter.line(f"left out: {times} tests: {reason}")
