"""What a method says has become of a thing is read back, and what is only written is not to be shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import Finished, reply, run_suites, serving, the_first

NAME = {"type": "string", "minLength": 1, "maxLength": 40}
SIZE = {"type": "integer", "minimum": 0, "maximum": 9}
NEW: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": NAME, "size": SIZE, "key": {"type": "string", "maxLength": 30, "writeOnly": True}},
}
BOX = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer", "readOnly": True}, **NEW["properties"]},
}


def content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def paths() -> dict[str, Any]:
    ok = {"description": "ok", **content(BOX)}
    taken = {"required": True, **content(NEW)}
    changing = {"required": True, **content({**NEW, "required": []})}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    one = {
        "parameters": [parameter],
        "get": {"operationId": "read", "responses": {"200": ok}},
        "put": {"operationId": "replace", "requestBody": taken, "responses": {"200": ok}},
        "patch": {"operationId": "change", "requestBody": changing, "responses": {"200": ok}},
        "delete": {"operationId": "drop", "responses": {"204": {"description": "gone"}}},
    }
    return {
        "/boxes": {"post": {"operationId": "make", "requestBody": taken, "responses": {"201": ok}}},
        "/boxes/{id}": one,
    }


class Boxes:
    """Keeps boxes, and forgets what its `fault` says."""

    def __init__(self, fault: str = "") -> None:
        self.fault, self.boxes, self.made = fault, dict[str, dict[str, Any]](), 0

    def __call__(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        key, method = handler.path.removeprefix("/boxes").strip("/"), handler.command
        if key and key not in self.boxes:
            return reply(handler, 404)
        if method == "GET":
            return self._show(handler, 200, self.boxes[key])
        if method == "DELETE":
            return self._drop(handler, key)
        try:
            sent = json.loads(content) if handler.headers["Content-Type"] == "application/json" else None
        except ValueError:
            sent = None
        if not isinstance(sent, dict) or (method != "PATCH" and "name" not in sent) or any(wrong(sent)):
            return reply(handler, 400)
        if not key:
            self.made += 1
            key = str(self.made)
        old = self.boxes.get(key, {"id": int(key)})
        kept = method == "PATCH" and "PATCH resets" not in self.fault
        new = {**(old if kept else {"id": int(key)}), **sent}
        if "shouts" in self.fault:
            new["name"] = new["name"].upper()
        stored = old if f"{method} stores nothing" in self.fault else new
        self.boxes[key] = (
            {**stored, "size": old["size"]} if "keeps its size" in self.fault and "size" in old else stored
        )
        shown = new if "stores nothing" in self.fault or "says another" in self.fault else self.boxes[key]
        if method == "POST" and "makes another" in self.fault:
            self.boxes[key] = {**new, "name": new["name"] + "!"}
        if method == "POST" and "loses some" in self.fault and self.made % 3 == 0:
            del self.boxes[key]
        return self._show(handler, 201 if method == "POST" else 202 if "later" in self.fault else 200, shown)

    def _drop(self, handler: BaseHTTPRequestHandler, key: str) -> None:
        if "marks" in self.fault:
            self.boxes[key]["deleted"] = True
        elif "DELETE stores nothing" not in self.fault:
            del self.boxes[key]
        reply(handler, 202 if "later" in self.fault else 204)

    def _show(self, handler: BaseHTTPRequestHandler, status: int, box: dict[str, Any]) -> None:
        if f"{handler.command} answers another" in self.fault:
            box = {**box, "id": box["id"] + 1}
        shown = box if "shows its key" in self.fault else {n: v for n, v in box.items() if n != "key"}
        shown = {**shown, "key": None} if "shows none" in self.fault else shown
        reply(handler, status, {"data": shown} if "wraps" in self.fault and status == 200 else shown)


def wrong(sent: dict[str, Any]) -> Iterator[bool]:
    for name, most in (("name", 40), ("key", 30)):
        text = sent.get(name, "text")
        yield not isinstance(text, str) or len(text) > most or (name == "name" and not text)
    size = sent.get("size", 1)
    yield not isinstance(size, int | float) or isinstance(size, bool) or size != int(size) or not 0 <= size <= 9


def asked(folder: Path, fault: str, *more: str, without: str = "") -> Finished:
    described = paths()
    if without:
        del described["/boxes/{id}"][without]
    info = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": described}
    (folder / "api.json").write_text(json.dumps(info), encoding="utf-8")
    with serving(Boxes(fault)) as base:
        options = ("--contract", "api.json", "--base-url", base, "--profile", "quick", *more)
        return run_suites(folder, *options)


def broken(finished: Finished) -> set[str]:
    return {clause for clause, outcome in finished.outcomes.items() if outcome == "broken"}


def seen(finished: Finished) -> set[tuple[str, str]]:
    return {(one["about"], one["place"]) for found in finished.verdicts["contracts"] for one in found["observations"]}


@pytest.mark.parametrize("fault", the_first(["", "shouts", "keeps its size", "shows none"]))
def test_what_leaves_a_trace_is_accused_of_nothing(fault: str, tmp_path: Path) -> None:
    finished = asked(tmp_path, fault)
    assert broken(finished) == set()
    assert finished.code == 0, finished.output
    for operation in ("make", "replace", "change", "drop"):
        assert finished.outcomes[f"api.{operation}/effect"] == "upheld"
    assert finished.outcomes["api.read/200/key/writeOnly"] == "upheld"
    assert (("what a change sent is read", "size") in seen(finished)) == (fault == "keeps its size")
    assert (("what was made is read", "name") in seen(finished)) == (fault == "shouts")


@pytest.mark.parametrize(
    ("method", "operation"), the_first([("PUT", "replace"), ("PATCH", "change"), ("DELETE", "drop")])
)
def test_what_is_answered_as_done_and_is_not(method: str, operation: str, tmp_path: Path) -> None:
    finished = asked(tmp_path, f"{method} stores nothing", "-k", operation)
    assert broken(finished) == {f"api.{operation}/effect"}
    clause = finished.clause(f"api.{operation}/effect")
    assert clause["level"] == "implied"
    shown = clause["judgements"][0]["evidence"]
    assert [one["role"] for one in shown] == ["sent", "read back", *(["control"] if method != "DELETE" else [])]


@pytest.mark.parametrize(("operation", "method"), [("read", "GET"), ("change", "PATCH")])
def test_another_thing_is_answered_than_the_one_addressed(operation: str, method: str, tmp_path: Path) -> None:
    finished = asked(tmp_path, f"{method} answers another", "-k", operation)
    assert broken(finished) == {f"api.{operation}/effect"}
    assert finished.clause(f"api.{operation}/effect")["level"] == "implied"


@pytest.mark.parametrize(("fault", "status"), the_first([("makes another", 200), ("loses some", 404)]))
def test_what_is_answered_as_made_and_is_not(fault: str, status: int, tmp_path: Path) -> None:
    finished = asked(tmp_path, fault, "-k", "make/effect")
    assert broken(finished) == {"api.make/effect"}
    sent, read = finished.clause("api.make/effect")["judgements"][0]["evidence"][:2]
    assert (sent["role"], read["role"], read["response"]["status"]) == ("sent", "read back", status)


def test_what_an_answer_shows_as_stored_is_stored(tmp_path: Path) -> None:
    finished = asked(tmp_path, "keeps its size, says another", "-k", "change")
    assert broken(finished) == {"api.change/effect"}
    assert finished.clause("api.change/effect")["judgements"][0]["actual"].startswith("`size` as before")


def test_what_a_change_does_not_send_is_not_lost(tmp_path: Path) -> None:
    finished = asked(tmp_path, "PATCH resets", "-k", "change")
    assert broken(finished) == {"api.change/effect"}
    assert finished.clause("api.change/effect")["judgements"][0]["expected"].endswith(
        "as it was, since it was not sent"
    )


def test_what_is_answered_as_done_under_another_name(tmp_path: Path) -> None:
    finished = asked(tmp_path, "PUT stores nothing, wraps", "-k", "replace/effect")
    assert broken(finished) == {"api.replace/effect"}


def test_a_mark_in_place_of_a_deletion_is_noted(tmp_path: Path) -> None:
    finished = asked(tmp_path, "marks", "-k", "drop")
    assert finished.outcomes["api.drop/effect"] == "upheld"
    assert ("what was deleted is read", "") in seen(finished)


@pytest.mark.parametrize("operation", ["replace", "drop"])
def test_what_is_to_be_done_later_says_nothing(operation: str, tmp_path: Path) -> None:
    finished = asked(tmp_path, "later, PUT stores nothing", "-k", f"{operation}/effect")
    assert finished.outcomes[f"api.{operation}/effect"] == "undetermined"
    assert finished.code != 1


def test_without_a_get_there_is_no_such_clause(tmp_path: Path) -> None:
    assert not any(clause.endswith("/effect") for clause in asked(tmp_path, "", without="get").outcomes)


def test_what_is_only_written_is_not_to_be_shown(tmp_path: Path) -> None:
    finished = asked(tmp_path, "shows its key")
    assert broken(finished) == {
        f"api.{name}/{status}/key/writeOnly"
        for name, status in (("make", 201), ("read", 200), ("replace", 200), ("change", 200))
    }
    clause = finished.clause("api.make/201/key/writeOnly")
    assert clause["level"] == "implied"
    assert clause["lines"]


def test_a_dry_run_reads_what_it_changed(tmp_path: Path) -> None:
    finished = asked(tmp_path, "", "--dry-run", "-k", "effect")
    assert "DELETE" in finished.output
    assert "failed here" not in finished.output
