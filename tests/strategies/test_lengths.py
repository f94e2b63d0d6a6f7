"""Texts that have a pattern and bounds of their length: kept and broken at each bound, and fresh at it too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from contracts.contract import Contract, open_contracts
from strategies import Request, breaking_variants, conforming_requests, edge_requests
from strategies.errors import StrategyError
from strategies.unique import fresh_value
from strategies.validity import judge, keeps
from tests.strategies.test_any_schema import QUICK

BOUNDS: dict[str, dict[str, Any]] = {
    "slug": {"pattern": r"^[a-z0-9]+(-[a-z0-9]+)*$", "minLength": 3, "maxLength": 40},
    "free": {"pattern": r"^\S", "minLength": 2, "maxLength": 100},
    "hex": {"pattern": r"^[0-9a-f]*$", "minLength": 32, "maxLength": 64},
}
FIXED = {"pattern": r"^[A-Z]{3}-\d{4}$", "minLength": 8, "maxLength": 8}


def adding(folder: Path, **fields: Any) -> Contract:
    schema = {"type": "object", "required": [*fields], "properties": fields}
    post = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {},
        "operationId": "add",
    }
    text = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/things": {"post": post}}}
    (folder / "api.json").write_text(json.dumps(text), encoding="utf-8")
    return open_contracts(folder / "api.json")[0]


@pytest.mark.parametrize("name", BOUNDS)
def test_each_bound_is_met_and_broken_beside_a_pattern(name: str, tmp_path: Path) -> None:
    schema = {"type": "string", **BOUNDS[name]}
    contract = adding(tmp_path, **{name: schema})
    edges = [edge.value for edge in edge_requests(contract)]
    lengths = {len(request.body[name]) for request in edges}
    assert {schema["minLength"], schema["maxLength"]} <= lengths
    for keyword in ("minLength", "maxLength"):
        clause = contract.clauses[f"api.add/request/{name}/{keyword}"]
        broken = [len(request.body[name]) for request in drawn(contract, clause.id)]
        nearest = schema[keyword] + (1 if keyword == "maxLength" else -1)
        assert nearest in broken
        wrong = {str(error.validator) for one in drawn(contract, clause.id) for error in errors(contract, one)}
        assert wrong == {keyword}

    @QUICK
    @given(conforming_requests(contract))
    def check(request: Request) -> None:
        assert keeps(schema, request.body[name])

    check()


def drawn(contract: Contract, clause: str) -> list[Request]:
    found = list[Request]()
    bases = [edge.value for edge in edge_requests(contract)]
    for _, values in breaking_variants(contract, contract.clauses[clause], bases=bases):
        QUICK(given(values)(lambda request: found.append(request)))()  # noqa: PLW0108 - Hypothesis wants a function
    return found


def errors(contract: Contract, request: Request) -> list[Any]:
    return list(judge(contract.request_schema).iter_errors(request.parts))


@pytest.mark.parametrize("keyword", ["minLength", "maxLength"])
def test_a_length_that_the_pattern_says_too_cannot_be_broken_alone(keyword: str, tmp_path: Path) -> None:
    contract = adding(tmp_path, code={"type": "string", **FIXED})
    marked = {mark.clause for edge in edge_requests(contract) for mark in edge.marks}
    assert f"api.add/request/code/{keyword}" in marked
    with pytest.raises(StrategyError, match="it cannot be broken alone"):
        drawn(contract, f"api.add/request/code/{keyword}")


@pytest.mark.parametrize("schema", [*BOUNDS.values(), FIXED])
def test_a_fresh_value_at_a_bound_is_as_long(schema: dict[str, Any], tmp_path: Path) -> None:
    schema = {"type": "string", **schema}
    for edge in edge_requests(adding(tmp_path, code=schema)):
        value = edge.value.body["code"]
        if len(value) in {schema["minLength"], schema["maxLength"]}:
            fresh = [fresh_value(schema, value) for _ in range(20)]
            assert {len(one) for one in fresh} == {len(value)}
            assert all(keeps(schema, one) for one in fresh)
            assert len(set(fresh)) > (15 if len(value) > 2 else 5)
