"""Does it stay so away from the edges? Random conforming requests, as many as the profile says."""

from itertools import cycle, islice

from contracts.model import Clause, Kind, Side
from endpoints.flight import Errand, in_flight
from endpoints.records import Use
from suites.asking import Ask, asks
from suites.isolation import Lone
from suites.judgement import Evidence, Outcome
from suites.shapes import judge_shape
from suites.test_accepts import EXPECTED, blame, judged

ENOUGH = 8  # on each of two nights, before a change from always to never is told from chance


@asks("*/operation", kind="operation", draws="conforming")
def test_variety(ask: Ask) -> None:
    """Random conforming requests are accepted, and answered as the page says."""
    bench = ask.bench
    for clause in bench.contract.clauses.values():
        if clause.kind is Kind.RESPONSE and clause.status.startswith("2"):
            ask.also(clause, Side.SHOWS, shape)
    random = bench.random
    if random.wrong is not None:
        culprits = accused(ask)
        for clause in culprits:
            ask.also(clause, Side.ACCEPTS, value)
        if not culprits and not explained(ask):
            blame(ask, random.wrong, "it was drawn at random and made as small as it gets")
    evidence = (Evidence("sent", bench.control),)
    ask.ends(Outcome.UPHELD, "", evidence, expected=EXPECTED, actual=bench.control.outcome, count=random.count)


@asks("*/operation", kind="operation")
def test_enough_answers(ask: Ask) -> None:
    """Accepted requests are sent once more, until enough answers were seen to tell drift from chance."""
    bench = ask.bench
    missing = max(ENOUGH - bench.observer.accepted, 0)
    again = (Errand(exchange.request) for exchange in islice(cycle(bench.accepted), missing))
    with bench.session.making(Use.SPARE), in_flight(bench.session, again) as found:
        _ = list(found)
    ask.nothing_to_observe()


def shape(ask: Ask) -> None:
    """The answers to random requests keep a response clause."""
    accepted = [exchange for exchange in ask.bench.random.sent if exchange.accepted]
    documented = [e for e in accepted if ask.bench.contract.described(e.status) == ask.clause.status]
    ask.judged(judge_shape(ask.clause, documented, ask.bench.contract, ask.bench.tally.count))


def accused(ask: Ask) -> list[Clause]:
    """The clauses whose values a random request shows to be refused, unless the sample has shown it of that place."""
    about = [clause for _, clause in refused_alone(ask) if clause.keyword in {"type", "enum"}]
    shown = shown_places(ask)
    return [clause for clause in dict.fromkeys(about) if clause.place not in shown]


def explained(ask: Ask) -> bool:
    """Whether the sample has shown already that some value of the random request is refused."""
    return any(clause.place in shown_places(ask) for _, clause in refused_alone(ask))


def refused_alone(ask: Ask) -> list[tuple[Lone, Clause]]:
    """The values of the random request that are refused by themselves too, each with the clauses about it."""
    bench, wrong = ask.bench, ask.bench.random.wrong
    lones = bench.isolation.refused_alone(wrong.request) if wrong else []
    return [(lone, clause) for lone in lones for clause in bench.isolation.clauses_at(lone.path)]


def shown_places(ask: Ask) -> set[tuple[str, ...]]:
    """The places at which an edge of the sample was refused by itself."""
    clauses = ask.bench.contract.clauses
    return {clauses[mark.clause].place for mark, _ in ask.bench.isolation.refused_edges}


def value(ask: Ask) -> None:
    """A value of the random request, sent alone in the plain one, is accepted."""
    for lone, clause in refused_alone(ask):
        if clause == ask.clause:
            ask.judged(
                judged(ask, lone.exchange, lone.host, f"it was drawn at random, and differs in {lone.difference}")
            )
    ask.accepts(ask.bench.control)
