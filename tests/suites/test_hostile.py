"""Hostile servers: no run is taken down, takes too much, or believes what says nothing."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from tests.hostile import PAGE, run
from tests.hostility import CASES


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_server(name: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    share = 1 if pytestconfig.getoption("--fuzz") else 4 if pytestconfig.getoption("--all") else 10
    if sha256(name.encode()).digest()[0] % share:
        pytest.skip(f"one hostile server in {share} is tried, and all of them with --fuzz")
    seen = run(CASES[name], tmp_path)
    assert list(seen.wrong) == [], seen.output
    assert f"{seen.kept} | " in PAGE.read_text(encoding="utf-8"), "`python -m tests.hostile` writes the page anew"


def test_the_page_has_the_cases_that_there_are() -> None:
    rows = [row.split("`")[1] for row in PAGE.read_text(encoding="utf-8").splitlines() if row.startswith("| `")]
    assert rows == list(CASES), "`python -m tests.hostile` writes it anew"
