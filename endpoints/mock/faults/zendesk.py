"""Faults of Zendesk's creating a custom object record."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from endpoints.mock.faults.building import (
    GONE,
    Fault,
    alters_calls,
    changed,
    crashes,
    fault,
    insists,
    lets_in,
    lets_nobody_in,
    loses_records,
    refuses,
    refuses_bodies,
    refuses_calls,
    repeats_ids,
    shows,
    takes,
    takes_absence,
    takes_any_media_type,
    takes_types,
    takes_unknown,
    takes_unknown_address,
    values_at,
)
from endpoints.mock.switches import Act
from endpoints.mock.wire import Answer, Call, Handler
from endpoints.mock.zendesk import (
    NUMBERED_OBJECT,
    OBJECTS,
    OTHER_USER,
    PLAIN_OBJECT,
    STRINGS,
    TOKEN,
    UNIQUE_OBJECT,
    USER,
)

CONTRACT = "zendesk-create-record"
REQUEST = f"{CONTRACT}/request"
RECORD = "custom_object_record"


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _of_requests()
    yield from _of_names()
    yield from _of_behaviours()


def _of_requests() -> Iterator[Fault]:
    optional = [name for name in (*STRINGS, "custom_object_fields") if name != "name"]
    yield from insists(REQUEST, RECORD, *(f"{RECORD}/{name}" for name in optional))
    yield takes_absence(REQUEST, f"{RECORD}/name", "Untitled", unless=lambda call: NUMBERED_OBJECT in call.url)
    yield takes_any_media_type(REQUEST)
    yield from takes_types(REQUEST, "", {}, "list text number boolean null")
    yield from takes_types(REQUEST, RECORD, {"name": "Coerced"}, "list text number boolean null")
    for name in STRINGS:
        good = USER if name.endswith("user_id") else "coerced"
        yield from takes_types(REQUEST, f"{RECORD}/{name}", good, "number boolean null list object")
        if name not in {"created_by_user_id", "updated_by_user_id"}:
            yield refuses(
                f"{REQUEST}/{RECORD}/{name}/type:astral-refused", f"text beyond the BMP is refused in `{name}`",
                f"{RECORD}/{name}", lambda v: isinstance(v, str) and "🦉" in v,
            )  # fmt: skip
    for name in ("created_by_user_id", "updated_by_user_id"):
        yield refuses(
            f"{REQUEST}/{RECORD}/{name}/type:text-refused", "only a number is taken", f"{RECORD}/{name}",
            lambda v: isinstance(v, str),
        )  # fmt: skip
        yield takes_unknown(f"{REQUEST}/{RECORD}/{name}", f"{RECORD}/{name}", {USER, OTHER_USER}, USER)
    fields = f"{RECORD}/custom_object_fields"
    yield from takes_types(REQUEST, fields, {}, "list text number boolean null")
    yield refuses(
        f"{REQUEST}/{fields}/type:object-refused", "fields have to be a list", fields, lambda v: isinstance(v, dict)
    )
    yield takes(
        f"{REQUEST}/{fields}/unknown:text-for-number", "text for a number is left out", f"{fields}/wheels",
        lambda v: GONE if isinstance(v, str) else v,
    )  # fmt: skip
    yield takes_unknown_address(REQUEST, "custom_object_key", OBJECTS, PLAIN_OBJECT)
    yield lets_in(CONTRACT, "none", "authorization", {f"Bearer {TOKEN}"}, f"Bearer {TOKEN}")
    yield lets_nobody_in(CONTRACT, "none", f"Bearer {TOKEN}", "authorization")
    yield refuses_bodies(
        f"{CONTRACT}/operation:combination-refused",
        "odd text in the name and in the external id are refused together",
        lambda body: all("🦉" in str(values_at(body, f"{RECORD}/{name}")) for name in ("name", "external_id")),
    )
    yield crashes(
        f"{CONTRACT}/robustness/server-error:list-record", "a list for the record makes it fail", _has_list_for_record
    )


def _of_names() -> Iterator[Fault]:
    behaviour = f"{CONTRACT}/behaviour"
    yield alters_calls(
        f"{behaviour}/autoincrement-refuses-name:ignored", "a name is ignored where names are numbered",
        lambda call: call.with_body(changed(call.body, f"{RECORD}/name", lambda _: GONE)) if _numbers(call) else call,
    )  # fmt: skip
    yield _shows_of(
        f"{behaviour}/autoincrement-generates-name:null", "numbered names are not filled in", "name",
        lambda v: None if str(v).startswith(f"{NUMBERED_OBJECT}-") else v,
    )  # fmt: skip
    yield refuses_calls(
        f"{behaviour}/autoincrement-generates-name:refused", "a name has to be sent where names are numbered",
        lambda call: _numbers(call) and not values_at(call.body, f"{RECORD}/name"),
    )  # fmt: skip
    yield refuses_calls(
        f"{behaviour}/unique-name:fresh-refused", "where names are unique, none is taken",
        lambda call: call.path["custom_object_key"] == UNIQUE_OBJECT,
    )  # fmt: skip
    yield fault(f"{behaviour}/unique-name:taken-again", "a name that is taken is taken again", _takes_again)
    for name, says, change in (
        ("trimmed", "blanks around a name are lost", lambda v: v.strip()),
        ("cut", "a name is cut to 20 characters", lambda v: v[:20]),
        ("case-folded", "a name is stored in lower case", lambda v: v.lower()),
        ("normalised", "a name is normalised to NFC", lambda v: unicodedata.normalize("NFC", v)),
    ):
        yield _shows_of(f"{behaviour}/echo/name:{name}", says, "name", change)


def _of_behaviours() -> Iterator[Fault]:
    behaviour = f"{CONTRACT}/behaviour"
    yield fault(
        f"{behaviour}/id-assigned:sent", "the id that is sent becomes the record's", _keeps_ids, "create", "read"
    )
    yield loses_records(CONTRACT)
    yield repeats_ids(CONTRACT, f"{RECORD}/id")
    yield _shows_of(
        f"{behaviour}/echo/external_id:number", "an external id of digits is stored as 0", "external_id", _nothing
    )
    yield _shows_of(
        f"{behaviour}/echo/custom_object_fields:lost",
        "custom fields are not stored",
        "custom_object_fields/*",
        _nothing,
    )
    yield _shows_of(
        f"{behaviour}/echo/object-key:plural",
        "the key is answered in the plural",
        "custom_object_key",
        lambda v: v + "s",
    )
    yield _shows_of(f"{behaviour}/created-at:zone", "local time is written as UTC", "created_at", _nine_hours_off)
    yield _shows_of(
        f"{behaviour}/updated-at:epoch", "an unset time is the epoch", "updated_at", lambda _: "1970-01-01T00:00:00Z"
    )
    yield _shows_of(f"{behaviour}/url:moved", "the url leads nowhere", "url", lambda v: f"{v}.json")


def _shows_of(fault_id: str, says: str, place: str, change: Callable[[Any], Any]) -> Fault:
    """An attribute of the record is changed, in the answer and when it is read back."""

    def textual(value: Any) -> Any:
        return change(value) if value is not None else value

    return shows(fault_id, says, "2XX", f"{RECORD}/{place}", textual, "create", "read")


def _nothing(_: Any) -> None:
    return None


def _nine_hours_off(text: str) -> str:
    return f"{text[:11]}{(int(text[11:13]) + 9) % 24:02}{text[13:]}"


def _numbers(call: Call) -> bool:
    return call.path["custom_object_key"] == NUMBERED_OBJECT


def _has_list_for_record(call: Call) -> bool:
    return isinstance(call.body, dict) and isinstance(call.body.get(RECORD), list)


def _takes_again() -> Act:
    seen: set[str] = set()

    def act(call: Call, proceed: Handler) -> Answer:
        names = {str(name) for name in values_at(call.body, f"{RECORD}/name")}
        if call.path["custom_object_key"] == UNIQUE_OBJECT and names <= seen:
            call = call.with_body(changed(call.body, f"{RECORD}/name", lambda v: f"{v} ({len(seen)})"))
        seen.update(names)
        return proceed(call)

    return act


def _keeps_ids() -> Act:
    real: dict[str, str] = {}

    def act(call: Call, proceed: Handler) -> Answer:
        asked = call.path.get("id", "")
        call = replace(call, path={**call.path, "id": real.get(asked, asked)})
        sent = [sent for sent in values_at(call.body, f"{RECORD}/id") if isinstance(sent, str)]
        answer = proceed(call)
        if not answer.ok or not (sent or asked in real):
            return answer
        shown = sent[0] if sent else asked
        real.setdefault(shown, answer.body[RECORD]["id"])
        return replace(answer, body=changed(answer.body, f"{RECORD}/id", lambda _: shown))

    return act
