"""What breaks an address may be answered as what is nobody's is: the page documents both, and neither is accused."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.helpers import reply, run_suites, serving

PATHS = {
    "/things/{id}": {
        "get": {
            "operationId": "read",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}],
            "responses": {
                "200": {"description": "it", "content": {"application/json": {"schema": {"type": "object"}}}},
                "400": {"description": "What is wrong."},
                "404": {"description": "Nobody's"},
            },
        }
    }
}


@pytest.mark.parametrize(("malformed", "broken"), [(404, False), (400, False), (422, True)])
def test_only_a_status_that_is_not_documented_is_accused(malformed: int, broken: bool, tmp_path: Path) -> None:
    def answering(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        identifier = handler.path.rpartition("/")[2]
        if not identifier.isdecimal() or int(identifier) < 1:
            reply(handler, malformed)
        elif identifier == "7":
            reply(handler, 200, {"id": 7})
        else:
            reply(handler, 404)

    (tmp_path / "api.json").write_text(
        json.dumps({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": PATHS}), encoding="utf-8"
    )
    with serving(answering) as base:
        target = f'name = "x"\n[openapi."api.json"]\nbase_url = "{base}"\npath = {{ id = "7" }}\n'
        (tmp_path / "target.toml").write_text(target, encoding="utf-8")
        options = ("--contract", str(tmp_path / "api.json"), "--target", str(tmp_path / "target.toml"))
        found = run_suites(tmp_path, *options, "--profile", "quick")
    assert (found.outcomes["api.read/status/400"] == "broken") is broken, found.output
    assert found.code == (1 if broken else 0), found.output
    assert found.clause("api.read/status/400")["sentence"] == "What is wrong is answered 400."
