"""Breaking values of their kinds: a member where a list is wanted, and texts that a run before has not sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import load_contract
from contracts.model import Json
from strategies import Request, breaking_variants
from strategies.conforming import simplest_of
from strategies.request import Path as Place
from strategies.request import value_at
from strategies.unique import Uniques
from strategies.validity import keeps
from tests.helpers import Finished, reply, run_suites, serving
from tests.suites.test_own_things import ID, adding, described

KINTONE = "kintone-add-records"
RECORD = {"Text": {"value": "Clausewise"}}


def sharpest(clause: str, body: Json, place: Place) -> list[Json]:
    """What the first request of each way to break a clause has at a place."""
    contract = load_contract(clause.partition("/")[0])
    variants = breaking_variants(contract, contract.clauses[clause], bases=[Request(body)])
    return [value_at(simplest_of(values).parts, place) for _, values in variants]


def test_one_member_where_a_list_is_wanted_and_a_list_where_one_is() -> None:
    body = {"app": 1, "records": [RECORD]}
    assert RECORD in sharpest(f"{KINTONE}/request/records/type", body, ("body", "records"))
    assert [body] in sharpest(f"{KINTONE}/request/body/type", body, ("body",))
    assert [RECORD] in sharpest(f"{KINTONE}/request/records/*/type", body, ("body", "records", 0))


def asked(folder: Path, schema: dict[str, Any], fits: Callable[[Json], int]) -> Finished:
    """A run on a server of notes with one attribute, of which `fits` says the status that a value gets."""
    made: list[Json] = []

    def answering(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        try:
            value = json.loads(body)["value"]
            status = fits(value) if handler.headers["Content-Type"] == "application/json" else 415
        except (ValueError, TypeError, KeyError):
            status = 400
        made.append(status)
        reply(handler, status, {"id": len(made)} if status == 201 else None)

    folder.mkdir(exist_ok=True)
    paths = {"/notes": adding(ID)}
    note = {"type": "object", "required": ["value"], "properties": {"value": schema}}
    paths["/notes"]["post"]["requestBody"]["content"]["application/json"]["schema"] = note
    with serving(answering) as base:
        return run_suites(folder, *described(folder, paths, base))


def broken(finished: Finished) -> set[str]:
    return {clause for clause, outcome in finished.outcomes.items() if outcome == "broken"}


@pytest.mark.parametrize("wraps", [True, False])
def test_a_server_that_takes_one_member_for_a_list(wraps: bool, tmp_path: Path) -> None:
    def fits(value: Json) -> int:
        members = [value] if wraps and isinstance(value, dict) and "name" in value else value
        each = isinstance(members, list) and all(
            isinstance(m, dict) and isinstance(m.get("name"), str) for m in members
        )
        return 201 if each else 400

    member = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    finished = asked(tmp_path, {"type": "array", "items": member}, fits)
    assert broken(finished) == ({"api.add/request/value/type"} if wraps else set())


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"pattern": "^97[89]-[0-9]{4}$"}, "978-1234 "),
        ({"pattern": "^97[89]-[0-9]{4}$"}, " 978-1234"),
        ({"pattern": "^97[89]-[0-9]{4}$"}, "978-123"),
        ({"pattern": "[0-9]"}, "clausewise"),
        ({"pattern": "[a-z]"}, "0"),
        ({"pattern": "[a-z0-9]"}, "!"),
        ({"pattern": "^[^!]"}, "!"),
        ({"format": "email"}, "clausewise!"),
        ({"maxLength": 20}, "a" * 21),
    ],
)
def test_what_breaks_a_unique_place_is_fresh_and_breaks_the_same(schema: dict[str, Any], text: str) -> None:
    place = ("body", "value")
    own = {"type": "string", **schema}
    request = Request({"value": text}, breaks="x")
    sent = [Uniques({place: own}).renewed(request) for _ in range(5)]
    values = [value_at(one.parts, place) for one in sent]
    assert len({text, *values}) == 6
    assert {one.breaks for one in sent} == {"x"}
    assert not any(keeps(own, value) for value in values)
    if text.strip() != text:
        assert all(keeps(own, value.strip()) for value in values), "it is as near to what is taken as before"
    if "maxLength" in schema:
        assert {len(value) for value in values} == {21}


@pytest.mark.parametrize(
    ("schema", "text"),
    [({"minLength": 3}, "aa"), ({"enum": ["red", "blue"]}, "green"), ({"pattern": "."}, "")],
)
def test_what_would_break_no_longer_stays_as_it_is(schema: dict[str, Any], text: str) -> None:
    request = Request({"value": text}, breaks="x")
    assert Uniques({("body", "value"): {"type": "string", **schema}}).renewed(request) == request


def test_a_second_run_finds_the_same_although_the_first_ones_values_are_there(tmp_path: Path) -> None:
    """A server whose texts are unique, and that looks at no pattern."""
    there: set[Json] = set()

    def fits(value: Json) -> int:
        if not isinstance(value, str) or value in there:
            return 409 if isinstance(value, str) else 400
        there.add(value)
        return 201

    for number in range(2):
        finished = asked(tmp_path / str(number), {"type": "string", "pattern": "[0-9]{9}"}, fits)
        assert broken(finished) == {"api.add/request/value/pattern"}
