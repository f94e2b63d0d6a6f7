"""SECURITY.md names for each of its promises a test that there is."""

from __future__ import annotations

import re

from tests.helpers import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_promise_names_a_test() -> None:
    promises = re.split(r"^- ", TEXT.partition("## What is not promised")[0], flags=re.MULTILINE)[1:]
    assert len(promises) > 10
    assert [promise for promise in promises if "`tests/" not in promise] == []


def test_every_test_that_is_named_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.\w+)`", TEXT))
    assert len(named) > 8
    for name in named:
        assert (ROOT / name).is_file(), name
        assert not name.endswith(".py") or "def test_" in (ROOT / name).read_text(encoding="utf-8")
