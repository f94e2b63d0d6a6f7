"""What people and servers read, as files to look at: `CLAUSEWISE_GOLDEN=1 pytest tests -k golden` writes them anew."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.ci import as_badge, as_markdown, github_annotations
from reports.drift.records import as_record, record_of
from reports.files import Row
from reports.terminal import drift_lines, summary
from tests.reports.making import full

GOLDEN = Path(__file__).parent / "golden"
FORMS: dict[str, Callable[[Row], str]] = {
    "annotations.txt": lambda found: "\n".join(github_annotations(found)) + "\n",
    "badge.json": as_badge,
    "drift.txt": lambda found: "\n".join(drift_lines(found["drift"])) + "\n",
    "record.json": lambda found: as_record(record_of(found)),
    "summary.txt": lambda found: "\n".join(summary(found)) + "\n",
    "summary.md": as_markdown,
}


@pytest.mark.parametrize("name", FORMS)
def test_golden(name: str) -> None:
    text = re.sub(r"20\d\d-\d\d-\d\d([T ])\d\d:\d\d(:\d\d)?", r"2026-11-25\g<1>06:00\g<2>", FORMS[name](full()))
    text = re.sub(r"06:00:\d\d", "06:00:00", text)
    file = GOLDEN / name
    if os.environ.get("CLAUSEWISE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"{name} differs; if it should, write it anew and read the change"
