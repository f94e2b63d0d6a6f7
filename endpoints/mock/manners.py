"""Manners of the mock: lawful differences between servers, in what the documents leave open.

Under every one of them, and under any two, every clause holds that holds without.
"""

from __future__ import annotations

import json
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import count
from typing import Any

from endpoints.mock.faults.building import changed, refused, values_at
from endpoints.mock.kintone import APPS
from endpoints.mock.switches import Act, Switch
from endpoints.mock.wire import UNREADABLE, Answer, Call, Handler

ATTIO, SPACE, RECORD, KINTONE, ZENDESK = (
    "attio-create-record", "kaiten-create-space", "kaiten-create-record", "kintone-add-records",
    "zendesk-create-record",
)  # fmt: skip
_SILENT = (ATTIO, KINTONE, ZENDESK)  # their pages name no status and no shape of an error
EVERY_VERB = ("create", "add one", "read", "find", "list", "delete")
RENEWED = "renewed-tokens"
SHOWN_AFTER = 0.3  # seconds until a record can be read, where that is a manner
LARGE = 2**53 + 1
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_renewals = count(1)
_current: list[str] = []


def manner(
    name: str, says: str, make: Callable[[], Act], *contracts: str, verbs: tuple[str, ...] = EVERY_VERB
) -> Switch:
    """A manner; by default of everything that every vendor does."""
    return Switch(name, says, make, contracts, verbs)


def _answers(name: str, says: str, change: Callable[[Answer], Answer], *contracts: str) -> Switch:
    return manner(name, says, lambda: lambda call, proceed: change(proceed(call)), *contracts)


def _creating(name: str, says: str, act: Act, *contracts: str) -> Switch:
    return manner(name, says, lambda: act, *contracts, verbs=("create",))


def _calls(name: str, says: str, change: Callable[[Call], Call], *contracts: str) -> Switch:
    return _creating(name, says, lambda call, proceed: proceed(change(call)), *contracts)


def _all() -> Iterator[Switch]:
    yield from _of_transport()
    yield from _of_writing()
    yield from _of_refusals()
    yield from _of_answers()
    yield from _of_time()


def _of_transport() -> Iterator[Switch]:
    yield _answers("chunked", "answers come in pieces", lambda a: replace(a, pieces=True))
    yield _answers("capital-headers", "names of headers are in capitals", lambda a: replace(a, odd_case=True))
    yield _answers(
        "closing", "each connection is closed after its answer", partial(_with_header, "Connection", "close")
    )
    yield _answers("latency", "answers take 5 ms longer", lambda a: replace(a, delay=a.delay + 0.005))


def _of_writing() -> Iterator[Switch]:
    yield _answers("charset", "media types of JSON name a charset", _with_charset)
    yield _answers("escaped", "JSON is pretty-printed, and ASCII only", lambda a: replace(a, dialect=_escaped))
    yield _answers("whole-floats", "whole numbers are written 7.0", lambda a: replace(a, body=_floats(a.body)))
    yield _answers("offsets", "timestamps have an offset", lambda a: replace(a, body=_times(a.body, _offset)))
    yield _answers(
        "nanoseconds", "timestamps have nanoseconds", lambda a: replace(a, body=_times(a.body, _nanoseconds))
    )
    yield manner("extra-attributes", "objects have attributes that no page names", lambda: _extra_attributes)


def _of_refusals() -> Iterator[Switch]:
    other = partial(_restated, {400: 422, 422: 400})
    hidden = partial(_restated, {403: 404})
    yield _answers("other-refusals", "bodies are refused with another status", other, *_SILENT)
    yield _answers("other-errors", "errors are plain text", _error_as_text, *_SILENT)
    yield _answers("detailed-errors", "errors say more than a message", _error_in_detail, SPACE, RECORD)
    yield _answers("hidden-rights", "what one may not do is answered 404", hidden, ATTIO, KINTONE)
    yield _answers("401-json", "401 is answered with a JSON string", _unauthorized_as_json)
    yield _answers("401-text", "401 is answered with text", _unauthorized_as_text)
    yield _creating("unknown-refused", "unknown attributes of a request are refused", _unknown_refused)


def _of_answers() -> Iterator[Switch]:
    swapped = partial(_restated, {200: 201, 201: 200})
    yield _creating("other-success", "success has another status", lambda c, proceed: swapped(proceed(c)), *_SILENT)
    yield _answers("nulls", "what may be null is null", lambda a: _showing(a, "display_value", None), RECORD)
    yield _answers("no-nulls", "what may be null is not", _without_nulls, SPACE)
    yield manner("large-ids", "ids are beyond 2**53", lambda: _large_ids, SPACE, KINTONE)
    yield _calls("lean-default", "without a profile the answer is a summary", _lean_default, RECORD)
    yield manner("lean-profiles", "summary and details show an id only", lambda: _lean_profiles, RECORD)
    yield _creating("empty-batch", "an empty list of records is taken", _empty_batch, KINTONE)
    yield _creating("unsettable-refused", "fields that cannot be set are refused", _unsettable_refused, KINTONE)
    yield _calls("unsettable-ignored", "fields that cannot be set are left alone", _unsettable_ignored, KINTONE)


def _of_time() -> Iterator[Switch]:
    yield manner("rate-limit", "now and then a request is answered 429 with Retry-After", _rate_limit)
    yield manner("eventual-reads", "a record can be read after 300 ms", _eventual_reads)
    yield manner(RENEWED, "tokens are renewed for each run, and the old ones expire", lambda: _renewed_tokens)


# The wire.


def _with_header(name: str, value: str, answer: Answer) -> Answer:
    return replace(answer, headers={**answer.headers, name: value})


def _with_charset(answer: Answer) -> Answer:
    json_only = answer.content_type == "application/json"
    return replace(answer, media_type="application/json; charset=UTF-8") if json_only else answer


def _escaped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, indent=2)


def _floats(value: Any) -> Any:
    """Whole numbers as floats, as far as a float holds them."""
    if isinstance(value, list):
        return [_floats(member) for member in value]
    if isinstance(value, dict):
        return {name: _floats(member) for name, member in value.items()}
    exact = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15
    return float(value) if exact else value


def _times(value: Any, write: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_times(member, write) for member in value]
    if isinstance(value, dict):
        return {name: _times(member, write) for name, member in value.items()}
    return write(value) if isinstance(value, str) and _TIME.fullmatch(value) else value


def _offset(text: str) -> str:
    east = datetime.fromisoformat(text).astimezone(timezone(timedelta(hours=9)))
    return east.isoformat(timespec="microseconds")  # a whole second would otherwise have another form


def _nanoseconds(text: str) -> str:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<9}Z"


def _extra_attributes(call: Call, proceed: Handler) -> Answer:
    answer = proceed(call)
    closed = call.query.get("response_profile") == "none"  # which shows nothing but an id
    return answer if closed else replace(answer, body=_extended(answer.body))


def _extended(value: Any, name: str = "") -> Any:
    """Every object with an attribute more, but for maps whose every member is documented."""
    if isinstance(value, list):
        return [_extended(member) for member in value]
    if not isinstance(value, dict):
        return value
    members = {name: _extended(member, name) for name, member in value.items()}
    return members if name in {"values", "record", "custom_object_fields"} else {**members, "_links": {"self": "/"}}


# Refusals.


def _restated(statuses: Mapping[int, int], answer: Answer) -> Answer:
    return replace(answer, status=statuses.get(answer.status, answer.status))


def _error_as_text(answer: Answer) -> Answer:
    return answer if answer.ok or answer.status == 429 else Answer(answer.status, text="Something is wrong.")


def _error_in_detail(answer: Answer) -> Answer:
    if answer.ok or not isinstance(answer.body, dict):
        return answer
    return replace(answer, body={**answer.body, "errors": [{"path": "/"}], "code": answer.status})


def _unauthorized_as_json(answer: Answer) -> Answer:
    return Answer(401, "Unauthorized") if answer.status == 401 else answer


def _unauthorized_as_text(answer: Answer) -> Answer:
    return Answer(401, text="Unauthorized") if answer.status == 401 else answer


def _unknown_refused(call: Call, proceed: Handler) -> Answer:
    known = {"app", "records", "data", "custom_object_record", "values", "title", "external_id", "parent_entity_uid"}
    known |= {"for_everyone_access_role_id", "sort_order", "work_calendar_id"}
    unknown = isinstance(call.body, dict) and set(call.body) - known
    return refused(call, proceed, "there is no such attribute") if unknown else proceed(call)


# Answers.


def _showing(answer: Answer, place: str, value: Any) -> Answer:
    return replace(answer, body=changed(answer.body, place, lambda _: value)) if answer.ok else answer


def _without_nulls(answer: Answer) -> Answer:
    return _showing(_showing(answer, "allowed_card_type_ids", [1]), "hidden_card_type_uids", ["a"])


def _large_ids(call: Call, proceed: Handler) -> Answer:
    path = {name: str(int(value) - LARGE) if name == "id" else value for name, value in call.path.items()}
    query = {n: str(int(v) - LARGE) if n == "id" or n.startswith("ids[") else v for n, v in call.query.items()}
    answer = proceed(replace(call, path=path, query=query))
    if not answer.ok or call.method == "DELETE":
        return answer
    body = changed(answer.body, "id", lambda v: type(v)(int(v) + LARGE))
    for place in ("ids/*", "record/$id/value", "records/*/$id/value"):
        body = changed(body, place, lambda v: str(int(v) + LARGE))
    return replace(answer, body=body)


def _lean_default(call: Call) -> Call:
    return (
        call if "response_profile" in call.query else replace(call, query={**call.query, "response_profile": "summary"})
    )


def _lean_profiles(call: Call, proceed: Handler) -> Answer:
    lean = call.query.get("response_profile") in {"summary", "details"}
    answer = proceed(call)
    return replace(answer, body={"id": answer.body["id"]}) if lean and answer.ok else answer


def _empty_batch(call: Call, proceed: Handler) -> Answer:
    answer = proceed(call)
    empty = values_at(call.body, "records") == [[]] and answer.status not in {401, 403}
    return Answer(200, {"ids": [], "revisions": []}) if empty else answer


def _unsettable(call: Call) -> set[str]:
    """The codes of an app's fields that the bearer cannot set."""
    manages = call.headers.get("x-cybozu-api-token") != "kintone-no-manage"
    fields = next(iter(APPS.values()))
    return {code for code, field in fields.items() if not field.settable or (field.managed and not manages)}


def _unsettable_refused(call: Call, proceed: Handler) -> Answer:
    sent = {code for record in values_at(call.body, "records/*") if isinstance(record, dict) for code in record}
    return refused(call, proceed, "this field cannot be set") if sent & _unsettable(call) else proceed(call)


def _unsettable_ignored(call: Call) -> Call:
    codes = _unsettable(call)

    def settable(record: Any) -> Any:
        return {c: f for c, f in record.items() if c not in codes} if isinstance(record, dict) else record

    return call if call.body is UNREADABLE else call.with_body(changed(call.body, "records/*", settable))


# Time.


def _rate_limit() -> Act:
    calls = count(1)

    def act(call: Call, proceed: Handler) -> Answer:
        return (
            Answer(429, text="Slow down.", headers={"Retry-After": "1"}) if next(calls) % 150 == 20 else proceed(call)
        )

    return act


def _eventual_reads() -> Act:
    shown_at: dict[str, float] = {}

    def hidden(identifier: Any) -> bool:
        return time.monotonic() < shown_at.get(str(identifier), 0)

    def act(call: Call, proceed: Handler) -> Answer:
        answer = proceed(call)
        if call.method == "POST" and answer.ok:
            moment = time.monotonic() + SHOWN_AFTER
            shown_at.update(dict.fromkeys(map(str, _created(answer.body)), moment))
        elif call.method == "GET" and isinstance(answer.body, dict):
            if hidden(call.path.get("id") or call.query.get("id")):
                return Answer(404, {"message": "Not found"})
            found = [r for r in answer.body.get("records", []) if not hidden(r["$id"]["value"])]
            return replace(answer, body={**answer.body, "records": found}) if "records" in answer.body else answer
        return answer

    return act


def _created(body: Any) -> list[Any]:
    places = ("id", "ids/*", "custom_object_record/id", "data/id/record_id")
    return [
        identifier for place in places for identifier in values_at(body, place) if isinstance(identifier, str | int)
    ]


def renewed(environment: Mapping[str, str], on: list[str]) -> Mapping[str, str]:
    """The environment of the mock's target file, with fresh tokens where that is a manner; older ones expire."""
    if RENEWED not in on:
        return environment
    suffix = f"-{next(_renewals)}"
    _current[:] = [suffix]
    return {name: value + suffix for name, value in environment.items()}


def _renewed_tokens(call: Call, proceed: Handler) -> Answer:
    suffix = _current[0] if _current else "-0"

    def renewed_value(value: str) -> str:
        if value.endswith(suffix):
            return value.removesuffix(suffix)
        scheme, _, encoded = value.rpartition(" ")
        try:
            parts = b64decode(encoded, validate=True).decode().split(":")
        except ValueError:
            return "expired"
        if not all(part.endswith(suffix) for part in parts):
            return "expired"
        return f"{scheme} {b64encode(':'.join(p.removesuffix(suffix) for p in parts).encode()).decode()}".lstrip()

    names = ("authorization", "x-cybozu-api-token", "x-cybozu-authorization")
    headers = {name: renewed_value(value) if name in names else value for name, value in call.headers.items()}
    return proceed(replace(call, headers=headers, cookies={n: renewed_value(v) for n, v in call.cookies.items()}))


MANNERS: Mapping[str, Switch] = {switch.id: switch for switch in _all()}  # by id
