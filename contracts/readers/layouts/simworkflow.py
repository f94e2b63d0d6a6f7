"""SimWorkflow's catalogue of other vendors' operations: method and path first, then tables of path, headers, query, body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from contracts.readers import words
from contracts.readers.page import METHODS, Address, Attribute, Operation, Page, steps_of
from contracts.readers.reading import split_url, unique
from contracts.readers.rows import Row, header_at, rows_of
from contracts.readers.text import Document, Line, is_rule

NAME = "simworkflow"
HIDDEN: Mapping[str, tuple[str, ...]] = {
    "flat": ("the roles below Allowed For", "the servers", "the lists below notes", "the title"),
    "markdown": ("values in lists inside cells", "the title"),
    "tabs": ("the title",),
    "html": ("the title",),
}
_HEADERS = {"nametyperequireddescription": "table"}
_TABLES = {
    "Path parameters": "path", "Request headers": "header", "Query parameters": "query", "Request body fields": "body",
    "Request body": "body",
}  # fmt: skip
_END = "How to start integrating"
_ACTION = re.compile(rf"({'|'.join(METHODS)}) (/\S*)")
_DEFAULT = re.compile(r"Default value:\s*(.+)")
_VALUES = re.compile(r"(?:Possible|Valid|Allowed) values:")


def fits(document: Document) -> int:
    """Its first line, its headings, and its guide at the end."""
    texts = [line.text for line in document.lines if line.text]
    found = 2 * bool(texts and _ACTION.fullmatch(texts[0])) + 2 * (_END in texts)
    found += sum(1 for text in texts if text in _TABLES) + ("Servers" in texts)
    return found + bool(any(header_at(document.lines, n, _HEADERS)[0] for n in range(len(document.lines))))


def read(document: Document, page: Page) -> None:
    """Fill the model."""
    operation = Operation()
    page.operations.append(operation)
    lines = list(document.lines)
    first = next((n for n, line in enumerate(lines) if line.text), 0)
    action = _ACTION.fullmatch(lines[first].text) if lines else None
    if action:
        operation.method = action[1]
        operation.addresses = [Address("", action[2].partition("?")[0], {lines[first].number})]
        operation.lines.add(lines[first].number)
    heading, start = "", first + bool(action)
    for index in range(start, len(lines) + 1):
        if index == len(lines) or _heading(lines[index]):
            _section(heading, lines[start:index], operation, page)
            heading, start = (lines[index].text, index) if index < len(lines) else ("", index)
    last = next((line for line in reversed(lines) if line.text), None)
    if last and (not any(line.text == _END for line in lines) or not last.text.endswith(".")):
        page.cut = f"the text ends at line {last.number}; what stands below it on the page cannot be known"


def _heading(line: Line) -> bool:
    known = line.text in _TABLES or line.text in ("Servers", "Allowed For", "Allowed for", _END)
    return (known or line.level > 0) and not line.cells and not line.bullet


def _section(heading: str, lines: Sequence[Line], operation: Operation, page: Page) -> None:
    if heading:
        page.quiet("heading" if heading in _TABLES or heading == _END else "navigation", lines[0].number)
        lines = lines[1:]
    shown = [line for line in lines if line.text.strip("| ")]
    page.quiet("table header", *(line.number for line in lines if is_rule(line)))
    page.quiet("navigation", *(line.number for line in lines if line.text and not line.text.strip("| ")))
    if heading == _END:
        page.quiet("navigation", *(line.number for line in shown))
    elif heading == "Servers":
        _servers(shown, operation, page)
    elif heading in _TABLES:
        _table(_TABLES[heading], lines, operation, page)
    else:
        page.prose |= {line.number for line in shown}


def _servers(lines: Sequence[Line], operation: Operation, page: Page) -> None:
    for line in lines:
        address = split_url(line.text, {line.number})
        if address and operation.addresses and not operation.addresses[0].server:
            operation.addresses[0].server = line.text.rstrip("/")
            operation.addresses[0].lines.add(line.number)
            operation.lines.add(line.number)
        elif address:
            page.prose.add(line.number)


def _table(where: str, lines: Sequence[Line], operation: Operation, page: Page) -> None:
    place = next((n for n in range(len(lines)) if header_at(lines, n, _HEADERS)[0]), None)
    if place is None:
        page.prose |= {line.number for line in lines if line.text.strip("| ")}
        return
    _, used = header_at(lines, place, _HEADERS)
    page.quiet("table header", *(line.number for line in lines[place : place + used]))
    page.prose |= {line.number for line in lines[:place] if line.text.strip("| ")}
    rows = rows_of(lines[place + used :], required=True)
    attributes = [_attribute(row, where, page) for row in rows]
    operation.attributes += unique([one for one in attributes if one])
    if where == "body" and rows:
        operation.body_lines = {rows[0].number}
    for one in attributes:
        if one.where == "header" and one.steps[0].lower() == "content-type":
            operation.media = str(one.says.get("default") or next(iter(one.says.get("enum", [])), ""))
            operation.media_lines = set(one.lines)


def _attribute(row: Row, where: str, page: Page) -> Attribute:
    steps = steps_of(row.name) if where == "body" else (row.name,)
    array = where == "body" and steps[-1:] == ("[]",)
    one = Attribute(where, steps[:-1] if array else steps, row.lines)
    found = words.types_of(row.kind)
    if found:
        one.add_types(found.types, found.items)
    one.required = {"Yes": True, "No": False}.get(row.required)
    first = {row.number} if row.description and len(one.lines) > 1 else set()
    if where == "body" and first:
        one.of = {"type": set(first), "required" if one.required else "optional": set(first)}
    plain = []
    texts = [line for line in row.description if line.text]
    index = 0
    while index < len(texts):
        default, listed = _DEFAULT.match(texts[index].text), _VALUES.search(texts[index].text)
        bullets = _bullets(texts[index + 1 :]) if listed else []
        if default:
            words.say_bounds(one, {"default": default[1].strip()}, set())
            one.of.pop("default", None)
        elif bullets and (values := [_value(line.text, one.types) for line in bullets]):
            words.say_enum(one, values)
            index += len(bullets)
        else:
            plain.append(texts[index])
        index += 1
    words.say_format(one, " ".join(line.text for line in plain))
    page.prose |= {line.number for line in plain if line.number != row.number and words.checkable(line.text)}
    return one


def _value(text: str, types: Sequence[str]) -> object:
    return words.value_of(text, types)


def _bullets(lines: Sequence[Line]) -> list[Line]:
    """The bulleted lines at the beginning."""
    end = next((n for n, line in enumerate(lines) if not line.bullet), len(lines))
    return list(lines[:end])
