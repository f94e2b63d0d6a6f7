"""The one way from the model of a page to its contract: OpenAPI 3.1 with `x-lines` at every fact."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from contracts.model import Json
from contracts.readers.page import ENTRY, MEMBER, Address, Attribute, Operation, Page, Response

_NAME = re.compile(r"\{([^{}/]+)\}")
_BODYLESS = ("GET", "HEAD")


def ranged(numbers: Iterable[int]) -> int | str:
    """Line numbers as a contract cites them: `7`, or `"11-14, 18"`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    text = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
    return int(text) if text.isdigit() else text


def contract_of(page: Page, document: dict[str, Json], title: str) -> dict[str, Any]:
    """The contract of a page as an OpenAPI 3.1 document; `document` says which file it was read from."""
    openapi: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": title, "version": "1"}, "x-document": document}
    servers = {(a.server, tuple(sorted(a.lines))) for one in page.operations for a in one.addresses[:1] if a.server}
    if len({server for server, _ in servers}) == 1:
        server = next(iter(servers))[0]
        openapi["servers"] = [_server(server, set().union(*(lines for _, lines in servers)))]
    openapi["paths"] = {}
    names: set[str] = set()
    for operation in page.operations:
        _add_operation(openapi, operation, title, names)
    schemes = {s.name: s for operation in page.operations for s in operation.security}
    components: dict[str, Any] = {}
    if schemes:
        components["securitySchemes"] = {
            name: {**one.facts, "x-lines": ranged(one.lines), **_level(one.implied)} for name, one in schemes.items()
        }
    objects = {a.where.partition(":")[2]: _schema(page.objects, a.where) for a in page.objects}
    if objects:
        components["schemas"] = objects
    if components:
        openapi["components"] = components
    _account(openapi, page)
    return openapi


def _account(openapi: dict[str, Any], page: Page) -> None:
    """What became of the lines on which no fact stands, and what the saved form cannot show."""
    cited = page.cited
    openapi["x-form"] = {"layout": page.layout, "form": page.form}
    if page.hidden:
        openapi["x-form"]["hidden"] = list(page.hidden)
    if page.cut:
        openapi["x-form"]["cut"] = page.cut
    if page.prose:
        openapi["x-prose"] = ranged(page.prose)
    if page.unknown:
        openapi["x-not-understood"] = ranged(page.unknown)
    silent = {
        kind: ranged(numbers - cited - page.prose)
        for kind, numbers in page.silent.items()
        if numbers - cited - page.prose
    }
    openapi["x-silent"] = dict(sorted(silent.items()))


def _server(url: str, lines: set[int]) -> dict[str, Any]:
    server: dict[str, Any] = {"url": url}
    if _NAME.search(url):
        server["variables"] = {name: {"default": "example"} for name in _NAME.findall(url)}
    return {**server, "x-lines": ranged(lines)}


def _add_operation(openapi: dict[str, Any], operation: Operation, title: str, names: set[str]) -> None:
    method, first = operation.method.lower(), operation.addresses[0]
    base = re.sub(r"[^a-z0-9]+", "-", f"{operation.title or title}".lower()).strip("-") or method
    name = base
    while name in names:
        name = f"{base}-{len(names) + 1}"
    names.add(name)
    made = _operation(operation, name)
    if "servers" not in openapi and first.server:
        made["servers"] = [_server(first.server, first.lines)]
    openapi["paths"].setdefault(first.path, {})[method] = made
    for number, address in enumerate(operation.addresses[1:], 2):
        extra = [
            _path_parameter(part, address)
            for part in _NAME.findall(address.path)
            if part not in _NAME.findall(first.path)
        ]
        item = openapi["paths"].setdefault(address.path, {})
        if extra:
            item["parameters"] = extra
        copy = {**made, "operationId": f"{name}-{number}", "x-lines": ranged(address.lines)}
        if address.server != first.server and address.server:
            copy["servers"] = [_server(address.server, address.lines)]
        item[method] = copy


def _path_parameter(name: str, address: Address) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "x-lines": ranged(address.lines),
    }


def _operation(operation: Operation, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": name,
        "summary": f"is what the page calls {operation.title}" if operation.title else "is what the page documents",
        "x-lines": ranged(operation.lines),
    }
    if operation.security:
        made["security"] = [{scheme.name: scheme.scopes} for scheme in operation.security]
    parameters = [
        _parameter(operation, a)
        for a in operation.attributes
        if a.where in ("path", "query", "header") and len(a.steps) == 1
    ]
    named = {p["name"] for p in parameters if p["in"] == "path"}
    parameters += [
        _path_parameter(part, operation.addresses[0])
        for part in _NAME.findall(operation.addresses[0].path)
        if part not in named
    ]
    if parameters:
        made["parameters"] = parameters
    body = [a for a in operation.attributes if a.where == "body"]
    if body or (operation.media and operation.method not in (*_BODYLESS, "DELETE")):
        made["requestBody"] = _body(operation, body)
    made["responses"] = {r.status: _response(operation, r) for r in operation.responses}
    if not made["responses"]:
        made["responses"] = {"default": {"description": "The page documents no response."}}
    return made


def _parameter(operation: Operation, attribute: Attribute) -> dict[str, Any]:
    where = "query" if attribute.where == "query" else attribute.where
    schema = _schema(operation.attributes, attribute.where, attribute.steps)
    lines = schema.pop("x-lines")
    level = schema.pop("x-level", None)
    if attribute.where == "query":
        schema["x-lines"] = lines
    made = {
        "name": attribute.steps[0],
        "in": where,
        "required": bool(attribute.required) or where == "path",
        "schema": schema,
    }
    if schema.pop("deprecated", False):
        made["deprecated"] = True
    if attribute.where != "query":
        made["x-lines"] = lines
    if level:
        schema["x-level"] = level
    return made


def _body(operation: Operation, attributes: list[Attribute]) -> dict[str, Any]:
    content: dict[str, Any] = {"x-lines": ranged(operation.media_lines or operation.body_lines or operation.lines)}
    if operation.media_implied or not operation.media:
        content["x-level"] = "implied"
    content["schema"] = _schema(attributes, "body")
    if not operation.at("body", ()):
        content["schema"] |= {
            "x-lines": ranged(operation.body_lines or operation.media_lines or operation.lines),
            "x-level": "implied",
        }
        content["schema"] = _ordered(content["schema"])
    if "body" in operation.examples:
        value, lines = operation.examples["body"]
        content["examples"] = {"page": {"x-lines": ranged(lines), "x-level": "implied", "value": value}}
    required = {"required": True} if operation.method != "DELETE" else {}
    return {**required, "content": {operation.media or "application/json": content}}


def _response(operation: Operation, response: Response) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": response.name or "An answer that the page documents",
        "x-lines": ranged(response.lines),
    }
    attributes = [a for a in operation.attributes if a.where == response.status]
    if response.types == []:
        return made
    if response.types is None and not attributes and response.status not in operation.examples:
        return {
            **made,
            "content": {"*/*": {"schema": {"x-lines": ranged(response.lines)}}},
        }  # there may be a body, or none
    schema = _schema(attributes, response.status)
    schema.setdefault("x-lines", ranged(response.lines))
    if response.types is not None:
        schema["type"] = response.types[0] if len(response.types) == 1 else response.types
    if response.types is None or "type" in response.implied:
        schema["x-level"] = "implied"
    media = response.media or ("application/json" if schema.get("type") != "string" else "*/*")
    content: dict[str, Any] = {}
    if media != "*/*":
        content = {"x-lines": ranged(response.media_lines or response.lines), "x-level": "implied"}
        if response.media and "media" not in response.implied:
            del content["x-level"]
    content["schema"] = _ordered(schema)
    if response.status in operation.examples:
        value, lines = operation.examples[response.status]
        content["examples"] = {"page": {"x-lines": ranged(lines), "value": value}}
    return {**made, "content": {media: content}}


_ORDER = (
    "title",
    "type",
    "enum",
    "x-lines",
    "x-level",
    "x-optional",
    "required",
    "properties",
    "items",
    "additionalProperties",
)


def _ordered(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its keywords where a reader looks for them: what it is, then its lines, then what is below it."""
    tail = [key for key in _ORDER[3:] if key in schema]
    head = [key for key in _ORDER[:3] if key in schema]
    return {key: schema[key] for key in (*head, *(k for k in schema if k not in _ORDER), *tail)}


def _schema(attributes: list[Attribute], where: str, steps: tuple[str, ...] = ()) -> dict[str, Any]:
    """The schema of one place and of all below it."""
    own = next((a for a in attributes if a.where == where and a.steps == steps), None)
    below = [a for a in attributes if a.where == where and len(a.steps) > len(steps) and a.steps[: len(steps)] == steps]
    schema: dict[str, Any] = _own(own) if own else {}
    children = list(dict.fromkeys(a.steps[len(steps)] for a in below))
    names = [name for name in children if name not in (MEMBER, ENTRY)]
    if not own and below:
        kind = "array" if MEMBER in children else "object"
        schema = {"type": kind, "x-lines": ranged(set().union(*(a.lines for a in below))), "x-level": "implied"}
    if names:
        _add_properties(schema, attributes, where, steps, names)
    if MEMBER in children:
        schema["items"] = _schema(attributes, where, (*steps, MEMBER))
        if own and own.items:
            schema["items"] = _ordered(
                {**schema["items"], "type": _one(own.items), "x-lines": ranged(own.of.get("type", own.lines))}
            )
            if "*" not in own.implied:
                schema["items"].pop("x-level", None)
    elif own and own.items:
        schema["items"] = {"type": _one(own.items), "x-lines": ranged(own.of.get("type", own.lines))}
        schema["items"] |= {"x-level": "implied"} if {"*", "type"} & own.implied else {}
    if ENTRY in children:
        schema["additionalProperties"] = _schema(attributes, where, (*steps, ENTRY))
    return _ordered(schema)


def _add_properties(
    schema: dict[str, Any], attributes: list[Attribute], where: str, steps: tuple[str, ...], names: list[str]
) -> None:
    found = {(a.where, a.steps): a for a in attributes}
    wanted = [name for name in names if (one := found.get((where, (*steps, name)))) is not None and one.required]
    if wanted:
        schema["required"] = wanted
    schema.setdefault("type", "object")
    schema["properties"] = {name: _schema(attributes, where, (*steps, name)) for name in names}


def _own(attribute: Attribute) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if attribute.types:
        schema["type"] = _one(attribute.types)
    schema |= attribute.says
    lines = ranged(attribute.lines)
    parts = {key: ranged(numbers) for key, numbers in attribute.of.items() if ranged(numbers) != lines}
    schema["x-lines"] = {"here": lines, **parts} if parts else lines
    return schema | _level(attribute.implied)


def _level(implied: set[str]) -> dict[str, Any]:
    return {"x-level": "implied" if "*" in implied else dict.fromkeys(sorted(implied), "implied")} if implied else {}


def _one(kinds: list[str]) -> str | list[str]:
    return kinds[0] if len(kinds) == 1 else list(kinds)
