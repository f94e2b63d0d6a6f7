"""Kintone: order, atomicity, defaults, unknown codes, required fields, rights, guest spaces, what cannot be set."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from contracts.model import Json
from endpoints.exchange import NOT_JSON, Exchange, found_at
from strategies import Request
from suites.asking import Ask, asks
from suites.test_behaviours import parsed

Record = dict[str, Any]


def plain_record(ask: Ask, **values: Json) -> Record:
    """The first record of the plain request, with these values of fields in it."""
    record: Record = dict(ask.bench.plain.body["records"][0])
    return record | {code: {"value": value} for code, value in values.items()}


def adding(ask: Ask, *records: Record) -> Request:
    """The plain request with these records."""
    return ask.bench.plain.replaced(("body", "records"), list(records))


def text_field(ask: Ask) -> str:
    """A field of the target that takes any text; else unexercised."""
    fields = ask.bench.tenant.schemas.get("records/*", {}).get("properties", {})
    for code, schema in fields.items():
        value = schema.get("properties", {}).get("value", {})
        if value.get("type") == "string" and not {"enum", "pattern", "format"} & set(value):
            return str(code)
    return ask.unexercised('needs a field that takes any text in the target (tenant."records/*")')


def batch(ask: Ask) -> tuple[Exchange, list[Record]]:
    """Three records that differ, added in one request and read back; sent once."""

    def send() -> tuple[Exchange, list[Record]]:
        code = text_field(ask)
        exchange = ask.accepted(adding(ask, *(plain_record(ask, **{code: f"Clausewise {n}"}) for n in (2, 3, 1))))
        return exchange, ask.stored(exchange)

    sent: tuple[Exchange, list[Record]] = ask.bench.once("batch", send)
    return sent


@asks("kintone-add-records/behaviour/order")
def test_order(ask: Ask) -> None:
    """The records behind the answered ids are the ones that were sent, in that order."""
    code = text_field(ask)
    exchange, records = batch(ask)
    sent = [record[code]["value"] for record in exchange.request.body["records"]]
    if len(records) != len(sent):
        ask.undetermined(f"{len(records)} ids came for {len(sent)} records, which another clause judges", exchange)
    stored = [value_of(record, code) for record in records]
    if sorted(map(str, stored)) != sorted(sent):
        ask.undetermined("the values read back are not those that were sent, which another clause judges", exchange)
    ask.holds(stored == sent, expected=str(sent), actual=str(stored), exchanges=[exchange])


@asks("kintone-add-records/behaviour/order-of-adding")
def test_order_of_adding(ask: Ask) -> None:
    """Ids ascend in the order in which the records were sent."""
    exchange, _ = batch(ask)
    ids = ask.session.ids(exchange)
    if not all(identifier.isdecimal() for identifier in ids):
        ask.undetermined(f"the ids {ids} are not numbers, so they have no order", exchange)
    numbers = [int(identifier) for identifier in ids]
    ask.holds(numbers == sorted(numbers), expected="ids that ascend", actual=str(ids), exchanges=[exchange])


@asks("kintone-add-records/behaviour/one-*-each")
def test_one_each(ask: Ask) -> None:
    """The answer holds as many of them as records were sent."""
    name = "ids" if ask.clause.keyword == "one-id-each" else "revisions"
    for exchange in ask.bench.accepted:
        found = exchange.json.get(name) if isinstance(exchange.json, dict) else None
        if not isinstance(found, list):
            ask.undetermined(f"`{name}` is not an array, which another clause judges", exchange)
        sent = len(exchange.request.body["records"])
        if len(found) != sent:
            ask.holds(False, expected=f"{sent} {name}", actual=f"{len(found)} {name}", exchanges=[exchange])
    ask.holds(True, expected=f"as many {name} as records", actual="the same", exchanges=[ask.bench.control])


@asks("kintone-add-records/behaviour/values-stored")
def test_values_stored(ask: Ask) -> None:
    """Every value that was sent is read back; numbers may come as text."""
    exchange, records = batch(ask)
    if len(records) != len(exchange.request.body["records"]):
        ask.undetermined(f"only {len(records)} ids came, which another clause judges", exchange)
    for sent in exchange.request.body["records"]:
        for code, field in sent.items():
            stored = [value_of(record, code) for record in records]  # in which order is another clause's business
            if field["value"] not in stored and str(field["value"]) not in stored:
                ask.holds(False, expected=f"{code}: {field['value']!r}", actual=f"{stored!r}", exchanges=[exchange])
    ask.holds(True, expected="the values that were sent", actual="the same", exchanges=[exchange])


@asks("kintone-add-records/behaviour/atomic")
def test_atomic(ask: Ask) -> None:
    """A good record is not added when a bad one stands behind it; two good ones are."""
    situation = ask.situation()
    required, text = ask.fact(situation, "required"), ask.fact(situation, "text")
    if "find" not in ask.session.endpoint.outside:
        ask.unexercised("needs `outside.find` in the target, to look for records")

    def marked(mark: str) -> tuple[Request, Request]:
        good = {required: {"value": "Clausewise"}, text: {"value": mark}}
        return adding(ask, good, good), adding(ask, good, {text: {"value": mark}})

    kept, lost = (f"clausewise {uuid4()}" for _ in range(2))
    exchange = ask.send(marked(lost)[1], situation)
    if not exchange.denied:
        ask.undetermined(f"the bad record was not refused, so there was no failure: {exchange.outcome}", exchange)
    twin = ask.accepted(marked(kept)[0], situation)  # after it, so that what shows of the one would show of the other
    found = ask.session.patiently(lambda: matches(ask, twin, text, kept), lambda records: len(records) == 2)
    if len(found) != 2:
        ask.undetermined("records that were added were not found, so finding none means nothing", twin)
    left = matches(ask, exchange, text, lost)
    ask.holds(not left, expected="no record added", actual=f"{len(left)} records added", exchanges=[exchange, twin])


@asks("kintone-add-records/behaviour/required-field")
def test_required_field(ask: Ask) -> None:
    """A record without the required field is refused; with it, it is accepted."""
    situation = ask.situation()
    required, text = ask.fact(situation, "required"), ask.fact(situation, "text")
    record = {text: {"value": "Clausewise"}}
    twin = ask.accepted(adding(ask, record | {required: {"value": "Clausewise"}}), situation)
    ask.refused(ask.send(adding(ask, record), situation), twin)


@asks("kintone-add-records/behaviour/defaults")
def test_defaults(ask: Ask) -> None:
    """A field that was left out holds its default value."""
    situation = ask.situation()
    code, default = ask.fact(situation, "code"), ask.fact(situation, "default")
    seen = [e for e in ask.bench.accepted if any(code not in record for record in e.request.body["records"])]
    if seen:  # a record of the sample leaves it out
        exchange = seen[0]
    else:
        record = {name: field for name, field in plain_record(ask).items() if name != code}
        exchange = ask.accepted(adding(ask, record), situation)
    lacking = sum(code not in record for record in exchange.request.body["records"])
    stored = [value_of(record, code) for record in ask.stored(exchange)]  # in which order is another clause's business
    kept = stored.count(default) >= lacking
    ask.holds(kept, expected=f"{code}: {default!r}", actual=f"{code}: {stored!r}", exchanges=[exchange])


@asks("kintone-add-records/behaviour/unknown-codes")
def test_unknown_codes(ask: Ask) -> None:
    """A record with an unknown field code is accepted, and does not have it afterwards."""
    code = f"clausewise_{uuid4().hex}"
    exchange = ask.send(adding(ask, plain_record(ask, **{code: "Clausewise"})))
    if not exchange.accepted:
        ask.accepts(exchange, ask.bench.control)
    record = ask.stored(exchange)[0]
    ask.holds(code not in record, expected=f"no {code}", actual=f"{record.get(code)!r}", exchanges=[exchange])


@asks("kintone-add-records/behaviour/guest-space")
def test_guest_space(ask: Ask) -> None:
    """The plain request is accepted at the URL of the guest space."""
    path = list(ask.bench.contract.openapi["paths"])[1]
    ask.accepts(ask.send(ask.bench.plain, ask.situation(), path=path), ask.bench.control)


@asks("kintone-add-records/behaviour/permission/add")
@asks("kintone-add-records/behaviour/permission/edit-records")
def test_permission(ask: Ask) -> None:
    """The plain request is refused without the permission."""
    ask.refused(ask.send(ask.bench.plain, ask.situation()), ask.bench.control)


@asks("kintone-add-records/behaviour/permission/edit-fields")
def test_permission_to_edit_fields(ask: Ask) -> None:
    """A record with the field is refused without the permission to edit that field, and accepted with it."""
    situation = ask.situation()
    request = adding(ask, plain_record(ask, **{ask.fact(situation, "code"): ask.fact(situation, "value")}))
    twin = ask.accepted(request)
    ask.refused(ask.send(request, situation), twin)


@asks("kintone-add-records/behaviour/manage-app/*")
def test_manage_app(ask: Ask) -> None:
    """The field is set with the permission to manage the app; without it, it is refused or left alone."""
    situation, field = ask.situation(), ask.clause.keyword.partition("/")[2]
    code, value = ask.fact(situation, field, "code"), ask.fact(situation, field, "value")
    request = adding(ask, plain_record(ask, **{code: value}))
    twin = ask.accepted(request)
    stored = value_of(ask.stored(twin)[0], code)
    if not same(stored, value):
        ask.holds(False, expected=f"{code}: {value!r}", actual=f"{stored!r}, with the permission", exchanges=[twin])
    left_alone(ask, ask.send(request, situation), twin, code, value)


@asks("kintone-add-records/behaviour/not-settable/*")
def test_not_settable(ask: Ask) -> None:
    """A value of the field is refused or left alone."""
    situation, kind = ask.situation(), ask.clause.keyword.partition("/")[2]
    code, value = ask.fact(situation, kind, "code"), ask.fact(situation, kind, "value")
    exchange = ask.send(adding(ask, plain_record(ask, **{code: value})), situation)
    left_alone(ask, exchange, ask.bench.control, code, value)


def left_alone(ask: Ask, exchange: Exchange, twin: Exchange, code: str, value: Json) -> None:
    """The exchange was refused, or it was accepted and the field does not hold the value."""
    about = f"a value for {ask.clause.keyword}"
    if not exchange.accepted:
        ask.bench.observer.note(about, f"refused with {exchange.status}")
        ask.refused(exchange, twin, "a refusal, or the field left alone")
    stored = value_of(ask.stored(exchange)[0], code)
    kept = not same(stored, value)
    ask.bench.observer.note(about, "left alone" if kept else "set")
    ask.holds(kept, expected=f"{code} left alone", actual=f"{code}: {stored!r}", exchanges=[exchange])


def matches(ask: Ask, exchange: Exchange, field: str, value: str) -> list[Json]:
    """The records that have a value in a text field, by the target's `outside.find`."""
    answer = ask.session.find(exchange.request, situation=ask.situation(), field=field, value=value)
    if not answer.accepted or answer.json is NOT_JSON:
        ask.undetermined(f"records could not be looked for: {answer.outcome}", answer)
    return found_at(ask.session.endpoint.outside["find"]["records"], answer.json)


def value_of(record: Record, code: str) -> Json:
    """A field's value in a record that was read back, or None."""
    field = record.get(code)
    return field.get("value") if isinstance(field, dict) else None


def same(stored: Json, sent: Json) -> bool:
    """Whether a field holds what was sent; users may be answered with more, and times in another form."""
    if isinstance(stored, dict) and isinstance(sent, dict):
        return stored.get("code") == sent.get("code")
    if isinstance(stored, list) and isinstance(sent, list) and stored and sent:
        return same(stored[0], sent[0])
    moments = parsed(stored), parsed(sent)
    return bool(stored == sent) or (None not in moments and moments[0] == moments[1])
