"""The one way from the model of a page to its contract: OpenAPI 3.1 with `x-lines` at every fact."""

from __future__ import annotations

import re
from itertools import chain, count
from typing import Any

from contracts.model import Json
from contracts.readers.page import ENTRY, MEMBER, PLACEHOLDER, Address, Attribute, Operation, Page, Response, ranged

_ORDER = ("x-lines", "x-level", "x-optional", "required", "properties", "items", "additionalProperties")


def contract_of(page: Page, document: dict[str, Json], title: str) -> dict[str, Any]:
    """The contract of a page as an OpenAPI 3.1 document; `document` says which file it was read from."""
    openapi: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": title, "version": "1"}, "x-document": document}
    if page.own:
        return openapi | page.own | _account(page)
    servers = {one.addresses[0].server for one in page.operations}
    if len(servers) == 1 and "" not in servers:
        lines = set().union(*(one.addresses[0].lines for one in page.operations))
        openapi["servers"] = [_server(Address(servers.pop(), "", lines))]
    openapi["paths"] = {}
    for operation in page.operations:
        _add_operation(openapi, operation, title)
    schemes = {s.name: s for operation in page.operations for s in operation.security}
    components: dict[str, Any] = {}
    if schemes:
        components["securitySchemes"] = {
            name: {**s.facts, "x-lines": ranged(s.lines), **({"x-level": "implied"} if s.implied else {})}
            for name, s in schemes.items()
        }
    if page.objects:
        names = dict.fromkeys(a.where for a in page.objects)
        components["schemas"] = {where.partition(":")[2]: _schema(page.objects, where) for where in names}
    openapi |= {"components": components} if components else {}
    return openapi | _account(page)


def _account(page: Page) -> dict[str, Json]:
    """What became of the lines on which no fact stands, and what the saved form cannot show."""
    form = {"layout": page.layout, "form": page.form, "hidden": dict(page.hidden), "cut": page.cut}
    form |= {"shown": page.shown} if page.cut else {}
    told: dict[str, Json] = {"x-form": {key: value for key, value in form.items() if value}}
    told |= {"x-prose": ranged(page.prose)} if page.prose else {}
    cited, unknown = page.cited, page.unknown
    told |= {"x-not-understood": ranged(unknown)} if unknown else {}
    told |= {"x-derived": ranged(cited)} if cited else {}
    known = cited | page.prose
    silent = {kind: numbers - known for kind, numbers in sorted(page.silent.items())}
    return told | {"x-silent": {kind: ranged(numbers) for kind, numbers in silent.items() if numbers}}


def _server(address: Address) -> dict[str, Any]:
    names = PLACEHOLDER.findall(address.server)
    variables = {"variables": {name: {"default": "example"} for name in names}} if names else {}
    return {"url": address.server, **variables, "x-lines": ranged(address.lines)}


def _add_operation(openapi: dict[str, Any], operation: Operation, title: str) -> None:
    method, first = operation.method.lower(), operation.addresses[0]
    base = re.sub(r"[^a-z0-9]+", "-", (operation.title or title).lower()).strip("-") or method
    taken = {one["operationId"] for item in openapi["paths"].values() for one in item.values() if "operationId" in one}
    name = next(n for n in chain([base], (f"{base}-{number}" for number in count(2))) if n not in taken)
    made = _operation(operation, name)
    if "servers" not in openapi and first.server:
        made["servers"] = [_server(first)]
    openapi["paths"].setdefault(first.path, {})[method] = made
    for which, other in enumerate(operation.addresses[1:], 2):
        more = [n for n in PLACEHOLDER.findall(other.path) if n not in PLACEHOLDER.findall(first.path)]
        item = openapi["paths"].setdefault(other.path, {})
        item |= {"parameters": [_path_parameter(n, other, operation) for n in more]} if more else {}
        item[method] = {**made, "operationId": f"{name}-{which}", "x-lines": ranged(other.lines)}
        if other.server != first.server:
            item[method]["servers"] = [_server(other)]


def _path_parameter(name: str, address: Address, operation: Operation) -> dict[str, Any]:
    """A parameter of a path: as the page describes it, else what the path itself shows."""
    told = next((a for a in operation.attributes if (a.where, a.steps) == ("path", (name,))), None)
    if told:
        return _parameter(told, operation.attributes)
    lines = ranged(address.lines)
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "x-lines": lines}


def _operation(operation: Operation, name: str) -> dict[str, Any]:
    summary = f"is what the page calls {operation.title}" if operation.title else "is what the page documents"
    made: dict[str, Any] = {"operationId": name, "summary": summary, "x-lines": ranged(operation.lines)}
    if operation.security:
        made["security"] = [{scheme.name: scheme.scopes} for scheme in operation.security]
    first = operation.addresses[0]
    parameters = [_path_parameter(n, first, operation) for n in dict.fromkeys(PLACEHOLDER.findall(first.path))]
    inside = [a for a in operation.attributes if a.where in ("query", "header")]
    parameters += [_parameter(a, inside) for a in inside if len(a.steps) == 1]
    made |= {"parameters": parameters} if parameters else {}
    body = [a for a in operation.attributes if a.where == "body"]
    if body or (operation.media and operation.method not in ("GET", "HEAD", "DELETE")):
        made["requestBody"] = _body(operation, body)
    made["responses"] = {r.status: _response(operation, r) for r in operation.responses}
    made["responses"] = made["responses"] or {"default": {"description": "The page documents no response."}}
    return made


def _parameter(one: Attribute, inside: list[Attribute]) -> dict[str, Any]:
    """A parameter, with its members where `inside` has some."""
    schema = _schema(inside, one.where, one.steps)
    needed = bool(one.required) or one.where == "path"
    made = {"name": one.steps[0], "in": one.where, "required": needed, "schema": schema}
    if schema.pop("deprecated", False):
        made["deprecated"] = True
    return {**made, "x-lines": schema["x-lines"]}  # both: some clauses are about the parameter, some about its values


def _body(operation: Operation, attributes: list[Attribute]) -> dict[str, Any]:
    lines = operation.media_lines or operation.body_lines or operation.lines
    level = {} if operation.media else {"x-level": "implied"}
    schema = _schema(attributes, "body")
    schema |= {"type": "object", "x-lines": ranged(operation.body_lines or lines), "x-level": "implied"}
    content = {"x-lines": ranged(lines), **level, "schema": _ordered(schema)}
    if "body" in operation.examples:
        value, numbers = operation.examples["body"]
        content["examples"] = {"page": {"x-lines": ranged(numbers), "x-level": "implied", "value": value}}
    required = {"required": True} if operation.method != "DELETE" else {}
    return {**required, "content": {operation.media or "application/json": content}}


def _response(operation: Operation, response: Response) -> dict[str, Any]:
    lines = ranged(response.lines)
    made: dict[str, Any] = {"description": response.name or "An answer that the page names", "x-lines": lines}
    attributes = [a for a in operation.attributes if a.where == response.status]
    if response.types == []:
        return made
    if response.types is None and not attributes and response.status not in operation.examples:
        return {**made, "content": {"*/*": {"schema": {"x-lines": lines}}}}  # a body, or none
    schema = _schema(attributes, response.status)
    if response.types is not None:
        schema = {**schema, "type": _one(response.types), "x-lines": lines}
        schema.pop("x-level", None)
    schema |= {"x-level": "implied"} if response.implied or response.types is None else {}
    schema.setdefault("x-lines", lines)
    media = response.media or ("*/*" if schema.get("type") == "string" else "application/json")
    content: dict[str, Any] = {"x-lines": ranged(response.media_lines or response.lines)} if media != "*/*" else {}
    content |= {"x-level": "implied"} if content and not response.media else {}
    content["schema"] = _ordered(schema)
    if response.status in operation.examples:
        value, numbers = operation.examples[response.status]
        content["examples"] = {"page": {"x-lines": ranged(numbers), "value": value}}
    return {**made, "content": {media: content}}


def _ordered(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its keywords where a reader looks for them: what it is, then its lines, then what is below it."""
    first = {"type": schema["type"]} if "type" in schema else {}
    rest = {key: value for key, value in schema.items() if key not in _ORDER}
    return first | rest | {key: schema[key] for key in _ORDER if key in schema}


def _schema(attributes: list[Attribute], where: str, steps: tuple[str, ...] = ()) -> dict[str, Any]:
    """The schema of one place and of all below it."""
    below = [a for a in attributes if a.where == where and a.steps[: len(steps)] == steps]
    own = next((a for a in below if len(a.steps) == len(steps)), None)
    below = [a for a in below if a is not own]
    children = {
        name: _schema(below, where, (*steps, name)) for name in dict.fromkeys(a.steps[len(steps)] for a in below)
    }
    schema: dict[str, Any] = _own(own) if own else {}
    if not own and below:
        lines = set().union(*(a.lines for a in below))
        schema = {"type": "array" if MEMBER in children else "object", "x-lines": ranged(lines), "x-level": "implied"}
    named = {name: child for name, child in children.items() if name not in (MEMBER, ENTRY)}
    if named:
        needed = {a.steps[-1] for a in below if a.required and len(a.steps) == len(steps) + 1}
        schema |= {"required": [name for name in named if name in needed]} if needed else {}
        schema["properties"] = named
        schema.setdefault("type", "object")
    if MEMBER in children or (own and own.items):
        schema["items"] = children.get(MEMBER, {})
    if own and own.items:
        level = {"x-level": "implied"} if "*" in own.implied else {}
        schema["items"].pop("x-level", None)
        schema["items"] |= {"type": _one(own.items), "x-lines": ranged(own.of.get("type", own.lines)), **level}
        schema["items"] = _ordered(schema["items"])
    if ENTRY in children:
        schema["additionalProperties"] = children[ENTRY]
    return _ordered(schema)


def _own(one: Attribute) -> dict[str, Any]:
    lines = ranged(one.lines)
    parts = {key: ranged(numbers) for key, numbers in one.of.items() if ranged(numbers) != lines}
    level: Json = "implied" if "*" in one.implied else dict.fromkeys(sorted(one.implied), "implied")
    schema: dict[str, Any] = {"type": _one(one.types)} if one.types else {}
    schema |= one.says | {"x-lines": {"here": lines, **parts} if parts else lines}
    return schema | ({"x-level": level} if level else {})


def _one(kinds: list[str]) -> str | list[str]:
    return kinds[0] if len(kinds) == 1 else list(kinds)
