"""Zendesk: numbered names, unique names, and what the server assigns."""

from uuid import uuid4

from endpoints.exchange import Exchange
from strategies import Request
from suites.asking import Ask, asks


def named(**attributes: str) -> Request:
    """A request with these attributes of the record and no others."""
    return Request({"custom_object_record": attributes})


def numbered(ask: Ask) -> Exchange:
    """A record without a name, where names are numbered automatically; sent once."""
    situation = ask.situation()
    exchange: Exchange = ask.bench.once("numbered", lambda: ask.accepted(named(external_id="clausewise"), situation))
    return exchange


@asks("zendesk-create-record/behaviour/autoincrement-refuses-name")
def test_autoincrement_refuses_name(ask: Ask) -> None:
    """A name is refused where names are numbered; the same request without it is accepted."""
    twin = numbered(ask)
    ask.refused(ask.send(named(external_id="clausewise", name="Clausewise"), ask.situation()), twin)


@asks("zendesk-create-record/behaviour/autoincrement-generates-name")
def test_autoincrement_generates_name(ask: Ask) -> None:
    """A record that was sent without a name has one afterwards."""
    exchange = numbered(ask)
    name = ask.stored(exchange, ask.situation())[0].get("name")
    kept = isinstance(name, str) and name != ""
    ask.holds(kept, expected="a name", actual=f"the name {name!r}", exchanges=[exchange])


@asks("zendesk-create-record/behaviour/unique-name")
def test_unique_name(ask: Ask) -> None:
    """A second record of the same name is refused; one with another name is accepted."""
    situation, name = ask.situation(), f"Clausewise {uuid4()}"
    ask.accepted(named(name=name), situation)
    again = ask.send(named(name=name), situation)
    ask.refused(again, ask.accepted(named(name=f"Clausewise {uuid4()}"), situation))


@asks("zendesk-create-record/behaviour/id-assigned")
def test_id_assigned(ask: Ask) -> None:
    """An id that is sent does not become the record's."""
    seen = [e for e in ask.bench.accepted if "id" in e.request.body.get("custom_object_record", {})]
    exchange = seen[0] if seen else ask.accepted(named(name="Clausewise", id=f"clausewise-{uuid4().hex}"))
    own, identifiers = exchange.request.body["custom_object_record"]["id"], ask.session.ids(exchange)
    if not identifiers:
        ask.undetermined("no id was found in the answer", exchange)
    kept = identifiers[0] not in {"", own}
    ask.holds(kept, expected=f"an id other than {own!r}", actual=repr(identifiers[0]), exchanges=[exchange])


@asks("zendesk-create-record/behaviour/url")
def test_url(ask: Ask) -> None:
    """The record's `url` leads to the record."""
    exchange = ask.bench.control
    record = ask.bench.once(("stored", id(exchange)), lambda: ask.stored(exchange))[0]
    url = record.get("url")
    answer = ask.session.get(str(url))
    if answer.status is None:
        ask.undetermined(f"{url}: {answer.error}", exchange)
    kept = ask.session.record(answer) == record
    ask.holds(kept, expected="the record", actual=answer.outcome, exchanges=[answer])
