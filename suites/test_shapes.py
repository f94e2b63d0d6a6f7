"""Do answers look as the page says? Judged over the exchanges that the other questions made anyway."""

from endpoints.endpoint import USUAL
from suites.asking import Ask, asks
from suites.shapes import judge_shape


@asks(kind="response")
def test_shape(ask: Ask) -> None:
    """Every answer of the documented status keeps the clause."""
    bench, clause = ask.bench, ask.clause
    situation = ask.situation() if clause.needs else USUAL
    exchanges = bench.answers(clause.status, clause.needs)
    if exchanges:
        ask.let_in(exchanges[0], situation)
    documented = [e for e in exchanges if bench.contract.described(e.status) == clause.status]
    other = next((e.status for e in exchanges if bench.contract.described(e.status)), None)
    if exchanges and not documented and bench.contract.file and other:
        ask.unexercised(f"no {clause.status} answer came, but {other}, which is documented too")
    if exchanges and not documented:
        ask.undetermined(f"no {clause.status} answer came, but {exchanges[0].outcome}", exchanges[0])
    ask.judged(judge_shape(clause, documented, bench.contract, bench.tally.count))
