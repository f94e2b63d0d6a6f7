"""Drawing from strategies: the same in every run, so that what is drawn once need not be drawn again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from hypothesis import Verbosity, given, seed, settings
from hypothesis import strategies as st

from strategies.quiet import QUIETLY

Key = tuple[object, ...]
T = TypeVar("T")
_BATCH = 1_000  # examples that are drawn at a time, and held until the last of them is sent
_MOST_CONTRACTS = 8  # of which it is kept what was drawn
_drawn: dict[object, dict[Key, list[Any]]] = {}


def drawn(contract: object, made_from: Key, strategy: st.SearchStrategy[T], most: int) -> Iterator[T]:
    """At most so many examples of a strategy of a contract, the simplest of each batch first.

    `made_from` says all that the strategy is made from beside the contract. A process that runs the suites often on a
    few contracts draws what is a single batch only once: drawing takes longer than a mock takes to answer.
    """
    if contract not in _drawn and len(_drawn) == _MOST_CONTRACTS:
        del _drawn[next(iter(_drawn))]
    known, key = _drawn.setdefault(contract, {}), (*made_from, most)
    for batch, size in enumerate(_sizes(most)):
        found: list[T] = known.get(key, [])
        if not found:
            _examine(strategy, size, batch, found.append)
        if most <= _BATCH:
            known[key] = found
        yield from found


def examined(strategy: st.SearchStrategy[T], most: int, look: Callable[[T], Any]) -> None:
    """Let `look` see what `drawn` gives, in its order; what it raises is shrunk, and raised of the smallest example."""
    for batch, size in enumerate(_sizes(most)):
        _examine(strategy, size, batch, look)


def _sizes(most: int) -> list[int]:
    return [min(_BATCH, most - start) for start in range(0, most, _BATCH)]


def _examine(strategy: st.SearchStrategy[T], size: int, batch: int, look: Callable[[T], Any]) -> None:
    @seed(batch)  # in place of a digest of this function's source
    @settings(QUIETLY, max_examples=size, verbosity=Verbosity.quiet, report_multiple_bugs=False)
    @given(strategy)
    def see(example: T) -> None:
        look(example)

    see()
