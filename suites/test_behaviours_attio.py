"""Attio: unique conflicts, scopes, names of objects and attributes, single values and arrays."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from endpoints.exchange import NOT_JSON, Exchange, found_at
from strategies import Request
from suites.asking import Ask, asks
from suites.test_behaviours import TOLERANCE, clock, parsed


def record(**values: Any) -> Request:
    """A request with these values and no others."""
    return Request({"data": {"values": values}})


@asks("attio-create-record/behaviour/unique-conflict")
def test_unique_conflict(ask: Ask) -> None:
    """A value of a unique attribute that another record has is refused; a fresh one is accepted."""
    attribute = ask.fact(ask.situation(), "attribute")
    taken, fresh = (f"clausewise-{uuid4().hex}@example.com" for _ in range(2))
    ask.accepted(record(**{attribute: taken}))
    again = ask.send(record(**{attribute: taken}))
    ask.refused(again, ask.accepted(record(**{attribute: fresh})))


@asks("attio-create-record/behaviour/scopes")
def test_scopes(ask: Ask) -> None:
    """The plain request is refused with a token that lacks the scopes."""
    ask.refused(ask.send(ask.bench.plain, ask.situation()), ask.bench.control)


@asks("attio-create-record/behaviour/object-by-*")
def test_object(ask: Ask) -> None:
    """The plain request is accepted under this name of the object."""
    ask.accepts(under(ask, ask.clause.needs), ask.bench.control)


@asks("attio-create-record/behaviour/same-object")
def test_same_object(ask: Ask) -> None:
    """Both names of the object lead to the same one."""
    exchanges = []
    for name in ("object-slug", "object-uuid"):
        exchange = under(ask, name)
        if not exchange.accepted:
            ask.undetermined(f"the control was not accepted: {exchange.outcome}", exchange)
        exchanges.append(exchange)
    ids = [found(exchange, "$.data.id.object_id") for exchange in exchanges]
    if not all(ids):
        ask.undetermined("an answer has no object_id, which another clause judges", *exchanges)
    ask.holds(ids[0] == ids[1], expected="the same object_id", actual=str(ids), exchanges=exchanges)


def under(ask: Ask, name: str) -> Exchange:
    """The plain request in a situation that names the object in one of its ways; sent once, if it differs."""
    situation = ask.situation(name)
    if dict(situation.path) == dict(ask.session.endpoint.path):
        return ask.bench.control
    exchange: Exchange = ask.bench.once(name, lambda: ask.send(ask.bench.plain, situation))
    return exchange


@asks("attio-create-record/behaviour/attribute-by-*")
def test_attribute(ask: Ask) -> None:
    """A value is accepted under this name of its attribute."""
    key = "slug" if ask.clause.keyword.endswith("slug") else "id"
    name = ask.fact(ask.situation(), key)
    exchange = ask.bench.once(("attribute", key), lambda: ask.send(record(**{name: "Clausewise"})))
    ask.accepts(exchange, ask.bench.control)


@asks("attio-create-record/behaviour/values-by-slug")
def test_values_by_slug(ask: Ask) -> None:
    """A value that was sent under the id of its attribute is answered under its slug."""
    slug, identifier = (ask.fact(ask.situation(), key) for key in ("slug", "id"))
    exchange = ask.bench.once(("attribute", "id"), lambda: ask.send(record(**{identifier: "Clausewise"})))
    if not exchange.accepted:
        ask.undetermined(f"the control was not accepted: {exchange.outcome}", exchange)
    values = answered_values(ask, exchange)
    ask.holds(
        slug in values, expected=f"a value under {slug}", actual=f"values {', '.join(values)}", exchanges=[exchange]
    )


@asks("attio-create-record/behaviour/single-value")
def test_single_value(ask: Ask) -> None:
    """A single-select attribute takes one value as it is."""
    situation = ask.situation()
    single, options = ask.fact(situation, "single"), ask.fact(situation, "options")
    for exchange in ask.bench.accepted:  # the sample has it, unless the target's fields leave it out
        if isinstance(exchange.request.body["data"]["values"].get(single), str):
            ask.accepts(exchange)
    ask.accepts(ask.send(record(**{single: options[0]})), ask.bench.control)


@asks("attio-create-record/behaviour/array-for-single")
def test_array_for_single(ask: Ask) -> None:
    """A single-select attribute takes one value in an array."""
    situation = ask.situation()
    single, options = ask.fact(situation, "single"), ask.fact(situation, "options")
    ask.accepts(ask.send(record(**{single: [options[0]]})), ask.bench.control)


@asks("attio-create-record/behaviour/array-for-multi")
def test_array_for_multi(ask: Ask) -> None:
    """A multi-select attribute takes several values in an array, and holds them all."""
    situation = ask.situation()
    multi, options = ask.fact(situation, "multi"), ask.fact(situation, "options")
    exchange = ask.send(record(**{multi: options}))
    if not exchange.accepted:
        ask.accepts(exchange, ask.bench.control)
    values = answered_values(ask, exchange).get(multi, [])
    if not isinstance(values, list):
        ask.undetermined(f"the values of {multi} are no array, which another clause judges", exchange)
    expected = f"{len(options)} values under {multi}"
    ask.holds(len(values) == len(options), expected=expected, actual=f"{len(values)}", exchanges=[exchange])


@asks("attio-create-record/behaviour/values-active")
def test_values_active(ask: Ask) -> None:
    """No value of a new record has an end."""
    ends = [(e, end) for e in ask.bench.accepted for end in found(e, "$.data.values[*][*].active_until")]
    if not ends:
        ask.unexercised("no answer of the sample had a value with `active_until`")
    wrong = [(exchange, end) for exchange, end in ends if isinstance(end, str)]
    exchange, end = (wrong or ends)[0]
    ask.holds(not wrong, expected="null", actual=repr(end), exchanges=[exchange])


@asks("attio-create-record/behaviour/active-from")
def test_active_from(ask: Ask) -> None:
    """Values of a new record are active from about its creation on."""
    exchange, now = ask.bench.control, clock(ask.bench.control)
    starts = [parsed(text) for text in found(exchange, "$.data.values[*][*].active_from")]
    if not starts or None in starts:
        ask.undetermined("the answer has no timestamps to compare", exchange)
    apart = max(abs(start - now) for start in starts if start)
    ask.holds(apart <= TOLERANCE, expected="about the time of creation", actual=f"{apart} apart", exchanges=[exchange])


def answered_values(ask: Ask, exchange: Exchange) -> dict[str, Any]:
    """The map of values in an answer."""
    values = found(exchange, "$.data.values")
    if not values or not isinstance(values[0], dict):
        ask.undetermined("the answer has no map of values, which another clause judges", exchange)
    shown: dict[str, Any] = values[0]
    return shown


def found(exchange: Exchange, path: str) -> list[Any]:
    """The values at a JSONPath of an answer, none when it is not JSON."""
    return found_at(path, exchange.json) if exchange.json is not NOT_JSON else []
