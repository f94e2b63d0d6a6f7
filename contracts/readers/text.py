"""A saved page as lines, whatever its form: plain text, text with tabs, Markdown or HTML; each keeps its number."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

from contracts.errors import DocumentError

MOST_BYTES = 5_000_000  # a saved page has some kilobytes
_HTML = re.compile(r"<(?:!doctype html|html|body|table|div|h1)\b", re.IGNORECASE)
_RULE = re.compile(r"\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?)?\s*")
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*\)")
_MARKS = re.compile(r"\*\*|`")
_BULLET = re.compile(r"\s*(?:[•*-]|\d+\.)\s+")
_HEADING = re.compile(r"(#{1,6})\s+")
_CODE = re.compile(r"\bcurl\b|--\w+ ")
_BLANKS = dict.fromkeys([0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
_UNSEEN = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])  # where a word may be broken, and where not
_QUOTES = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}  # which editors put for straight ones, in samples too
_SEEN = {**_BLANKS, **_UNSEEN, **_QUOTES}


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

    @property
    def rule(self) -> bool:
        """Whether it only rules the head of a Markdown table off."""
        return bool(_RULE.fullmatch(self.raw.strip()))


@dataclass(frozen=True, slots=True)
class Document:
    """The lines of a page, in order.

    `source`, of HTML: the lines are those that a browser would show, and this is where each begins in the file, of
    which one line may hold the whole page.
    """

    form: str  # flat, tabs, markdown or html
    total: int  # lines of the file
    lines: list[Line]
    source: dict[int, int] = field(default_factory=dict)

    @property
    def blank(self) -> set[int]:
        """Numbers of the file's lines on which nothing stands."""
        shown = {self.source.get(line.number, line.number) for line in self.lines if line.text}
        return set(range(1, self.total + 1)) - shown

    def said(self, numbers: Collection[int]) -> str:
        """What stands on some lines, as one text."""
        return " ".join(line.text for line in self.lines if line.number in numbers)


def saved(path: Path) -> tuple[bytes, str]:
    """A saved page as bytes and as text; raises DocumentError where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        cure = "give a saved page, or a folder of them"
        raise DocumentError(f"{path} cannot be read ({error.strerror}); {cure}") from None
    return content, decoded(content, str(path))


def decoded(content: bytes, name: str) -> str:
    """Bytes as the text of a page; raises DocumentError for what is none."""
    cure = "save the page as text, Markdown or HTML"
    if len(content) > MOST_BYTES:
        raise DocumentError(f"{name} has more than {MOST_BYTES:,} bytes; save the page alone")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{name} is no UTF-8 text (byte {error.start + 1}); {cure}") from None
    if "\x00" in text:
        raise DocumentError(f"{name} is a binary file, not a saved page; {cure}")
    if not text.strip():
        raise DocumentError(f"{name} is empty; save the page again")
    return text


def _as_seen(text: str) -> str:
    """A text with one kind of blank and of quotes, and without what nobody sees: they depend on who saved it."""
    return text if text.isascii() else text.translate(_SEEN)


def document_of(text: str) -> Document:
    """Tell the form of a page and split it into lines."""
    raw = textwrap.dedent("\n".join(_as_seen(line).rstrip(" \r") for line in text.split("\n"))).split("\n")
    if _HTML.search(text) and text.count("</") >= 3:
        parser = _Html()
        parser.feed(re.sub(r"<[^<>]*\Z", "", text))  # without a tag that is cut off
        parser.close()
        parser.flush()
        lines = [replace(line, number=number) for number, line in enumerate(parser.lines, 1)]
        source = {number: line.number for number, line in enumerate(parser.lines, 1)}
        return Document("html", len(raw), lines, source)
    bars = sum(line.rstrip().endswith(" |") for line in raw)
    headings = sum(bool(_HEADING.match(line)) for line in raw)
    if bars > 2 or headings > 1 or any(_RULE.fullmatch(line.strip()) for line in raw):
        return Document("markdown", len(raw), _markdown_lines(raw))
    lines = [_plain(number, line) for number, line in enumerate(raw, 1)]
    if not any(raw[1::2]) or not any(raw[::2]):  # every line was copied as a paragraph, so blanks divide nothing
        lines = lines[::2] if any(raw[::2]) else lines[1::2]
    return Document("tabs" if sum(bool(line.cells) for line in lines) > 1 else "flat", len(raw), lines)


def _plain(number: int, raw: str) -> Line:
    cells = tuple(cell.strip() for cell in raw.split("\t")) if "\t" in raw.strip() else ()
    bullet = _BULLET.match(raw)
    return Line(number, (raw[bullet.end() :] if bullet else raw).strip(), raw, cells, bullet=bool(bullet))


def _markdown_lines(raw: list[str]) -> list[Line]:
    """Markdown without links, marks and escapes."""
    lines, fenced = [], False
    for number, line in enumerate(raw, 1):
        fenced ^= line.strip().startswith("```")
        text = line if fenced or _CODE.search(line) else _MARKS.sub("", _LINK.sub(r"\1", line)).replace("\\_", "_")
        heading = _HEADING.match(text) if not fenced else None
        one = _plain(number, text[heading.end() :] if heading else text)
        cells, lead = _row(text) if not fenced else ((), False)
        level = len(heading[1]) if heading else 0
        lines.append(replace(one, text=one.text.replace("\\|", "|"), raw=line, cells=cells, lead=lead, level=level))
    return lines


def _row(text: str) -> tuple[tuple[str, ...], bool]:
    """The cells of a Markdown row, and whether it begins with a bar."""
    stripped = text.strip()
    if "|" not in stripped or _RULE.fullmatch(stripped):
        return (), False
    lead = stripped.startswith("|")
    parts = re.split(r"(?<!\\)\|", stripped[lead:])
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    return tuple(part.strip().replace("\\|", "|") for part in parts), lead


class _Html(HTMLParser):
    """HTML as lines: a block or a row of a table each, with the number of the source line where it begins."""

    BLOCKS = frozenset(
        ("p", "div", "section", "article", "main", "header", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol",
         "li", "table", "pre", "br", "dl", "dt", "dd")
    )  # fmt: skip
    SKIPPED = frozenset(("script", "style", "head", "svg", "noscript", "template"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[Line] = []
        self.text: list[str] = []
        self.cells: list[str] | None = None
        self.skipping = self.level = self.number = self.pre = 0
        self.bullet = False

    def flush(self) -> None:
        """Make a line of the text so far, of `<pre>` a line each."""
        text = "".join(self.text)
        self.text.clear()
        for offset, part in enumerate((text.strip("\n") if self.pre else " ".join(text.split())).split("\n")):
            if part.strip():
                number, raw = self.number + offset, part.rstrip()
                self.lines.append(Line(number, raw.strip(), raw, (), False, self.level, self.bullet))
        self.bullet = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 — HTMLParser's
        if tag in self.SKIPPED:
            self.skipping += 1
        elif self.cells is not None:
            if tag in ("td", "th"):
                self.text.clear()
            elif tag in self.BLOCKS:
                self.text.append("\n• " if tag == "li" else "\n")
        elif tag == "tr" or tag in self.BLOCKS:
            self.flush()
            self.cells, self.number = ([] if tag == "tr" else None), self.getpos()[0]
            self.level = int(tag[1]) if tag[0] == "h" and tag[1:].isdigit() else 0
            self.bullet, self.pre = tag == "li", self.pre + (tag == "pre")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SKIPPED:
            self.skipping = max(0, self.skipping - 1)
        elif self.cells is None and tag in self.BLOCKS:
            self.flush()
            self.level, self.pre = 0, max(0, self.pre - (tag == "pre"))
        elif self.cells is not None and tag in ("td", "th"):
            parts = (" ".join(part.split()) for part in "".join(self.text).split("\n"))
            self.cells.append("\n".join(part for part in parts if part))
            self.text.clear()
        elif self.cells is not None and tag == "tr":
            row, self.cells = tuple(self.cells), None
            shown = "\t".join(row).replace("\n", " ")
            if any(row):
                self.lines.append(Line(self.number, shown, shown, row))

    def parse_marked_section(self, i: int, report: int = 1) -> int:  # noqa: ARG002 — of SGML, which HTML has not
        """Read `<![…]>` as browsers do, as a comment; the parser of the standard library may raise there."""
        return self.parse_bogus_comment(i)

    def handle_data(self, data: str) -> None:
        if self.skipping:
            return
        if self.cells is None and not any(part.strip() for part in self.text):
            self.number = self.getpos()[0] + data[: len(data) - len(data.lstrip())].count("\n")
        self.text.append(_as_seen(data))
