"""What layouts share: a page in parts, by its headings and headers of tables; and tables as rows, whatever their form.

The cells of a row may stand in one line (Markdown, tabs, HTML), a cell a line, or run together; a layout says how it
parts the latter, and which words are types. An attribute begins where a name has a type behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contracts.readers.page import Page
from contracts.readers.text import Line

_NAME = re.compile(r"(?!null$)[A-Za-z_$@][\w$.\[\]{}@:/-]*")
_WORD = re.compile(r"[a-z]\w*")
_FIRST = ("name", "para", "prop", "desc")  # begin the headers of all layouts
_DEPRECATED = re.compile(r"Deprecated\b.*")
Split = Callable[[str], Sequence[str] | None]  # the parts of a text, or None where it has none


@dataclass
class Part:
    """What stands below a heading (`name`), or below the header of a table (`table`) under it."""

    name: str = ""
    table: str = ""
    head: Line | None = None
    lines: list[Line] = field(default_factory=list)


@dataclass
class Row:
    """One attribute of a table: name, what stands between it and its type, the type, and all behind it."""

    name: Line
    flags: list[Line]
    kind: Line
    rest: list[Line]

    @property
    def lines(self) -> set[int]:
        """From the name to the end of the description."""
        last = max((line.number for line in self.rest if line.text), default=0)
        return set(range(self.name.number, max(last, self.kind.number, self.name.number) + 1))


def following(lines: Sequence[Line], index: int) -> Line | None:
    """The next line after `index` that is not blank."""
    return next((lines[n] for n in range(index + 1, len(lines)) if lines[n].text), None)


def parts_of(
    lines: Sequence[Line], page: Page, heads: Callable[[Sequence[Line], int], str], headers: Mapping[str, str]
) -> list[Part]:
    """A page in parts.

    Headings and headers are told to be silent. `heads` names the heading at a line, if it is one.
    """
    parts = [Part()]
    index = 0
    while index < len(lines):
        table, used = header_at(lines, index, headers)
        name = "" if table else heads(lines, index)
        if table:
            parts.append(Part(parts[-1].name, table, parts[-1].head))
            page.quiet("table header", *(line.number for line in lines[index : index + used]))
        elif name:
            parts.append(Part(name, "", lines[index]))
            page.quiet("heading", lines[index].number)
        elif lines[index].rule:
            page.quiet("table header", lines[index].number)
        elif lines[index].text and not lines[index].text.strip("|\u200b .#"):
            page.quiet("navigation", lines[index].number)
        else:
            parts[-1].lines.append(lines[index])
        index += used or 1
    return parts


def header_at(lines: Sequence[Line], index: int, headers: Mapping[str, str]) -> tuple[str, int]:
    """What table begins at a line, of those whose headers (without blanks) are given, and how many lines that takes."""
    text = ""
    if lines[index].text.lstrip("| ")[:4].lower() not in _FIRST:
        return "", 0
    for used in range(1, min(6, len(lines) - index + 1)):
        text += re.sub(r"[\s|]", "", lines[index + used - 1].text).lower()
        if text in headers:
            return headers[text], used
        if not any(key.startswith(text) for key in headers):
            break
    return "", 0


def rows_of(
    lines: Sequence[Line], kind: re.Pattern[str], split: Split, label: Split = lambda _: None, *, loose: bool = True,
    odd: bool = False,
) -> list[Row]:  # fmt: skip
    """The rows of a table.

    `split` parts a line whose cells run together, `label` a cell in which words run into the name; `loose`: blanks may
    stand before a type; `odd`: any word that blanks surround, behind a name, is one.
    """
    cells = [cell for line in lines for cell in _cells(line, split, label)]
    rows: list[Row] = []
    index, foreign = 0, False
    while index < len(cells):
        place = _kind_at(cells, index, kind, loose=loose) or (odd and _odd_at(cells, index))
        foreign = not place and (foreign or _foreign_at(cells, index))
        if place:
            rows.append(Row(cells[index], [c for c in cells[index + 1 : place] if c.text], cells[place], []))
        elif rows and not foreign:
            rows[-1].rest.append(cells[index])
        index = max(index, place) + 1
    return rows


def _kind_at(cells: Sequence[Line], index: int, kind: re.Pattern[str], *, loose: bool) -> int:
    """Where the type of an attribute stands that begins at a cell, after `required` or a deprecation; else 0."""
    if not _NAME.fullmatch(cells[index].text) or cells[index].bullet or cells[index].lead:
        return 0
    deprecated = False
    for place in range(index + 1, min(index + 6, len(cells))):
        text = cells[place].text
        if kind.fullmatch(text):
            return place
        deprecated |= bool(_DEPRECATED.fullmatch(text))
        flag = text == "required" and (not loose or cells[place].number == cells[index].number)
        closed = [cell.text for cell in cells[place + 2 : place + 4]] == ["", "Schema"]  # so blanks surround its type
        if not (flag or (text and deprecated) or (not text and (loose or closed))):
            return 0
    return 0


def _foreign_at(cells: Sequence[Line], index: int) -> bool:
    """Whether a row begins whose type is not known: nothing below it is said of the attribute above."""
    row = [cell for cell in cells[index : index + 3] if cell.number == cells[index].number]
    known = not cells[index].lead and not cells[index].bullet and _NAME.fullmatch(cells[index].text)
    return bool(known and (len(row) == 3 or [cell.text for cell in row[1:]] in (["Yes"], ["No"])))


def _odd_at(cells: Sequence[Line], index: int) -> int:
    """Where a word stands that is a type by its place alone; else 0."""
    place = index + 3 if [cell.text for cell in cells[index + 1 : index + 2]] == ["required"] else index + 2
    around = [cells[n].text if n < len(cells) else "" for n in (place - 1, place + 1)]
    good = place < len(cells) and (index == 0 or cells[index - 1].text) and around == ["", ""]
    return place if good and all(map(_WORD.fullmatch, (cells[index].text, cells[place].text))) else 0


def _cells(line: Line, split: Split, label: Split) -> list[Line]:
    """The cells of one line, each as a line of its own."""
    if line.cells:
        parts = [part for cell in line.cells for part in cell.split("\n")]
        parts = [*(label(parts[0]) or parts[:1]), *parts[1:]]
    else:
        parts = [*(split(line.text) or [])] if not line.bullet else []
    if not parts:
        return [replace(line, lead=False) if line.lead else line]
    return [  # `lead`: not the first cell of its line, so no name
        Line(line.number, part.removeprefix("• "), line.raw, lead=n > 0, bullet=part.startswith("• "))
        for n, part in enumerate(parts)
    ]
