"""A server whose PUT makes what is not there, whose POST takes many at once, and which refuses as `default` says."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.helpers import reply, run_suites, serving

NAME = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 20}}}
MANY = {"type": "array", "minItems": 1, "maxItems": 3, "items": NAME}
IDS = {"type": "object", "required": ["ids"], "properties": {"ids": {"type": "array", "items": {"type": "integer"}}}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
SLOT = {"name": "slot", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z]{3,9}$"}}


def described(schema: Any) -> dict[str, Any]:
    return {"description": "So it is", **({"content": {"application/json": {"schema": schema}}} if schema else {})}


def operation(name: str, sent: Any = None, **answers: Any) -> dict[str, Any]:
    body = {"requestBody": {"required": True, "content": described(sent)["content"]}} if sent else {}
    responses = {status.removeprefix("s"): described(schema) for status, schema in answers.items()}
    return {"operationId": name, **body, "responses": {**responses, "default": described(None)}}


PATHS = {
    "/shelves": {"post": operation("make", MANY, s200=IDS, s422=None)},
    "/shelves/{id}": {"parameters": [ID], "get": operation("read", s200=NAME), "delete": operation("drop", s204=None)},
    "/shelves/{id}/slots/{slot}": {
        "parameters": [ID, SLOT],
        "put": operation("fill", NAME, s200=NAME, s201=NAME, s404=None, s422=None),
        "get": operation("look", s200=NAME),
    },
}
TARGET = """
name = "shelves"
[openapi."shelves.json"]
base_url = "{base}"
things.id = {{ from = "shelves.make", id = "$.ids[0]" }}
[contracts."shelves.make"]
created_ids = "$.ids[*]"
outside.read = {{ path = "/shelves/{{id}}", record = "$" }}
outside.delete = {{ path = "/shelves/{{id}}" }}
[contracts."shelves.fill"]
disposable = true
"""


class Shelves:
    """Shelves with slots, each of which is empty until something is put there."""

    def __init__(self) -> None:
        self.shelves, self.made, self.asked = dict[int, dict[str, Any]](), 0, list[str]()

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.asked.append(handler.path)
        _, _, shelf, _, slot = [*handler.path.split("/"), "", "", ""][:5]
        if (shelf and not re.fullmatch("[1-9][0-9]*", shelf)) or (slot and not re.fullmatch("[a-z]{3,9}", slot)):
            reply(handler, 400)
        elif body and "json" not in handler.headers["Content-Type"]:
            reply(handler, 415)
        elif shelf and int(shelf) not in self.shelves:
            reply(handler, 404)
        else:
            try:
                self._answer(handler, int(shelf or 0), slot, json.loads(body) if body else None)
            except (ValueError, TypeError, KeyError):
                reply(handler, 422)

    def _answer(self, handler: BaseHTTPRequestHandler, shelf: int, slot: str, sent: Any) -> None:
        if not shelf:
            if not isinstance(sent, list) or not 1 <= len(sent) <= 3:
                raise ValueError(sent)
            new = {self.made + n: {"": named(one)} for n, one in enumerate(sent, start=1)}
            self.made += len(new)
            self.shelves |= new
            reply(handler, 200, {"ids": list(new)})
        elif handler.command == "DELETE":
            del self.shelves[shelf]
            reply(handler, 204)
        elif handler.command == "PUT":
            status = 200 if slot in self.shelves[shelf] else 201
            self.shelves[shelf][slot] = named(sent)
            reply(handler, status, {"name": named(sent)})
        else:
            reply(handler, 200, {"name": self.shelves[shelf].get(slot, "empty")})


def named(sent: Any) -> str:
    name = sent["name"]
    if not isinstance(name, str) or len(name) > 20:
        raise ValueError(sent)
    return name


def test_what_a_put_makes_and_what_stands_in_a_list_is_asked_and_deleted(tmp_path: Path) -> None:
    paths = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": PATHS}
    (tmp_path / "shelves.json").write_text(json.dumps(paths), encoding="utf-8")
    shelves = Shelves()
    with serving(shelves) as base:
        (tmp_path / "target.toml").write_text(TARGET.format(base=base), encoding="utf-8")
        options = ("--contract", str(tmp_path / "shelves.json"), "--target", str(tmp_path / "target.toml"))
        found = run_suites(tmp_path, *options, "--profile", "quick")
    assert {clause for clause, outcome in found.outcomes.items() if outcome != "upheld"} == set(), found.output
    assert shelves.shelves == {}, "each member of a list made one, and all of them are deleted"
    assert not [path for path in shelves.asked if "%7B" in path], "an address has no braces left in it"
    assert found.code == 0
