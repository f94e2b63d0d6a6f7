"""Overlays: what people add to a derived contract, and what becomes of it when the page changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from contracts.__main__ import main
from contracts.contract import load_contract
from contracts.readers import overlay
from contracts.readers.deriving import derive
from contracts.readers.overlay import composed, overlay_names, read_overlay, rebased
from tests.contracts.readers.making import MAKERS, Api, Field

API = Api(body=(Field("colour", says=(("maxLength", 9),)), Field("size", ("integer",))), answer=(Field("id"),))
SCHEMA = "requestBody.content.application/json.schema"


def laid(tmp_path: Path, patch: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    path = tmp_path / "paint.txt"
    path.write_text(MAKERS["kaiten"](API, "flat"), encoding="utf-8")
    return composed(derive(path), patch)


def body(**properties: Any) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": {"properties": properties}}}}
    return {"paths": {API.path: {"post": {"requestBody": content}}}}


def operation(openapi: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = openapi["paths"][API.path]["post"]
    return found


def test_an_overlay_adds_changes_and_takes_away(tmp_path: Path) -> None:
    patch = body(
        colour={"title": "A colour", "maxLength": None}, hue={"type": "string", "x-lines": 20, "x-level": "implied"}
    )
    patch["paths"][API.path]["post"]["parameters"] = {"boat_id": {"schema": {"title": "A boat"}}}
    patch["x-behaviours"] = {"b": {"kind": "stored", "level": "implied", "lines": 1, "sentence": "It is stored."}}
    openapi, misfits = laid(tmp_path, patch)
    assert not misfits
    properties = operation(openapi)["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert list(properties) == ["colour", "size", "hue"]
    assert list(properties["colour"])[:2] == ["title", "type"]
    assert "maxLength" not in properties["colour"]
    assert operation(openapi)["parameters"][0]["schema"] == {"title": "A boat", "type": "integer", "x-lines": 7}
    assert openapi["x-behaviours"]


@pytest.mark.parametrize(
    ("patch", "sentence"),
    [
        (body(colour={"type": "string"}), "colour.type says what the page says too; leave it out"),
        (body(hue={"title": "A hue"}), "hue is not on the page any more"),
        (body(hue=None), "hue is taken away, though the page has none"),
        (
            {"x-behaviours": {"b": {"lines": 900, "sentence": "x"}}},
            "x-behaviours.b.lines cites line 900, and the page has ",
        ),
    ],
)
def test_an_overlay_that_does_not_fit_is_named(patch: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    _, misfits = laid(tmp_path, patch)
    assert len(misfits) == 1
    assert sentence in misfits[0]


def test_prose_is_undecided_until_an_overlay_cites_it(tmp_path: Path) -> None:
    path = tmp_path / "paint.txt"
    path.write_text(
        MAKERS["kaiten"](API, "flat").replace("Path parameters", "Only by day.\nPath parameters"), encoding="utf-8"
    )
    number = path.read_text(encoding="utf-8").split("\n").index("Only by day.") + 1
    openapi, _ = composed(derive(path), {})
    assert openapi["x-prose"] == number
    decided = {"x-behaviours": {"day": {"lines": number, "sentence": "Boats are painted by day."}}}
    assert "x-prose" not in composed(derive(path), decided)[0]
    assert composed(derive(path), {"x-silent": {"navigation": number}})[0]["x-silent"]["navigation"]
    assert "x-prose" not in composed(derive(path), {"x-silent": {"navigation": number}})[0]


def test_lines_move_to_another_version_of_the_page() -> None:
    old = [f"line {number}" for number in range(1, 21)]
    new = ["new", "new", *old[:4], *old[5:10], "between", *old[10:]]
    text = (
        "# lines: 3\n"
        'a: {x-lines: "3-4, 9", title: A 3}\n'
        "b:\n  x-lines: {here: 11-14, type: 12}\n  lines: 2\n"
        "c: {kind: x, lines: 4-6, sentence: Says 5.}\n"
        'x-silent: {navigation: "7, 10-11"}\n'
    )
    moved, lost = rebased(text, old, new)
    assert moved == (
        "# lines: 5\n"
        'a: {x-lines: "5-6, 10", title: A 3}\n'
        "b:\n  x-lines: {here: 13-16, type: 14}\n  lines: 4\n"
        "c: {kind: x, lines: 6-7, sentence: Says 5.}\n"
        'x-silent: {navigation: "8, 11, 13"}\n'
    )
    assert lost == ["line 6: 5 of the old page ('line 5') has no place on the new one"]


def test_on_the_same_page_an_overlay_stays_as_it_is() -> None:
    page = [f"line {number}" for number in range(1, 400)]
    for name in overlay_names():
        text = overlay.overlay_text(name)
        assert rebased(text, page, page) == (text, [])


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(word) for word in words])
    return done.exit_code, done.output


def test_the_five_are_derived_to_the_byte(documents: Path) -> None:
    code, text = run("check", "--documents", documents)
    assert (code, text.count("facts derived")) == (0, 5), text


def test_another_version_of_a_page_is_told_and_the_overlay_moves(documents: Path, tmp_path: Path) -> None:
    name = "kaiten-create-space"
    old = documents / f"{name}.txt"
    new = tmp_path / f"{name}.txt"
    new.write_text("\n\n" + old.read_text(encoding="utf-8"), encoding="utf-8")
    code, text = run("check", name, "--documents", tmp_path)
    assert code == 1
    assert f"is another version of the page; `python -m contracts rebase {name}`" in text
    moved = tmp_path / "moved.yaml"
    assert run("rebase", name, old, new, "-o", moved) == (0, "")
    assert "31, 33-34" in moved.read_text(encoding="utf-8")  # 29, 31-32 before
    new.write_text(
        old.read_text(encoding="utf-8").replace("maximum", "x").replace("minimum: 0\n", ""), encoding="utf-8"
    )
    code, text = run("rebase", name, old, new, "-o", moved)
    assert code == 1
    assert f"overlays/{name}.yaml, line " in text
    assert "of the old page ('minimum: 0') has no place on the new one" in text


def test_the_catalogue_drifts_with_its_pages(documents: Path, tmp_path: Path) -> None:
    assert run("drift", "--documents", documents) == (0, "no drift\n")
    name = "kaiten-create-space"
    for page in documents.glob("*.txt"):
        text = page.read_text(encoding="utf-8")
        text = text.replace("maxLength: 256", "maxLength: 99") if page.stem == name else text
        (tmp_path / page.name).write_text("\n" + text, encoding="utf-8")
    code, told = run("drift", "--documents", tmp_path)
    assert (code, told.count("breaking  "), told.endswith("1 breaking\n")) == (1, 1, True), told
    assert "body title maxLength changed" in told
    (tmp_path / f"{name}.txt").unlink()
    code, told = run("drift", "--documents", tmp_path)
    assert code == 2
    assert f"{name}.txt cannot be read" in told


def test_every_contract_has_an_overlay_and_says_what_it_was_read_from() -> None:
    for name in overlay_names():
        openapi = load_contract(name).openapi
        assert openapi["x-form"]["layout"]
        assert "x-prose" not in openapi  # each sentence is decided on
        assert "x-not-understood" not in openapi
        assert read_overlay(name)["info"] == {"title": openapi["info"]["title"]}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["check", "x", "--documents", "."], "there is no overlay 'x'; there are attio-create-record"),
        (["check", "--documents", "nowhere"], "nowhere/attio-create-record.txt cannot be read; --documents must name"),
        (["rebase", "kaiten-create-space", "nowhere", "nowhere"], "nowhere cannot be read"),
    ],
)
def test_a_mistake_gets_one_sentence(words: list[str], sentence: str) -> None:
    code, text = run(*words)
    assert (code, sentence in text) == (2, True), text


def test_overlays_stand_beside_the_catalogue() -> None:
    assert overlay.OVERLAYS.is_dir()
