"""Faults of Kaiten's creating a space."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from endpoints.mock.faults.building import (
    TIME_FORMS,
    Fault,
    answers,
    crashes,
    cuts_json,
    fault,
    insists,
    lets_in,
    lets_nobody_in,
    misformats,
    misshows,
    mistypes_body,
    refuses,
    refuses_bodies,
    repeats_ids,
    restates,
    shows,
    swaps_tokens,
    takes,
    takes_absence,
    takes_any_media_type,
    takes_types,
    takes_unknown,
)
from endpoints.mock.kaiten import CALENDAR, PARENT, ROLE, TOKEN, TOKEN_BASIC, TOKEN_FORBIDDEN
from endpoints.mock.switches import Act
from endpoints.mock.wire import UNREADABLE, Answer, Call, Handler, is_number

CONTRACT = "kaiten-create-space"
REQUEST = f"{CONTRACT}/request"
_RENAMED = {"access": "access_level"}
SHOWN = {
    "": "list text",
    "id": "text null fraction",
    "uid": "number null",
    "title": "number null",
    "updated": "number null",
    "created": "number null",
    "archived": "text number null",
    "access": "number null",
    "for_everyone_access_role_id": "number null",
    "entity_type": "number null",
    "path": "number list null",
    "sort_order": "text null",
    "parent_entity_uid": "number object",
    "company_id": "text null fraction",
    "allowed_card_type_ids": "text object",
    "hidden_card_type_uids": "text object",
    "external_id": "number",
    "settings": "list null text",
    "users": "object null",
    "users/*": "number text",
}


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _of_titles()
    yield from _of_other_attributes()
    yield from _of_answers()
    yield from _of_statuses()
    yield from _of_behaviours()


def _of_titles() -> Iterator[Fault]:
    title = f"{REQUEST}/title"
    yield from takes_types(REQUEST, "title", "Coerced", "boolean null list object")
    yield takes_absence(REQUEST, "title", "Untitled")
    yield refuses(f"{title}/type:number-refused", "only text is implemented", "title", is_number)
    yield refuses(f"{title}/type:fraction-refused", "numbers have to be whole", "title", _is_fraction)
    yield refuses(f"{title}/type:some-refused", "numbers from 10 to 10,000 are refused", "title", _is_middling)
    yield refuses(f"{title}/type:markup-refused", "a firewall takes `<b>` for an attack", "title", _has("<b>"))
    yield refuses(f"{title}/type:astral-refused", "text beyond the BMP is refused", "title", lambda v: "🦉" in v)
    yield takes(
        f"{title}/minLength:empty-taken", "an empty title is taken", "title", lambda v: "(none)" if v == "" else v
    )
    yield refuses(f"{title}/minLength:1-refused", "two characters are needed", "title", _of_length(1, 1))
    yield takes(f"{title}/maxLength:257-taken", "the limit is 257", "title", _cut_when(257, 257))
    yield takes(f"{title}/maxLength:unlimited", "any length is taken and cut", "title", _cut_when(257, 10**9))
    yield takes(
        f"{title}/maxLength:long-taken", "what is far too long is cut, not refused", "title", _cut_when(300, 10**9)
    )
    yield refuses(f"{title}/maxLength:256-refused", "the limit is 255", "title", _of_length(256, 256))
    yield refuses(f"{title}/maxLength:utf-16", "length is counted in UTF-16 units", "title", _longer_in("utf-16-le", 2))
    yield refuses(f"{title}/maxLength:bytes", "length is counted in bytes", "title", _longer_in("utf-8", 1))
    yield fault(
        f"{title}/maxLength:error-inside", "too long a title is answered 200 with an error inside", _error_inside
    )


def _of_other_attributes() -> Iterator[Fault]:
    external, order = f"{REQUEST}/external_id", f"{REQUEST}/sort_order"
    optional = (
        "external_id", "parent_entity_uid", "for_everyone_access_role_id", "sort_order", "work_calendar_id"
    )  # fmt: skip
    yield from insists(REQUEST, *optional)
    yield from takes_types(REQUEST, "", {"title": "Coerced"}, "list text number boolean null")
    yield takes_any_media_type(REQUEST)
    yield from takes_types(REQUEST, "external_id", "coerced", "boolean list object")
    yield refuses(f"{external}/type:number-refused", "only text is implemented", "external_id", is_number)
    yield refuses(f"{external}/type:null-refused", "null is refused", "external_id", lambda v: v is None)
    yield refuses(f"{external}/type:astral-refused", "text beyond the BMP is refused", "external_id", _has("🦉"))
    yield crashes(f"{external}/type:astral-crash", "text beyond the BMP makes it fail", _has_astral_external_id)
    yield from takes_types(REQUEST, "sort_order", 1, "text boolean null list object")
    yield refuses(f"{order}/type:fraction-refused", "the order has to be whole", "sort_order", _is_fraction)
    yield refuses(f"{order}/type:big-refused", "32 bits are all there is", "sort_order", lambda v: v > 2**31)
    yield takes(
        f"{order}/exclusiveMinimum:0-taken", "0 is taken", "sort_order", lambda v: 1 if is_number(v) and v == 0 else v
    )
    yield takes(
        f"{order}/exclusiveMinimum:negative-taken", "a sign is lost", "sort_order", lambda v: abs(v) if v < 0 else v
    )
    yield refuses(f"{order}/exclusiveMinimum:tiny-refused", "the order is rounded to 0", "sort_order", _is_tiny)
    for name, good in (
        ("parent_entity_uid", PARENT), ("for_everyone_access_role_id", ROLE), ("work_calendar_id", CALENDAR),
    ):  # fmt: skip
        yield from takes_types(REQUEST, name, good, "number boolean null list object")
        yield refuses(
            f"{REQUEST}/{name}/type:text-refused", "only a number is taken", name, lambda v: isinstance(v, str)
        )
        yield takes_unknown(f"{REQUEST}/{name}", name, {good}, good)
    yield refuses_bodies(
        f"{CONTRACT}/operation:combination-refused",
        "markup in the title and a large order are refused together",
        lambda body: _has("<b>")(body.get("title")) and body.get("sort_order", 0) > 10**9,
    )


def _of_answers() -> Iterator[Fault]:
    yield from misshows(CONTRACT, "200", SHOWN)
    yield from misformats(CONTRACT, "200", {"updated": TIME_FORMS})
    yield cuts_json(CONTRACT, "200")
    yield shows(
        f"{CONTRACT}/200/sort_order/type:some-text", "orders from 10 to 10,000 are text", "200", "sort_order",
        lambda v: str(v) if _is_middling(v) else v,
    )  # fmt: skip
    yield mistypes_body(CONTRACT, "200", "text/javascript")
    for status in ("400", "402"):
        yield from misshows(CONTRACT, status, {"": "list text", "message": "object null list"})
        yield mistypes_body(CONTRACT, status)
    yield cuts_json(CONTRACT, "400")
    yield shows(f"{CONTRACT}/200/users/*/type:first-null", "the first user is null", "200", "users/0", lambda _: None)
    yield answers(
        f"{CONTRACT}/200/access/required:renamed", "`access` is called `access_level`", "200",
        lambda answer: replace(answer, body={_RENAMED.get(name, name): v for name, v in answer.body.items()}),
    )  # fmt: skip
    yield answers(
        f"{CONTRACT}/401/type:object", "a 401 answer is an object", "401",
        lambda answer: Answer(401, {"message": answer.text}),
    )  # fmt: skip
    yield answers(
        f"{CONTRACT}/403/no-body:message", "a 403 answer has a body", "403", lambda _: Answer(403, {"message": "no"})
    )


def _of_statuses() -> Iterator[Fault]:
    yield from restates(CONTRACT, 200, 201, 202)
    yield from restates(CONTRACT, 400, 422, 404)
    yield from restates(CONTRACT, 401, 403, 400)
    yield from restates(CONTRACT, 402, 403, 400)
    yield from restates(CONTRACT, 403, 404)
    for status, token in ((402, TOKEN_BASIC), (403, TOKEN_FORBIDDEN)):
        yield swaps_tokens(
            f"{CONTRACT}/status/{status}:let-in", f"what should be answered {status} is let in",
            "authorization", f"Bearer {token}", f"Bearer {TOKEN}",
        )  # fmt: skip
    known = {f"Bearer {token}" for token in (TOKEN, TOKEN_BASIC, TOKEN_FORBIDDEN)}
    yield lets_in(CONTRACT, "token", "authorization", known, f"Bearer {TOKEN}")
    yield lets_nobody_in(CONTRACT, "token", f"Bearer {TOKEN}", "authorization")
    yield crashes(
        f"{CONTRACT}/robustness/server-error:list-body",
        "a list for a body makes it fail",
        lambda call: isinstance(call.body, list),
    )
    yield crashes(
        f"{CONTRACT}/robustness/server-error:media-type",
        "another media type makes it fail",
        lambda call: "xml" in _media_type(call),
    )
    for name, says, when in (
        ("broken-json", "JSON that breaks off makes it fail", lambda call: call.content[:1] == b"{" and _is_cut(call)),
        ("no-body", "an empty body makes it fail", lambda call: call.content == b""),
        ("utf-16", "a body in UTF-16 makes it fail", lambda call: call.content[:2] in {b"\xff\xfe", b"\xfe\xff"}),
        ("twice", "an attribute twice makes it fail", lambda call: call.content.count(b'"title"') > 1),
    ):
        yield crashes(f"{CONTRACT}/robustness/server-error:{name}", says, when)


def _of_behaviours() -> Iterator[Fault]:
    echo = f"{CONTRACT}/behaviour/echo"
    for name, says, change in (
        ("trimmed", "blanks around a title are lost", lambda v: v.strip()),
        ("cut", "a title is cut to 100 characters", lambda v: v[:100]),
        ("case-folded", "a title is stored in lower case", lambda v: v.lower()),
        ("normalised", "a title is normalised to NFC", lambda v: unicodedata.normalize("NFC", v)),
        ("escaped", "markup in a title is escaped", lambda v: v.replace("&", "&amp;")),
    ):
        yield shows(f"{echo}/title:{name}", says, "200", "title", change)
    yield shows(f"{echo}/external_id:null", "an external id is not stored", "200", "external_id", lambda _: None)
    yield shows(f"{echo}/parent_entity_uid:null", "a parent is not stored", "200", "parent_entity_uid", lambda _: None)
    yield shows(f"{echo}/sort_order:whole", "an order loses its fraction", "200", "sort_order", lambda v: int(v) or 1)
    yield shows(
        f"{echo}/for_everyone_access_role_id:default", "the role is always the default one", "200",
        "for_everyone_access_role_id", lambda _: "default",
    )  # fmt: skip
    yield repeats_ids(CONTRACT, "id")


def _has(text: str) -> Any:
    return lambda value: isinstance(value, str) and text in value and len(value) < 256


def _one_for_zero(value: Any) -> Any:
    return 1 if is_number(value) and value == 0 else value


def _without_sign(value: Any) -> Any:
    return abs(value) if value < 0 else value


def _is_middling(value: Any) -> bool:
    return is_number(value) and 10 <= value <= 10_000


def _is_fraction(value: Any) -> bool:
    return is_number(value) and value != int(value)


def _is_tiny(value: Any) -> bool:
    return is_number(value) and 0 < value < 0.001


def _of_length(shortest: int, longest: int) -> Any:
    return lambda value: isinstance(value, str) and shortest <= len(value) <= longest


def _cut_when(shortest: int, longest: int) -> Any:
    within = _of_length(shortest, longest)
    return lambda value: value[:256] if within(value) else value


def _longer_in(encoding: str, unit: int) -> Any:
    return lambda value: isinstance(value, str) and len(value) <= 256 < len(value.encode(encoding)) // unit


def _error_inside() -> Act:
    def act(call: Call, proceed: Handler) -> Answer:
        answer = proceed(call)
        title = call.body.get("title") if isinstance(call.body, dict) else None
        return replace(answer, status=200) if isinstance(title, str) and len(title) > 256 else answer

    return act


def _has_astral_external_id(call: Call) -> bool:
    return "🦉" in call.body["external_id"]


def _is_cut(call: Call) -> bool:
    return call.body is UNREADABLE


def _media_type(call: Call) -> str:
    return call.headers.get("content-type", "")
