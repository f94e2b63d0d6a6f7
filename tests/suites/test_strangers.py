"""Contracts and targets of a stranger: they read no other files, reach no other host, run nothing, and hang nothing."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import open_contracts
from contracts.errors import ContractError, UserError
from contracts.patterns import JUDGE, matches, why_not
from endpoints.session import Session
from endpoints.targets import load_target
from strategies import Request
from strategies.edges import plain_value
from tests.endpoints.test_session import Recorder
from tests.helpers import reply, run_suites, serving, target_file, the_first

SLOW = r"^\w*\d*\w*\d*\w*\d*-$"
LONG = "7" * 10_000 + "-7"  # which does not match, and to see that takes days
TOKEN = {"TOKEN": "s3cret-token"}


def described(folder: Path, base: str, path: str = "/a", answer: Any = None, asked: Any = ()) -> Path:
    """A target over an OpenAPI file with one operation that reads."""
    content = {"application/json": {"schema": {"type": "object", "properties": {"text": answer or {}}}}}
    answers = {"200": {"description": "ok", "content": content}}
    operation = {"operationId": "a", "parameters": list(asked), "responses": answers}
    about = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {path: {"get": operation}}}
    (folder / "api.json").write_text(json.dumps(about), encoding="utf-8")
    file = folder / "target.toml"
    way = 'authentication.token.headers = { Authorization = "Bearer ${TOKEN}" }'
    file.write_text(f'name = "x"\n[openapi."api.json"]\nbase_url = "{base}"\n{way}\n', encoding="utf-8")
    return file


# Patterns.


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$", r"(a|aa)+$", r"(?:a?){30}a{30}$", r"(\d{1,9}){1,9}x", r"(?=(a+)+$)", r"^(([a-z])+.)+[A-Z]([a-z])+$",
        r"(a?a)*$",
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["request", "response", "target"])
def test_what_may_take_without_end_is_refused_by_name(tmp_path: Path, pattern: str, where: str) -> None:
    if where == "target":
        file = target_file(tmp_path, "http://127.0.0.1:9", ("zendesk-create-record",))
        field = f"properties.a = {{ type = \"string\", pattern = '{pattern}' }}"
        place = 'tenant."custom_object_record/custom_object_fields"'
        file.write_text(f"{file.read_text(encoding='utf-8')}{place}.{field}\n", encoding="utf-8")
        with pytest.raises(UserError, match="may take without end to match"):
            load_target(file).endpoint("zendesk-create-record", {"KAITEN_TOKEN": "s3cret-token"})
        return
    text = {"type": "string", "pattern": pattern}
    asked = [{"name": "q", "in": "query", "schema": text}] if where == "request" else []
    described(tmp_path, "http://127.0.0.1:9", answer={} if asked else text, asked=asked)
    (contract,) = open_contracts(tmp_path / "api.json")
    assert any("may take without end to match" in gap.says for gap in contract.gaps)
    assert not any(clause.keyword == "pattern" for clause in contract.clauses.values())


@pytest.mark.parametrize(
    "pattern",
    [r"^\d{1,3}(\.\d{1,3}){3}$", r"^[a-z](-?[a-z0-9])*$", r"^([A-Z][a-z]?){1,40}$", r"^(\w+-)*\w+$"],
)
def test_what_ends_is_used(pattern: str) -> None:
    assert why_not(pattern) == ""


@pytest.mark.parametrize("pattern", [r"(?<!a)b\d{1000}", r"^b\d{1500}$"])
def test_long_texts_are_drawn_without_being_shrunk(tmp_path: Path, pattern: str) -> None:
    asked = [{"name": "q", "in": "query", "schema": {"type": "string", "pattern": pattern}, "required": True}]
    described(tmp_path, "http://127.0.0.1:9", answer={}, asked=asked)
    (contract,) = open_contracts(tmp_path / "api.json")
    assert re.search(pattern, plain_value(contract, contract.request_schema)["query"]["q"])


@pytest.mark.long
def test_a_match_ends_and_so_do_all_those_of_a_pattern() -> None:
    assert why_not(SLOW) == ""
    started = time.monotonic()
    for _ in range(200):
        with pytest.raises(UserError, match="takes too long to match a text of 10,002 characters"):
            matches(SLOW, LONG)
    assert time.monotonic() - started < 15


def test_quick_matches_use_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: a run matches an ordinary pattern with tens of thousands of texts."""
    monkeypatch.setattr("contracts.patterns._SECONDS_IN_ALL", 0.02)
    assert all(matches("^INV-[A-Z0-9-]+$", f"INV-{number}") for number in range(50_000))


@pytest.mark.parametrize("word", ["pattern", "patternProperties", "additionalProperties"])
def test_every_keyword_with_patterns_is_bounded(word: str) -> None:
    schema: dict[str, Any] = {"pattern": SLOW} if word == "pattern" else {"patternProperties": {SLOW: {}}}
    schema |= {word: False} if word.startswith("add") else {}
    with pytest.raises(UserError, match="takes too long"):
        JUDGE(schema).is_valid(LONG if word == "pattern" else {LONG: 1})


def test_the_judge_finds_what_the_ordinary_one_does() -> None:
    schema = {"properties": {"a": {"pattern": "^x"}}, "patternProperties": {"^b": {"type": "integer"}}}
    for value, kept in (({"a": "xy", "b1": 1}, True), ({"a": "y"}, False), ({"b1": "1"}, False), ({"c": 1}, False)):
        assert JUDGE({**schema, "additionalProperties": False}).is_valid(value) is kept
    assert JUDGE({**schema, "additionalProperties": {"type": "null"}}).is_valid({"c": None, "b": 1})


def test_a_run_is_not_hung_by_a_pattern_and_says_which(tmp_path: Path) -> None:
    with serving(lambda handler, _: reply(handler, 200, {"text": LONG})) as url:
        target = described(tmp_path, url, answer={"type": "string", "pattern": SLOW})
        started = time.monotonic()
        run = run_suites(tmp_path, "--contract", str(tmp_path / "api.json"), "--target", str(target), **TOKEN)
    assert time.monotonic() - started < 60
    clause = run.clause("api.a/200/text/pattern")
    assert clause["outcome"] == "undetermined"
    assert "takes too long to match a text of 10,002 characters" in clause["reason"]
    assert run.outcomes["api.a/200/text/type"] == "upheld"


# Hosts.


@pytest.mark.parametrize(
    "path", the_first(["@{there}/a", ".{there}/a", ":80@{there}/a", "//{there}/a", "\\\\{there}/a"])
)
def test_no_path_of_a_contract_leads_to_another_host(tmp_path: Path, path: str) -> None:
    here, elsewhere = Recorder((200, {}, {})), Recorder((200, {}, {}))
    with serving(here) as url, serving(elsewhere) as other:
        described(tmp_path, url, path.format(there=other.partition("//")[2]))
        try:
            target = load_target(tmp_path / "target.toml")
        except UserError:
            return  # it is not even read
        for name in target.contracts:
            Session(open_contracts(tmp_path / "api.json")[0], target.endpoint(name, TOKEN)).create(Request())
    assert elsewhere.sent == []
    assert all(headers["Host"] in url for _, headers, _ in here.sent)


# Files.


@pytest.mark.parametrize("ref", ["../secret.json", "{folder}/secret.json", "file://{folder}/secret.json", "link.json"])
def test_a_reference_reads_its_own_folder_alone(tmp_path: Path, ref: str) -> None:
    (tmp_path / "secret.json").write_text('{"A": {"type": "string", "const": "s3cret-of-another-file"}}')
    inner = tmp_path / "theirs"
    inner.mkdir()
    (inner / "link.json").symlink_to(tmp_path / "secret.json")
    described(inner, "http://127.0.0.1:9", answer={"$ref": f"{ref.format(folder=tmp_path)}#/A"})
    with pytest.raises(ContractError, match="leads out of the file's folder") as raised:
        open_contracts(inner / "api.json")
    assert "s3cret-of" not in raised.value.message


@pytest.mark.parametrize("name", ["../api.json", "{folder}/api.json", "link.json"])
def test_a_target_reads_its_own_folder_alone(tmp_path: Path, name: str) -> None:
    described(tmp_path, "http://127.0.0.1:9")
    inner = tmp_path / "theirs"
    inner.mkdir()
    (inner / "link.json").symlink_to(tmp_path / "api.json")
    text = (tmp_path / "target.toml").read_text(encoding="utf-8").replace("api.json", name.format(folder=tmp_path))
    (inner / "target.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="lies outside of the target file's folder; put it beside"):
        load_target(inner / "target.toml")


def test_a_page_is_named_and_not_a_path(tmp_path: Path) -> None:
    file = described(tmp_path, "http://127.0.0.1:9").with_name("api.json")
    about = json.loads(file.read_text(encoding="utf-8"))
    about["x-document"] = {"file": "../../etc/hosts", "lines": 3, "sha256": "0" * 64}
    file.write_text(json.dumps(about), encoding="utf-8")
    assert open_contracts(file)[0].document["file"] == "api.json"


# Code.


def test_yaml_runs_nothing(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    file = tmp_path / "api.yaml"
    file.write_text(f"openapi: 3.1.0\npaths: !!python/object/apply:os.system ['touch {ran}']\n")
    with pytest.raises(ContractError):
        open_contracts(file)
    assert not ran.exists()
