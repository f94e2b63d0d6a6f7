"""Faults of Attio's creating a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from endpoints.mock.attio import ATTRIBUTES, OBJECT_ID, OBJECT_SLUG, OPTIONS, TOKEN, TOKEN_NARROW
from endpoints.mock.faults.building import (
    GONE,
    TIME_FORMS,
    UUID_FORMS,
    Fault,
    alters_calls,
    changed,
    crashes,
    cuts_json,
    fault,
    lets_in,
    lets_nobody_in,
    loses_records,
    misformats,
    misshows,
    mistypes_body,
    refuses,
    refuses_bodies,
    repeats_ids,
    shows,
    swaps_tokens,
    takes,
    takes_absence,
    takes_any_media_type,
    takes_types,
    takes_unknown_address,
    values_at,
)
from endpoints.mock.switches import Act
from endpoints.mock.wire import Answer, Call, Handler

CONTRACT = "attio-create-record"
REQUEST = f"{CONTRACT}/request"
NOTES, MULTI, STAGE, EMAIL = ATTRIBUTES[:4]
EACH = "data/values/*/*"
SHOWN = {
    "": "list text",
    "data": "list null",
    "data/id": "text null",
    "data/id/workspace_id": "number null",
    "data/id/object_id": "number null",
    "data/id/record_id": "number null",
    "data/created_at": "number null",
    "data/web_url": "number null",
    "data/values": "list null",
    "data/values/*": "object null",
    EACH: "text null",
    f"{EACH}/active_from": "number null",
    f"{EACH}/active_until": "number boolean",
    f"{EACH}/created_by_actor": "text null",
    f"{EACH}/created_by_actor/id": "number",
    f"{EACH}/created_by_actor/type": "number null",
    f"{EACH}/attribute_type": "number null",
    f"{EACH}/referenced_actor_type": "number null",
    f"{EACH}/referenced_actor_id": "number null",
}
OPTIONAL = (f"{EACH}/referenced_actor_type", f"{EACH}/referenced_actor_id")


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _of_requests()
    yield from _of_answers()
    yield from _of_names()
    yield from _of_behaviours()


def _of_requests() -> Iterator[Fault]:
    yield takes_any_media_type(REQUEST)
    for place, good in (("", {"data": {"values": {}}}), ("data", {"values": {}}), ("data/values", {})):
        yield from takes_types(REQUEST, place, good, "list text number boolean null")
        if place:
            yield takes_absence(REQUEST, place, good)
    yield takes_unknown_address(REQUEST, "object", {OBJECT_SLUG, OBJECT_ID}, OBJECT_SLUG)
    yield takes(
        f"{REQUEST}/data/values/unknown:option-dropped", "options that there are not are left out",
        f"data/values/{MULTI.slug}", lambda v: [member for member in v if member in OPTIONS],
    )  # fmt: skip
    yield takes(
        f"{REQUEST}/data/values/unknown:text-for-number", "text for a number is taken for none",
        "data/values/score", lambda v: None if isinstance(v, str) else v,
    )  # fmt: skip
    yield refuses_bodies(f"{REQUEST}/example/page:refused", "the page's example is refused", _is_example)
    yield refuses_bodies(
        f"{CONTRACT}/operation:combination-refused", "a large score and a false flag are refused together", _is_odd
    )
    yield crashes(
        f"{CONTRACT}/robustness/server-error:list-data", "a list for `data` makes it fail", _has_list_for_data
    )


def _of_answers() -> Iterator[Fault]:
    yield from misshows(CONTRACT, "2XX", SHOWN, optional=OPTIONAL)
    uuids = ("data/id/workspace_id", "data/id/object_id", "data/id/record_id")
    times = ("data/created_at", f"{EACH}/active_from")
    url = {"relative": lambda v: v.partition(".com")[2], "blank": lambda v: v.replace("/person", "/a person")}
    forms = {**dict.fromkeys(uuids, UUID_FORMS), **dict.fromkeys(times, TIME_FORMS), "data/web_url": url}
    yield from misformats(CONTRACT, "2XX", forms)
    yield shows(
        f"{CONTRACT}/2XX/{EACH}/active_until/format:never", "no end is written in words", "2XX", f"{EACH}/active_until",
        lambda _: "never",
    )  # fmt: skip
    for name in ("created_by_actor/type", "referenced_actor_type"):
        yield shows(
            f"{CONTRACT}/2XX/{EACH}/{name}/enum:other", "an actor of an undocumented type", "2XX", f"{EACH}/{name}",
            lambda _: "robot",
        )  # fmt: skip
        yield shows(
            f"{CONTRACT}/2XX/{EACH}/{name}/enum:capital", "types of actors begin with a capital", "2XX",
            f"{EACH}/{name}", str.title,
        )  # fmt: skip
    yield shows(
        f"{CONTRACT}/2XX/data/values/*/type:single", "what has one value is answered without its list", "2XX",
        "data/values/created_by", lambda v: v[0],
    )  # fmt: skip
    yield cuts_json(CONTRACT, "2XX")
    yield mistypes_body(CONTRACT, "2XX", "text/plain; charset=utf-8")


def _of_names() -> Iterator[Fault]:
    behaviour = f"{CONTRACT}/behaviour"
    yield alters_calls(
        f"{behaviour}/object-by-uuid:unknown", "an object is not found by its id",
        lambda call: replace(call, path={**call.path, "object": "unknown" if _by_id(call) else call.path["object"]}),
    )  # fmt: skip
    yield alters_calls(
        f"{behaviour}/object-by-slug:unknown", "an object is not found by its slug",
        lambda call: call if _by_id(call) else replace(call, path={**call.path, "object": "unknown"}), "create", "read",
    )  # fmt: skip
    yield fault(f"{behaviour}/same-object:other", "by its id, another object is found", _other_object)
    yield refuses(
        f"{behaviour}/attribute-by-slug:refused", "slugs of attributes are unknown", f"data/values/{NOTES.slug}", _any
    )
    by_id = f"data/values/{NOTES.id}"
    yield refuses(f"{behaviour}/attribute-by-id:refused", "ids of attributes are unknown", by_id, _any)
    yield fault(f"{behaviour}/values-by-slug:by-id", "values are answered under the id that was sent", _answers_by_id)


def _of_behaviours() -> Iterator[Fault]:
    behaviour, single = f"{CONTRACT}/behaviour", f"data/values/{STAGE.slug}"
    known = {f"Bearer {TOKEN}", f"Bearer {TOKEN_NARROW}"}
    yield lets_in(CONTRACT, "oauth2", "authorization", known, f"Bearer {TOKEN}")
    yield lets_nobody_in(CONTRACT, "none", f"Bearer {TOKEN}", "authorization")
    yield swaps_tokens(
        f"{behaviour}/scopes:ignored", "the scopes of a token are not looked at",
        "authorization", f"Bearer {TOKEN_NARROW}", f"Bearer {TOKEN}",
    )  # fmt: skip
    yield fault(f"{behaviour}/unique-conflict:taken-again", "a value that is taken is taken again", _takes_again)
    yield refuses(
        f"{behaviour}/single-value:refused", "a select takes lists only", single, lambda v: isinstance(v, str)
    )
    yield refuses(
        f"{behaviour}/array-for-single:refused", "a list is refused for a select", single, lambda v: isinstance(v, list)
    )
    multi = f"data/values/{MULTI.slug}"
    yield refuses(f"{behaviour}/array-for-multi:two-refused", "two values are refused", multi, lambda v: len(v) == 2)
    yield takes(
        f"{behaviour}/array-for-multi/count:first-only", "only the first value is stored", multi, lambda v: v[:1]
    )
    yield repeats_ids(CONTRACT, "data/id/record_id")
    yield shows(
        f"{behaviour}/echo/value:cut", "text is cut to eight characters", "2XX", f"data/values/{NOTES.slug}/*/value",
        lambda v: v[:8],
    )  # fmt: skip
    yield loses_records(CONTRACT)
    for name, place in (("created-at", "data/created_at"), ("active-from", f"{EACH}/active_from")):
        yield shows(
            f"{behaviour}/{name}:year", "the year is last year's", "2XX", place, lambda v: f"{int(v[:4]) - 1}{v[4:]}"
        )
    yield shows(
        f"{behaviour}/values-active:ended", "values end when they begin", "2XX", f"{EACH}/active_until",
        lambda _: "2020-01-01T00:00:00Z",
    )  # fmt: skip


def _any(_: Any) -> bool:
    return True


def _by_id(call: Call) -> bool:
    return call.path["object"] == OBJECT_ID


def _is_example(body: Any) -> bool:
    return "Text value" in values_at(body, f"data/values/{NOTES.id}")


def _is_odd(body: Any) -> bool:
    scores, flags = (values_at(body, f"data/values/{name}") for name in ("score", "is_active"))
    return scores != [None] and any(score > 10**9 for score in scores) and flags == [False]


def _has_list_for_data(call: Call) -> bool:
    return isinstance(call.body, dict) and isinstance(call.body.get("data"), list)


def _other_object() -> Act:
    def act(call: Call, proceed: Handler) -> Answer:
        answer = proceed(call)
        other = call.path["object"] != OBJECT_SLUG and answer.ok
        return replace(answer, body=changed(answer.body, "data/id/object_id", lambda v: v[::-1])) if other else answer

    return act


def _answers_by_id() -> Act:
    def act(call: Call, proceed: Handler) -> Answer:
        answer = proceed(call)
        if not answer.ok or not values_at(call.body, f"data/values/{NOTES.id}"):
            return answer
        values = answer.body["data"]["values"]
        shown = {NOTES.id if name == NOTES.slug else name: value for name, value in values.items()}
        return replace(answer, body=changed(answer.body, "data/values", lambda _: shown))

    return act


def _takes_again() -> Act:
    seen: set[str] = set()

    def act(call: Call, proceed: Handler) -> Answer:
        place = f"data/values/{EMAIL.slug}"
        sent = {str(value) for value in values_at(call.body, place)}
        if sent & seen:
            call = call.with_body(changed(call.body, place, lambda _: GONE))
        seen.update(sent)
        return proceed(call)

    return act
