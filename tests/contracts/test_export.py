"""Exports: what other tools read passes their own judgement, and says no more than the page."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts.contract import build_contract, contract_names, load_contract, read_catalogue
from contracts.export import Laid, exported
from endpoints.embedded import EmbeddedMock
from endpoints.targets import MOCK_TARGET, load_target
from tests.helpers import a_tenth, mock_environment, run_module
from tests.installed import from_npm, from_pypi, ran

EACH = pytest.mark.parametrize("name", contract_names())
NOT_OF_A_PAGE = "unsupported_method"  # it wants 405 where vendors read and list, of which a page says nothing
NARROWER = set(contract_names()) - {"kaiten-create-space"}  # targets whose schemas say less than their fields take
CREATING = """
import sys
from made import AuthenticatedClient
from made.api.kaiten.kaiten_create_space import sync_detailed
from made.models import KaitenCreateSpaceTheBody
client = AuthenticatedClient(base_url=sys.argv[1], token="kaiten-full")
body = KaitenCreateSpaceTheBody(title="made")
answer = sync_detailed(client=client, body=body)
print(answer.status_code.value, answer.parsed.title, answer.parsed.allowed_card_type_ids)
refused = sync_detailed(client=AuthenticatedClient(base_url=sys.argv[1], token="nobody"), body=body)
print(refused.status_code.value, refused.parsed)
"""


@pytest.fixture(scope="module")
def mock() -> Iterator[EmbeddedMock]:
    with EmbeddedMock() as served:
        yield served


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every contract's export, and each with the mock's values laid in, as the command prints them."""
    folder = tmp_path_factory.mktemp("exports")
    for name in contract_names():
        (folder / f"{name}.json").write_text(printed(name), encoding="utf-8")
        laid = printed(name, "--target", str(MOCK_TARGET))
        (folder / f"{name}.laid.json").write_text(laid, encoding="utf-8")
    return sorted(map(str, folder.iterdir()))


def printed(*words: str, **environment: str) -> str:
    done = run_module("contracts", "export", *words, **{**mock_environment(), **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


def laid_in(name: str) -> dict[str, Any]:
    openapi: dict[str, Any] = json.loads(printed(name, "--target", str(MOCK_TARGET)))
    return openapi


def schemas(openapi: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a document, and where."""
    if isinstance(openapi, dict):
        for key, value in openapi.items():
            at = f"{place}/{key}"
            if key in {"schema", "items", "additionalProperties"} and isinstance(value, dict):
                yield at, value
            if key == "properties":
                yield from ((f"{at}/{name}", schema) for name, schema in value.items())
            yield from schemas(value, at) if key != "value" and not key.startswith("x-") else ()
    elif isinstance(openapi, list):
        for number, value in enumerate(openapi):
            yield from schemas(value, f"{place}/{number}")


@EACH
@pytest.mark.parametrize("laid", [False, True], ids=["plain", "laid in"])
def test_it_is_valid_openapi(name: str, laid: bool) -> None:
    openapi = laid_in(name) if laid else json.loads(printed(name))
    OpenAPIV31SpecValidator(openapi).validate()
    found = dict(schemas(openapi))
    assert len(found) > 5
    for place, schema in found.items():
        kinds = schema.get("type", [])
        assert "items" in schema or "array" not in ([kinds] if isinstance(kinds, str) else kinds), place
        assert schema.get("format") != "timestamp", place
        assert not {"minimum", "exclusiveMinimum"} <= schema.keys(), place
    for item in openapi["paths"].values():
        responses = item["post"]["responses"]
        assert {"2", "4", "d"} <= {status[0] for status in responses}
        assert all("*/*" not in response.get("content", {}) for response in responses.values())
        assert item["post"]["operationId"]
        assert item["post"]["tags"] == [openapi["tags"][0]["name"]]
    assert openapi["servers"]
    assert load_contract(name).openapi == read_catalogue.__wrapped__(name).openapi, "the catalogue's own is untouched"


@pytest.mark.long
def test_redoclys_recommended_rules(files: list[str], pytestconfig: pytest.Config) -> None:
    program = from_npm(pytestconfig, "@redocly/cli@2.77.0") / "node_modules/.bin/redocly"
    command = [str(program), "lint", "--extends=recommended", "--format=json", *files]
    done = ran(command, REDOCLY_TELEMETRY="off", REDOCLY_SUPPRESS_UPDATE_NOTICE="true")
    assert done.returncode == 0, done.stderr
    told, _ = json.JSONDecoder().raw_decode(done.stdout[done.stdout.index("{") :])
    assert (told["totals"], told["problems"]) == ({"errors": 0, "warnings": 0, "ignored": 0}, [])
    assert all(f"{Path(file).name}: validated" in done.stderr for file in files)


@pytest.mark.long
def test_spectrals_recommended_rules(files: list[str], pytestconfig: pytest.Config, tmp_path: Path) -> None:
    program = from_npm(pytestconfig, "@stoplight/spectral-cli@6.16.3") / "node_modules/.bin/spectral"
    rules = tmp_path / "rules.yaml"
    rules.write_text('extends: ["spectral:oas"]\n', encoding="utf-8")
    done = ran([str(program), "lint", "--fail-severity=hint", "--ruleset", str(rules), *files])
    assert done.returncode == 0, done.stdout + done.stderr
    broken = tmp_path / "broken.json"
    broken.write_text(Path(files[0]).read_text(encoding="utf-8").replace('"tags"', '"x-tags"'), encoding="utf-8")
    assert ran([str(program), "lint", "--fail-severity=hint", "--ruleset", str(rules), str(broken)]).returncode == 1


@pytest.mark.parametrize("name", a_tenth(contract_names(), group=bool))
def test_a_client_is_generated(name: str, pytestconfig: pytest.Config, tmp_path: Path, mock: EmbeddedMock) -> None:
    folder = from_pypi(pytestconfig, "openapi-python-client==0.29.1")
    (tmp_path / "export.json").write_text(printed(name), encoding="utf-8")
    (tmp_path / "config.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", "export.json", "--meta", "none"]
    command += ["--output-path", "made", "--config", "config.yaml", "--fail-on-warning"]
    done = ran(command, cwd=tmp_path, PYTHONPATH=str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    operations = {path.stem for path in (tmp_path / "made/api").glob("*/*.py")} - {"__init__"}
    named = [item["post"]["operationId"] for item in load_contract(name).openapi["paths"].values()]
    assert operations == {one.replace("-", "_") for one in named}
    modules = [str(path.relative_to(tmp_path)) for path in (tmp_path / "made").rglob("*.py")]
    assert ran([sys.executable, "-m", "py_compile", *modules], cwd=tmp_path).returncode == 0
    if name == "kaiten-create-space":
        done = ran([sys.executable, "-c", CREATING, mock.base_url], cwd=tmp_path, PYTHONPATH=str(folder))
        assert done.stdout.splitlines() == ["200 made None", "401 Invalid token"], done.stderr


@pytest.mark.parametrize("name", a_tenth(contract_names(), group=bool))
def test_schemathesis_passes_on_the_mock(name: str, mock: EmbeddedMock, tmp_path: Path) -> None:
    environment = mock.environment
    (tmp_path / "export.json").write_text(printed(name, "--target", str(MOCK_TARGET), **environment), encoding="utf-8")
    endpoint = load_target().endpoint(name, environment)
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", "export.json", "--url", endpoint.base_url]
    for header, value in next(iter(endpoint.authentication.values())).headers.items():
        command += ["-H", f"{header}: {value}"]
    excluded = [NOT_OF_A_PAGE, *(["negative_data_rejection"] if name in NARROWER else [])]
    command += ["--exclude-checks", ",".join(excluded), "--seed", "1", "--max-examples", "30"]
    done = ran(command, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "Tested: 1" in done.stdout


def test_no_constraint_that_a_page_leaves_open() -> None:
    kintone, attio = exported(load_contract("kintone-add-records")), exported(load_contract("attio-create-record"))
    records = body_of(kintone)["properties"]["records"]
    assert ("minItems" not in records, records["maxItems"]) == (True, 100)
    assert "type" not in body_of(attio)["properties"]["data"]["properties"]["values"]["additionalProperties"]
    assert body_of(laid_in("kintone-add-records"))["properties"]["records"]["minItems"] == 1


def test_what_openapi_wants_is_not_put_into_a_pages_mouth() -> None:
    zendesk = exported(load_contract("zendesk-create-record"))
    operation = operation_of(zendesk)
    assert operation["security"] == [{}], "it isn't said that nobody need authenticate"
    assert zendesk["servers"] == [{"url": "/", "description": "The page names no server."}]
    assert {r["description"] for r in operation["responses"].values()} >= {"The page documents no such response."}
    assert [one["name"] for one in operation["parameters"]] == ["custom_object_key"]
    attio = operation_of(exported(load_contract("attio-create-record")))
    scopes = ["record_permission:read-write", "object_configuration:read"]
    assert (attio["security"], attio["x-scopes"]) == ([{"oauth2": []}], scopes)
    text = operation_of(exported(load_contract("kaiten-create-space")))["responses"]["401"]["content"]
    assert text == {"text/plain": {"schema": {"type": "string", "x-lines": "147, 149"}}}


def test_lines_and_levels_stay() -> None:
    openapi = exported(load_contract("kaiten-create-space"))
    title = body_of(openapi)["properties"]["title"]
    assert title["x-lines"]["maxLength"] == "11-14"
    assert operation_of(openapi)["description"] == "Creates a space. Lines 1, 3-4, 174-175."
    assert openapi["x-document"]["lines"] == 182


def test_a_target_is_laid_in() -> None:
    kintone = laid_in("kintone-add-records")
    assert list(kintone["paths"]) == ["/k/v1/records.json"], "the target knows no guest space"
    assert kintone["servers"] == [{"url": "http://127.0.0.1:9"}]
    body = body_of(kintone)
    assert body["properties"]["app"]["enum"] == [1, "1"]
    assert body["properties"]["records"]["items"]["additionalProperties"] is False
    (parameter,) = operation_of(laid_in("attio-create-record"))["parameters"]
    assert parameter["schema"] == {"type": "string", "enum": ["people"]}


def test_an_example_that_the_target_does_not_take_is_left_out() -> None:
    contract = load_contract("kintone-add-records")
    narrow = {"type": "object", "properties": {"app": {"enum": [12]}}}
    content = operation_of(exported(contract, Laid("https://a.example", {}, narrow)))["requestBody"]["content"]
    assert content["application/json"] == {"x-lines": "13, 124", "schema": narrow}


def test_one_of_ones_own_without_components() -> None:
    openapi = json.loads(json.dumps(load_contract("zendesk-create-record").openapi))
    openapi["info"]["title"] = "Somebody"
    openapi.pop("components", None)
    assert exported(build_contract("own", openapi))["tags"][0]["name"] == "Somebody"


def test_a_target_that_does_not_do(tmp_path: Path) -> None:
    missing = run_module("contracts", "export", "kaiten-create-space", "--target", str(tmp_path / "none.toml"))
    assert missing.returncode == 2
    assert "the target file cannot be read" in missing.stderr
    other = tmp_path / "other.toml"
    other.write_text('name = "a"\n[contracts.kaiten-create-space]\nbase_url = "http://127.0.0.1:9"\n', encoding="utf-8")
    absent = run_module("contracts", "export", "attio-create-record", "--target", str(other))
    assert absent.returncode == 2
    assert "there is no [contracts.attio-create-record]" in absent.stderr
    assert "Traceback" not in missing.stderr + absent.stderr


def operation_of(openapi: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = next(iter(openapi["paths"].values()))["post"]
    return operation


def body_of(openapi: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = operation_of(openapi)["requestBody"]["content"]["application/json"]["schema"]
    return schema
