"""A contract of one's own: its behaviours are asked with YAML alone, and what is wrong is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import yaml

import contracts.contract
from contracts.behaviours import KINDS
from contracts.contract import build_contract, read_catalogue
from suites.judgement import Outcome
from tests.helpers import ROOT, a_tenth, reply, serving
from tests.lawful import outcomes
from tests.matrix import QUIETLY, Listening

OWN = Path(__file__).with_name("library.yaml")
TARGET = """
name = "library"
patience = 0
[contracts.library]
base_url = "{base}"
authentication.token.headers = {{ Authorization = "Bearer ${{LIBRARIAN}}" }}
path = {{ shelf = "poems" }}
outside.find = {{ path = "/shelves/{{shelf}}/books?{{field}}={{value}}", records = "$.books[*]" }}
[contracts.library.tenant]
"books/*/isbn" = {{ type = "string", pattern = "97[89][0-9]{{10}}", examples = ["9780000000000"] }}
"books/*/read_on" = {{ enum = ["2026-01-05T10:20:30+01:00"] }}
[contracts.library.situations]
anywhere.path = {{ shelf = "poems" }}
numbered.path = {{ shelf = "7" }}
rare.path = {{ shelf = "rare" }}
reader.headers = {{ Authorization = "Bearer ${{READER}}" }}
visitor.headers = {{ Authorization = "Bearer ${{VISITOR}}" }}
"""


# A pattern, or one text alone, does not say that nothing else is taken, so there is nothing to ask.
UNTOLD = {f"library/request/books/*/{name}/unknown" for name in ("isbn", "read_on")}


class Library:
    """Shelves of books; `faults` names what it does wrong."""

    def __init__(self, *faults: str) -> None:
        self.faults, self.books = faults, dict[str, dict[str, Any]]()

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        url = urlsplit(handler.path)
        shelf, number = unquote(url.path).split("/")[2], unquote(url.path).partition("/books/")[2]
        query, role = dict(parse_qsl(url.query)), str(handler.headers.get("Authorization")).removeprefix("Bearer ")
        if role == "None" and "anonymous" in self.faults:
            role = "librarian"
        if role not in {"librarian", "reader", "somebody-else"}:
            reply(handler, 401)
        elif handler.command == "GET":
            self._read(handler, number, query)
        elif handler.command == "DELETE":
            reply(handler, 204)
        elif "json" not in handler.headers["Content-Type"]:
            reply(handler, 415)
        else:
            self._add(handler, body, shelf, role, query)

    def _add(self, handler: BaseHTTPRequestHandler, body: bytes, shelf: str, role: str, query: dict[str, str]) -> None:
        try:
            wanted = self._checked(json.loads(body), shelf, role, query)
        except (KeyError, TypeError, ValueError):
            return reply(handler, 400)
        ids = [self._keep(book, "poems" if shelf == "7" else shelf, handler, role) for book in wanted]
        ids = ids[::-1] if "order" in self.faults else ids[:1] if "count" in self.faults else ids
        alone = query.get("view") == "ids" and "projection" not in self.faults
        other = "same" in self.faults and shelf == "7"
        return reply(handler, 200, {"ids": ids} | ({} if alone else {"shelf": "prose" if other else "poems"}))

    def _checked(self, body: Any, shelf: str, role: str, query: dict[str, str]) -> list[dict[str, Any]]:
        shelves = {"poems", "rare", *(["7"] if "accepted" not in self.faults else [])}
        allowed = role != "somebody-else" or "refused" in self.faults
        there = shelf in shelves or ("anywhere" in self.faults and shelf != "7")
        if not there or not allowed or query.get("view", "ids") not in {"ids", "all"}:
            raise ValueError(shelf)
        seen = {book.get("isbn") for book in self.books.values()} - {None}
        books = body["books"]
        if not isinstance(books, list) or len(books) > 5:
            raise ValueError(books)
        for number, book in enumerate(books):
            wrong = not isinstance(book, dict) or not isinstance(book["title"], str) or not self._fits(book, shelf)
            taken = not wrong and book.get("isbn") in seen and "unique" not in self.faults
            if wrong or taken:
                if "atomic" in self.faults and number:
                    self.books[f"half-{len(self.books)}"] = books[0]
                raise ValueError(book)
            seen |= {book["isbn"]} if "isbn" in book else set()
        return books

    def _fits(self, book: dict[str, Any], shelf: str) -> bool:
        texts = all(isinstance(book[name], str) for name in ("isbn", "read_on") if name in book)
        kept = shelf != "rare" or "keeper" in book or "needed" in self.faults
        return texts and kept and book.get("state", "new") in ("new", "used")

    def _keep(self, book: dict[str, Any], shelf: str, handler: BaseHTTPRequestHandler, role: str) -> str:
        number = "1" if "ids-differ" in self.faults else str(len(self.books) + 1)
        known = {"title", "isbn", "state", "read_on", "keeper", *(["lent_to"] if role == "librarian" else [])}
        kept = {name: value for name, value in book.items() if name in known or "left-alone" in self.faults}
        if "read_on" in kept:  # a user's own field: it keeps no seconds, and answers UTC
            moment = datetime.fromisoformat(kept["read_on"]).astimezone(UTC)
            kept["read_on"] = moment.strftime("%Y-%m-%dT%H:%M:00Z")
        late = timedelta(days="created" in self.faults)
        given = {
            "shelf": shelf,
            "added": (datetime.now(UTC) - late).isoformat(),
            "state": "new",
            "signature": f"S{number}",
        }
        given = (
            {"state": "used"} | {n: v for n, v in given.items() if n != "state"} if "default" in self.faults else given
        )
        own = {"title": "lost"} if "echo" in self.faults else {}
        link = "nowhere" if "link" in self.faults else number
        base = f"http://{handler.headers['Host']}"
        self.books[number] = {**given, **kept, **own, "self": f"{base}/shelves/{shelf}/books/{link}"}
        return number

    def _read(self, handler: BaseHTTPRequestHandler, number: str, query: dict[str, str]) -> None:
        if "unreadable" in self.faults:
            return reply(handler, 403)
        if not number:
            found = [book for book in self.books.values() if all(book.get(n) == v for n, v in query.items())]
            return reply(handler, 200, {"books": found})
        lost = "stored" in self.faults and number.isdecimal() and int(number) % 2
        lost = lost or "no-route" in self.faults
        book = None if lost else self.books.get(number)
        return reply(handler, 200, {"book": book}) if book else reply(handler, 404)


@pytest.fixture
def ask_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., dict[str, Outcome]]]:
    """Runs the suites of the library's contract on a library with these faults; gives the outcomes by clause."""
    catalogue = tmp_path / "catalogue"
    catalogue.mkdir()
    shutil.copy(OWN, catalogue)
    monkeypatch.setattr(contracts.contract, "_CATALOGUE", catalogue)
    for name, role in (("LIBRARIAN", "librarian"), ("READER", "reader"), ("VISITOR", "somebody-else")):
        monkeypatch.setenv(name, role)
    monkeypatch.chdir(tmp_path)

    def ask(*faults: str, target: str = TARGET) -> dict[str, Outcome]:
        listening, file = Listening(), tmp_path / "target.toml"
        with serving(Library(*faults)) as base:
            file.write_text(target.format(base=base), encoding="utf-8")
            words = [str(ROOT / "suites"), *QUIETLY, "--target", str(file), "--profile", "quick"]
            pytest.main(words, plugins=[listening])
        return outcomes(listening)

    yield ask
    read_catalogue.cache_clear()


def test_it_uses_every_kind() -> None:
    contract = build_contract("library", yaml.safe_load(OWN.read_text(encoding="utf-8")))
    assert {clause.behaviour for clause in contract.clauses.values()} == {"", *KINDS}


def test_its_behaviours_are_asked_with_yaml_alone(ask_of: Callable[..., dict[str, Outcome]]) -> None:
    found = ask_of()
    assert {clause for clause, outcome in found.items() if outcome is not Outcome.UPHELD} == UNTOLD
    assert sum("/behaviour/" in clause for clause in found) == 20


@pytest.mark.parametrize(
    "fault",
    a_tenth([
        "echo of echo", "stored of stored", "ids-differ of ids-differ", "created of created", "link of link",
        "count of one-id-each", "projection of view", "default of new", "left-alone of id", "unique of isbn",
        "accepted of by-number", "same of same-shelf", "refused of visitors", "needed of rare", "order of order",
        "atomic of atomic",
    ]),
)  # fmt: skip
def test_a_fault_is_found(ask_of: Callable[..., dict[str, Outcome]], fault: str) -> None:
    fault, _, clause = fault.partition(" of ")
    broken = {name for name, outcome in ask_of(fault).items() if outcome is Outcome.BROKEN}
    assert f"library/behaviour/{clause}" in broken


@pytest.mark.parametrize(
    ("fault", "clause"), [("anonymous", "authentication/none"), ("anywhere", "request/path/shelf/unknown")]
)
def test_what_nobody_has_is_asked_without_being_configured(
    ask_of: Callable[..., dict[str, Outcome]], fault: str, clause: str
) -> None:
    broken = {name for name, outcome in ask_of(fault).items() if outcome is Outcome.BROKEN}
    assert broken == {f"library/{clause}"}


@pytest.mark.parametrize("variant", ["unreadable", "no-route"])
def test_what_cannot_be_read_accuses_nobody(ask_of: Callable[..., dict[str, Outcome]], variant: str) -> None:
    found = ask_of(variant)
    assert Outcome.BROKEN not in found.values()
    assert found["library/behaviour/stored"] is Outcome.UNDETERMINED
    needing = ("echo", "order", "one-id-each", "new", "signature", "id")
    assert {found[f"library/behaviour/{name}"] for name in needing} == {Outcome.UNDETERMINED}, "upheld on nothing"


def test_a_lost_value_is_the_echo_s_business_alone(ask_of: Callable[..., dict[str, Outcome]]) -> None:
    broken = {name for name, outcome in ask_of("echo").items() if outcome is Outcome.BROKEN}
    assert broken == {"library/behaviour/echo"}


def test_a_unique_place_that_the_target_does_not_tell(ask_of: Callable[..., dict[str, Outcome]]) -> None:
    untold = "\n".join(line for line in TARGET.splitlines() if not line.startswith("anywhere"))
    found = ask_of(target=untold)
    behaviours = {name: outcome for name, outcome in found.items() if "/behaviour/" in name}
    assert Outcome.BROKEN not in behaviours.values()
    assert behaviours["library/behaviour/id"] is Outcome.UNEXERCISED


def test_a_unique_place_that_the_target_tells(ask_of: Callable[..., dict[str, Outcome]]) -> None:
    told = TARGET.replace('anywhere.path = {{ shelf = "poems" }}\n', "").replace(
        'examples = ["9780000000000"]', 'examples = ["9780000000000"], x-unique = true'
    )
    found = ask_of(target=told)
    not_upheld = {name for name, outcome in found.items() if outcome is not Outcome.UPHELD}
    assert not_upheld == {"library/behaviour/isbn", *UNTOLD}
    assert found["library/behaviour/isbn"] is Outcome.UNEXERCISED  # no situation says that it may be asked
