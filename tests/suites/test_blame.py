"""One cause, one accusation: what is refused with a request, or counted otherwise, accuses no clause beside its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import Finished, reply, run_suites, serving, the_first
from tests.suites.test_own_things import ID, adding, described

Judge = Callable[[dict[str, Any]], int]  # of a note that keeps all that is said of it, the status that it gets


def asked(folder: Path, longest: int, judge: Judge, *more: str, length: Callable[[str], int] = len) -> Finished:
    """A run on a server of notes with a text, a day from 0 to 9 and a mark, which answers what its `judge` says."""
    made: list[str] = []

    def status(handler: BaseHTTPRequestHandler, body: bytes) -> int:
        if handler.headers.get("Content-Type") != "application/json":
            return 415
        try:
            note = json.loads(body)
        except ValueError:
            return 400
        text = note.get("text") if isinstance(note, dict) else None
        if not isinstance(text, str) or not text or length(text) > longest:
            return 400
        day = note.get("day", 1)
        if day is None:
            return judge(note)
        if isinstance(day, bool) or not isinstance(day, int | float) or day != int(day) or not 0 <= day <= 9:
            return 400
        made.append(text)
        return judge(note) if note.get("mark", "red") in {"red", "blue"} else 400

    def answering(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        came = status(handler, body)
        reply(handler, came, {"id": len(made)} if came == 201 else None)

    note = {
        "type": "object",
        "required": ["text"],
        "properties": {
            "text": {"type": "string", "minLength": 1, "maxLength": longest},
            "day": {"type": "integer", "minimum": 0, "maximum": 9},
            "mark": {"enum": ["red", "blue"]},
        },
    }
    paths = {"/notes": adding(ID)}
    paths["/notes"]["post"]["requestBody"]["content"]["application/json"]["schema"] = note
    paths["/notes"]["post"]["responses"]["400"] = {"description": "wrong"}
    with serving(answering) as base:
        return run_suites(folder, *described(folder, paths, base), *more)


def taken(note: dict[str, Any]) -> int:
    return 400 if note.get("day", 1) is None else 201


def worse(finished: Finished) -> dict[str, str]:
    return {clause: outcome for clause, outcome in finished.outcomes.items() if outcome != "upheld"}


@pytest.mark.parametrize("longest", the_first([8, 20, 40, 60, 200]))
def test_a_length_that_is_counted_in_bytes_accuses_its_bound_alone(longest: int, tmp_path: Path) -> None:
    finished = asked(tmp_path, longest, taken, length=lambda text: len(text.encode()))
    assert worse(finished) == {"api.add/request/text/maxLength": "broken"}


def test_a_text_that_is_refused_for_its_characters_accuses_its_type(tmp_path: Path) -> None:
    """However long it is."""
    finished = asked(tmp_path, 60, lambda note: 400 if max(note["text"]) > "\uffff" else taken(note))
    assert worse(finished) == {"api.add/request/text/type": "broken"}


def test_a_failure_in_place_of_a_documented_refusal_names_what_it_hides(tmp_path: Path) -> None:
    """The status is broken, and that nothing fails; the clause that was to be refused is in doubt, and nothing else."""
    finished = asked(tmp_path, 60, lambda note: 500 if note.get("day", 1) is None else 201)
    assert worse(finished) == {
        "api.add/request/day/type": "undetermined",
        "api.add/status/400": "broken",
        "api.add/robustness/server-error": "broken",
    }
    assert "a failure is no refusal, so it hides whether api.add/request/day/type is kept" in finished.output
    assert "differs   in `body.day`: null was sent" in finished.output


def test_what_a_refused_request_holds_besides_is_not_in_doubt(tmp_path: Path) -> None:
    finished = asked(tmp_path, 60, lambda note: 400 if note.get("day") == 9 else taken(note))
    assert worse(finished) == {"api.add/request/day/maximum": "broken"}
    assert "differs from the control in `day` alone, but for values that are fresh in each request" in finished.output
    assert "differs   in `body.day`: 9 was sent" in finished.output


def test_what_is_left_out_is_blamed_for_itself_beside_what_it_would_hold(tmp_path: Path) -> None:
    """A server that wants what its file lets out, and refuses a value within that: two clauses, and no other."""

    made: list[Any] = []

    def answering(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        try:
            note = json.loads(body)["note"]
            kept = isinstance(note["text"], str) and type(note.get("day", 1)) is int and 0 < note.get("day", 1) <= 9
        except (ValueError, TypeError, KeyError):
            kept = False
        typed = handler.headers.get("Content-Type") == "application/json"
        made.extend([body] if kept and typed else [])
        reply(handler, 415 if not typed else 201 if kept else 400, {"id": len(made)} if kept and typed else None)

    inner = {
        "type": "object",
        "required": ["text"],
        "properties": {"text": {"type": "string"}, "day": {"type": "integer", "minimum": 0, "maximum": 9}},
    }
    paths = {"/notes": adding(ID)}
    paths["/notes"]["post"]["requestBody"]["content"]["application/json"]["schema"] = {
        "type": "object",
        "properties": {"note": inner},
    }
    paths["/notes"]["post"]["responses"]["400"] = {"description": "wrong"}
    with serving(answering) as base:
        found = run_suites(tmp_path, *described(tmp_path, paths, base, '[contracts."api.add"]\ncreates = false\n'))
    broken = {clause for clause, outcome in found.outcomes.items() if outcome == "broken"}
    assert broken == {"api.add/request/note/optional", "api.add/request/note/day/minimum"}, found.output
