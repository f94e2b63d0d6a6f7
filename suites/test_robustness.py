"""What would our own strategies not think of? Schemathesis draws requests from the exported contract."""

from __future__ import annotations

import copy

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import content_type_conformance

from contracts.model import Side
from endpoints.exchange import Exchange
from strategies import Request
from strategies.tenant import request_schema
from suites.asking import Ask, asks
from suites.judgement import Evidence, Judgement, Outcome


@asks("*/robustness/server-error", kind="robustness")
def test_robustness(ask: Ask) -> None:
    """Whatever Schemathesis draws, the endpoint neither fails nor answers in an undocumented media type."""
    _ = ask.bench.control
    sent: list[Exchange] = []
    failures: list[tuple[str, Exchange]] = []

    @settings(
        max_examples=ask.bench.profile.robustness, database=None, derandomize=True, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation(ask).as_strategy())
    def draw(case: schemathesis.Case) -> None:
        body = None if isinstance(case.body, schemathesis.core.NotSet) else case.body
        query = {name: str(value) for name, value in (case.query or {}).items()}
        exchange = ask.session.create(Request(body, query))
        sent.append(exchange)
        if exchange.status is not None:
            try:
                case.validate_response(response(exchange), checks=[not_a_server_error, content_type_conformance])
            except FailureGroup as group:
                failures.extend((type(failure).__name__, exchange) for failure in group.exceptions)

    draw()
    for name, exchange in failures:
        if name != "ServerError":
            note_media_type(ask, exchange)
    errors = [exchange for name, exchange in failures if name == "ServerError"]
    shown = (errors or sent)[0]
    outcome = Outcome.BROKEN if errors else Outcome.UPHELD
    evidence = (Evidence("sent", shown),)
    ask.judged(
        Judgement(ask.clause, ask.side, outcome, "", "no 5xx status", shown.outcome, len(sent), evidence)
    )  # fmt: skip


def operation(ask: Ask) -> schemathesis.schemas.APIOperation:
    """The contract's operation for Schemathesis, with the target's fields in its body."""
    contract = ask.bench.contract
    exported = copy.deepcopy(dict(contract.openapi))
    content = exported["paths"][contract.path]["post"]["requestBody"]["content"][contract.media_type]
    content["schema"] = request_schema(contract, ask.bench.tenant)["properties"]["body"]
    return schemathesis.openapi.from_dict(exported)[contract.path]["POST"]


def response(exchange: Exchange) -> Response:
    """An exchange as Schemathesis' checks take it."""
    assert exchange.status is not None
    headers = {name: [value] for name, value in exchange.answer_headers.items()}
    prepared = requests.Request(exchange.method, exchange.url).prepare()
    return Response(exchange.status, headers, exchange.answer.encode(), prepared, exchange.seconds, verify=True)


def note_media_type(ask: Ask, exchange: Exchange) -> None:
    """An answer in an undocumented media type breaks the clause that names the documented one."""
    exact, success = str(exchange.status), f"{ask.bench.contract.name}/2XX/content-type"
    clause_id = f"{ask.bench.contract.name}/{exact}/content-type"
    known = ask.bench.contract.clauses
    ask.also(
        clause_id if clause_id in known else success,
        side=Side.SHOWS,
        outcome=Outcome.BROKEN,
        expected="the documented media type",
        actual=f"the media type {exchange.media_type or '(none)'}",
        exchanges=1,
        evidence=(Evidence("sent", exchange),),
    )
