"""A saved page as lines, whatever its form: plain text, text with tabs, Markdown or HTML; each keeps its number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from contracts.errors import DocumentError

MOST_BYTES = 5_000_000  # a saved page has some kilobytes
_HTML = re.compile(r"<(?:!doctype html|html|body|table|div|h1)\b", re.IGNORECASE)
_RULE = re.compile(r"\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?)?\s*")
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*\)")
_MARKS = re.compile(r"\*\*|__(?=\S)|(?<=\S)__|`")
_BULLET = re.compile(r"^\s*(?:[•*-]|\d+\.)\s+")
_HEADING = re.compile(r"^#{1,6}\s+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1, its text without ornaments, and its cells where it is the row of a table.

    `lead`: a Markdown row begins with a bar. `level`: of a Markdown or HTML heading, else 0. `bullet`: of a list.
    """

    number: int
    text: str
    raw: str
    cells: tuple[str, ...] = ()
    lead: bool = False
    level: int = 0
    bullet: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The lines of a page, in order; in HTML several may share a number."""

    form: str  # flat, tabs, markdown or html
    total: int
    lines: tuple[Line, ...]

    @property
    def blank(self) -> set[int]:
        """Numbers of lines on which nothing stands."""
        return set(range(1, self.total + 1)) - {line.number for line in self.lines if line.raw.strip()}


def read_text(path: Path) -> str:
    """The text of a saved page; raises DocumentError for what is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"{path} cannot be read ({error.strerror}); give a saved page, or a folder of them"
        ) from None
    return decoded(content, str(path))


def decoded(content: bytes, name: str) -> str:
    """Bytes as the text of a page; raises DocumentError for what is none."""
    if len(content) > MOST_BYTES:
        raise DocumentError(f"{name} has more than {MOST_BYTES:,} bytes; save the page alone")
    try:
        text = content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{name} is no UTF-8 text (byte {error.start + 1}); save the page as text, Markdown or HTML"
        ) from None
    if "\x00" in text:
        raise DocumentError(f"{name} is a binary file, not a saved page; save the page as text, Markdown or HTML")
    if not text.strip():
        raise DocumentError(f"{name} is empty; save the page again")
    return text


def document_of(text: str) -> Document:
    """Tell the form of a page and split it into lines."""
    raw = [line.rstrip("\r") for line in text.split("\n")]
    if len(_HTML.findall(text)) >= 1 and text.count("</") >= 3:
        return Document("html", len(raw), tuple(_html_lines(text)))
    rules = sum(bool(_RULE.fullmatch(line.strip())) for line in raw)
    if rules or sum(bool(_HEADING.match(line)) for line in raw) > 1:
        return Document("markdown", len(raw), tuple(_markdown_lines(raw)))
    tabs = sum("\t" in line.strip() for line in raw)
    lines = [_plain(number, line) for number, line in enumerate(raw, 1)]
    return Document("tabs" if tabs > 1 else "flat", len(raw), tuple(lines))


def _plain(number: int, raw: str) -> Line:
    stripped = raw.strip()
    cells = tuple(cell.strip() for cell in raw.split("\t")) if "\t" in stripped else ()
    return Line(
        number,
        _BULLET.sub("", stripped) if _BULLET.match(raw) else stripped,
        raw,
        cells,
        bullet=bool(_BULLET.match(raw)),
    )


def _markdown_lines(raw: list[str]) -> list[Line]:
    """Markdown without links, marks and escapes; the row that rules a table off keeps its dashes."""
    lines, fenced = [], False
    for number, line in enumerate(raw, 1):
        if line.strip().startswith("```"):
            fenced = not fenced
        if fenced:
            lines.append(Line(number, line.strip(), line))
            continue
        level = len(line) - len(line.lstrip("#")) if _HEADING.match(line) else 0
        text = line if re.search(r"\bcurl\b|--\w+ ", line) else _MARKS.sub("", _LINK.sub(r"\1", line))
        bullet = bool(_BULLET.match(text))
        shown = _BULLET.sub("", _HEADING.sub("", text.strip())).strip() if bullet or level else text.strip()
        lines.append(Line(number, shown.replace("\\_", "_").replace("\\|", "|"), line, *_row(text), level, bullet))
    return lines


def _row(text: str) -> tuple[tuple[str, ...], bool]:
    """The cells of a Markdown row, and whether it begins with a bar."""
    stripped = text.strip()
    if "|" not in stripped or _RULE.fullmatch(stripped):
        return (), False
    lead = stripped.startswith("|")
    parts = re.split(r"(?<!\\)\|", stripped[1:] if lead else stripped)
    if parts and not parts[-1].strip() and len(parts) > 1:
        parts.pop()
    return tuple(part.strip().replace("\\|", "|").replace("\\_", "_") for part in parts), lead


def is_rule(line: Line) -> bool:
    """Whether a line only rules the head of a Markdown table off."""
    return bool(_RULE.fullmatch(line.raw.strip()))


class _Html(HTMLParser):
    """HTML as lines: a block or a row of a table each, with the number of the source line where it begins."""

    BLOCKS = frozenset(
        "p div section article main header footer h1 h2 h3 h4 h5 h6 ul ol li table pre br dl dt dd".split()
    )
    SKIPPED = frozenset("script style head svg noscript template".split())

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[Line] = []
        self.text: list[str] = []
        self.cells: list[str] | None = None
        self.skipping = self.level = self.number = self.pre = 0
        self.bullet = False

    def flush(self) -> None:
        text = "".join(self.text)
        shown = text.strip() if self.pre else " ".join(text.split())
        if shown and self.cells is None:
            for offset, part in enumerate(shown.split("\n")):
                self.lines.append(Line(self.number + offset, part.strip(), part, (), False, self.level, self.bullet))
        if self.cells is None:
            self.text.clear()
        self.bullet = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SKIPPED:
            self.skipping += 1
        elif tag == "tr":
            self.flush()
            self.cells, self.number = [], self.getpos()[0]
        elif tag in ("td", "th") and self.cells is not None:
            self.text.clear()
        elif tag in self.BLOCKS and self.cells is None:
            self.flush()
            self.level = int(tag[1]) if tag[0] == "h" and tag[1:].isdigit() else 0
            self.bullet, self.pre = tag == "li", self.pre + (tag == "pre")
        elif self.cells is not None:
            self.text.append("\n• " if tag == "li" else "\n" if tag in self.BLOCKS else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SKIPPED:
            self.skipping = max(0, self.skipping - 1)
        elif tag in ("td", "th") and self.cells is not None:
            parts = (" ".join(part.split()) for part in "".join(self.text).split("\n"))
            self.cells.append("\n".join(part for part in parts if part))
            self.text.clear()
        elif tag == "tr" and self.cells is not None:
            row, self.cells = tuple(self.cells), None
            if any(row):
                shown = "\t".join(row).replace("\n", " ")
                self.lines.append(Line(self.number, shown, shown, row))
        elif tag in self.BLOCKS and self.cells is None:
            self.flush()
            self.level, self.pre = 0, max(0, self.pre - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if self.skipping:
            return
        if not any(part.strip() for part in self.text):
            lead = data[: len(data) - len(data.lstrip())]
            if self.cells is None:
                self.number = self.getpos()[0] + lead.count("\n")
        self.text.append(data)


def _html_lines(text: str) -> list[Line]:
    parser = _Html()
    parser.feed(text)
    parser.close()
    parser.flush()
    return parser.lines
