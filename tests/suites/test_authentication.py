"""Schemes that must come together: nobody is let in who has one of them alone."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import yaml

from tests.helpers import reply, run_suites, serving

KEYS = {"X-Key": "k3y-of-somebody", "X-Organisation": "0rg-of-somebody"}
FILE = {
    "openapi": "3.1.0",
    "info": {"title": "notes", "version": "1"},
    "components": {"securitySchemes": {n[2:]: {"type": "apiKey", "in": "header", "name": n} for n in KEYS}},
    "security": [{name[2:]: [] for name in KEYS}],
    "paths": {"/notes": {"get": {"operationId": "notes", "responses": {"200": {}, "401": {}}}}},
}


@pytest.mark.parametrize("ignored", ["", *KEYS])
def test_each_of_what_must_come_together_is_wrong_by_itself(
    ignored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answering(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        wrong = [name for name, key in KEYS.items() if handler.headers.get(name) != key and name != ignored]
        reply(handler, 401 if wrong else 200, {})

    for name, key in KEYS.items():
        monkeypatch.setenv(name[2:].upper(), key)
    (tmp_path / "notes.yaml").write_text(yaml.safe_dump(FILE), encoding="utf-8")
    headers = [word for name in KEYS for word in ("--header", f"{name}: ${{{name[2:].upper()}}}")]
    with serving(answering) as url:
        found = run_suites(tmp_path, "--contract", "notes.yaml", "--base-url", url, *headers, "--profile", "quick")
    broken = {clause for clause, outcome in found.outcomes.items() if outcome == "broken"}
    assert broken == ({"notes.notes/authentication/Key+Organisation"} if ignored else set())
