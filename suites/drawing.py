"""Drawing from strategies: the same in every run, so that what is drawn once need not be drawn again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from strategies import Request

Key = tuple[object, ...]
_drawn: dict[Key, dict[bytes, Request]] = {}


def drawn(key: Key, strategy: st.SearchStrategy[Request], most: int) -> dict[bytes, Request]:
    """At most so many different requests of a strategy, by what is sent of them; the simplest comes first.

    `key` says all that the strategy was made from. A process that runs the suites often draws them the first time only,
    and drawing takes longer than a mock takes to answer.
    """
    key = (*key, most)
    if key not in _drawn:
        found: dict[bytes, Request] = {}
        examined(strategy, most, lambda request: found.setdefault(sent_of(request), request))
        _drawn[key] = found
    return _drawn[key]


def examined(strategy: st.SearchStrategy[Request], most: int, look: Callable[[Request], Any]) -> None:
    """Let `look` see what `drawn` gives, in its order; what it raises is shrunk, and raised of the smallest request."""

    @seed(0)  # in place of a digest of this function's source
    @settings(
        max_examples=max(most, 1), database=None, derandomize=True, deadline=None, verbosity=Verbosity.quiet,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(strategy)
    def see(request: Request) -> None:
        look(request)

    if most:
        see()


def sent_of(request: Request) -> bytes:
    """What tells one request from another: its query, headers and body."""
    return repr((request.query, request.headers)).encode() + request.content
