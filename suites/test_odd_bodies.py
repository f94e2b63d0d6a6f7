"""What does the endpoint do with bodies that are no JSON, or JSON as hardly anybody writes it? Noted, never judged.

That it must not fail at them is judged last, over everything that was sent.
"""

from __future__ import annotations

from suites.asking import Ask, asks


@asks("*/operation", kind="operation")
def test_odd_bodies(ask: Ask) -> None:
    """The plain request, its body written otherwise."""
    for about, exchange in ask.bench.odd_bodies.items():
        ask.note(about, exchange)
    ask.nothing_to_observe()
