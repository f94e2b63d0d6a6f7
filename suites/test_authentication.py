"""Does each documented way to authenticate work? Its bearer is let in, and nobody else is."""

from contracts.clauses import NONE
from contracts.model import Kind
from endpoints.exchange import Exchange
from suites.asking import Ask, asks


@asks(kind="authentication")
def test_authentication(ask: Ask) -> None:
    """The plain request is accepted with these credentials; with ones that nobody has, or with none, it is refused."""
    bench, scheme, known = ask.bench, ask.clause.keyword, ask.session.endpoint.authentication
    if scheme not in known and not (scheme == NONE and known):
        ask.unexercised(f"needs [authentication.{'…' if scheme == NONE else scheme}] in the target")
    usual = scheme in {NONE, next(iter(known))}
    own = bench.control if usual else ask.send(bench.plain, scheme=scheme)
    if own.status in {401, 403}:
        ask.undetermined(f"these credentials are not good, or have expired: {own.outcome}", own, bench.control)
    if not own.accepted:
        ask.accepts(own, bench.control)
    wrong = max(strangers(ask, scheme, usual=usual), key=lambda one: (one.accepted, not one.denied))
    ask.refused(wrong, own, "a refusal, since nobody has these credentials (usually 401)")


def strangers(ask: Ask, scheme: str, *, usual: bool) -> list[Exchange]:
    """What those are answered whom the clause is about: with wrong credentials, and without any."""
    bench, contract = ask.bench, ask.bench.contract
    if not usual:
        return bench.as_strangers(scheme)
    if scheme != NONE:
        return [*bench.as_strangers(scheme), *([bench.anonymous] if "401" in contract.statuses() else [])]
    named = sum(clause.kind is Kind.AUTHENTICATION for clause in contract.clauses.values()) > 1
    return [bench.anonymous, *([] if named else [bench.unauthenticated])]
