"""What does the endpoint do where the page is silent? Noted as observations, never judged."""

from strategies.request import value_at
from suites.asking import Ask, asks

UNKNOWN = "clausewise_unknown"


@asks("*/operation", kind="operation", draws="conforming")
def test_unknown_attribute(ask: Ask) -> None:
    """The plain request with an attribute more than the page names."""
    if not isinstance(ask.bench.plain.body, dict):
        ask.nothing_to_observe()
    exchange = ask.send(ask.bench.plain.replaced(("body", UNKNOWN), "Clausewise"))
    ask.observed("a request with an unknown attribute", exchange)


@asks("*/operation", kind="operation", draws="conforming")
def test_empty_list(ask: Ask) -> None:
    """The plain request with an empty list of records, where a request takes a list of them."""
    each = ask.bench.contract.created_each
    if not each or value_at(ask.bench.plain.body, (each,)) == []:
        ask.nothing_to_observe()
    ask.observed(f"a request whose `{each}` are empty", ask.send(ask.bench.plain.replaced(("body", each), [])))
