"""`targets --check FILE --live`: what it sends, that it leaves nothing, what it says is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from contracts.contract import contract_names
from endpoints.__main__ import main
from endpoints.embedded import EmbeddedMock
from endpoints.ledger import LEDGERS
from endpoints.targets import MOCK_TARGET
from tests.endpoints.test_records import TOKEN, Tenant
from tests.helpers import serving, target_file

NAME = "kaiten-create-space"


def tried(file: Path, monkeypatch: pytest.MonkeyPatch, *names: str, **environment: str) -> Result:
    """What the command says, in a folder of its own, where its ledgers are."""
    monkeypatch.chdir(file.parent)
    return CliRunner().invoke(main, ["targets", *names, "--check", str(file), "--live"], env=environment)


def tried_on(tenant: Tenant, folder: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> Result:
    with serving(tenant) as url:
        file = target_file(folder, url, (NAME,))
        file.write_text("patience = 0\n" + file.read_text(encoding="utf-8") + more, encoding="utf-8")
        return tried(file, monkeypatch, **TOKEN)


def test_a_read_and_a_request_whose_record_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = Tenant()
    done = tried_on(tenant, tmp_path, monkeypatch)
    assert done.exit_code == 0, done.output
    assert tenant.asked[:2] == ["GET /api/latest/spaces/2000000011", "POST /api/latest/spaces"]
    assert [word for word in tenant.asked if word.startswith("DELETE")] == ["DELETE /api/latest/spaces/100"]
    assert sum(word.startswith("POST") for word in tenant.asked) == 1
    assert tenant.records == {}
    assert not list((tmp_path / LEDGERS).glob("*.jsonl"))
    said = done.output.splitlines()
    about = next(n for n, line in enumerate(said) if "about to send one plain POST http://127.0.0.1:" in line)
    assert f"{NAME}: POST http://127.0.0.1:" in said[about + 1]
    assert "s3cret" not in done.output


def test_a_record_that_shows_up_late_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The read of what nobody has, which is not there either, costs it none of the target's patience."""
    tenant, reads = Tenant(), []

    def late(identifier: str) -> tuple[int, Any]:
        reads.append(identifier)
        return tenant._read(identifier) if reads.count(identifier) > 2 else (404, None)

    tenant.read = late
    with serving(tenant) as url:
        file = target_file(tmp_path, url, (NAME,))
        file.write_text("patience = 3\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
        done = tried(file, monkeypatch, **TOKEN)
    assert done.exit_code == 0, done.output
    assert reads.count("2000000011") == 1


def test_on_the_mock_of_each_vendor_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedMock() as mock:
        text = MOCK_TARGET.read_text(encoding="utf-8").replace("embedded = true\n", "")
        file = tmp_path / "target.toml"
        file.write_text(text.replace("${CLAUSEWISE_MOCK}", mock.base_url), encoding="utf-8")
        done = tried(file, monkeypatch, **mock.environment)
        assert done.exit_code == 0, done.output
        for name in contract_names():
            assert f"{name}: about to send one plain POST" in done.output
        headers = {"Authorization": f"Bearer {mock.environment['KAITEN_TOKEN']}"}
        assert requests.get(f"{mock.base_url}/api/latest/spaces", headers=headers, timeout=5).json() == []


def test_a_field_that_the_tenant_does_not_have_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In each vendor's situations; by their ids, fields are found, too, as in the mock's own target."""
    slips = {
        '"email_address" }': '"emial_address" }',
        'text = "Text"': 'text = "Texd"',
        '"Restricted"': '"Resctricted"',
    }
    with EmbeddedMock() as mock:
        text = MOCK_TARGET.read_text(encoding="utf-8").replace("embedded = true\n", "")
        file = tmp_path / "target.toml"
        for right, wrong in slips.items():
            assert right in text
            file.write_text(text.replace("${CLAUSEWISE_MOCK}", mock.base_url).replace(right, wrong), encoding="utf-8")
            done = tried(file, monkeypatch, **mock.environment)
            assert done.exit_code == 1
            assert done.output.count("the tenant describes no field ") == 1
            assert f"no field '{wrong.split(chr(34))[1]}'; there are " in done.output


@pytest.mark.parametrize("status", [401, 403, 500])
def test_without_credentials_that_are_let_in_nothing_is_made(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = Tenant(read=lambda _: (status, {"message": "no"}))
    done = tried_on(tenant, tmp_path, monkeypatch)
    assert done.exit_code == 1
    assert f": {status} " in done.output
    assert tenant.made == 0


def refusing(_: dict[str, Any]) -> tuple[int, Any]:
    return 422, {"message": "colour is required"}


def test_a_refused_plain_request_says_so_before_a_run_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = tried_on(Tenant(created=refusing), tmp_path, monkeypatch)
    assert done.exit_code == 1
    assert '422 {"message": "colour is required"}; so a run can judge nothing: look at path, tenant' in done.output
    assert 'sent {"title": "Clausewise"' in done.output
    assert not list((tmp_path / LEDGERS).glob("*.jsonl"))


def test_a_record_that_cannot_be_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = Tenant(read=lambda _: (404, None))
    done = tried_on(tenant, tmp_path, monkeypatch)
    assert done.exit_code == 1
    assert "what was made cannot be read back: 404 without a body; look at outside.read" in done.output
    assert tenant.records == {}


def test_what_could_not_be_deleted_is_told_with_its_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = tried_on(Tenant(deleted=lambda _: (403, None)), tmp_path, monkeypatch)
    assert done.exit_code == 1
    assert "python -m endpoints clean-up .clausewise" in done.output
    assert len(list((tmp_path / LEDGERS).glob("*.jsonl"))) == 1


def test_nothing_is_called_deleted_where_no_way_to_delete_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with an OpenAPI file that has no DELETE of what it makes."""
    body = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
    post = {"operationId": "add", "requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}
    paths = {"/api/latest/spaces": {"post": {**post, "responses": {"200": {"description": "it"}}}}}
    document = {"openapi": "3.1.0", "info": {"title": "Logs", "version": "1"}, "paths": paths}
    (tmp_path / "logs.json").write_text(json.dumps(document), encoding="utf-8")
    tenant = Tenant()
    with serving(tenant) as url:
        file = tmp_path / "target.toml"
        file.write_text(f'name = "logs"\n[openapi."logs.json"]\nbase_url = "{url}"\n', encoding="utf-8")
        done = tried(file, monkeypatch)
    assert done.exit_code == 1
    assert "about to send one plain POST" in done.output
    assert "/api/latest/spaces; nothing is known that deletes what it makes" in done.output
    assert "; its record stays\n" in done.output
    assert "deleted now" not in done.output
    assert len(tenant.records) == 1


def test_a_host_that_nobody_said_is_live_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = tried(target_file(tmp_path, "https://api.example.com", (NAME,)), monkeypatch, **TOKEN)
    assert done.exit_code == 2
    assert "api.example.com is not this machine" in done.output
    assert "about to send" not in done.output


def test_the_embedded_mock_is_no_tenant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "target.toml"
    file.write_text(MOCK_TARGET.read_text(encoding="utf-8"), encoding="utf-8")
    done = tried(file, monkeypatch)
    assert isinstance(done.exception, SystemExit)
    assert "--live is for a tenant, and the embedded mock is none" in done.output
