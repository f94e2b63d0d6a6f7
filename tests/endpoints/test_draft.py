"""Drafts of targets: what a tenant says of its fields becomes a target that can be run, and no more than that."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import contract_names, load_contract
from endpoints.embedded import EmbeddedMock
from endpoints.endpoint import VARIABLE
from endpoints.mock.app import ENVIRONMENT
from endpoints.targets import MOCK_TARGET, lacking, load_target
from endpoints.writing import toml
from strategies.tenant import tenant_places
from tests.helpers import Answering, a_tenth, reply, run_module, run_suites, serving, the_first

VALUES = {
    "attio-create-record": ("--value", "object=people"),
    "kaiten-create-record": ("--value", "directory_id=6fb267b4-8231-50bf-bdbd-0a149d5127d6"),
    "kaiten-create-space": (),
    "kintone-add-records": ("--value", "app=1"),
    "zendesk-create-record": ("--value", "custom_object_key=car"),
}
BY_ITS_ID = {"attio-create-record/request/example/page", "attio-create-record/behaviour/echo/value"}  # not by its slug


@pytest.fixture(scope="module")
def mock() -> Iterator[EmbeddedMock]:
    with EmbeddedMock() as running:
        yield running


def draft(name: str, base_url: str, *words: str, **environment: str) -> Any:
    return run_module("endpoints", "draft", "--contract", name, "--base-url", base_url, *words, **environment)


def written(folder: Path, text: str) -> Path:
    file = folder / "my-target.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", a_tenth(contract_names(), group=bool))
def test_from_a_draft_to_verdicts(name: str, mock: EmbeddedMock, tmp_path: Path) -> None:
    """The whole way of a new user, on a mock that is served as a tenant; what is lost needs what no draft can know."""
    environment = {**mock.environment, "CLAUSEWISE_MOCK": ""}
    done = draft(name, mock.base_url, *VALUES[name], **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"{name}: credentials from {name.split('-', maxsplit=1)[0].upper()}_TOKEN")
    file = written(tmp_path, done.stdout)
    assert "embedded" not in tomllib.loads(done.stdout)
    checked = run_module("endpoints", "targets", "--check", str(file), "--live", **environment)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "about to send one plain POST" in checked.stdout
    drafted = run_suites(tmp_path, "--target", str(file), "--profile", "quick", **environment)
    assert drafted.code == 0, drafted.output
    whole = run_suites(tmp_path / "own", "--contract", name, "--profile", "quick")
    lost = {one for one in whole.outcomes if whole.outcomes[one] != drafted.outcomes[one]} - BY_ITS_ID
    for clause in lost:
        assert drafted.outcomes[clause] == "unexercised"
        told = f"{drafted.clause(clause)['reason']} {load_contract(name).clauses[clause].schema.get('request', '')}"
        assert any(_speaks(line, told) for line in done.stdout.splitlines() if line.startswith("# ")), clause


def _speaks(line: str, told: str) -> bool:
    """Whether a commented line of a draft is about what a verdict says is missing: a place, or a situation."""
    key = line.removeprefix("# ").partition(" = ")[0].partition(":")[0].partition(".")[0].strip('"')
    return f"`{key}`" in told or f"`{key.replace('/', '.')}`" in told or told.endswith(f" {key}")


@pytest.mark.parametrize("name", a_tenth(contract_names(), group=bool))
def test_what_a_check_foretells_is_unexercised(name: str, mock: EmbeddedMock, tmp_path: Path) -> None:
    """With a target that says nothing of its tenant; nothing else is for want of situations or of values."""
    target = written(tmp_path, bare(name, mock))
    said = run_module("endpoints", "targets", "--check", str(target), **mock.environment).stdout
    foretold = lacking(load_contract(name), load_target(target).table["contracts"][name])
    for what, clauses in foretold.items():
        assert f"{what} ({len(clauses)})" in said
    run = run_suites(tmp_path, "--target", str(target), "--profile", "quick", **mock.environment)
    named = {clause.id for clauses in foretold.values() for clause in clauses}
    assert {run.outcomes[clause] for clause in named} <= {"unexercised"}
    for clause in {one for one, outcome in run.outcomes.items() if outcome == "unexercised"} - named:
        assert not re.match("needs (the situation|values of|what) ", run.clause(clause)["reason"]), clause


def bare(name: str, mock: EmbeddedMock) -> str:
    """The least that a target says of the mock: where it is, who asks, and what no request can do without."""
    table = load_target(MOCK_TARGET).table["contracts"][name]
    way, credentials = next(iter(table["authentication"].items()))
    needed = [place for place, is_needed in tenant_places(load_contract(name)).items() if is_needed]
    kept = {"path": table.get("path", {}), "tenant": {place: table["tenant"][place] for place in needed}}
    known = {"base_url": mock.base_url, "authentication": {way: credentials}, **kept}
    lines = [f"{key} = {toml(value)}" for key, value in known.items() if value]
    return "\n".join(['name = "bare"', f"[contracts.{name}]", *lines, ""])


def test_a_draft_names_the_variables_that_the_mock_is_served_with() -> None:
    """Credentials of situations too, so that what `serve` prints is all that a draft's target takes."""
    for name in contract_names():
        commented = run_module("endpoints", "targets", name).stdout
        named = set(VARIABLE.findall(commented)) - {"NAME", "USER", "PASSWORD"}  # of the format's own comments
        assert len(named) > (name == "kaiten-create-space")
        assert named <= ENVIRONMENT.keys()


def test_a_draft_that_fails_leaves_the_file_as_it_was(mock: EmbeddedMock, tmp_path: Path) -> None:
    name, file = "zendesk-create-record", tmp_path / "deep" / "my-target.toml"
    done = draft(name, mock.base_url, *VALUES[name], "-o", str(file), **mock.environment)
    assert (done.returncode, done.stdout) == (0, "")
    whole = file.read_text(encoding="utf-8")
    assert load_target(file).contracts == (name,)
    done = draft(name, mock.base_url, *VALUES[name], "-o", str(file), ZENDESK_TOKEN="expired")
    assert done.returncode == 2
    assert file.read_text(encoding="utf-8") == whole
    done = draft(name, mock.base_url, *VALUES[name], "-o", str(tmp_path), **mock.environment)
    assert (done.returncode, "give -o another path" in done.stderr) == (2, True)


def test_nothing_is_written_to_the_tenant(tmp_path: Path) -> None:
    methods = set()

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        methods.add(handler.command)
        reply(handler, 200, {"data": [{"api_slug": "stage", "type": "select", "title": "Stage"}]})

    with serving(answer) as url:
        done = draft("attio-create-record", url, *VALUES["attio-create-record"], ATTIO_TOKEN="any-token")
    assert done.returncode == 0
    assert methods == {"GET"}


def attio(*attributes: Any, status: int = 200) -> Answering:
    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        options = {"data": [{"title": "One", "is_archived": False}, {"title": "Old", "is_archived": True}]}
        reply(handler, status, options if handler.path.endswith("/options") else {"data": list(attributes)})

    return answer


def attribute(slug: Any, kind: Any, **more: Any) -> dict[str, Any]:
    plain = {"is_writable": True, "is_archived": False, "is_required": False, "is_unique": False}
    return {"api_slug": slug, "type": kind, "title": f"The {slug}", "is_multiselect": False, **plain, **more}


def of_attio(folder: Path, answering: Answering, *, code: int = 0) -> tuple[str, dict[str, Any]]:
    """What a draft says and the schema of Attio's values in it; it passes the check."""
    with serving(answering) as url:
        done = draft("attio-create-record", url, *VALUES["attio-create-record"], ATTIO_TOKEN="any-token")
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code:
        return done.stderr, {}
    assert ("describes no field" in done.stdout) == ("describes no field" in done.stderr)
    target = load_target(written(folder, done.stdout))
    assert target.contracts == ("attio-create-record",)
    found = target.endpoint("attio-create-record", {"ATTIO_TOKEN": "any-token"}).tenant.schemas.get("data/values", {})
    return done.stdout, dict(found)


def test_what_a_description_says_and_no_more(tmp_path: Path) -> None:
    attributes = [
        attribute("name", "text", is_required=True),
        attribute("domains", "domain", is_unique=True, is_multiselect=True),
        attribute("stage", "select"),
        attribute("tags", "select", is_multiselect=True),
        attribute("old", "text", is_archived=True),
        attribute("made_by", "actor-reference", is_required=True),
        attribute("odd", "what-nobody-knows"),
    ]
    text, schema = of_attio(tmp_path, attio(*attributes))
    assert schema == {
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "domains": {
                "type": "array", "minItems": 1, "items": {"type": "string", "format": "hostname"}, "x-unique": True,
            },
            "stage": {"enum": ["One"]},
            "tags": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": ["One"]}},
        },
    }  # fmt: skip
    assert "# The name: text; always needed" in text
    assert "# The domains: domain; unique" in text
    assert "# properties.old = {…}  # The old: text; not drawn: no request can set it" in text
    assert "# properties.made_by = {…}  # The made_by: actor-reference; always needed; not drawn: no " in text
    assert "# properties.odd = {…}  # The odd: what-nobody-knows; not drawn: no schema of this type is known" in text
    assert 'unique.fields = { attribute = "domains" }' in text


def test_bounds_as_kintone_writes_them(tmp_path: Path) -> None:
    texts = {"required": False, "expression": "", "defaultValue": ""}
    form: dict[str, dict[str, Any]] = {
        "Short": {"type": "SINGLE_LINE_TEXT", **texts, "unique": True, "minLength": "2", "maxLength": "10"},
        "Free": {"type": "SINGLE_LINE_TEXT", **texts, "unique": False, "minLength": "", "maxLength": None},
        "Price": {"type": "NUMBER", "minValue": "-0.5", "maxValue": "9", "required": True, "unique": False},
        "Odd": {"type": "NUMBER", "minValue": "ten", "maxValue": []},
        "None": {"type": "DROP_DOWN", "options": {}},
        "Never": {"type": "NUMBER", "minValue": "3", "maxValue": "1"},
    }

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        reply(handler, 200, {"properties": {code: {"code": code, "label": code, **one} for code, one in form.items()}})

    with serving(answer) as url:
        done = draft("kintone-add-records", url, *VALUES["kintone-add-records"], KINTONE_TOKEN="any-token")
    tenant = load_target(written(tmp_path, done.stdout)).endpoint("kintone-add-records", {"KINTONE_TOKEN": "any-token"})
    assert tenant.tenant.schemas["app"] == {"enum": [1, "1"]}
    record = tenant.tenant.schemas["records/*"]
    assert record["required"] == ["Price"]
    assert {name: one["properties"]["value"] for name, one in record["properties"].items()} == {
        "Short": {"type": "string", "minLength": 2, "maxLength": 10, "x-unique": True},
        "Free": {"type": "string"},
        "Price": {"type": "number", "minimum": -0.5, "maximum": 9},
        "Odd": {"type": "number"},
    }
    assert "# properties.None = {…}  # None: DROP_DOWN; not drawn: it has no options yet" in done.stdout
    assert "# properties.Never = {…}  # Never: NUMBER; not drawn: its keywords leave no value at all" in done.stdout


def test_what_a_stranger_writes_stays_a_text(tmp_path: Path) -> None:
    """Names and labels that would be TOML, or a command of a terminal, or of a CI server, if they were not quoted."""
    evil = '"]\n[contracts.evil]\nbase_url = "http://evil.example"\x7f\x1b[2J'
    named = attribute(evil, "text", title=evil)
    text, schema = of_attio(tmp_path, attio(named, attribute("x", "text", title="::error::\n[contracts.evil]")))
    assert list(schema["properties"]) == [evil, "x"]
    assert list(tomllib.loads(text)["contracts"]) == ["attio-create-record"]
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (attio(status=401), "; may the credentials in ATTIO_TOKEN read this?"),
        (attio(status=403), '403 {"data": []}; may the'),
        (attio(status=404), "the fields cannot be read: 404"),
        (attio(status=503), "the fields cannot be read: 503"),
        (lambda handler, _: reply(handler, 200, b"<html>log in</html>"), "the fields cannot be read: 200 <html>"),
        (lambda handler, _: reply(handler, 302, Location="https://elsewhere.example"), "cannot be read: 302"),
        (lambda handler, _: reply(handler, 200), "the fields cannot be read: 200 without a body"),
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_read(tmp_path: Path, answer: Answering, said: str) -> None:
    text, _ = of_attio(tmp_path, answer, code=2)
    assert text.startswith("attio-create-record: credentials from ATTIO_TOKEN\nError: GET http://127.0.0.1:")
    assert said in text
    assert len(text.splitlines()) == 2
    assert "any-token" not in text


@pytest.mark.parametrize(
    "body", the_first([{"data": []}, {}, [], 7, None, {"data": 7}, {"properties": {}}]), ids=json.dumps
)
def test_an_empty_description(tmp_path: Path, body: Any) -> None:
    content = json.dumps(body).encode()
    text, schema = of_attio(tmp_path, lambda handler, _: reply(handler, 200, content))
    assert schema == {}
    assert "# GET /v2/objects/{object}/attributes describes no field: " in text


@pytest.mark.parametrize(
    "field", the_first([7, "text", None, [], {}, {"api_slug": {}, "type": []}, {"api_slug": "x"}]), ids=str
)
def test_a_field_that_is_none(tmp_path: Path, field: Any) -> None:
    text, schema = of_attio(tmp_path, attio(field, attribute("name", "text")))
    assert schema == {"properties": {"name": {"type": "string"}}}
    assert "; not drawn: no schema of this type is known" in text


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        ((), {"ATTIO_TOKEN": "any-token"}, "give --value object=…, which /v2/objects/{object}/records or its f"),
        (("--value", "object"), {}, "--value takes NAME=VALUE"),
        (("--value", "app=1"), {}, "--value app: nothing takes it; there is object"),
        (("--value", "object=people"), {}, "export ATTIO_TOKEN, so that the fields can be read, or give --header"),
        (("--value", "object=people", "--header", "X"), {}, "--header 'X' is no header"),
        (("--value", "object=people", "--header", "X: y"), {}, "a secret stands in an environment variable"),
        (("--base-url", "ftp://127.0.0.1"), {}, "--base-url: this is no URL of a server"),
        (
            ("--value", "object=people", "--base-url", "http://127.0.0.1:9"),
            {"ATTIO_TOKEN": "any-token"},
            "no connection",
        ),
    ],
)
def test_what_a_draft_asks_for(words: tuple[str, ...], environment: dict[str, str], said: str) -> None:
    done = draft("attio-create-record", "http://127.0.0.1:9", *words, **environment)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_contract_without_fields_needs_nobody(tmp_path: Path) -> None:
    done = draft("kaiten-create-space", "https://example.kaiten.ru")
    assert (done.returncode, done.stderr) == (0, "kaiten-create-space: export KAITEN_TOKEN before a run\n")
    checked = run_module("endpoints", "targets", "--check", str(written(tmp_path, done.stdout)))
    assert checked.returncode == 0
    assert tomllib.loads(done.stdout)["live"] is True


FIELDS = """
        fields: {path: '/fields/{kind}', each: '$[*]', place: values, name: $.code, type: $.type,
                 types: {text: {type: string}}}
"""
OWN = """
openapi: 3.1.0
info: {title: shop, version: '1'}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
security: [{key: []}]
paths:
  /things:
    post:
      operationId: createThing
      x-outside:FIELDS
      requestBody:
        content: {application/json: {schema: {type: object, required: [values], properties: {values: {
          type: object, x-tenant: true, additionalProperties: {type: string}}}}}}
      responses: {'201': {description: made}}
"""


def test_a_contract_of_ones_own_says_how_its_fields_are_described(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(OWN.replace("FIELDS", FIELDS), encoding="utf-8")
    name = f"{tmp_path}/shop.yaml"
    with serving(lambda handler, _: reply(handler, 200, [{"code": handler.path, "type": "text"}])) as url:
        done = draft(name, url, "--value", "kind=car", SHOP_KEY="any-key")
    assert done.returncode == 0, done.stderr
    target = load_target(written(tmp_path, done.stdout))
    endpoint = target.endpoint("shop.createThing", {"SHOP_KEY": "any-key"})
    assert endpoint.authentication["key"].templates == {"X-Key": "${SHOP_KEY}"}
    assert endpoint.tenant.schemas == {"values": {"properties": {"/fields/car": {"type": "string"}}}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("each: '$[*]'", "each: '$[['"), "x-outside.fields.each: '$[[' is not a 'json-path'"),
        (("name: $.code,", ""), "x-outside.fields: 'name' is a required property; see endpoints/fields.schema.json"),
        (("type: $.type", "type: type"), "x-outside.fields.type: 'type' does not match"),
        (("place: values", "palce: values"), "x-outside.fields: "),
    ],
)
def test_a_contract_of_ones_own_that_says_it_wrongly(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    (tmp_path / "shop.yaml").write_text(OWN.replace("FIELDS", FIELDS.replace(*change)), encoding="utf-8")
    done = draft(f"{tmp_path}/shop.yaml", "http://127.0.0.1:9", "--value", "kind=car", SHOP_KEY="any-key")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
