"""What a reader makes of single pages: every line, every refusal, every cut; and a layout that costs one module."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import DocumentError
from contracts.readers import layouts
from contracts.readers.reading import all_layouts, read_page
from contracts.readers.text import decoded
from contracts.readers.writer import contract_of
from tests.contracts.readers.making import FORMS, MAKERS, Api, Field, read_facts, stated

MODULE = '''
"""Pages of the harbour: one line an attribute."""

from contracts.readers import words
from contracts.readers.page import Address, Attribute, Operation

NAME = "harbour"
HIDDEN = {"flat": {"sample": "everything else"}}


def fits(document):
    return 9 * any(line.text == "Harbour API" for line in document.lines)


def read(document, page):
    operation = Operation(title="Moor")
    page.operations.append(operation)
    for line in document.lines:
        method, _, rest = line.text.partition(" ")
        if method == "PUT":
            operation.method, operation.lines = method, {line.number}
            operation.addresses = [Address("", rest, {line.number})]
        elif method.startswith("-"):
            one = Attribute("body", (method[1:],), {line.number}, required=True)
            words.say_types(one, rest)
            operation.attributes.append(one)
        elif line.text:
            page.quiet("heading", line.number)
'''


def test_a_new_layout_costs_one_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "harbour.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(layouts, "__path__", [*layouts.__path__, str(tmp_path)])
    assert "harbour" in all_layouts()
    page = read_page("Harbour API\nPUT /boats/{boat}/berth\n-berth integer\n-rope string | null\n", "moor.txt")
    contract = contract_of(page, {"file": "moor.txt", "lines": 5}, "Harbour, moor")
    operation = contract["paths"]["/boats/{boat}/berth"]["put"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"] == {
        "berth": {"type": "integer", "x-lines": 3},
        "rope": {"type": ["string", "null"], "x-lines": 4},
    }
    assert schema["required"] == ["berth", "rope"]
    assert [p["name"] for p in operation["parameters"]] == ["boat"]
    assert page.hidden == {"sample": "everything else"}
    assert not page.unknown


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "p is empty; save the page again"),
        (b" \n\t\n", "p is empty; save the page again"),
        (b"\x89PNG\r\n\x1a\n", "p is no UTF-8 text (byte 1); save the page as text, Markdown or HTML"),
        (b"PK\x03\x04\x00\x00", "p is a binary file, not a saved page; save the page as text, Markdown or HTML"),
        (b"x" * 5_000_001, "p has more than 5,000,000 bytes; save the page alone"),
        (
            b"Dear reader, all is well.\n",
            "p has no layout that can be read (attio, kaiten, kintone, simworkflow, zendesk)",
        ),
        (b"<html><body><p>Hello</p><p>you</p></body></html>", "p has no layout that can be read"),
        ("M\xe9todo POST\nPar\xe1metros de la ruta\n".encode(), "in another language; --layout names one all the same"),
    ],
)
def test_what_is_no_page_is_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_page(decoded(content, "p"), "p")
    assert sentence in caught.value.message


def test_a_page_of_the_layout_that_documents_nothing_is_refused() -> None:
    text = "A guide\n\nIt tells a story.\nNameTypeReference\n"
    with pytest.raises(DocumentError, match="documents no operation"):
        read_page(text, "guide.txt", "kaiten")
    with pytest.raises(DocumentError, match="there is no layout 'kaitn'; there are attio, kaiten"):
        read_page(text, "guide.txt", "kaitn")


def test_method_and_path_may_be_given_from_outside() -> None:
    text = MAKERS["kaiten"](Api(body=(Field("colour"),)), "markdown").split("logo")[0]
    with pytest.raises(DocumentError, match=r"shows no method and no path .* --operation 'POST https://…/path'"):
        read_page(text, "p.txt")
    with pytest.raises(DocumentError, match="'paint it' is no operation; give it like 'POST https"):
        read_page(text, "p.txt", given="paint it")
    operation = read_page(text, "p.txt", given="POST https://boats.example.com/boats/{boat_id}").operations[0]
    assert (operation.method, operation.addresses[0].server) == ("POST", "https://boats.example.com")
    assert [(a.where, a.steps) for a in operation.attributes if a.where != "2XX"] == [
        ("path", ("boat_id",)), ("body", ("colour",)),
    ]  # fmt: skip


@pytest.mark.parametrize(("layout", "form"), [(layout, forms[0]) for layout, forms in FORMS.items()])
def test_a_cut_page_says_where_it_ends(layout: str, form: str) -> None:
    fields = (Field("colour"), Field("size", ("integer",)))
    api = Api(query=fields, body=fields, answer=(Field("id"),))
    text = MAKERS[layout](api, form)
    whole = read_page(text, "p.txt")
    assert not whole.cut
    kept = text[: text.index("What it is", text.index("colour")) + 7]
    page = read_page(kept, "p.txt", layout, given="POST /x")
    assert page.cut.startswith(f"the text ends at line {kept.count(chr(10)) + 1};")
    found = {(a.where, a.steps) for a in page.attributes}
    assert found < {(a.where, a.steps) for a in whole.attributes}  # nothing is made up for what is cut off


@pytest.mark.parametrize(("layout", "form"), [(layout, form) for layout, forms in FORMS.items() for form in forms])
def test_wherever_a_page_is_cut_nothing_is_made_up(layout: str, form: str, everything: bool) -> None:
    fields = (
        Field("colour", ("string", "null") if layout == "kaiten" else ("string",), says=(("enum", ["red", "blue"]),)),
        Field("size", ("integer",), required=True, says=(("default", 1234),)),
        Field("name", says=(("maxLength", 256), ("minLength", 12))),
    )
    text = MAKERS[layout](Api(query=fields[:2], body=fields, answer=fields), form)
    uncut = read_page(text, "p.txt")
    whole, told = {(a.where[0], a.steps): a for a in uncut.attributes}, uncut.operations[0]
    scopes = {scope for scheme in told.security for scope in scheme.scopes}
    cut = 0
    for end in range(80, len(text), 3 if everything else 11):
        try:
            page = read_page(text[:end], "p.txt", layout)
        except DocumentError:
            continue
        cut += bool(page.cut)
        for operation in page.operations if page.cut else ():
            assert {(a.server, a.path) for a in operation.addresses} <= {
                (server, a.path) for a in told.addresses for server in ("", a.server)
            }, text[:end]
            assert operation.media in ("", told.media), text[:end]
            assert scopes.issuperset(scope for scheme in operation.security for scope in scheme.scopes), text[:end]
        for one in page.attributes:
            full = whole[one.where[0], one.steps]
            assert set(one.types) <= set(full.types), text[:end]
            assert one.required in (None, full.required), text[:end]
            assert one.says.items() <= full.says.items(), text[:end]
    assert cut > (20 if everything else 5)


SAVED: dict[str, Callable[[str], str]] = {
    "with a byte order mark and the line ends of Windows": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "indented as a whole": lambda text: "".join(
        f"\t  {line}" if line.strip() else line for line in text.splitlines(True)
    ),
    "with the quotes of an editor": lambda text: re.sub(
        r"'([^'\n]*)'", "\u2018\\1\u2019", re.sub(r'"([^"\n]*)"', "\u201c\\1\u201d", text)
    ),
    "a paragraph each line": lambda text: text.replace("\n", "\n\n"),
}


@pytest.mark.parametrize(
    ("layout", "form", "how"),
    [
        (layout, form, how)
        for layout, forms in FORMS.items()
        for form in forms
        for how in SAVED
        if form == "flat" or how != "a paragraph each line"
    ],  # blank lines part the rows of tables
)
def test_however_a_page_is_saved_it_states_the_same(layout: str, form: str, how: str) -> None:
    fields = (Field("colour", says=(("enum", ["red", "blue"]),)), Field("size", ("integer",), says=(("default", 7),)))
    text = MAKERS[layout](Api(query=fields[:1], body=fields, answer=fields), form)
    page = read_page(decoded(SAVED[how](text).encode(), "p.txt"), "p.txt")
    plain = read_page(text, "p.txt")
    assert set(read_facts(page)) == set(read_facts(plain))
    assert page.operations[0].method == plain.operations[0].method
    assert [one.path for one in page.operations[0].addresses] == [one.path for one in plain.operations[0].addresses]
    assert page.operations[0].examples.keys() == plain.operations[0].examples.keys()
    assert len(page.unknown) == len(plain.unknown)


def test_an_attribute_of_which_only_the_name_is_left_is_no_fact() -> None:
    text = MAKERS["kintone"](Api(body=(Field("colour"), Field("size"))), "flat")
    page = read_page(text[: text.index("size") + 3], "p.txt")
    assert [a.steps for a in page.attributes] == [("colour",)]


def test_a_row_that_has_lost_its_name_is_not_understood() -> None:
    rows = (Field("id", ("integer",)), Field("mail"), Field("age", ("integer",)))
    text = MAKERS["kaiten"](Api(answer=rows), "markdown").replace("| mail | string |", "string |")
    page = read_page(text, "p.txt")
    lost = next(number for number, line in enumerate(text.split("\n"), 1) if line.startswith("string |"))
    assert page.unknown == {lost}
    assert [a.steps for a in page.attributes if a.where == "2XX"] == [("id",), ("age",)]


def test_what_a_form_cannot_show_is_listed_and_not_made_up() -> None:
    api = Api(body=(Field("colour"),), answer=(Field("id"),))
    flat, marked = (read_page(MAKERS["kaiten"](api, form), "p.txt") for form in ("flat", "markdown"))
    assert [r.status for r in flat.operations[0].responses] == ["200", "401", "403"]
    assert [r.status for r in marked.operations[0].responses] == ["2XX", "4XX"]
    assert "status" in marked.hidden
    assert contract_of(marked, {}, "x")["x-form"]["hidden"] == marked.hidden


def test_types_may_be_alternatives_in_later_rows() -> None:
    api = Api(body=(Field("colour", text="Colour"), Field("size", ("integer",))))
    text = MAKERS["kaiten"](api, "flat").replace("\nColour\n", "\nColour\n\nnull\n\nNo colour\n")
    colour = next(a for a in read_page(text, "p.txt").attributes if a.steps == ("colour",))
    assert colour.types == ["string", "null"]
    first = text.split("\n").index("colour") + 1
    assert colour.lines == set(range(first, first + 8))
    api = Api(answer=(Field("colour", ("null",), text="No colour"), Field("size", ("integer",))))
    text = MAKERS["kaiten"](api, "flat").replace("\nNo colour\n", "\nNo colour\n\nstring\n\nIts name\n")
    colour = next(a for a in read_page(text, "p.txt").attributes if a.steps == ("colour",))
    assert colour.types == ["null", "string"]


def test_rows_that_run_together_are_parted_where_it_is_clear() -> None:
    text = MAKERS["kaiten"](Api(query=(Field("colour"),)), "flat")
    row = next(line for line in text.split("\n") if line.startswith("colour"))
    rows = ["orderenumasc descDefault: ascDirection of it", "datestringfilter by date",
            "limitintegerDefault: 7, maximum: 9At most", "kindenumall title Search mode",
            "Renumbering the boats is slow"]  # fmt: skip
    page = read_page(text.replace(row, "\n".join(rows)), "p.txt")
    assert {a.steps[0]: (a.types, a.says) for a in page.attributes if a.where == "query"} == {
        "order": (["string"], {"enum": ["asc", "desc"], "default": "asc"}),
        "date": (["string"], {}),
        "limit": (["integer"], {"default": 7, "maximum": 9}),
        "kind": ([], {}),
    }
    unclear = text[: text.index(row)].count("\n") + 1 + rows.index("kindenumall title Search mode")
    assert unclear in page.prose


def test_a_deprecation_may_stand_over_two_lines() -> None:
    text = MAKERS["kaiten"](Api(answer=(Field("colour"), Field("hue"))), "flat")
    page = read_page(text.replace("colour\n", "colourDeprecated: use\nhue instead\n"), "p.txt")
    found = {a.steps[0]: a.says for a in page.attributes if a.where == "200"}
    assert found == {"colour": {"deprecated": True}, "hue": {}}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1 - wood, 2 \N{EN DASH} steel, 3 - glass", [1, 2, 3]),
        ("1 - old ship. 2 - new ship", [1, 2]),
        ("1-queued, 2-started", [1, 2]),
        ("light - a light one, dark - a dark one, auto - as the sea is", ["light", "dark", "auto"]),
        ("State of the boat: afloat | moored | sunk", ["afloat", "moored", "sunk"]),
        ("What the boat is made of", None),
        ("The mast - if there is one", None),
    ],
)
def test_values_may_stand_in_a_description(text: str, values: list[object] | None) -> None:
    api = Api(answer=(Field("kind", ("string",), text=text),))
    page = read_page(MAKERS["kaiten"](api, "flat").replace("kind\n\nstring", "kind\n\nenum"), "p.txt")
    one = next(a for a in page.attributes if a.steps == ("kind",))
    assert one.says.get("enum") == values


def test_a_constraint_that_runs_into_a_description_is_parted() -> None:
    row = "Query\nNameTypeConstraintsDescription\n"
    rows = {
        "limitnumberDefault: 500 Max: 500The most boats": {"default": 500, "maximum": 500},
        "orderBystringDefault: launchedAtThe field to sort by": {"default": "launchedAt"},
        "profilestringnone | short | longHow much comes": {"enum": ["none", "short", "long"]},
        "kindenumsails oars motorsail - with sails. oars - with oars.": {"enum": ["sails", "oars", "motor"]},
        "deepbooleandefault:falseHow deep it goes": {"default": False},
        "textstringAny text | with a bar": {},
    }
    text = MAKERS["kaiten"](Api(), "flat").replace("Responses\n", row + "\n".join(rows) + "\nResponses\n", 1)
    found = [a.says for a in read_page(text, "p.txt").attributes if a.where == "query"]
    assert found == list(rows.values())


def test_a_list_below_a_sentence_stands_between_the_lines() -> None:
    text = MAKERS["kintone"](Api(body=(Field("colour", text="One of these:"),)), "flat")
    page = read_page(text.replace("One of these:", "One of these:\n  • RED: as wine\n  • BLUE"), "p.txt")
    one = next(a for a in page.attributes if a.where == "body")
    assert (one.says, one.implied) == ({"enum": ["RED", "BLUE"]}, {"enum"})


def test_a_description_is_joined_to_a_name_by_its_example() -> None:
    curl = ["curl --request GET \\", "--url https://boats.example.com/v1/boats/{boat} \\"]
    sample = [
        "--header 'Authorization: Bearer <token>'{",
        '"data": {',
        '"name": "Mary",',
        '"sister": "Anne",',
        '"twin": "Anne",',
    ]
    sample += ['"mast": null', "}", "}Gets a boat."]
    below = ["This API uses OAuth 2.0 with some flow.", "A UUID of the boat.", '"7"', "Success", "Success"]
    below += ["How it is called.", '"Mary"', "Its sister.", '"Anne"', "Was this page helpful?"]
    text = "\n".join([*curl, *sample, *below])
    page = read_page(text, "p.txt")
    stated = {(a.where, a.steps): a for a in page.attributes if "*" not in a.implied}
    assert set(stated) == {("path", ("boat",)), ("2XX", ("data", "name"))}  # of two places none is chosen
    assert stated["2XX", ("data", "name")].lines == {5, 16, 17}
    assert {a.steps for a in page.attributes if "*" in a.implied} == {
        ("data",), ("data", "sister"), ("data", "twin"), ("data", "mast"),
    }  # fmt: skip
    assert {18, 19} <= page.prose


def test_samples_of_errors_describe_nothing() -> None:
    head = ["Get a boat", "Gets a boat, whatever its name.", "Required scopes: boat:read", ".",
            "curl --request GET \\", "--url https://boats.example.com/v1/boats/{boat} \\",
            "--header 'Authorization: Bearer <token>'"]  # fmt: skip
    samples = ['{"name": "Mary"}', '{"code": 404, "type": "gone"}']
    below = ["Authorizations", "This API uses OAuth 2.0 with some flow.", "Path Parameters", "A boat.", '"7"',
             "Query Parameters", "How many.", "7", "Which.", '"Mary"',
             "Response", "Success", "How it is called.", '"Mary"', "Was this page helpful?"]  # fmt: skip
    page = read_page("\n".join([*head, *samples, *below]), "p.txt")
    assert {(a.where, a.steps): a.lines for a in page.attributes} == {
        ("path", ("boat",)): {6, 13, 14}, ("2XX", ("name",)): {8, 22, 23},
    }  # fmt: skip
    assert page.prose == {2, 16, 17, 18, 19}  # parameters without names
    assert 9 in page.silent["sample code"]


def test_html_is_cited_by_the_lines_of_its_file() -> None:
    text = MAKERS["kaiten"](Api(body=(Field("colour", text="Colour, only if painted"),)), "html")
    for page_text in (text, text.replace(">\n<", "><")):
        page = read_page(page_text, "p.txt")
        (colour,) = [a for a in page.attributes if a.where == "body"]
        shown = page_text.split("\n")
        assert "<td>colour" in shown[min(colour.lines) - 1]
        assert max(page.cited) <= page.total == len(shown)
        assert not page.cited & set().union(*page.silent.values())
    assert "Colour, only if painted" in page.said[1]
    cut = read_page(page_text[: page_text.index("Responses")], "p.txt")
    assert cut.cut.startswith("the text ends at line 1;")


@pytest.mark.parametrize("lost", [False, True], ids=["whole", "without a description"])
def test_a_zendesk_table_may_have_a_cell_a_line(lost: bool) -> None:
    fields = (Field("colour"), Field("size", required=True), Field("string"))
    api = Api(query=fields, answer=(Field("id"), Field("mail", required=True)))
    text = MAKERS["zendesk"](api, "tabs")
    if lost:
        text = text.replace(f"\t{fields[0].text}", "", 1)  # of the first object
    page = read_page(text.replace("\t", "\n"), "p.txt")
    assert (page.layout, page.form) == ("zendesk", "flat")
    assert set(read_facts(page)) == stated(api, "zendesk", "flat")
    assert not page.unknown
    assert len(page.objects[0].lines) == 5 - lost


def test_sentences_below_a_table_are_no_rows() -> None:
    text = MAKERS["zendesk"](Api(answer=(Field("id"), Field("mail"))), "markdown")
    rows = [line for line in text.split("\n") if line.startswith("| mail")]
    lost = "| string | false | false | What it is | |"
    page = read_page(text.replace(rows[0], f"{lost}\nMail needs a server."), "p.txt")
    assert [a.steps for a in page.objects] == [("id",)]
    number = text[: text.index(rows[0])].count("\n") + 1
    assert (number in page.unknown, number + 1 in page.prose) == (True, True)


def test_several_operations_of_a_page_are_one_contract() -> None:
    first = MAKERS["zendesk"](Api(query=(Field("colour"),)), "markdown")
    second = MAKERS["zendesk"](Api(title="Sink a boat", method="DELETE", path="/api/v1/boats/{boat_id}"), "markdown")
    contract = contract_of(read_page(f"{first}\n\n{second}", "p.txt"), {}, "Boats")
    assert {(path, method) for path, item in contract["paths"].items() for method in item} == {
        ("/api/v1/boats/{boat_id}/coats", "post"), ("/api/v1/boats/{boat_id}", "delete"),
    }  # fmt: skip


@pytest.mark.parametrize("form", FORMS["simworkflow"])
def test_what_a_site_shows_above_its_page_hides_no_operation(form: str) -> None:
    text = MAKERS["simworkflow"](Api(body=(Field("colour"),)), form)
    banner = "<p>We use cookies</p>\n<p>Search</p>\n" if form == "html" else "We use cookies\n\nSearch\n\n"
    text = text.replace("<body>", f"<body>{banner}") if "<body>" in text else banner + text
    (operation,) = read_page(text, "p.txt").operations
    assert (operation.method, operation.addresses[0].path) == ("POST", "/api/v1/boats/{boat_id}/coats")


def test_another_operation_below_a_page_of_one_is_not_understood() -> None:
    first, second = (
        MAKERS["simworkflow"](Api(method=method, body=(Field(name),)), "flat")
        for method, name in (("POST", "colour"), ("PATCH", "size"))
    )
    page = read_page(f"{first}\n\n{second}", "p.txt")
    assert [(one.method, [a.steps for a in one.attributes]) for one in page.operations] == [
        ("POST", [a.steps for a in read_page(first, "p.txt").operations[0].attributes])
    ]
    start = first.count("\n") + 2
    assert {number for number in page.unknown if number > start}
