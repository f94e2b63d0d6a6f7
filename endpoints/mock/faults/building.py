"""What faults are made of: a few ways for a server to go wrong, each named after what a client sees.

A fault's id is the clause that it breaks, a colon, and a name of its own. Places are names joined by `/`, with `*` for
every member, as in `data/values/*/type`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final
from zlib import crc32

from endpoints.mock.switches import Act, Switch
from endpoints.mock.wire import NO_OBJECT, UNREADABLE, Answer, Call, Handler, is_number

_OF_OTHER_TYPES = (TypeError, ValueError, KeyError, IndexError, AttributeError)
GONE: Final = object()  # what `changed` takes for: leave it out


class Fault(Switch):
    """A switch that breaks exactly one clause of one contract."""

    @property
    def clause(self) -> str:
        """The id of the clause that it breaks."""
        return self.id.partition(":")[0]


def told(when: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A predicate about values of one type, which holds for no value of another."""

    def holds(value: Any) -> bool:
        try:
            return when(value)
        except _OF_OTHER_TYPES:
            return False

    return holds


def mended(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A change of values of one type, which leaves values of others as they are."""

    def change_safely(value: Any) -> Any:
        try:
            return change(value)
        except _OF_OTHER_TYPES:
            return value

    return change_safely


def fault(fault_id: str, says: str, make: Callable[[], Act], *verbs: str) -> Fault:
    """A fault with a memory of its own; by default it changes creating only."""
    return Fault(fault_id, says, make, (fault_id.partition("/")[0],), verbs or ("create",))


def changed(value: Any, place: str, change: Callable[[Any], Any]) -> Any:
    """`value` with each value at `place` changed; where `change` gives GONE, without it."""
    return _changed(value, place.split("/") if place else [], change)


def _changed(value: Any, steps: list[str], change: Callable[[Any], Any]) -> Any:
    if not steps:
        return change(value)
    if isinstance(value, list):
        members = [
            (m if steps[0] not in {"*", str(n)} else _changed(m, steps[1:], change)) for n, m in enumerate(value)
        ]
        return [member for member in members if member is not GONE]
    if isinstance(value, dict):
        named = {n: (v if steps[0] not in {"*", n} else _changed(v, steps[1:], change)) for n, v in value.items()}
        return {name: member for name, member in named.items() if member is not GONE}
    return value


def values_at(value: Any, place: str) -> list[Any]:
    """Every value at a place, none where there is no such place."""
    found: list[Any] = []
    changed(value, place, lambda member: found.append(member) or member)  # type: ignore[func-returns-value]
    return found


# What is taken: requests.


def refused(call: Call, proceed: Handler, says: str) -> Answer:
    """The vendor's own refusal, as of a body that cannot be right, but for the words that say why."""
    answer = proceed(call.with_body([]))
    return replace(answer, body=changed(answer.body, "*", lambda value: says if value == NO_OBJECT else value))


def takes(fault_id: str, says: str, place: str, mend: Callable[[Any], Any]) -> Fault:
    """Wrong values at a place are mended before the vendor looks, so that they are taken."""
    return mends(fault_id, says, lambda body: changed(body, place, mended(mend)))


def mends(fault_id: str, says: str, mend: Callable[[Any], Any]) -> Fault:
    """Wrong bodies are mended before the vendor looks; `mend` gives others back as they are."""

    def act(call: Call, proceed: Handler) -> Answer:
        return proceed(call.with_body(mend(call.body)))

    return fault(fault_id, says, lambda: act)


def refuses(fault_id: str, says: str, place: str, when: Callable[[Any], bool]) -> Fault:
    """Bodies with such a value at a place are refused."""
    return refuses_bodies(fault_id, says, lambda body: any(map(told(when), values_at(body, place))))


def refuses_bodies(fault_id: str, says: str, when: Callable[[Any], bool]) -> Fault:
    """Such bodies are refused."""
    return refuses_calls(fault_id, says, lambda call: call.body is not UNREADABLE and told(when)(call.body))


def refuses_calls(fault_id: str, says: str, when: Callable[[Call], bool]) -> Fault:
    """Such calls are refused."""
    return fault(fault_id, says, lambda: lambda c, proceed: refused(c, proceed, says) if when(c) else proceed(c))


def alters_calls(fault_id: str, says: str, alter: Callable[[Call], Call], *verbs: str) -> Fault:
    """Calls are altered before the vendor sees them."""
    return fault(fault_id, says, lambda: lambda call, proceed: proceed(alter(call)), *verbs)


_IS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda v: isinstance(v, str),
    "number": is_number,
    "fraction": lambda v: is_number(v) and v != int(v),
    "boolean": lambda v: isinstance(v, bool),
    "list": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "null": lambda v: v is None,
}


def takes_types(prefix: str, place: str, good: Any, wrong: str) -> Iterator[Fault]:
    """For each of the `wrong` types: a value of it at `place` is taken for `good`."""
    for name in wrong.split():
        clause = f"{prefix}/{place or 'body'}/type"
        says = f"`{place or 'the body'}` may be of the type {name}"
        yield takes(f"{clause}:{name}-taken", says, place, _coerced(_IS[name], good))


def _coerced(is_wrong: Callable[[Any], bool], good: Any) -> Callable[[Any], Any]:
    return lambda value: good if is_wrong(value) else value


def takes_absence(prefix: str, place: str, good: Any, unless: Callable[[Call], bool] = lambda _: False) -> Fault:
    """A required attribute may be left out; calls for which `unless` holds are the vendor's own business."""
    parent, _, name = place.rpartition("/")

    def supplied(holder: Any) -> Any:
        return holder if not isinstance(holder, dict) or name in holder else {**holder, name: good}

    def act(call: Call, proceed: Handler) -> Answer:
        return proceed(call if unless(call) else call.with_body(changed(call.body, parent, mended(supplied))))

    return fault(f"{prefix}/{place}/required:absence-taken", f"`{place}` may be left out", lambda: act)


def insists(prefix: str, *places: str) -> Iterator[Fault]:
    """For each place: an optional attribute has to be there."""
    for place in places:
        parent, _, name = place.rpartition("/")

        def lacks(holder: Any, name: str = name) -> bool:
            return isinstance(holder, dict) and name not in holder

        yield refuses(f"{prefix}/{place}/optional:insisted", f"`{place}` has to be sent", parent, lacks)


def insists_on_query(prefix: str, name: str) -> Fault:
    """An optional query parameter has to be there."""
    says = f"`{name}` has to be sent"
    return refuses_calls(f"{prefix}/query/{name}/optional:insisted", says, lambda call: name not in call.query)


def takes_any_media_type(prefix: str) -> Fault:
    """A body in any media type is read as JSON."""
    return alters_calls(
        f"{prefix}/content-type:ignored",
        "the media type of the body is not looked at",
        lambda call: call.with_header("content-type", "application/json"),
    )


def lets_in(contract: str, scheme: str, header: str, known: set[str], good: str) -> Fault:
    """Credentials that nobody has are taken."""
    return alters_calls(
        f"{contract}/authentication/{scheme}:anybody",
        "whoever sends anything at all as credentials is let in",
        lambda call: call.with_header(header, good) if call.headers.get(header, good) not in known else call,
    )


def lets_nobody_in(contract: str, name: str, good: str, *headers: str) -> Fault:
    """Who sends none of these headers, and no cookies, is let in as the bearer of the first."""
    return alters_calls(
        f"{contract}/authentication/{name}:nobody",
        "who sends no credentials at all is let in",
        lambda call: call if {*headers, "cookie"} & set(call.headers) else call.with_header(headers[0], good),
    )


def takes_unknown(clause: str, place: str, known: Collection[str], good: Any) -> Fault:
    """What there is not is taken for something: text at a place."""
    says = f"whatever `{place}` names, it is there"
    return takes(f"{clause}/unknown:taken", says, place, lambda v: good if isinstance(v, str) and v not in known else v)


def takes_unknown_address(request: str, name: str, known: Collection[str], good: str) -> Fault:
    """What there is not is taken for something: a parameter of the path."""

    def altered(call: Call) -> Call:
        return call if call.path[name] in known else replace(call, path={**call.path, name: good})

    return alters_calls(f"{request}/path/{name}/unknown:taken", f"whatever `{name}` names, it is there", altered)


# What is shown: answers.


def answers(fault_id: str, says: str, status: str, change: Callable[[Answer], Answer], *verbs: str) -> Fault:
    """Answers of a status (`200`, or `2XX` for any success) are changed."""

    def act(call: Call, proceed: Handler) -> Answer:
        answer = proceed(call)
        return change(answer) if (answer.ok if status == "2XX" else str(answer.status) == status) else answer

    return fault(fault_id, says, lambda: act, *verbs)


def shows(fault_id: str, says: str, status: str, place: str, change: Callable[[Any], Any], *verbs: str) -> Fault:
    """Values at a place of the JSON in such answers are changed."""
    return answers(fault_id, says, status, lambda a: replace(a, body=changed(a.body, place, mended(change))), *verbs)


_WRONG: Mapping[str, Callable[[Any], Any]] = {
    "text": lambda v: v if isinstance(v, str) else json.dumps(v),
    "number": lambda v: int(v) if isinstance(v, str) and v.isdecimal() else crc32(str(v).encode()),
    "fraction": lambda v: v + 0.5,
    "boolean": lambda _: True,
    "list": lambda v: [v],
    "object": lambda v: {"value": v},
    "null": lambda _: None,
}


def misshows(
    contract: str, status: str, table: Mapping[str, str], *, optional: tuple[str, ...] = ()
) -> Iterator[Fault]:
    """For each place of such answers: it is missing, and it is of each of the wrong types that the table names."""
    for place, wrong in table.items():
        clause = "/".join(part for part in (contract, status, place) if part)
        named = f"`{place}`" if place else "the body"
        if place and not place.endswith("*") and place not in optional:
            yield shows(f"{clause}/required:missing", f"{named} is missing", status, place, lambda _: GONE)
        for name in wrong.split():
            says = f"{named} is of the type {name}"
            yield shows(f"{clause}/type:{name}", says, status, place, _WRONG[name])


def misformats(contract: str, status: str, table: Mapping[str, Mapping[str, Callable[[Any], Any]]]) -> Iterator[Fault]:
    """For each place of such answers, by name: text in another form than the documented one."""
    for place, forms in table.items():
        for name, form in forms.items():
            clause = f"{contract}/{status}/{place}/format"
            yield shows(f"{clause}:{name}", f"`{place}` is written another way ({name})", status, place, form)


UUID_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "without-dashes": lambda v: v.replace("-", ""),
    "braced": lambda v: f"{{{v}}}",
    "cut-short": lambda v: v[:-1],
}
TIME_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "without-offset": lambda v: v.removesuffix("Z"),
    "blank-for-t": lambda v: f"{v[:10]} at {v[11:]}",
    "day-first": lambda v: f"{v[8:10]}.{v[5:7]}.{v[:4]}",
}


def mistypes_body(contract: str, status: str, media_type: str = "text/html; charset=utf-8") -> Fault:
    """Such answers come in another media type."""
    return answers(
        f"{contract}/{status}/content-type:{media_type.partition(';')[0].rpartition('/')[2]}",
        f"an answer {status} comes as {media_type}",
        status,
        lambda answer: replace(answer, media_type=media_type),
    )


def cuts_json(contract: str, status: str) -> Fault:
    """Such answers break off in the middle of their JSON."""
    return answers(
        f"{contract}/{status}/type:cut-short",
        f"the JSON of an answer {status} breaks off",
        status,
        lambda a: replace(a, body=None, text=a.content.decode()[:-3], media_type="application/json"),
    )


def restates(contract: str, documented: int, *others: int) -> Iterator[Fault]:
    """Such answers have another status."""
    for other in others:
        says = f"what is documented to be answered {documented} is answered {other}"
        fault_id = f"{contract}/status/{documented}:{other}"
        yield answers(fault_id, says, str(documented), partial(_with_status, other))


def _with_status(status: int, answer: Answer) -> Answer:
    return replace(answer, status=status)


def swaps_tokens(fault_id: str, says: str, header: str, sent: str, good: str) -> Fault:
    """Who sends one token gets the rights of another."""
    return alters_calls(
        fault_id, says, lambda call: call.with_header(header, good) if call.headers.get(header) == sent else call
    )


def crashes(fault_id: str, says: str, when: Callable[[Call], bool]) -> Fault:
    """Such calls make the endpoint fail."""

    def act(call: Call, proceed: Handler) -> Answer:
        return Answer(500, text="Internal Server Error") if told(when)(call) else proceed(call)

    return fault(fault_id, says, lambda: act)


# What is remembered.


def repeats_ids(contract: str, place: str) -> Fault:
    """Every second answer has the id of the one before it."""

    def make() -> Act:
        ids: list[Any] = []

        def act(call: Call, proceed: Handler) -> Answer:
            answer = proceed(call)
            if not answer.ok:
                return answer
            ids.extend(values_at(answer.body, place))
            return answer if len(ids) % 2 else replace(answer, body=changed(answer.body, place, lambda _: ids[-2]))

        return act

    return fault(f"{contract}/behaviour/ids-differ:pairs", "every second record has the id of the one before it", make)


def loses_records(contract: str) -> Fault:
    """Every second record of those that are read cannot be read."""

    def make() -> Act:
        seen: dict[str, int] = {}

        def act(call: Call, proceed: Handler) -> Answer:
            lost = seen.setdefault(call.path["id"], len(seen)) % 2
            return proceed(replace(call, path={**call.path, "id": "lost"}) if lost else call)

        return act

    return fault(f"{contract}/behaviour/stored:lost", "every second record is answered, but not kept", make, "read")
