"""A saved page to its model: which layout it has, and what its reader makes of it.

A layout is a module of `contracts.readers.layouts` with four names: `NAME`; `HIDDEN`, what each form of it cannot show,
by kind (title, heading, server, role, status, name, enum, sample, schema, answer), in words;
`fits(document)`, how many of the layout's own words stand in a page (0: another site's); and `read(document, page)`,
which fills the model.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from contracts.errors import DocumentError
from contracts.readers import layouts
from contracts.readers.page import MEMBER, METHODS, PLACEHOLDER, Address, Attribute, Operation, Page, Response
from contracts.readers.text import Document, document_of

_TEMPLATE = re.compile(r"/[^\s?#{}]*(?:\{[^{}/\s]+\}[^\s?#{}]*)*")


class Layout(Protocol):
    """What a module of `contracts.readers.layouts` offers."""

    NAME: str
    HIDDEN: Mapping[str, Mapping[str, str]]

    def fits(self, document: Document) -> int:
        """How many signs of the layout stand in a page."""

    def read(self, document: Document, page: Page) -> None:
        """Fill the model with what the page states."""


def all_layouts() -> dict[str, Layout]:
    """Every layout by its name, sorted."""
    names = sorted(found.name for found in pkgutil.iter_modules(layouts.__path__))
    modules = [importlib.import_module(f"{layouts.__name__}.{name}") for name in names]
    return {module.NAME: cast("Layout", module) for module in modules}


def read_page(text: str, name: str, layout: str = "", given: str = "") -> Page:
    """The model of a page; raises DocumentError for what is no page of a known layout, and for no operation.

    `given`: method and address from outside, such as `POST https://api.example.com/v2/notes`, if the page shows none.
    """
    document = document_of(text)
    if not any(line.text for line in document.lines):
        raise DocumentError(f"{name} shows no text; save the page again")
    reader = _layout_of(document, name, layout)
    hidden = dict(reader.HIDDEN.get(document.form, {}))
    page = Page(reader.NAME, document.form, document.total, document.blank, _given(given), hidden=hidden)
    reader.read(document, page)
    _settle(document, page)
    page.operations = [o for o in page.operations if o.method or o.addresses or o.attributes or o.responses]
    for operation in page.operations:
        _complete(operation)
        for nowhere in [part for part in (operation.lines, *(a.lines for a in operation.addresses)) if not part]:
            nowhere.add(1)
    page.objects = _once(page.objects)
    _check(page, name)
    return page


def _settle(document: Document, page: Page) -> None:
    """What is known only when all is read: what prose says, what a cut leaves open, and lines as the file has them."""
    end = max((line.number for line in document.lines if line.text), default=0)
    for operation in page.operations if page.cut else ():
        _shorten(operation, document, end)
    if len(page.operations) > 1:
        page.operations = [operation for operation in page.operations if operation.addresses]
    for one in page.attributes if page.cut else ():
        if end in one.lines:  # what is said of it may go on below the cut
            one.says = {keyword: value for keyword, value in one.says.items() if one.ends.get(keyword, end) < end}
            told = not one.where[0].isdigit() or "required" in one.ends
            one.required = (one.required or None) if told else None
            if one.ends.get("type") == end:
                one.types, one.items = [], []
    said, captions, cited = dict[int, list[str]](), dict[int, list[str]](), page.cited
    for line in document.lines:
        number = document.source.get(line.number, line.number)
        if line.number in page.prose and line.text:
            said.setdefault(number, []).append(page.said.get(line.number, line.text))
        elif line.number in cited and " " in line.text.strip():
            captions.setdefault(number, []).append(line.text)
    page.said = {number: " ".join(texts) for number, texts in said.items()}
    page.captions = {number: " ".join(texts) for number, texts in captions.items()}
    if document.source:
        page.renumber(document.source)


def _shorten(operation: Operation, document: Document, end: int) -> None:
    """Leave out of an operation what the last line of a text that is cut may hold a part of alone."""

    def whole(text: str, lines: set[int]) -> bool:
        said = document.said(lines - {end})
        found = re.search(rf"{re.escape(text)}(?![a-z])", f"{said} {''.join(said.split())}")
        return end not in lines or bool(found) or f"{text}?" in document.said(lines)

    operation.addresses = [one for one in operation.addresses if whole(one.path, one.lines)]
    for address in operation.addresses:
        address.server = address.server if whole(address.server, address.lines) else ""
    parts: list[Operation | Response] = [operation, *operation.responses]
    for part in parts:
        part.media = part.media if whole(part.media, part.media_lines) else ""
    for scheme in operation.security:
        scheme.scopes = [scope for scope in scheme.scopes if whole(scope, scheme.lines)]


def _layout_of(document: Document, name: str, wanted: str) -> Layout:
    known = all_layouts()
    if wanted and wanted not in known:
        raise DocumentError(f"there is no layout {wanted!r}; there are {', '.join(known)}")
    found = sorted(((layout.fits(document), key) for key, layout in known.items()), reverse=True)
    if not wanted and (found[0][0] < 2 or found[0][0] in [number for number, _ in found[1:2]]):
        raise DocumentError(
            f"{name} has no layout that can be read ({', '.join(known)}): it is a page of another site, or in another "
            f"language; --layout names one all the same"
        )
    return known[wanted or found[0][1]]


def _given(text: str) -> tuple[str, Address | None]:
    """Method and address from outside."""
    found = re.fullmatch(r"([A-Z]+) (https?://[^/\s]+)?(/\S*)", text.strip())
    if text and (not found or found[1] not in METHODS):
        raise DocumentError(f"{text!r} is no operation; give it like 'POST https://api.example.com/v2/notes'")
    return (found[1], Address(found[2] or "", found[3], set())) if found else ("", None)


def _complete(operation: Operation) -> None:
    """What dotted names and templates imply: members of arrays, and path parameters in the order of the path."""
    arrays = {(a.where, a.steps) for a in operation.attributes if a.types and set(a.types) <= {"array", "null"}}
    for one in operation.attributes:
        steps: list[str] = []
        for step in one.steps:
            steps += [MEMBER] if steps and step != MEMBER and (one.where, tuple(steps)) in arrays else []
            steps.append(step)
        one.steps = tuple(steps)
    names = dict.fromkeys(name for address in operation.addresses for name in PLACEHOLDER.findall(address.path))
    inside = {a.steps[0]: a for a in operation.attributes if a.where == "path"}
    rest = [a for a in operation.attributes if a.where != "path"]
    operation.attributes = _once([*(inside[name] for name in names if name in inside), *rest])


def _once(attributes: Sequence[Attribute]) -> list[Attribute]:
    """Attributes, those of one place as one: what was said first counts."""
    found: dict[tuple[str, tuple[str, ...]], Attribute] = {}
    for one in attributes:
        found.setdefault((one.where, one.steps), one).lines.update(one.lines)
    return list(found.values())


def _check(page: Page, name: str) -> None:
    """Refuse what would be no contract, or half of one."""
    if not page.operations:
        raise DocumentError(f"{name} documents no operation: no method and no address stands on it")
    for one in page.operations:
        lost = [word for word, there in (("method", one.method), ("path", one.addresses)) if not there]
        if lost:
            raise DocumentError(
                f"{name} shows no {' and no '.join(lost)} of its operation; give them with --operation 'POST https://…/path'"
            )
        if one.method not in METHODS or not _TEMPLATE.fullmatch(one.addresses[0].path):
            raise DocumentError(f"{name} shows an address that is none: {one.method} {one.addresses[0].path[:200]!r}")


def split_url(url: str, *lines: int) -> Address | None:
    """`https://host/path?query` as server and path; None for anything else. A path keeps no query."""
    found = re.match(r"(https?://[^/\s'\"]+)(/[^\s'\"?#]*)?", url.strip().strip("'\""))
    return Address(found[1], found[2] or "/", set(lines)) if found else None
