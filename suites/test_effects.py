"""Does a method do what HTTP says of it (RFC 9110 sections 9.2 and 9.3)? What a file is silent about is noted only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from contracts.model import Json
from contracts.things import OWN_URL
from endpoints.endpoint import Situation
from endpoints.exchange import NOT_JSON, Exchange, found_at
from endpoints.ids import as_id, filled, ids_at
from endpoints.outside import GONE
from endpoints.telling import objects
from suites.asking import Ask, asks
from suites.behaviours import found_again
from suites.sameness import Likeness, is_nothing, likeness

_IDEMPOTENT = {"GET", "HEAD", "PUT", "DELETE"}
_LATER = 202  # accepted, and not done yet (RFC 9110 section 15.3.3)


@asks("*/operation", kind="operation")
def test_effects(ask: Ask) -> None:
    """The plain request twice, of the same thing: what is safe, or idempotent, is answered as before."""
    bench, method = ask.bench, ask.bench.contract.method
    if method not in _IDEMPOTENT or bench.contract.file is None or ask.session.things is None:
        ask.nothing_to_observe()
    same = ask.bench.one_thing()
    first, second = (ask.send(bench.plain, same, exact=True) for _ in range(2))
    alike = first.status == second.status and (first.json == second.json or first.json is NOT_JSON)
    saw = "the same answer again" if alike else f"{second.status} after {first.status}"
    if first.status == second.status and not alike:
        saw = "another answer of the same status"
    bench.observer.note(f"a {method} sent twice", saw)
    ask.nothing_to_observe()


@asks(kind="effect")
def test_effect(ask: Ask) -> None:
    """What was made or changed is read with what was sent; what was deleted is no longer found."""
    if ask.bench.contract.method == "POST":
        made(ask)
    if ask.bench.contract.method == "GET":
        addressed(ask)
    same = ask.bench.one_thing()
    if ask.bench.contract.method == "DELETE":
        deleted(ask, same)
    changed(ask, same)


def look(ask: Ask, same: Situation) -> Exchange:
    """Read the thing by the GET at the operation's own address."""
    return ask.session.get(ask.session.endpoint.base_url + filled(ask.bench.contract.path, same.path), once=True)


def check_readable(ask: Ask, read: Exchange) -> None:
    """End undetermined where a read tells nothing: it has to find the thing while it is there."""
    if not read.succeeded or read.json is NOT_JSON:
        ask.undetermined(f"what reading is answered says nothing of it: {read.outcome}", read)


def check_done(ask: Ask, exchange: Exchange) -> None:
    """End undetermined where the operation did not take place, or only later."""
    if not exchange.accepted or exchange.status == _LATER:
        ask.undetermined(f"it is not said to be done, so nothing has to be seen of it: {exchange.outcome}", exchange)


def addressed(ask: Ask) -> None:
    """What is answered has the id that the address names, where this run knows it from the answer that made it."""
    seen = [exchange for exchange in ask.bench.accepted if check_addressed(ask, exchange)]
    if not seen:
        ask.unexercised("no answer of the sample shows the id of what this run has made")
    ask.holds(True, expected="the id of the address", actual="the same", exchanges=seen[:1])


def check_addressed(ask: Ask, exchange: Exchange) -> bool:
    """End where an answer shows another id than that of a thing which was addressed; whether it shows any."""
    facts, endpoint = ask.bench.contract.addressed, ask.session.endpoint
    source = endpoint.things.get(facts.get("parameter", ""), {"id": ""})["id"]
    known = source == OWN_URL or source.endswith(facts.get("id", "").rpartition(".")[2] or "?")
    if not known or facts["parameter"] in endpoint.path:
        return False  # of what a target names, other names may lead there
    wanted = ids_at(OWN_URL, exchange)[0]
    shown = [as_id(value) for value in found_at(facts["id"], exchange.json) if isinstance(value, str | int | float)]
    if shown and shown[0].casefold() != str(wanted).casefold():
        ask.holds(False, expected=f"the id of the address, {wanted}", actual=shown[0], exchanges=[exchange])
    return bool(shown)


def deleted(ask: Ask, same: Situation) -> None:
    """What is still read unchanged was not deleted; what is read otherwise, as with a mark, is noted."""
    before = look(ask, same)
    check_readable(ask, before)
    exchange = ask.send(ask.bench.plain, same, exact=True)
    check_done(ask, exchange)
    after = ask.session.patience.until(
        lambda: look(ask, same), lambda read: not read.succeeded or read.json != before.json
    )  # fmt: skip
    if after.succeeded and after.json != before.json:
        ask.bench.observer.note("what was deleted is read", f"another answer, of {after.status}")
    elif after.status not in GONE and not after.succeeded:
        check_readable(ask, after)
    kept = after.json != before.json
    ask.holds(kept, expected="404 or 410 for what was deleted", actual=after.outcome, exchanges=[exchange, after])


def made(ask: Ask) -> None:
    """What was made is found, and its own answer says of it what a read does.

    What an answer does not show as it was sent may have been made otherwise on purpose, which is noted.
    """
    if not ask.session.endpoint.creates:
        ask.unexercised("the target says that nothing is made (creates = false)")
    there = found_again(ask, ask.bench.one_thing())
    for exchange, read in there:
        said = like_sent(exchange, exchange)
        for name, value in news(read, exchange).items():
            if name in said and likeness(said[name], value) is not Likeness.OTHER:
                expected = f"`{name}` as the answer to {exchange.method} showed it"
                ask.holds(False, expected=expected, actual=read.outcome, exchanges=[exchange, read])
            ask.bench.observer.note("what was made is read", "otherwise than it was sent", name)
    exchange, read = there[0]
    ask.holds(True, expected="what the answer showed", actual=read.outcome, exchanges=[exchange, read])


def changed(ask: Ask, same: Situation) -> None:
    """Of what was sent otherwise than it was, something must have left a trace, and what the answer shows of it stays.

    Another attribute that stays as it was is noted.
    """
    if ask.bench.contract.method == "PATCH":
        check_kept(ask, same)
    before = look(ask, same)
    check_readable(ask, before)
    host = max(ask.bench.accepted, key=lambda one: len(news(before, one)))
    exchange = ask.send(host.request, same)
    check_done(ask, exchange)
    check_addressed(ask, exchange)
    sent = news(before, exchange)
    if not sent:
        ask.unexercised("nothing that the sample sends is read there with another value, so no change can be seen")

    def lost(read: Exchange) -> list[str]:
        """The attributes that are not as they were sent, but as they were."""
        now, then = like_sent(read, exchange), like_sent(before, exchange)
        others = [name for name in sent if likeness(now.get(name), sent[name]) is Likeness.OTHER]
        return [name for name in others if likeness(now.get(name), then[name]) is not Likeness.OTHER]

    def accused(read: Exchange) -> list[str]:
        """All that was sent, where nothing left a trace; else what its own answer showed, and a read does not."""
        said, missing = like_sent(exchange, exchange), lost(read)
        claimed = [n for n in missing if n in said and likeness(said[n], sent[n]) is not Likeness.OTHER]
        return missing if len(missing) == len(sent) else claimed

    after = ask.session.patience.until(lambda: look(ask, same), lambda read: not accused(read))
    check_readable(ask, after)
    for name in lost(after) if not accused(after) else ():
        ask.bench.observer.note("what a change sent is read", "as it was before", name)
    shown = " and ".join(f"`{name}`" for name in accused(after))
    actual = f"{shown} as before: {after.outcome}" if shown else "what was sent"
    expected = "what was sent, or a trace of it"
    ask.holds(not shown, expected=expected, actual=actual, exchanges=[exchange, after], control=host)


def check_kept(ask: Ask, same: Situation) -> None:
    """End where an attribute that a PATCH may change, and did not send, is nothing any more (RFC 5789 section 2)."""
    schema, plain = ask.bench.contract.body_schema, ask.bench.plain
    names, body = set(schema.get("properties", {})), plain.body if isinstance(plain.body, Mapping) else {}
    few = schema.get("required") or [*body][:1]
    ask.send(plain, same)
    was = most_like(look(ask, same), names)
    exchange = ask.send(replace(plain, body={name: body[name] for name in few if name in body}), same)

    def lost(read: Exchange) -> list[str]:
        now = most_like(read, names)
        there = [name for name in sorted(names - set(exchange.request.body)) if not is_nothing(was.get(name))]
        return [name for name in there if now and is_nothing(now.get(name))]

    after = ask.session.patience.until(lambda: look(ask, same), lambda read: not lost(read))
    if exchange.accepted and lost(after):
        expected = f"`{lost(after)[0]}` as it was, since it was not sent"
        ask.holds(False, expected=expected, actual=after.outcome, exchanges=[exchange, after])


def news(before: Exchange, exchange: Exchange) -> dict[str, Json]:
    """The attributes that a request sends and that a read shows with another value."""
    body, there = exchange.request.body, like_sent(before, exchange)
    shown = body.items() if isinstance(body, Mapping) else ()
    return {n: value for n, value in shown if n in there and likeness(there[n], value) is Likeness.OTHER}


def like_sent(read: Exchange, exchange: Exchange) -> Mapping[str, Json]:
    """The object in an answer that has most of the names that a request sends: it may be wrapped."""
    return most_like(read, set(exchange.request.body) if isinstance(exchange.request.body, Mapping) else set())


def most_like(read: Exchange, names: set[str]) -> Mapping[str, Json]:
    """The object in an answer that has most of the names."""
    return max(objects(read.json), key=lambda one: len(one.keys() & names), default={})
