"""A page that ends with its own OpenAPI: what the block states of the one operation that it describes.

Mintlify's pages as Markdown are so: a fence that names method and path, and below it the part of the site's file that
the operation needs. Of a block that a cut leaves without its paths, the fence, the server and the security are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from contracts.errors import ContractError
from contracts.model import Json, Node
from contracts.openapi import parsed
from contracts.readers import words
from contracts.readers.facts import KEYWORDS
from contracts.readers.page import ENTRY, MEMBER, Address, Attribute, Operation, Page, Scheme
from contracts.readers.text import Line

_FENCE = re.compile(r"`{3,}ya?ml (?:\S+ )?(get|post|put|patch|delete|head|options) (/\S*)\s*", re.IGNORECASE)
_SAYS = (*(key for key in KEYWORDS if key != "type"), "const")
_BEARERS = ("oauth2", "openIdConnect")  # types of schemes whose tokens are sent as bearers


def fence_of(lines: Sequence[Line]) -> int:
    """The index of the line that begins a block; 0 where none does."""
    return next((n for n, line in enumerate(lines) if _FENCE.fullmatch(line.raw)), 0)


def read_block(lines: Sequence[Line], operation: Operation, page: Page) -> None:
    """Fill the model with what a block states, which begins with its fence."""
    found = _FENCE.fullmatch(lines[0].raw)
    end = next((n for n, line in enumerate(lines[1:], 1) if line.raw.startswith("```")), len(lines))
    page.ends = lines[-1].number if end == len(lines) else 0
    page.quiet("definition", *(line.number for line in lines[end:]))
    if found:
        operation.method, operation.lines = found[1].upper(), {lines[0].number}
        operation.addresses = [Address("", found[2], {lines[0].number})]
        _Block(lines[1:end], operation, page).read(found[2], found[1].lower())


class _Block:
    """The block of a page, with the lines of the page."""

    def __init__(self, lines: Sequence[Line], operation: Operation, page: Page) -> None:
        self.shown = {line.number: line for line in lines}
        self.operation, self.page = operation, page
        self.root = Node({}, {})
        for last in range(len(lines), max(len(lines) - 9, 0), -1):  # the last lines of a text that is cut may be none
            text = "\n".join(line.raw for line in lines[:last])
            try:
                self.root = parsed(Path("page"), ("\n" * (lines[0].number - 1) + text).encode())
            except ContractError:
                continue
            page.quiet("definition", *(line.number for line in lines[:last]))
            break

    def read(self, path: str, method: str) -> None:
        """Take the server, the security, parameters, body and answers."""
        item = self._at(self.root, "paths", path)
        own = self._at(item, method)
        for server in [*_list(own, "servers"), *_list(self.root, "servers")][:1]:
            self.operation.addresses[0].server = str(server.get("url", "")).rstrip("/")
            self.operation.addresses[0].lines |= self._lines(server, "url")
        self._security(own if "security" in own else self.root)
        for parameter in map(self._named, (*_list(item, "parameters"), *_list(own, "parameters"))):
            where, name = str(parameter.get("in")), str(parameter.get("name", ""))
            if where in ("path", "query", "header") and name:
                lines = set().union(*(self._lines(parameter, key) for key in parameter))
                self._decide(parameter)
                needed = parameter.get("required") is True
                self._take(where, (name,), self._at(parameter, "schema"), lines, (), needed=needed)
        for media, content, lines in self._content(self._at(own, "requestBody")):
            self.operation.media, self.operation.media_lines, self.operation.body_lines = media, lines, set(lines)
            self._take("body", (), self._at(content, "schema"), set(), ())
        answers = self._at(own, "responses")
        for status in answers:
            one = self.operation.response(str(status).upper(), "An answer that the page names")
            one.lines.add(min(self._lines(answers, status), default=0))
            one.types = []
            for one.media, content, _ in self._content(self._at(answers, status)):
                schema = self._at(content, "schema")
                one.types = [*self._types(schema)] or None
                self._take(one.status, (), schema, set(), ())

    def _security(self, holder: Node) -> None:
        """The ways to authenticate, but for those that take several schemes together."""
        for way in _list(holder, "security"):
            for name, scopes in way.items() if len(way) == 1 else ():
                facts = self._at(self.root, "components", "securitySchemes", name)
                told = {key: facts[key] for key in ("type", "scheme", "in", "name") if key in facts}
                if told.get("type", "oauth2") in _BEARERS:
                    told = {"type": "http", "scheme": "bearer"}
                told["description"] = "What the page calls " + name
                lines = self._lines(holder, "security")
                self.operation.security.append(Scheme(name, told, lines, [*map(str, _many(scopes))]))

    def _content(self, holder: Node) -> Iterator[tuple[str, Node, set[int]]]:
        """The first media type of a body or an answer, what is said of it, and its line."""
        content = self._at(holder, "content")
        for media in list(content)[:1]:
            yield media, self._at(content, media), {min(self._lines(content, media), default=0)}

    def _take(
        self, where: str, steps: tuple[str, ...], schema: Node, lines: set[int], above: tuple[int, ...],
        *, needed: bool | None = None,
    ) -> None:  # fmt: skip
        """Add the attribute of a schema, and all below it; `above` are the schemas in which it stands."""
        parts = [schema, *map(self._named, _list(schema, "allOf"))]
        one = Attribute(where, steps, lines, required=needed)
        one.says = {key: part[key] for part in parts for key in _SAYS if key in part}
        one.add_types(kind for part in parts for kind in self._types(part))
        if steps and (steps[-1] not in (MEMBER, ENTRY) or one.says):
            self.operation.attributes.append(one)
        for part in parts if id(schema) not in above else ():  # what is within itself is described once
            self._decide(part)
            below = self._at(part, "properties")
            for name in below:
                need = name in _many(part.get("required")) or (None if where[0].isdigit() else False)
                child, there = self._at(below, name), self._lines(below, name)
                self._take(where, (*steps, name), child, there, (*above, *map(id, parts)), needed=need)
            for key, step in (("items", MEMBER), ("additionalProperties", ENTRY)):
                child = self._at(part, key)
                one.add_types((), self._types(child) if step == MEMBER else ())
                if child:
                    self._take(where, (*steps, step), child, lines or self._lines(part, key), (*above, *map(id, parts)))

    def _types(self, schema: Node) -> Iterator[str]:
        """The types of a schema, and of its alternatives."""
        kinds = schema.get("type", [])
        yield from [kinds] if isinstance(kinds, str) else map(str, _many(kinds))
        yield from ["null"] if schema.get("nullable") is True else []
        for alternative in (*_list(schema, "oneOf"), *_list(schema, "anyOf")):
            yield from self._types(self._named(alternative))

    def _at(self, node: Node, *keys: str) -> Node:
        """What stands below some keys, references followed; an empty node where nothing does."""
        for key in keys:
            node = self._named(node.get(key))
        return node

    def _named(self, node: Json) -> Node:
        """What a node stands for that may be a reference within the block."""
        ref = node.get("$ref") if isinstance(node, Node) else None
        if isinstance(ref, str):
            node = self._at(self.root, *(step.replace("~1", "/") for step in ref.removeprefix("#/").split("/")))
        return node if isinstance(node, Node) else Node({}, {})

    def _lines(self, node: Node, key: str) -> set[int]:
        """The lines of a key and of all that is indented below it."""
        first = node.lines.get(key, (0, 0))[0]
        deep, found = _indent(self.shown[first]) if first in self.shown else 0, {first} - {0}
        number = first + 1
        while first and number in self.shown and (not self.shown[number].text or _indent(self.shown[number]) > deep):
            found.add(number)
            number += 1
        return found

    def _decide(self, node: Node) -> None:
        words.to_decide([self.shown[n] for n in sorted(self._lines(node, "description"))], self.page)


def _indent(line: Line) -> int:
    return len(line.raw) - len(line.raw.lstrip(" -"))


def _many(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _list(node: Node, key: str) -> list[Node]:
    return [one for one in _many(node.get(key)) if isinstance(one, Node)]
