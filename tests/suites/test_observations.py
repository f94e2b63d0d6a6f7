"""Observations: what an exchange shows beyond its document, as shapes and never as values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from contracts.contract import load_contract
from endpoints.exchange import Exchange
from strategies import Request
from suites.observations import Observer


def seen(contract: str, *exchanges: Exchange) -> set[tuple[str, str, str, int]]:
    observer = Observer(load_contract(contract))
    for exchange in exchanges:
        observer.see(exchange)
    return {(o["about"], o["place"], o["saw"], o["times"]) for o in observer.take()}


def answered(body: Any, status: int = 200, **headers: str) -> Exchange:
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Exchange(Request(), "POST", "", {}, "", status, {"content-type": "application/json", **named}, text)


def test_what_the_page_leaves_open() -> None:
    space = {"external_id": None, "created": "2026-11-22T10:00:00+01:00", "id": 2**53 + 1, "more": {"a": 1}}
    found = seen("kaiten-create-space", answered(space), answered(space))
    assert found == {
        ("media type", "200", "application/json", 2),
        ("type", "external_id", "null", 2),
        ("form", "created", "0000-00-00T00:00:00+00:00", 2),
        ("form", "id", "a number beyond 2**53", 2),
        ("undocumented attribute", "more", "object", 2),
    }


def test_undocumented_statuses_and_errors() -> None:
    found = seen("attio-create-record", answered({"code": "x", "message": "secret value"}, 422))
    assert found == {
        ("status of a request that is not accepted", "", "422", 1),
        ("media type", "422", "application/json", 1),
        ("body", "422", "an object with code, message", 1),
    }
    assert ("body", "400", "text", 1) in seen("attio-create-record", answered("Something is wrong.", 400))
    assert ("status of an accepted request", "", "201", 1) in seen("attio-create-record", answered({}, 201))


def test_documented_statuses_are_no_news() -> None:
    assert seen("kaiten-create-space", answered({"message": "no"}, 400)) == {
        ("media type", "400", "application/json", 1)
    }


def test_headers_that_matter() -> None:
    found = seen("kaiten-create-space", answered({}, 200, retry_after="7", x_ratelimit_limit="60", server="s"))
    assert {o for o in found if o[0] == "header"} == {
        ("header", "retry-after", "a number", 1),
        ("header", "x-ratelimit-limit", "a number", 1),
    }


def test_choices_of_a_query_parameter() -> None:
    summary = replace(
        answered({"id": "1", "condition": "active"}), request=Request(query={"response_profile": "summary"})
    )
    junk = replace(answered({"id": "1"}), request=Request(query={"response_profile": "made up"}))
    found = seen("kaiten-create-record", summary, junk)
    assert {o for o in found if o[0] == "attributes"} == {
        ("attributes", "response_profile summary", "condition, id", 1)
    }


def test_what_was_taken_is_not_told_again() -> None:
    observer = Observer(load_contract("kaiten-create-space"))
    observer.see(answered({}))
    assert observer.take()
    assert observer.take() == []
