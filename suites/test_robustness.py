"""What would our own strategies not think of? Schemathesis draws requests from the exported contract."""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING, Any

import requests

from contracts.export import exported
from contracts.model import Clause, Side
from endpoints.exchange import Exchange
from endpoints.flight import Errand, in_flight
from endpoints.records import Use
from strategies import ABSENT, Request
from strategies.tenant import request_schema
from suites.asking import Ask, asks
from suites.bench import Bench
from suites.drawing import drawn
from suites.judgement import Evidence, Outcome
from suites.shapes import judge_shape

if TYPE_CHECKING:
    from schemathesis.core.transport import Response
    from schemathesis.schemas import APIOperation


@asks("*/robustness/server-error", kind="robustness")
def test_robustness(ask: Ask) -> None:
    """Neither what the other questions sent nor what Schemathesis draws makes the endpoint fail."""
    if not ask.bench.crash:
        _ = ask.bench.control
        for exchange in odd_answers(ask) if ask.bench.profile.robustness else []:
            clause = media_type_clause(ask.bench, exchange)
            if clause:
                ask.also(clause, Side.SHOWS, partial(media_type, exchange))
    crash = ask.bench.crash
    shown = crash or ask.bench.control
    outcome = Outcome.BROKEN if crash else Outcome.UPHELD
    evidence = (Evidence("sent", shown),)
    ask.ends(outcome, "", evidence, expected="no 5xx status", actual=shown.outcome, count=ask.session.requests)


def odd_answers(ask: Ask) -> list[Exchange]:
    """Send what Schemathesis draws; the answers whose media type its own check does not find documented."""
    import schemathesis  # takes long to import, so only where it is used
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.failures import FailureGroup
    from schemathesis.specs.openapi.checks import content_type_conformance

    undocumented, errands = list[Exchange](), list[Errand]()
    bench = ask.bench
    made_from = (repr(bench.tenant.schemas), "robustness", bool(bench.session.records))
    for case in drawn(bench.contract, made_from, operation(bench).as_strategy(), bench.profile.robustness):
        body = ABSENT if isinstance(case.body, schemathesis.core.NotSet) else case.body
        request = Request(body, dict(case.query or {}), path=dict(case.path_parameters or {}))
        errands.append(Errand(request, about=case))
    with ask.session.making(Use.SPARE), in_flight(ask.session, errands) as found:
        for errand, exchange in found:
            if exchange.status is None:
                continue
            try:
                errand.about.validate_response(
                    response(exchange), checks=[not_a_server_error, content_type_conformance]
                )
            except FailureGroup as group:
                if exchange.status < 500 and group.exceptions:
                    undocumented.append(exchange)
    return undocumented


def operation(bench: Bench) -> APIOperation[Any, Any, Any, Any]:
    """The contract's operation for Schemathesis, with the target's fields in its body."""
    import schemathesis

    contract = bench.contract
    method = contract.method
    plain = exported(contract) if contract.file else copy.deepcopy(dict(contract.openapi))
    if contract.file is None:
        content = plain["paths"][contract.path][method.lower()]["requestBody"]["content"][contract.media_type]
        schema = request_schema(contract, bench.tenant)["properties"]["body"]
        content["schema"] = closed(schema) if bench.session.records else schema  # what is made is to show what was sent
    return schemathesis.openapi.from_dict(plain)[contract.path][method]


def closed(node: Any) -> Any:
    """A schema whose objects have no other attributes than those that it names."""
    if isinstance(node, list):
        return [closed(member) for member in node]
    if not isinstance(node, dict):
        return node
    inner = {name: closed(child) for name, child in node.items()}
    return {"additionalProperties": False, **inner} if isinstance(node.get("properties"), dict) else inner


def response(exchange: Exchange) -> Response:
    """An exchange as Schemathesis' checks take it."""
    from schemathesis.core.transport import Response

    assert exchange.status is not None
    headers = {name: [value] for name, value in exchange.answer_headers.items()}
    prepared = requests.Request(exchange.method, exchange.url).prepare()
    return Response(exchange.status, headers, exchange.answer.encode(), prepared, exchange.seconds, verify=True)


def media_type_clause(bench: Bench, exchange: Exchange) -> Clause | None:
    """The clause that names the documented media type of such an answer, if there is one."""
    ids = (
        f"{bench.contract.name}/{status}/content-type" for status in (exchange.status, f"{exchange.status}"[0] + "XX")
    )
    return next((bench.contract.clauses[name] for name in ids if name in bench.contract.clauses), None)


def media_type(exchange: Exchange, ask: Ask) -> None:
    """An answer to what Schemathesis drew comes in the documented media type."""
    ask.judged(judge_shape(ask.clause, [ask.bench.fresh(exchange)], ask.bench.contract))
