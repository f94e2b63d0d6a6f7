"""Damaged files: whatever stands in a target or a ledger, one sentence says so, and nothing else is deleted."""

from __future__ import annotations

import json
import tomllib
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from endpoints.__main__ import main
from endpoints.targets import MOCK_TARGET
from tests.endpoints.test_records import TOKEN, Tenant
from tests.helpers import mock_environment, serving, target_file
from tests.reports.mutating import mutants
from tests.reports.test_damaged import count


def toml(value: Any) -> str:
    """A value in TOML; what that cannot say is left as JSON says it, and is no TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {toml(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf")


def toml_file(document: Any) -> str:
    """A table as a file."""
    if not isinstance(document, dict):
        return toml(document)
    return "".join(f"{json.dumps(name)} = {toml(member)}\n" for name, member in document.items())


def ends_well(words: list[str], environment: dict[str, str]) -> str:
    """A command ends with 0 or 1, or with a sentence for each mistake and 2; gives what it said."""
    done = CliRunner().invoke(main, words, env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)[:500]
    assert done.exit_code in {0, 1, 2}
    if done.exit_code == 2:
        assert all(line.startswith("Error: ") for line in done.output.splitlines()), done.output
        assert done.output.count("\n") == 1 or words[0] == "targets", done.output
        assert max(map(len, done.output.splitlines())) < 2000, done.output
    return done.output


def test_a_table_is_written_as_it_was_read() -> None:
    table = tomllib.loads(MOCK_TARGET.read_text(encoding="utf-8"))
    assert tomllib.loads(toml_file(table)) == table


def test_damaged_targets(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    whole = tomllib.loads(MOCK_TARGET.read_text(encoding="utf-8"))
    names = [*whole["contracts"]]
    file, environment, times = tmp_path / "target.toml", mock_environment(), count(pytestconfig, 10)
    for name in names:
        small = {**whole, "budget": {"requests": 7}, "live": True, "contracts": {name: whole["contracts"][name]}}
        for octets in islice(mutants(small, Random(name), toml_file), times // len(names)):
            file.write_bytes(octets)
            ends_well(["targets", "--check", str(file)], environment)


LEDGER: list[dict[str, Any]] = [
    {"ledger": 2, "target": "somewhere"},
    *(
        {
            "intent": n, "at": "2026-01-01T00:00:00.000+00:00", "method": "POST", "url": "BASE/api/latest/spaces",
            "body": "sha256:00", "contract": "kaiten-create-space", "operation": "/api/latest/spaces", "path": {},
            "scheme": "", "shows": [[f"ours {n}"]],
        }
        for n in (1, 2)
    ),
    {"outcome": 1, "ids": ["1"]},
    {"outcome": 2, "unknown": "why", "ids": ["2"]},
    {"gone": "3", "of": 1},
]  # fmt: skip


def test_damaged_ledgers(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Whatever stands in a ledger, a record that shows nothing of what it says is never deleted."""
    tenant = Tenant(records={})
    users = {str(n): {"id": n, "title": f"a user's space {n}", "uid": f"{n:032x}"} for n in range(30)}
    file = tmp_path / "created-somewhere-1.jsonl"
    with serving(tenant) as url:
        target = target_file(tmp_path, url, ("kaiten-create-space",))
        target.write_text(target.read_text() + "\n", encoding="utf-8")
        whole = json.loads(json.dumps(LEDGER).replace("BASE", url))

        def lines(rows: Any) -> str:
            return "\n".join(map(json.dumps, rows)) if isinstance(rows, list) else json.dumps(rows)

        for octets in islice(mutants(whole, Random(5), lines), count(pytestconfig, 5)):
            tenant.records = {**users, "1": {"id": 1, "title": "ours 1", "uid": "0" * 32}}
            before = {name: record for name, record in tenant.records.items() if name != "1"}
            file.write_bytes(octets)
            ends_well(["clean-up", str(file), "--target", str(target)], TOKEN)
            assert tenant.records.items() >= before.items(), octets
