"""Drawing from strategies: the same in every run, so that what is drawn once need not be drawn again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

Key = tuple[object, ...]
T = TypeVar("T")
_drawn: dict[Key, list[Any]] = {}


def drawn(made_from: Key, strategy: st.SearchStrategy[T], most: int) -> list[T]:
    """At most so many examples of a strategy, the simplest first.

    `made_from` says all that the strategy is made from. A process that runs the suites often draws each only once:
    drawing takes longer than a mock takes to answer.
    """
    key = (*made_from, most)
    if key not in _drawn:
        found: list[T] = []
        examined(strategy, most, found.append)
        _drawn[key] = found
    return _drawn[key]


def examined(strategy: st.SearchStrategy[T], most: int, look: Callable[[T], Any]) -> None:
    """Let `look` see what `drawn` gives, in its order; what it raises is shrunk, and raised of the smallest example."""

    @seed(0)  # in place of a digest of this function's source
    @settings(
        max_examples=max(most, 1), database=None, derandomize=True, deadline=None, verbosity=Verbosity.quiet,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(strategy)
    def see(example: T) -> None:
        look(example)

    if most:
        see()
