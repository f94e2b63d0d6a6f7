"""Observations: what an exchange shows, as shapes and never as values; those beyond its document are silent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.contract import load_contract, open_contracts
from contracts.schema import as_path
from endpoints.exchange import Exchange
from reports.drift.causes import compare
from reports.drift.records import record_of
from strategies import Request
from suites.inference import form_of, outline_of, shape_of
from suites.observations import Observer
from tests.reports.making import verdicts

SPACE = "kaiten-create-space"
Seen = set[tuple[str, str, str, str, int]]


def taken(contract: str, *exchanges: Exchange) -> dict[str, Any]:
    observer = Observer(load_contract(contract))
    for exchange in exchanges:
        observer.see(exchange)
    return observer.take()


def seen(contract: str, *exchanges: Exchange, silent: bool = True) -> Seen:
    rows = taken(contract, *exchanges)["observations"]
    kept = [row for row in rows if row["silent"] or not silent]
    return {(r["status"], r["about"], r["place"], r["saw"], r["times"]) for r in kept if not r["situation"]}


def answered(body: Any, status: int = 200, **headers: str) -> Exchange:
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Exchange(Request(), "POST", "", {}, "", status, {"content-type": "application/json", **named}, text)


def test_what_the_page_leaves_open() -> None:
    space = {"external_id": None, "created": "2026-11-22T10:00:00+01:00", "id": 2**53 + 1, "more": {"a": 1}}
    found = seen(SPACE, answered(space), answered(space))
    assert found == {
        ("200", "type", "$.external_id", "null", 2),
        ("200", "form", "$.created", "0000-00-00T00:00:00+00:00", 2),
        ("200", "form", "$.id", "beyond 2**53", 2),
        ("200", "type", "$.more", "object", 2),
        ("200", "type", "$.more.a", "integer", 2),
    }


def test_what_a_file_describes_within_itself_or_not_at_all_is_observed_all_the_same(tmp_path: Path) -> None:
    tree = {"type": "object", "properties": {"under": {"type": "array", "items": {"$ref": "#/components/schemas/T"}}}}
    responses = {
        status: {"description": "", "content": {"application/json": content}}
        for status, content in {"200": {"schema": {"$ref": "#/components/schemas/T"}}, "201": {}}.items()
    }
    file = tmp_path / "api.json"
    paths = {"/trees": {"get": {"operationId": "trees", "responses": responses}}}
    file.write_text(json.dumps({"openapi": "3.1.0", "paths": paths, "components": {"schemas": {"T": tree}}}), "utf-8")
    open_contracts(file)
    found = seen("api.trees", answered({"under": [{"under": []}]}), answered({"id": 1}, 201), silent=False)
    assert {("200", "type", "$.under", "array", 1), ("201", "type", "$.id", "integer", 1)} <= found


def test_what_the_page_says_is_kept_too_for_drift() -> None:
    found = seen(SPACE, answered({"id": 1, "users": [{}, {"uid": "x"}]}), silent=False)
    assert {
        ("", "status", "", "200", 1),
        ("200", "media type", "", "application/json", 1),
        ("200", "type", "$", "object", 1),
        ("200", "type", "$.id", "integer", 1),
        ("200", "type", "$.users", "array", 1),
        ("200", "type", "$.users[*].uid", "string or missing", 1),
    } <= found


def test_undocumented_statuses_and_errors() -> None:
    found = seen("attio-create-record", answered({"code": "x", "message": "secret value"}, 422))
    assert found == {
        ("", "status", "", "422", 1),
        ("422", "media type", "", "application/json", 1),
        ("422", "type", "$", "object", 1),
        ("422", "type", "$.code", "string", 1),
        ("422", "type", "$.message", "string", 1),
    }
    assert ("400", "type", "$", "text", 1) in seen("attio-create-record", answered("Something is wrong.", 400))
    assert ("", "status", "", "201", 1) in seen("attio-create-record", answered({}, 201))


def test_documented_statuses_are_no_news() -> None:
    assert seen(SPACE, answered({"message": "no"}, 400)) == set()


def test_headers_that_matter() -> None:
    headers = {"retry_after": "7", "x_ratelimit_limit": "60", "deprecation": "@1688169599", "server": "s"}
    found = seen(SPACE, answered({}, 200, **headers))
    assert {o for o in found if o[1] == "header"} == {
        ("200", "header", "retry-after", "is sent", 1),
        ("200", "header", "x-ratelimit-limit", "is sent", 1),
        ("200", "header", "deprecation", "is sent", 1),
    }


def test_a_situation_and_a_choice_have_shapes_of_their_own() -> None:
    summary = replace(answered({"id": "1"}), request=Request(query={"response_profile": "summary"}))
    junk = replace(answered({"id": "1"}), request=Request(query={"response_profile": "made up"}))
    unknown = replace(answered("", 404), situation="unknown-directory")
    rows = taken("kaiten-create-record", summary, junk, unknown)["observations"]
    types = {(r["situation"], r["status"], r["place"], r["times"]) for r in rows if r["about"] == "type"}
    assert ("response_profile summary", "200", "$.id", 1) in types
    assert ("", "200", "$.id", 2) in types
    assert {r["situation"] for r in rows} == {"", "response_profile summary", "unknown-directory"}


def test_values_are_kept_only_where_the_page_lists_them() -> None:
    found = seen("kaiten-create-record", answered({"condition": "active", "display_value": "secret"}), silent=False)
    assert ("200", "value", "$.condition", "active", 1) in found
    assert "secret" not in json.dumps(list(found))
    odd = seen("kaiten-create-record", answered({"condition": "<b>no word</b>"}))
    assert ("200", "value", "$.condition", "no single word", 1) in odd


def test_examples_show_between_them_everything_that_was_seen() -> None:
    bodies = [{"id": 1}, {"id": 1}, {"id": 1, "external_id": None}, {"id": "1"}]
    found = taken(SPACE, *map(answered, bodies))
    assert len(found["examples"]) == 3
    for row in found["observations"]:
        example = json.loads(found["examples"][row["example"]]["response"]["body"])
        if row["place"] == "$.external_id":
            assert example["external_id"] is None
        if row["saw"] == "string":
            assert example["id"] == "1"


def test_what_was_taken_is_not_told_again() -> None:
    observer = Observer(load_contract(SPACE))
    observer.see(answered({}))
    assert observer.take()["observations"]
    assert observer.take() == {"observations": [], "examples": [], "latency": {}}


def test_latency_is_counted_in_milliseconds_of_two_digits() -> None:
    found = taken(SPACE, *(replace(answered({}), seconds=s) for s in (0.01234, 0.0123, 1.26, 0.00052)))
    assert found["latency"] == {"0.52": 1, "12": 2, "1300": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_every_json_value_has_a_shape_and_each_place_one(value: Any) -> None:
    places = [place for place, _, _ in shape_of(value, {})]
    assert places[0] == ()
    assert len(places) == len(set(places))


SAMPLES = [None, True, 1, 2**53, 2**53 + 1, 7.0, 0.5, "", "x", "42", "9007199254740993", "2026-11-25", "https://a.b"]
ALIKE = st.recursive(
    st.sampled_from(SAMPLES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "4711"]), inner),
    max_leaves=4,
)


@given(st.lists(ALIKE, min_size=40, max_size=40))
def test_values_of_one_outline_have_one_shape(values: list[Any]) -> None:
    shapes: dict[Any, Any] = {}
    for value in [*values, *([value, value] for value in values), *({"a": value} for value in values)]:
        shape = sorted(shape_of(value, {}))
        assert shapes.setdefault(outline_of(value), shape) == shape


def test_values_that_differ_only_as_values_have_one_outline() -> None:
    one = [{"id": 1, "at": "2026-11-25", "of": [1, 2], "x": 0.5}, {"id": 2, "at": "2026-11-26", "of": [3], "x": 7.5}]
    assert outline_of(one[0]) == outline_of(one[1])
    assert outline_of(one) == outline_of(one[:1])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({f"user-{n}@example.com": n for n in range(3)}, [("$", "object"), ("$[*]", "integer")]),
        ({"bf071e1f-6035-429d-b874-d83ea64ea13b": 1, "4711": 2}, [("$", "object"), ("$[*]", "integer")]),
        ({f"a{n}": n for n in range(100)}, [("$", "object"), ("$[*]", "integer")]),
        ([7.0, 8], [("$", "array"), ("$[*]", "integer")]),
        ([{"a b": None}], [("$", "array"), ("$[*]", "object"), ("$[*]['a b']", "null")]),
    ],
    ids=["addresses-for-names", "ids-for-names", "too-many-names", "whole-floats", "odd-name"],
)
def test_shapes(value: Any, shown: list[tuple[str, str]]) -> None:
    assert [(as_path(place), types) for place, types, _ in shape_of(value, {})] == shown


def test_a_hostile_answer_is_nested_too_deeply() -> None:
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    assert list(shape_of(deep, {})) == [((), "nested too deeply", ())]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-11-25", "0000-00-00"),
        ("2026-11-25T10:00:00.123456789Z", "0000-00-00T00:00:00.000000000Z"),
        ("BF071E1F-6035-429d-b874-d83ea64ea13b", "uuid"),
        ("https://example.com/a?b", "uri"),
        ("9007199254740993", "digits beyond 2**53"),
        ("42", ""),
        ("2026-11-25 was a Wednesday", ""),
        ("x" * 100_000, ""),
    ],
)
def test_forms(text: str, form: str) -> None:
    assert form_of(text) == form


def made_up(run: int, answers: int = 300) -> list[Exchange]:
    """An endpoint that makes up names, words, headers and media types with every answer."""
    words = [f"w{run}n{number}" for number in range(answers)]
    bodies: list[Any] = [
        {"id": 1, "title": word, "access": word, word: {word: 1}, f"x{word}": word, "settings": {word: 2}}
        for word in words
    ]
    return [
        answered(body, 200, content_type=f"application/{word}", **{f"x-ratelimit-{word}": "1"})
        for body, word in zip(bodies, words, strict=True)
    ]


def test_what_an_endpoint_makes_up_is_folded() -> None:
    rows = taken(SPACE, *made_up(1))["observations"]
    assert len(rows) < 1_000
    places = {row["place"] for row in rows}
    assert {"$.id", "$.title", "$.access", "$[*]", "$[*][*]"} <= places
    folded = next(row for row in rows if (row["place"], row["saw"]) == ("$[*]", "string"))
    assert folded["times"] > 200


def test_two_runs_of_what_is_made_up_do_not_drift() -> None:
    records = [record_of(verdicts(observed=taken(SPACE, *made_up(run)))) for run in (1, 2)]
    assert compare(*records).entries == []


def test_names_within_bounds_are_told_apart_over_takes() -> None:
    observer = Observer(load_contract(SPACE))
    for _ in range(3):
        for number in range(100):
            observer.see(answered({f"n{number}": 1}))
        names = {row["place"] for row in observer.take()["observations"] if row["about"] == "type"}
        assert names == {"$", "$[*]", *(f"$.n{number}" for number in range(64))}
