"""Faults of Kaiten's creating a record of a custom directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from endpoints.mock.faults.building import (
    GONE,
    TIME_FORMS,
    UUID_FORMS,
    Fault,
    alters_calls,
    answers,
    changed,
    crashes,
    cuts_json,
    fault,
    insists_on_query,
    lets_in,
    lets_nobody_in,
    misformats,
    misshows,
    mistypes_body,
    refuses,
    refuses_bodies,
    refuses_calls,
    repeats_ids,
    restates,
    shows,
    takes,
    takes_absence,
    takes_any_media_type,
    takes_types,
)
from endpoints.mock.kaiten import DIRECTORY, NUMBER_FIELD, PROFILES, TAGS_FIELD, TEXT_FIELD, TOKEN
from endpoints.mock.switches import Act
from endpoints.mock.wire import Answer, Call, Handler

CONTRACT = "kaiten-create-record"
REQUEST = f"{CONTRACT}/request"
VALUE = {"value_text": "Coerced"}
SHOWN = {
    "": "list text",
    "id": "null number",
    "custom_directory_id": "null number",
    "display_value": "number object",
    "condition": "null number",
    "author_uid": "null number",
    "updater_uid": "null number",
    "created": "null number",
    "updated": "null number",
    "author": "null list text",
    "updater": "null list text",
    "values": "null object",
    "values/*": "text list",
}


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _of_requests()
    yield from _of_answers()
    yield from _of_statuses()


def _of_requests() -> Iterator[Fault]:
    profile = f"{REQUEST}/query/response_profile"
    yield _takes_profiles(f"{profile}/enum:unknown-taken", "an unknown profile is taken for full", lambda _: True)
    yield _takes_profiles(f"{profile}/enum:case-ignored", "capitals do not matter", lambda v: v.lower() in PROFILES)
    for name in ("details", "full", "none"):
        yield refuses_calls(f"{profile}/enum:{name}-refused", f"the profile {name} is unknown", _asks_for(name))
    yield insists_on_query(REQUEST, "response_profile")
    yield takes_any_media_type(REQUEST)
    yield from takes_types(REQUEST, "", {"values": {}}, "list text number boolean null")
    yield takes_absence(REQUEST, "values", {})
    yield from takes_types(REQUEST, "values", {}, "list text number boolean null")
    bare = f"{REQUEST}/values/*/type"
    yield takes(f"{bare}:bare-taken", "a value may stand without its object", "values", _wrapped)
    yield takes(f"{bare}:first-taken", "the first field is not looked at", f"values/{TEXT_FIELD}", _wrapped_text)
    yield refuses(f"{REQUEST}/values/*/type:list-refused", "lists are not implemented", "values/*", _is(list))
    yield refuses(f"{REQUEST}/values/*/type:object-refused", "single values are not implemented", "values/*", _is(dict))
    yield takes(f"{REQUEST}/values/*/*/type:bare-taken", "members may stand without objects", "values/*", _mended(0))
    yield takes(f"{REQUEST}/values/*/*/type:first-only", "only the first member is looked at", "values/*", _mended(1))
    yield refuses(f"{REQUEST}/values/*/type:second-refused", "a list may have one member", "values/*", _is_several)
    yield takes(
        f"{REQUEST}/values/unknown:text-for-number", "text for a number is taken for 0",
        f"values/{NUMBER_FIELD}/value_number", lambda v: 0 if isinstance(v, str) else v,
    )  # fmt: skip
    yield refuses_bodies(f"{REQUEST}/example/page:refused", "the page's example is refused", _is_example)
    yield refuses_bodies(
        f"{CONTRACT}/operation:combination-refused", "odd text and a large number are refused together", _is_odd
    )


def _of_answers() -> Iterator[Fault]:
    yield from misshows(CONTRACT, "200", SHOWN)
    uuids = ("id", "custom_directory_id", "author_uid", "updater_uid")
    yield from misformats(CONTRACT, "200", {**dict.fromkeys(uuids, UUID_FORMS), "updated": TIME_FORMS})
    yield cuts_json(CONTRACT, "200")
    yield mistypes_body(CONTRACT, "200")
    yield fault(f"{CONTRACT}/200/author/required:missing-in-full", "`author` is missing under full", _lean_full)
    yield shows(
        f"{CONTRACT}/200/condition/enum:capital", "conditions begin with a capital", "200", "condition", str.title
    )
    yield shows(
        f"{CONTRACT}/200/condition/enum:other", "an undocumented condition", "200", "condition", lambda _: "new"
    )
    yield shows(f"{CONTRACT}/200/values/*/type:first", "the first value is text", "200", "values/0", str)
    for status in ("400", "404"):
        yield from misshows(CONTRACT, status, {"": "list text"})
        yield mistypes_body(CONTRACT, status)
    yield answers(
        f"{CONTRACT}/401/type:object", "a 401 answer is an object", "401", lambda a: Answer(401, {"message": a.text})
    )
    yield shows(
        f"{CONTRACT}/behaviour/echo/directory:other", "the record names another directory", "200",
        "custom_directory_id", lambda v: v.replace("6", "7"),
    )  # fmt: skip
    yield shows(
        f"{CONTRACT}/behaviour/echo/values:cut", "text is cut to eight characters", "200", "values/*/value_text",
        lambda v: v[:8],
    )  # fmt: skip
    yield repeats_ids(CONTRACT, "id")
    yield fault(f"{CONTRACT}/behaviour/profile-none:condition", "under none there is more than an id", _more_under_none)


def _of_statuses() -> Iterator[Fault]:
    yield from restates(CONTRACT, 200, 201)
    yield from restates(CONTRACT, 400, 422)
    yield from restates(CONTRACT, 401, 403)
    yield from restates(CONTRACT, 404, 400, 403)
    yield alters_calls(
        f"{CONTRACT}/status/404:created", "an unknown directory is created",
        lambda call: replace(call, path={**call.path, "directory_id": DIRECTORY}),
    )  # fmt: skip
    yield lets_in(CONTRACT, "token", "authorization", {f"Bearer {TOKEN}"}, f"Bearer {TOKEN}")
    yield lets_nobody_in(CONTRACT, "token", f"Bearer {TOKEN}", "authorization")
    yield crashes(
        f"{CONTRACT}/robustness/server-error:list-values", "a list for `values` makes it fail", _has_list_for_values
    )


def _takes_profiles(fault_id: str, says: str, when: Any) -> Fault:
    def alter(call: Call) -> Call:
        profile = call.query.get("response_profile")
        if profile is None or profile in PROFILES or not when(profile):
            return call
        return replace(call, query={**call.query, "response_profile": "full"})

    return alters_calls(fault_id, says, alter)


def _asks_for(profile: str) -> Callable[[Call], bool]:
    return lambda call: call.query.get("response_profile") == profile


def _wrapped_text(value: Any) -> Any:
    return value if isinstance(value, dict | list) else VALUE


def _wrapped(values: Any) -> Any:
    """Every value that stands without its object gets one."""
    if not isinstance(values, dict):
        return values
    number = {"value_number": 1}
    return {
        field: value if isinstance(value, dict | list) else number if field == NUMBER_FIELD else _listed(field)
        for field, value in values.items()
    }


def _listed(field: str) -> Any:
    return [VALUE] if field == TAGS_FIELD else VALUE


def _is(kind: type) -> Any:
    return lambda value: isinstance(value, kind)


def _is_several(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1


def _mended(first: int) -> Any:
    """A list with its members from the `first` on made objects."""

    def mend(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [member if n < first or isinstance(member, dict) else VALUE for n, member in enumerate(value)]

    return mend


def _is_example(body: Any) -> bool:
    values = body.get("values") if isinstance(body, dict) else None
    return isinstance(values, dict) and values.get(TEXT_FIELD) == {"value_text": "Alice"}


def _is_odd(body: Any) -> bool:
    values = body.get("values") if isinstance(body, dict) else None
    if not isinstance(values, dict):
        return False
    text, number = values.get(TEXT_FIELD), values.get(NUMBER_FIELD)
    return "<b>" in str(text) and isinstance(number, dict) and number.get("value_number", 0) > 10**9


def _lean_full() -> Act:
    def act(call: Call, proceed: Handler) -> Answer:
        answer = proceed(call)
        full = call.query.get("response_profile") == "full" and answer.ok
        return replace(answer, body=changed(answer.body, "author", lambda _: GONE)) if full else answer

    return act


def _more_under_none() -> Act:
    def act(call: Call, proceed: Handler) -> Answer:
        answer = proceed(call)
        none = call.query.get("response_profile") == "none" and answer.ok
        return replace(answer, body={**answer.body, "condition": "active"}) if none else answer

    return act


def _has_list_for_values(call: Call) -> bool:
    return isinstance(call.body, dict) and isinstance(call.body.get("values"), list)
