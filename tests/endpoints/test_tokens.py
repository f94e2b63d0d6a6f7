"""Tokens by a command: fresh at the start and when one expires, secret everywhere, and told when there is none."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from contracts.contract import load_contract
from contracts.errors import UserError
from endpoints.sending import Common
from endpoints.session import Session
from endpoints.targets import Target, load_target
from strategies import Request
from tests.helpers import reply, run_suites, serving, target_file

CONTRACT = load_contract("kaiten-create-space")
BODY = Request({"title": "Clausewise"})
COUNTING = """
from pathlib import Path
file = Path({file!r})
number = len(file.read_text()) if file.exists() else 0
file.write_text("x" * (number + 1))
print(f"s3cret-token-{{number}}")
"""


def target_with(folder: Path, url: str, *words: str) -> Target:
    file = target_file(folder, url, (CONTRACT.name,))
    command = ", ".join(f"{word!r}" for word in words)
    file.write_text(f"token_command.KAITEN_TOKEN = [{command}]\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    return load_target(file)


def counting(folder: Path) -> list[str]:
    """A command that prints another token each time that it is run."""
    script = folder / "token.py"
    script.write_text(COUNTING.format(file=str(folder / "times")), encoding="utf-8")
    return [sys.executable, str(script)]


class Expiring:
    """A server whose tokens each hold for so many requests, and which tells whatever it was sent."""

    def __init__(self, requests: int) -> None:
        self.requests, self.seen, self.used = requests, list[str](), dict[str, int]()

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        token = str(handler.headers.get("Authorization"))
        self.seen.append(token)
        self.used[token] = self.used.get(token, 0) + 1
        good = token.startswith("Bearer s3cret-token-") and self.used[token] <= self.requests
        reply(handler, 200 if good else 401, {"id": len(self.seen), "title": body.decode(), "echo": token})


def test_a_token_that_expires_is_renewed_once(tmp_path: Path) -> None:
    server = Expiring(3)
    with serving(server) as url:
        target = target_with(tmp_path, url, *counting(tmp_path))
        session = Session(CONTRACT, target.endpoint(CONTRACT.name), Common(tokens=target.tokens))
        statuses = [session.create(BODY).status for _ in range(8)]
    assert statuses == [200] * 6 + [401] * 2  # within a minute, a second token that is refused is not for its age
    assert len(server.seen) == 9
    assert (tmp_path / "times").read_text() == "xx"


def test_what_is_refused_as_a_strangers_renews_nothing(tmp_path: Path) -> None:
    with serving(Expiring(9)) as url:
        target = target_with(tmp_path, url, *counting(tmp_path))
        session = Session(CONTRACT, target.endpoint(CONTRACT.name), Common(tokens=target.tokens))
        assert session.create(BODY, situation=session.endpoint.strangers()[0]).status == 401
    assert (tmp_path / "times").read_text() == "x"


def test_no_token_is_shown_neither_the_first_nor_the_next(tmp_path: Path) -> None:
    server = Expiring(20)
    with serving(server) as url:
        target = target_with(tmp_path, url, *counting(tmp_path))
        options = ["--report", "report.html", "--junit", "junit.xml", "--record", "records", "--profile", "quick"]
        run = run_suites(tmp_path / "run", "--target", str(target.file), *options)
    assert {"Bearer s3cret-token-0", "Bearer s3cret-token-1"} <= set(server.seen)
    files = [file for file in (tmp_path / "run").rglob("*") if file.is_file()]
    assert {"report.html", "verdicts.json", "junit.xml"} <= {file.name for file in files}
    for text in (run.output, *(file.read_text(encoding="utf-8") for file in files)):
        assert "s3cret-token" not in text
    assert "$KAITEN_TOKEN" in (tmp_path / "run" / "verdicts.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import sys; sys.exit(3)", "ended with exit code 3"),
        ("print()", "printed no token"),
        ("print('two'); print('lines of text')", "printed no token"),
        ("print('short')", "printed no token"),
        ("import sys; sys.stdout.buffer.write(bytes(range(256)))", "printed no token"),
    ],
)
def test_a_command_that_gives_none(tmp_path: Path, code: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as raised:
        target_with(tmp_path, "http://127.0.0.1:9", sys.executable, "-c", code).endpoint(CONTRACT.name)
    assert "token_command.KAITEN_TOKEN" in raised.value.message
    assert "\n" not in raised.value.message


def test_a_command_that_does_not_end_or_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("endpoints.tokens._LONGEST", 0.3)
    waits = target_with(tmp_path, "http://127.0.0.1:9", sys.executable, "-c", "import time; time.sleep(60)")
    with pytest.raises(UserError, match=r"did not end within 0\.3 s"):
        waits.endpoint(CONTRACT.name)
    with pytest.raises(UserError, match=r"cannot be run \(No such file"):
        target_with(tmp_path, "http://127.0.0.1:9", "no-such-program").endpoint(CONTRACT.name)
    run = run_suites(tmp_path / "run", "--target", str(tmp_path / "target.toml"))
    assert (run.code, run.output.count("cannot be run")) == (4, 1)
    assert "Traceback" not in run.output


def test_a_token_that_cannot_be_renewed_is_told(tmp_path: Path) -> None:
    script = tmp_path / "once.py"
    script.write_text(
        f"from pathlib import Path\nfile = Path({str(tmp_path / 'times')!r})\nassert not file.exists()\nfile.touch()\n"
        "print('s3cret-token-0')\n"
    )
    with serving(Expiring(3)) as url:
        target = target_with(tmp_path, url, sys.executable, str(script))
        run = run_suites(tmp_path / "run", "--target", str(target.file), "--profile", "quick")
    assert run.code == 1
    assert any("the run went on with the token before" in note for note in run.verdicts["run"]["notes"])


def test_no_shell_reads_the_words(tmp_path: Path) -> None:
    code = "import sys; print(sys.argv[1])"
    target = target_with(tmp_path, "http://127.0.0.1:9", sys.executable, "-c", code, "$(touch x); touch y | `id`")
    assert target.environment({})["KAITEN_TOKEN"] == "$(touch x); touch y | `id`"


def test_only_the_target_that_is_named_has_a_command(tmp_path: Path) -> None:
    """Nothing that a target refers to, and no description of an API, runs anything; nor does reading a target."""
    ran = tmp_path / "ran"
    command = f'["{sys.executable}", "-c", "open({str(ran)!r}, \'w\')"]'
    (tmp_path / "api.yaml").write_text(
        f"openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\ntoken_command: {{T: {command}}}\n"
        f"x-token_command: {{T: {command}}}\npaths: {{/a: {{get: {{operationId: a, token_command: {{T: {command}}},"
        "responses: {'200': {description: ok}}}}}\n"
    )
    file = tmp_path / "target.toml"
    file.write_text('name = "x"\n[openapi."api.yaml"]\nbase_url = "http://127.0.0.1:9"\n')
    load_target(file).endpoint("api.a", {})
    file.write_text(f"token_command.T = {command}\n{file.read_text(encoding='utf-8')}")
    target = load_target(file)
    assert not ran.exists()
    with pytest.raises(UserError, match="printed no token"):
        target.endpoint("api.a", {})
    assert ran.exists()
