"""What takes many records in one request is asked where the target has room for them, or says how much it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from endpoints.embedded import EmbeddedMock
from endpoints.targets import MOCK_TARGET
from tests.helpers import run_suites

CLAUSE = "kintone-add-records/request/records/maxItems"
NEEDS = "takes 100 records in one request; needs most_records = 400 in the target's budget"


@pytest.mark.parametrize(
    ("most", "profile", "outcome", "reason"),
    [
        pytest.param(None, "ci", "unexercised", NEEDS, marks=pytest.mark.long),
        pytest.param(399, "ci", "unexercised", NEEDS, marks=pytest.mark.long),
        (400, "ci", "upheld", ""),
        (400, "quick", "unexercised", "takes more than the 10 records that a request may create in profile quick"),
    ],
)
def test_a_target_that_holds_few_records_says_what_it_needs(
    tmp_path: Path, most: int | None, profile: str, outcome: str, reason: str
) -> None:
    file = tmp_path / "target.toml"
    budget = f"budget = {{ most_records = {most} }}" if most else ""
    file.write_text(MOCK_TARGET.read_text(encoding="utf-8").replace("embedded = true", budget), encoding="utf-8")
    with EmbeddedMock() as mock:
        environment = {**mock.environment, "CLAUSEWISE_MOCK": mock.base_url}
        options = ("--target", str(file), "--contract", "kintone-add-records", "--profile", profile, "-k", "records/m")
        finished = run_suites(tmp_path, *options, **environment)
    clause = finished.clause(CLAUSE)
    assert clause["outcome"] == outcome
    assert clause["reason"].startswith(reason)
    assert bool(clause["reason"]) == bool(reason)
    assert finished.verdicts["run"]["left"] == 0
