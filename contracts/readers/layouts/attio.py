"""Attio's endpoint reference, and other sites made with Mintlify: a sample, then sections of attributes.

Where a form shows names, an attribute is its name, its type, words such as `required`, and a description. Flat text may
have lost the names: there a description is joined to the one place of a sample that holds its example value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import cast

from contracts.model import Json
from contracts.readers.attributes import attribute_of
from contracts.readers.block import fence_of, read_block
from contracts.readers.nameless import read_nameless
from contracts.readers.page import METHODS, Address, Attribute, Operation, Page, Scheme
from contracts.readers.reading import split_url
from contracts.readers.samples import Sample, Text, samples_of, type_of
from contracts.readers.tables import Row, rows_of
from contracts.readers.text import Document, Line

NAME = "attio"
_CLOSED = {"schema": "children of closed attributes", "answer": "bodies and numbers of answers in closed tabs"}
HIDDEN: Mapping[str, Mapping[str, str]] = dict.fromkeys(("flat", "markdown", "tabs", "html"), _CLOSED)
_SECTIONS = {
    "Authorizations": "security", "Path Parameters": "path", "Query Parameters": "query", "Headers": "header",
    "Body": "body", "Response": "response",
}  # fmt: skip
_KIND = r"(?:enum<\w+>|string|number|integer|boolean|object|array|null|file|any)(?:<[\w-]+>)?(?:\[\])*"
_TYPE = re.compile(rf"(?:[\w .]+ · )?{_KIND}(?: \| {_KIND})*")
_FORMATS = re.compile(r"string<(date-time|date|time|uuid|uri|email|ipv4|ipv6|hostname)>")
_RUN = re.compile(r"((?:header|query|path|cookie)?required)(?![_.-])(\S.*)")
_SCOPES = re.compile(r"Required scopes?:.*|, ?[a-z_]+:[a-z-]+.*")
_PLACE = re.compile(r"(?:header|query|cookie)(?:required)?")
_WAYS: dict[str, tuple[str, dict[str, Json]]] = {
    "bearer": (
        "Bearer authentication header", {"type": "http", "scheme": "bearer", "description": "A bearer token"},
    ),
    "oauth2": ("uses OAuth 2.0", {"type": "http", "scheme": "bearer", "description": "An OAuth 2.0 token"}),
    "basic": (
        "Basic authentication header", {"type": "http", "scheme": "basic", "description": "A name and a password"},
    ),
}  # fmt: skip
_SCOPE = re.compile(r"[a-z_]+:[a-z_-]*[a-z]")
_STATUS = re.compile(r"([1-5]\d\d)(?: - ([\w.+-]+/[\w.+-]+))?")
_MEDIA = re.compile(r"[\w.+-]+/[\w.+-]+")
_END = re.compile(r"Was this page helpful\?.*")
_OWN = re.compile(
    r"Documentation Index|Fetch the complete documentation index at: .*|Use this file to discover .*|"
    r"Skip to main content|Try it|Copy|Ask AI|(?:Show|Hide) child attributes|Assistant|Responses are generated .*"
)


def fits(document: Document) -> int:
    """Mintlify's sections, its curl sample, and its own sentences."""
    texts = {line.text for line in document.lines}
    curl = any(re.match(r"curl --request [A-Z]+ \\$", text) for text in texts)
    if fence_of(document.lines):
        return 9
    own = sum(
        bool(_OWN.fullmatch(text) or _END.fullmatch(text) or text.startswith("Required scopes:")) for text in texts
    )
    return len(texts & _SECTIONS.keys()) + own + 2 * curl if curl or "Authorizations" in texts else 0


def read(document: Document, page: Page) -> None:
    """Fill the model."""
    operation = page.start()
    if fence := fence_of(document.lines):
        page.hidden.clear()
        read_block(document.lines[fence:], operation, page)
        _head([line for line in document.lines[: fence + 1] if line.text], operation, page)
        for scheme in operation.security:  # whose scopes stand above the block
            for way in cast("list[dict[str, Json]]", page.own.get("security", [])):
                way.update({scheme.name: way[scheme.name] or list(scheme.scopes)} if scheme.name in way else {})
        return
    text = Text(document.lines)
    samples = [one for one in samples_of(text) if split_url(one.url)]
    rest = _outside(document.lines, text, samples)
    page.quiet(
        "sample code", *(line.number for line in document.lines if line.raw.strip().startswith(("```", "'", "--")))
    )
    page.quiet("navigation", *(line.number for line in document.lines if not line.text.strip("\u200b# ")))
    _address(rest, samples, operation)
    _cite(samples, operation, page)
    if not any(line.text.endswith("required") for line in rest[:-1]):
        rest = _parted(rest)
    start = next((n for n in range(len(rest)) if _section_at(rest, n)), len(rest))
    if rows_of(rest[start:], _TYPE, lambda _: None):
        _head(rest[:start], operation, page)
        _sections(rest[start:], operation, page)
        told = set().union(*(one.lines for one in operation.attributes))
        answered = any(one.where[0].isdigit() for one in operation.attributes)
        ended = (answered and rest[-1].number not in told) or any(_END.fullmatch(line.text) for line in rest)
        page.hidden |= {"scope": "the scopes"} if document.form == "flat" else {}
    else:
        page.hidden["name"] = "names of attributes, but for those in samples"
        first = min(operation.lines, default=0)
        listed = max((n + 1 for n, line in enumerate(rest) if line.bullet and line.number < first), default=0)
        page.quiet("navigation", *(line.number for line in rest[:listed]))
        number = next(
            (line for above, line in pairwise(rest) if above.text == "Response" and _STATUS.fullmatch(line.text)), None
        )
        read_nameless([line for line in rest[listed:] if line is not number], samples, operation, page, _known)
        if number:
            _number(number, operation)
        ended = any(_END.fullmatch(line.text) for line in rest)
    _from_samples(samples, operation)
    if not ended:
        page.ends = document.lines[-1].number


def _outside(lines: Sequence[Line], text: Text, samples: Sequence[Sample]) -> list[Line]:
    """The lines outside samples, and what stands behind a sample on its last line; without blanks and fences."""
    values = {number for one in samples for root in (*one.sent[:1], *one.got[:1]) for number in root.lines}
    between = {line.number for line in lines if _STATUS.fullmatch(line.text)} - values  # numbers of answers
    used = set().union(*(one.used for one in samples)) - between
    tails = {max(one.used): text.text[one.end :].partition("\n")[0].strip(" '") for one in samples}
    found = []
    for line in lines:
        shown = tails.get(line.number, "") if line.number in used else line.text.strip("\u200b`")
        if shown.strip("' "):
            found.append(replace(line, text=shown, raw=shown, cells=(), lead=False))
    return found


def _parted(lines: Sequence[Line]) -> list[Line]:
    """Lines of a form in which the word behind a type runs into the next line, `requiredThe name`, parted there."""
    found: list[Line] = []
    for line in lines:
        run = _RUN.fullmatch(line.text) if found and _TYPE.fullmatch(found[-1].text) else None
        found += [replace(line, text=text, raw=text) for text in (run.groups() if run else (line.text,))]
    return found


# Method, address and samples.


def _address(rest: Sequence[Line], samples: Sequence[Sample], operation: Operation) -> None:
    """Method and path as the page writes them, a line each part, and the server of the sample."""
    for index, line in enumerate(rest[:-1]):
        parts: list[Line] = []
        for part in rest[index + 1 :] if line.text in METHODS else ():
            if " " in part.text or part.text.startswith("/") == bool(parts and parts[-1].text == "/"):
                break
            parts.append(part)
        if parts:
            operation.method, operation.lines = line.text, {line.number, *(part.number for part in parts)}
            path = "".join(part.text for part in parts)
            operation.addresses = [Address("", path, operation.lines - {line.number})]
            break
    shown = split_url(samples[0].url) if samples else None
    if shown and not any(address.lines for address in operation.addresses):
        operation.method = samples[0].method
        operation.addresses = [replace(shown, lines=samples[0].head)]
    elif shown and (shown.server + shown.path).endswith(operation.addresses[0].path):
        operation.addresses[0].server = (shown.server + shown.path).removesuffix(operation.addresses[0].path)


def _cite(samples: Sequence[Sample], operation: Operation, page: Page) -> None:
    """What samples show of the operation, its server, the media type of its body, its token."""
    for one in samples:
        operation.lines |= one.head
        operation.addresses[0].lines = (operation.addresses[0].lines - one.head) | {max(one.head)}
        for header, number in one.headers.items():
            if header.startswith("Content-Type: "):
                operation.media = header.partition(": ")[2]
                operation.media_lines.add(number)
            elif header.startswith("Authorization: "):
                _scheme(operation).lines.add(number)
        for root in one.sent[:1]:
            operation.body_lines |= root.lines
            operation.examples.setdefault("body", (root.value, set()))[1].update(root.lines)
        page.quiet("sample code", *one.used)


def _scheme(operation: Operation) -> Scheme:
    if not operation.security:
        operation.security.append(Scheme("bearer", dict(_WAYS["bearer"][1]), set(), implied=True))
    return operation.security[0]


def _authorise(operation: Operation, line: Line) -> bool:
    """What a sentence says of authentication and scopes; False where it says nothing of them."""
    way = next((name for name, (sign, _) in _WAYS.items() if sign in line.text), "")
    if not (way or _SCOPES.fullmatch(line.text)):
        return False
    scheme = _scheme(operation)
    scheme.lines.add(line.number)
    if way:
        scheme.name, scheme.facts, scheme.implied = way, dict(_WAYS[way][1]), False
    else:
        scheme.scopes = list(dict.fromkeys([*scheme.scopes, *_SCOPE.findall(line.text)]))
    return True


def _key(row: Row, operation: Operation) -> None:
    """What a row of the section of authorizations shows: a header of its own holds a key, whatever it is called."""
    scheme = _scheme(operation)
    scheme.lines |= row.lines
    place = next((line.text.removesuffix("required") for line in row.rest if _PLACE.fullmatch(line.text)), "")
    if not [line for line in row.rest if _authorise(operation, line)] and row.name.text != "Authorization" and place:
        facts = {"type": "apiKey", "in": place, "name": row.name.text, "description": "An API key"}
        scheme.name, scheme.facts, scheme.implied = "api-key", facts, False


# With names.


def _head(lines: Sequence[Line], operation: Operation, page: Page) -> None:
    """What stands before the first section: navigation, title, description, statuses of samples."""
    inside = [n for n, line in enumerate(lines) if line.number in operation.lines]
    method, last = (inside[0], inside[-1]) if inside else (0, -1)
    titles = [n for n, line in enumerate(lines[: method + 1]) if line.level == 1]
    behind = [n for n, line in enumerate(lines[last + 1 :][:1], last + 1) if not _OWN.fullmatch(line.text)]
    title = next(iter([*titles[::-1], *behind]), None)
    for index, line in enumerate(lines):
        if index == title:
            operation.title = line.text
            operation.lines.add(line.number)
        elif status := _STATUS.fullmatch(line.text):
            operation.response(status[1], "", line.number)
        elif line.number in operation.lines or (titles and _authorise(operation, line)):
            continue
        elif titles and titles[-1] < index < method and not line.level:
            page.prose.add(line.number)
        else:
            page.quiet("navigation", line.number)


def _section_at(lines: Sequence[Line], index: int) -> bool:
    """Whether a section begins, and not an attribute of that name."""
    after = [line.text for line in lines[index + 1 : index + 3]]
    return lines[index].text in _SECTIONS and (
        not after or not _TYPE.fullmatch(after[0]) or bool(_TYPE.fullmatch(after[-1]))
    )


def _sections(lines: Sequence[Line], operation: Operation, page: Page) -> None:
    end = next((n for n, line in enumerate(lines) if _END.fullmatch(line.text)), len(lines))
    starts = [n for n in range(end) if _section_at(lines, n)]
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        where = _SECTIONS[lines[start].text]
        page.quiet("heading", lines[start].number)
        rows = rows_of(lines[start + 1 : stop], _TYPE, lambda _: None)
        first = min((row.name.number for row in rows), default=lines[stop - 1].number + 1)
        before = [line for line in lines[start + 1 : stop] if line.number < first]
        if where == "response":
            where = _response(before, lines[start].number, operation, page)
        for line in before if where == "body" else ():
            media = _MEDIA.fullmatch(line.text)
            operation.media = media[0] if media else operation.media
            (operation.media_lines if media else page.prose).add(line.number)
        for row in rows:
            if where == "security":
                _key(row, operation)
            else:
                operation.attributes += _attributes(row, where, page)
    for line in lines[end:]:
        known = line.text in [r.status for r in operation.responses]
        page.quiet("navigation", *(() if known else (line.number,)))
        if known:
            operation.response(line.text, "", line.number)


def _response(before: Sequence[Line], heading: int, operation: Operation, page: Page) -> str:
    """The lines before the first attribute of an answer: statuses, media type, name; the status is returned."""
    status, media, lines = "2XX", "", set()
    for line in before:
        found = _STATUS.fullmatch(line.text)
        if re.fullmatch(r"[1-5]\d\d(?: [1-5]\d\d)+", line.text):
            for number in line.text.split():
                operation.response(number, "", line.number)
        elif _OWN.fullmatch(line.text) or (len(line.text) > 40 and line.text.endswith(".")):
            page.prose.add(line.number)
        else:
            status, media = (found[1], found[2] or media) if found else (status, media)
            media = line.text if _MEDIA.fullmatch(line.text) else media
            lines.add(line.number)
    one = operation.response(status, "", *(lines or {heading}))
    one.name, one.media = "A conforming request", media
    return status


def _attributes(row: Row, where: str, page: Page) -> list[Attribute]:
    """The attribute of a row, and its members; what the type says of a format is a fact of its own."""
    kind = row.kind.text.rpartition(" · ")[2]
    row.kind = replace(row.kind, text=re.sub(r"(string|number|integer)<[\w-]+>", r"\1", kind))
    found = attribute_of(row, where, page, unsaid=None if where[0].isdigit() else False)
    if formatted := _FORMATS.search(kind):
        found[0].says["format"] = formatted[1]
    return found


def _known(line: Line, operation: Operation, page: Page) -> str:
    """What a line is in a text without names: a `heading`, the `answer`'s beginning, `taken` by a fact, or nothing."""
    text = line.text.removesuffix(" Example:")
    if not re.search(r"\w", text) or text in ("Example:", "Available options:"):
        page.quiet("navigation", line.number)
        return "taken"
    if text in ("Success", *_SECTIONS) or _OWN.fullmatch(text) or _END.fullmatch(text):
        page.quiet("heading" if text in _SECTIONS else "navigation", line.number)
        if text in ("Success", "Response"):
            operation.response("2XX", "A conforming request", line.number)
        return "answer" if text in ("Success", "Response") else "heading"
    if _MEDIA.fullmatch(text):
        part = operation.responses[-1] if operation.responses else operation
        part.media, part.media_lines = text, part.media_lines | {line.number}
        return "taken"
    if line.number in operation.lines or _authorise(operation, line):
        return "taken" if line.number in operation.lines or _SCOPES.fullmatch(text) else "heading"
    authorised = any(not scheme.implied for scheme in operation.security)  # what stands below describes attributes
    if authorised or operation.title or len(text) > 80 or text.endswith((".", ":")):
        return ""
    operation.title = text
    operation.lines.add(line.number)
    return "taken"


def _number(line: Line, operation: Operation) -> None:
    """Give the answer that is described below its number that number."""
    operation.responses[-1].status = line.text
    operation.responses[-1].lines.add(line.number)
    for one in operation.attributes:
        one.where = line.text if one.where == "2XX" else one.where


def _from_samples(samples: Sequence[Sample], operation: Operation) -> None:
    """Places that only samples show: all that is said of them stands between the lines."""
    success = next((r.status for r in operation.responses if r.status.startswith("2")), "")
    known = {(a.where, a.steps) for a in operation.attributes}
    shown: dict[tuple[str, tuple[str, ...]], Attribute] = {}
    for sample in samples:
        for where, places in (("body", sample.sent), (success, sample.got)):
            for steps, value, lines in places:
                if not where or not steps or steps[-1] == "[]" or (where, steps) in known:
                    continue
                one = shown.setdefault((where, steps), Attribute(where, steps, set(), implied={"*"}))
                one.lines |= lines
                kinds = {type_of(member) for member in value} if isinstance(value, list) else set()
                one.add_types([kind for kind in [type_of(value)] if kind], sorted(kinds) if "" not in kinds else [])
    operation.attributes += shown.values()
    answers = [one.got[0] for one in samples if one.got]
    for response in [r for r in operation.responses if r.status == success and answers]:
        there = set().union(*(place.lines for place in answers))
        response.media_lines |= there
        operation.examples[success] = (answers[0].value, there)
