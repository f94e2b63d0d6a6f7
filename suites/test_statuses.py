"""Does each documented status come when the page says so? Each is provoked, beside a control that was accepted."""

from contracts.model import Kind
from endpoints.endpoint import USUAL
from endpoints.exchange import NOT_JSON, Exchange
from suites.asking import Ask, asks
from suites.judgement import Evidence, Outcome


@asks(kind="status")
def test_status(ask: Ask) -> None:
    """The documented status, and no other, answers what it is documented for."""
    bench, clause = ask.bench, ask.clause
    control = bench.control
    situation = ask.situation() if clause.needs else USUAL
    exchanges = bench.answers(clause.status, clause.needs)
    if not exchanges:
        ask.undetermined("nothing was refused, so no refusal's status was seen", control)
    ask.let_in(exchanges[0], situation)
    if clause.status == "401" and exchanges[0].accepted and authenticates(ask):
        ask.undetermined("wrong credentials were accepted, which another clause judges", exchanges[0])
    also = others(ask)
    right = [e for e in exchanges if str(e.status) == clause.status]
    wrong = [
        e for e in exchanges if e not in right and str(e.status) not in {*also, *of_addresses(ask, e), *of_media(e)}
    ]
    if not right and not wrong:
        came = ", ".join(dict.fromkeys(str(e.status) for e in exchanges))
        ask.unexercised(f"nothing was answered {clause.status}, but {came}, which may come instead")
    silent = [e for e in wrong if e.unanswered and not says_success(e)]  # a 5xx that repeats is an answer
    shown = (wrong or right)[0]
    evidence = (Evidence("sent", shown), *([Evidence("control", control)] if shown is not control else []))
    outcome = Outcome.UPHELD if not wrong else Outcome.UNDETERMINED if silent == wrong else Outcome.BROKEN
    reason = "" if outcome is not Outcome.UNDETERMINED else f"no answer to judge: {shown.outcome}"
    if outcome is Outcome.BROKEN and shown.crashed and shown.request.breaks:
        reason = f"a failure is no refusal, so it hides whether {shown.request.breaks} is kept"
    count = bench.tally.count(exchanges)
    ask.ends(outcome, reason, evidence, expected=clause.status, actual=shown.outcome, count=count)


def says_success(exchange: Exchange) -> bool:
    """Whether it is a success with another JSON value than the documented one, such as null: no documented refusal."""
    return exchange.succeeded and not exchange.repeated and not exchange.is_page and exchange.json is not NOT_JSON


def others(ask: Ask) -> set[str]:
    """The statuses that may come in place of the clause's own: others of success, or others of broken bodies."""
    contract, status = ask.bench.contract, ask.clause.status
    documented = {*contract.statuses(), *(one for one in ("400", "422") if contract.described(int(one)))}
    if ask.clause.needs or status == "401":
        return set()
    return {s for s in documented if s != status and (s[0] == status[0] == "2" or {s, status} <= {"400", "422"})}


def of_addresses(ask: Ask, exchange: Exchange) -> set[str]:
    """The statuses that may refuse what breaks the address: any that is documented, such as 404: it is nobody's."""
    contract, broken = ask.bench.contract, ask.bench.contract.clauses.get(exchange.request.breaks)
    described = broken and broken.place[:1] == ("path",) and contract.described(exchange.status)
    return {str(exchange.status)} if described else set()


def of_media(exchange: Exchange) -> set[str]:
    """415, where no body was sent, and no media type with it: that is refused, and not what is missing in the body."""
    return set() if exchange.request.content else {"415"}


def authenticates(ask: Ask) -> bool:
    """Whether the contract has a clause of its own that wrong credentials are refused."""
    return any(clause.kind is Kind.AUTHENTICATION for clause in ask.bench.contract.clauses.values())
