"""Kaiten's developer pages: tables under headings, answers by status, a curl sample at the end.

Flat text has path and query tables in rows that run together (`card_idrequiredintegerCard ID`), and attributes with a
cell a line: of a request in tight blocks, where a type that stands alone is an alternative; of an answer with blanks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.readers import words
from contracts.readers.page import MEMBER, METHODS, Attribute, Operation, Page, Response
from contracts.readers.reading import split_url, unique
from contracts.readers.text import Document, Line, is_rule

NAME = "kaiten"
HIDDEN: Mapping[str, tuple[str, ...]] = {
    "flat": ("samples of answers, which are closed", "closed schemas of objects and lists"),
    "tabs": ("samples of answers, which are closed", "closed schemas of objects and lists"),
    "markdown": (
        "the title", "the headings of sections", "the numbers of statuses", "values in lists inside cells",
        "names that the site protects from robots", "closed schemas of objects and lists",
    ),
}  # fmt: skip
_HEADERS = {
    "NameTypeReference": "path", "NameValue": "header", "NameTypeConstraintsDescription": "request",
    "NameTypeDescription": "answer", "DescriptionResponsetypeExample": "response",
}  # fmt: skip
_HEADINGS = {
    "Path parameters",
    "Headers",
    "Attributes",
    "Query",
    "Responses",
    "Response Attributes",
    "Examples",
    "schema",
}
_NOTHING = "A schema has not been defined for this response code."
_NO_BODY = "Response body does not exist"
_WORD = r"(?:null|string|number|integer|boolean|object|array(?: of [a-z]+)?|enum)"
_TYPE = re.compile(rf"{_WORD}(?: \| {_WORD})*")
_LABEL = re.compile(r"([A-Za-z_$@][\w$.\[\]{}@-]*?)\s*(required)?\s*(Deprecated\b.*)?")
_ROW = re.compile(rf"(?P<required>required)?(?P<type>{_WORD}(?: \| {_WORD})*)(?P<rest>.*)")
_RESPONSE = re.compile(
    rf"(.*?)\s*(Array of [a-z]+s|Objects?|Array|String|Number|Integer|Boolean|Null)?\s*({_NO_BODY})?\s*"
)
_CURL = re.compile(r"^\s*(?:\d+\s+)?curl --request ([A-Z]+)")
_CONDITIONAL = re.compile(r"\b(?:only|depend\w*|if|when|unless|optional\w*)\b", re.IGNORECASE)
_DECIDES = re.compile(r"\b(?:includ\w+|controls?|returns?)\b", re.IGNORECASE)


def fits(document: Document) -> int:
    """Its table headers, which no other layout has, and its own sentences."""
    compact = [re.sub(r"[\s|]", "", line.text) for line in document.lines]
    return sum(2 for text in compact if text in ("NameTypeReference", "DescriptionResponsetypeExample")) + sum(
        text.startswith(("ClickTryIt!", _NOTHING.replace(" ", ""), "NameTypeConstraintsDescription"))
        for text in compact
    )


@dataclass
class _Table:
    """The rows below one header, and under which heading they stand."""

    kind: str
    heading: str
    columns: int
    rows: list[Line] = field(default_factory=list)


def read(document: Document, page: Page) -> None:
    """Fill the model."""
    operation = Operation()
    page.operations.append(operation)
    lines = [line for line in document.lines if not (is_rule(line) and page.quiet("table header", line.number) is None)]
    end = _footer(lines, operation, page)
    tables, rest = _tables(lines[:end], page)
    _head(rest, operation, page)
    _requests(tables, operation, page)
    _answers(tables, operation, page)
    queries = [a for a in operation.attributes if a.where == "query"]
    texts = {line.number: line.text for line in document.lines}
    operation.answers_vary = any(_DECIDES.search(texts[n]) for a in queries for n in a.lines)
    _require_answers(operation, texts)
    _notice(operation, texts, page)
    if end == len(lines):
        page.cut = f"the text ends at line {document.total}; what stands below it on the page cannot be known"


# The account of lines outside tables.


def _footer(lines: list[Line], operation: Operation, page: Page) -> int:
    """Read the samples and navigation at the end, and tell where they begin."""
    start = len(lines)
    for index, line in enumerate(lines):
        following = next((one.text for one in lines[index + 1 :] if one.text), "")
        ends = line.text == "logo" and following == "Kaiten"
        ends |= line.text == "Path Parameters" and bool(_CURL.match(following))
        if ends or _CURL.match(line.text):
            start = index
            break
    for line in lines[start:]:
        if not line.text:
            continue
        curl = _CURL.match(line.text)
        url = re.search(r"--url '(https?://[^']+)'", line.text)
        if curl:
            operation.lines.add(line.number)
            operation.method = operation.method or curl[1]
        elif url and (address := split_url(url[1], {line.number})):
            operation.lines.add(line.number)
            _address(operation, address.server, address.path, line.number)
        elif "--header 'Accept: application/json'" in line.text:
            page.quiet("sample code", line.number)
            operation.body_lines.add(-line.number)  # the media type of success; see `_answers`
        elif "--header 'Content-Type: " in line.text:
            page.quiet("sample code", line.number)
            operation.media_lines.add(-line.number)
        elif re.match(r"\d+(?:\s|$)", line.text) or line.text.startswith("--"):
            page.quiet("sample code", line.number)
        elif line.text in ("Path Parameters", "Response"):
            page.quiet("heading", line.number)
        else:
            page.quiet("navigation", line.number)
    return start


def _address(operation: Operation, server: str, path: str, number: int) -> None:
    from contracts.readers.page import Address

    if operation.addresses and (operation.addresses[0].server, operation.addresses[0].path) == (server, path):
        operation.addresses[0].lines.add(number)
    elif not operation.addresses:
        operation.addresses.append(Address(server, path, {number}))


def _tables(lines: list[Line], page: Page) -> tuple[list[_Table], list[Line]]:
    """The tables of a page with their rows, and the lines that stand before the first one."""
    tables: list[_Table] = []
    before: list[Line] = []
    heading = ""
    index = 0
    while index < len(lines):
        line = lines[index]
        following = next((one for one in lines[index + 1 :] if one.text), None)
        kind, used = _header(lines, index)
        if kind:
            columns = {"path": 3, "header": 2, "request": 4, "answer": 3, "response": 3}[kind]
            if (
                kind == "response"
                and tables
                and tables[-1].rows
                and re.fullmatch(r"[1-5]\d\d", tables[-1].rows[-1].text)
            ):
                tables.append(_Table(kind, tables[-1].rows.pop().text, columns, []))
                tables[-1].rows.append(lines[_before(lines, index)])
            elif kind == "response" and before and not tables and re.fullmatch(r"[1-5]\d\d", before[-1].text):
                tables.append(_Table(kind, before[-1].text, columns, [before.pop()]))
            else:
                tables.append(_Table(kind, heading, columns))
            page.quiet("table header", *(one.number for one in lines[index : index + used] if one.text))
            index += used
            continue
        if _is_heading(line, following, lines, index):
            heading = line.text if line.text != "schema" else heading
            page.quiet("heading", line.number)
            if line.text in ("Responses", "Examples"):
                tables.append(_Table("", line.text, 0))
        elif line.text == "Open" and tables and tables[-1].kind == "response":
            page.quiet("navigation", line.number)
        elif line.text == _NOTHING:
            page.quiet("navigation", line.number)
        elif tables:
            tables[-1].rows.append(line)
        else:
            before.append(line)
        index += 1
    return tables, before


def _before(lines: list[Line], index: int) -> int:
    """The index of the last line before `index` that is not blank."""
    return next(number for number in range(index - 1, -1, -1) if lines[number].text)


def _header(lines: list[Line], index: int) -> tuple[str, int]:
    """The kind of table whose header begins at a line, and how many lines it takes: one, or one a column."""
    text = ""
    for used in range(1, 6):
        if index + used > len(lines):
            break
        text += re.sub(r"[\s|]", "", lines[index + used - 1].text)
        longer = any(key.startswith(text) and key != text for key in _HEADERS)
        if text in _HEADERS and (used == 1 or lines[index].text in ("Name", "Description")):
            return _HEADERS[text], used
        if not longer:
            break
    return "", 0


def _is_heading(line: Line, following: Line | None, lines: list[Line], index: int) -> bool:
    if line.text not in _HEADINGS or line.cells:
        return False
    if following is None:
        return True
    if line.text == "Responses":
        return bool(re.fullmatch(r"[1-5]\d\d", following.text))
    if line.text == "Examples":
        return not _TYPE.fullmatch(following.text)
    place = next(number for number in range(index + 1, len(lines)) if lines[number].text)
    return bool(_header(lines, place)[0]) or (line.text == "Attributes" and following.text == "schema")


def _head(lines: list[Line], operation: Operation, page: Page) -> None:
    """Title, method, address and the paragraphs before the first table."""
    shown = [line for line in lines if line.text]
    for index, line in enumerate(shown):
        address = split_url(line.text, {line.number}) if re.fullmatch(r"https?://\S+", line.text) else None
        if line.text in METHODS and index + 1 < len(shown) and shown[index + 1].text.startswith("http"):
            operation.method = line.text
            operation.lines.add(line.number)
            if index == 1:
                operation.title = shown[0].text
                operation.lines.add(shown[0].number)
                page.prose.discard(shown[0].number)
        elif address:
            operation.addresses = [a for a in operation.addresses if a.path == address.path] or operation.addresses
            operation.lines.add(line.number)
            if not operation.addresses:
                operation.addresses = [address]
            elif operation.addresses[0].path == address.path:
                operation.addresses[0].lines.add(line.number)
            else:
                operation.addresses = [address]
        elif re.fullmatch(r"[1-5]\d\d", line.text):
            continue
        else:
            page.prose.add(line.number)


# Requests.


def _requests(tables: list[_Table], operation: Operation, page: Page) -> None:
    requests = [table for table in tables if table.kind == "request"]
    for table in tables:
        if table.kind == "path":
            operation.attributes += unique(_rows(table, "path", page))
        elif table.kind == "header":
            _media(table, operation, page)
        elif table.kind == "request":
            where = _where(table, requests, operation)
            found = unique(_rows(table, where, page))
            for one in found:
                one.required = bool(one.required)
            operation.attributes += found
        elif not table.kind and table.heading == "Examples":
            _example(table, operation, page)
    for one in operation.attributes:
        one.required = True if one.where == "path" else one.required
    operation.media_lines = {abs(n) for n in operation.media_lines if n > 0 or operation.media}
    if operation.method in ("GET", "HEAD") or not any(a.where == "body" for a in operation.attributes):
        page.quiet("header without a body", *(operation.media_lines - page.silent.get("sample code", set())))
        if operation.method in ("GET", "HEAD", "DELETE"):
            operation.media, operation.media_lines = "", set()


def _where(table: _Table, requests: list[_Table], operation: Operation) -> str:
    """Body or query: by the heading, and in Markdown, which has none, by method, order and the bars of the rows."""
    if table.heading in ("Attributes", "Query"):
        return "body" if table.heading == "Attributes" else "query"
    if operation.method in ("GET", "HEAD"):
        return "query"
    if len(requests) > 1:
        return "body" if table is requests[0] else "query"
    return "query" if table.rows and all(row.lead for row in table.rows if row.cells) else "body"


def _media(table: _Table, operation: Operation, page: Page) -> None:
    cells = [cell for row in table.rows if row.text for cell in (row.cells or (row.text,)) if cell]
    numbers = {row.number for row in table.rows if row.text}
    found = re.match(r"Content-Type\s*:?\s*([\w.+-]+/[\w.+-]+)", " ".join(cells))
    if found:
        operation.media = found[1]
        operation.media_lines |= numbers


def _example(table: _Table, operation: Operation, page: Page) -> None:
    """A sample of the body, under a title."""
    import json

    rows = [row for row in table.rows if row.text]
    start = next((index for index, row in enumerate(rows) if row.text[0] in "{["), None)
    page.quiet("heading", *(row.number for row in rows[:start]))
    if start is None:
        return
    numbers = {row.number for row in rows[start:]}
    try:
        value = json.loads("\n".join(row.raw for row in rows[start:]))
    except ValueError:
        page.quiet("sample code", *numbers)
        return
    operation.examples["body"] = (value, numbers)


def _rows(table: _Table, where: str, page: Page) -> list[Attribute]:
    """The attributes of a table, whatever form its rows have."""
    rows = [row for row in table.rows if row.text]
    if any(row.cells for row in rows):
        return _celled(table, where, rows)
    joined = [_joined(row, where) for row in rows]
    if where in ("path", "query") and joined and joined[0]:
        return [one for one in joined if one]
    return _blocks(table.rows, where)


def _joined(row: Line, where: str) -> Attribute | None:
    """A row whose cells run together; of several ways to part it the one with the likeliest name and rest."""
    best: tuple[int, re.Match[str], str] | None = None
    for end in range(1, min(len(row.text), 80)):
        name, found = row.text[:end], _ROW.match(row.text[end:])
        if not found or not re.fullmatch(r"[A-Za-z_$@][\w$.\[\]{}@-]*", name):
            continue
        rest = found["rest"]
        score = 4 * bool(found["required"]) * (not name.endswith(("_", "-"))) + 2 * (not name.endswith(("_", "-", ".")))
        plain = not rest or not rest[0].islower() or found["type"] == "enum"
        score += 2 * (plain or bool(words.BOUND.match(rest) or re.match(r"[\w.-]+ \| \S", rest)))
        score += bool(rest[:1].isupper())
        if best is None or score > best[0]:
            best = (score, found, name)
    if best is None or best[0] < 3:
        return None
    _, found, name = best
    one = _new(where, name, {row.number}, found["type"], bool(found["required"]))
    _constrain(one, found["type"], found["rest"])
    return one


def _constrain(one: Attribute, kind: str, rest: str) -> None:
    """The constraint that may stand between a type and a description that run together."""
    bounds, rest = words.bounds_of(rest)
    words.say_bounds(one, bounds, set())
    one.of.clear()
    listed = re.match(r"\[[^\]]*\]", rest)
    values = words.bracketed(listed[0]) if listed else None
    if listed and values:
        words.say_enum(one, values)
        rest = rest[listed.end() :]
    elif not bounds and (found := _run_of_values(rest, kind)):
        values, rest = found
        words.say_enum(one, values)
    elif kind.endswith("enum") and (values := words.described(rest)):
        words.say_enum(one, values)
    words.say_format(one, rest)


def _run_of_values(text: str, kind: str) -> tuple[list[object], str] | None:
    """Values before a description: `none | full` and the like, or for an enum divided by blanks."""
    bars = re.match(r"[\w.-]+(?: \| [\w.-]+)+", text)
    if bars:
        first, _, last = bars[0].rpartition(" | ")
        word, _ = words.split_run(last)
        values = words.barred(f"{first} | {word}")
        follows = text[bars.end() - len(last) + len(word) :]
        return (list(values), follows) if values and (word != last or not follows.strip()) else None
    if not kind.endswith("enum") or not re.match(r"[a-z0-9_]|[A-Z]{2}", text):
        return None
    found: list[object] = []
    for index, token in enumerate(text.split(" ")):
        meaning = re.match(r"(\S+) [-–—] ", " ".join(text.split(" ")[index:]))
        known = [str(value) for value in found if meaning]
        tail = next(
            (n for n in range(1, len(token)) if any(v == token[n:] or v.startswith(token[n:]) for v in known)), 0
        )
        word = token[:tail] if tail else words.split_run(token)[0]
        if not re.fullmatch(r"[\w.-]+", word):
            return None
        found.append(words.value_of(word, ("integer",) if word.lstrip("-").isdigit() else ("string",)))
        if word != token or index + 1 == len(text.split(" ")):
            rest = " ".join([token[len(word) :], *text.split(" ")[index + 1 :]])
            return (found, rest) if len(found) > 1 or word != token else None
    return None


def _new(where: str, name: str, lines: set[int], kind: str, required: bool) -> Attribute:
    steps = (name,) if where in ("path", "query", "header") else tuple(step for step in name.split(".") if step)
    one = Attribute(where, steps, lines, required=required or None)
    found = words.types_of(kind)
    if found:
        one.add_types(found.types, found.items)
    return one


def _celled(table: _Table, where: str, rows: list[Line]) -> list[Attribute]:
    """Rows that have cells; Markdown drops empty ones and doesn't escape bars in them."""
    found: list[Attribute] = []
    spanning = False
    for row in rows:
        cells = [cell.replace("\n", " ") for cell in row.cells]
        if not cells:
            continue
        if len(cells) > table.columns and cells[1] == "required":
            cells[:2] = [f"{cells[0]} required"]
        name = _LABEL.fullmatch(cells[0]) if cells[0] else None
        is_type = bool(_TYPE.fullmatch(cells[0]))
        if (is_type and not (len(cells) > 1 and _TYPE.match(cells[1]))) or not cells[0]:
            if found and where == "body" and (cells[0] == "null" or spanning or not cells[0]):
                _cells_say(found[-1], cells if cells[0] else cells[1:], table.columns - 1, row, alternative=True)
            continue
        spanning = row.lead
        if not name or len(cells) < 2:
            continue
        label, required = _label(cells[0])
        one = _new(where, label, {row.number}, "", required)
        if name[3]:
            one.says["deprecated"] = True
        _cells_say(one, cells[1:], table.columns - 1, row)
        found.append(one)
    return found


def _cells_say(one: Attribute, cells: list[str], columns: int, row: Line, *, alternative: bool = False) -> None:
    """What the cells after the name say: types, constraints, description."""
    one.lines.add(row.number)
    enum = False
    constraint: list[str] = []
    while cells:
        kind = re.match(rf"({_TYPE.pattern})(?:\s+(?=\S*:|\[)(.*))?$", cells[0])
        if not kind:
            break
        found = words.types_of(kind[1])
        if found:
            one.add_types(found.types, found.items)
            enum |= found.enum
        constraint += [kind[2]] if kind[2] else []
        cells.pop(0)
    shifted = bool(cells) and not cells[-1] and "\t" not in row.raw
    exact = columns == 3 and "\t" in row.raw and len(cells) == 2
    rest = [cell for cell in cells if cell]
    if exact:
        constraint += [cells[0]] if cells[0] else []
        rest = cells[1:]
    elif columns == 3 and not shifted and rest and _is_constraint(rest):
        constraint += [" | ".join(rest[:-1])] if len(rest) > 1 else [rest[0]]
        rest = rest[-1:] if len(rest) > 1 else []
    elif shifted and rest and words.bracketed(rest[0]):
        constraint.append(rest.pop(0))
    for text in constraint:
        _cell_constrains(one, text)
    description = " | ".join(rest)
    if enum and "enum" not in one.says and (values := words.described(description)):
        words.say_enum(one, values)
    words.say_format(one, description)


def _is_constraint(cells: list[str]) -> bool:
    head = cells[:-1] if len(cells) > 1 else cells
    if all(re.fullmatch(r"[\w.-]+", cell) for cell in head):
        return len(cells) > 1
    return bool(words.BOUND.match(head[0]) or words.bracketed(head[0]))


def _cell_constrains(one: Attribute, text: str) -> None:
    bounds, rest = words.bounds_of(text)
    words.say_bounds(one, bounds, set())
    one.of.clear()
    rest = rest if bounds else text
    values = words.bracketed(rest) or words.barred(rest)
    blanks = rest.split()
    if not values and not one.types and len(blanks) > 1 and all(re.fullmatch(r"[\w.-]+", part) for part in blanks):
        values = list(blanks)
    if values:
        words.say_enum(one, values)


def _label(text: str) -> tuple[str, bool]:
    """A name without the word `required` that runs into it; a name may be that word, or end with it (`is_required`)."""
    found = _LABEL.fullmatch(text)
    if not found:
        return text, False
    if found[2] and found[1].endswith(("_", "-", ".")):
        return text.removesuffix(found[3] or "").strip(), False
    return found[1], bool(found[2])


# Blocks: a cell a line.


def _blocks(rows: list[Line], where: str) -> list[Attribute]:
    """The attributes of a table with a cell a line."""
    starts: list[tuple[int, int]] = []  # of an attribute, and of its type within it
    index = 0
    while index < len(rows):
        kind = _type_of_block(rows, index, where)
        if kind:
            starts.append((index, kind - index))
        index = max(index, kind) + 1
    ends = [*(start for start, _ in starts[1:]), len(rows)][: len(starts)]
    return [_block(rows[start:end], kind, where) for (start, kind), end in zip(starts, ends, strict=True)]


def _type_of_block(rows: list[Line], index: int, where: str) -> int:
    """Where the type of an attribute stands that begins at a line, after `required` or a deprecation; else 0."""
    label = _LABEL.fullmatch(rows[index].text)
    if not label or rows[index].text == "null":
        return 0
    place = index + 1
    if label[3]:
        while place < len(rows) and place < index + 4 and rows[place].text and not _TYPE.fullmatch(rows[place].text):
            place += 1
    if place < len(rows) and rows[place].text == "required" and not label[2]:
        place += 1
    if where not in ("body", "query", "path") and place < len(rows) and not rows[place].text:
        place += 1
    return place if place < len(rows) and _TYPE.fullmatch(rows[place].text) else 0


def _block(rows: list[Line], place: int, where: str) -> Attribute:
    """One attribute; its type stands at `place` of its rows."""
    while not rows[-1].text:
        rows = rows[:-1]
    label, required = _label(rows[0].text)
    if where[0].isdigit() and not required:
        label = rows[0].text if " " not in rows[0].text and "Deprecated" not in rows[0].text else label
    required |= any(row.text == "required" for row in rows[1:place])
    first = rows[0].number
    one = _new(where, label, set(range(first, rows[-1].number + 1)), "", required)
    deprecated = _LABEL.fullmatch(rows[0].text)
    if deprecated and deprecated[3]:
        one.says["deprecated"] = True
    if required:
        one.of["required"] = set(range(first, max(first, rows[place - 1].number) + 1))
    _block_says(one, rows, place)
    return one


def _block_says(one: Attribute, rows: list[Line], place: int) -> None:
    """Types with their constraints and descriptions, one after the other."""
    first = rows[0].number
    description: list[str] = []
    enum = False
    index = place
    while index < len(rows):
        text, number = rows[index].text, rows[index].number
        alone = index == place or not rows[index - 1].text
        if text and alone and _TYPE.fullmatch(text):
            found = words.types_of(text)
            if found:
                one.add_types(found.types, found.items)
                enum |= found.enum
            one.of["type"] = one.of.get("type", set()) | (set(range(first, number + 1)) if index == place else {number})
        elif (bounds := words.bounds_of(text)[0]) and not words.bounds_of(text)[1]:
            words.say_bounds(one, bounds, set(range(first, number + 1)))
        elif text.startswith("["):
            last = next((n for n in range(index, len(rows)) if rows[n].text.endswith("]")), index)
            values = words.bracketed(" ".join(row.text for row in rows[index : last + 1]))
            if values:
                words.say_enum(one, values)
            index = last
        elif values := (words.barred(text) if not description and rows[index - 1].text else None):
            words.say_enum(one, values)
        elif text and text != "Schema":
            description.append(text)
        index += 1
    joined = " ".join(description)
    if enum and "enum" not in one.says and (values := words.described(joined)):
        words.say_enum(one, values)
    words.say_format(one, joined)


# Answers.


def _answers(tables: list[_Table], operation: Operation, page: Page) -> None:
    accept = {-n for n in operation.body_lines if n < 0}
    operation.body_lines = set()
    current: Response | None = None
    for table in tables:
        if table.kind == "response":
            current = _response(table, operation, page)
            if current and current.status.startswith("2") and current.types and accept:
                current.media_lines = {max(current.lines), *accept}
            elif current:
                current.media_lines = {max(current.lines)}
        elif table.kind == "answer" and current:
            found = unique(_rows(table, current.status, page))
            if current.status == "4XX":  # whose attributes these are cannot be told
                page.quiet("answer without a number", *(n for one in found for n in one.lines))
                continue
            for one in found:
                if current.types == ["array"]:
                    one.steps = (MEMBER, *one.steps)
            operation.attributes += found
    for status in ("2XX", "4XX"):
        same = [r for r in operation.responses if r.status == status]
        for other in same[1:]:
            same[0].lines |= other.lines
            operation.responses.remove(other)


def _response(table: _Table, operation: Operation, page: Page) -> Response | None:
    rows = [row for row in table.rows if row.text]
    numbered = rows and re.fullmatch(r"[1-5]\d\d", rows[0].text) and not rows[0].cells
    told = rows[1:] if numbered else rows
    if not told:
        return None
    cells = [cell for cell in told[0].cells if cell] if told[0].cells else [told[0].text]
    if len(told) > 1 and not told[0].cells and told[1].text in ("Object", "Array of objects", "String", _NO_BODY):
        cells.append(told[1].text)
        told = [told[0], told[1]]
    found = _RESPONSE.fullmatch(" ".join(cells))
    name = (found[1] if found else cells[0]) or cells[0]
    first_unnumbered = not any(r.status == "2XX" for r in operation.responses)
    status = rows[0].text if numbered else "2XX" if first_unnumbered and not operation.responses else "4XX"
    lines = {row.number for row in told[: len(told) if len(cells) > 1 and not told[0].cells else 1]}
    one = Response(status, name, lines | ({rows[0].number} if numbered else set()))
    kind = words.types_of(found[2] or "") if found else None
    one.types = list(kind.types) if kind else ([] if found and found[3] else None)
    if status == "4XX":
        one.types = None
    operation.responses.append(one)
    return one


def _require_answers(operation: Operation, texts: dict[int, str]) -> None:
    """A documented attribute of an answer is one that a client may rely on, unless the page lets it be absent."""
    for one in operation.attributes:
        if one.where[0].isdigit():
            said = " ".join(texts[n] for n in sorted(one.lines) if n in texts)
            one.required = None if operation.answers_vary or _CONDITIONAL.search(said) else True


def _notice(operation: Operation, texts: dict[int, str], page: Page) -> None:
    """Descriptions that say more than a name are for a person to decide on."""
    for one in operation.attributes:
        first = min(one.lines)
        for number in one.lines:
            text = texts.get(number, "")
            if number != first or len(one.lines) == 1:
                plain = words.BOUND.match(text) or words.bracketed(text) or _TYPE.fullmatch(text)
                if text and not plain and words.checkable(text):
                    page.prose.add(number)
