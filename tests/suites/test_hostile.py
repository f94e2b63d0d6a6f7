"""Hostile servers: no run is taken down, takes too much, or believes what says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import a_tenth
from tests.hostile import PAGE, run
from tests.hostility import CASES


@pytest.mark.parametrize("name", a_tenth(CASES))
def test_a_hostile_server(name: str, tmp_path: Path) -> None:
    seen = run(CASES[name], tmp_path)
    assert list(seen.wrong) == [], seen.output
    assert f"{seen.kept} | " in PAGE.read_text(encoding="utf-8"), "`python -m tests.hostile` writes the page anew"


def test_the_page_has_the_cases_that_there_are() -> None:
    rows = [row.split("`")[1] for row in PAGE.read_text(encoding="utf-8").splitlines() if row.startswith("| `")]
    assert rows == list(CASES), "`python -m tests.hostile` writes it anew"
