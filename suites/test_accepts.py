"""Does the endpoint accept what the page allows? Judged over the packed sample; what is refused is isolated."""

from typing import NoReturn

from contracts.model import Side
from contracts.patterns import JUDGE
from endpoints.exchange import Exchange
from strategies import Mark
from strategies.tenant import request_schema, tenant_places
from suites.asking import Ask, asks
from suites.judgement import Evidence, Judgement, Outcome
from suites.sample import Trial

EXPECTED = "an answer of success (2xx), since the request keeps every clause"


@asks("*/operation", kind="operation")
def test_conforming(ask: Ask) -> None:
    """Requests of the packed sample, all of which keep every clause, are accepted."""
    bench, control = ask.bench, ask.bench.control
    for trial in bench.sample:
        if not trial.exchange.accepted and not bench.isolation.explains(trial):
            blame(ask, trial.exchange, "no single value of it is refused by itself")
    evidence = (Evidence("sent", control),)
    ask.ends(Outcome.UPHELD, "", evidence, expected=EXPECTED, actual=control.outcome, count=len(bench.sample))


@asks(kind="request", side=Side.ACCEPTS)
def test_accepts(ask: Ask) -> None:
    """Requests that keep the clause at its edges are accepted."""
    bench, clause = ask.bench, ask.clause
    control = bench.control
    if clause.keyword == "example":
        example(ask)
    if clause.keyword in {"required", "content-type"}:  # kept by every request of the sample
        ask.accepts(control)
    marked = [(trial, mark) for trial in bench.sample for mark in trial.edge.marks if mark.clause == clause.id]
    if not marked:
        ask.unexercised(missing(ask))
    for mark, lone in bench.isolation.refused_edges:
        if (lone.blames or mark.clause) == clause.id:
            if lone.doubt:
                ask.undetermined(lone.doubt, lone.exchange, lone.host)
            ask.judged(judged(ask, lone.exchange, lone.host, f"it differs from the control in {lone.difference}"))
    judge_trials(ask, marked)


def judge_trials(ask: Ask, marked: list[tuple[Trial, Mark]]) -> NoReturn:
    """No edge is refused by itself: so what was accepted, alone or in company, upholds the clause."""
    bench, shown = ask.bench, list[Exchange]()
    for trial, mark in marked:
        if trial.exchange.accepted or bench.isolation.alone(trial, mark) is not None:
            shown.append(trial.exchange if trial.exchange.accepted else bench.control)
        elif not bench.isolation.explains(trial):
            ask.undetermined(
                "a request that holds it beside others was refused, and no accepted one has a place for it alone",
                trial.exchange,
            )
    if not shown:
        ask.unexercised("every request that holds it was refused for another value, which another clause judges")
    ask.accepts(shown[0])


def blame(ask: Ask, exchange: Exchange, otherwise: str) -> NoReturn:
    """A conforming request was refused, and no clause of its own is to blame: perhaps the target's fields are."""
    bench = ask.bench
    for lone in bench.isolation.refused_alone(exchange.request):
        if not bench.isolation.clauses_at(lone.path):
            place = "/".join(map(str, lone.path[1:]))
            reason = f"only the target file says that `{place}` takes this value, and it is refused by itself"
            ask.undetermined(reason, lone.exchange, lone.host)
    ask.judged(judged(ask, exchange, bench.control, otherwise))


def example(ask: Ask) -> None:
    """The page's own example, when the target's fields take it."""
    request = ask.bench.plain.replaced(("body",), ask.clause.schema["value"])
    fields = request_schema(ask.bench.contract, ask.bench.tenant)["properties"]["body"]
    if not JUDGE(fields).is_valid(request.body):
        ask.unexercised("the target's fields do not take the values of the page's example")
    ask.accepts(ask.send(request), ask.bench.control)


def judged(ask: Ask, exchange: Exchange, control: Exchange, reason: str) -> Judgement:
    """Not accepted although it conforms: broken, unless there was no answer to judge."""
    outcome = Outcome.UNDETERMINED if exchange.blames_nothing else Outcome.BROKEN
    reason = exchange.hollow or exchange.outcome if exchange.blames_nothing else reason
    evidence = (Evidence("sent", exchange), Evidence("control", control))
    return Judgement(ask.clause, ask.side, outcome, reason, EXPECTED, exchange.outcome, 2, evidence)


def missing(ask: Ask) -> str:
    """Why no request of the sample is at an edge of the clause."""
    if ask.bench.too_costly(ask.clause):
        return ask.bench.too_costly(ask.clause)
    if "/".join(ask.clause.place) in ask.session.endpoint.things:
        return "what stands there is the id of a thing, so no other value is sent"
    if ask.clause.keyword in {"minLength", "maxLength"} and "pattern" in ask.clause.schema:
        return f"no text of {ask.clause.schema[ask.clause.keyword]} characters was found that its pattern takes"
    place = "/".join(ask.clause.place[1:])
    for tenant_place in tenant_places(ask.bench.contract):
        if place.startswith(tenant_place):
            return f'needs values of `{tenant_place}` in the target (tenant."{tenant_place}")'
    return "no request of the sample has it"
