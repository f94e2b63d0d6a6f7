"""What a contract states, as flat facts that can be compared, each with its value, its lines and its level."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.model import Json, Lines
from contracts.readers.page import METHODS

UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems")
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems")
BOUNDS = (*UPPER, *LOWER, "multipleOf")
KEYWORDS = ("type", "enum", "format", "default", *BOUNDS, "deprecated", "readOnly")
_BEHIND = "required|Deprecated|string|number|integer|boolean|object|array|enum|null"  # what may run into a name
Key = tuple[str, str, str]  # group (operation, security, query, body, 200, …), place within it, what is said of it


@dataclass(frozen=True, slots=True)
class Fact:
    """One value, and the lines that it stands on."""

    value: Json
    lines: str = ""
    implied: bool = False


@dataclass
class Side:
    """One side of a comparison: facts by operation, sentences in prose with their lines, and what its form hides."""

    name: str
    operations: dict[str, dict[Key, Fact]]
    prose: dict[str, int] = field(default_factory=dict)  # a sentence, and its line
    hidden: frozenset[str] = frozenset()
    form: str = ""
    shown: frozenset[str] | None = None  # None: the page is whole
    unread: tuple[str, ...] = ()  # the page's lines that were not understood
    captions: tuple[tuple[str, int], ...] = ()  # the lines that state facts, if they are of several words, in order

    def whole(self, group: str) -> bool:
        """Whether all facts of a group can be seen."""
        return self.shown is None or group in self.shown

    def may_name(self, key: Key) -> bool:
        """Whether a line that was not understood names the attribute, or the status: then it may still be there."""
        name = re.split(r"\.|\[\]|\{\}", key[1].rstrip("[]{}"))[-1] or key[0]
        if name.endswith("XX"):  # which stands on no page: it has a heading alone
            return bool(self.unread)
        begun = re.compile(rf"(?<![\w$]){re.escape(name)}(?:{_BEHIND}|(?![\w$]))")
        return any(begun.search(line) for line in self.unread)


def side_of(name: str, openapi: Mapping[str, Any], prose: Mapping[str, int] | None = None) -> Side:
    """One side of a comparison out of an OpenAPI document."""
    form = openapi.get("x-form", {})
    operations = {}
    for path, item in openapi.get("paths", {}).items():
        for method in [one for one in item if one.upper() in METHODS]:
            operations[f"{method.upper()} {path}"] = dict(_operation(openapi, path, item, method))
    shared = dict(_objects(openapi))
    operations |= {"objects": shared} if shared else {}
    shown = frozenset(form.get("shown", ())) if form.get("cut") else None
    hidden, kind = frozenset(form.get("hidden", {})), str(form.get("form", ""))
    return Side(name, operations, dict(prose or {}), hidden, kind, shown)


def _operation(
    openapi: Mapping[str, Any], path: str, item: Mapping[str, Any], method: str
) -> Iterator[tuple[Key, Fact]]:
    operation = item[method]
    at = _lines(operation)
    yield ("operation", "", "method"), Fact(method.upper(), at)
    yield ("operation", "", "path"), Fact(path, at)
    for server in operation.get("servers", openapi.get("servers", ())):
        yield ("operation", server["url"], "server"), Fact(True, _lines(server))
    schemes = openapi.get("components", {}).get("securitySchemes", {})
    for way in operation.get("security", openapi.get("security", ())):
        for name, scopes in way.items():
            scheme = schemes.get(name, {})
            yield ("security", name, "security"), Fact(True, _lines(scheme))
            yield from ((("security", f"{name} {scope}", "scope"), Fact(True, _lines(scheme))) for scope in scopes)
    for parameter in (*item.get("parameters", ()), *operation.get("parameters", ())):
        where, name, schema = parameter["in"], parameter["name"], parameter.get("schema", {})
        lines = {"x-lines": parameter.get("x-lines", schema.get("x-lines"))}
        kept = {key: parameter[key] for key in ("deprecated",) if key in parameter}
        if where == "path" and "x-lines" in parameter and "x-lines" not in schema:  # its name stands in the path alone
            kept["x-level"] = {"type": "implied"}
        yield from _place(where, name, {**schema, **kept, **lines}, required=parameter.get("required", False))
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield ("body", media, "media"), Fact(True, _lines(content), content.get("x-level") == "implied")
        yield from _below("body", "", content.get("schema", {}))
    for status, response in operation.get("responses", {}).items():
        if status != "default":
            yield (status, "", "status"), Fact(True, _lines(response))
        for content in response.get("content", {}).values():
            yield from _schema(status, "", content.get("schema", {}))


def _objects(openapi: Mapping[str, Any]) -> Iterator[tuple[Key, Fact]]:
    for name, schema in openapi.get("components", {}).get("schemas", {}).items():
        yield from _below(f"object:{name}", "", schema)


def _lines(node: Mapping[str, Any], keyword: str = "here") -> str:
    lines = node.get("x-lines", "")
    return str(lines.get(keyword, lines.get("here", "")) if isinstance(lines, Mapping) else lines)


def _place(group: str, place: str, schema: Mapping[str, Any], *, required: bool) -> Iterator[tuple[Key, Fact]]:
    """A named value, and all that is said of it."""
    yield (group, place, "name"), Fact(True, _lines(schema), schema.get("x-level") == "implied")
    yield (group, place, "required"), Fact(required, _lines(schema, "required"), _implied(schema, "required"))
    yield from _schema(group, place, schema)


def _schema(group: str, place: str, schema: Mapping[str, Any]) -> Iterator[tuple[Key, Fact]]:
    for keyword in KEYWORDS:
        if keyword in schema:
            value = schema[keyword]
            value = [value] if keyword == "type" and isinstance(value, str) else value
            yield (group, place, keyword), Fact(value, _lines(schema, keyword), _implied(schema, keyword))
    yield from _below(group, place, schema)


def _implied(schema: Mapping[str, Any], keyword: str) -> bool:
    level = schema.get("x-level", {})
    said_open = keyword in schema.get("x-open", {})
    return said_open or level == "implied" or (isinstance(level, Mapping) and level.get(keyword) == "implied")


def _below(group: str, place: str, schema: Mapping[str, Any]) -> Iterator[tuple[Key, Fact]]:
    for name, child in schema.get("properties", {}).items():
        yield from _place(
            group, f"{place}.{name}" if place else name, child, required=name in schema.get("required", ())
        )
    for keyword, step in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(schema.get(keyword), Mapping):
            yield from _schema(group, place + step, schema[keyword])


def sentences(texts: Mapping[int, str]) -> dict[str, int]:
    """The sentences of some lines with the line of each, once quotes, dashes, blanks and bullets are made alike."""
    found: dict[str, int] = {}
    kept, start = "", 0
    for number in [*sorted(texts), 0]:
        text = alike(texts.get(number, ""))
        if kept and number and not re.search(r"[.:!?]$", kept) and text[:1].islower():
            kept += f" {text}"
            continue
        for sentence in re.split(r"(?<=[.:!?])\s+(?=[A-Z*])", kept):
            found.setdefault(sentence.rstrip(".: "), start)
        kept, start = text, number
    found.pop("", None)
    return found


def alike(text: str) -> str:
    """A line with quotes, dashes, blanks and bullets made alike."""
    table = str.maketrans("\u201c\u201d\u2018\u2019\u2013\u2014", "\"\"''--", "`")
    return " ".join(re.sub(r"^[•*|-]\s+|\s*\|$|\(External link\)", "", text.translate(table)).split())


def cited(lines: str) -> str:
    """`line 7` or `lines 11-14`, or nothing."""
    return Lines.parse(lines).phrase if lines else ""
