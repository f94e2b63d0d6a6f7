"""The saved pages at hand, beside `--documents DIR`: nothing is invented, hardly anything missed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.errors import DocumentError
from contracts.readers.comparing import read_side
from contracts.readers.deriving import as_yaml, derive
from contracts.readers.drift import Class, changes_between


@pytest.fixture
def shared(documents: Path) -> Path:
    """The folder of the documents and of the pages, which belong to their vendors."""
    if not (documents.parent / "pages" / "score.py").exists():
        pytest.skip("needs the saved pages: --documents DIR")
    return documents.parent


@pytest.fixture
def derived(shared: Path, tmp_path: Path) -> Path:
    """A folder with the contract of every page."""
    for path in sorted([*(shared / "pages").rglob("*.txt"), *(shared / "documents").glob("*.txt")]):
        try:
            one = derive(path)
        except DocumentError:
            continue
        assert not one.page.unknown or one.page.form == "markdown", path
        (tmp_path / f"{path.stem}.yaml").write_text(as_yaml(one.openapi), encoding="utf-8")
    return tmp_path


def test_nothing_is_invented_and_hardly_anything_missed(shared: Path, derived: Path) -> None:
    pages = shared / "pages"
    command = [sys.executable, str(pages / "score.py"), "--all", str(derived), str(pages)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    total = next(line for line in done.stdout.split("\n") if line.startswith("all  "))
    _, _, _, invented, _, *shares = re.findall(r"[\d.]+", total)
    assert (done.returncode, invented) == (0, "0"), done.stdout
    assert min(map(float, shares)) >= 99, done.stdout


def test_what_documents_no_operation_is_refused(shared: Path) -> None:
    with pytest.raises(DocumentError, match=r"has no layout that can be read|documents no operation"):
        derive(next((shared / "pages").rglob("not-an-operation*.txt")))


def test_the_new_version_of_a_page_adds_a_way_to_authenticate_and_nothing_else(shared: Path) -> None:
    old, new = (read_side(next((shared / "pages").rglob(f"get-records.v{n}.flat.txt"))) for n in (2, 3))
    (change,) = changes_between(old, new)
    assert (change.about, change.change, change.judged, change.new_lines) == (
        "security session",
        "added",
        "additive",
        "8",
    )


def test_two_forms_of_a_page_differ_in_what_they_show_alone(shared: Path) -> None:
    for marked in sorted((shared / "pages").rglob("*.markdown.txt")):
        flat = marked.with_name(marked.name.replace(".markdown.", ".flat."))
        if flat.exists():
            found = changes_between(read_side(flat), read_side(marked))
            assert {change.judged for change in found} <= {Class.UNKNOWN}, (flat.name, found)
