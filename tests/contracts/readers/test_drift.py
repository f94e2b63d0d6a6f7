"""What changed between two versions of a page, told in oasdiff's terms, and nothing else."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings

from contracts.__main__ import main
from contracts.errors import DocumentError
from contracts.readers.comparing import read_side
from contracts.readers.deriving import as_yaml, derive
from contracts.readers.drift import RULES, Change, Class, changes_between
from tests.contracts.readers.making import FORMS, MAKERS, Api, Field
from tests.contracts.readers.test_circle import apis

API = Api(
    query=(Field("deep", ("boolean",)), Field("order", ("integer",))),
    body=(
        Field("colour", required=True, says=(("maxLength", 9), ("minLength", 1))),
        Field("kind", ("integer",), says=(("enum", [1, 2]),)),
        Field("size", ("number", "null"), says=(("minimum", 2),)),
        Field("speed", ("integer",), says=(("default", 7),)),
    ),
    answer=(Field("id", ("integer",)), Field("name", ("null", "string")), Field("state", says=(("enum", ["a", "b"]),))),
)


def page(folder: Path, name: str, api: Api, layout: str = "kaiten", form: str = "flat") -> Path:
    path = folder / f"{name}.{'html' if form == 'html' else 'txt'}"
    path.write_text(MAKERS[layout](api, form), encoding="utf-8")
    return path


def changed(tmp_path: Path, api: Api) -> dict[str, Change]:
    found = changes_between(read_side(page(tmp_path, "old", API)), read_side(page(tmp_path, "new", api)))
    return {change.about: change for change in found}


def body(place: int, **changes: Any) -> Api:
    fields = list(API.body)
    fields[place] = replace(fields[place], **changes)
    return replace(API, body=tuple(fields))


def answer(place: int, **changes: Any) -> Api:
    fields = list(API.answer)
    fields[place] = replace(fields[place], **changes)
    return replace(API, answer=tuple(fields))


@pytest.mark.parametrize(
    ("api", "about", "judged", "rule"),
    [
        (replace(API, method="PUT"), "method", "breaking", "api-method-changed"),
        (replace(API, path="/api/v2/boats/{boat_id}/coats"), "path", "breaking", "api-path-changed"),
        (replace(API, server="https://x.example"), "https://boats.example.com server", "breaking", "server-removed"),
        (replace(API, body=API.body[:3]), "body speed", "breaking", "request-property-removed"),
        (replace(API, body=(*API.body, Field("hue"))), "body hue", "additive", "new-optional-request-property"),
        (
            replace(API, body=(*API.body, Field("hue", required=True))),
            "body hue",
            "breaking",
            "new-required-request-property",
        ),
        (body(0, required=False), "body colour required", "additive", "request-property-became-optional"),
        (body(1, required=True), "body kind required", "breaking", "request-property-became-required"),
        (
            body(0, says=(("maxLength", 5), ("minLength", 1))),
            "body colour maxLength",
            "breaking",
            "request-property-narrowed",
        ),
        (
            body(0, says=(("maxLength", 50), ("minLength", 1))),
            "body colour maxLength",
            "additive",
            "request-property-generalized",
        ),
        (body(2, says=(("minimum", 3),)), "body size minimum", "breaking", "request-property-narrowed"),
        (body(2, says=()), "body size minimum", "additive", "request-property-generalized"),
        (body(2, types=("number",)), "body size type", "breaking", "request-property-narrowed"),
        (body(1, says=(("enum", [1, 2, 3]),)), "body kind enum", "additive", "request-property-generalized"),
        (body(1, says=(("enum", [1]),)), "body kind enum", "breaking", "request-property-narrowed"),
        (body(3, says=(("default", 8),)), "body speed default", "breaking", "request-property-default-value-changed"),
        (replace(API, query=API.query[:1]), "query order", "breaking", "request-property-removed"),
        (replace(API, answer=API.answer[1:]), "200 id", "breaking", "response-property-removed"),
        (replace(API, answer=(*API.answer, Field("hue"))), "200 hue", "additive", "response-property-added"),
        (answer(1, types=("string",)), "200 name type", "additive", "response-property-specialized"),
        (answer(0, types=("integer", "null")), "200 id type", "breaking", "response-property-generalized"),
        (answer(0, types=("string",)), "200 id type", "breaking", "property-changed"),
        (answer(2, says=(("enum", ["a", "b", "c"]),)), "200 state enum", "breaking", "response-property-generalized"),
        (replace(API, errors=API.errors[:1]), "403 status", "additive", "response-non-success-status-removed"),
        (
            replace(API, errors=(*API.errors, ("404", ""))),
            "404 status",
            "additive",
            "response-non-success-status-added",
        ),
    ],
)
def test_each_change_has_its_class(api: Api, about: str, judged: str, rule: str, tmp_path: Path) -> None:
    found = changed(tmp_path, api)
    assert (found[about].judged, found[about].rule) == (judged, rule), found
    others = {name: change for name, change in found.items() if name != about}
    assert all(change.judged != "breaking" or "server" in name for name, change in others.items()), others
    assert found[about].why


def test_every_row_of_the_table_says_why_and_is_reached_by_its_name_alone() -> None:
    assert all(rule.why and rule.name and rule.judged in Class for rule in RULES)
    assert len({(rule.kind, rule.change, rule.direction) for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(("layout", "form"), [(layout, form) for layout, forms in FORMS.items() for form in forms])
def test_a_page_does_not_differ_from_itself_or_its_other_forms(
    layout: str, form: str, everything: bool, tmp_path: Path
) -> None:
    @settings(
        max_examples=50 if everything else 8, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(apis(layout, "markdown"))
    def holds(api: Api) -> None:
        one = read_side(page(tmp_path, "one", api, layout, form))
        for other in FORMS[layout]:
            found = changes_between(one, read_side(page(tmp_path, "other", api, layout, other)))
            assert all(change.judged == Class.UNKNOWN for change in found), (other, found)
            assert not found or other != form

    holds()


def test_order_and_whitespace_and_lines_are_no_drift(tmp_path: Path) -> None:
    turned = replace(API, body=API.body[::-1], answer=API.answer[::-1], query=API.query[::-1])
    assert not changed(tmp_path, turned)
    old, new = page(tmp_path, "old", API), page(tmp_path, "new", API)
    new.write_text("\n\n" + old.read_text(encoding="utf-8").replace("\n\n", "\n\n \n\t\n"), encoding="utf-8")
    assert not changes_between(read_side(old), read_side(new))


@pytest.mark.parametrize(("layout", "form"), [(layout, form) for layout, forms in FORMS.items() for form in forms])
@pytest.mark.parametrize(
    ("sign", "other"),
    [(" ", "\u00a0"), ("\n", "  \n"), ("\n", "\r\n"), ("\n", "\u200b\n"), ("e", "e\u00ad")],
    ids=["no-break space", "blanks at the end", "Windows", "zero-width space", "soft hyphen"],
)
def test_what_a_browser_puts_between_words_is_no_drift(
    layout: str, form: str, sign: str, other: str, tmp_path: Path
) -> None:
    old, new = page(tmp_path, "old", API, layout, form), page(tmp_path, "new", API, layout, form)
    text = old.read_text(encoding="utf-8")
    shown = re.sub(r"(?<=>)[^<>]+(?=<)", lambda found: found[0].replace(sign, other), text)
    new.write_bytes((shown if form == "html" else text.replace(sign, other)).encode())
    assert not changes_between(read_side(old), read_side(new))


def test_what_a_cut_page_does_not_show_is_never_called_removed(tmp_path: Path) -> None:
    old, new = page(tmp_path, "old", API), page(tmp_path, "new", API)
    text = old.read_text(encoding="utf-8")
    new.write_text(text[: text.index("\nspeed\n")], encoding="utf-8")
    found = changes_between(read_side(old), read_side(new))
    assert {change.judged for change in found} == {Class.UNKNOWN}
    assert {"body speed", "200 status"} <= {change.about for change in found}
    back = changes_between(read_side(new), read_side(old))  # nor is it called added when it shows again
    assert {change.judged for change in back} == {Class.UNKNOWN}
    new.write_text(text.replace("\nkind\n", "\nsort\n")[: text.index("\nspeed\n")], encoding="utf-8")
    assert {c.about for c in changes_between(read_side(old), read_side(new)) if c.judged == "breaking"} == set()


def test_of_a_cut_page_of_several_operations_none_is_called_removed(tmp_path: Path) -> None:
    """Nor does one whose parameters stand below the cut get another type: its path shows names alone."""
    other = replace(API, title="Sink a boat", method="DELETE", path="/api/v1/boats/{boat_id}", body=(), query=())
    texts = [MAKERS["zendesk"](one, "markdown") for one in (replace(API, body=()), other)]
    texts[1] = texts[1].replace("boat_id | string", "boat_id | integer")
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("\n\n".join(texts), encoding="utf-8")
    assert len(read_side(old).operations) == 3  # and the object that both answer
    for end in range(len(texts[0]) * 9 // 10, len(texts[0]) + len(texts[1]) - 2, 7):
        new.write_text("\n\n".join(texts)[:end], encoding="utf-8")
        with suppress(DocumentError):  # a cut in the middle of an address
            side = read_side(new)
            found = changes_between(read_side(old), side) if side.shown is not None else []
            assert not [change for change in found if change.judged is Class.BREAKING], end


@pytest.mark.parametrize(
    ("layout", "heading"),
    [
        ("kaiten", "NameTypeConstraintsDescription"),
        ("simworkflow", "Request body fields"),
        ("kintone", "Response Param"),
    ],
)
def test_what_stands_on_a_line_that_was_not_understood_is_never_called_removed(
    layout: str, heading: str, tmp_path: Path
) -> None:
    """A heading, or the header of a table, is called otherwise: nor are its attributes those of another table."""
    old, new = page(tmp_path, "old", API, layout), page(tmp_path, "new", API, layout)
    text = old.read_text(encoding="utf-8")
    assert heading in text
    new.write_text(text.replace(heading, "Wirtschaftswunder"), encoding="utf-8")
    found = changes_between(read_side(old), read_side(new))
    assert found
    assert {change.judged for change in found} == {Class.UNKNOWN}
    assert {change.change for change in found} == {"removed"}


def test_statements_that_came_went_or_were_reworded(tmp_path: Path) -> None:
    old, new = page(tmp_path, "old", API, "simworkflow"), page(tmp_path, "new", API, "simworkflow")
    text = old.read_text(encoding="utf-8")
    start = "Paints boats."
    before = (
        f"{start}\n\nAt most “10” boats are painted. A sunk boat must be raised before it can be painted. It may rain."
    )
    after = (
        f'{start}\n\nAt most "10"  boats are painted. A sunk boat must be raised before it may be painted. Only by day.'
    )
    old.write_text(text.replace(start, before), encoding="utf-8")
    new.write_text(text.replace(start, after), encoding="utf-8")
    found = {change.change: change for change in changes_between(read_side(old), read_side(new))}
    assert {name: (change.old, change.new) for name, change in found.items()} == {
        "changed": tuple(f"A sunk boat must be raised before it {word} be painted" for word in ("can", "may")),
        "removed": ("It may rain", None),
        "added": (None, "Only by day"),
    }  # fmt: skip
    assert {change.judged for change in found.values()} == {Class.EDITORIAL}


@pytest.mark.parametrize("layout", FORMS)
def test_what_stands_beside_a_fact_in_other_words(layout: str, tmp_path: Path) -> None:
    """A unit, say: the attribute is as it was, and a client that follows the old page sends something else."""
    old, new = page(tmp_path, "old", API, layout), page(tmp_path, "new", API, layout)
    text = old.read_text(encoding="utf-8")
    place = text.index("What it is", text.index("What it is") + 1)  # of many that are alike, the second
    new.write_text(f"{text[:place]}What it was{text[place + len('What it is') :]}", encoding="utf-8")
    (change,) = changes_between(read_side(old), read_side(new))
    assert (change.change, change.judged) == ("changed", Class.EDITORIAL)
    assert int(change.old_lines) == int(change.new_lines) == text[:place].count("\n") + 1
    assert (str(change.old)[-10:], str(change.new)[-11:]) == ("What it is", "What it was")


def test_a_fingerprint_stays_when_lines_move(tmp_path: Path) -> None:
    old, new = page(tmp_path, "old", API), page(tmp_path, "new", body(0, required=False))
    (one,) = changes_between(read_side(old), read_side(new))
    new.write_text("\n\n\n" + new.read_text(encoding="utf-8"), encoding="utf-8")
    (other,) = changes_between(read_side(old), read_side(new))
    assert one.id == other.id
    assert one.new_lines != other.new_lines
    (third,) = changes_between(read_side(new), read_side(old))
    assert third.id != one.id


def run(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["drift", *map(str, words)])
    return done.exit_code, done.output


@pytest.mark.parametrize(("before", "after"), [(1, 0), (0, 1), (2, 1)])
def test_both_values_are_shown(before: int, after: int, tmp_path: Path) -> None:
    """Also a 1, which is no `true`."""
    sides = tmp_path / "old.txt", tmp_path / "new.txt"
    for side, number in zip(sides, (before, after), strict=True):
        page(tmp_path, side.stem, body(2, says=(("minimum", number),)))
    assert f"body size minimum changed {before} -> {after} (" in run(*sides)[1]


def test_pages_contracts_and_folders_are_compared(tmp_path: Path) -> None:
    folders = tmp_path / "old", tmp_path / "new"
    for folder, api in zip(folders, (API, body(0, required=False)), strict=True):
        folder.mkdir()
        page(folder, "paint", api)
    assert run(*folders)[0] == 0  # additive
    code, text = run(*folders, "--fail-on", "additive")
    assert code == 1
    assert "additive  POST /api/v1/boats/{boat_id}/coats: body colour required changed true -> false (" in text
    assert text.endswith("1 additive\n")
    contract = folders[0] / "paint.yaml"
    contract.write_text(as_yaml(derive(folders[0] / "paint.txt").openapi), encoding="utf-8")
    assert run(contract, folders[1] / "paint.txt")[1].endswith("1 additive\n")
    assert run(contract, folders[0] / "paint.txt") == (0, "no drift\n")
    (folders[0] / "paint.yaml").unlink()
    (folders[1] / "paint.txt").unlink()
    page(folders[1], "sink", API)
    code, text = run(*folders, "--format", "markdown")
    assert code == 1
    assert "| breaking | paint | " in text
    assert "| additive | sink | " in text
    (folders[1] / "paint.txt").write_text("no page", encoding="utf-8")  # one bad page does not stop the rest
    code, text = run(*folders, "--format", "markdown")
    assert (code, "| additive | sink | " in text, "paint.txt has no layout" in text) == (2, True, True)
    assert "drift takes OLD and NEW" in run(folders[0])[1]


def test_accepted_changes_are_told_no_more(tmp_path: Path) -> None:
    old, new = page(tmp_path, "old", API), page(tmp_path, "new", replace(API, body=API.body[1:]))
    known = tmp_path / "known.json"
    code, text = run(old, new, "--format", "json", "--accepted", known)
    (change,) = json.loads(text)
    assert (code, change["about"], change["old_lines"] != "", change["new_lines"]) == (1, "body colour", True, "")
    assert (
        "there is no change 'x'; there are " + change["id"]
        in run(old, new, "--accepted", known, "--accept", "x", "--reason", "y")[1]
    )
    assert "needs --accepted FILE" in run(old, new, "--accept", change["id"])[1]
    words = ("--accepted", known, "--accept", change["id"], "--reason", "they told us")
    assert run(old, new, *words) == (0, "no drift; 1 accepted\n")
    assert json.loads(known.read_text(encoding="utf-8")) == {change["id"]: "they told us"}
    assert run(old, new, "--accepted", known) == (0, "no drift; 1 accepted\n")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("- 1\n", "is no OpenAPI document"),
        ("a: [\n", "is no OpenAPI document"),
        ("paths: 3\n", "is no OpenAPI document"),
    ],
)
def test_what_cannot_be_compared_gets_one_sentence(content: str, sentence: str, tmp_path: Path) -> None:
    old = page(tmp_path, "old", API)
    (tmp_path / "x.yaml").write_text(content, encoding="utf-8")
    code, text = run(old, tmp_path / "x.yaml")
    assert (code, sentence in text) == (2, True)
    assert "cannot be compared: give two files, or two folders" in run(old, tmp_path)[1]
    assert "cannot be read" in run(old, tmp_path / "none.yaml")[1]
    (tmp_path / "known.json").write_text("[1]", encoding="utf-8")
    assert "is no file of accepted changes" in run(old, old, "--accepted", tmp_path / "known.json")[1]
