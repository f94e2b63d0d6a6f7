"""Target files: the mock's and the example's are right, and every mistake gets one sentence with file, key and cure."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from contracts.contract import contract_names, load_contract, load_contracts
from endpoints.__main__ import main
from endpoints.endpoint import TargetError
from endpoints.redaction import Redaction
from endpoints.targets import MOCK_TARGET, load_target, read_target
from endpoints.writing import key, toml, written_target
from strategies import Request, conforming_requests, edge_requests
from strategies.conforming import FORMATS
from strategies.tenant import tenant_places
from tests.helpers import ROOT, mock_environment, run_module

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


def test_what_explains_the_format_is_a_target_itself(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    printed = written_target(load_contracts())
    file.write_text(printed, encoding="utf-8")
    assert all("… stands for what only you know" in mistake for mistake in read_target(file)[1])
    file.write_text(printed.replace("…", "x"), encoding="utf-8")
    target = load_target(file)
    variables = re.findall(r"\$\{(\w+)\}", file.read_text(encoding="utf-8"))
    for name in target.contracts:
        target.endpoint(name, dict.fromkeys(variables, "any-token"))
    assert target.contracts == contract_names()


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


@pytest.mark.parametrize("name", contract_names())
def test_every_key_of_a_contract_is_printed(name: str) -> None:
    """Every situation with every field that it needs, way to authenticate, path parameter and place of the tenant."""
    printed = CliRunner().invoke(main, ["targets", name])
    assert printed.exit_code == 0
    contract = load_contracts((name,))[0]
    words = ["base_url", "authentication", "budget", "requests_per_second", "outside.read", "outside.find", "refuses"]
    words += [f"\n# {situation}: " for situation in contract.situation_fields]
    words += [field.rpartition(".")[2] for fields in contract.situation_fields.values() for field in fields]
    words += [key(place) for place in tenant_places(contract)]
    for word in words:
        assert word in printed.output, word
    assert f"[contracts.{name}]" in printed.output
    assert printed.output.count("[contracts.") == printed.output.count(f"[contracts.{name}") + 1  # the head explains


def test_what_the_format_says_in_comments_is_of_the_right_shape(tmp_path: Path) -> None:
    """Every commented key, as it stands, is one that a target may have."""
    text = written_target(load_contracts())
    commented = re.sub(r"^# (?=[\w\"./*-]+ = [\[{])", "", text[text.index("\n[contracts.") :], flags=re.MULTILINE)
    file = tmp_path / "target.toml"
    file.write_text((text[: text.index("\n[contracts.")] + commented).replace("…", "x"), encoding="utf-8")
    _, mistakes = read_target(file)
    assert mistakes == []
    assert commented.count("\n# ") < text.count("\n# ") / 2


@pytest.mark.parametrize("name", contract_names())
def test_the_fields_of_situations_can_stand_together(name: str) -> None:
    """Each commented line can be taken as it is: a list and its first member are one key."""
    lines = re.findall(r"^# ([\w-]+\.fields\..*)$", written_target(load_contracts((name,))), flags=re.MULTILINE)
    written = tomllib.loads("\n".join(lines))
    for situation, fields in load_contracts((name,))[0].situation_fields.items():
        for field in fields:
            there = written[situation]["fields"]
            for step in field.split("."):
                there = there[int(step) if isinstance(there, list) else step]
            assert there == ("…" if isinstance(there, str) else ["…"])


MANY = """
name = "x"
tiemout = 3
timeout = "a"
[contracts.kaiten-create-space]
base_url = "https://api.example.com"
authentication.tokn.headers = { Authorization = "Bearer ${UNSET}" }
path = { a = "b" }
tenant.title = { type = "string", minLenght = 3 }
tenant.sort_order = { type = "number", minimum = 3, maximum = 1 }
tenant.external_id = { type = "string", format = "emial" }
tenant.parent_entity_uid = { type = "string", format = "uuid", examples = ["no uuid"] }
tenant.work_calendar_id = { not = { type = "string" } }
situations.tarif = {}
situations.forbidden = {}
situations.tariff.headers = { Authorization = "Bearer ${UNSET}" }
[contracts.attio-create-record]
base_url = "${UNSET_HOST}"
path = { objet = "people" }
created_ids = "$.[["
outside.read = { path = "/x/{id}", record = "$", foo = 1 }
authentication.oauth2.headers = { Authorization = "Bearer abc" }
situations.unique.fields = { atribute = "domains" }
situations.narrow-scope.headers = { Authorization = "Bearer ${UNSENDABLE}" }
situations.object-slug.path = { objekt = "people" }
[contracts.nobody]
base_url = "https://api.example.com"
[openapi."none.yaml"]
base_url = "https://api.example.com"
"""
ALL_MISTAKES = [
    "the file: there is no such key as tiemout; there are name, embedded, ",
    "timeout: 'a' is not of type 'number'",
    "contracts.kaiten-create-space: api.example.com is not this machine, and what is sent there makes records; add",
    "kaiten-create-space.authentication.tokn: no such way to authenticate is known; there are token",
    "kaiten-create-space.path.a: no path has this parameter; there are none",
    "kaiten-create-space.tenant.title: there is no such key as minLenght; there are title,",
    "kaiten-create-space.tenant.'sort_order': no values can be drawn from it: its keywords leave no value",
    "kaiten-create-space.tenant.external_id.format: 'emial' is not one of ['uuid', 'date', ",
    "kaiten-create-space.tenant.'parent_entity_uid': no values can be drawn from it: the example 'no uuid' does not",
    "kaiten-create-space.tenant.work_calendar_id: there is no such key as not; there are title,",
    "kaiten-create-space.situations.tarif: no clause needs this; there are forbidden, tariff",
    "kaiten-create-space.situations.forbidden: it is empty; give path, headers, body or fields",
    "kaiten-create-space.situations.tariff.headers: these are the usual credentials, which show nothing else",
    "attio-create-record.path.objet: no path has this parameter; there are object",
    "attio-create-record.path: the path /v2/objects/{object}/records needs a value for object",
    "attio-create-record.created_ids: '$.[[' is not a 'json-path'",
    "attio-create-record.outside.read: there is no such key as foo; there are path, record",
    "attio-create-record.authentication.oauth2.headers.Authorization: a secret stands in an environment variable",
    "attio-create-record.situations.unique.fields.atribute: no clause needs this; there are attribute",
    "attio-create-record.situations.narrow-scope.headers: no HTTP header can carry the value of UNSENDABLE",
    "attio-create-record.situations.object-slug.path.objekt: no path has this parameter; there are object",
    "contracts.nobody: there is no such contract; there are attio",
    "openapi.'none.yaml': ",
]


def test_a_check_tells_all_mistakes_at_once(tmp_path: Path) -> None:
    """Without the environment being complete: what is not set is no mistake of the file."""
    file = tmp_path / "target.toml"
    file.write_text(MANY, encoding="utf-8")
    done = run_module("endpoints", "targets", "--check", str(file), UNSENDABLE="a\nline feed")
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert all(line.startswith(f"Error: {file}: ") for line in lines)
    for mistake in ALL_MISTAKES:
        assert sum(mistake in line for line in lines) == 1, mistake
    assert len(lines) == len(ALL_MISTAKES)
    assert "UNSET" not in done.stderr


def test_the_formats_that_a_target_may_name_are_those_that_values_are_drawn_of() -> None:
    schema = json.loads(MOCK_TARGET.with_name("target.schema.json").read_text(encoding="utf-8"))
    assert set(schema["$defs"]["field"]["properties"]["format"]["enum"]) == set(FORMATS)


KEYWORDS: list[Any] = [  # what a field takes, and a value that breaks nothing but one of the keywords
    ({"type": "array", "minItems": 2, "uniqueItems": True, "items": {"enum": ["a", "b", "c"]}}, ["a", "a"]),
    ({"type": "integer", "multipleOf": 7}, 8),
    ({"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer"}]}, "long"),
    ({"oneOf": [{"type": "string", "format": "email"}, {"type": "null"}]}, "no address"),
    ({"allOf": [{"type": "string", "minLength": 3}, {"maxLength": 5}]}, "longer"),
    ({"type": "string", "format": "email", "examples": ["me@example.com"]}, "me"),
    ({"type": "string", "pattern": "^[a-z]{3}$", "examples": ["abc"]}, "abcd"),
    ({"const": "x"}, "y"),
    ({"type": "object", "minProperties": 1, "maxProperties": 1}, {"a": 1, "b": 2}),
]


@pytest.mark.parametrize(("schema", "wrong"), KEYWORDS, ids=str)
def test_every_keyword_is_honoured(tmp_path: Path, schema: dict[str, Any], wrong: Any) -> None:
    """All that is drawn keeps it, at its edges and at random; and so that this can fail, something doesn't."""
    contract = load_contracts(("attio-create-record",))[0]
    file = tmp_path / "target.toml"
    file.write_text(
        'name = "x"\n[contracts.attio-create-record]\nbase_url = "http://127.0.0.1:9"\npath = { object = "people" }\n'
        f'tenant."data/values" = {toml({"required": ["f"], "properties": {"f": schema}})}\n', encoding="utf-8",
    )  # fmt: skip
    tenant = load_target(file).endpoint("attio-create-record", {}).tenant
    judge = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    drawn = [edge.value.body["data"]["values"]["f"] for edge in edge_requests(contract, tenant=tenant)]

    @settings(max_examples=30, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(conforming_requests(contract, tenant=tenant))
    def draw(request: Request) -> None:
        drawn.append(request.body["data"]["values"]["f"])

    draw()
    assert all(map(judge.is_valid, drawn))
    assert not judge.is_valid(wrong)


def test_what_has_to_be_encoded_is(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        GOOD.replace("Bearer ${KAITEN_TOKEN}", "Basic base64(${LOGIN}/token:${PASSWORD})"), encoding="utf-8"
    )
    environment = {"LOGIN": "me", "PASSWORD": "s3cret-(word)"}
    target = load_target(file)
    way = target.endpoint("kaiten-create-space", environment).authentication["token"]
    assert way.headers == {"Authorization": f"Basic {b64encode(b'me/token:s3cret-(word)').decode()}"}
    assert way.invalid[0].headers == {"Authorization": f"Basic {b64encode(b'invalid/token:invalid').decode()}"}
    shell = f'printf "%s" "{way.shown["Authorization"]}"'  # what a printed curl command says, in a shell
    done = subprocess.run(["bash", "-c", shell], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == way.headers["Authorization"]
    assert target.secrets(environment) == {"s3cret-(word)": "PASSWORD"}  # a name alone is none, and may be short
    assert "s3cret" not in Redaction(target.secrets(environment)).text(way.headers["Authorization"])
    with pytest.raises(TargetError, match="the value of PASSWORD has fewer than 6 characters"):
        target.endpoint("kaiten-create-space", environment | {"PASSWORD": "short"})


def test_of_a_file_what_fits_no_operation_is_told(tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "contracts" / "everything.yaml", tmp_path / "everything.yaml")
    file = tmp_path / "target.toml"
    file.write_text(
        'name = "x"\n[openapi."everything.yaml"]\nbase_url = "http://127.0.0.1:9"\npath = { nothing = "x" }\n'
        '[contracts."everything.upload"]\ntimeout = 3\n', encoding="utf-8",
    )  # fmt: skip
    _, mistakes = read_target(file)
    assert [mistake.removeprefix(f"{file}: ").partition(";")[0] for mistake in mistakes] == [
        "contracts.everything.upload: there is no such key as timeout",
        "openapi.'everything.yaml'.path.nothing: no operation of the file has this",
    ]


def test_a_target_can_be_checked(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(GOOD)
    good = run_module("endpoints", "targets", "--check", str(file), KAITEN_TOKEN="any-token")
    assert good.returncode == 0
    (said,) = good.stdout.splitlines()
    assert said.startswith("kaiten-create-space: https://example.com, situations: none; unexercised without, at least ")
    lacks = "for_everyone_access_role_id (4), forbidden (2), parent_entity_uid (4), tariff (5), work_calendar_id (3)"
    assert said.endswith(f"so many clauses: {lacks}")
    unset = run_module("endpoints", "targets", "--check", str(file))
    assert (unset.returncode, unset.stdout.splitlines()[-1]) == (0, "not set: KAITEN_TOKEN; export them before a run")
    bad = run_module("endpoints", "targets", "--check", str(tmp_path / "none.toml"))
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr


def test_a_target_of_windows_is_one(tmp_path: Path) -> None:
    """With its line ends, and the mark that its editors begin with."""
    endpoint_of(tmp_path, "\ufeff" + GOOD.replace("\n", "\r\n"))


@pytest.mark.parametrize("place", ["query/app", "query/apps", "header/X-Site"])
def test_a_parameter_takes_what_only_the_tenant_knows(tmp_path: Path, place: str) -> None:
    app = {"name": "app", "in": "query", "required": True, "schema": {"type": "integer"}}
    site = {"name": "X-Site", "in": "header", "required": True, "schema": {"type": "string"}}
    find = {"operationId": "find", "parameters": [app, site], "responses": {"200": {"description": "found"}}}
    described = {"openapi": "3.1.0", "info": {"title": "It", "version": "1"}, "paths": {"/it": {"get": find}}}
    (tmp_path / "it.json").write_text(json.dumps(described), encoding="utf-8")
    (tmp_path / "target.toml").write_text(
        'name = "x"\n[openapi."it.json"]\nbase_url = "http://127.0.0.1:9"\n'
        f'[contracts."it.find"]\ntenant."{place}" = {{ enum = [7, "seven"] }}\n',
        encoding="utf-8",
    )
    target = load_target(tmp_path / "target.toml")
    if place == "query/apps":
        with pytest.raises(TargetError, match=r"tenant.'query/apps': requests have no such place; there are query/app"):
            target.endpoint("it.find", {})
        return
    tenant, contract = target.endpoint("it.find", {}).tenant, load_contract("it.find")
    sent = [edge.value for edge in edge_requests(contract, tenant=tenant)]

    @settings(max_examples=20, database=None, derandomize=True)
    @given(conforming_requests(contract, tenant=tenant))
    def look(request: Request) -> None:
        sent.append(request)

    look()
    found = {one.query["app"] if place == "query/app" else one.headers["X-Site"] for one in sent}
    assert found == ({7} if place == "query/app" else {"seven"})


@pytest.mark.parametrize("text", ["\u202e\u2028\x85\x7f\x1b[31m", "\U000e0001\U000f0000", 'a"\\b\nc', "項目 é"])
def test_foreign_text_in_a_target_shows_nothing_that_does_not_print(text: str) -> None:
    written = f"{key(text)} = {toml([text])}"
    assert written.isprintable()
    assert tomllib.loads(written) == {text: [text]}
