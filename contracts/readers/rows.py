"""Tables of attributes as rows, whatever form they are in: cells in one line, a cell a line, or run together by blanks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.readers.text import Line, is_rule

_WORD = r"(?:String|Number|Integer|Boolean|Object|Array|Null|null)s?"
TYPE = rf"(?:Array of {_WORD}|{_WORD})(?: or {_WORD})*"
REQUIRED = r"Yes|No|Optional|Conditional(?:ly Required)?|Required"
_NAME = r"[A-Za-z_$@][\w$.\[\]{}@:/-]*"
_JOINED = re.compile(rf"({_NAME}) ({TYPE}|[A-Z]\w+)(?: ({REQUIRED}))?(?: (.*))?")
_TYPE_CELL = re.compile(TYPE)
_NAME_CELL = re.compile(_NAME)
_REQUIRED_CELL = re.compile(REQUIRED)


@dataclass
class Row:
    """One attribute of a table: its cells, and the lines of its description with their numbers."""

    name: str
    kind: str
    number: int
    required: str = ""
    description: list[Line] = field(default_factory=list)
    last: int = 0  # the last line of its type and requiredness

    @property
    def lines(self) -> set[int]:
        """From the name to the end of the description."""
        last = max((line.number for line in self.description if line.text), default=self.number)
        return set(range(self.number, max(last, self.number, self.last) + 1))

    @property
    def text(self) -> str:
        """The description as one text."""
        return " ".join(line.text for line in self.description if line.text)


def header_at(lines: Sequence[Line], index: int, headers: Mapping[str, str]) -> tuple[str, int]:
    """What table begins at a line, of those whose headers (without blanks) are given, and how many lines that takes."""
    text = ""
    if lines[index].text.lstrip("| ")[:4].lower() not in ("name", "para"):  # the first word of all of them
        return "", 0
    for used in range(1, 6):
        if index + used > len(lines) or not lines[index].text:
            break
        text += re.sub(r"[\s|]", "", lines[index + used - 1].text).lower()
        if text in headers:
            return headers[text], used
        if not any(key.startswith(text) for key in headers):
            break
    return "", 0


def rows_of(lines: Sequence[Line], *, required: bool) -> list[Row]:
    """The rows of a table's lines; `required`: it has such a column."""
    cells = [cell for line in lines if not is_rule(line) for cell in _cells(line, required=required)]
    found: list[Row] = []
    for index, cell in enumerate(cells):
        following = next((one.text for one in cells[index + 1 :] if one.text), "")
        if _NAME_CELL.fullmatch(cell.text) and cell.level == 0 and _is_kind(cells, index, following, required):
            found.append(Row(cell.text, "", cell.number))
        elif found:
            _add(found[-1], cell, required=required)
    return found


def _is_kind(cells: list[Line], index: int, following: str, required: bool) -> bool:
    """Whether a type follows: a known one, or any word before an answer to *required?*."""
    if _TYPE_CELL.fullmatch(following):
        return not (
            cells[index].text in ("Yes", "No")
            or _TYPE_CELL.fullmatch(cells[index].text)
            and cells[index].text[0].isupper()
        )
    after = [one.text for one in cells[index + 1 : index + 4] if one.text]
    return (
        required
        and len(after) > 1
        and bool(re.fullmatch(r"[A-Z]\w+", following))
        and bool(_REQUIRED_CELL.fullmatch(after[1]))
    )


def _add(row: Row, cell: Line, *, required: bool) -> None:
    if not row.kind and cell.text:
        row.kind, row.last = cell.text, cell.number
    elif (
        required
        and not row.required
        and not any(one.text for one in row.description)
        and _REQUIRED_CELL.fullmatch(cell.text)
    ):
        row.required, row.last = cell.text, cell.number
    else:
        row.description.append(cell)


def _cells(line: Line, *, required: bool) -> list[Line]:
    """The cells of one line, each as a line of its own."""
    if line.cells:
        parts = [part for cell in line.cells for part in cell.split("\n")]
        return [Line(line.number, part.removeprefix("• "), part, bullet=part.startswith("• ")) for part in parts]
    joined = _JOINED.fullmatch(line.text) if not line.bullet else None
    if joined and _is_row(joined, required=required):
        return [Line(line.number, text, text) for text in joined.groups() if text]
    return [line]


def _is_row(joined: re.Match[str], *, required: bool) -> bool:
    """Whether words run together by blanks are a row, and not a sentence that happens to name a type."""
    name, kind, word, rest = joined.groups()
    if required and word:
        return True
    if not _TYPE_CELL.fullmatch(kind):
        return False
    plain = not re.fullmatch(r"[A-Z][a-z]+|[Aa]n?|the|or|and|of|an?", name)
    return plain and (not rest or not rest[0].islower())
