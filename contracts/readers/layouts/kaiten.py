"""Kaiten's developer pages: tables under headings, answers by status, a curl sample at the end.

Flat text has path and query tables in rows that run together (`card_idrequiredintegerCard ID`), and attributes with a
cell a line: of a request in tight blocks, where a type that stands alone is an alternative; of an answer with blanks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from contracts.model import Json
from contracts.readers import words
from contracts.readers.attributes import attribute_of, settle
from contracts.readers.joined import TYPE, joined, named
from contracts.readers.page import MEMBER, METHODS, Attribute, Operation, Page, Scheme
from contracts.readers.reading import split_url
from contracts.readers.samples import Text
from contracts.readers.tables import Part, following, header_at, parts_of, rows_of
from contracts.readers.text import Document, Line

NAME = "kaiten"
_CLOSED = {"sample": "samples of answers, which are closed", "schema": "closed schemas of objects and lists"}
HIDDEN: Mapping[str, Mapping[str, str]] = {
    "flat": _CLOSED,
    "tabs": _CLOSED,
    "markdown": {
        "title": "the title", "heading": "the headings of sections", "status": "the numbers of statuses",
        "enum": "values in lists inside cells", "name": "names that the site protects from robots", **_CLOSED,
    },
}  # fmt: skip
_HEADERS = {
    "nametypereference": "path", "namevalue": "header", "nametypeconstraintsdescription": "request",
    "nametypedescription": "answer", "descriptionresponsetypeexample": "response",
}  # fmt: skip
_HEADINGS = (
    "Path parameters",
    "Headers",
    "Attributes",
    "schema",
    "Query",
    "Response Attributes",
    "Responses",
    "Examples",
)
_NOTHING = "A schema has not been defined for this response code."
_NO_BODY = "Response body does not exist"
_HEADER = re.compile(r"(Content-Type|Authorization)\s*(\S.*)")
_STATUS = re.compile(r"[1-5]\d\d")
_RESPONSE = re.compile(
    rf"(.*?)\s*(Array of [a-z]+s|Objects?|Array|String|Number|Integer|Boolean|Null)?\s*({_NO_BODY})?"
)
_CURL = re.compile(r"(?:\d+\s+)?curl --request ([A-Z]+)")
_DECIDES = re.compile(r"\b(?:includ\w+|controls?|returns?)\b", re.IGNORECASE)


def fits(document: Document) -> int:
    """Its headers of tables, which no other layout has, and its own sentences."""
    found = [header_at(document.lines, n, _HEADERS)[0] for n in range(len(document.lines))]
    own = sum(line.text.startswith(("ClickTry It!", _NOTHING)) for line in document.lines)
    return 2 * (found.count("path") + found.count("response")) + found.count("request") + own


def read(document: Document, page: Page) -> None:
    """Fill the model."""
    operation = page.start()
    end = _footer(document.lines, operation, page)
    parts = parts_of(document.lines[:end], page, _heading, _HEADERS)
    requests = [part for part in parts if part.table == "request"]
    for part in parts:
        if part.table == "header":
            _headers(part, operation)
        elif part.table in ("path", "request"):
            where = "path" if part.table == "path" else _where(part, requests, operation)
            operation.attributes += _attributes(part, where, page)
        elif part.table == "response":
            _response(part, operation, page)
        elif part.table == "answer" and operation.responses:
            _answer(part, operation, page)
        elif part.name == "Examples":
            _example(part, operation, page)
        else:
            _head([line for line in part.lines if line.text and not part.name], operation, page)
    _finish(operation, document, page)
    if not any(line.text.startswith("ClickTry It!") for line in document.lines[-12:]):
        page.ends = document.lines[-1].number


def _heading(lines: Sequence[Line], index: int) -> str:
    """A heading: one of these words, where what belongs below it follows."""
    text = lines[index].text
    if text not in _HEADINGS and not _STATUS.fullmatch(text):
        return ""
    after = following(lines, index)
    table = header_at(lines, lines.index(after, index), _HEADERS)[0] if after else "end"
    if _STATUS.fullmatch(text):
        return text if table == "response" else ""
    if text == "Responses":
        return text if not after or _STATUS.fullmatch(after.text) else ""
    if text == "Examples":
        return text if not after or not TYPE.fullmatch(after.text) else ""
    return text if table or (text == "Attributes" and after and after.text == "schema") else ""


def _footer(lines: Sequence[Line], operation: Operation, page: Page) -> int:
    """Read the samples and navigation at the end, and tell where they begin."""
    for start, line in enumerate(lines):
        after = following(lines, start)
        closing = after and ((line.text == "logo" and after.text == "Kaiten") or bool(_CURL.match(after.text)))
        if closing or _CURL.match(line.text):
            break
    else:
        return len(lines)
    for line in lines[start:]:
        url = re.search(r"--url '(https?://[^']+)'", line.text)
        kind = "sample code" if re.match(r"(?:\d+\s|\d+$|--)", line.text) else "navigation"
        page.quiet("heading" if line.text in ("Path Parameters", "Response") else kind, line.number)
        if found := _CURL.match(line.text):
            operation.lines.add(line.number)
            operation.method = found[1]
        elif url and (address := split_url(url[1], line.number)):
            operation.lines.add(line.number)
            operation.addresses = [address]
        elif "'Content-Type: " in line.text:
            operation.media_lines.add(line.number)
        elif "'Accept: application/json'" in line.text:
            operation.body_lines.add(line.number)  # of an answer; see `_finish`
    return start


def _head(lines: Sequence[Line], operation: Operation, page: Page) -> None:
    """Title, method, address and the paragraphs before the first table; what is cut at the end follows a table."""
    for index, line in enumerate(lines):
        address = split_url(line.text, line.number) if re.fullmatch(r"https?://\S+", line.text) else None
        if address:
            same = [a for a in operation.addresses if (a.server, a.path) == (address.server, address.path)]
            address.lines |= same[0].lines if same else set()
            operation.addresses = [address]
            operation.lines.add(line.number)
        elif line.text in METHODS and index + 1 < len(lines) and lines[index + 1].text.startswith("http"):
            operation.method, operation.title = line.text, lines[0].text if index == 1 else ""
            operation.lines |= {line.number, lines[0].number if index == 1 else line.number}
            page.prose -= operation.lines
        else:
            page.prose.add(line.number)


def _headers(part: Part, operation: Operation) -> None:
    """The media type of the body, and a token that is sent along."""
    for line in part.lines:
        found = _HEADER.fullmatch(" ".join(line.cells) or line.text)
        if found and found[1] == "Content-Type":
            operation.media = found[2]
            operation.media_lines.add(line.number)
        elif found and found[2].startswith("Bearer"):
            facts: dict[str, Json] = {"type": "http", "scheme": "bearer", "description": "A bearer token"}
            operation.security.append(Scheme("bearer", facts, {line.number}))


def _where(part: Part, requests: Sequence[Part], operation: Operation) -> str:
    """Body or query: by the heading, and in Markdown, which has none, by method, order and the bars of the rows."""
    if part.name in ("Attributes", "schema", "Query"):
        return "query" if part.name == "Query" else "body"
    if operation.method in ("GET", "HEAD"):
        return "query"
    if len(requests) > 1:
        return "body" if part is requests[0] else "query"
    rows = [line for line in part.lines if line.cells]
    return "query" if rows and all(line.lead for line in rows) else "body"


def _example(part: Part, operation: Operation, page: Page) -> None:
    """A sample of the body, under a title."""
    shown = [line for line in part.lines if line.text]
    start = next((n for n, line in enumerate(shown) if line.text[0] in "{["), len(shown))
    page.quiet("heading", *(line.number for line in shown[:start]))
    page.quiet("sample code", *(line.number for line in shown[start:]))
    for root in Text(shown[start:]).json_at(0)[0][:1]:
        operation.examples["body"] = (root.value, root.lines)


# Attributes.


def _attributes(part: Part, where: str, page: Page) -> list[Attribute]:
    """The attributes of a table, whatever form its rows have."""
    columns = 2 if part.table in ("path", "answer") else 3
    lines = [_markdown(line, columns) if line.cells and "\t" not in line.raw else line for line in part.lines]
    kept = []
    for index, line in enumerate(lines):
        alternative = where == "body" and _nameless(line) and _alternative(lines[:index], line)
        if alternative or not _nameless(line):  # a row that has lost its name is not understood
            kept.append(replace(line, cells=("", *line.cells)) if alternative else line)
    answer = where[0].isdigit()
    rows = rows_of(kept, TYPE, joined if where in ("path", "query") else named, named, loose=answer, odd=answer)
    unsaid = None if answer else False
    kinds = None if where in ("path", "query") else TYPE
    made = (attribute_of(row, where, page, unsaid=unsaid, parts=where == "body", kinds=kinds) for row in rows)
    return [one for attributes in made for one in attributes]


def _nameless(line: Line) -> bool:
    """Whether a row begins with its type."""
    cells = line.cells
    return bool(cells) and bool(TYPE.fullmatch(cells[0])) and not (len(cells) > 1 and TYPE.fullmatch(cells[1]))


def _alternative(lines: Sequence[Line], line: Line) -> bool:
    """Whether a row without a name is a type of the attribute above it, whose row begins with a bar in Markdown."""
    above = next((other for other in reversed(lines) if other.cells and not _nameless(other)), None)
    return bool(above and (line.cells[0] == "null" or above.lead or "\t" in line.raw))


def _markdown(line: Line, columns: int) -> Line:
    """A Markdown row with its cells put right: bars in cells are not escaped, and an empty cell moves to the end."""
    cells = list(line.cells)
    shifted = len(cells) > 1 and not cells[-1]
    cells = [cell for cell in cells if cell]
    first = 0 if _nameless(replace(line, cells=tuple(cells))) else 1
    place = first
    while place < len(cells) and TYPE.fullmatch(cells[place]):
        place += 1
    kinds, rest = cells[first:place], cells[place:]
    if not kinds and rest and (found := re.fullmatch(rf"({TYPE.pattern})\s+(\S+:.*|\[.*)", rest[0])):
        kinds, rest = [found[1]], [found[2], *rest[1:]]
    values = [cell for n, cell in enumerate(rest) if all(re.fullmatch(r"[\w.-]+", c) for c in rest[: n + 1])]
    if columns == 3 and len(values) > 1 and not shifted:
        rest = [" | ".join(values[: len(rest) - 1]), *rest[min(len(values), len(rest) - 1) :]]
    elif rest and not words.bounds_of(rest[0])[0] and not rest[0].startswith("["):
        rest = ["", " | ".join(rest)]
    return replace(line, cells=(*cells[:first], *([" | ".join(kinds)] if kinds else []), *rest))


# Answers.


def _response(part: Part, operation: Operation, page: Page) -> None:
    lines = [line for line in part.lines if line.text]
    page.quiet("navigation", *(line.number for line in lines if line.text in ("Open", _NOTHING)))
    told = [line for line in lines if line.text not in ("Open", _NOTHING)][:2]
    kinds = ("Object", "Array of objects", "String", _NO_BODY)
    told = told if len(told) > 1 and not told[0].cells and told[1].text in kinds else told[:1]
    found = _RESPONSE.fullmatch(" ".join(" ".join(c for c in line.cells if c) or line.text for line in told))
    if not told or not found:
        return
    number = part.name if _STATUS.fullmatch(part.name) else "" if operation.responses else "2XX"
    one = operation.response(number or "4XX", found[1] or found[0], *(line.number for line in told))
    if number == part.name and part.head:
        one.lines.add(part.head.number)
    if number:
        kind = Attribute("", (), set())
        words.say_types(kind, found[2] or "")
        one.types = kind.types or ([] if found[3] else None)
    one.media_lines = {line.number for line in told}


def _answer(part: Part, operation: Operation, page: Page) -> None:
    """The attributes of the last answer; where its number is lost, whose they are cannot be told."""
    response = operation.responses[-1]
    page.quiet("navigation", *(line.number for line in part.lines if line.text == _NOTHING))
    part.lines = [line for line in part.lines if line.text != _NOTHING]
    if response.status == "4XX":
        page.quiet("answer without a number", *(line.number for line in part.lines if line.text))
        return
    for one in _attributes(part, response.status, page):
        one.steps = (MEMBER, *one.steps) if response.types == ["array"] else one.steps
        operation.attributes.append(one)


def _finish(operation: Operation, document: Document, page: Page) -> None:
    """What the sample shows of an answer, and what is known when all is read."""
    for response in operation.responses:
        if response.status.startswith("2") and response.types:
            response.media_lines |= operation.body_lines
    operation.body_lines = set()
    settle(operation, document, page, _DECIDES)
