"""Zendesk's own reference: several operations a page, each under its heading, and objects that stand apart from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from contracts.readers import words
from contracts.readers.page import METHODS, Address, Attribute, Operation, Page, Response, steps_of
from contracts.readers.reading import unique
from contracts.readers.rows import header_at
from contracts.readers.text import Document, Line, is_rule

NAME = "zendesk"
HIDDEN: Mapping[str, tuple[str, ...]] = {
    "flat": ("the type of an answer's body",),
    "markdown": ("samples of bodies and answers, and so the type of an answer's body",),
    "tabs": ("the type of an answer's body",),
    "html": ("the type of an answer's body",),
}
_COLUMNS = ("name", "type", "in", "read-only", "mandatory", "required", "description")
_HEADERS = {
    "".join(columns): " ".join(columns)
    for columns in (
        ("name", "type", "in", "required", "description"),
        ("name", "type", "read-only", "mandatory", "description"),
        ("name", "type", "read-only", "description"),
        ("name", "type", "mandatory", "description"),
    )
}
_ACTION = re.compile(rf"({'|'.join(METHODS)}) (/\S*)")
_SECTION = re.compile(
    r"Allowed [Ff]or|Parameters|Code [Ss]amples|Example [Rr]esponse(?:\(s\))?s?|Example [Bb]ody|Pagination|JSON [Ff]ormat|Example|"
    r"Request [Bb]ody|Sorting|Sideloads|Availability|Rate [Ll]imits?|Using curl|Response"
)
_OBJECT = re.compile(r"(?:An? )?(.+?) (?:are|is) represented as (?:a |an )?JSON objects?\b")
_STATUS = re.compile(r"([1-5]\d\d) ([A-Z][A-Za-z ]*)")
_FLAT = {
    "name type in required description": re.compile(
        r"(?P<name>\S+?)(?P<type>string|integer|number|boolean|object|array|null|date)(?P<in>Query|Path|Header|Body)"
        r"(?P<required>true|false)(?P<description>.*)"
    ),
    "name type read-only mandatory description": re.compile(
        r"(?P<name>\S+?)(?P<type>string|integer|number|boolean|object|array|null|date)(?P<readonly>true|false)"
        r"(?P<mandatory>true|false)(?P<description>.*)"
    ),
}
_LISTED = re.compile(
    r"(?:[Aa]llowed|[Pp]ossible|[Vv]alid) values(?: are|:) ((?:\"[^\"]+\"(?:, or |, and |, | or | and )?){2,})"
)


def fits(document: Document) -> int:
    """Its bulleted operations, its headers, and its own headings."""
    found = sum(2 for line in document.lines if line.bullet and _ACTION.fullmatch(line.text))
    found += sum(2 for n in range(len(document.lines)) if header_at(document.lines, n, _HEADERS)[0])
    return min(found, 20) + len(
        {line.text.lower() for line in document.lines} & {"allowed for", "code samples", "example response(s)"}
    )


def read(document: Document, page: Page) -> None:
    """Fill the model, section by section."""
    lines = [line for line in document.lines if line.text or line.raw.strip()]
    section, start = "", 0
    for index in range(len(lines) + 1):
        name = _section_name(lines, index) if index < len(lines) else "end"
        if name:
            _section(section, lines[start:index], page)
            section, start = name, index
    last = page.operations[-1] if page.operations else None
    if last and not last.responses and not any(n in page.silent.get("sample code", set()) for n in [lines[-1].number]):
        page.cut = f"the text ends at line {lines[-1].number}; what stands below it on the page cannot be known"


def _section_name(lines: Sequence[Line], index: int) -> str:
    """The name of the section that begins at a line; `operation` where a title stands before method and path."""
    line = lines[index]
    if line.cells:
        return ""
    if (
        index + 1 < len(lines)
        and _ACTION.fullmatch(lines[index + 1].text)
        and not _ACTION.fullmatch(line.text)
        and not line.bullet
    ):
        return "operation"
    if _ACTION.fullmatch(line.text) and (index == 0 or lines[index - 1].level == 0) and line.bullet and index == 0:
        return "operation"
    if _SECTION.fullmatch(line.text) and not line.bullet:
        return line.text.lower()
    return "text" if line.level else ""


def _section(name: str, lines: Sequence[Line], page: Page) -> None:
    if name == "operation":
        lines = _operation(lines, page)
    elif name and lines:
        page.quiet("heading", lines[0].number)
        lines = lines[1:]
    place = next((n for n in range(len(lines)) if header_at(lines, n, _HEADERS)[0]), None)
    page.quiet("table header", *(line.number for line in lines if is_rule(line)))
    if place is not None:
        _table(lines, place, page)
        lines = lines[:place]
    if name.startswith("example resp") and page.operations:
        _answers(lines, page)
    elif name in ("code samples", "using curl", "example body", "example", "response"):
        page.quiet("sample code", *(line.number for line in lines))
    else:
        page.prose |= {line.number for line in lines if not is_rule(line)}


def _operation(lines: Sequence[Line], page: Page) -> Sequence[Line]:
    """A title, then method and path, perhaps several paths; what follows is returned."""
    actions = [line for line in lines if _ACTION.fullmatch(line.text)]
    found = [_ACTION.fullmatch(line.text) for line in actions]
    one = Operation(method=found[0][1] if found and found[0] else "", title=lines[0].text)
    page.operations.append(one)
    one.lines = {lines[0].number, actions[0].number}
    for line, action in zip(actions, found, strict=True):
        path = action[2].partition("?")[0] if action else ""
        if action and action[1] == one.method and path not in [a.path for a in one.addresses]:
            one.addresses.append(Address("", path, {line.number}))
        else:
            page.prose.add(line.number)
    return [line for line in lines[1:] if line not in actions]


def _table(lines: Sequence[Line], place: int, page: Page) -> None:
    header, used = header_at(lines, place, _HEADERS)
    columns = header.split()
    page.quiet("table header", *(line.number for line in lines[place : place + used]))
    rows = [cells for line in lines[place + used :] if not is_rule(line) and (cells := _cells(line, header, columns))]
    if "in" in columns:
        if page.operations:
            found = [_parameter(cells, line) for cells, line in rows]
            page.operations[-1].attributes += unique([one for one in found if one])
    else:
        name = next((_OBJECT.match(line.text) for line in reversed(lines[:place]) if _OBJECT.match(line.text)), None)
        called = (
            re.sub(r"\W+", "", name[1].title().removesuffix("s"))
            if name
            else f"Object{len({a.where for a in page.objects}) + 1}"
        )
        page.objects += unique([_property(cells, line, f"object:{called}") for cells, line in rows])
    for cells, line in rows:
        if words.checkable(cells.get("description", "")):
            page.prose.add(line.number)


def _cells(line: Line, header: str, columns: Sequence[str]) -> tuple[dict[str, str], Line] | None:
    """The cells of a row by column, with its line."""
    if line.cells:
        cells = dict(zip(columns, line.cells, strict=False))
        good = re.fullmatch(r"[^\s|]+", cells["name"]) and len(line.cells) >= len(columns) - 1
        return (cells, line) if good else None
    flat = _FLAT[header].fullmatch(line.text) if header in _FLAT else None
    if flat is None:
        return None
    return {("read-only" if key == "readonly" else key): value for key, value in flat.groupdict().items()}, line


def _attribute(cells: Mapping[str, str], line: Line, where: str, steps: tuple[str, ...]) -> Attribute:
    one = Attribute(where, steps, {line.number})
    found = words.types_of(cells["type"])
    if found:
        one.add_types(found.types, found.items)
    text = cells.get("description", "")
    words.say_format(one, text)
    values = _LISTED.search(text)
    if values:
        one.says["enum"] = re.findall(r"\"([^\"]+)\"", values[1])
        one.implied.add("enum")
    return one


def _parameter(cells: Mapping[str, str], line: Line) -> Attribute | None:
    where = cells["in"].lower()
    if where not in ("query", "path", "header", "body"):
        return None
    steps = steps_of(cells["name"]) if where == "body" else (cells["name"],)
    one = _attribute(cells, line, where, steps)
    one.required = {"true": True, "false": False}.get(cells.get("required", "").lower())
    return one


def _property(cells: Mapping[str, str], line: Line, where: str) -> Attribute:
    one = _attribute(cells, line, where, (cells["name"],))
    one.required = {"true": True, "false": False}.get(cells.get("mandatory", "").lower())
    if cells.get("read-only", "").lower() == "true":
        one.says["readOnly"] = True
    return one


def _answers(lines: Sequence[Line], page: Page) -> None:
    operation = page.operations[-1]
    for line in lines:
        status = _STATUS.fullmatch(line.text)
        if status and status[1] not in [r.status for r in operation.responses]:
            operation.responses.append(
                Response(status[1], status[2], {line.number}, [] if status[1] == "204" else None)
            )
        else:
            page.quiet("sample code", line.number)
