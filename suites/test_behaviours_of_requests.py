"""Statements in prose about what is taken and what is refused: other names and forms, rights, unique values."""

from __future__ import annotations

from endpoints.endpoint import USUAL
from endpoints.exchange import Exchange
from strategies import ABSENT, Request
from suites.asking import Ask, asks
from suites.behaviours import Behaviour, changed
from suites.facts import is_ordinary
from suites.sameness import Likeness, likeness


@asks(kind="accepted")
def test_accepted(ask: Ask) -> None:
    """In another situation, at another address, under another name or in another form the request is taken too."""
    behaviour = Behaviour(ask)
    exchange = otherwise(behaviour)
    if not {"answer", "same"} & set(behaviour.parameters):
        behaviour.must_accept(exchange)
        ask.accepts(exchange, ask.bench.control)
    if not exchange.accepted:
        ask.undetermined(f"it was not accepted, which another clause judges: {exchange.outcome}", exchange)
    if "answer" in behaviour.parameters:
        behaviour.check_readable(exchange, behaviour.path("answer"))
        there = list(behaviour.answered(exchange, behaviour.path("answer")))
        expected = f"something at {behaviour.path('answer')}"
        ask.holds(bool(there), expected=expected, actual=exchange.outcome, exchanges=[exchange])
    judge_sameness(behaviour, exchange)


def otherwise(behaviour: Behaviour) -> Exchange:
    """The request in the behaviour's situation, with its values, at its address; sent once, if it differs at all."""
    ask, address = behaviour.ask, behaviour.parameters.get("address", "")
    request = behaviour.prepared()
    if "address" not in behaviour.parameters and is_ordinary(ask.session.endpoint, behaviour.situation):
        seen = behaviour.shown(request, {**behaviour.places("drop"), **behaviour.places("put")})
        if seen:
            return seen
    key = ("otherwise", behaviour.situation.name, address, request.content)
    return ask.bench.once(key, lambda: behaviour.send(request, path=address))


def judge_sameness(behaviour: Behaviour, exchange: Exchange) -> None:
    """Both answers hold the same: this one, and the one in the situation `beside` or the control's."""
    ask = behaviour.ask
    name = behaviour.parameters.get("beside", "")
    other = Behaviour(ask, situation=ask.situation(name)) if name else behaviour
    beside = otherwise(other) if name else ask.bench.control
    if not beside.accepted:
        ask.undetermined(f"the control was not accepted: {beside.outcome}", beside)
    if beside is exchange:
        ask.unexercised("needs another situation: both answers would be the same one")
    path = behaviour.path("same")
    ours, theirs = (list(behaviour.answered(e, path)) for e in (exchange, beside))
    if not ours or not theirs:
        ask.undetermined(f"an answer has nothing at {path}, which another clause judges", exchange, beside)
    kept = likeness(ours, theirs) is not Likeness.OTHER
    ask.holds(kept, expected=repr(theirs[0]), actual=repr(ours[0]), exchanges=[exchange, beside])


@asks(kind="refused")
def test_refused(ask: Ask) -> None:
    """In the situation, or for one value more or less, a request is refused; its twin is taken."""
    behaviour = Behaviour(ask)
    more, less = behaviour.places("with"), behaviour.places("without")
    request = behaviour.prepared()
    if more or less:
        with_it = changed(request, {**more, **less})
        without_it = changed(request, dict.fromkeys({**more, **less}, ABSENT))
        twin = behaviour.control(without_it if more else with_it)
        ask.refused(behaviour.send(with_it if more else without_it), twin)
    twin = behaviour.control(request, USUAL) if "put" in behaviour.parameters else ask.bench.control
    seen = ask.bench.provoked(ask.clause.needs) if ask.bench.is_provoked(ask.clause) else None
    exchange = seen or behaviour.send(request)
    ask.let_in(exchange, behaviour.situation)
    behaviour.check_repeats(exchange)
    ask.refused(exchange, twin)


@asks(kind="unique")
def test_unique(ask: Ask) -> None:
    """A value that another record holds is refused; a fresh one is taken."""
    behaviour = Behaviour(ask)
    request = behaviour.prepared()
    taken, known = behaviour.fresh()
    first = behaviour.send(renewed_but(behaviour, request, taken), exact=True)
    check_fresh(behaviour, first, known)
    again = behaviour.send(renewed_but(behaviour, request, taken), exact=True)
    fresh, _ = behaviour.fresh()
    twin = behaviour.send(renewed_but(behaviour, request, fresh), exact=True)
    check_fresh(behaviour, twin, known)
    ask.refused(again, twin)


def renewed_but(behaviour: Behaviour, request: Request, value: object) -> Request:
    """The request with this value at the unique place, and fresh ones at all other unique places."""
    return behaviour.ask.session.renew(request).placed(behaviour.place(), value)


def check_fresh(behaviour: Behaviour, exchange: Exchange, known: bool) -> None:
    """A fresh value is taken: so the page has it, where it or the target says what values the place takes."""
    if not exchange.accepted and exchange.refused and not known:
        place = "/".join(behaviour.place()[1:])
        behaviour.ask.unexercised(
            f"needs what `{place}` takes in the target's tenant part: text was refused ({exchange.outcome})"
        )
    if not exchange.accepted and not exchange.refused:
        behaviour.ask.undetermined(f"the control was not accepted: {exchange.outcome}", exchange)
    behaviour.must_accept(exchange)
