"""Zendesk's own reference: several operations a page, each under its heading, and objects apart from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from contracts.readers.attributes import attribute_of
from contracts.readers.page import METHODS, Address, Operation, Page
from contracts.readers.tables import Part, Row, following, header_at, parts_of
from contracts.readers.text import Document, Line

NAME = "zendesk"
_SAMPLES_LOST = {"sample": "samples of bodies and answers", "answer": "and so the type of an answer's body"}
HIDDEN: Mapping[str, Mapping[str, str]] = dict.fromkeys(("flat", "tabs", "markdown", "html"), _SAMPLES_LOST)
_COLUMNS = (
    ("name", "type", "in", "required", "description"),
    ("name", "type", "read-only", "mandatory", "description"),
    ("name", "type", "read-only", "description"),
    ("name", "type", "mandatory", "description"),
)
_HEADERS = {"".join(columns): " ".join(columns) for columns in _COLUMNS}
_HEADERS |= {key.replace("description", "comment"): columns for key, columns in _HEADERS.items()}
_FLAG = "(true|false|yes|no)"
_CELL = {"name": r"(\S+?)", "type": r"([a-z]+)", "in": "(Query|Path|Header|Body)", "description": "(.*)"}
_FLAT = {key: re.compile(r"\s*".join(_CELL.get(c, _FLAG) for c in key.split())) for key in _HEADERS.values()}
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}
_TYPE = re.compile(r"(.*?)(string|integer|number|boolean|object|array|null|date|timestamp)")
_ACTION = re.compile(rf"({'|'.join(METHODS)}) (/\S*)")
_SAMPLES = re.compile(r"code samples|example body|example|using curl|response")
_SECTION = re.compile(
    rf"allowed for:?|parameters|example response(?:\(s\))?s?|pagination|json format|request body|sorting|sideloads|"
    rf"availability|rate limits?|{_SAMPLES.pattern}",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"(?:An? )?(.+?) (?:are|is) represented as (?:[a-z]+ )*JSON objects?\b")
_OWN = {"allowed for", "code samples", "using curl", "example response", "example response(s)"}
_ANSWERS = ("response", "response(s)", "responses")
_STATUS = re.compile(r"(Status:? )?([1-5]\d\d)(?(1)| (?=[A-Z])) ?([A-Za-z ]*)")


def fits(document: Document) -> int:
    """Its operations below a title, its headers, and its own headings."""
    own = len({line.text.lower().rstrip(":") for line in document.lines} & _OWN)
    found = sum(2 for line in document.lines[1:] if _ACTION.fullmatch(line.text) and (line.bullet or own))
    return own + found + sum(2 for n in range(len(document.lines)) if header_at(document.lines, n, _HEADERS)[0])


def read(document: Document, page: Page) -> None:
    """Fill the model, section by section."""
    lines = [line for line in document.lines if line.text]
    parts = parts_of(lines, page, _heading, _HEADERS)
    for index, part in enumerate(parts):
        if part.name == "operation" and not part.table:
            _operation(part, page)
        elif part.table:
            _table(part, parts[index - 1].lines, page)
        elif part.name.endswith(_ANSWERS) and page.operations:
            _answers(part.lines, page)
        elif _SAMPLES.fullmatch(part.name):
            page.quiet("sample code", *(line.number for line in part.lines))
        else:
            page.prose |= {line.number for line in part.lines}
    opened = sum(line.text.count("{") - line.text.count("}") for line in lines) > 0
    if page.operations and (opened or not page.operations[-1].responses):
        page.ends = lines[-1].number


def _heading(lines: Sequence[Line], index: int) -> str:
    """The section that begins at a line: `operation` where method and path follow a title."""
    line, after = lines[index], following(lines, index)
    if line.cells or line.bullet:
        return ""
    if after and _ACTION.fullmatch(after.text) and not _ACTION.fullmatch(line.text):
        return "operation"
    return line.text.lower() if _SECTION.fullmatch(line.text) else "text" if line.level else ""


def _operation(part: Part, page: Page) -> None:
    """A title, then method and path, perhaps several paths, then sentences."""
    one = Operation(title=part.head.text if part.head else "", lines={part.head.number} if part.head else set())
    page.operations.append(one)
    for line in part.lines:
        action = _ACTION.fullmatch(line.text)
        path = action[2].partition("?")[0] if action else ""
        if action and one.method in ("", action[1]) and path not in [a.path for a in one.addresses]:
            one.method = action[1]
            one.addresses.append(Address("", path, {line.number}))
            one.lines |= {line.number} if len(one.addresses) == 1 else set()
        else:
            page.prose.add(line.number)


def _table(part: Part, above: Sequence[Line], page: Page) -> None:
    columns = part.table.split()
    found = next((match for line in reversed(above) if (match := _OBJECT.match(line.text))), None)
    name = re.sub(r"\W+", "", found[1].title().removesuffix("s")) if found else "Object"
    attributes, rest = [], part.lines
    while rest:
        line, cells = rest[0], _cells(rest[0], part.table, columns) or _standing(rest, columns)
        where = cells["in"].text.lower() if "in" in cells else f"object:{name}"
        if cells and (where in ("query", "path", "header", "body") or where.startswith("object:")):
            attributes += attribute_of(_row(cells), where, page)
        elif not cells and not line.cells:
            page.prose.add(line.number)
        rest = rest[len({cell.number for cell in cells.values()}) or 1 :]
    if "in" not in columns:
        page.objects += attributes
    elif page.operations:
        page.operations[-1].attributes += attributes


def _cells(line: Line, header: str, columns: Sequence[str]) -> dict[str, Line]:
    """The cells of a row by column; empty where it is none."""
    texts: Sequence[str] = line.cells
    if line.cells:
        cells = dict(zip(columns, line.cells, strict=False))
        flags = [cells.get(column, "") for column in ("read-only", "mandatory", "required") if column in columns]
        good = re.fullmatch(r"[^\s|]+", line.cells[0]) and len(line.cells) >= len(columns) - 1
        texts = texts if good and all(flag.lower() in _FLAGS for flag in flags) else ()
    elif flat := _FLAT[header].fullmatch(line.text):
        kind = _TYPE.fullmatch(flat[1] + flat[2])
        texts = (kind[1], kind[2], *flat.groups()[2:]) if kind else ()
    return {column: Line(line.number, text, text) for column, text in zip(columns, texts, strict=False)}


def _standing(lines: Sequence[Line], columns: Sequence[str]) -> dict[str, Line]:
    """The cells of a row that stand a line each, whose description may be missing; empty where the lines are none."""
    cells = _begun(lines, columns)
    last = lines[len(cells) : len(cells) + 1]
    missing = not cells or not last or _begun(lines[len(cells) : len(cells) + len(columns)], columns)
    return cells if missing else {**cells, columns[-1]: last[0]}


def _begun(lines: Sequence[Line], columns: Sequence[str]) -> dict[str, Line]:
    """The cells before the description, where the lines are such."""
    cells = dict(zip(columns[:-1], lines, strict=False))
    fits = all(not c.cells and re.fullmatch(_CELL.get(n, _FLAG), c.text) for n, c in cells.items())
    return cells if len(cells) == len(columns) - 1 and fits and _TYPE.fullmatch(cells["type"].text) else {}


def _row(cells: Mapping[str, Line]) -> Row:
    """A row by its columns, in the words that other layouts have."""
    at = cells["name"].number
    none = Line(at, "", "")
    fixed = cells.get("read-only", none)
    flag = Line(fixed.number, "read-only", "read-only") if _FLAGS.get(fixed.text.lower()) else none
    needed = cells.get("required", cells.get("mandatory", none))
    return Row(cells["name"], [], cells["type"], [needed, flag, cells.get("description", none)])


def _answers(lines: Sequence[Line], page: Page) -> None:
    operation = page.operations[-1]
    for line in lines:
        status = _STATUS.fullmatch(line.text)
        page.quiet("sample code", line.number)
        if status:
            one = operation.response(status[2], status[3], line.number)
            one.types = [] if status[2] == "204" else None
