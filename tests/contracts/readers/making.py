"""Pages of invented APIs in every layout and form, made of a model of what they state; nothing is a vendor's text.

Each maker takes an `Api` and gives the text of its page; `stated` says what a reader should make of it, less what the
form cannot show.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.readers.page import Page

Fact = tuple[Any, ...]


@dataclass(frozen=True)
class Field:
    """One attribute: JSON types, what is said of it, and a description that states nothing."""

    name: str
    types: tuple[str, ...] = ("string",)
    items: tuple[str, ...] = ()
    required: bool = False
    text: str = "What it is"
    says: tuple[tuple[str, Any], ...] = ()

    def has(self, *keywords: str) -> dict[str, Any]:
        """Those of the keywords that it says something of."""
        return {key: value for key, value in self.says if key in keywords}


@dataclass(frozen=True)
class Api:
    """One operation."""

    title: str = "Paint a boat"
    method: str = "POST"
    server: str = "https://boats.example.com"
    path: str = "/api/v1/boats/{boat_id}/coats"
    inside: tuple[Field, ...] = (Field("boat_id", ("integer",), required=True),)
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] = ()
    answer: tuple[Field, ...] = ()
    listed: bool = False
    errors: tuple[tuple[str, str], ...] = (("401", "String"), ("403", ""))
    scopes: tuple[str, ...] = field(default=("boat:write",))


def lines(*parts: Any) -> str:
    """Lines of a page, of lists of lines too."""
    return "\n".join(part if isinstance(part, str) else "\n".join(part) for part in parts)


def row(cells: Sequence[str], form: str) -> str:
    """The cells of a table in one line."""
    if form == "html":
        inner = [html.escape(cell, quote=False).replace("\n  • ", "<li>").replace("\n", "<br>") for cell in cells]
        return f"<tr><td>{'</td><td>'.join(inner)}</td></tr>"
    return "\t".join(cells) if form == "tabs" else "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], form: str) -> list[str]:
    """A table with cells, in one of the forms that have them."""
    made = [
        row(header, form),
        *(["|" + "---|" * len(header)] if form == "markdown" else []),
        *(row(r, form) for r in rows),
    ]
    return ["<table>", *made, "</table>"] if form == "html" else made


def document(text: str, form: str) -> str:
    """Plain lines as a document of a form: HTML wraps them in blocks."""
    if form != "html":
        return text
    made = [line if line.startswith("<") else f"<p>{html.escape(line)}</p>" for line in text.split("\n") if line]
    return lines("<!DOCTYPE html><html><body>", made, "</body></html>")


# Kaiten's layout.

END = ("logo", "Kaiten", "If you have any questions write to us", "", "Path Parameters", "")


def kaiten(api: Api, form: str) -> str:
    """Tables under headings, in blocks in flat text."""
    method = [api.title, "", api.method, api.server + api.path]
    parts: list[Any] = [method] if form != "markdown" else []
    parts += [_kaiten_part("Path parameters", "path", api.inside, form)] if api.inside else []
    if api.body:
        cells = ("Name", "Value"), [("Content-Type", "application/json")]
        parts += [
            ["Headers"] if form != "markdown" else [],
            *([["NameValue", "Content-Typeapplication/json"]] if form == "flat" else [table(*cells, form)]),
        ]
        parts += [_kaiten_part("Attributes", "body", api.body, form)]
    parts += [_kaiten_part("Query", "query", api.query, form)] if api.query else []
    parts += [["Responses", ""]] if form != "markdown" else []
    kinds = [("200", "Success", "Array of objects" if api.listed else "Object", api.answer)]
    kinds += [(status, "Trouble", kind, ()) for status, kind in api.errors]
    for status, name, kind, fields in kinds:
        word = kind or "Response body does not exist"
        parts += [[status]] if form != "markdown" else []
        header = ("Description", "Response type", "Example")
        parts += [
            ["DescriptionResponse typeExample", name + word] if form == "flat" else table(header, [(name, word)], form)
        ]
        parts += [["Open"]] if form != "markdown" else []
        parts += (
            [_kaiten_part("Response Attributes", "answer", fields, form)]
            if fields
            else [["", "A schema has not been defined for this response code.", ""]]
        )
    curl = [
        f"  1  curl --request {api.method} \\",
        f"  2       --url '{api.server}{api.path}' \\",
        "  3       --header 'Accept: application/json'",
    ]
    end = "ClickTry It!to start a request and see the response here!"
    return document(lines(*[part for part in parts if part], END, curl, ["", "Response", "", end]), form)


def _kaiten_part(heading: str, kind: str, fields: Sequence[Field], form: str) -> list[str]:
    columns = {"path": ("Name", "Type", "Reference"), "answer": ("Name", "Type", "Description")}.get(
        kind, ("Name", "Type", "Constraints", "Description")
    )
    made = [heading] if form != "markdown" else []
    if form != "flat":
        rows = table(columns, [_kaiten_row(one, kind, form) for one in fields], form)
        bare = [line.removeprefix("| ") for line in rows[2:]]  # so rows of a body are, and no others
        return made + (rows[:2] + bare if (kind, form) == ("body", "markdown") else rows)
    made += ["schema"] if kind == "body" else []
    made += ["".join(columns)]
    for one in fields:
        name, types, bounds = one.name + "required" * one.required, _kaiten_type(one), _kaiten_bounds(one)
        if kind in ("path", "query"):
            made.append(name + types + " ".join(bounds) + one.text)
        elif kind == "body":
            made += [one.name, *(["required"] if one.required else []), types, *bounds, "", one.text, ""]
        else:
            made += [
                one.name,
                "",
                types,
                "",
                *([" | ".join(map(str, one.has("enum")["enum"]))] if one.has("enum") else [one.text]),
            ]
    return made


def _kaiten_type(one: Field) -> str:
    if one.has("enum"):
        return "enum"
    return " | ".join("array of " + one.items[0] + "s" if kind == "array" and one.items else kind for kind in one.types)


def _kaiten_bounds(one: Field) -> list[str]:
    found = [
        f"{key}: {json.dumps(value) if not isinstance(value, str) else value}"
        for key, value in one.says
        if key != "enum"
    ]
    return [*found, *("[" + ",".join(map(str, values)) + "]" for values in one.has("enum").values())]


def _kaiten_row(one: Field, kind: str, form: str) -> list[str]:
    name = one.name + " required" * (one.required and kind != "answer")
    if kind in ("path", "answer"):
        text = " | ".join(map(str, one.has("enum")["enum"])) if one.has("enum") else one.text
        return [name, _kaiten_type(one), text]
    return [name, _kaiten_type(one), " ".join(_kaiten_bounds(one)), one.text]


# kintone's layout.


def kintone(api: Api, form: str) -> str:
    """A table of method and URL, tables of parameters, samples."""
    head = [
        ("Method", api.method),
        ("URL", api.server + "/k/v1" + api.path),
        ("Authentication", "Password Authentication, API Token Authentication"),
        ("Content-Type", "application/json"),
    ]
    glue = {"flat": [key + value for key, value in head]}
    header, columns = ("Parameter", "Value", "Required", "Description"), ("Parameter", "Type", "Description")
    fields = api.query if api.method in ("GET", "DELETE") else api.body
    requests = [[one.name, _words(one), "Yes" if one.required else "Optional", one.text] for one in fields]
    answers = [[one.name, _words(one), one.text] for one in api.answer]
    if form == "flat":
        tables = [
            [" ".join(header), *(" ".join(r) for r in requests)],
            [" ".join(columns), *(" ".join(r) for r in answers)],
        ]
    else:
        tables = [table(header, requests, form), table(columns, answers, form)]
    rows = glue.get(form) or table(head[0], head[1:], form)
    parts: list[Any] = [
        api.title,
        "",
        rows,
        "",
        "Contents",
        "",
        "Request Parameters",
        "",
        tables[0],
        "",
        "Sample Request",
        "",
    ]
    parts += [
        "curl Sample",
        "",
        "1",
        "",
        "Response Parameters",
        "",
        tables[1],
        "",
        "Limitations",
        "",
        "None at all are known.",
    ]
    return document(lines(*parts), form)


def _words(one: Field) -> str:
    """Types in kintone's words."""
    kinds = [kind for kind in one.types if kind != "array"]
    words = " or ".join(kind.title() for kind in kinds)
    array = f"Array of {one.items[0].title()}s" if one.items else "Array"
    return array if "array" in one.types else words


# SimWorkflow's layout.


def simworkflow(api: Api, form: str) -> str:
    """Method and path first, then tables."""
    sections = [("Path parameters", api.inside), ("Query parameters", api.query), ("Request body fields", api.body)]
    media = Field("Content-Type", required=True, text="The media type", says=(("default", "application/json"),))
    sections[1:1] = [("Request headers", (media,))] if api.body else []
    parts: list[Any] = [
        f"{api.method} {api.path}",
        "",
        "Paints boats.",
        "",
        "Servers",
        *([api.server] if form != "flat" else []),
        "",
    ]
    for heading, fields in sections:
        parts += [heading, "", _simworkflow_table(fields, form), ""] if fields else []
    return document(lines(*parts, "How to start integrating", "", "  1. Click to see the API's response."), form)


def _simworkflow_table(fields: Sequence[Field], form: str) -> list[str]:
    header = ("Name", "Type", "Required", "Description")
    if form in ("tabs", "html"):
        below = [
            [one.text, *_default(one), *(["Possible values:"] if _values(one) else []), *_values(one)] for one in fields
        ]
        rows = [[one.name, one.types[0].title(), "Yes" if one.required else "No"] for one in fields]
        return table(header, [[*cells, "\n".join(more)] for cells, more in zip(rows, below, strict=True)], form)
    made = [" ".join(header)] if form == "flat" else [" | ".join(header) + " |", "---|---|---|---|"]
    for one in fields:
        kind, need = one.types[0].title(), "Yes" if one.required else "No"
        values = [
            f'  • "{value}"' if isinstance(value, str) else f"  • {value}" for value in one.has("enum").get("enum", [])
        ]
        if form == "flat":
            made += [f"{one.name} {kind} {need}", "", one.text, "", *_default(one), *([""] if _default(one) else [])]
            made += ["Possible values:", "", *values] if values else []
        else:
            made += [f"{one.name} |", f"{kind} | {need} |", *([one.text] if _default(one) else [f"{one.text} |"])]
            made += [f"{_default(one)[0]} |"] if _default(one) else []
    return made


def _values(one: Field) -> list[str]:
    return [f"  • {json.dumps(value)}" for value in one.has("enum").get("enum", [])]


def _default(one: Field) -> list[str]:
    return [f"Default value: {json.dumps(value)}" for value in one.has("default").values()]


# Zendesk's layout.


def zendesk(api: Api, form: str) -> str:
    """A heading, method and path as a bullet, a table of parameters."""
    fields = [(one, "Path") for one in api.inside] + [(one, "Query") for one in api.query]
    header = ("Name", "Type", "In", "Required", "Description")
    rows = [
        (one.name, one.types[0], where, str(one.required or where == "Path").lower(), one.text) for one, where in fields
    ]
    flat = ["".join(header), *("".join(r) for r in rows)]
    thing = _zendesk_object(api.answer, form) if api.answer else []
    if form == "html":
        top = [*thing, f"<h3>{api.title}</h3>", f"<ul><li><code>{api.method} {api.path}</code></li></ul>"]
        return document(
            lines(
                top,
                "Allowed For",
                "<ul><li>Painters</li></ul>",
                "<h4>Parameters</h4>",
                table(header, rows, form),
                "<h4>Example response(s)</h4>",
                "200 OK",
            ),
            form,
        )
    marks = ("### ", "#### ", "- `", "`", "**") if form == "markdown" else ("", "", "  • ", "", "")
    big, small, begin, end, bold = marks
    parts: list[Any] = [
        thing,
        f"{big}{api.title}",
        "",
        f"{begin}{api.method} {api.path}{end}",
        "",
        "Paints boats.",
        "",
        f"{small}Allowed For",
        "",
        f"{begin.rstrip('`')}Painters",
        "",
    ]
    parts += [
        f"{small}Parameters",
        "",
        flat if form == "flat" else table(header, rows, form),
        "",
        f"{small}Code Samples",
        "",
        f"{small}Example response(s)",
        "",
        f"{bold}200 OK{bold}",
    ]
    return lines(*parts)


def _zendesk_object(fields: Sequence[Field], form: str) -> list[str]:
    """The table of an object apart from the operations, whose attributes are read-only unless mandatory."""
    header = ("Name", "Type", "Read-only", "Mandatory", "Description")
    rows = [
        (one.name, one.types[0], str(not one.required).lower(), str(one.required).lower(), one.text) for one in fields
    ]
    shown = table(header, rows, form) if form != "flat" else ["".join(header), *("".join(r) for r in rows)]
    mark = "#### " if form == "markdown" else ""
    head = [f"{mark}JSON Format", "", "Boats are represented as JSON objects with the following properties:", ""]
    head = [f"<p>{line}</p>" for line in head if line] if form == "html" else head
    return [*head, *shown, ""]


# Mintlify's layout.


def attio(api: Api, form: str) -> str:
    """Method and path a line each part, a sample, sections of attributes with their names."""
    path = [piece for part in api.path.strip("/").split("/") for piece in ("/", part)]
    body = (
        ["  --header 'Content-Type: application/json' \\", "  --data '", json.dumps({"paint": "red"}), "'"]
        if api.body
        else []
    )
    curl = [
        f"curl --request {api.method} \\",
        f"  --url {api.server}{api.path} \\",
        "  --header 'Authorization: Bearer <token>'" + (" \\" if body else ""),
        *body,
    ]
    fence = ["```"] if form == "markdown" else []
    heading = "#### " if form == "markdown" else ""
    mark = "`" if form == "markdown" else ""
    title = [f"# {api.title}", "Paints boats.", f"Required scopes: {', '.join(mark + s + mark for s in api.scopes)}."]
    title = [] if form == "flat" else title
    parts: list[Any] = [title, api.method, path, [] if title else [api.title], fence, curl, fence, ""]
    parts += [
        f"{heading}Authorizations",
        "Authorization",
        "string",
        "header",
        "required",
        "",
        "This API uses OAuth 2.0 with some flow.",
        "",
    ]
    for name, fields in (("Path Parameters", api.inside), ("Query Parameters", api.query), ("Body", api.body)):
        parts += (
            [f"{heading}{name}", "", *(["application/json"] if name == "Body" else []), *(_mint(one) for one in fields)]
            if fields
            else []
        )
    parts += [f"{heading}Response", "", "200 - application/json", "Success", "", *(_mint(one) for one in api.answer)]
    text = lines(*parts, "Was this page helpful?")
    return _mint_html(text) if form == "html" else text


def _mint_html(text: str) -> str:
    """Each line a block of its own, but for samples."""
    head, curl, rest = re.split(r"(curl (?:.+\n)+)", text, maxsplit=1)
    blocks = ["\n".join(f"<div><span>{html.escape(x)}</span></div>" for x in p.split("\n") if x) for p in (head, rest)]
    blocks[0] = re.sub("<div><span># (.*?)</span></div>", r"<h1>\1</h1>", blocks[0])
    return lines(
        "<!DOCTYPE html><html><body>", blocks[0], f"<pre>{html.escape(curl)}</pre>", blocks[1], "</body></html>"
    )


def _mint(one: Field) -> list[str]:
    kind = " | ".join(one.items[0] + "[]" if kind == "array" and one.items else kind for kind in one.types)
    enum = one.has("enum").get("enum", [])
    made = [one.name, f"enum<{kind}>" if enum else kind, *(["required"] if one.required else [])]
    made += [
        f"default:{value if isinstance(value, str) else json.dumps(value)}" for value in one.has("default").values()
    ] + ["", one.text, ""]
    low, high = one.has("minLength").get("minLength"), one.has("maxLength").get("maxLength")
    made += [f"Required string length: {low} - {high}"] if low is not None and high is not None else []
    return made + (["Available options:", ",\n".join(map(str, enum)), ""] if enum else [])


MAKERS: dict[str, Callable[[Api, str], str]] = {
    "kaiten": kaiten, "kintone": kintone, "simworkflow": simworkflow, "zendesk": zendesk, "attio": attio
}  # fmt: skip
FORMS = {
    **dict.fromkeys(("kaiten", "kintone", "simworkflow"), ("flat", "tabs", "html", "markdown")),
    "zendesk": ("flat", "html", "markdown"),
    "attio": ("flat", "html", "markdown"),
}


# What a reader should make of it.


def stated(api: Api, layout: str, form: str) -> set[Fact]:
    """The facts of a page about its attributes: (where, name, types, members, required, what else it says)."""
    answer = "2XX" if layout == "kintone" or (layout, form) == ("kaiten", "markdown") else "200"
    groups = {"path": api.inside, "query": api.query, "body": api.body, answer: api.answer}
    if layout == "kintone":
        groups = {
            "query" if api.method in ("GET", "DELETE") else "body": api.query
            if api.method in ("GET", "DELETE")
            else api.body,
            answer: api.answer,
        }
    if layout in ("simworkflow", "zendesk"):
        groups.pop(answer)
    if layout == "zendesk":
        groups["object:Boat"] = api.answer
        groups.pop("body")
    return {
        _fact(one, where, layout, form, listed=api.listed and layout == "kaiten")
        for where, group in groups.items()
        for one in group
    }


def _fact(one: Field, where: str, layout: str, form: str, *, listed: bool) -> Fact:
    answers = where[0] == "2"
    says = dict(one.says)
    types, items = one.types, one.items
    if layout in ("kintone", "zendesk"):
        says = {}
    if (layout, form) == ("simworkflow", "markdown"):
        says.pop("enum", None)
    if layout in {"simworkflow", "attio"}:
        says = {
            k: v
            for k, v in says.items()
            if k in ("default", "enum") or (layout == "attio" and {"minLength", "maxLength"} <= set(says))
        }
    if layout == "kintone":
        types = ("array",) if "array" in types else types
    if layout in ("simworkflow", "zendesk"):
        types, items = types[:1], ()
    required: bool | None = one.required or where == "path"
    if answers:
        required = {"kaiten": True, "kintone": True, "attio": one.required or None}[layout]
        says = says if layout == "attio" else one.has("enum") if layout == "kaiten" else {}
    if where.startswith("object:") and not one.required:
        says = {"readOnly": True}
    shown = tuple(sorted((k, json.dumps(v)) for k, v in says.items()))
    return (where, ("[]." if listed and answers else "") + one.name, tuple(types), tuple(items), required, shown)


def read_facts(page: Page) -> Iterator[Fact]:
    """The facts that a reader has found, in the form of `stated`; without what it takes from samples."""
    for one in (*page.operations[0].attributes, *page.objects):
        if "*" not in one.implied and one.where != "header":
            says = tuple(sorted((k, json.dumps(v)) for k, v in one.says.items()))
            yield (one.where, ".".join(one.steps), tuple(one.types), tuple(one.items), one.required, says)
