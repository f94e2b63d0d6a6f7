"""Kinds of pages that the sites show beside their usual one: older pages, forms of other robots, texts that are cut."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from contracts.contract import open_contracts
from contracts.errors import DocumentError
from contracts.model import Json
from contracts.readers.deriving import as_yaml, derive
from contracts.readers.facts import Key, side_of
from contracts.readers.joined import joined
from contracts.readers.page import Attribute, Page
from contracts.readers.reading import read_page
from contracts.readers.writer import contract_of
from tests.contracts.readers.making import MAKERS, Api, Field
from tests.contracts.readers.test_fuzz import damaged, read

BOATS = Api(
    query=(Field("deep", ("boolean",), says=(("default", False),)),),
    body=(Field("colour", required=True), Field("size", ("integer",))),
    answer=(Field("id", ("integer",)), Field("name")),
)
BLOCK = """
> ## Documentation Index
> Fetch the complete documentation index at: https://boats.example.com/llms.txt

# Paint a boat

> Paints it, at most twice a day.

Required scopes: `boat:write`.

## OpenAPI

````yaml https://boats.example.com/openapi post /boats/{boat}/coats
openapi: 3.0.3
servers:
  - url: https://boats.example.com/v1
security:
  - token: []
  - key: []
paths:
  /boats/{boat}/coats:
    parameters:
      - $ref: '#/components/parameters/Boat'
    post:
      requestBody:
        content:
          application/json:
            schema:
              allOf:
                - $ref: '#/components/schemas/Coat'
                - type: object
                  required: [colour]
                  properties:
                    colour:
                      type: string
                      nullable: true
                      maxLength: 9
                      description: >-
                        Its colour, which
                        must be known.
      responses:
        '201':
          description: Painted
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Coat'}
        '204':
          description: It had that colour
components:
  parameters:
    Boat:
      in: path
      name: boat
      required: true
      schema: {type: integer}
  schemas:
    Coat:
      type: object
      properties:
        below:
          $ref: '#/components/schemas/Coat'
        tags:
          type: array
          items: {type: string, enum: [dry, wet]}
        more:
          type: object
          additionalProperties:
            anyOf: [{type: string}, {type: integer}]
            default: 1
  securitySchemes:
    token: {type: oauth2, flows: {}}
    key: {type: apiKey, in: header, name: X-Boat}
````
"""


def attributes(page: Page, where: str) -> dict[str, Attribute]:
    return {".".join(one.steps): one for one in page.attributes if one.where == where and "*" not in one.implied}


def test_a_block_of_openapi_is_the_statement_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "boats.md").write_text(BLOCK, encoding="utf-8")
    derived = derive(tmp_path / "boats.md")
    page, operation = derived.page, derived.page.operations[0]
    assert (page.layout, page.unknown, page.hidden, page.cut) == ("attio", set(), {}, "")
    assert (operation.method, operation.title, operation.addresses[0].path) == (
        "POST",
        "Paint a boat",
        "/boats/{boat}/coats",
    )
    assert [text.strip() for text in page.said.values()] == ["> Paints it, at most twice a day.", "must be known."]
    (tmp_path / "boats.yaml").write_text(as_yaml(derived.openapi), encoding="utf-8")
    (contract,) = open_contracts(tmp_path / "boats.yaml")
    assert contract.document["file"] == "boats.md"
    shown = BLOCK.split("\n")
    cited = {name.partition("/")[2]: min(clause.lines.numbers) for name, clause in contract.clauses.items()}
    assert shown[cited["request/colour/maxLength"] - 1].strip() == "type: string"
    assert {"request/tags/*/enum", "request/path/boat/type", "status/204", "201/type"} <= cited.keys()
    facts = {
        key: fact.value for key, fact in side_of("", derived.openapi).operations["POST /boats/{boat}/coats"].items()
    }
    assert facts["path", "boat", "type"] == ["integer"]
    assert facts["201", "tags[]", "enum"] == ["dry", "wet"]
    assert ("security", "key", "security") in facts
    assert "Its colour" not in str(derived.openapi)  # the vendor's sentences stay on the page


def test_of_a_block_that_is_cut_what_stands_above_is_read() -> None:
    text = BLOCK[: BLOCK.index("paths:") - 3]  # in the middle of a word
    page = read_page(text, "p.md")
    assert page.cut.startswith(f"the text ends at line {text.count(chr(10)) + 1};")
    operation = page.operations[0]
    assert (operation.method, operation.addresses[0].server) == ("POST", "https://boats.example.com/v1")
    for number in range(900):
        read(damaged(BLOCK, random.Random(number)))


def test_wherever_a_block_is_cut_nothing_is_made_up() -> None:
    def stated(text: str) -> dict[Key, Json]:
        page = read_page(text, "p.md")
        facts = side_of("", contract_of(page, {}, "x")).operations["POST /boats/{boat}/coats"]
        return {key: fact.value for key, fact in facts.items() if not fact.implied and fact.value is not False}

    whole, most = stated(BLOCK), 0
    assert whole["security", "token boat:write", "scope"] is True  # which stands above the block
    for end in range(BLOCK.index("security:"), len(BLOCK) - 6):
        facts = stated(BLOCK[:end])
        made_up = {key for key, value in facts.items() if whole.get(key) != value} - {
            ("security", "bearer", "security")
        }
        assert not {key for key in made_up if key[2] != "scope"}, BLOCK[:end]
        most = max(most, len(facts))
    assert most > 15


def test_a_value_of_several_words_or_behind_a_bullet_is_no_default() -> None:
    page = read_page(MAKERS["kintone"](BOATS, "flat"), "p.txt")
    assert "default" not in attributes(page, "body")["colour"].says
    row = next(line for line in MAKERS["kintone"](BOATS, "flat").split("\n") if line.startswith("colour "))
    more = [row, "Default: the colour of the boat", "  \u2022 default: as it is", "  \u2022 Maximum: 5 coats"]
    page = read_page(MAKERS["kintone"](BOATS, "flat").replace(row, "\n".join(more)), "p.txt")
    assert attributes(page, "body")["colour"].says == {}
    assert {"Default: the colour of the boat", "default: as it is", "Maximum: 5 coats"} <= set(page.said.values())
    text = MAKERS["kaiten"](BOATS, "flat").replace("size\ninteger\n", "size\ninteger\ndefault: none\nmaximum: 1e3\n")
    page = read_page(
        text.replace("colour\nrequired\nstring\n", "colour\nrequired\nstring\nmaxLength: 1,000\n"), "p.txt"
    )
    assert attributes(page, "body")["size"].says == {"maximum": 1000}
    assert attributes(page, "body")["colour"].says == {}
    assert {"default: none", "maxLength: 1,000"} <= set(page.said.values())  # for a person to decide on


@pytest.mark.parametrize("said", ["Maximum: 5 coats in a row", "Format: YYYY-MM-DD", "format: any of the usual"])
@pytest.mark.parametrize("layout", ["kaiten", "kintone", "simworkflow", "zendesk", "attio"])
def test_a_sentence_that_begins_with_a_keyword_states_no_bound(layout: str, said: str) -> None:
    where = "query" if layout == "zendesk" else "body"
    fields = (Field("colour", text=said), Field("size", ("integer",)))
    api = Api(query=fields) if where == "query" else Api(body=fields)
    page = read_page(MAKERS[layout](api, "flat"), "p.txt")
    assert attributes(page, where)["colour"].says in ({}, {"format": "date"})  # which its description says outright
    assert said in " ".join(page.said.values())


def test_a_list_with_values_is_one_parameter() -> None:
    api = Api(query=(Field("tags", ("array",), ("string",), says=(("enum", ["red", "blue"]),)),))
    text = MAKERS["attio"](api, "flat").replace("enum<string[]>", "enum<string>[]")
    (tags,) = [
        one
        for one in contract_of(read_page(text, "p.txt"), {}, "x")["paths"][api.path]["post"]["parameters"]
        if one["in"] == "query"
    ]
    assert (tags["schema"]["type"], tags["schema"]["items"]["type"]) == ("array", "string")
    assert (tags["schema"]["items"]["enum"], "enum" in tags["schema"]) == (["red", "blue"], False)


@pytest.mark.parametrize(
    ("layout", "form"),
    [
        ("simworkflow", "flat"),
        ("simworkflow", "markdown"),
        ("simworkflow", "html"),
        ("kintone", "flat"),
        ("kintone", "tabs"),
    ],
)
def test_of_a_row_with_an_unknown_type_nothing_is_said_of_the_attribute_above(layout: str, form: str) -> None:
    odd = Field("deep", ("float",), required=True, text="How deep", says=(("default", "sea"), ("enum", ["sea", "bay"])))
    api = Api(body=(Field("colour", text=""), odd, Field("size", ("integer",))))
    page = read_page(MAKERS[layout](api, form), "p.txt", layout)
    found = attributes(page, "body")
    assert {name: (one.types, one.required, one.says) for name, one in found.items()} == {
        "colour": (["string"], False, {}),
        "size": (["integer"], False, {}),
    }
    assert page.unknown  # the row is told


def test_an_alternative_that_is_cut_leaves_the_type_open() -> None:
    api = Api(body=(Field("size", ("integer",)), Field("colour", ("string", "null"))))
    text = MAKERS["kaiten"](api, "markdown")
    row = next(line for line in text.split("\n") if "colour" in line)
    for tail, types in ((" | nu", []), (" | n", []), (" | No colour", ["string"])):
        cut = text[: text.index(row)] + row[: row.index("string") + 6] + tail
        page = read_page(cut, "p.txt", given="POST https://boats.example.com/boats")
        assert attributes(page, "body")["colour"].types == types


def test_a_kintone_page_may_say_that_its_rows_are_those_of_members() -> None:
    text = MAKERS["kintone"](BOATS, "flat").replace(
        "Response Parameters\n\nParameter", "Response Parameters\n\nProperty Name"
    )
    said = "A \u201cboats\u201d array consisting of an object formed by the below properties is to be specified."
    page = read_page(text.replace("Request Parameters\n", f"Request Parameters\n\n{said}\n", 1), "p.txt")
    assert set(attributes(page, "body")) == {"boats.[].colour", "boats.[].size"}
    assert set(attributes(page, "2XX")) == {"id", "name"}
    lines = text.split("\n")
    page = read_page("\n".join(["This API must be used with care.", *lines[1:]]), "p.txt")
    assert (page.operations[0].title, page.said[1]) == ("", "This API must be used with care.")


def test_a_length_may_be_said_without_its_noun() -> None:
    text = MAKERS["attio"](BOATS, "flat").replace("What it is\n", "What it is\n\nMinimum length: 3\n")
    found = attributes(read_page(text, "p.txt"), "body")
    assert found["colour"].says == {"minLength": 3}


@pytest.mark.parametrize("name", ["company_id", "many", "substring_length", "is_required", "any_of", "number"])
@pytest.mark.parametrize("kind", ["integer", "string | null", "array of strings"])
@pytest.mark.parametrize("said", ["", "Number of it", "number of rows", "(UUID)"])
def test_a_name_may_hold_the_word_of_a_type(name: str, kind: str, said: str) -> None:
    assert joined(f"{name}{kind}{said}") == [name, kind, "", said]
    assert joined(f"{name}required{kind}{said}") == [name, "required", kind, "", said]


@pytest.mark.parametrize("said", ["Substring to search", "substring match", "Renumber all boats", "Subarray of ids"])
def test_a_sentence_that_holds_the_word_of_a_type_is_no_row(said: str) -> None:
    assert joined(said) is None


def test_a_zendesk_type_may_be_none_of_json() -> None:
    text = MAKERS["zendesk"](BOATS, "flat").replace("namestring", "nametimestamp")
    (name,) = [one for one in read_page(text, "p.txt").objects if one.steps == ("name",)]
    assert name.types == []


def test_an_answer_whose_names_are_lost_may_have_a_number() -> None:
    lines = ["Find boats", "curl --request GET \\", "--url https://boats.example.com/v2/boats \\",
             "--header 'Authorization: Bearer <token>'", "{", '"name": "Mary"', "}", "Authorizations",
             "This API uses OAuth 2.0 with some flow.", "Response", "201", "application/json", "Success",
             "How it is called.", '"Mary"', "Was this page helpful?"]  # fmt: skip
    page = read_page("\n".join(lines), "p.txt")
    (answer,) = page.operations[0].responses
    assert (answer.status, answer.media, sorted(answer.lines), page.unknown) == (
        "201",
        "application/json",
        [10, 11, 13],
        set(),
    )
    assert attributes(page, "201")["name"].types == ["string"]
    assert page.operations[0].media == ""  # nothing is sent


def test_a_path_that_is_cut_in_its_query_is_whole() -> None:
    text = MAKERS["zendesk"](BOATS, "flat")
    cut = text[: text.index(BOATS.path) + len(BOATS.path)]
    assert [a.path for o in read_page(f"{cut}?so", "p.txt").operations for a in o.addresses] == [BOATS.path]
    with pytest.raises(DocumentError, match="shows no path"):
        read_page(cut, "p.txt")


def test_zendesk_statuses_may_have_no_reason() -> None:
    text = MAKERS["zendesk"](BOATS, "markdown").replace("**200 OK**", "```http\nStatus: 200\n\n{}\n```")
    page = read_page(text, "p.txt")
    assert [response.status for response in page.operations[0].responses] == ["200"]
    assert not page.unknown


def test_a_kaiten_page_may_show_a_token_and_a_label_in_brackets() -> None:
    text = MAKERS["kaiten"](BOATS, "flat").replace("NameValue\n", "NameValue\nAuthorizationBearer <token>\n", 1)
    page = read_page(text.replace("\nid\n\ninteger\n\nWhat", "\nid\n\ninteger\n\n[Deprecated] What"), "p.txt")
    assert [(s.name, s.implied) for s in page.operations[0].security] == [("bearer", False)]
    assert attributes(page, "200")["id"].says == {"deprecated": True}
    assert not page.unknown


def test_kintone_cells_may_stand_a_line_each() -> None:
    text = MAKERS["kintone"](BOATS, "markdown").replace("|---|---|---|---|\n", "").replace("|---|---|---|\n", "")
    rows = [line for line in text.split("\n") if line.startswith("| ")]
    for row in rows[4:]:
        text = text.replace(row, " |\n".join(cell.strip() for cell in row.strip("| ").split("|")) + " |")
    text = text.replace("Authentication | Password Authentication, ", "Authentication |\nPassword Authentication,\n")
    page = read_page(text, "p.txt")
    assert [s.name for s in page.operations[0].security] == ["api-token", "password"]
    assert {name: (a.types, a.required) for name, a in attributes(page, "body").items()} == {
        "colour": (["string"], True), "size": (["integer"], False),
    }  # fmt: skip
    assert list(attributes(page, "2XX")) == ["id", "name"]
    assert not page.unknown


def test_an_older_kintone_page_shows_its_method_in_its_title() -> None:
    text = MAKERS["kintone"](BOATS, "flat").split("Contents")[1]
    head = [
        "Paint a boat",
        "",
        "Paint a boatPOST /coats.json",
        "",
        "URI",
        "https://{subdomain}.kintone.com/k/v1/coats.json",
    ]
    page = read_page("\n".join([*head, text, "Was this article helpful?", "Yes", "0 out of 0"]), "p.txt")
    operation = page.operations[0]
    assert (operation.method, operation.addresses[0].path) == ("POST", "/k/v1/coats.json")
    assert set(attributes(page, "body")) == {"colour", "size"}
    assert not {line for line in page.said.values() if "0 out of" in line}


def test_an_older_zendesk_page_has_blanks_and_no_bullets() -> None:
    head = ["JSON Format", "", "Boats are represented as simple flat JSON objects which have the following keys:", "",
            "Name Type Read-only Mandatory Comment", "id integer yes no Given to it", "at date yes no When it came",
            "name string no yes How it is called", "List Boats", "", "GET /boats.json", "",
            "GET /harbours/{harbour}/boats.json", "", "Allowed For:", "  • Sailors", "Parameters",
            "Name Type In Required Description", "harbour integer Path true Where it lies", "Using curl", "curl x",
            "Example Response", "Status: 200 OK", "", "{"]  # fmt: skip
    page = read_page("\n".join(head), "p.txt")
    assert {name: (a.types, a.required, a.says) for name, a in attributes(page, "object:Boat").items()} == {
        "id": (["integer"], False, {"readOnly": True}), "at": ([], False, {"readOnly": True}),
        "name": (["string"], True, {}),
    }  # fmt: skip
    assert [a.path for a in page.operations[0].addresses] == ["/boats.json", "/harbours/{harbour}/boats.json"]
    assert attributes(page, "path")["harbour"].lines == {19}
    contract = contract_of(page, {"file": "p.txt", "lines": page.total}, "p")
    assert contract["paths"]["/harbours/{harbour}/boats.json"]["parameters"][0]["schema"]["type"] == "integer"
    assert "parameters" not in contract["paths"]["/boats.json"]["get"]
    assert page.cut  # in the middle of its sample


def test_words_behind_a_type_may_run_into_the_next_line() -> None:
    text = MAKERS["attio"](BOATS, "flat").replace("application/json'", "application/json' \\")
    text = (
        text.replace(
            "Authorization\nstring\nheader\nrequired\n\nThis API uses OAuth 2.0 with some flow.\n",
            "X-Boat-Key\nstring\nheaderrequired",
        )
        .replace("\n\n", "\n")
        .replace("required\n", "required")
    )
    text = text.replace("What it is\nsize", "What it is\nAvailable options:\nred\n, blue\nsize")  # fmt: skip
    page = read_page(text, "p.txt")
    assert page.operations[0].security[0].facts["name"] == "X-Boat-Key"
    assert {name: (a.required, a.says) for name, a in attributes(page, "body").items()} == {
        "colour": (True, {"enum": ["red", "blue"]}), "size": (False, {}),
    }  # fmt: skip
    assert attributes(page, "path")["boat_id"].types == ["integer"]


def test_json_that_the_end_of_a_text_cuts_off_is_sample_code() -> None:
    text = "curl --request GET \\\n--url https://boats.example.com/v1/boats \\\n--header 'Authorization: Bearer x'{\n"
    text += '"data": [\n{\n"name": "Mary"\n}\n],\n"next": {'
    page = read_page(f"Harbour\n- Boats\n- Masts\nAll boats\n{text}", "p.txt", "attio")
    assert page.silent["sample code"] >= {8, 9, 10, 11, 12, 13}
    assert page.silent["navigation"] >= {1, 2, 3}
    assert (page.prose, page.operations[0].attributes, page.cut != "") == (set(), [], True)


def test_a_label_is_no_list_and_what_follows_a_lost_list_is_no_value() -> None:
    page = read_page(MAKERS["kaiten"](BOATS, "flat").replace("\n\nWhat it is\n", "\n\n[Beta] only by day\n"), "p.txt")
    assert (attributes(page, "200")["id"].says, "[Beta] only by day" in page.said.values()) == ({}, True)
    text = MAKERS["simworkflow"](BOATS, "markdown").replace(
        "Default value: false", "Possible values:\nDefault value: true"
    )
    assert attributes(read_page(text, "p.txt"), "query")["deep"].says == {"default": True}


def test_a_default_may_stand_behind_a_sentence() -> None:
    text = MAKERS["simworkflow"](BOATS, "markdown").replace(
        "What it is\nDefault value: false", "Deep, if so Default value: false"
    )
    page = read_page(text, "p.txt")
    deep = attributes(page, "query")["deep"]
    assert (deep.says, "Deep, if so" in page.said.values()) == ({"default": False}, True)


@pytest.mark.parametrize(
    ("end", "types", "says"),
    [
        ("\ndeepboolean", [], {}),
        ("\ndeepbooleandefault: fal", ["boolean"], {}),
        ("\ndeepbooleandefault: falseWh", ["boolean"], {"default": False}),
    ],
)
def test_what_is_followed_by_more_is_whole_though_the_text_is_cut(end: str, types: list[str], says: object) -> None:
    text = MAKERS["kaiten"](BOATS, "flat")
    deep = attributes(read_page(text[: text.index(end) + len(end)], "p.txt", "kaiten"), "query")["deep"]
    assert (deep.types, deep.says) == (types, says)


def test_a_page_in_another_language_is_refused_as_one() -> None:
    text = MAKERS["kintone"](BOATS, "markdown")
    words = {"Method": "Methode", "Parameter": "Angabe", "Value": "Wert", "Type": "Art", "Required": "Nötig"}
    for word, other in words.items():
        text = text.replace(word, other)
    with pytest.raises(DocumentError, match="in another language"):
        read_page(text, "p.txt")


def test_a_cut_among_the_limitations_is_told() -> None:
    text = MAKERS["kintone"](BOATS, "flat")
    assert text.endswith("Limitations\n\nNone at all are known.")
    assert read_page(text[: -len(" known.")], "p.txt").cut
    assert not read_page(f"{text}\nBoats Overview", "p.txt").cut  # the title of another page
    assert not read_page(f"{text}\nWas this article helpful?\nsome found it so", "p.txt").cut


def test_what_may_yet_say_that_an_attribute_is_missing_keeps_it_from_being_relied_on() -> None:
    text = MAKERS["kaiten"](BOATS, "flat")
    whole, cut = read_page(text, "p.txt"), read_page(text[: text.index("\n401\n") - 4], "p.txt")
    assert [one.required for one in attributes(whole, "200").values()] == [True, True]
    assert [one.required for one in attributes(cut, "200").values()] == [True, None]


def test_the_range_of_a_number_and_its_format_are_bounds() -> None:
    text = MAKERS["attio"](BOATS, "flat").replace("size\ninteger\n", "size\ninteger\nRequired range: 1 <= x < 9\n")
    text = text.replace("\ncolour\nstring\n", '\ncolour\nstring<uuid>\nExample: "red"\n')
    found = attributes(read_page(text, "p.txt"), "body")
    assert found["size"].says == {"minimum": 1, "exclusiveMaximum": 9}
    assert (found["colour"].types, found["colour"].says, found["colour"].required) == (
        ["string"],
        {"format": "uuid"},
        True,
    )
