"""Hypothesis without its words and its memory: what is drawn is the same in every run, and nothing is printed of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings

QUIETLY = settings(
    database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)  # fmt: skip


class Quiet:
    """A function of one value as Hypothesis takes it, which otherwise prints all that a function holds."""

    def __init__(self, function: Callable[..., Any], *first: Any) -> None:
        self._function, self._first = function, first

    def __call__(self, value: Any) -> Any:
        """What the function makes of it."""
        return self._function(*self._first, value)

    def __repr__(self) -> str:
        """Its name alone."""
        return self._function.__name__
