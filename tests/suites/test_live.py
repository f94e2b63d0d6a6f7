"""What a live run says, asks for and keeps to, before it sends anything and after."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.errors import UserError
from endpoints.embedded import EmbeddedMock
from endpoints.targets import MOCK_TARGET, load_target
from suites.run import Plan
from tests.endpoints.test_records import Tenant
from tests.helpers import begin_suites, run_suites, serving, target_file
from tests.suites.test_killed import strict
from tests.suites.test_own_things import ID, adding, described

NAME = "kaiten-create-space"
TOKEN = {"KAITEN_TOKEN": "s3cret-token"}
BUDGET = "live = true\nbudget = { requests = 600, records = 150 }\nrequests_per_second = 4\n"


def far(folder: Path, more: str = "", url: str = "https://api.example.com") -> str:
    file = target_file(folder, url, (NAME,))
    file.write_text(more + file.read_text(encoding="utf-8"), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ("", "add live = true, budget = { requests = 600, records = 150 }, requests_per_second = 4 at the top"),
        ("live = true\n", "add budget = { requests = 600, records = 150 }, requests_per_second = 4 at the top"),
        ("live = true\nbudget.requests = 9\n", "add budget = { requests = 600, records = 150 }, requests_per"),
        (BUDGET.replace("requests_per_second = 4\n", ""), "add requests_per_second = 4 at the top"),
        (BUDGET.replace("live = true\n", ""), "add live = true at the top"),
    ],
)
def test_any_other_host_has_to_be_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, missing: str
) -> None:
    monkeypatch.setenv("KAITEN_TOKEN", "s3cret-token")
    with pytest.raises(UserError) as raised:
        Plan.of(far(tmp_path, more), [], None, [])
    assert missing in raised.value.message
    assert "api.example.com is not this machine" in raised.value.message


def test_a_live_target_is_asked_quickly_unless_its_budget_carries_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAITEN_TOKEN", "s3cret-token")
    assert Plan.of(far(tmp_path, BUDGET), [], None, []).profile.name == "quick"
    with pytest.raises(UserError, match="run --profile quick, or raise the budget"):
        Plan.of(far(tmp_path, BUDGET), [], "ci", [])
    rich = BUDGET.replace("600", "50_000").replace("150", "20_000")
    assert Plan.of(far(tmp_path, rich), [], "nightly", []).profile.name == "nightly"
    assert Plan.of(None, [], None, []).profile.name == "ci"


@pytest.mark.parametrize("word", ["kaiten", "Reason", "create-space"])
def test_a_secret_that_every_report_says_is_refused(tmp_path: Path, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAITEN_TOKEN", word)
    with pytest.raises(UserError, match="the value of KAITEN_TOKEN is a word that every report says"):
        Plan.of(far(tmp_path, BUDGET), [], None, [])
    monkeypatch.setenv("KAITEN_TOKEN", "s3cret-token")
    monkeypatch.setenv("BASE", f"https://api.example.com/{word}")
    assert load_target(Path(far(tmp_path, BUDGET, "${BASE}"))).secrets() == {"s3cret-token": "KAITEN_TOKEN"}


def test_the_mock_alone_is_embedded(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="embedded = true is for the mock"):
        load_target(Path(far(tmp_path, "embedded = true\n", "http://127.0.0.1:9")))


@pytest.mark.parametrize(
    "url", ["http://user:word@api.example.com", "https://", "http://[::bad", "https://a b.example"]
)
def test_a_base_url_that_is_none(tmp_path: Path, url: str) -> None:
    with pytest.raises(UserError, match="base_url"):
        load_target(Path(far(tmp_path, "", url))).endpoint(NAME, TOKEN)


def test_an_empty_situation_is_none(tmp_path: Path) -> None:
    file = Path(far(tmp_path))
    file.write_text(file.read_text() + "situations.forbidden = {}\n")
    with pytest.raises(UserError, match=r"situations\.forbidden: it is empty"):
        load_target(file).endpoint(NAME, TOKEN)


def test_a_dry_run_sends_nothing_and_says_what_it_would(tmp_path: Path) -> None:
    tenant = Tenant()
    with serving(tenant) as url:
        target = far(tmp_path, BUDGET, url)
        finished = run_suites(tmp_path, "--target", target, "--dry-run", **TOKEN)
    assert (finished.code, tenant.asked, finished.verdicts) == (0, [], {})
    assert f"about to send POST {url}/api/latest/spaces" in finished.output
    assert "at most 600 requests and 150 records, 4 requests a second" in finished.output
    sent = [line for line in finished.output.splitlines() if line.startswith(f"POST {url}")]
    assert f"{len(sent)} requests would be sent" in finished.output
    assert len(sent) > 40
    assert "s3cret" not in finished.output
    assert not (tmp_path / ".clausewise").exists()


@pytest.mark.parametrize(
    ("name", "read"), [("zendesk-create-record", True), ("kintone-add-records", True), (NAME, False)]
)
def test_a_dry_run_goes_on_with_what_it_would_have_made(tmp_path: Path, name: str, read: bool) -> None:
    file = target_file(tmp_path, "http://127.0.0.1:9", (name,))
    finished = run_suites(tmp_path, "--target", str(file), "--profile", "quick", "--dry-run", **TOKEN)
    lines = finished.output.splitlines()
    assert finished.code == 0
    assert len([line for line in lines if line.startswith("POST ")]) > 40
    assert any(line.startswith("GET ") and "dry-run-" in line for line in lines) == read


def test_a_dry_run_makes_up_ids_of_the_documented_form(tmp_path: Path) -> None:
    """So what needs one keeps to its page, and whatever else of it breaks a clause breaks it alone."""
    uuid = {"type": "string", "format": "uuid"}
    paths = {"/owners": adding({**ID, "properties": {"id": uuid}}), "/notes": adding(ID)}
    paths["/notes"]["post"]["operationId"] = "note"
    code = {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"}
    body = {"type": "object", "required": ["owner", "code"], "properties": {"owner": uuid, "code": code}}
    paths["/notes"]["post"]["requestBody"]["content"]["application/json"]["schema"] = body
    things = 'things."body/owner" = { from = "api.add", id = "$.id" }\n'
    options = described(tmp_path, paths, "http://127.0.0.1:9", f'[contracts."api.note"]\n{things}')
    finished = run_suites(tmp_path, *options, "--dry-run", "-k", "code/pattern")
    sent = [json.loads(line.partition("  ")[2]) for line in finished.output.splitlines() if "/notes  {" in line]
    assert all(UUID(note["owner"]) for note in sent)
    assert any(not re.fullmatch("[A-Z]{2}-[0-9]{4}", note["code"]) for note in sent)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_dry_run_ends_at_once(tmp_path: Path, options: tuple[str, ...]) -> None:
    file = target_file(tmp_path, "http://127.0.0.1:9")
    run = begin_suites(tmp_path, "--target", str(file), "--dry-run", "--profile", "nightly", *options, **TOKEN)
    while "about to send" not in run.said():
        time.sleep(0.05)
    time.sleep(1)
    run.signal(signal.SIGTERM)
    done = run.finish(2)
    assert (done.returncode, done.stderr) == (143, "\nstopped: a dry run sends nothing\n")


def test_a_budget_ends_a_run_in_order(tmp_path: Path) -> None:
    tenant = Tenant(created=strict)
    with serving(tenant) as url:
        target = far(tmp_path, "budget = { requests = 90, records = 40 }\n", url)
        finished = run_suites(tmp_path, "--target", target, "--profile", "quick", **TOKEN)
    assert len(tenant.asked) <= 90
    assert not tenant.records
    spent = [clause for clause in clauses(finished.verdicts) if clause["reason"].startswith("budget spent: ")]
    assert spent
    assert {clause["outcome"] for clause in spent} == {"unexercised"}
    assert not list((tmp_path / ".clausewise").iterdir())


@pytest.mark.long
def test_a_budget_is_one_for_all_contracts(tmp_path: Path) -> None:
    with EmbeddedMock() as mock:
        lines = MOCK_TARGET.read_text(encoding="utf-8").replace("embedded = true", BUDGET.replace("600", "200"), 1)
        file = tmp_path / "target.toml"
        file.write_text(lines.replace("requests_per_second = 4", "requests_per_second = 100"), encoding="utf-8")
        finished = run_suites(tmp_path, "--target", str(file), **{**mock.environment, "CLAUSEWISE_MOCK": mock.base_url})
    assert finished.verdicts["run"]["requests"] <= 200
    assert any(clause["reason"].startswith("budget spent: ") for clause in clauses(finished.verdicts))
    assert not list((tmp_path / ".clausewise").iterdir())


def test_records_are_deleted_as_the_run_goes(tmp_path: Path) -> None:
    most = [0]

    def created(record: dict[str, Any]) -> tuple[int, Any]:
        most.append(len(tenant.records) + 1)
        return strict(record)

    tenant = Tenant(created=created)
    with serving(tenant) as url:
        target = far(tmp_path, "budget = { most_records = 20 }\n", url)
        finished = run_suites(tmp_path, "--target", target, "--profile", "ci", **TOKEN)
    assert len(most) > 50
    assert max(most) <= 20
    assert "budget spent" not in finished.output
    assert not tenant.records


def clauses(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [clause for contract in document["contracts"] for clause in contract["clauses"]]


def test_what_schemathesis_draws_for_a_live_target_can_be_told_to_be_ours(tmp_path: Path) -> None:
    """A server keeps none of the attributes that it does not know, so most of a record would show nothing of ours."""
    known = ("title", "external_id", "parent_entity_uid", "sort_order")

    def kept(record: dict[str, Any]) -> tuple[int, Any]:
        status, answer = strict(record)
        for name in set(record) - {"id", *known}:
            del record[name]
        return status, answer

    tenant = Tenant(created=kept)
    with serving(tenant) as url:
        options = ("--target", far(tmp_path, "", url), "--profile", "ci", "-k", "robustness")
        finished = run_suites(tmp_path, *options, **TOKEN)
    assert tenant.made > 10
    assert not tenant.records, finished.output


@pytest.mark.long
def test_a_thorough_run_on_a_live_target_leaves_nothing(tmp_path: Path) -> None:
    with EmbeddedMock() as mock:
        file = tmp_path / "target.toml"
        file.write_text(MOCK_TARGET.read_text(encoding="utf-8").replace("embedded = true", ""), encoding="utf-8")
        options = ("--target", str(file), "--profile", "ci")
        finished = run_suites(tmp_path, *options, **{**mock.environment, "CLAUSEWISE_MOCK": mock.base_url})
    assert finished.code == 0, finished.output
    assert finished.verdicts["run"]["created"] > 1000
    assert finished.verdicts["run"]["left"] == 0
