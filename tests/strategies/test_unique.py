"""Unique places: fresh values that keep what their place is looked at for, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts.contract import load_contract, open_contracts
from strategies import Request, Tenant, edge_requests
from strategies.request import ABSENT
from strategies.scalars import ASTRAL, ODD
from strategies.unique import Uniques, _named, fresh_value, schema_at
from strategies.validity import keeps
from tests.helpers import the_first

SPACE = load_contract("kaiten-create-space")
UNIQUE_TITLE = Tenant({"title": {"x-unique": True}})
HOSTS = {"type": "array", "minItems": 1, "items": {"type": "string", "format": "hostname"}, "x-unique": True}


def renewed(schema: dict[str, Any], value: Any) -> Any:
    return Uniques({("body", "a"): schema}).renewed(Request({"a": value}, breaks="x")).body["a"]


def test_what_breaks_stays_broken() -> None:
    for schema in ({"type": "string", "format": "date"}, {"type": "string", "pattern": "[A-Z]{8}"}):
        assert renewed(schema, "Clausewise").startswith("Clausewise")
        assert not keeps(schema, renewed(schema, "Clausewise"))
    assert renewed({"type": "string"}, 7) == 7


def test_what_is_too_long_is_fresh_and_as_long() -> None:
    """Its place may have to be unique where the endpoint takes it."""
    schema = {"type": "string", "maxLength": 40}
    one, other = (renewed(schema, "a" * 41) for _ in range(2))
    assert one != other
    assert len(one) == len(other) == 41


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "Clausewise"),
        ({"type": "string"}, ODD),
        ({"type": "string", "maxLength": 256}, "M" * 256),
        ({"type": "string", "maxLength": 256}, ASTRAL * 256),
        ({"type": "string", "minLength": 1}, "m"),
        ({"type": "string", "maxLength": 11}, "Clausewise"),
        ({"type": "string", "pattern": "[A-Z]{8}"}, "AAAAAAAA"),
        ({"type": "string", "format": "email"}, "clausewise@example.com"),
        ({"type": "integer", "minimum": 10, "maximum": 10**9}, 10),
        ({"type": "number"}, 0.5),
        (HOSTS, ["a.example", "a.example"]),
        ({"type": "object", "properties": {"code": {"type": "string"}}}, {"code": "x"}),
    ],
)
def test_a_fresh_value_is_valid_and_new(schema: dict[str, Any], value: Any) -> None:
    drawn = [fresh_value(schema, value) for _ in range(50)]
    assert all(Draft202012Validator(schema).is_valid(one) for one in drawn)
    assert len({repr(one) for one in [*drawn, value]}) > 45  # a single character may come twice
    assert all(type(one) is type(value) or schema["type"] == "number" for one in drawn)


@pytest.mark.parametrize("pattern", the_first(["^INV-[A-Z0-9-]+$", "^[a-z]+$", "^[A-Z]+$", "^x[0-9]*$"]))
def test_of_a_pattern_without_an_end_no_value_comes_twice(pattern: str) -> None:
    """What Hypothesis draws of it is short: of a few hundred, many would be refused as taken."""
    schema = {"type": "string", "pattern": pattern, "maxLength": 24}
    drawn = [fresh_value(schema, "INV-5") for _ in range(600)]
    assert len(set(drawn)) == 600
    assert all(keeps(schema, one) for one in drawn)


@pytest.mark.parametrize("value", [ODD, "M" * 256, ASTRAL * 256, "m"])
def test_what_a_text_is_looked_at_for_stays(value: str) -> None:
    fresh = fresh_value({"type": "string", "minLength": 1, "maxLength": 256}, value)
    assert len(fresh) == len(value) or 1 < len(value) < 256
    assert fresh[-1:].isspace() == value[-1:].isspace()
    assert (fresh[-1] > "\uffff") == (value[-1] > "\uffff")


@pytest.mark.parametrize("value", [None, True])
def test_what_says_nothing_is_left(value: Any) -> None:
    assert fresh_value({"type": ["string", "null", "boolean"]}, value) is value


def test_requests_differ_at_unique_places_alone() -> None:
    uniques = Uniques.of(SPACE, UNIQUE_TITLE)
    for edge in edge_requests(SPACE, tenant=UNIQUE_TITLE):
        once, twice = uniques.renewed(edge.value), uniques.renewed(edge.value)
        assert once.body["title"] != twice.body["title"]
        assert once.placed(("body", "title"), 0) == edge.value.placed(("body", "title"), 0)


@pytest.mark.parametrize("broken", [7.5, "", ["x"]])
def test_what_breaks_its_place_is_sent_as_it_is(broken: Any) -> None:
    uniques = Uniques.of(SPACE, Tenant({"title": {"type": "string", "x-unique": True}}))
    request = Request({"title": broken, "sort_order": 1}, breaks="some/clause")
    assert uniques.renewed(request) == request


def test_every_member_of_a_list_gets_its_own() -> None:
    contract = load_contract("kintone-add-records")
    field = {"type": "object", "properties": {"value": {"type": "string", "x-unique": True}}}
    tenant = Tenant({"app": {"enum": [1]}, "records/*": {"properties": {"Text": field}}})
    request = Uniques.of(contract, tenant).renewed(Request({"app": 1, "records": [{"Text": {"value": "same"}}] * 100}))
    assert len({record["Text"]["value"] for record in request.body["records"]}) == 100


def test_a_place_that_the_page_says_is_unique() -> None:
    contract = load_contract("zendesk-create-record")
    place = ("body", "custom_object_record", "name")
    uniques = Uniques.of(contract, Tenant({}), also=(place, ("body", "custom_object_record", "nothing")))
    assert list(uniques.places) == [place]


def test_schemas_are_found_by_name_alone() -> None:
    assert schema_at({"type": "array", "items": {"properties": {"a": {"type": "null"}}}}, ("*", "a")) == {
        "type": "null"
    }
    assert schema_at({"additionalProperties": {"type": "string"}}, ("a",)) is None


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (("body", "a", "b"), 1, {"list": [{}, {"x": 0}], "a": {"b": 1}}),
        (("body", "list", "*", "x"), 1, {"list": [{"x": 1}, {"x": 1}]}),
        (("body", "list", "*", "x"), ABSENT, {"list": [{}, {}]}),
        (("body", "a", "b"), ABSENT, {"list": [{}, {"x": 0}]}),
        (("body", "list"), ABSENT, {}),
    ],
)
def test_a_value_is_placed_everywhere(place: tuple[str, ...], value: Any, expected: Any) -> None:
    request = Request({"list": [{}, {"x": 0}]})
    assert request.placed(place, value).body == expected
    assert request.body == {"list": [{}, {"x": 0}]}


def test_a_recursive_schema_has_an_end() -> None:
    tree: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string", "x-unique": True}}}
    tree["properties"] |= {"next": tree, "all": {"type": "array", "items": tree}}
    assert [place for place, _ in _named(tree, ("body",))] == [("body", "name")]


def test_texts_of_alternatives_are_fresh_where_all_say_the_same(tmp_path: Path) -> None:
    """`kind` tells the alternatives apart and `size` differs among them: they stay as they were."""
    base = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 20}, "kind": {"type": "string"}}}
    ways = [
        {"allOf": [base, {"properties": {"kind": {"const": kind}, "size": {"type": "string", "maxLength": most}}}]}
        for kind, most in (("cat", 5), ("dog", 9))
    ]
    body = {"required": True, "content": {"application/json": {"schema": {"oneOf": ways}}}}
    operation = {"operationId": "a", "requestBody": body, "responses": {"201": {"description": "made"}}}
    about = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/a": {"post": operation}}}
    (tmp_path / "api.json").write_text(json.dumps(about), encoding="utf-8")
    (contract,) = open_contracts(tmp_path / "api.json")
    assert set(Uniques.everywhere(contract, Tenant()).places) == {("body", "name")}


def test_the_key_of_a_request_is_fresh_in_each(tmp_path: Path) -> None:
    """As an endpoint wants it that answers 422 where a key comes again with another body."""
    plain, uuid = {"type": "string", "maxLength": 64}, {"type": "string", "format": "uuid"}
    named = {"Idempotency-Key": uuid, "X-Request-Id": plain, "X-Mode": {"enum": ["fast", "slow"]}}
    headers = [{"in": "header", "name": name, "schema": schema} for name, schema in named.items()]
    operation = {"operationId": "a", "parameters": headers, "responses": {"201": {"description": "made"}}}
    about = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/a": {"post": operation}}}
    (tmp_path / "api.json").write_text(json.dumps(about), encoding="utf-8")
    (contract,) = open_contracts(tmp_path / "api.json")
    uniques = Uniques.everywhere(contract, Tenant())
    request = max((edge.value for edge in edge_requests(contract)), key=lambda one: len(one.headers))
    sent = [uniques.renewed(request).headers for _ in range(5)]
    assert len({one["Idempotency-Key"] for one in sent}) == len({one["X-Request-Id"] for one in sent}) == 5
    assert {one["X-Mode"] for one in sent} == {request.headers["X-Mode"]}
    assert all(keeps(uuid, one["Idempotency-Key"]) for one in sent)


@pytest.mark.parametrize("schema", [{"format": "email"}, {"format": "uri"}, {"pattern": "^[a-z]{3}-[0-9]{4}$"}])
def test_no_value_comes_again_where_there_are_enough(schema: dict[str, Any]) -> None:
    made = [fresh_value({"type": "string", **schema}, "abc-1234") for _ in range(900)]
    assert len(set(made)) == 900


def test_what_has_an_end_ends_later_than_it_starts_in_whatever_requests(tmp_path: Path) -> None:
    named = {name: {"type": "string", "format": "date-time"} for name in ("ends_at", "starts_at")}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": named}}}}
    operation = {"operationId": "a", "requestBody": body, "responses": {"201": {"description": "made"}}}
    about = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/a": {"post": operation}}}
    (tmp_path / "api.json").write_text(json.dumps(about), encoding="utf-8")
    (contract,) = open_contracts(tmp_path / "api.json")
    uniques, same = Uniques.everywhere(contract, Tenant()), "2026-02-03T04:05:06Z"
    sent = [uniques.renewed(Request({"starts_at": same, "ends_at": same})).body for _ in range(20)]
    assert max(one["starts_at"][:10] for one in sent) < min(one["ends_at"][:10] for one in sent)
    assert all(keeps(named["ends_at"], one[name]) for one in sent for name in named)
    told = Uniques.everywhere(contract, Tenant({"starts_at": {"enum": [same]}}))
    assert told.renewed(Request({"starts_at": same})).body == {"starts_at": same}
