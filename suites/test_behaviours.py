"""Statements in prose that the sample's answers show: echoes, ids, times of creation, links, counts, reading back.

The kinds and their parameters are explained by `python -m contracts behaviours`.
"""

from __future__ import annotations

from endpoints.endpoint import USUAL
from endpoints.exchange import Exchange
from endpoints.outside import GONE
from strategies import ABSENT
from strategies.request import paths_to, value_at
from suites.asking import Ask, asks
from suites.behaviours import MOST_READ, Behaviour, found_again
from suites.moments import TOLERANCE, clock
from suites.sameness import Likeness, closest, is_nothing, likeness, moment_of


@asks(kind="echo")
def test_echo(ask: Ask) -> None:
    """What was sent is found again, in the answer or in the record that is read back."""
    behaviour, compared = Behaviour(ask), []
    reads = "stored" in behaviour.parameters
    for exchange in ask.bench.accepted:
        sent = [value for value in behaviour.sent(exchange) if behaviour.comparable(value)]
        if not sent or (reads and len(sent) > MOST_READ):
            continue
        found = behaviour.found(exchange) or ([ABSENT] if reads else [])
        if reads and len(found) < len(sent):
            ask.undetermined(f"{len(found)} records were read back for {len(sent)} that were sent", exchange)
        compared += [exchange] if found else []
        for value in sent if found else []:  # which of several is whose is the business of their order
            if behaviour.differs(closest(found, value)):
                ask.holds(False, expected=repr(value), actual=shown(found), exchanges=behaviour.evidence(exchange))
    if not compared:
        ask.unexercised(f"no answer of the sample had `{behaviour.parameters['request']}` to compare")
    ask.holds(True, expected="what was sent", actual="the same", exchanges=behaviour.evidence(compared[0]))


@asks(kind="ids-differ")
def test_ids_differ(ask: Ask) -> None:
    """No id comes twice."""
    behaviour, tried = Behaviour(ask), [trial.exchange for trial in ask.bench.sample]
    exchanges = [exchange for exchange in tried if exchange.succeeded]  # those too that repeat another's answer
    ids = [(identifier, e) for e in exchanges for identifier in ask.session.ids(e)]
    if len(ids) < 2:
        ask.undetermined("fewer than two ids were seen", *tried[:1])
    others: list[list[tuple[str, Exchange]]] = [
        [(str(value), e) for e in exchanges for value in behaviour.answered(e, path) if isinstance(value, str | int)]
        for path in behaviour.parameters.get("answers", [])
    ]
    differ = "ids that differ"
    for seen in (ids, *others):
        for number, (identifier, exchange) in enumerate(seen):
            before = [e for other, e in seen[:number] if other == identifier]
            if before:
                ask.holds(False, expected=differ, actual=f"{identifier} twice", exchanges=[exchange, *before])
    ask.holds(True, expected=differ, actual=f"{len(ids)} ids", exchanges=exchanges[:2])


@asks(kind="created")
def test_time_of_creation(ask: Ask) -> None:
    """The time is that of the exchange which created the record."""
    behaviour, exchange = Behaviour(ask), ask.bench.control
    values, now = behaviour.found(exchange), clock(exchange)
    if not values:
        ask.undetermined("the record has no such time", exchange)
    moments = [(moment, value) for value in values if (moment := moment_of(value))]
    if len(moments) < len(values):
        strange = next(value for value in values if moment_of(value) is None)
        ask.undetermined(f"{strange!r} is not a timestamp, which is another clause's business", exchange)
    moment, value = max(moments, key=lambda one: abs(one[0] - now))
    kept = abs(moment - now) <= TOLERANCE
    about = f"about {now:%Y-%m-%dT%H:%M:%SZ}"
    ask.holds(kept, expected=about, actual=str(value), exchanges=behaviour.evidence(exchange))


@asks(kind="stored")
def test_stored(ask: Ask) -> None:
    """The created record can be read back under its id, as others can."""
    exchange, answer = found_again(ask)[0]
    ask.holds(True, expected="the record", actual=answer.outcome, exchanges=[exchange, answer])


@asks(kind="link")
def test_link(ask: Ask) -> None:
    """The URL that the record holds leads to that record."""
    behaviour, exchange = Behaviour(ask), ask.bench.control
    urls = behaviour.found(exchange)
    if not urls or not isinstance(urls[0], str):
        ask.undetermined("the record has no such URL", exchange)
    answer = ask.session.get(urls[0])
    if not answer.accepted and answer.status not in GONE:
        ask.undetermined(f"{urls[0]}: {answer.outcome}", exchange)
    there = likeness(ask.session.record(answer), behaviour.records(exchange)[0])
    kept = there is not Likeness.OTHER
    ask.holds(kept, expected="the record", actual=answer.outcome, exchanges=[*behaviour.evidence(exchange), answer])


@asks(kind="projection")
def test_projection(ask: Ask) -> None:
    """Under these query parameters the answer has these attributes and no others."""
    behaviour = Behaviour(ask)
    wanted, names = behaviour.parameters["query"], behaviour.parameters["attributes"]
    seen = [e for e in ask.bench.accepted if wanted.items() <= dict(e.request.query).items()]
    request = ask.bench.plain.replaced(("query",), {**ask.bench.plain.query, **wanted})
    exchange = seen[0] if seen else behaviour.control(request)
    if not isinstance(exchange.json, dict):
        ask.undetermined("the answer is not an object, which another clause judges", exchange)
    others = sorted(set(exchange.json) - set(names))
    only = f"{' and '.join(f'`{name}`' for name in names)} and nothing else"
    ask.holds(not others, expected=only, actual=f"also {', '.join(others)}", exchanges=[exchange])


@asks(kind="default")
def test_default(ask: Ask) -> None:
    """What was left out holds its default, or a value that the endpoint gives it."""
    behaviour = Behaviour(ask)
    if "request" in behaviour.parameters:
        left_out(behaviour)
    expected = behaviour.parameters.get("value")
    found = [(e, value) for e in ask.bench.accepted for value in behaviour.found(e)]
    if not found:
        ask.unexercised(f"no answer of the sample had a value at `{behaviour.parameters['answer']}`")
    wrong = [(exchange, value) for exchange, value in found if likeness(value, expected) is Likeness.OTHER]
    exchange, value = (wrong or found)[0]
    ask.holds(not wrong, expected=repr(expected), actual=repr(value), exchanges=[exchange])


def left_out(behaviour: Behaviour) -> None:
    """Leave it out of a request of its own, and see what the record holds."""
    ask, place = behaviour.ask, behaviour.place()
    parent = behaviour.told(place[:-1])
    if parent and place[-1] in parent.get("required", ()):
        ask.unexercised(f"the target says that `{place[-1]}` is required, so it is never left out")
    exchange = behaviour.shared(behaviour.single().placed(place, ABSENT))
    behaviour.must_accept(exchange)
    if "stored" in behaviour.parameters:
        behaviour.check_identity(exchange)
    found = behaviour.found(exchange)
    if "value" in behaviour.parameters:
        default = behaviour.exactly("value")
        kept = closest(found, default) is not Likeness.OTHER
        ask.holds(kept, expected=repr(default), actual=shown(found), exchanges=behaviour.evidence(exchange))
    kept = bool(found) and not is_nothing(found[0])
    ask.holds(kept, expected="a value", actual=shown(found), exchanges=behaviour.evidence(exchange))


@asks(kind="left-alone")
def test_left_alone(ask: Ask) -> None:
    """A value that is sent is refused or left alone, as the page has it; where a right is needed, it is set with it."""
    behaviour = Behaviour(ask)
    place = behaviour.place()
    value = behaviour.value(behaviour.parameters["request"], behaviour.parameters["value"])
    twin = ask.bench.control
    seen = [value_at(twin.request.parts, path) for path in paths_to(twin.request.parts, place)]
    if ABSENT not in seen and len(seen) == 1 and not behaviour.elsewhere:  # the control sends one already
        value = seen[0]
    request = behaviour.single().placed(place, value)
    if behaviour.parameters.get("settable"):
        twin = behaviour.send(request, USUAL)
        behaviour.must_accept(twin)
        found = behaviour.found(twin)
        if closest(found, value) is Likeness.OTHER:
            actual = f"{shown(found)}, with the right"
            ask.holds(False, expected=repr(value), actual=actual, exchanges=behaviour.evidence(twin))
    exchange = twin if twin is ask.bench.control and twin.request == request else behaviour.send(request)
    about = f"a value for {ask.clause.keyword}"
    if not exchange.accepted:
        ask.bench.observer.note(about, f"refused with {exchange.status}")
        if behaviour.parameters["refusal"] == "upheld":
            behaviour.check_repeats(exchange)
            ask.refused(exchange, twin, "a refusal, or the value left alone")
        if behaviour.parameters["refusal"] == "broken":
            behaviour.must_accept(exchange)
        ask.undetermined(f"the control was not accepted: {exchange.outcome}", exchange)
    if "stored" in behaviour.parameters:
        behaviour.check_identity(exchange, besides=place)
    found = behaviour.found(exchange)
    if behaviour.parameters.get("assigned") and not found:
        ask.undetermined("the answer has no such value", exchange)
    kept = closest(found, value) is Likeness.OTHER
    kept &= not (behaviour.parameters.get("assigned") and is_nothing(found[0]))
    ask.bench.observer.note(about, "left alone" if kept else "set")
    ask.holds(kept, expected=f"not {value!r}", actual=shown(found), exchanges=behaviour.evidence(exchange))


def shown(found: list[object]) -> str:
    """What was found, for people: one value as it is, several as a list."""
    if not found or found == [ABSENT]:
        return "nothing"
    return repr(found[0]) if len(found) == 1 else repr(found)
