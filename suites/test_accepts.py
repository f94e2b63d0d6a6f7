"""Does the endpoint accept what the page allows? Judged over the packed sample; what is refused is isolated."""

from jsonschema import Draft202012Validator

from contracts.model import Side
from endpoints.exchange import Exchange
from strategies.tenant import request_schema, tenant_places
from suites.asking import Ask, asks
from suites.bench import Bench, Trial
from suites.judgement import Evidence, Judgement, Outcome

EXPECTED = "an answer of success (2xx), since the request keeps every clause"


@asks("*/operation", kind="operation")
def test_conforming(ask: Ask) -> None:
    """Requests of the packed sample and random ones, all of which keep every clause, are accepted."""
    bench, control = ask.bench, ask.bench.control
    for trial in bench.sample:
        if not trial.exchange.accepted and blamed(bench, trial) is None:
            ask.judged(judged(ask, trial.exchange, control, "no single value of it is refused by itself"))
    if bench.random.wrong and not bench.culprits:
        ask.judged(judged(ask, bench.random.wrong, control, "it was drawn at random and made as small as it gets"))
    count = len(bench.sample) + len(bench.random.sent)
    evidence = (Evidence("sent", control),)
    ask.judged(Judgement(ask.clause, Side.SHOWS, Outcome.UPHELD, "", EXPECTED, control.outcome, count, evidence))


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
    if clause.id in bench.culprits:
        ask.judged(judged(ask, bench.culprits[clause.id], control, "a value was drawn at random, and sent alone"))
    for trial, mark in marked:
        if trial.exchange.accepted:
            continue
        alone = bench.isolated(trial, mark)
        if alone is None:
            ask.undetermined("it was refused in company, and could not be sent alone", trial.exchange)
        if not alone.accepted:
            place = "/".join(map(str, mark.path[1:]))
            ask.judged(judged(ask, alone, control, f"it differs from the control in `{place}` alone"))
    ask.accepts(marked[0][0].exchange if marked[0][0].exchange.accepted else control)


def example(ask: Ask) -> None:
    """The page's own example, when the target's fields take it."""
    request = ask.bench.plain.replaced(("body",), ask.clause.schema["value"])
    fields = request_schema(ask.bench.contract, ask.bench.tenant)["properties"]["body"]
    if not Draft202012Validator(fields).is_valid(request.body):
        ask.unexercised("the target's fields do not take the values of the page's example")
    ask.accepts(ask.send(request), ask.bench.control)


def blamed(bench: Bench, trial: Trial) -> str | None:
    """The clause whose edge is refused alone, out of a packed request that was refused."""
    for mark in trial.edge.marks:
        alone = bench.isolated(trial, mark)
        if alone is not None and not alone.accepted:
            return mark.clause
    return None


def judged(ask: Ask, exchange: Exchange, control: Exchange, reason: str) -> Judgement:
    """Not accepted although it conforms: broken, unless there was no answer to judge."""
    outcome = Outcome.UNDETERMINED if exchange.unanswered else Outcome.BROKEN
    evidence = (Evidence("sent", exchange), Evidence("control", control))
    return Judgement(ask.clause, ask.side, outcome, reason, EXPECTED, exchange.outcome, 2, evidence)


def missing(ask: Ask) -> str:
    """Why no request of the sample is at an edge of the clause."""
    if ask.bench.too_costly(ask.clause):
        return ask.bench.too_costly(ask.clause)
    place = "/".join(ask.clause.place[1:])
    for tenant_place in tenant_places(ask.bench.contract):
        if place.startswith(tenant_place):
            return f'needs values of `{tenant_place}` in the target (tenant."{tenant_place}")'
    return "no request of the sample has it"
