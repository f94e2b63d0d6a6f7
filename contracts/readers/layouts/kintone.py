"""kintone's REST API pages: a table of method, URLs and authentication, tables of parameters, samples, limitations."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from contracts.readers import words
from contracts.readers.page import ENTRY, METHODS, Attribute, Operation, Page, Response, Scheme, steps_of
from contracts.readers.reading import split_url, unique
from contracts.readers.rows import Row, header_at, rows_of
from contracts.readers.text import Document, Line, is_rule

NAME = "kintone"
HIDDEN: Mapping[str, tuple[str, ...]] = {
    "markdown": ("samples", "lists inside cells, and with them values", "which of several texts is a link"),
}
_HEADERS = {
    "parametervaluerequireddescription": "request", "parametertyperequireddescription": "request",
    "parametertypedescription": "plain", "parametervaluedescription": "plain",
}  # fmt: skip
_KEY = re.compile(
    r"(Method|UR[LI] ?\([^)]*\)|URI for [A-Z][\w ]*Apps|UR[LI]|Authentication|Content-Type)\s*:?\s*(?:\|\s*)?(.*?)[\s|]*"
)
_ACTION = re.compile(rf"\b({'|'.join(METHODS)}) ?/[\w/.{{}}-]+\.json")
_SAMPLE = re.compile(
    r"(?:Sample|Example) (?:Request|Response|Reqeust)s?\b.*|curl(?: Sample)?|JavaScript\b.*|XMLHttpRequest\b.*|Query String|"
    r"Request (?:Header|Body)|Header|Body|URL"
)
_SECTION = re.compile(
    r"Contents|Permissions?(?: [Nn]eeded)?|Request Parameters?|Response Parameters?|Limitations?|Pre-live [Ss]ettings|Notes?|Attention|"
    r"caution|information|Response|Reference|Errors?|Properties .*"
)
_SCHEMES = {
    "api-token": (
        "API Token",
        {"type": "apiKey", "in": "header", "name": "X-Cybozu-API-Token", "description": "An API token"},
    ),
    "password": (
        "Password",
        {"type": "apiKey", "in": "header", "name": "X-Cybozu-Authorization", "description": "A password"},
    ),
    "session": ("Session", {"type": "apiKey", "in": "cookie", "name": "JSESSIONID", "description": "A session"}),
    "oauth2": ("OAuth", {"type": "http", "scheme": "bearer", "description": "An OAuth token"}),
}  # headers and cookie are the vendor's; where no sample shows them they are implied
_CONDITIONAL = re.compile(r"\b(?:only|depend\w*|if|when|unless|optional\w*|ignored)\b", re.IGNORECASE)


def fits(document: Document) -> int:
    """Its table of method and URL, and its headers of tables."""
    texts = [line.text for line in document.lines]
    found = sum(
        3 for text in texts if re.search(r"https?://[^/\s]+/k/(?:guest/|v\d)", text) and _KEY.match(text.lstrip("| "))
    )
    found += sum(
        2 for text in texts if re.match(r"\|?\s*(?:Method\s*\|?\s*(?:GET|POST|PUT|DELETE|PATCH)\b|URI$|URI for )", text)
    )
    return found + sum(1 for index in range(len(texts)) if header_at(document.lines, index, _HEADERS)[0])


def read(document: Document, page: Page) -> None:
    """Fill the model: first what becomes of each line, section by section, then what the tables say."""
    operation = Operation()
    page.operations.append(operation)
    lines = list(document.lines)
    first = next(
        (n for n, line in enumerate(lines) if header_at(lines, n, _HEADERS)[0] or line.text == "Request Parameters"),
        len(lines),
    )
    _head(lines[:first], operation, page)
    section, start = "head", first
    for index in range(first, len(lines) + 1):
        kind = _section_at(lines, index, section) if index < len(lines) else "end"
        if kind:
            _section(lines[start:index], section, operation, page)
            section, start = kind, index
    _complete(operation, {line.number: line.text for line in lines}, page)
    ended = (
        any(line.text == "Limitations" or line.text.startswith("Limitations") for line in lines)
        or document.form == "markdown"
    )
    if not ended and section != "end" or lines[-1].text and _unfinished(lines):
        page.cut = f"the text ends at line {max(line.number for line in lines if line.text)}; what stands below it cannot be known"


def _unfinished(lines: Sequence[Line]) -> bool:
    """Whether the text stops within a sample."""
    opened = sum(line.text.count("{") - line.text.count("}") for line in lines)
    return opened > 0 or bool(re.fullmatch(r"\d+", lines[-1].text))


# The head.


def _head(lines: Sequence[Line], operation: Operation, page: Page) -> None:
    shown = [line for line in lines if line.text and not is_rule(line)]
    skip = 0
    for index, line in enumerate(shown):
        if skip:
            skip -= 1
            continue
        key = _KEY.fullmatch(" | ".join(line.cells) or line.text) if not line.bullet else None
        action = _ACTION.search(line.text)
        value = key[2] if key else ""
        numbers = {line.number}
        following = shown[index + 1].text.strip(" |") if index + 1 < len(shown) else ""
        if key and not value and following and not _KEY.fullmatch(following):
            value, skip = following, 1
            numbers.add(shown[index + 1].number)
        if key and value and _keyed(key[1], value, numbers, operation):
            continue
        skip = 0
        if index == 0:
            operation.title = line.text
            operation.lines.add(line.number)
        elif action and not operation.method:
            operation.method = action[1]
            operation.lines.add(line.number)
        elif _SECTION.fullmatch(line.text) or line.text == operation.title:
            page.quiet("heading", line.number)
        elif is_rule(line) or not line.text.strip("| "):
            page.quiet("navigation", line.number)
        else:
            page.prose.add(line.number)
    page.quiet("table header", *(line.number for line in lines if is_rule(line)))


def _keyed(key: str, value: str, numbers: set[int], operation: Operation) -> bool:
    """A row of the table at the head; False where the value is none of its kind."""
    if key == "Method":
        operation.method = value if value in METHODS else operation.method
        operation.lines |= numbers
        return value in METHODS
    if key.startswith("UR"):
        address = split_url(value, numbers)
        if address:
            operation.lines |= numbers if not operation.addresses else set()
            operation.addresses.append(address)
        return address is not None
    if key == "Authentication":
        for name, (word, facts) in _SCHEMES.items():
            if word.lower() in value.lower():
                operation.security.append(Scheme(name, dict(facts), set(numbers)))
        return bool(operation.security)
    media = re.match(r"[\w.+-]+/[\w.+-]+", value)
    if media:
        operation.media, operation.media_lines = media[0], set(numbers)
        operation.media_implied = "query string" in value
    return media is not None


# Sections.


def _section_at(lines: Sequence[Line], index: int, section: str) -> str:
    """The kind of section that begins at a line, or nothing."""
    text = lines[index].text
    if lines[index].cells or not text:
        return ""
    if re.match(r"Request Parameters?$", text):
        return "request"
    if re.match(r"Response Parameters?$", text):
        return "response"
    if re.match(r"(?:Sample|Example) Responses?\b", text):
        return "answer"
    if section in ("request", "response") and text in ("Body", "Header", "URL", "curl"):
        return ""
    if _SAMPLE.fullmatch(text):
        return "answer" if section == "answer" and text == "Body" else "sample"
    return (
        "prose"
        if _SECTION.fullmatch(text)
        or (section in ("sample", "answer") and re.fullmatch(r"[A-Z][a-z]+(?: [A-Z][a-z]+)+", text))
        else ""
    )


def _section(lines: Sequence[Line], section: str, operation: Operation, page: Page) -> None:
    if not lines:
        return
    if section != "head":
        page.quiet("heading", lines[0].number)
        page.prose.discard(lines[0].number)
    if section in ("request", "response", "head"):
        _parameters(lines, section, operation, page)
    elif section in ("sample", "answer"):
        _sample(lines[1:], section, operation, page)
    else:
        for line in lines[1:]:
            if line.text.strip("| "):
                page.prose.add(line.number)
            elif line.text:
                page.quiet("navigation", line.number)


def _parameters(lines: Sequence[Line], section: str, operation: Operation, page: Page) -> None:
    """A table of parameters and the sentences around it."""
    place = next((n for n in range(len(lines)) if header_at(lines, n, _HEADERS)[0]), None)
    if section == "response":
        _response(lines, place, operation)
    before = (
        lines[1:place] if place is not None and section != "head" else lines[1:] if section != "head" else lines[:place]
    )
    page.prose.update(line.number for line in before if line.text.strip("| ") and not is_rule(line))
    if place is None:
        return
    kind, used = header_at(lines, place, _HEADERS)
    page.quiet("table header", *(line.number for line in lines[place : place + used]))
    rest = lines[place + used :]
    page.quiet("table header", *(line.number for line in rest if is_rule(line)))
    end = next((n for n, line in enumerate(rest) if _note(rest, n)), len(rest))
    page.prose.update(line.number for line in rest[end:] if line.text.strip("| "))
    page.quiet("navigation", *(line.number for line in rest if line.text and not line.text.strip("| ")))
    where = "2XX" if section == "response" else _where(operation)
    answers = section == "response"
    operation.attributes += unique(
        [_attribute(row, where) for row in rows_of(rest[:end], required=kind == "request" and not answers)]
    )


def _note(lines: Sequence[Line], index: int) -> bool:
    """Whether a footnote begins, which belongs to no row."""
    raw = lines[index].raw.lstrip()
    return raw.startswith("*") and not raw.startswith("* ") and not lines[index].cells


def _where(operation: Operation) -> str:
    """GET has its parameters in the query; DELETE too, where the page says that a query string will do."""
    return (
        "query" if operation.method == "GET" or (operation.method == "DELETE" and operation.media_implied) else "body"
    )


def _attribute(row: Row, where: str) -> Attribute:
    steps = (row.name,) if where == "query" else steps_of(row.name)
    one = Attribute(where, steps, row.lines)
    found = words.types_of(row.kind)
    if found:
        one.add_types(found.types, found.items)
    if row.required:
        one.required = {"Y": True, "R": True, "N": False, "O": False}.get(row.required[0])
    words.say_format(one, row.text)
    values = _listed(row)
    if values and "string" in one.types:
        one.says["enum"] = values
        one.implied.add("enum")
    return one


def _listed(row: Row) -> list[object]:
    """The values of a list in a cell, below a line that ends with a colon: they stand between the lines."""
    bullets = [line for line in row.description if line.bullet]
    found = [re.match(r"\"?([\w-]+)\"?(?=:|$)", line.text) for line in bullets]
    lead = next((row.description[n - 1] for n, line in enumerate(row.description) if line.bullet and n), None)
    good = len(found) > 1 and all(found) and lead is not None and lead.text.endswith(":")
    return [one[1] for one in found if one] if good else []


def _response(lines: Sequence[Line], place: int | None, operation: Operation) -> None:
    last = lines[place].number if place is not None else max(line.number for line in lines[:4] if line.text)
    numbers = set(range(lines[0].number, last + 1))
    empty = any(re.search(r"empty JSON", line.text) for line in lines)
    types = ["object"] if empty or place is not None else None
    operation.responses.append(Response("2XX", "A conforming request", numbers, types, implied={"type"}))


# Samples.


def _sample(lines: Sequence[Line], section: str, operation: Operation, page: Page) -> None:
    for line in lines:
        if not line.text:
            continue
        page.quiet("sample code", line.number)
        path = operation.addresses[0].path if operation.addresses else ""
        if (
            path
            and f"'{path}" in line.text.replace("https://{subdomain}.kintone.com", "")
            and operation.method in line.text
        ):
            operation.lines.add(line.number)
            if "curl" in line.text:
                operation.addresses[0].lines.add(line.number)
        for scheme in operation.security:
            header = str(scheme.facts.get("name", ""))
            if header and header in line.text and "curl" not in line.text:
                scheme.lines.add(line.number)
        if "'Content-Type: application/json'" in line.text and operation.method not in ("GET", "DELETE"):
            operation.media_lines.add(line.number)
    literals = _literals(lines)
    if section == "answer" and literals:
        numbers, value = literals[0]
        if not operation.responses:
            operation.responses.append(Response("2XX", "A conforming request", numbers))
        elif value is not None and operation.responses[0].types:
            operation.examples["2XX"] = (value, numbers)
            operation.responses[0].media_lines = numbers
    elif section == "sample" and operation.method not in ("GET", "DELETE"):
        for numbers, value in literals:
            operation.body_lines |= numbers
            if value is not None or "body" in operation.examples:
                known, there = operation.examples.get("body", (value, set()))
                operation.examples["body"] = (known, there | numbers)


def _literals(lines: Sequence[Line]) -> list[tuple[set[int], object]]:
    """Objects written out in samples, each with its lines, and as JSON where it is such."""
    found: list[tuple[set[int], object]] = []
    start = None
    for index, line in enumerate(lines):
        if start is None and re.search(r"(?:^|body = |-d ')\{$", line.text):
            start = index
        elif start is not None and re.fullmatch(r"\}[;']?", line.raw.rstrip()):
            text = "\n".join(one.raw for one in lines[start : index + 1])
            inner = text[text.index("{") : text.rindex("}") + 1]
            try:
                value = json.loads(inner if '"' in inner else inner.replace("'", '"'))
            except ValueError:
                value = None
            found.append(({one.number for one in lines[start : index + 1]}, value))
            start = None
    return found


def _complete(operation: Operation, texts: dict[int, str], page: Page) -> None:
    order = list(_SCHEMES)
    operation.security.sort(key=lambda scheme: order.index(scheme.name))
    for scheme in operation.security:
        if len(scheme.lines) < 2 and scheme.name != "oauth2":
            scheme.implied.add("*")
    if not any(a.where == "body" for a in operation.attributes) and operation.method in ("GET", "DELETE"):
        page.quiet("header without a body", *operation.media_lines)
        operation.media, operation.media_lines = "", set()
    operation.media_implied = False
    vary = any(
        re.search(r"included in the response", texts[n])
        for a in operation.attributes
        if a.where == "query"
        for n in a.lines
    )
    for one in operation.attributes:
        said = " ".join(texts.get(n, "") for n in sorted(one.lines))
        if one.where == "2XX":
            one.required = None if vary or ENTRY in one.steps or _CONDITIONAL.search(said) else True
        if "query" in {one.where} and one.required is None:
            one.required = None
        for number in one.lines:
            if words.checkable(texts.get(number, "")):
                page.prose.add(number)
