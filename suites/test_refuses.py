"""Does the endpoint refuse what the page rules out? Each clause is broken alone, beside a twin that keeps it."""

from contracts.model import Kind, Side
from contracts.sentences import types_phrase
from strategies.errors import StrategyError
from suites.asking import Ask, asks
from suites.bench import Bench
from suites.judgement import Evidence, Judgement, Outcome

OTHER_MEDIA_TYPE = "a body in another media type"


@asks(kind="request", side=Side.REFUSES)
@asks(kind="unknown")
def test_refuses(ask: Ask) -> None:
    """A request that breaks the clause and nothing else is refused, and its twin was accepted.

    What nobody has may be refused for want of rights, too: whether it is there is then nobody's business. A body in
    another media type is taken by many endpoints, and no document says that it must not be: it is noted, no accusation.
    """
    bench, clause, unknown = ask.bench, ask.clause, ask.clause.kind is Kind.UNKNOWN
    if bench.too_costly(clause):
        ask.unexercised(bench.too_costly(clause))
    try:
        refusals = bench.refusals(clause)
    except StrategyError as error:
        takes = f"what `{'.'.join(clause.place[1:])}` takes in the target"
        needs = f"needs {takes}: an enum of several values, numbers or a format, and not any text"
        ask.unexercised(needs if unknown else error.message)
    pairs = [(exchange, refusal.twin) for refusal in refusals for exchange in refusal.sent]
    broken = [(refusal.wrong, refusal.twin) for refusal in refusals if refusal.wrong]
    unclear = [(exchange, twin) for exchange, twin in pairs if not (exchange.denied if unknown else exchange.refused)]
    shown, twin = (broken or unclear or pairs)[0]
    if clause.keyword == "content-type":
        ask.note(OTHER_MEDIA_TYPE, shown)
        if broken:
            sent = shown.request.headers["Content-Type"]
            ask.undetermined(f"{sent} was taken too, as by many endpoints; it is noted as an observation", shown)
    outcome = Outcome.BROKEN if broken else Outcome.UNDETERMINED if unclear else Outcome.UPHELD
    undetermined = f"neither accepted nor refused: {shown.hollow or shown.outcome}"
    reason = undetermined if outcome is Outcome.UNDETERMINED else ""
    evidence = (Evidence("sent", shown), Evidence("twin", twin))
    expected = "a refusal (4xx)" if unknown else expectation(bench)
    count = sum(refusal.count for refusal in refusals)
    found = (outcome, reason, expected, shown.outcome, count, evidence)
    ask.judged(Judgement(clause, ask.side, *found))


def expectation(bench: Bench) -> str:
    """What the page says about refusals of a body."""
    response = bench.contract.operation.get("responses", {}).get("400")
    if response is None or bench.contract.file is not None:
        return "a refusal (4xx)"
    schema = next(iter(response["content"].values()))["schema"]
    members = (f"`{name}` is {types_phrase(child['type'])}" for name, child in schema.get("properties", {}).items())
    return f"400, {types_phrase(schema['type'])}{' whose ' if 'properties' in schema else ''}{' and '.join(members)}"
