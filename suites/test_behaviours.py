"""Statements in prose that several pages share: echoes, ids that differ, times of creation, reading back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from contracts.model import Json
from endpoints.exchange import NOT_JSON, Exchange, found_at
from strategies import ABSENT
from strategies.conforming import is_of_type
from strategies.request import value_at
from suites.asking import Ask, asks
from suites.shapes import is_typed

TOLERANCE = timedelta(minutes=5)  # clocks differ, and a record takes a moment


@asks("*/behaviour/echo/*")
def test_echo(ask: Ask) -> None:
    """What was sent is found again, in the answer or in the record that is read back."""
    compared = []
    for exchange in ask.bench.accepted:
        sent = sent_value(ask, exchange)
        if sent is ABSENT or not comparable(ask, sent):
            continue
        for found in found_values(ask, exchange):
            compared.append(exchange)
            if not holds(found, sent):
                ask.holds(False, expected=repr(sent), actual=repr(found), exchanges=[exchange])
    if not compared:
        ask.unexercised(f"no answer of the sample had `{ask.clause.schema['request']}` to compare")
    ask.holds(True, expected="what was sent", actual="the same", exchanges=compared[:1])


@asks("*/behaviour/ids-differ")
def test_ids_differ(ask: Ask) -> None:
    """No id comes twice."""
    exchanges = ask.bench.accepted
    ids = [(identifier, e) for e in exchanges for identifier in ask.session.ids(e)]
    uids = [(e.json["uid"], e) for e in exchanges if isinstance(e.json, dict) and isinstance(e.json.get("uid"), str)]
    if len(ids) < 2:
        ask.undetermined("fewer than two ids were seen", exchanges[0])
    differ = "ids that differ"
    for seen in (ids, uids):
        for number, (identifier, exchange) in enumerate(seen):
            before = [e for other, e in seen[:number] if other == identifier]
            if before:
                ask.holds(False, expected=differ, actual=f"{identifier} twice", exchanges=[exchange, *before])
    ask.holds(True, expected=differ, actual=f"{len(ids)} ids", exchanges=exchanges[:2])


@asks("*/behaviour/*-at")
def test_time_of_creation(ask: Ask) -> None:
    """The time is that of the exchange which created the record."""
    exchange = ask.bench.control
    values = list(found_values(ask, exchange))
    if not values:
        ask.undetermined("the record has no such time", exchange)
    moment, now = parsed(values[0]), clock(exchange)
    if moment is None:
        ask.undetermined(f"{values[0]!r} is not a timestamp, which is another clause's business", exchange)
    kept = abs(moment - now) <= TOLERANCE
    ask.holds(kept, expected=f"about {now:%Y-%m-%dT%H:%M:%SZ}", actual=str(values[0]), exchanges=[exchange])


@asks("*/behaviour/stored")
def test_stored(ask: Ask) -> None:
    """The created record can be read back under its id."""
    exchange = ask.bench.control
    identifiers = ask.session.ids(exchange)
    if not identifiers:
        ask.undetermined("no id was found in the answer", exchange)
    answer = ask.session.read(exchange, identifiers[0])
    kept = ask.session.record(answer) is not ABSENT
    ask.holds(kept, expected="the record", actual=answer.outcome, exchanges=[exchange, answer])


def sent_value(ask: Ask, exchange: Exchange) -> Json:
    """The value of the behaviour's `request`: a place in the body, or a path parameter in braces."""
    place = ask.clause.schema["request"]
    if place.startswith("{"):
        return ask.session.endpoint.path[place.strip("{}")]
    return value_at(exchange.request.body, tuple(place.split("/")))


def found_values(ask: Ask, exchange: Exchange) -> Iterator[Json]:
    """The values of the behaviour's `answer` in the answer, or of its `stored` in the record that is read back."""
    facts = ask.clause.schema
    if "answer" in facts:
        if exchange.json is not NOT_JSON:
            found = found_at(facts["answer"], exchange.json)
            yield from (value for value in found if as_documented(ask, facts["answer"], value))
        return
    for record in ask.bench.once(("stored", id(exchange)), lambda: ask.stored(exchange)):
        yield from found_at(facts["stored"], record) or [ABSENT]


def as_documented(ask: Ask, path: str, value: Json) -> bool:
    """Whether a value in an answer is of its documented types; otherwise another clause judges it."""
    place = tuple(path.removeprefix("$.").split("."))
    types = [c.schema["type"] for c in ask.bench.contract.clauses.values() if c.kind == "response" and c.place == place]
    return all(is_typed(value, allowed) for allowed in types)


def comparable(ask: Ask, sent: Json) -> bool:
    """Whether an answer may hold the value as it was sent: its documented types may leave no room for it."""
    step = ask.clause.schema.get("answer", "").removeprefix("$.")
    for clause in ask.bench.contract.clauses.values():
        if clause.kind == "response" and clause.keyword == "type" and clause.place == (step,):
            types: Any = clause.schema["type"]
            return any(is_of_type(sent, name) for name in ([types] if isinstance(types, str) else types))
    return True


def holds(found: Json, sent: Json) -> bool:
    """Whether a value holds what was sent; an object may hold more than that."""
    if isinstance(sent, dict) and isinstance(found, dict):
        return all(name in found and holds(found[name], value) for name, value in sent.items())
    return bool(found == sent)


def parsed(text: Json) -> datetime | None:
    """A timestamp with its offset, or None (RFC 3339)."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def clock(exchange: Exchange) -> datetime:
    """The endpoint's own time, from its Date header (RFC 9110 section 6.6.1), else ours."""
    try:
        return parsedate_to_datetime(exchange.answer_headers["date"])
    except (KeyError, ValueError):
        return datetime.now(UTC)
