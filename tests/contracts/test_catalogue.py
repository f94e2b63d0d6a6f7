"""The catalogue: valid OpenAPI and JSON Schema, ids that stay, lines that say what the clause says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts.__main__ import main
from contracts.contract import Contract, build_contract, contract_names, load_contract, load_contracts
from contracts.coverage import measure_coverage, read_document
from contracts.errors import ContractError, DocumentError
from contracts.model import Clause, Lines

CLAUSES = [clause for contract in load_contracts() for clause in contract.clauses.values()]
EACH_CONTRACT = pytest.mark.parametrize("contract", load_contracts(), ids=contract_names())
UNNAMED = {  # attributes of Attio whose names the saved page does not show; a finding says so
    "active_until", "created_by_actor", "attribute_type", "referenced_actor_type", "referenced_actor_id",
}  # fmt: skip
IDS = Path(__file__).parent / "clause_ids.txt"


@EACH_CONTRACT
def test_a_contract_is_valid_openapi(contract: Contract) -> None:
    OpenAPIV31SpecValidator(json.loads(json.dumps(contract.openapi))).validate()  # without YAML's anchors


@EACH_CONTRACT
def test_its_schemas_are_valid_json_schema(contract: Contract) -> None:
    found = list(schemas(contract.openapi))
    assert found
    for schema in found:
        Draft202012Validator.check_schema(schema)


@EACH_CONTRACT
def test_its_examples_keep_its_schemas(contract: Contract) -> None:
    contents = [contract.operation["requestBody"]["content"][contract.media_type]]
    contents += [c for r in contract.operation["responses"].values() for c in r.get("content", {}).values()]
    for content in contents:
        for example in content.get("examples", {}).values():
            Draft202012Validator(content["schema"]).validate(example["value"])


def test_ids_stay() -> None:
    """An id never changes because code moved; after a change that is meant, write the file anew as the message says."""
    current = "".join(f"{clause.id}\n" for clause in CLAUSES)
    assert IDS.read_text(encoding="utf-8") == current, "python -m contracts list --ids > tests/contracts/clause_ids.txt"


@pytest.mark.parametrize("clause", CLAUSES, ids=[clause.id for clause in CLAUSES])
def test_a_clause_reads_well(clause: Clause) -> None:
    assert re.fullmatch(r"[a-z-]+(/[\w.*-]+)+", clause.id)
    assert re.fullmatch(r"[A-Z`].*[^ ]\.", clause.sentence), clause.sentence
    assert max(clause.lines.numbers) <= load_contract(clause.contract).document["lines"]


@EACH_CONTRACT
def test_no_two_clauses_say_the_same(contract: Contract) -> None:
    sentences = [clause.sentence for clause in contract.clauses.values()]
    assert len(sentences) == len(set(sentences))


@EACH_CONTRACT
def test_every_line_is_accounted_for(contract: Contract, documents: Path) -> None:
    account = measure_coverage(contract, read_document(contract, documents))
    assert account.holds, (sorted(account.unaccounted), sorted(account.contradictory))


@pytest.mark.parametrize("clause", CLAUSES, ids=[clause.id for clause in CLAUSES])
def test_the_cited_lines_say_it(clause: Clause, documents: Path) -> None:
    """The page's own words: the attribute's name, the bound, the status, the values of an enum stand on the lines."""
    contract = load_contract(clause.contract)
    lines = read_document(contract, documents)
    cited = " ".join(lines[number - 1] for number in sorted(clause.lines.numbers)).lower()
    assert cited.strip()
    for word in words_of(clause):
        assert word.lower() in cited, f"{word!r} does not stand on {clause.lines.phrase} of {contract.document['file']}"


def words_of(clause: Clause) -> list[str]:
    if clause.kind == "status" or clause.keyword == "no-body":
        return [clause.status]
    if clause.keyword in {"content-type", "example"} or clause.kind not in {"request", "response"}:
        return []
    unnamed = {"*", "body", "query", *UNNAMED}
    names = [step for step in clause.place[-1:] if step not in unnamed]
    if clause.keyword in {"type", "required", "optional", "format"}:
        return names
    value = clause.schema[clause.keyword]
    return [*names, *(value if isinstance(value, list) else [str(value)])]


@EACH_CONTRACT
def test_no_sentence_of_a_page_is_in_the_catalogue(contract: Contract, documents: Path) -> None:
    """Facts carry over, sentences do not: no seven words in a row are the vendor's."""
    ours = json.dumps(contract.openapi) + " ".join(clause.sentence for clause in contract.clauses.values())
    theirs = {run for line in read_document(contract, documents) for run in runs_of_words(line)}
    assert not runs_of_words(ours) & theirs


def runs_of_words(text: str, length: int = 7) -> set[tuple[str, ...]]:
    words = [word.strip("\"'`.,;:()") for word in text.lower().split()]
    runs = {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}
    return {run for run in runs if all(word.isalpha() for word in run)}


def test_another_version_of_a_page_is_told(tmp_path: Path) -> None:
    contract = load_contract("kaiten-create-space")
    with pytest.raises(DocumentError, match=r"kaiten-create-space\.txt cannot be read .*--documents"):
        read_document(contract, tmp_path)
    (tmp_path / "kaiten-create-space.txt").write_text("Create new space\n")
    with pytest.raises(DocumentError, match="is not the page that the contract kaiten-create-space was read from"):
        read_document(contract, tmp_path)


def test_a_line_that_nobody_cites_is_told() -> None:
    contract = load_contract("zendesk-create-record")
    account = measure_coverage(contract, ["a line"] * 70)
    assert 70 in account.unaccounted
    assert not account.holds


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["list", "kaiten"], "there is no contract 'kaiten'; there are attio-create-record,"),
        (["export", "nothing"], "there is no contract 'nothing'"),
        (["coverage", "--documents", "nowhere"], "nowhere/attio-create-record.txt cannot be read"),
    ],
)
def test_bad_input_gets_one_sentence(words: list[str], message: str) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_lists_and_findings() -> None:
    rows = json.loads(CliRunner().invoke(main, ["list", "--json"]).output)
    assert [row["id"] for row in rows] == [clause.id for clause in CLAUSES]
    findings = json.loads(CliRunner().invoke(main, ["findings", "--json"]).output)
    assert {finding["contract"] for finding in findings} == set(contract_names())
    kinds = {finding["kind"] for finding in findings}
    assert {"redundant bound", "sample is not JSON", "type row without a name", "missing statuses"} <= kinds


def test_a_bound_that_another_implies_is_no_clause_of_its_own() -> None:
    ids = load_contract("kaiten-create-space").clauses
    assert "kaiten-create-space/request/sort_order/exclusiveMinimum" in ids
    assert "kaiten-create-space/request/sort_order/minimum" not in ids


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "object", "x-lines": 1, "dependentSchemas": {}}, r"uses \['dependentSchemas'\]"),
        ({"type": "object"}, "has no x-lines"),
    ],
)
def test_what_cannot_be_judged_is_no_contract(schema: dict[str, Any], message: str) -> None:
    content = {"application/json": {"x-lines": 1, "schema": schema}}
    operation = {"x-lines": 1, "summary": "does it", "requestBody": {"content": content}, "responses": {}}
    with pytest.raises(ContractError, match=message):
        build_contract("invented", {"paths": {"/": {"post": operation}}})


@pytest.mark.parametrize("text", ["", "0", "4-2", "a", "1,,2"])
def test_lines_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Lines.parse(text)


def test_lines_print_as_they_parse() -> None:
    lines = Lines.parse("18, 11-12")
    assert (str(lines), lines.phrase, sorted(lines.numbers)) == ("11-12, 18", "lines 11-12, 18", [11, 12, 18])
    assert Lines.parse(7).phrase == "line 7"


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("schema"), dict):
            yield node["schema"]
        for child in node.values():
            yield from schemas(child)
    elif isinstance(node, list):
        for child in node:
            yield from schemas(child)


def test_an_attribute_without_a_name_makes_no_more_records() -> None:
    """Where one request makes one record, no attribute holds several."""
    assert load_contract("kaiten-create-space").creates({"": [1, 2], "title": "x"}) == 1
    assert load_contract("kintone-add-records").creates({"": [1], "records": [{}, {}]}) == 2
