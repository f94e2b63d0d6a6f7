"""A server whose PUT makes what is not there, whose POST takes many at once, and which refuses as `default` says."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from contracts.contract import open_contracts
from endpoints.cleaning import clean_up
from endpoints.ledger import Intent, Ledger
from endpoints.targets import load_target
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


PATHS: dict[str, Any] = {
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

    def __init__(self, keeps: bool = False) -> None:
        self.shelves, self.made, self.asked = dict[int, dict[str, Any]](), 0, list[str]()
        self.keeps = keeps  # a shelf on which something stands

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
        elif handler.command == "DELETE" and slot:
            reply(handler, 204 if self.shelves[shelf].pop(slot, None) else 404)
        elif handler.command == "DELETE" and self.keeps and any(self.shelves[shelf]):
            reply(handler, 409)
        elif handler.command == "DELETE":
            del self.shelves[shelf]
            reply(handler, 204)
        elif handler.command == "PUT" and not slot:
            self.shelves[shelf][""] = named(sent)
            reply(handler, 200, {"name": named(sent)})
        elif handler.command == "PUT":
            status = 200 if slot in self.shelves[shelf] else 201
            self.shelves[shelf][slot] = named(sent)
            reply(handler, status, {"name": named(sent)})
        elif self.keeps and slot and slot not in self.shelves[shelf]:
            reply(handler, 404)
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


CARD_ID = {"name": "card", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
CARD = {
    "parameters": [CARD_ID],
    "put": operation("fill", NAME, s200=NAME, s201=NAME, s400=None, s422=None),
    "get": operation("look", s200=NAME, s404=None),
    "patch": operation("edit", NAME, s200=NAME, s404=None, s422=None),
    "delete": operation("drop", s204=None, s404=None),
}
CARDS = """
name = "cards"
[openapi."cards.json"]
base_url = "{base}"
[contracts."cards.fill"]
disposable = true
{more}
"""
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Cards:
    """Cards that clients name; `fails` answers some of the changes with 500 after they have taken place."""

    def __init__(self, fails: bool = False, another: str = "") -> None:
        self.cards, self.changes, self.fails = dict[str, str](), 0, fails
        self.another = another  # the id that answers show, whatever was addressed

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        card = handler.path.rpartition("/")[2]
        if card == "cards":
            reply(handler, 200, [{"name": name} for name in self.cards.values()])
        elif not re.fullmatch(UUID, card, re.IGNORECASE):
            reply(handler, 400)
        elif handler.command != "PUT" and card not in self.cards:
            reply(handler, 404)
        elif handler.command == "DELETE":
            del self.cards[card]
            reply(handler, 204)
        elif body and "json" not in handler.headers["Content-Type"]:
            reply(handler, 415)
        else:
            try:
                self._answer(handler, card, body)
            except (ValueError, TypeError, KeyError):
                reply(handler, 422)

    def _answer(self, handler: BaseHTTPRequestHandler, card: str, body: bytes) -> None:
        status = 201 if card not in self.cards else 200
        if handler.command != "GET":
            self.cards[card] = named(json.loads(body))
            self.changes += 1
            status = 500 if self.fails and self.changes % 7 == 0 else status
        reply(handler, status, {"name": self.cards[card], "card": self.another or card})


def write(file: Path, described: Any = CARD) -> None:
    paths = {"/cards": {"get": operation("all", s200={"type": "array", "items": NAME})}, "/cards/{card}": described}
    openapi = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
    file.write_text(json.dumps(openapi), encoding="utf-8")


def run_on(cards: Cards, folder: Path, more: str = "", target: str = CARDS, described: Any = CARD) -> Any:
    write(folder / "cards.json", described)
    with serving(cards) as base:
        (folder / "target.toml").write_text(target.format(base=base, more=more), encoding="utf-8")
        options = ("--contract", str(folder / "cards.json"), "--target", str(folder / "target.toml"))
        return run_suites(folder, *options, "--profile", "quick")


def test_what_a_client_names_and_no_post_makes_is_made_by_put_and_deleted(tmp_path: Path) -> None:
    cards = Cards()
    found = run_on(cards, tmp_path)
    assert {clause for clause, outcome in found.outcomes.items() if outcome != "upheld"} == set(), found.output
    assert cards.changes > 20
    assert cards.cards == {}, found.output
    assert found.code == 0


def test_an_id_that_a_client_names_is_that_of_the_answer(tmp_path: Path) -> None:
    named_too = {"type": "object", "properties": {"card": {"type": "string"}, "name": {"type": "string"}}}
    described = {**CARD, "get": operation("look", s200=named_too, s404=None)}
    found = run_on(Cards(another="00000000-1111-4222-8333-444444444444"), tmp_path, described=described)
    assert [clause for clause, outcome in found.outcomes.items() if outcome == "broken"] == ["cards.look/effect"]


def test_one_id_may_be_named_within_several_things(tmp_path: Path) -> None:
    """All are known: what stands within a shelf is deleted before it, or is gone with it."""
    paths = {
        **PATHS,
        "/shelves/{id}/slots/{slot}": {**PATHS["/shelves/{id}/slots/{slot}"], "delete": operation("empty", s204=None)},
    }
    (tmp_path / "shelves.json").write_text(
        json.dumps({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}), encoding="utf-8"
    )
    shelves = Shelves(keeps=True)
    with serving(shelves) as base:
        target = TARGET.format(base=base).replace('$.ids[0]"', '$.ids[0]", fresh = true')
        (tmp_path / "target.toml").write_text(target, encoding="utf-8")
        options = ("--contract", f"{tmp_path}/shelves.json#fill", "--target", str(tmp_path / "target.toml"))
        found = run_suites(tmp_path, *options, "--profile", "quick")
    assert (shelves.shelves, "may be left" in found.output) == ({}, False), found.output


def test_what_a_put_may_have_made_that_failed_is_deleted_by_the_address_that_it_was_sent_to(tmp_path: Path) -> None:
    cards = Cards(fails=True)
    found = run_on(cards, tmp_path)
    assert cards.cards == {}, found.output
    assert "clean-up" not in found.output


def test_what_a_put_of_a_killed_run_may_have_made_is_deleted_by_its_ledger(tmp_path: Path) -> None:
    cards = Cards()
    made, never = ("00000000-1111-4222-8333-44444444444" + digit for digit in "45")
    cards.cards[made] = "ours"
    write(cards_file := tmp_path / "cards.json")
    contract = next(one for one in open_contracts(cards_file) if one.name == "cards.fill")
    with serving(cards) as base:
        (tmp_path / "target.toml").write_text(CARDS.format(base=base, more=""), encoding="utf-8")
        ledger = Ledger.begin(tmp_path, "cards")
        for card in (made, never):
            url = f"{base}/cards/{card}"
            ledger.intend(Intent(contract.name, contract.path, {"card": card}, "", (), url=url, method="PUT"))
        ledger.close(remove=False)
        cleaned = clean_up(ledger.file, load_target(tmp_path / "target.toml"))
    assert (cards.cards, cleaned.whole, cleaned.left) == ({}, True, {})


def test_what_the_target_itself_names_is_neither_made_nor_deleted(tmp_path: Path) -> None:
    named_there = "00000000-1111-4222-8333-444444444444"
    cards = Cards()
    cards.cards[named_there] = "theirs"
    run_on(cards, tmp_path, f'path.card = "{named_there}"')
    assert set(cards.cards) == {named_there}


def test_without_a_word_that_nothing_is_anybodys_nothing_is_put_and_the_cure_is_told(tmp_path: Path) -> None:
    cards = Cards()
    found = run_on(cards, tmp_path, "", CARDS.replace("disposable = true", ""))
    assert (cards.changes, found.outcomes["cards.all/status/200"]) == (0, "upheld"), "a list can be read all the same"
    assert "let the target say disposable = true where nothing is anybody's" in found.output
    assert found.code == 0


def test_what_the_target_says_is_made_elsewhere_is_only_changed_by_a_put(tmp_path: Path) -> None:
    """It is a thing of the operation's own, deleted once, by the session that made it."""
    paths = {
        "/shelves": PATHS["/shelves"],
        "/shelves/{key}": {
            "parameters": [{**ID, "name": "key"}],
            "put": operation("name", NAME, s200=NAME, s404=None, s422=None),
            "get": operation("read", s200=NAME, s404=None),
            "delete": operation("drop", s204=None, s404=None),
        },
    }
    described = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
    (tmp_path / "shelves.json").write_text(json.dumps(described), encoding="utf-8")
    shelves = Shelves()
    with serving(shelves) as base:
        target = TARGET.format(base=base).replace("things.id", "things.key").partition('[contracts."shelves.fill"]')[0]
        (tmp_path / "target.toml").write_text(target, encoding="utf-8")
        options = ("--contract", f"{tmp_path}/shelves.json#name", "--target", str(tmp_path / "target.toml"))
        found = run_suites(tmp_path, *options, "--profile", "quick")
    assert (shelves.shelves, "may be left" in found.output) == ({}, False), found.output
    assert found.outcomes["shelves.name/request/name/maxLength"] == "upheld", found.output
