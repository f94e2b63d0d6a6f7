"""Of an OpenAPI file too: what is made is known, and what a run has not made it neither changes nor deletes."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from contracts.contract import load_contracts
from contracts.errors import UserError
from endpoints.__main__ import main
from endpoints.targets import load_target
from suites.run import Plan
from tests.helpers import reply, run_module, run_suites, serving

AUTHENTICATED = 'authentication.headers.headers = { Authorization = "Bearer ${TOKEN}" }\n'
ID = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
ONE = {"200": {"description": "one", "content": {"application/json": {"schema": ID}}}}
NOTE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}


def described(folder: Path, paths: dict[str, Any], base: str, more: str = "") -> tuple[str, ...]:
    """Options of a run over a file with these paths."""
    (folder / "api.json").write_text(
        json.dumps({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}), encoding="utf-8"
    )
    (folder / "target.toml").write_text(
        f'name = "x"\n[openapi."api.json"]\nbase_url = "{base}"\n{more}', encoding="utf-8"
    )
    return ("--contract", str(folder / "api.json"), "--target", str(folder / "target.toml"), "--profile", "quick")


def holds_text(body: bytes) -> bool:
    """Whether a body is a NOTE."""
    try:
        text = json.loads(body)["text"]
    except (ValueError, TypeError, KeyError):
        return False
    return isinstance(text, str) and text != ""


def adding(answer: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": NOTE}}
    made = {"description": "made", "content": {"application/json": {"schema": answer}}}
    body = {"required": True, "content": content}
    return {"post": {"operationId": "add", "requestBody": body, "responses": {"201": made}}}


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ('"path/id" = { from = "api.add", id = "$.id" }', "a path parameter is named alone: things.id"),
        (
            'id = { from = "api.add", id = "$response.header.ETag" }',
            "ETag is not read; an id comes by JSONPath, or $re",
        ),
    ],
)
def test_what_would_name_nothing_is_told_before_anything_is_sent(thing: str, said: str, tmp_path: Path) -> None:
    named = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    read = {"parameters": named, "operationId": "read", "responses": ONE}
    paths = {"/notes": adding(ID), "/notes/{id}": {"get": read}}
    more = f'[contracts."api.read"]\nthings.{thing}\n'
    described(tmp_path, paths, "http://127.0.0.1:9", more)
    told = CliRunner().invoke(main, ["targets", "--check", str(tmp_path / "target.toml")])
    assert told.exit_code != 0
    assert said in " ".join(told.output.split()), told.output


class Notes:
    """Takes notes, and has nothing to read or delete them by; `named` says whether it answers their ids."""

    def __init__(self, named: bool) -> None:
        self.named, self.made, self.asked = named, 0, list[str]()

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.asked.append(f"{handler.command} {handler.path}")
        try:
            sent = json.loads(body)
            assert isinstance(sent["text"], str)
            assert sent["text"]
        except (ValueError, TypeError, KeyError, AssertionError):
            reply(handler, 400)
            return
        self.made += 1
        reply(handler, 201, {"id": self.made} if self.named else {"text": sent["text"]})


@pytest.mark.parametrize("named", [True, False])
def test_what_a_post_makes_is_known_though_the_file_has_nothing_to_delete_it(named: bool, tmp_path: Path) -> None:
    notes = Notes(named)
    with serving(notes) as base:
        found = run_suites(
            tmp_path, *described(tmp_path, {"/notes": adding(ID if named else {"type": "object"})}, base)
        )
    assert found.code != 0
    assert found.verdicts["run"]["left"] == notes.made
    assert list((tmp_path / ".clausewise").iterdir())
    assert notes.made > 1 if named else notes.made == 1, "what names no id is not made again"
    assert ("no way to delete is known" if named else "creates = false") in found.output
    assert "/notes  (api.add); nothing is known that deletes what it makes" in found.output


def test_a_target_may_say_that_a_post_makes_nothing(tmp_path: Path) -> None:
    notes = Notes(named=False)
    with serving(notes) as base:
        options = described(tmp_path, {"/notes": adding({"type": "object"})}, base, "creates = false\n")
        found = run_suites(tmp_path, *options)
    assert found.verdicts["run"]["left"] == 0
    assert notes.made > 1


def test_what_is_disposable_is_changed_and_deleted(tmp_path: Path) -> None:
    notes = Notes(named=True)
    gone = {"responses": {"204": {"description": "gone"}}}
    with serving(notes) as base:
        run_suites(tmp_path, *described(tmp_path, {"/everything": {"delete": gone}}, base, "disposable = true\n"))
    assert "DELETE /everything" in notes.asked


@pytest.mark.parametrize("path", ["", 'path = { tenant = "acme" }\n', 'path = { tenant = "acme", id = "7" }\n'])
def test_what_a_run_has_not_made_it_neither_changes_nor_deletes(path: str, tmp_path: Path) -> None:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": kind}}
        for name, kind in (("tenant", "string"), ("id", "integer"))
    ]
    change = {
        "requestBody": {"content": {"application/json": {"schema": NOTE}}},
        "responses": {"200": {"description": "ok"}},
    }
    gone = {"responses": {"204": {"description": "gone"}, "404": {"description": "none"}}}
    paths = {
        "/tenants/{tenant}/things/{id}": {"parameters": parameters, "delete": gone, "patch": change, "put": change},
        "/tenants/{tenant}": {"parameters": parameters[:1], "delete": gone},
        "/everything": {"delete": gone},
    }
    notes = Notes(named=True)
    with serving(notes) as base:
        found = run_suites(tmp_path, *described(tmp_path, paths, base, path))
    assert notes.asked == []
    assert found.code == 2
    assert set(found.outcomes.values()) == {"unexercised"}
    assert "is only sent to what this run has made itself" in found.output


class Shop:
    """Makes, reads, changes and deletes things; it answers the id of somebody's, whatever it has made itself."""

    def __init__(self) -> None:
        self.things: dict[str, dict[str, Any]] = {"1": {"id": 1, "text": "somebody's"}}
        self.touched: list[str] = []

    def __call__(self, handler: BaseHTTPRequestHandler, _: bytes) -> None:
        identifier = handler.path.removeprefix("/things").strip("/")
        if handler.command == "POST":
            made = str(len(self.things) + 1)
            self.things[made] = {"id": int(made), "text": "mine"}
            reply(handler, 201, {"id": 1})
        elif identifier not in self.things:
            reply(handler, 404, {})
        else:
            self.touched += [f"{handler.command} {handler.path}"] if handler.command != "GET" else []
            reply(handler, 200, self.things[identifier])


def test_what_an_answer_names_is_changed_only_after_it_shows_what_was_sent(tmp_path: Path) -> None:
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    answer = {"description": "ok", "content": {"application/json": {"schema": ID}}}
    body = {"content": {"application/json": {"schema": NOTE}}}
    paths = {
        "/things": adding(ID),
        "/things/{id}": {
            "parameters": [parameter],
            "get": {"responses": {"200": answer}},
            "put": {"requestBody": body, "responses": {"200": answer}},
            "delete": {"responses": {"200": answer}},
        },
    }
    shop = Shop()
    with serving(shop) as base:
        found = run_suites(tmp_path, *described(tmp_path, paths, base))
    assert shop.touched == []
    assert found.code != 0
    assert "does not show what was sent" in found.output


def test_what_was_there_before_the_run_is_not_deleted_although_it_shows_what_was_sent(tmp_path: Path) -> None:
    """A POST that is merged into somebody's record, and answers its id."""
    things: dict[str, Any] = {str(number): {"id": number, "text": "years of work"} for number in (1, 2)}
    deleted: list[str] = []

    def merging(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        identifier = handler.path.rpartition("/")[2]
        if handler.command == "POST":
            try:
                things["1"] = {"id": 1, "text": json.loads(body)["text"]}
            except (ValueError, TypeError, KeyError):
                reply(handler, 400)
                return
            reply(handler, 201, things["1"])
        elif identifier == "things":
            reply(handler, 200, list(things.values()))
        elif handler.command == "DELETE" and identifier in things:
            deleted.append(identifier)
            del things[identifier]
            reply(handler, 204)
        else:
            reply(handler, 200 if identifier in things else 404, things.get(identifier, {}))

    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    shown = {"description": "ok", "content": {"application/json": {"schema": ID}}}
    listed = {"description": "ok", "content": {"application/json": {"schema": {"type": "array", "items": ID}}}}
    paths = {
        "/things": {**adding(ID), "get": {"responses": {"200": listed}}},
        "/things/{id}": {
            "parameters": [parameter],
            "get": {"responses": {"200": shown}},
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
    }
    with serving(merging) as base:
        found = run_suites(tmp_path, *described(tmp_path, paths, base))
    assert deleted == []
    assert found.code != 0
    assert "what was there before the run" in found.output


@pytest.mark.parametrize(
    ("more", "takes"),
    [
        ('situations.status-409.body = { text = "taken" }\n', lambda text: text != "taken"),
        ('tenant.text = { enum = ["red", "blue"] }\n', {"red", "blue"}.__contains__),
    ],
    ids=["a situation", "a field"],
)
def test_a_text_that_the_target_says_is_sent_as_it_is(more: str, takes: Callable[[str], bool], tmp_path: Path) -> None:
    made: list[str] = []

    def answering(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if not holds_text(body) or handler.headers["Content-Type"] != "application/json":
            return reply(handler, 400)
        text = json.loads(body)["text"]
        if not takes(text):
            return reply(handler, 409)
        made.append(text)
        return reply(handler, 201, {"id": len(made)})

    paths = {"/notes": adding(ID)}
    paths["/notes"]["post"]["responses"]["409"] = {"description": "there is such a note"}
    with serving(answering) as base:
        found = run_suites(tmp_path, *described(tmp_path, paths, base, more))
    assert made
    assert "broken" not in found.outcomes.values()
    assert (found.outcomes["api.add/status/409"] == "upheld") == ("409" in more)
    assert found.outcomes["api.add/operation"] == "upheld"


def test_what_makes_things_no_longer_leaves_their_clauses_undetermined(tmp_path: Path) -> None:
    """A quota that is spent, or rights that are lost, on the way: as for the operation itself."""
    things: dict[str, Any] = {}

    def answering(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        identifier = handler.path.rpartition("/")[2]
        fits = holds_text(body)
        if handler.command == "POST":
            if not fits or len(made) >= most:
                return reply(handler, 400, {"error": "no"})
            made.append(body)
            things[str(len(made))] = {"id": len(made), **json.loads(body)}
            return reply(handler, 201, things[str(len(made))])
        if identifier not in things:
            return reply(handler, 404)
        kept = things.pop(identifier) if handler.command == "DELETE" else things[identifier]
        return reply(handler, 204) if handler.command == "DELETE" else reply(handler, 200, kept)

    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths = {
        "/things": adding(ID),
        "/things/{id}": {
            "parameters": [parameter],
            "get": {"operationId": "show", "responses": ONE},
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
    }
    made, most = list[bytes](), 10_000
    with serving(answering) as base:
        first = run_suites(tmp_path, *described(tmp_path, paths, base), "-k", "api.add")
        made, most = [], len(made)
        found = run_suites(tmp_path, *described(tmp_path, paths, base))
    assert first.code == 0
    assert found.code == 1
    assert found.outcomes["api.add/operation"] == "upheld"
    assert found.outcomes["api.show/operation"] == "undetermined"
    assert "was accepted before, but no longer: 400" in found.output
    assert not things


def test_what_stands_within_a_thing_is_deleted_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By `--check --live`, as by a run."""
    there: dict[str, Any] = {}  # by their paths

    def answering(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path, shelf = handler.path, "/".join(handler.path.split("/")[:3])
        if handler.command == "POST" and (path == shelf or shelf in there):
            number = len(made)
            made.append(path)
            there[f"{path}/{number}"] = {"id": number, **json.loads(body)}
            return reply(handler, 201, there[f"{path}/{number}"])
        if path not in there or shelf not in there:
            return reply(handler, 404)
        kept = there.pop(path) if handler.command == "DELETE" else there[path]
        return reply(handler, 204) if handler.command == "DELETE" else reply(handler, 200, kept)

    made = ["no number"]
    gone = {"204": {"description": "gone"}}
    shelf = [{"name": "shelf", "in": "path", "required": True, "schema": {"type": "integer"}}]
    note = [*shelf, {"name": "note", "in": "path", "required": True, "schema": {"type": "integer"}}]
    paths = {
        "/shelves": {"post": {**adding(ID)["post"], "operationId": "addShelf"}},
        "/shelves/{shelf}": {
            "parameters": shelf,
            "get": {"operationId": "readShelf", "responses": ONE},
            "delete": {"operationId": "dropShelf", "responses": gone},
        },
        "/shelves/{shelf}/notes": {"parameters": shelf, "post": {**adding(ID)["post"], "operationId": "addNote"}},
        "/shelves/{shelf}/notes/{note}": {
            "parameters": note,
            "get": {"operationId": "readNote", "responses": ONE},
            "delete": {"operationId": "dropNote", "responses": gone},
        },
    }
    monkeypatch.chdir(tmp_path)
    with serving(answering) as base:
        described(tmp_path, paths, base)
        done = CliRunner().invoke(main, ["targets", "--check", "target.toml", "--live"])
        announced = list(Plan.of("target.toml", ["api.json#readNote"], None, []).announcement())[:3]
    assert done.exit_code == 0, done.output
    assert there == {}
    assert [line.partition("  (")[2] for line in announced] == ["api.readNote)", "api.addShelf)", "api.addNote)"]


def test_a_file_whose_address_nobody_said(tmp_path: Path) -> None:
    options = described(tmp_path, {"/notes": adding(ID)}, "http://127.0.0.1:9")
    found = run_suites(tmp_path, *options[:2])
    assert found.code == 4
    assert 'say where it is served, by --base-url URL or a target with [openapi."api.json"]' in found.output


def test_an_address_without_the_path_of_the_files_servers(tmp_path: Path) -> None:
    options = described(tmp_path, {"/notes": adding(ID)}, "")
    file = Path(options[1])
    served = {**json.loads(file.read_text(encoding="utf-8")), "servers": [{"url": "https://api.example.com/v2/"}]}
    file.write_text(json.dumps(served), encoding="utf-8")
    with serving(lambda handler, _: reply(handler, 404, {})) as url:
        found = run_suites(tmp_path, *options[:2], "--base-url", url)
    assert "got 404 {}; its file's servers have the path /v2, which base_url lacks" in found.output


def test_things_of_an_endpoint_that_is_not_there_are_undetermined(tmp_path: Path) -> None:
    listed = {"200": {"description": "all", "content": {"application/json": {"schema": {"type": "array"}}}}}
    paths = {"/notes": {**adding(ID), "get": {"operationId": "listNotes", "responses": listed}}}
    options = described(tmp_path, paths, "http://127.0.0.1:9")
    found = run_suites(tmp_path, "--contract", f"{options[1]}#listNotes", *options[2:])
    assert found.code == 2
    assert set(found.outcomes.values()) == {"undetermined"}, found.output
    assert "path = {" not in found.output


def test_a_server_that_does_not_know_a_thing_accuses_no_body_that_is_sent_to_it(tmp_path: Path) -> None:
    """Of two behind one address, each knows what it has made itself: every other change finds nothing."""
    things: dict[str, Any] = {}
    changes = count()

    def answering(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        identifier = handler.path.rpartition("/")[2]
        fits = holds_text(body)
        if handler.command == "POST" and fits:
            number = str(len(things) + 1)
            things[number] = {"id": int(number), **json.loads(body)}
            return reply(handler, 201, things[number])
        if handler.command != "POST" and (identifier not in things or (handler.command == "PUT" and next(changes) % 2)):
            return reply(handler, 404)
        if handler.command in {"POST", "PUT"} and not fits:
            return reply(handler, 400)
        return reply(handler, 200, things[identifier])

    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    body = {"required": True, "content": {"application/json": {"schema": NOTE}}}
    item = {"parameters": [parameter], "get": {"responses": ONE}}
    item["put"] = {"operationId": "change", "requestBody": body, "responses": ONE}
    with serving(answering) as base:
        found = run_suites(tmp_path, *described(tmp_path, {"/things": adding(ID), "/things/{id}": item}, base))
    accused = {clause for clause, outcome in found.outcomes.items() if outcome == "broken"}
    assert {clause for clause in accused if "content-type" not in clause} == set(), found.output
    assert "undetermined" in found.outcomes.values()


def test_a_secret_is_no_thing(tmp_path: Path) -> None:
    """A server that echoes a token as the id of a shelf gets it into no address, and into no ledger."""
    asked = list[str]()

    def shelves(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked.append(f"{handler.command} {handler.path}")
        reply(handler, 201 if holds_text(body) else 400, {"id": "s3cret-token"} if holds_text(body) else None)

    text = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    books = adding(text)
    books["post"]["operationId"] = "addBook"
    books["parameters"] = [{"name": "shelf", "in": "path", "required": True, "schema": {"type": "string"}}]
    with serving(shelves) as url:
        options = described(tmp_path, {"/shelves": adding(text), "/shelves/{shelf}/books": books}, url, AUTHENTICATED)
        run_suites(tmp_path, *options, TOKEN="s3cret-token")
    assert "POST /shelves" in asked
    assert not [one for one in asked if "s3cret" in one]
    assert all("s3cret" not in file.read_text(encoding="utf-8") for file in (tmp_path / ".clausewise").iterdir())


def test_files_of_one_name_are_not_taken_for_one_another(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        described(tmp_path / folder, {"/notes": adding(ID)}, "http://127.0.0.1:9")
    files = [str(tmp_path / folder / "api.json") for folder in ("x", "y")]
    assert len(load_contracts((files[0], files[0]))) == 1
    with pytest.raises(UserError, match=r"y/api.json: .*x/api.json has the same name"):
        load_contracts(tuple(files))
    both = "".join(f'[openapi."{one}/api.json"]\nbase_url = "http://127.0.0.1:9"\n' for one in "xy")
    (tmp_path / "target.toml").write_text(f'name = "x"\n{both}', encoding="utf-8")
    with pytest.raises(UserError, match=r"openapi.'y/api.json': another file has the same name"):
        load_target(tmp_path / "target.toml")


def test_a_name_in_a_file_is_no_command_of_a_log(tmp_path: Path) -> None:
    answer = {"type": "object", "properties": {"##[error]x": {"type": "string"}, "id": {"type": "integer"}}}
    options = described(tmp_path, {"/notes": adding(answer)}, "http://127.0.0.1:9")
    listed = run_module("pytest", "suites", "--collect-only", "-q", *options).stdout
    assert "u0023#[error]x/type" in listed
    assert "##[" not in listed
