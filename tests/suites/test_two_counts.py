"""An edge that may be refused on two counts blames the bound only where the other count is taken by itself."""

from __future__ import annotations

from typing import Any

import pytest

from strategies import ABSENT
from strategies.scalars import away_from_edge, is_odd
from suites.judgement import Outcome
from tests.lawful import outcomes
from tests.matrix import run_on_mock, stated

SPACE = "kaiten-create-space"


@pytest.mark.parametrize(
    ("schema", "value", "milder"),
    [
        ({"exclusiveMinimum": 0}, 1e-06, 0.5),
        ({"maximum": 7}, 6.999999, 7 - 0.5),
        ({"minimum": 0, "maximum": 1}, 0.000001, 0.5),
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 0.5}, 1e-06, ABSENT),
        ({"maxLength": 256}, "🦉" * 256, "Clausewisem🦉"),
        ({"maxLength": 4}, "🦉" * 4, "🦉"),
        ({"maxLength": 3}, "🦉" * 3, ABSENT),  # in UTF-8 it has four bytes, so this may be the bound again
        ({"minLength": 20, "maxLength": 30}, "🦉" * 30, "Clausewisemmmmmmmmm🦉"),
        ({"minLength": 7, "maxLength": 7}, "🦉" * 7, ABSENT),
    ],
)
def test_a_value_away_from_the_edge(schema: dict[str, Any], value: Any, milder: Any) -> None:
    assert is_odd(value)
    assert away_from_edge(schema, value) == milder


@pytest.mark.parametrize("value", [7, 7.0, "M" * 256, "漢", True, None])
def test_an_ordinary_value_is_refused_for_the_bound_alone(value: Any) -> None:
    assert not is_odd(value)


@pytest.mark.parametrize(
    ("fault", "accused"),
    [
        ("title/type:astral-refused", "title/type"),
        ("title/maxLength:utf-16", "title/maxLength"),
        ("sort_order/type:fraction-refused", "sort_order/type"),
        ("sort_order/exclusiveMinimum:tiny-refused", "sort_order/exclusiveMinimum"),
    ],
)
def test_which_count_it_was(fault: str, accused: str) -> None:
    found = outcomes(run_on_mock([f"{SPACE}/request/{fault}"], (SPACE,), "quick"))
    broken = {name for name, outcome in found.items() if outcome is Outcome.BROKEN}
    assert broken & stated() == {f"{SPACE}/request/{accused}"}
