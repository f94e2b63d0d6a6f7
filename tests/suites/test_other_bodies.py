"""Forms and files over real sockets: a server that reads them with the standard library agrees with what was sent."""

from __future__ import annotations

from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from shutil import copyfile
from urllib.parse import parse_qs

import pytest

from suites.judgement import Outcome
from tests.helpers import ROOT, reply, serving
from tests.lawful import outcomes
from tests.matrix import QUIETLY, Listening

FILE = ROOT / "tests" / "contracts" / "everything.yaml"
TARGET = """
name = "x"
[openapi."everything.yaml"]
base_url = "{base}"
authentication.token.headers = {{ Authorization = "Bearer ${{TOKEN}}" }}
creates = false
disposable = true
"""


class Strict:
    """Takes forms and files as everything.yaml describes them; `faults` names what it does not look at."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        media_type = str(handler.headers.get("Content-Type", ""))
        if handler.headers.get("Authorization") != "Bearer somebody":
            return reply(handler, 401)
        if handler.path == "/forms":
            taken = not body or ("x-www-form-urlencoded" in media_type and self._is_form(body.decode()))
            return reply(handler, 204 if taken else 422)
        parts = BytesParser().parsebytes(f"Content-Type: {media_type}\r\n\r\n".encode() + body)
        inner = [part for part in parts.walk() if part is not parts]
        found = {str(part.get_param("name", header="content-disposition")): part for part in inner}
        notes = [bytes(part.get_payload(decode=True)).decode() for name, part in found.items() if name == "note"]
        is_file = "file" in found and found["file"].get_filename() is not None
        fits = is_file and len(notes) == 1 and (len(notes[0]) <= 30 or "note" in self.faults)
        return reply(handler, 200 if fits else 422, {})

    def _is_form(self, text: str) -> bool:
        form = parse_qs(text, keep_blank_values=True, strict_parsing=True)
        (name,) = form.pop("name", [""])
        counts, colours = form.pop("count", ["0"]), form.pop("colours", [])
        known = set(colours) <= {"red", "green"} or "colours" in self.faults
        multiple = all(one.lstrip("-").isdecimal() and int(one) % 3 == 0 for one in counts) or "count" in self.faults
        return 2 <= len(name) <= 20 and known and multiple


def found_of(folder: Path, monkeypatch: pytest.MonkeyPatch, operation: str, *faults: str) -> dict[str, Outcome]:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TOKEN", "somebody")
    listening = Listening()
    with serving(Strict(*faults)) as base:
        (folder / "target.toml").write_text(TARGET.format(base=base), encoding="utf-8")
        copyfile(FILE, folder / FILE.name)
        words = ["--contract", f"{folder / FILE.name}#{operation}", "--target", str(folder / "target.toml")]
        pytest.main([str(ROOT / "suites"), *QUIETLY, *words, "--profile", "quick"], plugins=[listening])
    return outcomes(listening)


@pytest.mark.parametrize("operation", ["post--forms", "upload"])
def test_nothing_is_accused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    found = found_of(tmp_path, monkeypatch, operation)
    other = {clause: outcome for clause, outcome in found.items() if outcome is not Outcome.UPHELD}
    assert set(other) <= {f"everything.{operation}/authentication/key+tenant"}, other  # nobody gave those


@pytest.mark.parametrize(
    ("operation", "fault", "clause"),
    [
        ("post--forms", "count", "request/count/multipleOf"), ("post--forms", "colours", "request/colours/*/enum"),
        ("upload", "note", "request/note/maxLength"),
    ],
)  # fmt: skip
def test_a_fault_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, fault: str, clause: str
) -> None:
    found = found_of(tmp_path, monkeypatch, operation, fault)
    broken = {name for name, outcome in found.items() if outcome is Outcome.BROKEN}
    assert f"everything.{operation}/{clause}" in broken
    assert broken <= {f"everything.{operation}/{clause}", f"everything.{operation}/request/count/type"}
