"""An API over one of several kinds of things, as many files describe it: ids, names and conditions are understood."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts.contract import open_contracts
from tests.helpers import Finished, reply, run_suites, serving

BASE = {
    "type": "object",
    "required": ["id", "name", "kind"],
    "properties": {
        "id": {"type": "string", "format": "uuid", "readOnly": True},
        "name": {"type": "string", "minLength": 2, "maxLength": 30},
        "kind": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 8}, "maxItems": 4, "uniqueItems": True},
    },
}
KINDS = {
    kind: {"allOf": [BASE, {"required": [own], "properties": {"kind": {"const": kind}, own: schema}}]}
    for kind, own, schema in (
        ("cat", "lives", {"type": "integer", "minimum": 1, "maximum": 9}),
        ("dog", "bark", {"enum": ["loud", "soft"]}),
    )
}
PET = {"oneOf": list(KINDS.values()), "discriminator": {"propertyName": "kind"}}
JSON: dict[str, Any] = {"content": {"application/json": {"schema": PET}}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
IF_MATCH = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}


def described(*names: str) -> dict[str, Any]:
    answers: dict[str, Any] = {name: {"description": name} for name in names}
    taken: dict[str, Any] = {"requestBody": {"required": True, **JSON}}
    one = {
        "get": {"operationId": "get", "responses": {"200": {"description": "ok", **JSON}, "404": answers["404"]}},
        "put": {"operationId": "put", "parameters": [IF_MATCH], **taken,
                "responses": {"200": {"description": "ok", **JSON}, **answers}},
        "delete": {"operationId": "delete", "responses": {"204": {"description": "gone"}, "404": answers["404"]}},
        "parameters": [ID],
    }  # fmt: skip
    made = {"201": {"description": "made", **JSON}, "400": answers["400"], "409": {"description": "taken"}}
    paths = {"/pets": {"post": {"operationId": "make", **taken, "responses": made}}, "/pets/{id}": one}
    return {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}


class Shop:
    """A server of the file: names are unique, a condition has to be met, and a body needs its media type."""

    def __init__(self, longest: int = 30, barks: tuple[str, ...] = ("loud", "soft")) -> None:
        self.longest, self.barks, self.pets = longest, barks, dict[str, dict[str, Any]]()

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        key = handler.path.removeprefix("/pets").strip("/")
        if key and key not in self.pets:
            reply(handler, 404)
        elif handler.command in {"POST", "PUT"}:
            self._take(handler, body, key)
        elif handler.command == "DELETE":
            del self.pets[key]
            reply(handler, 204)
        else:
            reply(handler, 200, self.pets[key])

    def _take(self, handler: BaseHTTPRequestHandler, body: bytes, key: str) -> None:
        status, pet = self._judged(handler, body, key)
        key = key or str(uuid4())
        if status in {200, 201}:
            self.pets[key] = {**pet, "id": key}
        reply(handler, status, self.pets.get(key))

    def _judged(self, handler: BaseHTTPRequestHandler, body: bytes, key: str) -> tuple[int, Any]:
        if handler.headers.get("Content-Type") != "application/json":
            return 415, None
        try:
            pet = json.loads(body)
        except ValueError:
            return 400, None
        if not self._fits(pet):
            return 400, None
        if not key and any(one["name"] == pet["name"] for one in self.pets.values()):
            return 409, None
        return (200 if key else 201) if handler.headers.get("If-Match", '"1"') == '"1"' else 412, pet

    def _fits(self, pet: Any) -> bool:
        name = pet.get("name") if isinstance(pet, dict) else None
        if not isinstance(name, str) or not 2 <= len(name) <= self.longest:
            return False
        tags = pet.get("tags", [])
        if not isinstance(tags, list) or len(tags) > 4 or any(not isinstance(t, str) or len(t) > 8 for t in tags):
            return False
        if len(set(tags)) < len(tags):
            return False
        if pet.get("kind") == "cat":
            return pet.get("lives") in range(1, 10) and pet["lives"] is not True
        return pet.get("kind") == "dog" and pet.get("bark") in self.barks


def asked(folder: Path, shop: Shop, *options: str) -> Finished:
    (folder / "pets.json").write_text(json.dumps(described("400", "404", "412")), encoding="utf-8")
    with serving(shop) as base:
        return run_suites(folder, "--contract", "pets.json", "--base-url", base, "--profile", "quick", *options)


def test_a_lawful_server_is_accused_of_nothing(tmp_path: Path) -> None:
    finished = asked(tmp_path, Shop())
    assert set(finished.outcomes.values()) == {"upheld", "unexercised"}
    assert (finished.outcomes["pets.put/status/400"], finished.code) == ("upheld", 0)


def test_a_fault_is_found_in_each_alternative(tmp_path: Path) -> None:
    finished = asked(tmp_path, Shop(longest=40), "-k", "make/request/name")
    broken = {clause for clause, outcome in finished.outcomes.items() if outcome == "broken"}
    assert {clause.rpartition("/")[2] for clause in broken} == {"maxLength"}
    assert len(broken) == len(KINDS)


@pytest.mark.long
def test_what_is_refused_in_company_is_looked_for_in_lists_without_duplicates(tmp_path: Path) -> None:
    finished = asked(tmp_path, Shop(barks=("loud",)), "-k", "make/request")
    broken = {clause for clause, outcome in finished.outcomes.items() if outcome == "broken"}
    assert {clause.split("/")[2] for clause in broken} == {"bark"}
    assert "undetermined" not in finished.outcomes.values(), "other requests hold each alternative"


def test_a_condition_that_may_be_left_out_is_not_sent_and_named(tmp_path: Path) -> None:
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(described("400", "404", "412")), encoding="utf-8")
    put = next(contract for contract in open_contracts(file) if contract.name == "pets.put")
    assert [parameter["name"] for parameter in put.parameters] == ["id"]
    assert any("`If-Match` depends on the state of the thing" in gap.says for gap in put.gaps)
