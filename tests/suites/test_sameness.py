"""What counts as the same when a value is read back: the table of suites.sameness, row by row."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites.sameness import Likeness, closest, likeness, moment_of

UNCHANGED, ALIKE, RESPELLED, OTHER = Likeness
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
ROWS: list[tuple[str, Any, Any, Likeness]] = [
    ("a whole number as a float", 7, 7.0, UNCHANGED),
    ("true is no number", True, 1, OTHER),
    ("false is no number", 0, False, OTHER),
    ("a number as text", 7, "7", ALIKE),
    ("text as a number", "0.10", 0.1, ALIKE),
    ("a number with an exponent", 10**15, "1E+15", ALIKE),
    ("another number", 7, "8", OTHER),
    ("a fraction is lost", 0.5, 1, OTHER),
    ("text that is no number", "seven", 7, OTHER),
    ("infinity is no number", "inf", "Infinity", OTHER),
    ("another offset", "2026-01-05T19:20:30+09:00", "2026-01-05T10:20:30Z", ALIKE),
    ("a basic offset", "2026-01-05T10:20:30Z", "2026-01-05T10:20:30+0000", ALIKE),
    ("seconds are dropped", "2026-01-05T19:20:30+09:00", "2026-01-05T10:20:00Z", ALIKE),
    ("a fraction of a second is dropped", "2026-01-05T10:20:30.123456789Z", "2026-01-05T10:20:30Z", ALIKE),
    ("another minute", "2026-01-05T10:20:30Z", "2026-01-05T10:21:00Z", OTHER),
    ("local time as UTC", "2026-01-05T19:20:30+09:00", "2026-01-05T19:20:30Z", OTHER),
    ("a user gains a name", {"code": "taro"}, {"code": "taro", "name": "Taro"}, ALIKE),
    ("so does one in a list", [{"code": "taro"}], [{"code": "taro", "name": "Taro"}], ALIKE),
    ("another user", {"code": "taro"}, {"code": "jiro", "name": "Taro"}, OTHER),
    ("a member is lost", {"a": 1, "b": 2}, {"a": 1}, OTHER),
    ("a member that said nothing is lost", {"a": 1, "b": None}, {"a": 1}, ALIKE),
    ("the order of a set", ["x", "y", "z"], ["z", "x", "y"], ALIKE),
    ("a member twice", ["x", "y"], ["x", "x"], OTHER),
    ("a list is cut", ["x", "y"], ["x"], OTHER),
    ("a list of one", "x", ["x"], ALIKE),
    ("one of a list", [7], "7", ALIKE),
    ("nothing, as empty text", None, "", ALIKE),
    ("nothing, as an empty list", "", [], ALIKE),
    ("something from nothing", None, 0, OTHER),
    ("nothing from something", "x", None, OTHER),
    ("trimmed", " x ", "x", RESPELLED),
    ("composed", "e\u0301", "\u00e9", RESPELLED),
    ("compatible", "ﬁ", "fi", RESPELLED),
    ("trimmed inside a list", [" x "], ["x"], RESPELLED),
    ("another case", "X", "x", OTHER),
    ("cut", "Clausewise", "Clausewi", OTHER),
    ("escaped", "a & b", "a &amp; b", OTHER),
]


@pytest.mark.parametrize(("sent", "found", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_row_of_the_table(sent: Any, found: Any, expected: Likeness) -> None:
    assert likeness(found, sent) is expected


@given(JSON)
def test_a_value_is_itself(value: Any) -> None:
    assert likeness(value, value) is UNCHANGED


@given(JSON, JSON)
def test_nothing_that_comes_can_raise(sent: Any, found: Any) -> None:
    assert likeness(found, sent) in Likeness


@given(JSON, st.text(min_size=1, max_size=3))
def test_what_holds_more_is_alike(value: Any, name: str) -> None:
    assert likeness({"own": value, f"more {name}": 1}, {"own": value}) is ALIKE


def test_the_closest_of_several_decides() -> None:
    assert closest([8, "7", None], 7) is ALIKE
    assert closest([], 7) is OTHER


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T10:20:30Z", "2026-01-05T10:20:30.000000000Z", "2026-01-05 11:20:30+01:00", "20260105T102030Z",
        "2026-01-05T05:20:30-0500", "Mon, 05 Jan 2026 10:20:30 GMT", "Mon, 05 Jan 2026 10:20:30 +0000",
    ],
)  # fmt: skip
def test_a_moment_in_any_form(text: str) -> None:
    assert moment_of(text) == datetime(2026, 1, 5, 10, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "never", "2026-01-05T10:20:30", "05.01.2026", "2026-13-45T10:20:30Z", 7, None])
def test_what_names_no_moment(text: Any) -> None:
    assert moment_of(text) is None
