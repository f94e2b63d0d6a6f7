"""Faults of kintone's adding records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from endpoints.mock.faults.building import (
    GONE,
    Fault,
    alters_calls,
    changed,
    crashes,
    cuts_json,
    fault,
    lets_in,
    lets_nobody_in,
    mends,
    misshows,
    mistypes_body,
    refuses,
    refuses_bodies,
    refuses_calls,
    shows,
    takes,
    takes_absence,
    takes_any_media_type,
    takes_types,
    values_at,
)
from endpoints.mock.kintone import APP, APPS, CHOICES, GUEST_SPACE, LOGIN, MOST_RECORDS, REQUIRED_APP, SESSION, TOKENS
from endpoints.mock.switches import Act
from endpoints.mock.wire import Answer, Call, Handler

CONTRACT = "kintone-add-records"
REQUEST = f"{CONTRACT}/request"
TOKEN = "x-cybozu-api-token"  # noqa: S105 - the name of a header
PASSWORD = "x-cybozu-authorization"  # noqa: S105 - the name of a header
FULL = "kintone-full"
SHOWN = {
    "": "list text",
    "ids": "text object null",
    "ids/*": "number object null",
    "revisions": "text object null",
    "revisions/*": "number object null",
}
MANAGED = {
    "created-by": "Created_by",
    "updated-by": "Updated_by",
    "created-datetime": "Created_datetime",
    "updated-datetime": "Updated_datetime",
}
NOT_SETTABLE = {
    "lookup-target": "Lookup_target",
    "status": "Status",
    "categories": "Categories",
    "calculated": "Calculated",
    "assignee": "Assignee",
    "calculated-text": "Calculated_text",
}


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _of_requests()
    yield from _of_answers()
    yield from _of_authentication()
    yield from _of_rights()
    yield from _of_batches()
    yield from _of_values()


def _of_requests() -> Iterator[Fault]:
    yield takes_any_media_type(REQUEST)
    yield from takes_types(REQUEST, "", {"app": 1, "records": [{}]}, "list text number boolean null")
    yield takes_absence(REQUEST, "app", 1)
    yield takes_absence(REQUEST, "records", [{}])
    yield from takes_types(REQUEST, "app", 1, "fraction boolean list object null")
    yield refuses(f"{REQUEST}/app/type:text-refused", "an app has to be a number", "app", lambda v: isinstance(v, str))
    yield from takes_types(REQUEST, "records", [{}], "text number boolean object null")
    records = f"{REQUEST}/records"
    yield takes(
        f"{records}/maxItems:101-taken", "the limit is 101", "records", lambda v: v[:100] if _many(v, 101, 101) else v
    )
    yield takes(f"{records}/maxItems:unlimited", "what is too much is left out", "records", lambda v: v[:100])
    yield refuses(f"{records}/maxItems:100-refused", "the limit is 99", "records", lambda v: _many(v, 100, 100))
    yield refuses(f"{records}/maxItems:half", "the limit is 50", "records", lambda v: _many(v, 51, 100))
    for name, first in (("taken", 0), ("first-only", 1)):
        yield takes(
            f"{records}/*/type:{name}",
            f"what is no record is left out from number {first} on",
            "records",
            _mended(first),
        )
    yield takes(f"{records}/*/*/type:bare-taken", "a value may stand without its object", "records/*/*", _wrapped)
    yield takes(f"{REQUEST}/app/unknown:first-app", "an unknown app is taken for the first", "app", _first_app)
    yield alters_calls(
        f"{REQUEST}/path/SpaceID/unknown:ignored", "a guest space that there is not is left out of account",
        lambda call: replace(call, path={}) if call.path.get("space") != GUEST_SPACE else call,
    )  # fmt: skip
    yield takes(
        f"{records}/*/unknown:option-taken", "an option that there is not is taken for another",
        "records/*/Choice/value", lambda v: CHOICES[0] if isinstance(v, str) and v not in CHOICES else v,
    )  # fmt: skip
    yield takes(
        f"{records}/*/unknown:text-for-number", "text for a number is taken for none",
        "records/*/Number/value", lambda v: None if isinstance(v, str) and not v.isdecimal() else v,
    )  # fmt: skip
    yield refuses_bodies(f"{REQUEST}/example/page:refused", "the page's example is refused", _is_example)
    yield refuses_bodies(
        f"{CONTRACT}/operation:combination-refused", "odd text and a large number are refused together", _is_odd
    )
    yield crashes(
        f"{CONTRACT}/robustness/server-error:list-record", "a list for a record makes it fail", _has_list_for_record
    )


def _of_answers() -> Iterator[Fault]:
    yield from misshows(CONTRACT, "2XX", SHOWN)
    yield shows(f"{CONTRACT}/2XX/ids/*/type:first-number", "the first id is a number", "2XX", "ids/0", int)
    yield cuts_json(CONTRACT, "2XX")
    yield mistypes_body(CONTRACT, "2XX", "text/json")


def _of_authentication() -> Iterator[Fault]:
    schemes = f"{CONTRACT}/authentication"
    yield lets_in(CONTRACT, "api-token", TOKEN, set(TOKENS), FULL)
    yield lets_in(CONTRACT, "password", PASSWORD, {LOGIN}, LOGIN)
    yield lets_nobody_in(CONTRACT, "none", FULL, TOKEN, PASSWORD)
    yield alters_calls(
        f"{schemes}/session:anybody", "any session is taken",
        lambda call: replace(call, cookies={"JSESSIONID": SESSION}) if call.cookies else call,
    )  # fmt: skip
    yield refuses_calls(
        f"{schemes}/password:refused", "passwords are not implemented", lambda call: PASSWORD in call.headers
    )
    yield refuses_calls(f"{schemes}/session:refused", "sessions are not implemented", lambda call: bool(call.cookies))


def _of_rights() -> Iterator[Fault]:
    permission = f"{CONTRACT}/behaviour/permission"
    for name, token in (("add", "no-add"), ("edit-records", "no-edit"), ("edit-fields", "no-fields")):
        says = f"the permission to {name.replace('-', ' ')} is not looked at"
        yield alters_calls(f"{permission}/{name}:ignored", says, _promoting(f"kintone-{token}"))
    for name, code in MANAGED.items():
        clause, place = f"{CONTRACT}/behaviour/manage-app/{name}", f"records/*/{code}"
        yield alters_calls(f"{clause}:everybody", f"everybody sets {code}", _promoting("kintone-no-manage", place))
        yield takes(f"{clause}:nobody", f"nobody sets {code}", place, lambda _: GONE)
        yield refuses(f"{clause}:refused", f"{code} is refused, whoever sends it", place, lambda _: True)
    for name, code in NOT_SETTABLE.items():
        clause = f"{CONTRACT}/behaviour/not-settable/{name}"
        yield fault(f"{clause}:set", f"{code} is set", _storing({code}.__contains__), "create", "read")
    yield refuses_calls(
        f"{CONTRACT}/behaviour/guest-space:refused",
        "the URL of a guest space is refused",
        lambda call: "space" in call.path,
    )


def _of_batches() -> Iterator[Fault]:
    behaviour = f"{CONTRACT}/behaviour"
    yield shows(f"{behaviour}/order:ids-reversed", "ids stand in reverse", "2XX", "ids", lambda v: v[::-1])
    yield takes(f"{behaviour}/order:records-sorted", "records are sorted before they are added", "records", _sorted)
    yield fault(
        f"{behaviour}/order-of-adding:reverse", "records are added from the last to the first", _added_in_reverse
    )
    yield shows(f"{behaviour}/one-id-each:first-only", "only the first id is answered", "2XX", "ids", lambda v: v[:1])
    yield shows(
        f"{behaviour}/one-id-each:one-more",
        "there is an id too many",
        "2XX",
        "ids",
        lambda v: [*v, str(10**6 + int(v[-1]))],
    )
    yield shows(
        f"{behaviour}/one-revision-each:one", "one revision stands for all", "2XX", "revisions", lambda v: v[:1]
    )
    yield shows(
        f"{behaviour}/ids-differ:last-is-first", "the last of many ids is the first again", "2XX", "ids",
        lambda v: [*v[:-1], v[0]] if len(v) > 3 else v,
    )  # fmt: skip
    yield fault(f"{behaviour}/atomic:half-stored", "the records before a refused one are added", _half_stored)


def _of_values() -> Iterator[Fault]:
    behaviour = f"{CONTRACT}/behaviour"
    yield mends(f"{behaviour}/required-field:optional", "a required field may be left out", _required_filled)
    yield takes(
        f"{behaviour}/defaults:empty",
        "a field that is left out is empty",
        "records/*",
        lambda r: {"Text": {"value": ""}, **r},
    )
    unknown = f"{behaviour}/unknown-codes"
    yield refuses_bodies(
        f"{unknown}:refused", "an unknown field code is refused", lambda body: any(map(_is_unknown, _codes(body)))
    )
    yield fault(f"{unknown}:stored", "an unknown field code is stored", _storing(_is_unknown), "create", "read")
    stored = f"{behaviour}/values-stored"
    yield _stores(f"{stored}:cut", "text is cut to eight characters", lambda v: v[:8])
    yield _stores(f"{stored}:upper-case", "text is stored in capitals", str.upper)


def _stores(fault_id: str, says: str, change: Callable[[str], str]) -> Fault:
    place = "record/Text/value"
    return shows(fault_id, says, "2XX", place, lambda v: change(v) if v != "a default text" else v, "read")


def _one_more(ids: list[str]) -> list[str]:
    return [*ids, str(int(ids[-1]) + 10**6)]


def _many(value: Any, least: int, most: int) -> bool:
    return isinstance(value, list) and least <= len(value) <= most


def _mended(first: int) -> Callable[[Any], Any]:
    """Records that are none are made empty ones, from the `first` on."""

    def mend(value: Any) -> Any:
        if not isinstance(value, list) or len(value) > MOST_RECORDS:
            return value
        return [r if n < first or isinstance(r, dict) else {} for n, r in enumerate(value)]

    return mend


def _wrapped(value: Any) -> Any:
    return value if isinstance(value, dict) else GONE


def _first_app(app: Any) -> Any:
    known = not isinstance(app, int | str) or isinstance(app, bool) or not str(app).isdecimal() or int(app) in APPS
    return app if known else APP


def _is_example(body: Any) -> bool:
    return "Sample001" in values_at(body, "records/*/Text/value")


def _is_odd(body: Any) -> bool:
    records = [record for records in values_at(body, "records") if isinstance(records, list) for record in records]
    return any(
        "<b>" in str(values_at(record, "Text/value")) and any(v > 10**9 for v in _numbers(record)) for record in records
    )


def _numbers(record: Any) -> list[float]:
    return [value for value in values_at(record, "Number/value") if isinstance(value, int | float)]


def _has_list_for_record(call: Call) -> bool:
    return any(isinstance(record, list) for record in values_at(call.body, "records/*"))


def _promoting(token: str, place: str = "") -> Callable[[Call], Call]:
    """Calls with this token, and with something at the place if one is given, get all rights."""

    def promote(call: Call) -> Call:
        if call.headers.get(TOKEN) != token or (place and not values_at(call.body, place)):
            return call
        return call.with_header(TOKEN, FULL)

    return promote


def _codes(body: Any) -> set[str]:
    return {code for record in values_at(body, "records/*") if isinstance(record, dict) for code in record}


def _is_unknown(code: str) -> bool:
    return code.startswith("clausewise_")


def _sorted(records: Any) -> Any:
    return sorted(records, key=lambda r: str(r.get("Text"))) if all(isinstance(r, dict) for r in records) else records


def _added_in_reverse() -> Act:
    def act(call: Call, proceed: Handler) -> Answer:
        if not isinstance(call.body, dict) or not isinstance(call.body.get("records"), list):
            return proceed(call)
        answer = proceed(call.with_body(changed(call.body, "records", lambda v: v[::-1])))
        return replace(answer, body=changed(answer.body, "ids", lambda v: v[::-1]))

    return act


def _half_stored() -> Act:
    def act(call: Call, proceed: Handler) -> Answer:
        answer = proceed(call)
        if not answer.ok and any(_many(records, 2, MOST_RECORDS) for records in values_at(call.body, "records")):
            proceed(call.with_body(changed(call.body, "records", lambda v: v[:1])))
        return answer

    return act


def _required_filled(body: Any) -> Any:
    if not isinstance(body, dict) or body.get("app") != REQUIRED_APP:
        return body
    return changed(body, "records/*", lambda record: {"Code": {"value": "none"}, **record})


def _storing(which: Callable[[str], bool]) -> Callable[[], Act]:
    """Fields whose codes are `which` are kept as they were sent, and read back so."""

    def make() -> Act:
        kept: dict[str, Mapping[str, Any]] = {}

        def act(call: Call, proceed: Handler) -> Answer:
            if call.method == "GET":
                answer = proceed(call)
                fields = kept.get(call.query.get("id", ""), {})
                return replace(answer, body=changed(answer.body, "record", lambda record: {**record, **fields}))
            sent = values_at(call.body, "records/*")
            stripped = changed(call.body, "records/*", lambda r: _without(r, which))
            answer = proceed(call.with_body(stripped))
            for identifier, record in zip(values_at(answer.body, "ids/*"), sent, strict=False):
                kept[identifier] = {code: field for code, field in record.items() if which(code)}
            return answer

        return act

    return make


def _without(record: Any, which: Callable[[str], bool]) -> Any:
    return {code: field for code, field in record.items() if not which(code)} if isinstance(record, dict) else record
