"""Every keyword that an OpenAPI file may use: what keeps it, and what breaks it alone; `jsonschema` is the judge."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from contracts.contract import Contract, load_contracts, open_contracts
from contracts.dialect import CHECKED
from contracts.model import Clause, Kind, Side
from contracts.patterns import why_not
from strategies import ABSENT, Request, breaking_variants, conforming_requests, edge_requests
from strategies.conforming import FORMATS
from strategies.errors import StrategyError
from strategies.request import told_apart
from strategies.validity import judge, keeps
from strategies.wire import written

FILES = [Path(__file__).parents[1] / "contracts" / name for name in ("everything.yaml", "unusual.yaml")]
SHOP = {contract.name.partition(".")[2]: contract for file in FILES for contract in open_contracts(file)}
SENT = [contract for contract in SHOP.values() if not any(gap.whole for gap in contract.gaps)]
BREAKABLE = [
    clause
    for contract in SENT
    for clause in contract.clauses.values()
    if clause.kind is Kind.REQUEST and Side.REFUSES in clause.sides
]
UNBREAKABLE = {"everything.goods-create/request/query/tags/minItems"}  # an empty list is none in a query
QUICK = settings(
    max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("contract", SENT, ids=lambda contract: contract.name)
def test_conforming_requests_keep_everything(contract: Contract) -> None:
    edges = [edge.value for edge in edge_requests(contract)]
    assert all(keeps(contract.request_schema, request.parts) for request in edges)

    @settings(QUICK, max_examples=100)
    @given(conforming_requests(contract))
    def check(request: Request) -> None:
        assert [error.message for error in judge(contract.request_schema).iter_errors(request.parts)] == []
        written(contract, request)

    check()


@pytest.mark.parametrize("contract", SENT, ids=lambda contract: contract.name)
def test_edges_meet_every_clause(contract: Contract) -> None:
    met = {mark.clause for edge in edge_requests(contract) for mark in edge.marks}
    kept = {
        clause.id
        for clause in contract.clauses.values()
        if clause.kind is Kind.REQUEST and clause.keyword not in {"required", "content-type", "example"}
    }
    assert kept - met <= {"everything.goods-create/request/shipping/address/optional"}  # only the plainest way is bare


@pytest.mark.parametrize("clause", BREAKABLE, ids=[clause.id for clause in BREAKABLE])
def test_a_breaking_request_breaks_its_clause_alone(clause: Clause) -> None:
    contract = SHOP[clause.contract.partition(".")[2]]
    bases = [edge.value for edge in edge_requests(contract)]
    if clause.id in UNBREAKABLE:
        with pytest.raises(StrategyError, match="cannot be broken alone"):
            breaking_variants(contract, clause, bases=bases)
        return
    for twin, broken in breaking_variants(contract, clause, bases=bases):
        assert keeps(contract.request_schema, twin.parts)

        @QUICK
        @given(broken)
        def check(request: Request) -> None:
            assert request.breaks == clause.id
            if clause.keyword == "content-type":
                assert request.headers["Content-Type"] not in clause.schema["enum"]
                return
            errors = list(
                Draft202012Validator(contract.request_schema, format_checker=FORMATS_).iter_errors(request.parts)
            )
            assert errors, "it is no break"
            assert all(relates(clause, error) for error in errors), [error.message for error in errors]

        check()


FORMATS_ = judge({}).format_checker


def relates(clause: Clause, error: Any) -> bool:
    """Whether an error is about the clause's own value, or one of the alternatives around it."""
    place = [step for step in clause.place if step != "*"]
    told = [str(step) for step in error.absolute_path if not isinstance(step, int)]
    if error.validator == "unevaluatedProperties" and clause.keyword != error.validator:
        return "('clausewise" not in error.message  # what is named where something is broken, and nothing new
    if clause.keyword == "required":
        return place[:-1] == told and (clause.place[-1] in error.message or error.validator in {"anyOf", "oneOf"})
    inside = told[: len(place)] == place or place[: len(told)] == told
    allowed = {clause.keyword, "anyOf", "oneOf", "minimum", "maximum", "enum", "const", "type", "pattern", "minItems"}
    return inside and error.validator in allowed


@pytest.mark.parametrize("name", sorted(CHECKED))
def test_every_format_can_be_drawn_and_is_judged(name: str) -> None:
    plain, drawn = FORMATS[name]
    assert keeps({"format": name}, plain)
    assert not keeps({"format": name}, "[clausewise! é\n"), "nothing breaks it"

    @QUICK
    @given(drawn)
    def check(text: str) -> None:
        assert keeps({"format": name}, text)

    check()


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"^(a+)+$", "without end"), (r"(x+x+)+y", "without end"), (r"^(.*)*$", "without end"),
        (r"(a|aa)+$", "without end"),
        (r"(\w+\s?)*", "without end"), (r"\p{L}+", "none that Python reads"), ("[", "none that Python reads"),
        (r"^[a-z0-9]+(?:-[a-z0-9]+)*$", ""), (r"^(foo|bar)*$", ""), (r"(?:[^/]+/)*", ""), (r"^\d{3}-\d{4}$", ""),
    ],
)  # fmt: skip
def test_patterns_of_strangers_do_not_hang(pattern: str, told: str) -> None:
    assert (told in why_not(pattern)) if told else why_not(pattern) == ""
    if not told:
        start = time.process_time()
        re.search(pattern, "a-" * 30 + "!")
        assert time.process_time() - start < 1


def test_a_request_on_the_wire() -> None:
    query = {"dry": True, "tags": ["a", "b"], "ids": [1, 2], "filter": {"from": 1, "to": 2}}
    request = Request({"name": "é"}, query, {"X-Trace": "0a0a0a0a"}, path={"kind": "tool"}, cookies={"theme": "dark"})
    wire = written(SHOP["goods-create"], request)
    assert wire.path == {"kind": "tool"}
    assert wire.query == (
        ("dry", "true"), ("tags", "a"), ("tags", "b"), ("ids", "1,2"), ("filter[from]", "1"), ("filter[to]", "2"),
    )  # fmt: skip
    assert wire.headers == {"X-Trace": "0a0a0a0a", "Cookie": "theme=dark"}
    assert (wire.content, wire.media_type) == ('{"name":"é"}'.encode(), "application/vnd.shop+json")


def test_forms_and_files_on_the_wire() -> None:
    form = written(SHOP["post--forms"], Request({"name": "a b&c", "colours": ["red", "green"], "count": 3}))
    assert form.content == b"name=a%20b%26c&colours=red&colours=green&count=3"
    file = written(SHOP["upload"], Request({"file": "some bytes", "note": "n"}))
    head, _, boundary = file.media_type.partition("; boundary=")
    assert head == "multipart/form-data"
    assert file.content.count(f"--{boundary}".encode()) == 3
    assert b'name="file"; filename="clausewise.txt"\r\nContent-Type: text/plain\r\n\r\nsome bytes\r\n' in file.content
    assert b'name="note"\r\n\r\nn\r\n' in file.content
    assert written(SHOP["post--forms"], Request()).content == b""


def test_what_is_not_there_is_not_sent() -> None:
    edges = [edge.value for edge in edge_requests(SHOP["post--forms"])]
    assert any(request.body is ABSENT for request in edges), "the body may be left out"
    assert "body" not in Request().parts


def described(folder: Path, schema: dict[str, Any]) -> Contract:
    """An operation with a body of this schema."""
    body = {"content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "do", "requestBody": body, "responses": {"200": {"description": "ok"}}}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/it": {"post": operation}}}
    (folder / "it.json").write_text(json.dumps(document), encoding="utf-8")
    (contract,) = load_contracts((str(folder / "it.json"),))
    return contract


@pytest.mark.parametrize("fewest", [0, 1, 2])
def test_each_optional_attribute_is_left_out_though_some_must_be_there(tmp_path: Path, fewest: int) -> None:
    names = {name: {"type": "integer"} for name in ("a", "b", "c", "d", "must")}
    schema = {"type": "object", "minProperties": fewest + 1, "required": ["must"], "properties": names}
    edges = edge_requests(described(tmp_path, schema))
    bodies = [edge.value.body for edge in edges if isinstance(edge.value.body, dict)]
    assert all(len(body) > fewest for body in bodies)
    marked = {m.clause.removeprefix("it.do/request/") for edge in edges for m in edge.marks}
    assert {f"{name}/optional" for name in "abcd"} <= marked
    assert all(any(name not in body for body in bodies) for name in "abcd")


@pytest.mark.parametrize("member", ["text", 7, {"a": "b", "c": 1}, [{"a": 1}]])
def test_members_are_told_apart(member: Any) -> None:
    made = [told_apart(member, number) for number in range(1, 30)]
    assert all(one not in made[:n] and one != member for n, one in enumerate(made))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "maxLength": 10**9},
        {"type": "array", "maxItems": 10**8, "items": {"type": "integer"}},
        {"type": "object", "maxProperties": 10**8, "additionalProperties": {"type": "integer"}},
    ],
)
def test_no_request_is_made_that_takes_all_memory(tmp_path: Path, schema: dict[str, Any]) -> None:
    contract = described(tmp_path, {"type": "object", "properties": {"a": schema}})
    (clause,) = (one for one in contract.clauses.values() if one.keyword.startswith("max"))
    bases = [edge.value for edge in edge_requests(contract)]
    with pytest.raises(StrategyError, match="would break it, and at most 1,000,000 are sent"):
        breaking_variants(contract, clause, bases=bases)


def test_each_edge_of_a_member_is_in_some_list_and_of_a_number_its_type(tmp_path: Path) -> None:
    """A list of two holds one of three kinds of block, which may hold others; what allOf requires is not optional."""
    kinds: list[dict[str, Any]] = [
        {"type": "object", "required": ["kind"], "properties": {"kind": {"const": name}}} for name in ("text", "image")
    ]
    quote = {"kind": {"const": "quote"}, "within": {"type": "array", "items": {"$ref": "#/components/schemas/block"}}}
    kinds += [{"type": "object", "required": ["kind", "within"], "properties": quote}]
    named = {
        "blocks": {"type": "array", "maxItems": 2, "items": {"$ref": "#/components/schemas/block"}},
        "stars": {"type": "integer", "minimum": 1, "maximum": 5},
    }
    body = {"allOf": [{"type": "object", "properties": named}, {"type": "object", "required": ["stars"]}]}
    operation = {
        "operationId": "a",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"201": {"description": "made"}},
    }
    schemas = {"components": {"schemas": {"block": {"oneOf": kinds}}}, "paths": {"/a": {"post": operation}}}
    about = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, **schemas}
    (tmp_path / "api.json").write_text(json.dumps(about), encoding="utf-8")
    (contract,) = open_contracts(tmp_path / "api.json")
    edges = edge_requests(contract)
    blocks = [block["kind"] for edge in edges for block in edge.value.body.get("blocks", ())]
    assert set(blocks) == {"text", "image", "quote"}
    assert "api.a/request/stars/type" in {mark.clause for edge in edges for mark in edge.marks}
    assert "api.a/request/stars/optional" not in contract.clauses
    maximum = contract.clauses["api.a/request/blocks/maxItems"]
    assert list(breaking_variants(contract, maximum, bases=[edge.value for edge in edges]))
