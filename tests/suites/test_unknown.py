"""What nobody has, and what a field does not take: asked without configuration, of what the target says of itself."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests

from contracts.contract import load_contract, open_contracts
from endpoints.embedded import VARIABLE, EmbeddedMock
from endpoints.mock import kaiten
from endpoints.targets import MOCK_TARGET
from strategies import Request, Tenant
from strategies.request import value_at
from suites.unknown import _nobody_of, foreign_requests, nobodys
from tests.helpers import reply, run_suites, serving

RECORD = "kaiten-create-record"


def test_nobodys_value_has_the_form_of_the_one_that_somebody_has() -> None:
    other = nobodys(kaiten.DIRECTORY)
    assert UUID(other)
    assert other != kaiten.DIRECTORY
    assert nobodys(7) == int(nobodys("7")) < 2**31
    assert nobodys("people") == "clausewise_nobody"


def test_an_address_that_nobody_has_is_sent_what_one_that_there_is_takes(tmp_path: Path) -> None:
    """A guest space's own app, since another's is refused whatever the space."""
    clause = "kintone-add-records/request/path/SpaceID/unknown"
    with EmbeddedMock() as mock:

        def in_any_space(handler: BaseHTTPRequestHandler, body: bytes) -> None:
            url = mock.base_url + re.sub("guest/[^/]+", "guest/7", handler.path)
            sent = {name: value for name, value in handler.headers.items() if name.lower() != "host"}
            answer = requests.request(handler.command, url, headers=sent, data=body, timeout=10)
            reply(handler, answer.status_code, answer.json())

        with serving(in_any_space) as base:
            environment = {**mock.environment, VARIABLE: base}
            found = run_suites(tmp_path, "-k", "SpaceID", "--contract", "kintone-add-records", **environment)
    assert found.outcomes[clause] == "broken"


def test_a_field_that_takes_several_is_of_another_type_than_one_that_takes_one() -> None:
    contract = load_contract("kintone-add-records")
    clause = contract.clauses["kintone-add-records/request/records/*/unknown"]
    option = {"enum": ["red", "blue"]}
    fields: dict[str, Any] = {name: {"type": "object", "properties": {"value": option}} for name in ("One", "Other")}
    several = {"type": "array", "items": option}
    fields |= {name: {"type": "object", "properties": {"value": several}} for name in ("Several", "More")}
    tenant = Tenant({"records/*": {"type": "object", "properties": fields}})
    record = {n: {"value": ["red"] if f["properties"]["value"] is several else "red"} for n, f in fields.items()}
    found = list(foreign_requests(clause, contract, tenant, Request({"app": 1, "records": [record]})))
    sent = [request.body["records"][0] for request in found]
    assert [one["One"]["value"] for one in sent] == ["clausewise_nobody", "red"]
    assert [one["Several"]["value"] for one in sent] == [["red"], ["clausewise_nobody"]]


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ({"type": ["number", "null"]}, "Clausewise"),
        ({"type": "boolean"}, "Clausewise"),
        ({"type": "string", "format": "date"}, "Clausewise"),
        ({"enum": ["won", "lost"]}, "clausewise_nobody"),
        ({"enum": [7, 8]}, 2_000_000_011),
        ({"enum": ["2026-01-05T10:20:30Z", "2026-01-05T19:20:30+09:00"]}, ...),  # examples of moments, and no options
        ({"enum": ["6fb267b4-8231-50bf-bdbd-0a149d5127d6"]}, None),  # another UUID
        ({"type": "string"}, ...),  # any text may be taken
        ({"enum": ["a text that is known to be taken"]}, ...),
        ({"type": "string", "pattern": "[a-z]+"}, ...),
    ],
)
def test_a_field_is_sent_what_it_does_not_take(field: dict[str, Any], sent: Any) -> None:
    contract = load_contract("attio-create-record")
    clause = contract.clauses["attio-create-record/request/data/values/unknown"]
    value = field.get("enum", [7])[0]
    tenant = Tenant({"data/values": {"type": "object", "properties": {"one": field, "two": field}}})
    base = Request({"data": {"values": {"one": value, "two": value}}})
    found = list(foreign_requests(clause, contract, tenant, base))
    assert len(found) == (sent is not ...), "fields of one type are asked once"
    for request in found:
        wrong = value_at(request.body, ("data", "values", "one"))
        assert request.breaks == clause.id
        assert wrong == sent if sent else UUID(wrong) and wrong != value


@pytest.mark.parametrize(
    ("fault", "outcome"), [((), "upheld"), (("--fault", f"{RECORD}/status/404:created"), "broken")]
)
def test_a_documented_status_of_what_is_not_there_needs_no_situation(
    fault: tuple[str, ...], outcome: str, tmp_path: Path
) -> None:
    text = MOCK_TARGET.read_text(encoding="utf-8")
    file = tmp_path / "target.toml"
    file.write_text("\n".join(line for line in text.splitlines() if "unknown-directory" not in line), encoding="utf-8")
    finished = run_suites(tmp_path, "--target", str(file), "--contract", RECORD, "--profile", "quick", *fault)
    assert finished.outcomes[f"{RECORD}/status/404"] == outcome
    assert {finished.outcomes[f"{RECORD}/404/type"]} <= {"upheld", "undetermined"}


def test_a_target_without_credentials_is_not_asked_for_them(tmp_path: Path) -> None:
    with EmbeddedMock() as mock:
        file = tmp_path / "target.toml"
        file.write_text(
            f'name = "open"\n[contracts.zendesk-create-record]\nbase_url = "{mock.base_url}"\n'
            'path = { custom_object_key = "car" }\n', encoding="utf-8",
        )  # fmt: skip
        finished = run_suites(tmp_path, "--target", str(file), "-k", "authentication")
    clause = finished.clause("zendesk-create-record/authentication/none")
    assert (clause["outcome"], clause["reason"]) == ("unexercised", "needs [authentication.…] in the target")


@pytest.mark.parametrize(
    ("pattern", "known"), [("^u_[0-9a-z]{8}$", True), ("^(apples|oranges)$", False), ("^[a-z]$", False)]
)
def test_an_id_of_a_pattern_that_nobody_has(pattern: str, known: bool, tmp_path: Path) -> None:
    """It is drawn, where the pattern matches so many that it is nobody's."""
    schema = {"type": "string", "pattern": pattern}
    asked = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": schema}]}
    answered = {"operationId": "a", "responses": {"200": {"description": "ok"}, "404": {"description": "none"}}}
    paths = {"/a/{id}": {"get": {**asked, **answered}}}
    about = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
    (tmp_path / "api.json").write_text(json.dumps(about), encoding="utf-8")
    (contract,) = open_contracts(tmp_path / "api.json")
    assert bool(_nobody_of(contract, schema)) is known
