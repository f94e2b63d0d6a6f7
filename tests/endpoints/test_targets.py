"""Target files: the mock's and the example's are right, and every mistake gets one sentence with file, key and cure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from contracts.contract import contract_names
from endpoints.__main__ import main
from endpoints.endpoint import TargetError
from endpoints.targets import MOCK_TARGET, load_target
from tests.helpers import mock_environment, run_module

GOOD = """
name = "mine"
live = true
requests_per_second = 4
budget = { requests = 600, records = 150 }
[contracts.kaiten-create-space]
base_url = "https://example.com"
authentication.token.headers = { Authorization = "Bearer ${KAITEN_TOKEN}" }
"""
WAYS = {"attio": "oauth2", "kinto": "api-token"}


def endpoint_of(folder: Path, text: str) -> None:
    file = folder / "target.toml"
    file.write_text(text, encoding="utf-8")
    target = load_target(file)
    for name in target.contracts:
        target.endpoint(name, {"KAITEN_TOKEN": "any-token"})


def test_the_mocks_target_has_every_contract_and_every_situation() -> None:
    target = load_target()
    assert target.contracts == contract_names()
    for name in target.contracts:
        target.endpoint(name, mock_environment())


def test_the_example_is_a_target() -> None:
    target = load_target(MOCK_TARGET.with_name("live.example.toml"))
    variables = re.findall(r"\$\{(\w+)\}", (MOCK_TARGET.with_name("live.example.toml")).read_text())
    for name in target.contracts:
        target.endpoint(name, dict.fromkeys(variables, "any-token"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("name =", "nome ="), "the file: 'name' is a required property"),
        (('name = "mine"', 'name = "mine'), "this is not TOML"),
        (("base_url", "base"), "contracts.kaiten-create-space: "),
        (("https://", "ftp://"), "contracts.kaiten-create-space.base_url: 'ftp://example.com' does not match"),
        (("kaiten-create-space", "kaiten"), "contracts.kaiten: there is no such contract; there are attio"),
        (("${KAITEN_TOKEN}", "abc"), "authentication.token.headers.Authorization: a secret stands in an environment"),
        (("${KAITEN_TOKEN}", "${UNSET}"), "the environment variable UNSET is not set; export it"),
        (("[contracts", 'timeout = "1"\n[contracts'), "timeout: '1' is not of type 'number'"),
        (("authentication", "situations.tarif = {}\nauthentication"), "situations.tarif: no clause needs this; "),
        (("authentication", "tenant.colour = {}\nauthentication"), "tenant.'colour': requests have no such place"),
        (("authentication", 'tenant.title.type = "strin"\nauthentication'), "tenant.title.type: 'strin' is not one of"),
        (("kaiten-create-space]", "attio-create-record]\npath = {}"), "path: the path /v2/objects/{object}/records n"),
        (("kaiten-create-space", "kintone-add-records"), "tenant: every request needs `app`; give a JSON Schema"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_sentence(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(TargetError) as raised:
        endpoint_of(tmp_path, GOOD.replace(*change, 1).replace("token.", f"{WAYS.get(change[1][:5], 'token')}."))
    assert message in raised.value.message
    assert str(tmp_path / "target.toml") in raised.value.message
    assert len(raised.value.message.splitlines()) == 1


def test_the_format_is_explained() -> None:
    result = CliRunner().invoke(main, ["targets"])
    assert result.exit_code == 0
    for word in ("base_url", "authentication", "tenant", "situations", "requests_per_second", "outside"):
        assert word in result.output


def test_a_target_can_be_checked(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(GOOD)
    good = run_module("endpoints", "targets", "--check", str(file), KAITEN_TOKEN="any-token")
    assert (good.returncode, good.stdout) == (0, "kaiten-create-space: https://example.com, situations: none\n")
    bad = run_module("endpoints", "targets", "--check", str(tmp_path / "none.toml"))
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr
