"""Does the endpoint refuse what the page rules out? Each clause is broken alone, beside a twin that keeps it."""

from contracts.model import Side
from contracts.sentences import types_phrase
from strategies.errors import StrategyError
from suites.asking import Ask, asks
from suites.bench import Bench
from suites.judgement import Evidence, Judgement, Outcome


@asks(kind="request", side=Side.REFUSES)
def test_refuses(ask: Ask) -> None:
    """A request that breaks the clause and nothing else is refused, and its twin was accepted."""
    bench, clause = ask.bench, ask.clause
    if bench.too_costly(clause):
        ask.unexercised(bench.too_costly(clause))
    try:
        refusals = bench.refusals(clause)
    except StrategyError:
        ask.unexercised(f"no accepted request of the sample has `{'.'.join(clause.place[1:])}` to break")
    count = sum(len(refusal.sent) for refusal in refusals)
    expected = expectation(bench)
    for refusal in refusals:
        if refusal.wrong is not None:
            evidence = (Evidence("sent", refusal.wrong), Evidence("twin", refusal.twin))
            found = (Outcome.BROKEN, "", expected, refusal.wrong.outcome, count, evidence)
            ask.judged(Judgement(clause, ask.side, *found))
    for refusal in refusals:
        for exchange in refusal.sent:
            if not exchange.refused:
                reason = f"neither accepted nor refused: {exchange.hollow or exchange.outcome}"
                evidence = (Evidence("sent", exchange), Evidence("twin", refusal.twin))
                found = (Outcome.UNDETERMINED, reason, expected, exchange.outcome, count, evidence)
                ask.judged(Judgement(clause, ask.side, *found))
    shown = refusals[0]
    evidence = (Evidence("sent", shown.sent[0]), Evidence("twin", shown.twin))
    ask.judged(Judgement(clause, ask.side, Outcome.UPHELD, "", expected, shown.sent[0].outcome, count, evidence))


def expectation(bench: Bench) -> str:
    """What the page says about refusals of a body."""
    response = bench.contract.operation["responses"].get("400")
    if response is None:
        return "a refusal (4xx)"
    schema = next(iter(response["content"].values()))["schema"]
    members = (f"`{name}` is {types_phrase(child['type'])}" for name, child in schema.get("properties", {}).items())
    return f"400, {types_phrase(schema['type'])}{' whose ' if 'properties' in schema else ''}{' and '.join(members)}"
