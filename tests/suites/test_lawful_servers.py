"""Servers that keep to their files and are stricter, or quieter, than these say: none is accused, and all is asked."""

from __future__ import annotations

import json
import re
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.helpers import reply, run_suites, serving, the_first

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^d_[0-9a-f]{8}$"}}
MOMENT = {"type": "string", "format": "date-time"}
TITLE = {"type": "string", "minLength": 1, "maxLength": 40}
FIELDS = {"properties": {"title": TITLE, "ends": MOMENT, "starts": MOMENT, "within": {"type": "string"}}}
NEW = {"allOf": [FIELDS], "type": "object", "required": ["title", "ends", "starts"]}
SHOWN = {**NEW, "properties": {"id": {"type": "string"}}}


def sent(schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema}}}}


def answers(**statuses: dict[str, Any] | None) -> dict[str, Any]:
    def one(schema: dict[str, Any] | None) -> dict[str, Any]:
        content = {} if schema is None else {"content": {"application/json": {"schema": schema}}}
        return {"description": "so it is", **content}

    return {"responses": {status.removeprefix("s"): one(schema) for status, schema in statuses.items()}}


CURSOR = {"name": "after", "in": "query", "schema": {"type": "string"}}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 5}}
PATHS = {
    "/dates": {
        "post": {"operationId": "make", **sent(NEW), **answers(s201=None, s400=None, s401=None)},
        "get": {
            "operationId": "all",
            "parameters": [CURSOR, LIMIT],
            **answers(s200={"type": "array", "items": SHOWN}, s400=None, s401=None),
        },
    },
    "/dates/{id}": {
        "parameters": [ID],
        "get": {"operationId": "read", **answers(s200=SHOWN, s401=None, s404=None)},
        "patch": {"operationId": "change", **sent(FIELDS), **answers(s200=SHOWN, s400=None, s401=None, s404=None)},
        "delete": {"operationId": "drop", **answers(s204=None, s401=None, s404=None)},
    },
    "/login": {
        "post": {
            "operationId": "login",
            "security": [],
            **sent({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}),
            **answers(s200={"type": "object"}, s400=None, s401=None),
        }
    },
}
TARGET = """
name = "diary"
[openapi."diary.json"]
base_url = "{base}"
authentication.token.headers = {{ Authorization = "Bearer ${{TOKEN}}" }}
[contracts."diary.login"]
creates = false
"""


class Diary:
    """Dates, which end after they start; `fault` names what it does wrong."""

    def __init__(self, fault: str = "") -> None:
        self.fault, self.dates, self.made = fault, dict[str, dict[str, Any]](), 0
        self.asked: list[str] = []

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        url, method = urlsplit(handler.path), handler.command
        self.asked.append(f"{method} {handler.path}")
        identifier = url.path.removeprefix("/dates").strip("/")
        try:
            if body and "json" not in handler.headers["Content-Type"]:
                reply(handler, 400)
            elif url.path != "/login" and handler.headers["Authorization"] != "Bearer s3cret-token":
                reply(handler, 401)
            elif url.path == "/login":
                reply(handler, 200, {"hello": self._fields(body, ("name",))["name"]})
            elif not identifier:
                self._all(handler, method, parse_qs(url.query), body)
            elif identifier not in self.dates:
                reply(handler, 404)
            else:
                self._one(handler, method, identifier, body)
        except (ValueError, TypeError, KeyError):
            reply(handler, 400)

    def _all(self, handler: BaseHTTPRequestHandler, method: str, query: dict[str, list[str]], body: bytes) -> None:
        if method == "GET":
            limit = int(query.get("limit", ["5"])[0])
            if "after" in query or not 1 <= limit <= (6 if self.fault == "limit" else 5):
                raise ValueError(query)
            reply(handler, 200, [self._shown(date) for date in self.dates.values()][:limit])
            return
        date = self._ruled(self._fields(body, ("title", "ends", "starts")))
        if "within" in date and date["within"] not in self.dates:
            raise ValueError(date)
        self.made += 1
        identifier = f"d_{self.made:08x}"
        self.dates[identifier] = {**date, "id": identifier}
        handler.send_response(201)
        where = "/others" if self.fault == "location" else "/dates"
        handler.send_header("Location", f"{where}/{identifier}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _one(self, handler: BaseHTTPRequestHandler, method: str, identifier: str, body: bytes) -> None:
        if method == "DELETE":
            del self.dates[identifier]
            reply(handler, 204)
            return
        if method == "PATCH":
            self.dates[identifier] = self._ruled({**self.dates[identifier], **self._fields(body, ())})
        reply(handler, 200, self._shown(self.dates[identifier]))

    def _shown(self, date: dict[str, Any]) -> dict[str, Any]:
        return {**date, "starts": 7} if self.fault == "starts" else date

    def _fields(self, body: bytes, needed: tuple[str, ...]) -> dict[str, Any]:
        found = json.loads(body)
        if not isinstance(found, dict) or not set(needed) <= found.keys():
            raise ValueError(body)
        known = {name: found[name] for name in ("title", "ends", "starts", "within", "name") if name in found}
        if not all(isinstance(value, str) for value in known.values()):
            raise TypeError(body)
        if not 1 <= len(known.get("title", "x")) <= 40:
            raise ValueError(body)
        return known

    def _ruled(self, date: dict[str, Any]) -> dict[str, Any]:
        starts, ends = (datetime.fromisoformat(re.sub(r"\.\d+", "", date[name])) for name in ("starts", "ends"))
        if ends <= starts:
            raise ValueError(date)
        return date


def asked_of(diary: Diary, folder: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> Any:
    monkeypatch.setenv("TOKEN", "s3cret-token")
    schemes = {"token": {"type": "http", "scheme": "bearer"}}
    about = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "security": [{"token": []}], "paths": PATHS}
    (folder / "diary.json").write_text(
        json.dumps({**about, "components": {"securitySchemes": schemes}}), encoding="utf-8"
    )
    with serving(diary) as base:
        (folder / "target.toml").write_text(TARGET.format(base=base) + more, encoding="utf-8")
        options = ("--contract", str(folder / "diary.json"), "--target", str(folder / "target.toml"))
        return run_suites(folder, *options, "--profile", "quick")


# A date within a date: the first stands in none.
WITHIN = """
[contracts."diary.make"]
things."body/within" = { from = "diary.make", id = "$response.header.Location" }
[contracts."diary.change"]
things."body/within" = { from = "diary.make", id = "$response.header.Location" }
"""


def test_a_lawful_server_is_accused_of_nothing_and_left_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends come after starts, a cursor is its own, a Location all there is of an answer, a login for everybody."""
    diary = Diary()
    found = asked_of(diary, tmp_path, monkeypatch, WITHIN)
    assert "failed here" not in found.output
    others = {clause: outcome for clause, outcome in found.outcomes.items() if outcome != "upheld"}
    unasked = {
        "login/status/401",
        "read/200/within/type",
        "all/200/*/within/type",
    }  # a situation, and a date within one
    assert others == {f"diary.{clause}": "unexercised" for clause in unasked}
    assert diary.dates == {}
    assert diary.made > 1
    assert found.code == 0


@pytest.mark.parametrize(
    ("fault", "clause"),
    the_first([("limit", "diary.all/request/query/limit/maximum"), ("starts", "diary.read/200/starts/type")]),
)
def test_what_it_does_wrong_is_told_all_the_same(
    fault: str, clause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = asked_of(Diary(fault), tmp_path, monkeypatch, WITHIN)
    assert found.outcomes[clause] == "broken"
    name = clause.rpartition("/")[2]
    assert all(c.endswith(name) for c, outcome in found.outcomes.items() if outcome == "broken")


def test_a_location_elsewhere_names_nothing_of_this_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    diary = Diary("location")
    found = asked_of(diary, tmp_path, monkeypatch)
    assert not [line for line in diary.asked if line.startswith(("DELETE", "PATCH"))]
    assert "broken" not in found.outcomes.values()
    assert diary.made <= 2, "one for its own questions, and one for those that need one"
    assert found.code != 0
