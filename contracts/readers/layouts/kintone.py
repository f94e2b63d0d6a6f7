"""kintone's REST API pages: a table of method, URLs and authentication, tables of parameters, samples, limitations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from contracts.model import Json
from contracts.readers.attributes import attribute_of, settle
from contracts.readers.page import METHODS, Operation, Page, Scheme
from contracts.readers.reading import split_url
from contracts.readers.tables import Part, header_at, parts_of, rows_of
from contracts.readers.text import Document, Line

NAME = "kintone"
HIDDEN: Mapping[str, Mapping[str, str]] = {
    "markdown": {"sample": "samples", "enum": "lists inside cells, and with them values"}
}
_HEADERS = {
    f"{name}{kind}{rest}": "table"
    for name in ("parameter", "property", "propertyname")
    for kind in ("value", "type")
    for rest in ("requireddescription", "description")
}
_KEY = re.compile(r"(Method|UR[LI] ?\([^)]*\)|URI for [A-Z][\w ]*Apps|UR[LI]|Authentication|Content-Type)\s*:?\s*(.*)")
_ACTION = re.compile(rf"(?<![A-Z])({'|'.join(METHODS)}) ?/[\w/.{{}}-]+\.json")
_HEADS = {
    "request": re.compile(r"Request Parameters?"),
    "response": re.compile(r"Response Parameters?"),
    "answer": re.compile(r"(?:Sample|Example) Responses?\b.*"),
    "sample": re.compile(
        r"(?:Sample|Example) Req\w+\b.*|curl|(?:[A-Z]?\w+ ){1,3}Sample|Sample Body|JavaScript\b.*|XMLHttpRequest\b.*|"
        r"(?:HTTP )?(?:Query String|Request (?:Header|Body))"
    ),
    "prose": re.compile(
        r"Contents|Permissions?(?: [Nn]eeded)?|Limitations?|Pre-live [Ss]ettings|Notes?|Attention|caution|information|"
        r"Reference|Errors?|Properties .*"
    ),
    "navigation": re.compile(r"Was this article helpful\?"),
}
_TYPES = r"(?:String|Number|Integer|Boolean|Object|Array|Null|null)s?"
_TYPE = re.compile(rf"(?:Array of )?{_TYPES}(?: or {_TYPES})*")
_REQUIRED = re.compile(r"(Yes|Required|Optional|No|Conditional(?:ly Required)?)(?: (.*))?")
_FOREIGN = re.compile(r"[a-z$][\w$.\[\]{}-]* [A-Z]\w+ (?:Yes|Required|Optional|No|Conditional) [A-Z]")
_ROW = re.compile(rf"([A-Za-z_$][\w$.\[\]{{}}-]*) ({_TYPE.pattern})(?: +(.*))?")
_SCHEMES: dict[str, tuple[str, dict[str, Json]]] = {
    "api-token": (
        "api token",
        {"type": "apiKey", "in": "header", "name": "X-Cybozu-API-Token", "description": "An API token"},
    ),
    "password": (
        "password",
        {"type": "apiKey", "in": "header", "name": "X-Cybozu-Authorization", "description": "A password"},
    ),
    "session": ("session", {"type": "apiKey", "in": "cookie", "name": "JSESSIONID", "description": "A session"}),
    "oauth2": ("oauth", {"type": "http", "scheme": "bearer", "description": "An OAuth token"}),
}  # headers and cookie are the vendor's; where no sample shows them they are implied
_MEMBERS = re.compile(r"\b[Aa]n? \W?(\w+)\W? array consisting of")  # the rows below are those of its members
_SENTENCE = re.compile(r"[A-Z](?:[^\s=;{}]+ ){4,}[^\s=;{}]+[.:]")
_DECIDES = re.compile("included in the response")


def fits(document: Document) -> int:
    """Its table of method and URL, and its headers of tables; the URL alone stands on pages in other languages too."""
    texts = [" ".join(line.cells) or line.text for line in document.lines]
    urls = sum(3 for text in texts if re.search(r"https?://[^/\s]+/k/(?:guest/|v\d)", text) and _KEY.match(text))
    found = sum(2 for text in texts if re.match(rf"Method\s*(?:{'|'.join(METHODS)})\b|URI$|URI for ", text))
    found += sum(bool(header_at(document.lines, index, _HEADERS)[0]) for index in range(len(texts)))
    return found and found + urls


def read(document: Document, page: Page) -> None:
    """Fill the model."""
    operation = page.start()
    parts = parts_of(document.lines, page, _heading, _HEADERS)
    members = ""
    for part in parts:
        if part.table:
            _table(part, operation, page, members)
        elif part.name in ("sample", "answer"):
            _sample(part, operation, page)
        elif part.name == "navigation":
            page.quiet("navigation", *(line.number for line in part.lines))
        else:
            found = _MEMBERS.search(" ".join(line.text for line in part.lines))
            members = f"{found[1]}[]." if found else ""
            _text(part, operation, page)
    _finish(operation, document, page)
    last = [line for line in document.lines if line.text][-1]
    opened = sum(line.text.count("{") - line.text.count("}") for line in document.lines)
    limits = any(part.head and part.head.text.startswith("Limitation") for part in parts)
    answered = document.form == "markdown" and any(part.name == "answer" for part in parts)
    whole = last.raw.rstrip()[-1] in ".:!?)|" or all(word[0].isupper() for word in last.text.split())  # or a title
    ended = parts[-1].name == "navigation" or ((limits or answered) and whole)
    if opened > 0 or re.fullmatch(r"\d+", last.text) or not ended:
        page.ends = last.number


def _heading(lines: Sequence[Line], index: int) -> str:
    """The kind of section that begins at a line."""
    if lines[index].cells or lines[index].bullet:
        return ""
    return next((kind for kind, pattern in _HEADS.items() if pattern.fullmatch(lines[index].text)), "")


# The head, and sentences.


def _text(part: Part, operation: Operation, page: Page) -> None:
    """Rows of the table at the head, and sentences, which are left to a person."""
    shown = [line for line in part.lines if line.text]
    index = 0
    while index < len(shown):
        line, rows = shown[index], _keyed(shown[index:], operation, page)
        action = _ACTION.search(line.text) if not operation.method else None
        if not rows and (action or (index == 0 and not part.name and line.text[-1] != ".")):
            operation.method = action[1] if action else operation.method
            operation.title = operation.title or line.text
            operation.lines.add(line.number)
        elif not rows:
            page.prose.add(line.number)
        index += rows or 1
    if part.name == "response":
        lines = {part.head.number, *(line.number for line in shown)} if part.head else set()
        one = operation.response("2XX", "A conforming request", *lines)
        one.types, one.implied = (["object"] if any("empty JSON" in line.text for line in shown) else None), True


def _keyed(shown: Sequence[Line], operation: Operation, page: Page) -> int:
    """Take a row of the table at the head, and tell how many lines it has; 0 where the first line begins none."""
    found = _KEY.fullmatch(" ".join(shown[0].cells) or shown[0].text) if not shown[0].bullet else None
    key, value, count = (found[1], found[2], 1) if found else ("", "", 1)
    while key and count < len(shown) and (not value or value.endswith(",")):
        value = f"{value} {shown[count].text.strip('| ')}".strip()
        count += 1
    lines = {line.number for line in shown[:count]}
    media = re.match(r"[\w.+-]+/[\w.+-]+", value)
    if key == "Method" and value in METHODS:
        operation.method = value
        operation.lines |= lines
    elif key.startswith("UR") and (address := split_url(value)):
        address.lines = lines
        operation.addresses = [*(one for one in operation.addresses if one.lines), address]
        operation.lines |= lines if len(operation.addresses) == 1 else set()
    elif key == "Authentication" and any(word in value.lower() for word, _ in _SCHEMES.values()):
        schemes = [name for name, (word, _) in _SCHEMES.items() if word in value.lower()]
        operation.security = [Scheme(name, dict(_SCHEMES[name][1]), set(lines)) for name in schemes]
    elif key == "Content-Type" and media:
        operation.media, operation.media_lines = media[0], set(lines)
        page.prose |= lines if value != media[0] else set()
        page.said |= dict.fromkeys(lines, value)
    else:
        return 0
    return count


# Tables.


def _table(part: Part, operation: Operation, page: Page, members: str) -> None:
    """The rows of a table; `members`: what their names stand below."""
    if part.name in ("sample", "answer"):  # its own heading was not understood, so nobody knows whose table it is
        return
    answers = part.name == "response"
    if answers and part.head:
        header = min((n for n in page.silent["table header"] if n > part.head.number), default=part.head.number)
        one = operation.response("2XX", "A conforming request", *range(part.head.number, header + 1))
        one.types, one.implied = ["object"], True
    end = next((n for n, line in enumerate(part.lines) if _footnote(line)), len(part.lines))
    page.prose |= {line.number for line in part.lines[end:] if line.text}
    where = "2XX" if answers else "query" if operation.method == "GET" else "body"
    for row in rows_of(part.lines[:end], _TYPE, _split):
        row.name = replace(row.name, text=members + row.name.text)
        operation.attributes += attribute_of(row, where, page)


def _footnote(line: Line) -> bool:
    return bool(re.match(r"\s*\*\S", line.raw)) and not line.cells


def _split(text: str) -> list[str] | None:
    """A row whose cells are divided by blanks, and no sentence that happens to name a type."""
    found = _ROW.fullmatch(text)
    if not found:  # perhaps a row all the same, whose type is not known
        return re.split(r" +", text, maxsplit=3) if _FOREIGN.match(text) else None
    name, kind, rest = found[1], found[2], found[3] or ""
    required = _REQUIRED.fullmatch(rest)
    if required:
        return [name, kind, required[1], required[2] or ""]
    sentence = rest[:1].islower() or re.fullmatch(r"an?|the|or|and|of", name, re.IGNORECASE)
    return [name, kind, "", rest] if not sentence and (rest[:1].isupper() or name[0].islower()) else None


# Samples.


def _sample(part: Part, operation: Operation, page: Page) -> None:
    body = operation.method not in ("GET", "DELETE")
    for line in part.lines:
        (page.prose if _SENTENCE.fullmatch(line.text) else page.silent.setdefault("sample code", set())).add(
            line.number
        )
        _cite(line, operation)
    for value, lines in _literals(part.lines):
        if part.name == "answer" and value is not None and operation.responses:
            operation.examples["2XX"] = (value, lines)
            operation.responses[0].media_lines = lines
            operation.responses[0].types = operation.responses[0].types or ["object"]
        elif part.name == "sample" and body:
            operation.body_lines |= lines
            known, there = operation.examples.get("body", (value, set()))
            if known is not None:
                operation.examples["body"] = (known, there | lines)
    if part.name == "answer" and part.head and not operation.responses:
        operation.response("2XX", "A conforming request", part.head.number)


def _cite(line: Line, operation: Operation) -> None:
    """What a line of a sample shows of the operation, its server, its token and the media type of its body."""
    path = operation.addresses[0].path if operation.addresses else "\n"
    if f"{path}'" in line.text and operation.method in line.text:
        operation.lines.add(line.number)
        operation.addresses[0].lines |= {line.number} if "curl" in line.text else set()
    for scheme in operation.security:
        scheme.lines |= {line.number} if f"'{scheme.facts.get('name')}: " in line.text else set()
    if "'Content-Type: application/json'" in line.text and operation.method not in ("GET", "DELETE"):
        operation.media_lines.add(line.number)


def _literals(lines: Sequence[Line]) -> Iterator[tuple[Json, set[int]]]:
    """Objects written out in a sample with their lines: as JSON, or None where it is none."""
    start = None
    for index, line in enumerate(lines):
        if start is None and re.search(r"(?:^|body = |-d ')\{$", line.text):
            start = index
        elif start is not None and re.fullmatch(r"\}[;']?", line.raw.rstrip()):
            text = "\n".join(one.raw for one in lines[start : index + 1])
            inner = text[text.index("{") : text.rindex("}") + 1]
            try:
                value = json.loads(inner if '"' in inner else inner.replace("'", '"'))
            except (ValueError, RecursionError):
                value = None
            yield value, {one.number for one in lines[start : index + 1]}
            start = None


def _finish(operation: Operation, document: Document, page: Page) -> None:
    """Where parameters of DELETE stand, which schemes are shown, which attributes a client may rely on."""
    for scheme in operation.security:
        scheme.implied = len(scheme.lines) < 2
    if operation.method == "DELETE" and "query string" in document.said(operation.media_lines):
        for one in operation.attributes:
            one.where = "query" if one.where == "body" else one.where
    settle(operation, document, page, _DECIDES)
