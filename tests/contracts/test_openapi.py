"""OpenAPI files as documents: their lines, their references, 3.0's dialect, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts.__main__ import main
from contracts.contract import load_contracts, open_contracts
from contracts.errors import ContractError, UserError
from contracts.model import Level
from contracts.openapi import read_openapi
from strategies import edge_requests
from strategies.tenant import Tenant, request_schema
from strategies.unique import schema_at
from strategies.validity import keeps

FILE = Path(__file__).with_name("everything.yaml")
LINES = FILE.read_text(encoding="utf-8").splitlines()
SHOP = {contract.name.partition(".")[2]: contract for contract in open_contracts(FILE)}


def described(schema: Any, version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    operation = {
        "operationId": "do",
        "requestBody": {"content": content},
        "responses": {"200": {"description": "Done"}},
    }
    return {"openapi": version, "info": {"title": "It", "version": "1"}, "paths": {"/it": {"post": operation}}, **more}


def opened(folder: Path, document: Any, name: str = "it.json") -> Any:
    file = folder / name
    text = yaml.safe_dump(document, sort_keys=False) if name.endswith("yaml") else json.dumps(document, indent=1)
    file.write_text(text, encoding="utf-8")
    return next(iter(open_contracts(file)))


@pytest.mark.parametrize("name", ["it.json", "it.yaml"])
def test_a_clause_cites_the_line_on_which_it_stands(tmp_path: Path, name: str) -> None:
    properties = {"a": {"type": "string", "maxLength": 7, "pattern": "^x"}, "b": {"type": "integer"}}
    contract = opened(tmp_path, described({"type": "object", "required": ["a"], "properties": properties}), name)
    lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
    for keyword, word in (
        ("maxLength", "maxLength"),
        ("pattern", "pattern"),
        ("type", "type"),
        ("required", "required"),
    ):
        cited = contract.clauses[f"it.do/request/a/{keyword}"].lines.numbers
        assert any(word in lines[number - 1] for number in cited), (keyword, cited)
    (line,) = contract.clauses["it.do/request/b/optional"].lines.numbers
    assert lines[line - 1].strip().strip('"').startswith("b")
    assert {clause.level for clause in contract.clauses.values() if clause.kind == "request"} >= {Level.STATED}


def test_every_clause_of_everything_cites_its_keyword() -> None:
    for contract in SHOP.values():
        for clause in contract.clauses.values():
            assert clause.lines.numbers, clause.id
            if clause.keyword in clause.schema and clause.kind in {"request", "response"}:
                cited = " ".join(LINES[number - 1] for number in clause.lines.numbers)
                assert clause.keyword in cited or "anyOf" in cited or "$ref" in cited, clause.id


def test_ids_and_names() -> None:
    assert set(SHOP) == {"goods-create", "post--forms", "upload", "odd", "binary"}
    ids = SHOP["goods-create"].clauses
    for about in (
        "request/query/filter/from/type", "request/path/kind/enum", "request/header/X-Trace/pattern",
        "request/cookie/theme/enum", "request/owner/born/oneOf.Person/minimum",
        "request/shipping/address/then/required",
        "201/header:Location/required", "201/id/type", "default/title/required", "authentication/key+tenant",
    ):  # fmt: skip
        assert f"everything.goods-create/{about}" in ids, about
    assert not any("/request/id/" in name or "Accept" in name for name in ids)
    assert [name.rpartition("/201/secret/")[2] for name in ids if "/201/secret/" in name] == ["writeOnly"]


def test_what_is_not_supported_is_named_with_its_line() -> None:
    said = {name: [(str(gap.lines), gap.says, gap.whole) for gap in contract.gaps] for name, contract in SHOP.items()}
    ((line, says, whole),) = said["odd"]
    assert "style: matrix" in LINES[int(line) - 1]
    assert (says, whole) == ("the path parameter `m` has the style matrix, and is not sent", True)
    ((_, says, whole),) = said["binary"]
    assert says.startswith("a body of image/png is not sent")
    assert whole
    assert not said["goods-create"]
    printed = CliRunner().invoke(main, ["list", "--support", str(FILE)]).output
    assert printed.endswith("5 operations: 3 fully, 0 partly, 2 not supported\n")
    assert "  not supported: line 78: the path parameter `m`" in printed


@pytest.mark.parametrize("name", sorted(SHOP))
def test_an_export_is_valid_openapi(name: str) -> None:
    result = CliRunner().invoke(main, ["export", f"{FILE}#{name}"])
    assert result.exit_code == 0, result.output
    OpenAPIV31SpecValidator(json.loads(result.output)).validate()


def test_one_operation_is_named_by_its_operation_id() -> None:
    (contract,) = load_contracts((f"{FILE}#goods/create",))
    assert contract.name == "everything.goods-create"
    assert CliRunner().invoke(main, ["export", str(FILE)]).output.startswith("Error: ")
    with pytest.raises(ContractError, match="there is no operation 'nothing'"):
        load_contracts((f"{FILE}#nothing",))


@pytest.mark.parametrize(
    ("schema", "keyword", "expected"),
    [
        ({"type": "string", "nullable": True}, "type", ["string", "null"]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, "enum", ["a", None]),
        ({"type": "integer", "minimum": 3, "exclusiveMinimum": True}, "exclusiveMinimum", 3),
        ({"type": "integer", "maximum": 3, "exclusiveMaximum": False}, "maximum", 3),
        ({"type": "integer", "maximum": 3, "exclusiveMaximum": False}, "exclusiveMaximum", None),
        ({"type": "string", "example": "x"}, "examples", ["x"]),
        ({"nullable": True, "allOf": [{"type": "object", "maxProperties": 2}]}, "type", ["object", "null"]),
        ({"anyOf": [{"type": "integer", "maximum": 3}, {"type": "null"}]}, "maximum", 3),
    ],
)
def test_old_words_are_said_in_new_ones(tmp_path: Path, schema: Any, keyword: str, expected: Any) -> None:
    contract = opened(tmp_path, described({"type": "object", "properties": {"a": schema}}, "3.0.3"))
    assert contract.body_schema["properties"]["a"].get(keyword) == expected


def test_references_into_other_files_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    part = {
        "A": {"type": "object", "properties": {"b": {"$ref": "#/B"}, "self": {"$ref": "#/A"}}},
        "B": {"maxLength": 4},
    }
    (tmp_path / "parts" / "some.yaml").write_text(yaml.safe_dump(part), encoding="utf-8")
    contract = opened(tmp_path, described({"$ref": "parts/some.yaml#/A"}))
    (line,) = contract.clauses["it.do/request/b/maxLength"].lines.numbers
    assert "$ref" in (tmp_path / "it.json").read_text(encoding="utf-8").splitlines()[line - 1]
    assert contract.body_schema["properties"]["self"] is contract.body_schema


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            described({"$ref": "https://example.com/a.json#/A"}),
            r"line \d+: \$ref to https://example.com/a.json leads out of",
        ),
        (described({"$ref": "../../etc/passwd#/A"}), r"leads out of the file's folder, and is not followed"),
        (described({"$ref": "nothing.json#/A"}), r"line \d+: \$ref 'nothing.json#/A' names nothing"),
        (described({"$ref": "#/components/schemas/No"}), r"names nothing"),
        (described({"$ref": 5}), r"line \d+: \$ref 5 is no text"),
        (described({"$ref": "#/paths/~1it/post/requestBody/content/application~1json/schema"}), "leads back to itself"),
        ({"swagger": "2.0", "paths": {}}, "this is Swagger 2.0, and must be OpenAPI 3.0 or 3.1"),
        ({"openapi": "3.1.0", "info": {}}, "it has no `paths`"),
        ([1], "at its root stands no mapping"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(tmp_path: Path, document: Any, message: str) -> None:
    with pytest.raises(ContractError, match=message) as raised:
        opened(tmp_path, document)
    assert str(tmp_path / "it.json") in raised.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"openapi": "3.1.0",\n"paths" {}}', "line 2: a colon is missing"),
        ('{"openapi": "3.1.0"\n"paths": {}}', "line 2: a comma is missing"),
        ("openapi: 3.1.0\npaths: [\n", "line 3: this is not YAML"),
        ("{" * 3 + '"a":' * 3, "can be read neither"),
        ('{"a":' * 5000, "nests too deeply"),
        ("\x00", "can be read neither"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "it.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=message):
        read_openapi(file)


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "strnig"}, "type is not valid there"), ({"maxLength": -1}, "maxLength is not valid there"),
        ({"pattern": "^(a+)+$"}, "may take without end to match"), ({"required": "a"}, "required is not valid there"),
        ({"dependentSchemas": {}}, "dependentSchemas at body/a is not asked"),
    ],
)  # fmt: skip
def test_a_schema_that_is_not_valid_is_named(tmp_path: Path, schema: Any, says: str) -> None:
    contract = opened(tmp_path, described({"type": "object", "properties": {"a": schema}}))
    assert any(says in gap.says and gap.lines.numbers for gap in contract.gaps), contract.gaps


def test_a_schema_without_values_is_told_with_file_line_and_place(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 5, "maximum": 3}}}
    opened(tmp_path, described(schema))
    printed = CliRunner().invoke(main, ["list", "--support", str(tmp_path / "it.json")]).output
    assert "it.json, line " in printed
    assert "no value can be drawn for body/a" in printed
    assert "1 operations: 0 fully, 1 partly, 0 not supported" in printed, "the body may be left out"


def test_what_is_described_otherwise_than_openapi_wants_is_named(tmp_path: Path) -> None:
    document = described({"type": "object"})
    document["paths"]["/it"]["post"]["parameters"] = [None, {"in": "query"}]
    contract = opened(tmp_path, document)
    assert contract.clauses == {}
    assert contract.gaps[0].whole


@pytest.mark.parametrize(
    "odd",
    [
        {"operationId": ["it"]}, {"responses": "x"}, {"responses": {"200": None}}, {"x-lines": "1-999999999"},
        {"responses": {"200": {"links": [1]}}},
    ],
    ids=str,
)  # fmt: skip
def test_an_odd_operation_is_listed_and_never_raises(tmp_path: Path, odd: dict[str, Any]) -> None:
    document = described({"type": "object"})
    document["paths"]["/it"]["post"] |= odd
    (tmp_path / "it.json").write_text(json.dumps(document), encoding="utf-8")
    found = CliRunner().invoke(main, ["list", "--support", str(tmp_path / "it.json")])
    assert found.exit_code == 0, found
    assert "1 operations" in found.output


@pytest.mark.parametrize("info", [None, {}, {"title": None}, 5])
def test_a_file_without_a_title_is_called_as_it_is_named(tmp_path: Path, info: Any) -> None:
    contract = opened(tmp_path, {**described({"type": "object"}), "info": info})
    assert contract.openapi["info"]["title"] == "it"


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/B"}]}, "lead back to itself without end"),
        ({"type": "array", "minItems": 10_000_000, "items": {"type": "integer"}}, "more than 20,000 values"),
        ({"type": "string", "minLength": 1_000_000_000}, "longer than any that is sent"),
        ({"type": "string", "pattern": "^[a-z]{20000}$"}, "of texts of at least 20,000 characters"),
    ],
)
def test_what_would_take_without_end_is_told_by_its_place(tmp_path: Path, schema: Any, says: str) -> None:
    document = described({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/A"}}})
    odd = {"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "string"}]}
    document["components"] = {"schemas": {"A": schema, "B": odd}}
    opened(tmp_path, document)
    found = CliRunner().invoke(main, ["list", "--support", str(tmp_path / "it.json")])
    assert found.exit_code == 0, found
    assert says in found.output


def test_schemas_that_each_name_the_next_twice_end(tmp_path: Path) -> None:
    def ref(number: int) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/S{number}"}

    document = described(ref(0))
    pairs = {f"S{n}": {"type": "object", "properties": {"a": ref(n + 1), "b": ref(n + 1)}} for n in range(24)}
    document["components"] = {"schemas": {**pairs, "S24": {"type": "string"}}}
    contract = opened(tmp_path, document)
    assert request_schema(contract, None) == contract.request_schema
    (gap,) = contract.gaps
    assert gap.says == "what stands deeper than 10 steps is not asked: it comes to over 5,000 clauses"
    tenant = Tenant({"a/b/a": {"type": "object", "properties": {"own": {"type": "integer"}}, "required": ["own"]}})
    laid = request_schema(contract, tenant)
    assert schema_at(laid, ("body", "a", "b", "a", "own")) == {"type": "integer"}
    assert schema_at(laid, ("body", "b")) is schema_at(contract.request_schema, ("body", "b"))


@pytest.mark.long
def test_kinds_of_nodes_that_hold_one_another_leave_the_rest_to_be_asked(tmp_path: Path) -> None:
    kinds = [{"$ref": f"#/components/schemas/Node{n}"} for n in range(10)]
    node = {"nodes": {"type": "array", "items": {"oneOf": kinds}}, "size": {"type": "integer", "maximum": 9}}
    document = described(
        {
            "type": "object",
            "required": ["page"],
            "properties": {"page": {"oneOf": kinds}, "subject": {"type": "string", "maxLength": 100}},
        }
    )
    named = {
        f"Node{n}": {"type": "object", "required": ["kind"], "properties": {**node, "kind": {"enum": [f"k{n}"]}}}
        for n in range(10)
    }
    document["components"] = {"schemas": named}
    answers = next(iter(document["paths"].values()))["post"]["responses"]
    answers["200"] = {"description": "a page", "content": {"application/json": {"schema": {"oneOf": kinds}}}}
    contract = opened(tmp_path, document)
    assert any("steps is not asked: it comes to over 5,000 clauses" in gap.says for gap in contract.gaps)
    assert {"request/subject/maxLength", "request/page/oneOf", "200/oneOf", "robustness/server-error"} <= {
        clause.id.partition("/")[2] for clause in contract.clauses.values()
    }
    assert max(len(clause.sentence) for clause in contract.clauses.values()) < 500
    for edge in edge_requests(contract):
        assert keeps(contract.request_schema, edge.value.parts)


def test_findings_about_a_file(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["b"], "properties": {"a": {"type": "integer", "default": "x"}}}
    opened(tmp_path, described(schema))
    printed = CliRunner().invoke(main, ["findings", str(tmp_path / "it.json")]).output
    assert "`b` is required, and nothing says what it is." in printed
    assert "What stands under default breaks its own schema." in printed


def test_yaml_means_what_openapi_means(tmp_path: Path) -> None:
    file = tmp_path / "it.yaml"
    text = yaml.safe_dump(described({"type": "object"}), sort_keys=False)
    file.write_text(
        text + "x-a: {no: off, day: 2026-01-05, octal: 010, same: &s {k: 1}, other: *s}\n", encoding="utf-8"
    )
    assert read_openapi(file)["x-a"] == {
        "no": "off",
        "day": "2026-01-05",
        "octal": 10,
        "same": {"k": 1},
        "other": {"k": 1},
    }


def test_what_operations_need_is_told_by_paths_links_and_names(tmp_path: Path) -> None:
    made = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    answer = {"200": {"description": "Done", "content": {"application/json": {"schema": made}}}}
    linked = {**answer["200"], "links": {"to": {"operationId": "track", "parameters": {"code": "$response.body#/id"}}}}
    body = {"type": "object", "properties": {"shelf_id": {"type": "integer"}, "id": {"type": "integer"}}}
    sent = {"requestBody": {"content": {"application/json": {"schema": body}}}}
    names = ("shelf_id", "book_id", "code")
    places: list[Any] = [{"name": name, "in": "path", "required": True, "schema": {}} for name in names]
    paths = {
        "/shelves": {"post": {"operationId": "shelve", "responses": {"200": linked}}, "get": {"responses": answer}},
        "/shelves/{shelf_id}": {"delete": {"responses": answer, "parameters": places[:1]}},
        "/shelves/{shelf_id}/books": {"post": {"operationId": "add", "responses": answer, "parameters": places[:1]}},
        "/shelves/{shelf_id}/books/{book_id}": {"get": {"responses": answer, "parameters": places[:2]}},
        "/moves": {"post": {"operationId": "move", "responses": answer, **sent}},
        "/track/{code}": {"get": {"operationId": "track", "responses": answer, "parameters": places[2:]}},
    }
    opened(tmp_path, {"openapi": "3.1.0", "info": {"title": "It", "version": "1"}, "paths": paths})
    found = {c.method + " " + c.path: c for c in open_contracts(tmp_path / "it.json")}
    shelf, book = {"from": "it.shelve", "id": "$.id"}, {"from": "it.add", "id": "$.id"}
    assert found["GET /shelves/{shelf_id}/books/{book_id}"].things == {"shelf_id": shelf, "book_id": book}
    assert found["POST /moves"].things == {"body/shelf_id": shelf}
    assert found["GET /track/{code}"].things == {"code": shelf}
    assert found["GET /shelves"].things == {"*": shelf}
    assert found["POST /shelves"].created_ids == "$.id"
    outside = found["POST /shelves"].outside_of("/shelves")
    assert {name: one["path"] for name, one in outside.items()} == {"delete": "/shelves/{id}", "read": "/track/{id}"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("twice.yaml", 'openapi: 3.1.0\ninfo: {title: x, version: "1"}\npaths:\n  /a: {}\n  /a: {}\n'),
        (
            "twice.json",
            '{"openapi": "3.1.0", "info": {"title": "x", "version": "1"},\n"paths": {\n\n"/a": {},\n"/a": {}}}',
        ),
    ],
)
def test_what_stands_twice_is_told_with_its_line(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="line 5: '/a' stands a second time"):
        open_contracts(tmp_path / name)
