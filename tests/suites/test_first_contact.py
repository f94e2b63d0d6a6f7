"""What a team finds that takes its own service and file: small lawful servers, each with one habit of real ones."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import Finished, reply, run_suites, serving, the_first

Answer = tuple[int, Any]


def ok(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "done", "content": {"application/json": {"schema": schema}}}


def operation(name: str, responses: dict[str, Any], body: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    content = {"required": True, "content": {"application/json": {"schema": body}}, **more}
    return {"operationId": name, "responses": responses, **({"requestBody": content} if body else {})}


BOX = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
NAME = {"type": "string", "minLength": 1, "maxLength": 50}
NAMED = {"type": "object", "required": ["name"], "properties": {"name": NAME}}
NO = {"description": "no"}
MAKE = {"post": operation("make", {"201": ok(BOX), "400": NO, "422": NO}, NAMED)}
ONE: dict[str, Any] = {"parameters": [{"name": "b", "in": "path", "required": True, "schema": {"type": "string"}}]}
READ = operation("read", {"200": ok(BOX), "404": NO})
DROP: dict[str, Any] = {"operationId": "drop", "responses": {"204": NO, "404": NO}}
PATHS: dict[str, Any] = {"/boxes": MAKE, "/boxes/{b}": {**ONE, "get": READ, "delete": DROP}}


class Boxes:
    """Boxes with names; `missing` answers a read of none, and `also` whatever it knows of a method and a path."""

    def __init__(self, also: Callable[[Boxes, str, str, Any], Answer | None] = lambda *_: None) -> None:
        self.there: dict[str, dict[str, Any]] = {}
        self.also = also
        self.missing: Answer = 404, {}

    def __call__(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        reply(handler, *self.answer(handler, content))

    def answer(self, handler: BaseHTTPRequestHandler, content: bytes) -> Answer:
        method, path, body = handler.command, handler.path, None
        if method not in {"GET", "DELETE"}:
            if handler.headers.get_content_type() != "application/json" or "Content-Type" not in handler.headers:
                return 415, {}
            try:
                body = json.loads(content)
            except ValueError:
                return 400, {}
        return self.also(self, method, path, body) or self.usual(method, path, body)

    def usual(self, method: str, path: str, body: Any) -> Answer:
        if method == "POST":
            return self.made("/boxes", body)
        if path not in self.there:
            return self.missing if method == "GET" else (404, {})
        return (200, self.there[path]) if method == "GET" else (204, self.there.pop(path) and None)

    def made(self, below: str, body: Any) -> Answer:
        if not is_named(body):
            return 422, {}
        box = {"id": secrets.token_hex(8), "name": body["name"]}
        self.there[f"{below}/{box['id']}"] = box
        return 201, box


def is_named(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(body.get("name"), str) and 1 <= len(body["name"]) <= 50


def asked(folder: Path, boxes: Boxes, paths: dict[str, Any], *options: str, target: str = "") -> Finished:
    about = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
    (folder / "api.json").write_text(json.dumps(about), encoding="utf-8")
    with serving(boxes) as url:
        (folder / "target.toml").write_text(
            f'name = "x"\n[openapi."api.json"]\nbase_url = "{url}"\n{target}', encoding="utf-8"
        )
        return run_suites(folder, "--target", str(folder / "target.toml"), "--profile", "quick", *options)


def worse(finished: Finished) -> dict[str, str]:
    """What is not upheld."""
    return {clause: outcome for clause, outcome in finished.outcomes.items() if outcome != "upheld"}


def test_what_cannot_be_read_is_400_and_what_does_not_fit_422(tmp_path: Path) -> None:
    """And what comes without a media type 415, of which the file says nothing."""
    found = asked(tmp_path, boxes := Boxes(), PATHS, "--contract", "api.make")
    assert (worse(found), found.code, boxes.there) == ({}, 0, {})


@pytest.mark.long
def test_what_was_patched_with_what_nobody_keeps_is_deleted(tmp_path: Path) -> None:
    def patch(boxes: Boxes, method: str, path: str, body: Any) -> Answer | None:
        if method != "PATCH" or path not in boxes.there:
            return None
        if not isinstance(body, dict) or ("name" in body and not is_named(body)):
            return 422, {}
        boxes.there[path].update({"name": body["name"]} if "name" in body else {})
        return 200, boxes.there[path]

    change = operation("change", {"200": ok(BOX), "404": NO}, {"type": "object", "properties": {"name": NAME}})
    paths = {**PATHS, "/boxes/{b}": {**PATHS["/boxes/{b}"], "patch": change}}
    found = asked(tmp_path, boxes := Boxes(patch), paths, "--contract", "api.change", "--profile", "ci")
    assert (worse(found), found.code, boxes.there) == ({}, 0, {})


def test_a_body_that_may_be_left_out_by_the_file_alone_is_blamed_by_itself(tmp_path: Path) -> None:
    def patch(boxes: Boxes, method: str, path: str, body: Any) -> Answer | None:
        if method != "PATCH" or path not in boxes.there:
            return None
        boxes.there[path].update({"name": body["name"]} if is_named(body) else {})
        return (200, boxes.there[path]) if is_named(body) else (422, {})

    change = operation("change", {"200": ok(BOX), "404": NO}, NAMED, required=False)
    paths = {**PATHS, "/boxes/{b}": {**PATHS["/boxes/{b}"], "patch": change}}
    found = asked(tmp_path, Boxes(patch), paths, "--contract", "api.change")
    assert {c for c, o in worse(found).items() if o == "broken"} == {"api.change/request/body/optional"}, found.output
    assert "it differs from the control in the body alone" in found.output


@pytest.mark.parametrize(("fresh", "gives_in"), [("", False), (", fresh = true", False), (", fresh = true", True)])
def test_a_thing_that_moves_on_may_be_a_new_one_each_time(fresh: str, gives_in: bool, tmp_path: Path) -> None:
    """And what comes twice to the same one conflicts, as the file says of 409; else the reason says how it went."""

    def move(boxes: Boxes, method: str, path: str, body: Any) -> Answer | None:
        box = boxes.there.get(path.removesuffix("/move"))
        if not path.endswith("/move") or box is None:
            return (404, {}) if path.endswith("/move") else None
        if not isinstance(body, dict) or body.get("to") != "done" or not isinstance(body.get("why", ""), str):
            return 422, {}
        moved, box["state"] = box.get("state"), "done"
        return (409, {}) if moved and not gives_in else (200, box)

    to = {"type": "object", "required": ["to"], "properties": {"to": {"enum": ["done"]}, "why": {"type": "string"}}}
    paths = {**PATHS, "/boxes/{b}/move": {**ONE, "post": operation("move", {"200": ok(BOX), "404": NO, "409": NO}, to)}}
    target = f'[contracts."api.move"]\ncreates = false\nthings.b = {{ from = "api.make", id = "$.id"{fresh} }}\n'
    found = asked(tmp_path, boxes := Boxes(move), paths, "--contract", "api.move", target=target)
    assert boxes.there == {}
    conflict = {"api.move/status/409": "unexercised"} if gives_in else {}
    assert (worse(found) == conflict) is bool(fresh), worse(found)
    assert ("sent again as it was, the plain request got 200" in found.output) is gives_in
    assert found.code == (0 if fresh else 1)


def test_what_stands_within_nobodys_thing_is_not_made_there(tmp_path: Path) -> None:
    def inside(boxes: Boxes, method: str, path: str, body: Any) -> Answer | None:
        above, _, last = path.rpartition("/")
        if method == "POST" and last in {"items", "notes"}:
            return boxes.made(path, body) if above in boxes.there else (404, {})
        return None

    errors = {"201": ok(BOX), "default": NO}
    item = {"parameters": [*ONE["parameters"], {**ONE["parameters"][0], "name": "i"}]}
    paths = {
        **PATHS,
        "/boxes/{b}/items": {**ONE, "post": operation("makeItem", errors, NAMED)},
        "/boxes/{b}/items/{i}": {**item, "get": operation("readItem", {"200": ok(BOX)}), "delete": DROP},
        "/boxes/{b}/items/{i}/notes": {**item, "post": operation("makeNote", errors, NAMED)},
    }
    found = asked(tmp_path, Boxes(inside), paths, "--contract", "api.makeNote")
    assert worse(found) == {}


def test_a_situations_own_value_goes_before_a_thing(tmp_path: Path) -> None:
    def about(boxes: Boxes, method: str, path: str, body: Any) -> Answer | None:
        if path != "/about":
            return None
        box = body.get("box") if isinstance(body, dict) else None
        found = boxes.there.get(f"/boxes/{box}")
        return (422, {}) if not isinstance(box, str) else (200, found) if found else (404, {})

    named = {"type": "object", "required": ["box"], "properties": {"box": {"type": "string"}}}
    paths = {**PATHS, "/about": {"post": operation("about", {"200": ok(BOX), "404": NO}, named)}}
    target = '[contracts."api.about"]\ncreates = false\nthings."body/box" = { from = "api.make", id = "$.id" }\n'
    situation = 'situations.status-404.body = { box = "nobodys" }\n'
    found = asked(tmp_path, boxes := Boxes(about), paths, "--contract", "api.about", target=target + situation)
    assert (worse(found), found.code, boxes.there) == ({}, 0, {})
    without = asked(tmp_path, Boxes(about), paths, "--contract", "api.about")
    assert 'as in things."body/box" = { from' in without.output


def test_null_for_what_is_not_there_is_no_documented_404_and_leaves_nothing(tmp_path: Path) -> None:
    boxes = Boxes()
    boxes.missing = (200, b"null")
    found = asked(tmp_path, boxes, PATHS)
    assert worse(found)["api.read/status/404"] == "broken", found.output
    assert {c for c, outcome in worse(found).items() if outcome == "broken"} == {"api.read/status/404"}
    assert boxes.there == {}
    assert "may be left" not in found.output


def test_what_needs_a_thing_is_deleted_before_it(tmp_path: Path) -> None:
    """A box is not deleted while an item names it, and is made by the way, when an item is to be made."""

    def named(boxes: Boxes, method: str, path: str, body: Any) -> Answer | None:
        if method == "POST" and path == "/items":
            box = body.get("box_id") if isinstance(body, dict) else None
            status, item = boxes.made(path, body) if f"/boxes/{box}" in boxes.there else (422, {})
            item |= {"box_id": box} if status == 201 else {}
            return status, item
        used = any(f"/boxes/{other.get('box_id')}" == path for other in boxes.there.values())
        return (409, {}) if method == "DELETE" and used else None

    box_id, texts = {"parameters": [{**ONE["parameters"][0], "name": "box_id"}]}, {"type": "string"}
    new = {"type": "object", "required": ["name", "box_id"], "properties": {"name": NAME, "box_id": texts}}
    drop_item: dict[str, Any] = {**DROP, "operationId": "dropItem"}
    paths = {
        "/boxes": MAKE,
        "/boxes/{box_id}": {**box_id, "delete": DROP},
        "/items": {"post": operation("makeItem", {"201": ok(BOX), "422": NO}, new)},
        "/items/{b}": {**ONE, "get": {**READ, "operationId": "readItem"}, "delete": drop_item},
    }
    found = asked(tmp_path, boxes := Boxes(named), paths, "--contract", "api.readItem")
    assert (worse(found), found.code, boxes.there) == ({}, 0, {}), found.output


@pytest.mark.parametrize("disposable", the_first([False, True]))
def test_of_what_never_shows_what_was_sent_few_are_made(disposable: bool, tmp_path: Path) -> None:
    """A job shows its state, and not what it is to do: whose it is nobody can tell, unless nothing is anybody's."""
    made: list[str] = []

    def jobs(boxes: Boxes, method: str, path: str, body: Any) -> Answer | None:
        if method != "POST" or not is_named(body):
            return None
        job = {"id": secrets.token_hex(8), "state": "queued"}
        boxes.there[f"/boxes/{job['id']}"] = job
        made.append(job["id"])
        return 201, job

    said = '[contracts."api.make"]\ndisposable = true\n' if disposable else ""
    found = asked(tmp_path, boxes := Boxes(jobs), PATHS, "--contract", "api.make", "--profile", "ci", target=said)
    assert bool(boxes.there) == (not disposable)
    assert (len(made) > 30) == disposable  # it is seen at the twentieth, when others are under way
    assert ("disposable = true where nothing is anybody's" in found.output) == (not disposable)
    assert found.code == (0 if disposable else 1), found.output


def test_what_nobody_makes_and_nobody_named_is_not_there_and_the_cure_is_told(tmp_path: Path) -> None:
    paths = {"/boxes/{b}": {**ONE, "get": READ}}
    found = asked(tmp_path, Boxes(), paths, "--contract", "api.read")
    assert found.code == 2, "nothing at all could be judged"
    assert (
        'nobody said what `b` names: let the target say path.b = "…", or what makes one, things.b = {' in found.output
    )


def test_several_ids_are_of_the_only_list_of_objects_that_was_sent(tmp_path: Path) -> None:
    def many(boxes: Boxes, method: str, path: str, body: Any) -> Answer | None:
        if method != "POST":
            return None
        sent = body.get("boxes") if isinstance(body, dict) else None
        if not isinstance(sent, list) or not 1 <= len(sent) <= 3 or not all(map(is_named, sent)):
            return 422, {}
        return 201, {"ids": [boxes.made("/boxes", one)[1]["id"] for one in sent]}

    listed = {"type": "array", "minItems": 1, "maxItems": 3, "items": NAMED}
    wanted = {"type": "object", "required": ["boxes"], "properties": {"boxes": listed}}
    ids = {"type": "object", "properties": {"ids": {"type": "array", "items": {"type": "string"}}}}
    make = {"post": operation("make", {"201": ok(ids), "400": NO, "422": NO}, wanted)}
    target = '[contracts."api.make"]\ncreated_ids = "$.ids[*]"\noutside.delete = { path = "/boxes/{id}" }\n'
    found = asked(tmp_path, boxes := Boxes(many), {**PATHS, "/boxes": make}, "--contract", "api.make", target=target)
    assert boxes.there == {}, found.output
    assert (worse(found), found.code) == ({}, 0), found.output


def test_what_an_endpoint_does_wrong_with_its_own_ids_hides_nothing_of_what_takes_them(tmp_path: Path) -> None:
    """Its file calls them UUIDs, and they are none: what else of such a request breaks, breaks alone."""

    def note(boxes: Boxes, method: str, path: str, body: Any) -> Answer | None:
        if path != "/notes":
            return None
        if not isinstance(body, dict) or f"/boxes/{body.get('box_id')}" not in boxes.there or not is_named(body):
            return 422, {}
        return 201, {"id": secrets.token_hex(8)}

    uuid = {"type": "string", "format": "uuid"}
    wanted = {"type": "object", "required": ["name", "box_id"], "properties": {"name": NAME, "box_id": uuid}}
    one = {"parameters": [{"name": "box_id", "in": "path", "required": True, "schema": uuid}], "get": READ}
    notes = {"post": operation("note", {"201": ok(BOX), "400": NO, "422": NO}, wanted)}
    paths = {"/boxes": MAKE, "/boxes/{box_id}": {**one, "delete": DROP}, "/notes": notes}
    target = '[contracts."api.note"]\ncreates = false\n'
    found = asked(tmp_path, Boxes(note), paths, "--contract", "api.note", target=target)
    for clause in ("type", "minLength", "maxLength", "required"):
        assert found.outcomes[f"api.note/request/name/{clause}"] == "upheld", found.output
