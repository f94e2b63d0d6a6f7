"""A page that ends with its own OpenAPI: a block of the one operation that it describes, which is its contract.

Mintlify's pages as Markdown are so: below a fence that names method and path stands the part of the site's file that
the operation needs. Of a block that a cut leaves without its paths, the fence, the server and the security are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from contracts.errors import ContractError
from contracts.model import Json, Node
from contracts.openapi import NAMES, parsed
from contracts.readers import words
from contracts.readers.facts import side_of
from contracts.readers.page import Address, Operation, Page, Scheme, ranged
from contracts.readers.text import Line

_FENCE = re.compile(r"`{3,}ya?ml (?:\S+ )?(?:get|post|put|patch|delete|head|options) /\S*\s*", re.IGNORECASE)
_SENTENCES = ("description", "summary", "title", "externalDocs")  # are the vendor's, and stay on the page
_DEEPEST = 40


def fence_of(lines: Sequence[Line]) -> int:
    """The index of the line that begins a block; 0 where none does."""
    return next((n for n, line in enumerate(lines) if _FENCE.fullmatch(line.raw)), 0)


def read_block(lines: Sequence[Line], operation: Operation, page: Page) -> None:
    """Fill the model with what a block states, which begins with its fence; `Operation.security` may know scopes."""
    end = next((n for n, line in enumerate(lines[1:], 1) if line.raw.startswith("```")), len(lines))
    page.ends = lines[-1].number if end == len(lines) else 0
    page.quiet("definition", *(line.number for line in lines[end:]))
    *_, method, path = lines[0].raw.split()
    block = _Block(lines[1 : end - bool(page.ends)], page)
    operation.method, operation.lines = method.upper(), {lines[0].number}
    server = next(iter(block.many(block.root.get("servers"))), Node({}, {}))
    there = {lines[0].number, *block.lines(server, "url")}
    operation.addresses = [Address(str(server.get("url", "")).rstrip("/"), path, there)]
    for way in block.many(block.root.get("security")):
        schemes = [Scheme(name, {"type": "http", "scheme": "bearer"}, block.lines(way, name)) for name in way]
        operation.security += schemes
    item = block.root.get("paths")
    if isinstance(item, Node) and method.lower() in (item.get(path) or ()):
        kept = ("openapi", "servers", "security", "paths", "components")
        own = {key: block.told(block.root[key], key, ()) for key in kept if key in block.root}
        try:
            side_of("", own)
        except (AttributeError, LookupError, TypeError):  # it is no OpenAPI, and so not understood
            page.silent["definition"].clear()
            return
        page.own = own
        operation.body_lines |= set().union(*(block.lines(block.root, key) for key in kept[1:]))


class _Block:
    """The YAML of a block, whose lines are those of the page."""

    def __init__(self, lines: Sequence[Line], page: Page) -> None:
        self.shown, self.page, self.root = {line.number: line for line in lines}, page, Node({}, {})
        for last in range(len(lines), max(len(lines) - 9, 0), -1):  # the last lines of a text that is cut may be none
            text = "\n".join(line.raw for line in lines[:last])
            if page.ends and text.endswith(":"):  # what it names is cut off
                continue
            try:
                self.root = parsed(Path("page"), ("\n" * (lines[0].number - 1) + text).encode())
            except ContractError:
                continue
            page.quiet("definition", *(line.number for line in lines[:last]))
            break

    @staticmethod
    def many(value: Json) -> list[Node]:
        """The mappings of a list."""
        return [one for one in value if isinstance(one, Node)] if isinstance(value, list) else []

    def told(self, node: Json, key: str, above: tuple[int, ...]) -> Json:
        """A copy with the lines of each part, and with what references name in their places."""
        if isinstance(node, list):
            known = [one for one in node if key != "parameters" or "$ref" in one or {"name", "in"} <= one.keys()]
            return [self.told(one, key if key == "security" else "", above) for one in known]
        if not isinstance(node, Node):
            return node
        ref = node.get("$ref")
        if isinstance(ref, str):
            target: Json = self.root
            for step in ref.removeprefix("#/").split("/"):
                target = target.get(step.replace("~1", "/")) if isinstance(target, Node) else None
            within = id(target) in above or len(above) > _DEEPEST or not isinstance(target, Node)
            return {} if within else self.told(target, key, (*above, id(target)))
        words.to_decide([self.shown[number] for number in sorted(self.lines(node, "description"))], self.page)
        names = key in NAMES or key == "security"
        made = {
            name: self.told(value, f"{key}/" if names else name, above)
            for name, value in node.items()
            if names or name not in _SENTENCES
        }
        made |= {"description": "An answer that the page names"} if key == "responses/" else {}
        lines = set().union(*(self.lines(node, name) for name in node))
        return made if names or not lines else {**made, "x-lines": ranged(lines)}

    def lines(self, node: Node, key: str) -> set[int]:
        """The lines of a key and of all that is indented below it."""
        first = node.lines.get(key, (0, 0))[0]
        found = {first} & self.shown.keys()
        while found and (number := max(found) + 1) in self.shown:
            if self.shown[number].text and _indent(self.shown[number]) <= _indent(self.shown[first]):
                break
            found.add(number)
        return found


def _indent(line: Line) -> int:
    return len(line.raw) - len(line.raw.lstrip(" -"))
