"""Does a method do what HTTP says of it (RFC 9110 section 9.2)? Noted only, since most files are silent about it."""

from endpoints.endpoint import Situation
from endpoints.exchange import NOT_JSON
from endpoints.records import as_id
from endpoints.things import check_own
from suites.asking import Ask, asks

_IDEMPOTENT = {"GET", "HEAD", "PUT", "DELETE"}


@asks("*/operation", kind="operation")
def test_effects(ask: Ask) -> None:
    """The plain request twice, of the same thing: what is safe, or idempotent, is answered as before."""
    bench, session, method = ask.bench, ask.session, ask.bench.contract.method
    if method not in _IDEMPOTENT or bench.contract.file is None or session.things is None:
        ask.nothing_to_observe()
    check_own(bench.contract, session.endpoint, Situation())
    known = session.things.values(bench.contract, session.endpoint, session.endpoint.path)
    same = Situation(path={name: as_id(value) for name, value in known.items() if "/" not in name})
    first, second = (ask.send(bench.plain, same, exact=True) for _ in range(2))
    alike = first.status == second.status and (first.json == second.json or first.json is NOT_JSON)
    saw = "the same answer again" if alike else f"{second.status} after {first.status}"
    if first.status == second.status and not alike:
        saw = "another answer of the same status"
    bench.observer.note(f"a {method} sent twice", saw)
    ask.nothing_to_observe()
