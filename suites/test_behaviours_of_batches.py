"""Statements in prose about requests that create several records: their order, their number, all or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

from contracts.model import Clause, Json, Kind, Schema, Side
from contracts.schema import types_in
from endpoints.endpoint import Situation
from endpoints.exchange import NOT_JSON, Exchange, found_at
from strategies import ABSENT, Request, breaking_variants
from strategies.conforming import simplest_of
from strategies.errors import StrategyError
from strategies.request import placed, value_at
from strategies.tenant import request_schema
from strategies.unique import Place, schema_at
from suites.asking import Ask, asks
from suites.behaviours import MOST_READ, Behaviour
from suites.facts import place_in_body
from suites.sameness import Likeness, closest, likeness

LONGEST = 60  # characters of a text by which a record is known again
NUMBERS = (2, 3, 1)  # in this order, so that neither order of sorting is that of sending


@asks(kind="order")
def test_order(ask: Ask) -> None:
    """The records behind the answered ids are the ones that were sent, in that order; or the ids ascend."""
    behaviour = Behaviour(ask)
    exchange, sent, stored = batch(behaviour)
    if behaviour.parameters.get("ids"):
        ids = ask.session.ids(exchange)
        if not all(identifier.isdecimal() for identifier in ids):
            ask.undetermined(f"the ids {ids} are not numbers, so they have no order", exchange)
        kept = ids == sorted(ids, key=int)
        ask.holds(kept, expected="ids that ascend", actual=str(ids), exchanges=[exchange])
    kept = all(likeness(one, other) is not Likeness.OTHER for one, other in zip(stored, sent, strict=True))
    ask.holds(kept, expected=str(sent), actual=str(stored), exchanges=behaviour.evidence(exchange))


@asks(kind="count")
def test_count(ask: Ask) -> None:
    """As many come as were sent."""
    behaviour, seen = Behaviour(ask), []
    path = behaviour.path("answer")
    for exchange in ask.bench.accepted:
        sent = [value for value in behaviour.sent(exchange) if isinstance(value, list)]
        found = list(behaviour.answered(exchange, path))
        if not sent:
            continue
        if not found or not isinstance(found[0], list):
            ask.undetermined(f"there is no array at {path}, which another clause judges", exchange)
        seen.append(exchange)
        if len(found[0]) != len(sent[0]):
            expected, actual = f"{len(sent[0])} at {path}", f"{len(found[0])} at {path}"
            ask.holds(False, expected=expected, actual=actual, exchanges=[exchange])
    if not seen:
        ask.unexercised(f"no request of the sample had a list at `{behaviour.parameters['request']}`")
    if behaviour.place() == ("body", ask.bench.contract.created_each):
        check_records(behaviour, seen)
    ask.holds(True, expected=f"as many at {path} as were sent", actual="the same", exchanges=[seen[0]])


def check_records(behaviour: Behaviour, exchanges: list[Exchange]) -> None:
    """End undetermined unless the records of a request are there, as many as were sent, and hold what was sent."""
    counted = [(len(members(behaviour, exchange.request)), exchange) for exchange in exchanges]
    many, exchange = max((one for one in counted if one[0] <= MOST_READ), default=counted[0], key=lambda one: one[0])
    records = behaviour.records(exchange)
    if len(records) != many:
        said = f"{len(records)} ids came for {many} records, which another clause judges"
        behaviour.ask.undetermined(said, exchange)
    behaviour.check_identity(exchange)


@asks(kind="atomic")
def test_atomic(ask: Ask) -> None:
    """A good record is not added when a bad one stands beside it; good ones alone are."""
    behaviour = Behaviour(ask)
    if "find" not in ask.session.endpoint.outside:
        ask.unexercised("needs `outside.find` in the target, to look for records")
    tried, why = [], "no request that has a bad record could be made"
    for attempt in attempts(behaviour):
        exchange = behaviour.send(attempt.bad, attempt.situation)
        if not exchange.denied:
            why = f"the bad record was not refused, so there was no failure: {exchange.outcome}"
            continue
        tried.append(exchange)
        judge_rest(behaviour, exchange, attempt)
    if not tried:
        ask.undetermined(why, ask.bench.control)
    ask.holds(True, expected="no record added", actual=f"none, after {len(tried)} refusals", exchanges=tried[:1])


@dataclass(frozen=True)
class Attempt:
    """Two requests of two records each, of which the `bad` one's second is refused.

    All but that bear texts at a `place` inside the record, by which they are found.
    """

    good: Request
    bad: Request
    place: Place
    situation: Situation


def attempts(behaviour: Behaviour) -> Iterator[Attempt]:
    """One for each kind of refusal of a record that the contract has a clause for."""
    ask, inside = behaviour.ask, behaviour.inside
    for clause in ask.bench.contract.clauses.values():
        situation = ask.bench.situation(clause.needs)
        of_values = clause.schema.keys() & {"with", "without"}
        if clause.kind is Kind.REQUEST and Side.REFUSES in clause.sides and clause.place[: len(inside)] == inside:
            yield from broken_so(behaviour, clause)
        elif clause.behaviour == "refused" and situation and of_values:
            yield from refused_so(behaviour, Behaviour(ask, clause, situation))


def broken_so(behaviour: Behaviour, clause: Clause) -> Iterator[Attempt]:
    """The last record breaks a clause of the request."""
    place = free_place(behaviour)
    member = members(behaviour, behaviour.prepared())[0]
    good, twin = (doubled(behaviour, *[placed(member, place, text())] * 2) for _ in range(2))
    try:
        _, broken = breaking_variants(behaviour.ask.bench.contract, clause, bases=[twin])[0]
    except StrategyError:
        return
    yield Attempt(good, simplest_of(broken), place, behaviour.situation)


def refused_so(behaviour: Behaviour, other: Behaviour) -> Iterator[Attempt]:
    """The last record is what another behaviour of the contract says is refused."""
    inside = behaviour.inside
    values = {**other.places("with"), **other.places("without")}
    if any(at[: len(inside)] != inside for at in values):
        return
    own = behaviour.parameters.get("text")
    place = place_in_body(own, other.said)[len(inside) :] if own else free_place(behaviour)
    member = members(other, other.prepared())[0]
    has_it = member_with(member, values, inside)
    lacks_it = member_with(member, dict.fromkeys(values, ABSENT), inside)
    right, wrong = (has_it, lacks_it) if "without" in other.parameters else (lacks_it, has_it)
    good = doubled(other, *[placed(right, place, text())] * 2)
    bad = doubled(other, *(placed(record, place, lost) for lost in [text()] for record in (right, wrong)))
    yield Attempt(good, bad, place, other.situation)


def judge_rest(behaviour: Behaviour, refused: Exchange, attempt: Attempt) -> None:
    """End broken when the good record of a refused request is there, beside good ones that are found."""
    ask = behaviour.ask
    # After it, so that what shows of the one would show of the other.
    twin = ask.bench.once(("good", attempt.situation.name), lambda: behaviour.control(attempt.good, attempt.situation))
    wanted = len(members(behaviour, twin.request))

    def found(exchange: Exchange) -> tuple[list[Json], list[Exchange]]:
        return matches(behaviour, exchange, attempt)

    added, seen = ask.session.patience.until(lambda: found(twin), lambda records: len(records[0]) == wanted)
    if len(added) != wanted:
        ask.undetermined("records that were added were not found, so finding none means nothing", twin, *seen)
    left, answers = found(refused)
    if left:
        actual = f"{len(left)} records added"
        ask.holds(False, expected="no record added", actual=actual, exchanges=[refused, *answers, twin])


def matches(behaviour: Behaviour, exchange: Exchange, attempt: Attempt) -> tuple[list[Json], list[Exchange]]:
    """The records that have a text of this request, by the target's `outside.find`, and the answers that name them."""
    session, where = behaviour.ask.session, replace(attempt.situation, credentials=None)
    sent = [value_at(record, attempt.place) for record in members(behaviour, exchange.request)]
    found, answers = list[Json](), list[Exchange]()
    for words in dict.fromkeys(value for value in sent if isinstance(value, str)):
        answer = session.find(exchange.request, situation=where, field=attempt.place[0], value=words)
        if not answer.accepted or answer.json is NOT_JSON:
            behaviour.ask.undetermined(f"records could not be looked for: {answer.outcome}", answer)
        there = found_at(session.endpoint.outside["find"]["records"], answer.json)
        found, answers = found + there, answers + ([answer] if there else [])
    return found, answers


def batch(behaviour: Behaviour) -> tuple[Exchange, list[Json], list[Json]]:
    """Records that differ in one field, added in one request, with that field as sent and as read back; sent once.

    Ends the question unless as many records are there as were sent, with the values that were sent.
    """
    ask, place = behaviour.ask, free_place(behaviour)

    def send() -> Exchange:
        member = members(behaviour, behaviour.prepared())[0]
        numbered = (placed(member, place, numbered_text(behaviour, place, n)) for n in NUMBERS)
        return behaviour.control(doubled(behaviour, *numbered))

    exchange = ask.bench.once("batch", send)
    sent = [value_at(record, place) for record in members(behaviour, exchange.request)]
    records = behaviour.records(exchange)
    if len(records) != len(sent):
        ask.undetermined(f"{len(records)} ids came for {len(sent)} records, which another clause judges", exchange)
    stored = [value_at(mirrored(behaviour, record), place) for record in records]
    if any(closest(stored, value) is Likeness.OTHER for value in sent):
        ask.undetermined("the values read back are not those that were sent, which another clause judges", exchange)
    return exchange, sent, stored


def mirrored(behaviour: Behaviour, record: Json) -> Json:
    """What of a record that is read back stands for the record that was sent, as the contract's echo says."""
    whole = "/".join(behaviour.inside[1:])
    paths = (echo.path("stored") for echo in behaviour.echoes if echo.parameters["request"] == whole)
    found = [value for path in paths for value in found_at(path, record)]
    return found[0] if found else record


def free_place(behaviour: Behaviour) -> Place:
    """A place inside a record that takes any text, or else any number; ends unexercised when the target has none."""
    ask = behaviour.ask
    schema = schema_at(request_schema(ask.bench.contract, ask.bench.tenant), behaviour.inside) or {}
    leaves = list(free_leaves(schema, ()))
    for wanted in ("string", "number", "integer"):
        for place, types in leaves:
            if wanted in types:
                return place
    where = "/".join(behaviour.inside[1:])
    return ask.unexercised(f'needs a field that takes any text in the target (tenant."{where}")')


def free_leaves(schema: Schema, place: Place) -> Iterator[tuple[Place, list[str]]]:
    """Every named place below a schema that takes any value of its types, with them."""
    long_enough = schema.get("maxLength", LONGEST) >= LONGEST
    if place and long_enough and not {"enum", "const", "pattern", "format", "properties", "maximum"} & set(schema):
        yield place, types_in(schema.get("type"))
    for name, child in schema.get("properties", {}).items():
        yield from free_leaves(child, (*place, name))


def numbered_text(behaviour: Behaviour, place: Place, number: int) -> Json:
    """A value for a place that takes text or numbers, by which its record is known again."""
    schema = request_schema(behaviour.ask.bench.contract, behaviour.ask.bench.tenant)
    types = (schema_at(schema, (*behaviour.inside, *place)) or {}).get("type", [])
    return f"Clausewise {number}" if "string" in types else number


def text() -> str:
    """Text that no record bears."""
    return f"clausewise {uuid4()}"


def members(behaviour: Behaviour, request: Request) -> list[Json]:
    """The records of a request."""
    return list(request.body[behaviour.ask.bench.contract.created_each])


def member_with(member: Json, values: dict[Place, Json], inside: Place) -> Json:
    """A record with these values at these places, which are given from the request's root."""
    for at, value in values.items():
        member = placed(member, at[len(inside) :], value)
    return member


def doubled(behaviour: Behaviour, *records: Json) -> Request:
    """The behaviour's request with these records."""
    each = behaviour.ask.bench.contract.created_each
    return behaviour.prepared().replaced(("body", each), list(records))
