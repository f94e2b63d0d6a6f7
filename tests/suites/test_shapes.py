"""Judging is pure: a clause and exchanges in, a judgement out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.contract import load_contract, open_contracts
from contracts.model import Clause, Kind
from endpoints.exchange import Exchange, found_at
from strategies import Request
from suites.judgement import Judgement, Outcome
from suites.shapes import judge_shape
from tests.helpers import ROOT

GOOD_SPACE = {
    "id": 1, "uid": "u", "title": "t", "updated": "2026-11-22T10:00:00.123456789+02:00", "created": "c",
    "archived": False, "access": "a", "for_everyone_access_role_id": "r", "entity_type": "space", "path": "p",
    "sort_order": 0.5, "parent_entity_uid": None, "company_id": 7, "allowed_card_type_ids": None,
    "hidden_card_type_uids": [], "external_id": None, "settings": {}, "users": [{}], "more": "than documented",
}  # fmt: skip


def clause(name: str) -> Clause:
    contract, _, _ = name.partition("/")
    return load_contract(contract).clauses[name]


def judge(about: Clause, exchanges: list[Exchange]) -> Judgement:
    return judge_shape(about, exchanges, load_contract(about.contract))


def answered(body: Any, status: int = 200, media_type: str = "application/json", **query: str) -> Exchange:
    text = body if isinstance(body, str) else json.dumps(body)
    return Exchange(Request(query=query), "POST", "", {}, "", status, {"content-type": media_type}, text)


@pytest.mark.parametrize("name", [c for c in load_contract("kaiten-create-space").clauses if "/200/" in c])
def test_a_good_answer_upholds_every_clause(name: str) -> None:
    assert judge(clause(name), [answered(GOOD_SPACE)]).outcome is Outcome.UPHELD


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("id/type", {"id": "1"}),
        ("id/type", {"id": 1.5}),
        ("id/type", {"id": True}),
        ("archived/type", {"archived": 0}),
        ("archived/type", {"archived": None}),
        ("updated/format", {"updated": "2026-11-22 10:00"}),
        ("updated/format", {"updated": "2026-02-30T10:00:00Z"}),
        ("external_id/type", {"external_id": 5}),
        ("users/type", {"users": {}}),
        ("users/*/type", {"users": [{}, "u"]}),
        ("settings/type", {"settings": []}),
        ("sort_order/type", {"sort_order": "1"}),
    ],
)
def test_a_wrong_value_breaks_its_clause(name: str, change: dict[str, Any]) -> None:
    exchanges = [answered(GOOD_SPACE), answered(GOOD_SPACE | change)]
    judgement = judge(clause(f"kaiten-create-space/200/{name}"), exchanges)
    assert judgement.outcome is Outcome.BROKEN
    assert judgement.evidence[0].exchange is exchanges[1]
    assert judgement.expected
    assert judgement.actual


def test_a_missing_attribute_breaks_one_clause() -> None:
    without = {name: value for name, value in GOOD_SPACE.items() if name != "users"}
    outcomes = {
        name.removeprefix("kaiten-create-space/200/"): judge(clause(name), [answered(without)]).outcome
        for name in load_contract("kaiten-create-space").clauses
        if "/200/users" in name
    }
    assert outcomes == {
        "users/required": Outcome.BROKEN,
        "users/type": Outcome.UNDETERMINED,
        "users/*/type": Outcome.UNDETERMINED,
    }


def test_a_body_that_is_not_json_breaks_one_clause() -> None:
    cut = answered('{"id": 1, "uid"')
    assert judge(clause("kaiten-create-space/200/type"), [cut]).outcome is Outcome.BROKEN
    judgement = judge(clause("kaiten-create-space/200/id/type"), [cut])
    assert (judgement.outcome, judgement.reason) == (Outcome.UNDETERMINED, "the answer's body is not JSON")


def test_what_no_answer_had_is_unexercised() -> None:
    empty = answered(GOOD_SPACE | {"users": []})
    assert judge(clause("kaiten-create-space/200/users/*/type"), [empty]).outcome is Outcome.UNEXERCISED
    assert judge(clause("kaiten-create-space/200/id/type"), []).outcome is Outcome.UNEXERCISED


def test_presence_may_depend_on_the_profile() -> None:
    required = clause("kaiten-create-record/200/author/required")
    bare = {"id": "bf071e1f-6035-429d-b874-d83ea64ea13b"}
    assert judge(required, [answered(bare, response_profile="none")]).outcome is Outcome.UNEXERCISED
    assert judge(required, [answered(bare, response_profile="full")]).outcome is Outcome.BROKEN
    full = answered(bare | {"author": {}}, response_profile="full")
    assert judge(required, [full, answered(bare)]).outcome is Outcome.UPHELD


@pytest.mark.parametrize(
    ("body", "media_type", "outcome"),
    [
        ("Invalid token", "text/plain", Outcome.UPHELD),
        ('"Invalid token"', "application/json", Outcome.UPHELD),
        ("", "text/plain", Outcome.BROKEN),
        ('{"message": "no"}', "application/json", Outcome.BROKEN),
    ],
)
def test_a_string_is_text_or_a_json_string(body: str, media_type: str, outcome: Outcome) -> None:
    judgement = judge(clause("kaiten-create-space/401/type"), [answered(body, 401, media_type)])
    assert judgement.outcome is outcome


@pytest.mark.parametrize(("body", "outcome"), [("", Outcome.UPHELD), ("{}", Outcome.BROKEN)])
def test_no_body_is_none(body: str, outcome: Outcome) -> None:
    assert judge(clause("kaiten-create-space/403/no-body"), [answered(body, 403)]).outcome is outcome


@pytest.mark.parametrize(
    ("media_type", "outcome"),
    [
        ("application/json", Outcome.UPHELD),
        ("Application/JSON; charset=utf-8", Outcome.UPHELD),
        ("text/html", Outcome.BROKEN),
        ("", Outcome.BROKEN),
    ],
)
def test_media_types(media_type: str, outcome: Outcome) -> None:
    exchange = answered(GOOD_SPACE, media_type=media_type)
    assert judge(clause("kaiten-create-space/200/content-type"), [exchange]).outcome is outcome


def test_a_page_where_json_is_documented_breaks_the_stated_type_alone() -> None:
    page = replace(answered("<html>", media_type="text/html"), hollow="answered 200, but not with an object")
    assert judge(clause("kaiten-create-space/200/type"), [page]).outcome is Outcome.BROKEN
    judgement = judge(clause("kaiten-create-space/200/content-type"), [page])
    assert (judgement.outcome, judgement.reason) == (Outcome.UNDETERMINED, page.hollow)


def test_what_stands_in_a_value_of_the_wrong_type_is_not_accused() -> None:
    wrong = answered(GOOD_SPACE | {"users": {"first": "no object"}})
    assert judge(clause("kaiten-create-space/200/users/type"), [wrong]).outcome is Outcome.BROKEN
    judgement = judge(clause("kaiten-create-space/200/users/*/type"), [wrong])
    reason = "`users` is of another type, which another clause judges"
    assert (judgement.outcome, judgement.reason) == (Outcome.UNDETERMINED, reason)


def test_a_value_of_the_wrong_type_is_not_accused_of_its_enum() -> None:
    wrong = answered({"id": "bf071e1f-6035-429d-b874-d83ea64ea13b", "condition": 7}, response_profile="full")
    assert judge(clause("kaiten-create-record/200/condition/type"), [wrong]).outcome is Outcome.BROKEN
    assert judge(clause("kaiten-create-record/200/condition/enum"), [wrong]).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("number", ["1e400", "1" + "0" * 350, "-1e999"])
def test_a_number_beyond_all_doubles_is_judged(number: str) -> None:
    about = replace(
        clause("kaiten-create-space/200/sort_order/type"), keyword="multipleOf", schema={"multipleOf": 0.01}
    )
    assert judge(about, [answered(f'{{"sort_order": {number}}}')]).outcome is Outcome.UPHELD


def test_a_media_type_that_is_sent_twice_is_one() -> None:
    twice = answered({}, media_type="application/json; charset=utf-8").answer_headers["content-type"]
    assert answered({}, media_type=f"application/json, {twice}").media_type == "application/json"


def test_a_json_string_is_not_read_as_the_json_that_stands_in_it() -> None:
    for text in ('{"id": 7}', "{oops", "[7]", "7"):
        assert found_at("$.id", text) == found_at("$[*]", text) == found_at("$", text)[1:] == []
        assert found_at("$", text) == [text]


@pytest.mark.parametrize("text", ["a{99999999999}", "(" * 3_000, "("])
def test_what_is_no_regular_expression_is_broken(text: str) -> None:
    about = replace(clause("kaiten-create-space/200/updated/format"), schema={"format": "regex"})
    assert judge(about, [answered({"updated": text})]).outcome is Outcome.BROKEN


SHELF = {"id": 1, "made": "today", "name": "above", "site": [1, 2], "lent": None}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"name": "far too long"}, {"name/maxLength"}),
        ({"name": "far too long", "colour": 7}, {"name/maxLength", "unevaluatedProperties"}),
        ({"colour": 7}, {"unevaluatedProperties"}),
        ({"owner": {"kind": "person", "born": 1, "number": "1"}}, set()),
        ({"owner": {"kind": "person"}}, {"owner/oneOf"}),
        ({"site": [1, 2, 3]}, {"site/items"}),
        ({"site": ["north", 2]}, {"site/0/type"}),
    ],
)
def test_what_is_named_where_another_thing_is_broken_is_named(change: dict[str, Any], broken: set[str]) -> None:
    (contract,) = open_contracts(ROOT / "tests" / "contracts" / "unusual.yaml")
    asked = [c for c in contract.clauses.values() if c.kind is Kind.RESPONSE and c.status == "201"]
    answer = answered({**SHELF, **change}, 201)
    found = {c.id.partition("/201/")[2]: judge_shape(c, [answer], contract).outcome for c in asked}
    assert {name for name, outcome in found.items() if outcome is Outcome.BROKEN} == broken
    assert found["lent/to/required"] is Outcome.UNEXERCISED, "where it may be null, it need not have anything"
