"""Certificates over real sockets: a company's own authority, and what is said where nothing is verified."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import load_contract
from contracts.errors import UserError
from endpoints.exchange import Exchange
from endpoints.session import Session
from endpoints.targets import load_target
from strategies import Request
from tests.endpoints.test_records import TOKEN, Tenant
from tests.helpers import run_module, run_suites, serving, target_file
from tests.suites.test_killed import strict

CONTRACT = load_contract("kaiten-create-space")
SAYS = "was NOT VERIFIED"
pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl, which makes the certificates")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and a certificate that no authority of this machine has signed."""
    folder = tmp_path_factory.mktemp("authority")
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "company.pem")]
    subprocess.run([*words.split(), *files], check=True, capture_output=True)
    return folder


@pytest.fixture
def https(authority: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "company.pem", authority / "key.pem")
    with serving(Tenant(created=strict), context) as url:
        yield url


def written(folder: Path, url: str, more: str) -> Path:
    file = target_file(folder, url, (CONTRACT.name,))
    file.write_text(f"{more}\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    return file


def exchange(folder: Path, url: str, more: str = "") -> Exchange:
    endpoint = load_target(written(folder, url, more)).endpoint(CONTRACT.name, TOKEN)
    return Session(CONTRACT, endpoint).create(Request({"title": "Clausewise"}))


def test_nobody_is_trusted_by_himself(tmp_path: Path, https: str) -> None:
    found = exchange(tmp_path, https)
    assert found.unsent
    assert "not signed by anyone whom this machine trusts; set REQUESTS_CA_BUNDLE, or ca_bundle" in found.error


def test_a_companys_authority_by_its_variable_or_a_key_of_the_target(
    tmp_path: Path, https: str, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(authority / "company.pem", tmp_path)
    assert exchange(tmp_path, https, 'ca_bundle = "company.pem"').status == 200
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority / "company.pem"))
    assert exchange(tmp_path, https).status == 200


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("none.pem", "cannot be read"), ("target.toml", "holds no certificate"),
        ("../company.pem", "lies outside of the target file's folder"), ("/etc/hosts", "lies outside"),
        ("link.pem", "lies outside"),
    ],
)  # fmt: skip
def test_a_bundle_that_is_none(tmp_path: Path, authority: Path, name: str, says: str) -> None:
    (tmp_path / "link.pem").symlink_to(authority / "company.pem")
    with pytest.raises(UserError, match=says) as raised:
        exchange(tmp_path, "https://127.0.0.1:9", f'ca_bundle = "{name}"')
    assert "ca_bundle" in raised.value.message


def test_what_is_not_verified_is_said_in_every_output(tmp_path: Path, https: str) -> None:
    target = written(tmp_path, https, "verify_tls = false")
    options = ["--profile", "quick", "--report", "report.html", "--junit", "junit.xml"]
    run = run_suites(tmp_path / "run", "--target", str(target), *options, **TOKEN)
    assert "upheld" in run.outcomes.values()
    assert run.output.count(SAYS) == 2  # before it begins, and at its end
    assert [SAYS in note for note in run.verdicts["run"]["notes"]] == [True]
    folder = tmp_path / "run"
    assert SAYS in (folder / "report.html").read_text(encoding="utf-8")
    assert SAYS in (folder / "junit.xml").read_text(encoding="utf-8")
    assert SAYS in run_module("reports", "markdown", str(folder / "verdicts.json")).stdout
    assert "InsecureRequestWarning" not in run.output


def test_what_is_verified_says_nothing(tmp_path: Path) -> None:
    quiet: dict[str, Any] = {"verify_tls = true": "https://api.example.com", "verify_tls = false": "http://127.0.0.1:9"}
    for more, url in quiet.items():
        assert not load_target(written(tmp_path, url, more)).endpoint(CONTRACT.name, TOKEN).caution
