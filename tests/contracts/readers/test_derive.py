"""`python -m contracts derive` as a user runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from openapi_spec_validator import validate

from contracts.__main__ import main
from contracts.contract import build_contract, open_contracts
from contracts.coverage import read_document
from contracts.readers.deriving import derive
from contracts.readers.layouts import kaiten
from tests.contracts.readers.making import FORMS, MAKERS, Api, Field

API = Api(
    query=(Field("deep", ("boolean",)),),
    body=(
        Field("colour", required=True, says=(("maxLength", 9),)),
        Field("size", ("integer",), says=(("enum", [1, 2]),)),
    ),
    answer=(Field("id", ("integer",)), Field("name", ("null", "string"))),
)


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["derive", *words])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder of pages in every layout and form."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for layout, forms in FORMS.items():
        for form in forms:
            suffix = {"html": "html", "markdown": "md"}.get(form, "txt")
            (folder / f"{layout}-{form}.{suffix}").write_text(MAKERS[layout](API, form), encoding="utf-8")
    return folder


def test_one_page_becomes_a_contract_with_a_summary(pages: Path) -> None:
    code, out, told = run(str(pages / "kaiten-flat.txt"))
    assert code == 0
    contract = yaml.safe_load(out)
    body = contract["paths"][API.path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    colour = body["properties"]["colour"]
    assert (colour["maxLength"], body["required"]) == (9, ["colour"])
    text = (pages / "kaiten-flat.txt").read_text(encoding="utf-8").split("\n")
    assert text[int(str(colour["x-lines"]["here"]).split("-")[0]) - 1] == "colour"
    assert f"kaiten, flat: POST {API.path}" in told
    assert "not understood: none" in told
    assert "this form cannot show: " in told


@pytest.mark.parametrize("layout", FORMS)
def test_a_contract_of_ones_own_page_cites_that_page_alone(pages: Path, layout: str, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    assert run(str(pages / f"{layout}-flat.txt"), "-o", str(file))[0] == 0
    lines = len((pages / f"{layout}-flat.txt").read_text(encoding="utf-8").split("\n"))
    for contract in open_contracts(file):
        assert contract.clauses
        for clause in contract.clauses.values():
            assert all(1 <= first <= last <= lines for first, last in clause.lines.ranges), clause
        assert f"{contract.name}/request/body/required" not in contract.clauses, "no line of a page says it"


def test_a_fault_of_a_reader_is_one_sentence_too(pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object) -> None:
        raise KeyError("name")

    monkeypatch.setattr(kaiten, "read", faulty)
    code, out, told = run(str(pages / "kaiten-flat.txt"))
    assert (code, out) == (2, "")
    assert "its reader is at fault (KeyError('name'))" in told


def test_every_contract_is_openapi_with_clauses(pages: Path) -> None:
    for path in sorted(pages.iterdir()):
        openapi = derive(path).openapi
        validate(json.loads(json.dumps(openapi)))
        clauses = build_contract(path.stem, openapi).clauses
        assert len(clauses) > 5, path
        assert all(clause.lines.ranges for clause in clauses.values())


def test_a_derived_file_is_asked_by_the_lines_of_its_page(pages: Path, tmp_path: Path) -> None:
    file = tmp_path / "boats.yaml"
    run(str(pages / "kaiten-flat.txt"), "-o", str(file))
    (contract,) = open_contracts(file)
    lines = read_document(contract, pages)
    assert lines == (pages / "kaiten-flat.txt").read_text(encoding="utf-8").split("\n")
    clause = contract.clauses["boats.paint-a-boat/request/colour/maxLength"]
    assert [lines[number - 1] for number in sorted(clause.lines.numbers)][-1] == "maxLength: 9"
    for number, odd in enumerate(
        ("x", "{file: ../x, lines: 3, sha256: x}", "{file: x, lines: 0, sha256: x}", "{}")
    ):  # no page: the lines are those of the file itself
        other = tmp_path / f"other{number}.yaml"
        other.write_text(re.sub("(?m)^x-document: .*", f"x-document: {odd}", file.read_text(encoding="utf-8")), "utf-8")
        (contract,) = open_contracts(other)
        assert (contract.paged, contract.document["file"]) == (False, other.name)


def test_a_folder_is_read_to_its_end(pages: Path, tmp_path: Path) -> None:
    (pages / "bad.txt").write_bytes(b"\xff\xfe\x00")
    (pages / "cut.txt").write_text(MAKERS["kaiten"](API, "flat")[:-300], encoding="utf-8")
    code, out, told = run(str(pages), "-o", str(tmp_path / "out"))
    assert code == 1
    assert "bad.txt is no UTF-8 text (byte 1)" in told
    assert "cut.txt is cut: the text ends at line " in told
    assert out.split("\n")[-2].startswith("19 of 20 pages")
    written = sorted(path.stem for path in (tmp_path / "out").iterdir())
    assert written == sorted(path.stem for path in pages.iterdir() if path.stem != "bad")
    assert build_contract("x", yaml.safe_load((tmp_path / "out" / "cut.yaml").read_text(encoding="utf-8"))).clauses


def test_json_is_for_machines(pages: Path, tmp_path: Path) -> None:
    page = str(pages / "kaiten-markdown.md")
    code, out, _ = run(page, "--json")
    row = json.loads(out)
    assert (code, row["layout"], row["form"]) == (0, "kaiten", "markdown")
    assert row["operations"] == [{"method": "POST", "path": API.path}]
    assert row["hidden"]["status"] == "the numbers of statuses"
    assert row["contract"]["paths"][API.path]
    code, out, _ = run(page, str(pages / "none.txt"), "--json", "-o", str(tmp_path))
    good, bad = json.loads(out)
    assert (code, "contract" in good) == (1, False)
    assert "none.txt cannot be read" in bad["error"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.txt"], "nowhere.txt cannot be read (No such file or directory)"),
        (["{empty}"], "holds no saved page (.txt, "),
        (["{page}", "--layout", "x"], "there is no layout 'x'; there are attio, kaiten"),
        (["{page}", "--operation", "x"], "'x' is no operation; give it like"),
        (["{page}", "-o", "{page}/x/y.yaml"], "cannot be written"),
    ],
)
def test_a_mistake_gets_one_sentence(words: list[str], sentence: str, pages: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    filled = [word.format(empty=tmp_path / "empty", page=pages / "kaiten-flat.txt") for word in words]
    code, _, told = run(*filled)
    assert (code, sentence in told, "Traceback" in told) == (2, True, False), told
