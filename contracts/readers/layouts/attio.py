"""Attio's endpoint reference, and other sites made with Mintlify: a sample, then sections of attributes.

Where a form shows names, an attribute is its name, its type, words such as `required`, and a description. Flat text may
have lost the names: there a description is joined to the one place of a sample that holds its example value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.model import Json
from contracts.readers import words
from contracts.readers.page import METHODS, Address, Attribute, Operation, Page, Response, Scheme
from contracts.readers.samples import Sample, Text, samples_of, type_of
from contracts.readers.text import Document, Line

NAME = "attio"
HIDDEN: Mapping[str, tuple[str, ...]] = {
    "flat": ("children of closed attributes", "numbers of statuses in closed tabs"),
    "markdown": ("children of closed attributes", "bodies of answers in closed tabs"),
}
_SECTIONS = {
    "Authorizations": "security", "Path Parameters": "path", "Query Parameters": "query", "Headers": "header", "Body": "body",
    "Response": "response", "Header Parameters": "header",
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z_$@][\w$.\[\]{}@-]*")
_KIND = r"(?:enum<\w+>|string|number|integer|boolean|object|array|null|file|any)(?:<[\w-]+>)?(?:\[\])*"
_TYPE = re.compile(rf"(?:[\w .]+ · )?{_KIND}(?: \| {_KIND})*")
_FORMATTED = re.compile(r"string<([\w-]+)>")
_FORMATS = ("date-time", "date", "time", "uuid", "uri", "email", "ipv4", "ipv6", "hostname")
_FLAGS = re.compile(r"(?:(header|query|path|cookie)?(required)?|deprecated|read-only|write-only|optional)")
_LENGTH = re.compile(
    r"(Required|Minimum|Maximum) (string|array) length: (?:>= |<= )?(\d+)(?: - (\d+))?(?: elements?| characters?)?"
)
_RANGE = re.compile(r"Required range: (?:(-?[\d.]+) (<=?) )?x(?: (<=?|>=?) (-?[\d.]+))?")
_SCOPES = re.compile(r"Required scopes?:")
_SCOPE = re.compile(r"[a-z_]+:[a-z_-]*[a-z]")
_END = re.compile(r"Was this page helpful\?.*")
_CHILDREN = re.compile(r"(?:Show|Hide) child attributes")
_OWN = re.compile(
    r"Documentation Index|Fetch the complete documentation index at: .*|Use this file to discover .*|Skip to main content|"
    r"Try it|Copy|Example:|Available options:|Show child attributes|Hide child attributes|Assistant|Responses are generated .*"
)
_NULL = re.compile(r"\b(?:[Ii]f|or|be|is|as) null\b")


def fits(document: Document) -> int:
    """Mintlify's sections, its curl sample, and its own sentences."""
    texts = [line.text.replace("\u200b", "") for line in document.lines]
    found = sum(1 for text in _SECTIONS if text in texts)
    found += sum(1 for text in set(texts) if _OWN.fullmatch(text) or _END.fullmatch(text) or _SCOPES.match(text))
    curl = any(re.match(r"curl --request [A-Z]+ \\$", text) for text in texts)
    return found + 2 * curl if curl or any(_TYPE.fullmatch(text) for text in texts) else 0


@dataclass
class _Item:
    """An attribute as it is written: name (perhaps lost), type, flags, description, options, example."""

    lines: set[int]
    name: str = ""
    kind: str = ""
    said: list[Line] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    rules: list[tuple[str, int]] = field(default_factory=list)
    options: list[Json] = field(default_factory=list)
    option_lines: set[int] = field(default_factory=set)
    examples: list[Json] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The description."""
        return " ".join(line.text for line in self.said)


def read(document: Document, page: Page) -> None:
    """Fill the model."""
    operation = Operation()
    page.operations.append(operation)
    text = Text(document.lines)
    samples = list(samples_of(text))
    rest = _outside(document.lines, text, samples)
    page.quiet("sample code", *(line.number for line in document.lines if line.raw.strip().startswith(("```", "'"))))
    page.quiet(
        "navigation", *(line.number for line in document.lines if not line.text.strip("\u200b# ") and line.raw.strip())
    )
    start = next((n for n, line in enumerate(rest) if line.text in _SECTIONS), None)
    named = any(_TYPE.fullmatch(b.text) and _NAME.fullmatch(a.text) for a, b in zip(rest, rest[1:], strict=False))
    _address(rest, samples, operation)
    _use(samples, operation, page)
    if named and start is not None:
        _head(rest[:start], operation, page)
        _sections(rest[start:], operation, page)
    else:
        page.hidden.insert(0, "names of attributes, but for those in samples")
        _nameless(rest, text, samples, operation, page)
    _from_samples(samples, operation)
    if not any(_END.fullmatch(line.text) for line in rest) and not (
        named and start is not None and operation.responses
    ):
        page.cut = f"the text ends at line {document.total}; what stands below it on the page cannot be known"


def _outside(lines: Sequence[Line], text: Text, samples: Sequence[Sample]) -> list[Line]:
    """The lines outside samples, and what stands on a sample's last line behind it, without blanks and fences."""
    used: set[int] = set()
    tails: dict[int, str] = {}
    for one in samples:
        used |= one.head | one.sent_lines | one.got_lines
        used = used.union(*one.headers.values())
        last = text.line(one.end - 1)
        end = text.text.find("\n", one.end)
        tail = text.text[one.end : end if end >= 0 else len(text.text)].strip(" '")
        used.add(last)
        tails[last] = tail
    found = []
    for line in lines:
        shown = tails.get(line.number, "") if line.number in used else line.text.replace("\u200b", "").strip("`")
        if shown and shown != "'" and not line.raw.strip().startswith("```"):
            found.append(Line(line.number, shown, shown, (), False, line.level, line.bullet))
    return found


# Method, address and samples.


def _address(rest: Sequence[Line], samples: Sequence[Sample], operation: Operation) -> None:
    """Method and path as the page writes them, a line each part, and the server of the sample."""
    for index, line in enumerate(rest):
        if line.text not in METHODS or index + 1 >= len(rest) or not rest[index + 1].text.startswith("/"):
            continue
        parts = []
        for one in rest[index + 1 :]:
            slash = one.text.startswith("/")
            if " " in one.text or (not slash and (not parts or parts[-1].text != "/")):
                break
            parts.append(one)
        operation.method = line.text
        numbers = {one.number for one in parts}
        operation.lines |= {line.number} | numbers
        operation.addresses = [Address("", "".join(one.text for one in parts), numbers)]
        break
    for sample in samples[:1]:
        found = re.match(r"(https?://[^/]+)(/[^?#]*)?", sample.url)
        if not found:
            continue
        if not operation.addresses:
            operation.method = operation.method or sample.method
            operation.addresses = [Address(found[1], found[2] or "/", set())]
        elif sample.url.endswith(operation.addresses[0].path):
            operation.addresses[0].server = sample.url.removesuffix(operation.addresses[0].path)


def _use(samples: Sequence[Sample], operation: Operation, page: Page) -> None:
    """What samples cite: the operation, its server, the media type of its body, its token."""
    for one in samples:
        operation.lines |= one.head
        if operation.addresses:
            operation.addresses[0].lines.add(max(one.head))
        for header, numbers in one.headers.items():
            media = re.match(r"Content-Type: (.+)", header)
            if media:
                operation.media = media[1]
                operation.media_lines |= numbers
            elif header.startswith("Authorization:"):
                scheme = _scheme(operation, "bearer" if "Bearer" in header else "authorization")
                scheme.lines |= numbers
            else:
                page.quiet("sample code", *numbers)
        if one.sent is not None:
            operation.body_lines |= one.sent_lines
            value, lines = operation.examples.get("body", (one.sent, set()))
            operation.examples["body"] = (value, lines | one.sent_lines)
        if one.got is not None:
            page.quiet("sample code", *one.got_lines)


def _scheme(operation: Operation, name: str) -> Scheme:
    if not operation.security:
        facts: dict[str, Json] = {"type": "http", "scheme": "bearer", "description": "A bearer token"}
        if name == "authorization":
            facts = {"type": "apiKey", "in": "header", "name": "Authorization", "description": "A token"}
        operation.security.append(Scheme(name, facts, set(), implied={"*"}))
    return operation.security[0]


def _authorise(operation: Operation, line: Line) -> bool:
    """What a sentence says of authentication and scopes; False where it says nothing of them."""
    if re.search(r"\buses OAuth 2\.0\b", line.text):
        scheme = _scheme(operation, "bearer")
        scheme.name = "oauth2"
        scheme.facts = {"type": "http", "scheme": "bearer", "description": "An OAuth 2.0 token"}
    elif re.match(r"Bearer authentication header\b", line.text):
        scheme = _scheme(operation, "bearer")
    elif _SCOPES.match(line.text) or (line.text.startswith(",") and _SCOPE.search(line.text)):
        scheme = _scheme(operation, "bearer")
        scheme.scopes += [scope for scope in _SCOPE.findall(line.text) if scope not in scheme.scopes]
    else:
        return False
    scheme.lines.add(line.number)
    if not _SCOPES.match(line.text):
        scheme.implied.clear()
    return True


# With names.


def _head(lines: Sequence[Line], operation: Operation, page: Page) -> None:
    """What stands before the first section: navigation, title, description, statuses of samples."""
    method = next((n for n, line in enumerate(lines) if line.number in operation.lines and line.text in METHODS), 0)
    titles = [n for n, line in enumerate(lines) if line.level == 1 and n <= method]
    last = max((n for n, line in enumerate(lines) if line.number in operation.lines), default=0)
    behind = last + 1 if not titles and last + 1 < len(lines) and not _OWN.fullmatch(lines[last + 1].text) else None
    title = titles[-1] if titles else behind
    for index, line in enumerate(lines):
        if line.number in operation.lines:
            continue
        if index == title:
            operation.title = line.text
            operation.lines.add(line.number)
        elif _authorise(operation, line):
            continue
        elif re.fullmatch(r"[1-5]\d\d", line.text):
            _status(operation, line.text, line.number)
        elif title is not None and title < index < method:
            page.prose.add(line.number)
        else:
            page.quiet("navigation", line.number)


def _status(operation: Operation, status: str, number: int) -> Response:
    found = next((r for r in operation.responses if r.status == status), None)
    if found is None:
        found = Response(status, "An answer that the page names", set(), None)
        operation.responses.append(found)
    found.lines.add(number)
    return found


def _sections(lines: Sequence[Line], operation: Operation, page: Page) -> None:
    end = next((n for n, line in enumerate(lines) if _END.fullmatch(line.text)), len(lines))
    starts = [n for n in range(end) if _section_at(lines, n)]
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        where = _SECTIONS[lines[start].text]
        page.quiet("heading", lines[start].number)
        body = list(lines[start + 1 : stop])
        if where == "response":
            where, body = _response(body, operation, page, lines[start].number)
        elif where == "body" and body and "/" in body[0].text and " " not in body[0].text:
            operation.media_lines.add(body[0].number)
            operation.media = body[0].text
            body = body[1:]
        for item in _items(body, page):
            if where == "security":
                _secure(item, operation)
            else:
                operation.attributes.append(_attribute(item, where, page))
    for line in lines[end:]:
        if re.fullmatch(r"[1-5]\d\d", line.text) and any(r.status == line.text for r in operation.responses):
            _status(operation, line.text, line.number)
        else:
            page.quiet("navigation", line.number)


def _section_at(lines: Sequence[Line], index: int) -> bool:
    """Whether a section begins, and not an attribute of that name."""
    following = lines[index + 1].text if index + 1 < len(lines) else ""
    return lines[index].text in _SECTIONS and (not _TYPE.fullmatch(following) or _is_item(lines, index + 1))


def _secure(item: _Item, operation: Operation) -> None:
    for line in item.said:
        _authorise(operation, line)
    if operation.security:
        operation.security[0].lines |= item.lines
        operation.security[0].implied.clear()


def _response(body: list[Line], operation: Operation, page: Page, heading: int) -> tuple[str, list[Line]]:
    """The lines before the first attribute: statuses, media type, name."""
    first = next((n for n in range(len(body)) if _is_item(body, n)), len(body))
    numbers: list[str] = []
    lines: set[int] = set()
    name, media = "", ""
    for line in body[:first]:
        found = re.fullmatch(r"([1-5]\d\d)(?: - ([\w.+-]+/[\w.+-]+))?", line.text)
        if found:
            numbers, media = [found[1], *numbers], found[2] or media
            lines.add(line.number)
        elif re.fullmatch(r"[1-5]\d\d(?: [1-5]\d\d)+", line.text):
            for status in line.text.split():
                _status(operation, status, line.number)
        elif re.fullmatch(r"[\w.+-]+/[\w.+-]+", line.text):
            media = line.text
            lines.add(line.number)
        elif not name or line.text == name:
            name = line.text
            lines.add(line.number)
        elif not _OWN.fullmatch(line.text):
            page.prose.add(line.number)
        else:
            page.quiet("navigation", line.number)
    status = numbers[-1] if numbers else "2XX"
    one = _status(operation, status, min(lines, default=heading))
    one.lines |= lines
    one.media, one.name = media, name if name and name != "Success" else "A conforming request"
    return status, body[first:]


def _is_item(lines: Sequence[Line], index: int) -> bool:
    return (
        index + 1 < len(lines)
        and bool(_NAME.fullmatch(lines[index].text))
        and bool(_TYPE.fullmatch(lines[index + 1].text))
    )


def _items(lines: Sequence[Line], page: Page) -> Iterator[_Item]:
    """The attributes of a section."""
    index = 0
    while index < len(lines) and not _is_item(lines, index):
        _stray(lines[index], page)
        index += 1
    while index < len(lines):
        item = _Item({lines[index].number, lines[index + 1].number}, lines[index].text, lines[index + 1].text)
        index += 2
        while index < len(lines) and not _is_item(lines, index):
            index = _add(item, lines, index)
        last = max(item.lines)
        item.lines = set(range(min(item.lines), last + 1))
        yield item


def _stray(line: Line, page: Page) -> None:
    if _OWN.fullmatch(line.text):
        page.quiet("navigation", line.number)
    else:
        page.prose.add(line.number)


def _add(item: _Item, lines: Sequence[Line], index: int) -> int:
    """Take what stands at a line into an attribute; the index behind it is returned."""
    line = lines[index]
    item.lines.add(line.number)
    text = line.text
    flag = _FLAGS.fullmatch(text)
    if flag and text:
        item.flags |= {part for part in ("required", "deprecated", "read-only") if part in text}
        return index + 1
    if text == "Available options:":
        return _options(item, lines, index + 1)
    if text.startswith("Example:"):
        return _example(item, lines, index)
    if not item.text and (words.BOUND.match(text) or _LENGTH.fullmatch(text) or _RANGE.fullmatch(text)):
        item.rules.append((text, line.number))
    elif _LENGTH.fullmatch(text) or _RANGE.fullmatch(text):
        item.rules.append((text, line.number))
    elif not _CHILDREN.fullmatch(text):
        item.said.append(line)
    return index + 1


def _options(item: _Item, lines: Sequence[Line], index: int) -> int:
    """The values behind `Available options:`, on one line or several, with commas between them."""
    while index < len(lines):
        text, _, example = lines[index].text.partition(" Example:")
        values = [value.strip(" `") for value in text.split(",")]
        if not all(re.fullmatch(r"[^\s]*", value) for value in values):
            break
        item.options += [words.value_of(value, ("string",)) for value in values if value]
        item.option_lines.add(lines[index].number)
        item.lines.add(lines[index].number)
        index += 1
        if example or (text == lines[index - 1].text and not text.endswith(",")):
            return _example(item, lines, index - 1) if text != lines[index - 1].text else index
    return index


def _example(item: _Item, lines: Sequence[Line], index: int) -> int:
    """`Example:` and the value below it, which may take several lines."""
    index += 1
    text = Text([Line(line.number, line.text, line.text.strip("`")) for line in lines[index:]])
    read = text.json_at(0) if index < len(lines) else None
    if read is None:
        if index < len(lines) and not _is_item(lines, index):
            item.lines.add(lines[index].number)
            return index + 1
        return index
    item.examples.append(read[0])
    numbers = text.lines(0, read[1])
    item.lines |= numbers
    return index + sum(1 for line in lines[index:] if line.number <= max(numbers))


def _attribute(item: _Item, where: str, page: Page) -> Attribute:
    steps = (
        (item.name,) if where in ("path", "query", "header") else tuple(part for part in item.name.split(".") if part)
    )
    one = Attribute(where, steps, item.lines)
    kind = item.kind.rpartition(" · ")[2]
    formatted = _FORMATTED.search(kind)
    found = words.types_of(re.sub(r"(string|number|integer)<[\w-]+>", r"\1", kind))
    if found:
        one.add_types(found.types, found.items)
    if formatted and formatted[1] in _FORMATS and one.types[:1] == ["string"]:
        one.says["format"] = formatted[1]
    if where[0].isdigit():
        one.required = True if "required" in item.flags else None
    else:
        one.required = "required" in item.flags
    for flag, keyword in (("deprecated", "deprecated"), ("read-only", "readOnly")):
        if flag in item.flags:
            one.says[keyword] = True
    for text, _ in item.rules:
        _rule(one, text)
    said = item.text
    words.say_format(one, said)
    if item.options and "array" not in one.types:
        one.says["enum"] = [words.value_of(str(value), one.types) for value in item.options]
    _sentences(one, said)
    page.prose |= {line.number for line in item.said if words.checkable(line.text)}
    return one


def _sentences(one: Attribute, said: str) -> None:
    """A default and a maximum that a sentence gives stand between the lines."""
    for pattern, keyword in ((r"\bdefault is `?(-?\d+)\b", "default"), (r"\bmaximum is `?(-?\d+)\b", "maximum")):
        found = re.search(pattern, said)
        if found and keyword not in one.says and {"integer", "number"} & set(one.types):
            one.says[keyword] = int(found[1])
            one.implied.add(keyword)


def _rule(one: Attribute, text: str) -> None:
    """One line of bounds."""
    length, span = _LENGTH.fullmatch(text), _RANGE.fullmatch(text)
    if length:
        noun = "Length" if length[2] == "string" else "Items"
        low, high = (length[3], length[4]) if length[1] != "Maximum" else ("", length[3])
        one.says |= ({f"min{noun}": int(low)} if low else {}) | ({f"max{noun}": int(high)} if high else {})
        if length[1] == "Required" and not length[4]:
            one.says[f"max{noun}"] = int(length[3])
    elif span:
        for value, sign in ((span[1], {"<": ">", "<=": ">="}.get(span[2] or "")), (span[4], span[3])):
            keyword = {">": "exclusiveMinimum", ">=": "minimum", "<": "exclusiveMaximum", "<=": "maximum"}.get(
                sign or ""
            )
            if value and keyword:
                one.says[keyword] = words.value_of(value, ("number",))
    else:
        words.say_bounds(one, words.bounds_of(text)[0], set())
        one.of.clear()


# Without names.


def _nameless(rest: Sequence[Line], text: Text, samples: Sequence[Sample], operation: Operation, page: Page) -> None:
    """Descriptions and example values in the order of the page; the first `Success` parts request and answer."""
    where, lost = "body", _Item(set())
    success: set[int] = set()
    started = False
    for line, literal in _tokens(rest):
        plain = line.text
        if line.number in operation.lines and plain in METHODS:
            continue
        if literal is not None:
            lost.lines |= set(range(line.number, line.number + plain.count("\n") + 1))
            lost.examples.append(literal)
            _join(lost, where, samples, operation, page)
            lost = _Item(set())
        elif plain == "Success" or plain in _SECTIONS or _OWN.fullmatch(plain) or _END.fullmatch(plain):
            page.prose |= lost.lines
            lost = _Item(set())
            if plain == "Success":
                where = "2XX"
                success.add(line.number)
            elif plain == "Response" or plain in _SECTIONS:
                page.quiet("heading", line.number)
                where = "2XX" if plain == "Response" else where
            else:
                page.quiet("navigation", line.number)
        elif _authorise(operation, line):
            started = True
        elif not re.search(r"\w", plain):
            page.quiet("navigation", line.number)
        elif (
            re.fullmatch(r"[\w.:-]+(?:, [\w.:-]+)*,?", plain.lstrip(", "))
            and lost.text
            and ("," in plain or lost.options)
        ):
            if not lost.options and plain.startswith(",") and re.fullmatch(r"[\w.:-]+", lost.said[-1].text):
                lost.options.append(lost.said.pop().text)
            lost.options += [value for value in re.split(r",\s*", plain.strip(", ")) if value]
            lost.lines.add(line.number)
        elif not started and not operation.title and len(plain) < 80 and not plain.endswith((".", ":")):
            operation.title = plain
            operation.lines.add(line.number)
        else:
            if lost.text:
                page.prose |= lost.lines
                lost = _Item(set())
            lost.lines.add(line.number)
            lost.said.append(line)
    page.prose |= lost.lines
    if success:
        operation.responses.append(Response("2XX", "A conforming request", success, None))


def _tokens(rest: Sequence[Line]) -> Iterator[tuple[Line, Json]]:
    """Lines of words, and example values with theirs; a value may stand behind words, and words behind a value."""
    text = Text([Line(line.number, line.text, line.text) for line in rest])
    skip = 0
    for index, line in enumerate(rest):
        offset = text.starts[index]
        if offset < skip and offset + len(line.text) <= skip:
            continue
        shown = text.text[max(offset, skip) : offset + len(line.text)]
        begin = re.match(r"((?:[\w.:-]+)(?:, [\w.:-]+)* )?(?=[\"{\[]|-?\d+(?:\.\d+)?$|(?:true|false|null)$)", shown)
        start = max(offset, skip) + (begin.end() if begin else 0)
        read = text.json_at(start) if begin else None
        if read is None:
            yield Line(line.number, shown.strip(), shown), None
            continue
        if begin and begin[1]:
            yield Line(line.number, begin[1].strip() + ",", shown), None
        skip = read[1]
        yield Line(line.number, text.text[start:skip], shown), read[0]
        end = text.text.find("\n", skip)
        tail = text.text[skip : end if end >= 0 else len(text.text)].strip()
        if tail:
            yield Line(text.line(skip), tail, tail), None
            skip = end if end >= 0 else len(text.text)


def _join(item: _Item, where: str, samples: Sequence[Sample], operation: Operation, page: Page) -> None:
    """Give a description to the only place of a sample that holds its example value, or leave it to a person."""
    value = item.examples[0]
    places: dict[tuple[str, ...], set[int]] = {}
    for one in samples:
        for steps, held, numbers in one.got_at if where == "2XX" else one.sent_at:
            if steps and held == value and type(held) is type(value):
                places.setdefault(steps, set()).update(numbers)
    said = item.text
    lines = set(range(min(item.lines), max(item.lines) + 1))
    if len(places) != 1 or not said:
        free = [p for p in _path_names(operation) if operation.at("path", (p,)) is None]
        if where == "body" and free and not operation.at("body", ()) and said:
            one = Attribute("path", (free[0],), lines | operation.addresses[0].lines, required=True)
            words.say_format(one, said)
            one.implied |= {"format"} & set(one.says)
            operation.attributes.append(one)
            return
        page.prose |= lines
        return
    steps, numbers = next(iter(places.items()))
    one = Attribute(where, steps, numbers | lines)
    kind = type_of(value)
    if kind:
        one.add_types([kind, *(["null"] if _NULL.search(said) else [])])
    words.say_format(one, said)
    if item.options and kind == "string" and value in item.options:
        one.says["enum"] = item.options
        one.implied.add("enum")
    page.prose |= {line.number for line in item.said if words.checkable(line.text)}
    operation.attributes.append(one)


def _path_names(operation: Operation) -> list[str]:
    return re.findall(r"\{([^{}/]+)\}", operation.addresses[0].path) if operation.addresses else []


def _from_samples(samples: Sequence[Sample], operation: Operation) -> None:
    """Places that only samples show: all that is said of them stands between the lines."""
    success = next((r.status for r in operation.responses if r.status.startswith("2")), "")
    shown: dict[tuple[str, tuple[str, ...]], Attribute] = {}
    for sample in samples:
        for where, places in (("body", sample.sent_at), (success, sample.got_at)):
            for steps, value, numbers in places:
                if not where or not steps or steps[-1] == "[]":
                    continue
                one = shown.setdefault((where, steps), Attribute(where, steps, set(), implied={"*"}))
                one.lines |= numbers
                kind = type_of(value)
                one.add_types([kind] if kind else [])
                members = {type_of(member) for member in value} if isinstance(value, list) else set()
                one.add_types([], [kind for kind in sorted(members) if kind] if members and "" not in members else [])
    known = {(a.where, a.steps) for a in operation.attributes}
    operation.attributes += [one for key, one in shown.items() if key not in known]
    for name in _path_names(operation):
        if operation.at("path", (name,)) is None:
            operation.attributes.append(Attribute("path", (name,), set(operation.addresses[0].lines), required=True))
