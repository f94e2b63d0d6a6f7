"""What does the endpoint do with bodies that are no JSON, or JSON as hardly anybody writes it? Noted, never judged.

That it must not fail at them is judged last, over everything that was sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from contracts.operations import is_json
from endpoints.flight import Errand, in_flight
from endpoints.records import Use
from strategies import Request
from suites.asking import Ask, asks


def _with_a_name_twice(request: Request) -> Request:
    """The first attribute twice, the first time as null: for most readers the last one counts (RFC 8259 section 4)."""
    text, first = request.content.decode(), json.dumps(next(iter(request.body)), ensure_ascii=False)
    return replace(request, text=f"{{{first}:null,{text[1:]}")


ODD_BODIES: Mapping[str, Callable[[Request], Request]] = {
    "a body of JSON that breaks off": lambda request: replace(request, text=request.content.decode()[:-1]),
    "an empty body": lambda request: replace(request, text=""),
    "a body in UTF-16": lambda request: replace(request, encoding="utf-16"),
    "a body that has an attribute twice": _with_a_name_twice,
}


@asks("*/operation", kind="operation")
def test_odd_bodies(ask: Ask) -> None:
    """The plain request, its body written otherwise."""
    bench = ask.bench
    bodies = ODD_BODIES if bench.plain.body and is_json(bench.contract.media_type) else {}
    errands = (
        Errand(write(ask.session.renew(bench.plain)), {"exact": True}, about=about) for about, write in bodies.items()
    )
    with ask.session.making(Use.SPARE), in_flight(ask.session, errands) as found:
        for errand, exchange in found:
            ask.note(errand.about, bench.lasting(errand, exchange))
    ask.nothing_to_observe()
