"""SimWorkflow's catalogue of other vendors' operations: method and path, then tables of parameters and of the body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from contracts.readers.attributes import attribute_of
from contracts.readers.page import METHODS, Address, Operation, Page
from contracts.readers.reading import split_url
from contracts.readers.tables import Part, header_at, parts_of, rows_of
from contracts.readers.text import Document, Line

NAME = "simworkflow"
_TITLE = {"title": "a title"}
HIDDEN: Mapping[str, Mapping[str, str]] = {
    "flat": {"role": "the roles below Allowed For", "server": "the servers", **_TITLE},
    "markdown": {"enum": "values in lists inside cells", **_TITLE},
    "tabs": _TITLE,
    "html": _TITLE,
}
_HEADERS = {"nametyperequireddescription": "table"}
_TABLES = {
    "Path parameters": "path", "Request headers": "header", "Query parameters": "query", "Request body fields": "body",
    "Request body": "body",
}  # fmt: skip
_END = "How to start integrating"
_HEADINGS = (*_TABLES, "Servers", "Allowed For", "Notes", "Rate Limiting", "Pagination", _END)
_ACTION = re.compile(rf"({'|'.join(METHODS)}) (/\S*)")
_TYPE = re.compile(r"String|Number|Integer|Boolean|Object|Array|Null|File|Binary|Date|Any")
_ROW = re.compile(r"(\S+) ([A-Z][A-Za-z]+) (Yes|No)(?: (.*))?")


def fits(document: Document) -> int:
    """Its first line, its headings, and its guide at the end."""
    texts = [line.text for line in document.lines if line.text]
    table = any(header_at(document.lines, n, _HEADERS)[0] for n in range(len(document.lines)))
    found = len({*texts} & {*_HEADINGS}) + (_END in texts) + table
    return found + 2 * bool(texts and _ACTION.fullmatch(texts[0])) if _END in texts or table else 0


def read(document: Document, page: Page) -> None:
    """Fill the model."""
    operation = page.start()
    starts = [n for n, line in enumerate(document.lines) if _ACTION.fullmatch(line.text)]
    lines = document.lines[: starts[1]] if len(starts) > 1 else document.lines  # a page of the site has one
    done = set[str]()
    for part in parts_of(lines, page, _heading, _HEADERS):
        shown = [line for line in part.lines if line.text]
        actions = (line for line in shown if not part.name and _ACTION.fullmatch(line.text))
        if not operation.method and (line := next(actions, None)):  # above it stands what the site has on every page
            shown.remove(line)
            first, action = line.number, line.text.split(" ")
            operation.method, operation.lines = action[0], {first}
            operation.addresses = [Address("", action[1].partition("?")[0], {first})]
        if part.table and part.name in done:  # its own heading was not understood, so nobody knows whose table it is
            continue
        if part.table and part.name in _TABLES:
            done.add(part.name)
            _table(part, _TABLES[part.name], operation, page)
        elif part.name == _END:
            page.quiet("navigation", *(line.number for line in shown))
        elif part.name == "Servers" and shown and operation.addresses and (server := split_url(shown[0].text)):
            operation.addresses[0].server = server.server + server.path.rstrip("/")
            operation.addresses[0].lines.add(shown[0].number)
            operation.lines.add(shown[0].number)
            page.prose |= {line.number for line in shown[1:]}
        else:
            page.prose |= {line.number for line in shown}
    last = [line for line in document.lines if line.text][-1]
    if not any(line.text == _END for line in document.lines) or not last.text.endswith("."):
        page.ends = last.number


def _heading(lines: Sequence[Line], index: int) -> str:
    line = lines[index]
    known = line.text if line.text in _HEADINGS or line.level else ""
    return known if not line.cells and not line.bullet else ""


def _split(text: str) -> list[str] | None:
    """A row whose cells are divided by blanks."""
    found = _ROW.fullmatch(text)
    return [part or "" for part in found.groups()] if found else None


def _table(part: Part, where: str, operation: Operation, page: Page) -> None:
    rows = [row for row in rows_of(part.lines, _TYPE, _split) if row.rest and row.rest[0].text in ("Yes", "No")]
    operation.attributes += (one for row in rows for one in attribute_of(row, where, page, parts=where == "body"))
    if where == "body" and rows:
        operation.body_lines = {rows[0].name.number}
    media = next(
        (a for a in operation.attributes if a.where == "header" and a.steps[0].lower() == "content-type"), None
    )
    if media:
        operation.media = str(media.says.get("default") or next(iter(media.says.get("enum", [])), ""))
        operation.media_lines = set(media.lines)
