"""What is wrong on our own side is told as ours: a crash in a question, and a mock that there is none of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import run_suites


def test_a_crash_in_a_question_is_told_as_ours(tmp_path: Path) -> None:
    """A plugin breaks what judges shapes; everything else is judged as ever."""
    (tmp_path / "crashing.py").write_text(
        "def crash(ask):\n    raise RuntimeError('of our own')\n\ndef pytest_runtest_setup(item):\n"
        "    item.obj = crash if item.originalname == 'test_shape' else item.obj\n",
        encoding="utf-8",
    )
    options = ("-p", "crashing", "--contract", "kaiten-create-space", "--profile", "quick")
    finished = run_suites(tmp_path, *options, PYTHONPATH=str(tmp_path))
    assert finished.code == 3, finished.output
    assert "Traceback" not in finished.output
    clause = finished.clause("kaiten-create-space/200/title/required")
    assert clause["outcome"] == "undetermined"
    assert clause["reason"].startswith("Clausewise failed here (RuntimeError: of our own; crashing.py, line 2)")
    assert finished.outcomes["kaiten-create-space/request/title/maxLength"] == "upheld"


@pytest.mark.parametrize(
    "address",
    ["x", "http://", "http://[::bad", "ftp://a", "http://127.0.0.1:1", "http://a b", "file:///etc/passwd", "\x1b[31m",
     "http://127.0.0.1:99999", "//", "http://\ud7ff", "1" * 3000],
)  # fmt: skip
def test_a_wrong_mock_is_told_before_anything_is_asked(address: str, tmp_path: Path) -> None:
    finished = run_suites(tmp_path, "--contract", "kaiten-create-space", "--profile", "quick", CLAUSEWISE_MOCK=address)
    assert finished.code == 4, finished.output
    assert finished.output.startswith("ERROR: ")
    assert finished.output.strip().count("\n") == 0, finished.output
    assert len(finished.output) < 2000
    assert "python -m endpoints serve" in finished.output
