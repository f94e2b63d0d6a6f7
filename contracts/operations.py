"""The operations of an OpenAPI document: which there are, what is sent with each, and what of it is not supported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.dialect import without
from contracts.model import Gap, Node, Schema, lines_in

PARAMETER = re.compile(r"\{([^{}]+)\}")  # in the template of a path
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
STYLES = {"query": ("form", "deepObject", "spaceDelimited", "pipeDelimited"), "path": ("simple",),
          "header": ("simple",), "cookie": ("form",)}  # fmt: skip
_USUAL = {"query": "form", "path": "simple", "header": "simple", "cookie": "form"}
_HEADERS_OF_OPENAPI = {"accept", "content-type", "authorization"}  # no parameters (OpenAPI 3.1, section 4.8.12.2)
_CONDITIONS = {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range", "expect"}


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation: its path template, its method in capitals, and its object with all parameters that it takes."""

    path: str
    method: str
    facts: Mapping[str, Any]

    @property
    def sentence(self) -> str:
        """What it does, in one sentence."""
        said = " ".join(str(self.facts.get("summary") or "does what the file describes").split())
        if isinstance(self.facts, Node):
            return f"{self.method} {self.path} ({said.rstrip('.')}) takes what the file describes."
        return f"{self.method} {self.path} {said}."

    def parameters(self) -> Iterator[Mapping[str, Any]]:
        """Its parameters, but for headers that OpenAPI leaves to other words, and for conditions that need not be sent.

        A conforming value of those may still be refused, by 412, 416 or 417, or change the answer (RFC 9110).
        """
        for parameter in self.facts.get("parameters", ()):
            left_out = parameter["in"] == "header" and parameter["name"].lower() in _HEADERS_OF_OPENAPI
            if not left_out and not is_condition(parameter):
                yield parameter

    def security(self, openapi: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The ways to authenticate, each with the schemes that it takes together."""
        ways = self.facts.get("security", openapi.get("security", []))
        return [way for way in ways if isinstance(way, Mapping)]


def operations_of(openapi: Mapping[str, Any]) -> Iterator[tuple[str, Operation]]:
    """Every operation with its name, which is its operationId as far as that can stand in an id of a clause."""
    views: tuple[dict[int, Any], dict[int, Any]] = ({}, {})
    names = set[str]()
    for path, item in openapi["paths"].items():
        for method in METHODS if isinstance(item, Mapping) else ():
            if isinstance(item.get(method), Mapping):
                facts = _whole(item, method, views)
                named = re.sub(r"[^\w.-]+", "-", str(facts.get("operationId") or f"{method}-{path}")).strip("-")
                name = next(n for n in (named, *(f"{named}-{k}" for k in range(2, 9999))) if n not in names)
                names.add(name)
                yield name, Operation(path, method.upper(), facts)


def _whole(item: Mapping[str, Any], method: str, views: tuple[dict[int, Any], dict[int, Any]]) -> Mapping[str, Any]:
    """An operation with the parameters of its path, without what is only read in requests, nor only written in answers.

    A catalogue's own stay as they are: what a page says of a request stands in a request.
    """
    facts = item[method]
    shared = [one for one in item.get("parameters", ()) if isinstance(one, Mapping)]
    if not isinstance(facts, Node):
        return {**facts, "parameters": [*shared, *facts.get("parameters", ())]} if shared else facts
    own = [one for one in facts.get("parameters") or () if isinstance(one, Mapping)]
    parameters = {(one.get("in"), one.get("name")): one for one in [*shared, *own]}
    answers = facts.get("responses") or Node({}, {})
    line = item.lines[method][0] if isinstance(item, Node) else facts.first
    made = facts.having(
        parameters=[_as_text(one) for one in parameters.values()],
        responses=Node({s: without(r, "writeOnly", views[1]) for s, r in answers.items()}, answers.lines)
        if isinstance(answers, Node)
        else answers,
    )
    if "requestBody" in facts:
        made["requestBody"] = without(facts["requestBody"], "readOnly", views[0])
    made.lines["here"] = line, line
    return made


def _as_text(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter without null: nothing that is written as text is null, but may be left out."""
    schema = parameter.get("schema")
    if not isinstance(schema, Node) or not isinstance(parameter, Node):
        return parameter
    members = [one for one in schema.get("anyOf", ()) if not (isinstance(one, Mapping) and one.get("type") == "null")]
    if len(members) == 1 and isinstance(members[0], Node):
        schema = members[0]
    elif members:
        schema = schema.having(anyOf=members)
    kinds, values = schema.get("type"), schema.get("enum")
    if isinstance(kinds, list) and "null" in kinds:
        others = [kind for kind in kinds if kind != "null"]
        schema = schema.having(type=others[0] if len(others) == 1 else others)
    if isinstance(values, list) and None in values:
        schema = schema.having(enum=[value for value in values if value is not None])
    return parameter.having(schema=schema) if schema is not parameter["schema"] else parameter


def is_condition(parameter: Mapping[str, Any]) -> bool:
    """Whether a parameter is a header that makes the request depend on the state of the thing, and may be left out."""
    named = parameter["in"] == "header" and parameter["name"].lower() in _CONDITIONS
    return named and not parameter.get("required")


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON's, with or without a name before `+json`; `*/*` may be it."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence in {"application/json", "text/json", "*/*", "application/*"} or essence.endswith("+json")


def body_of(facts: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The media type in which a request's body is sent, with its object; nothing when none of its own is supported."""
    content = (facts.get("requestBody") or {}).get("content") or {}
    for suits in (is_json, FORM.__eq__, MULTIPART.__eq__):
        for media_type, described in content.items():
            if suits(media_type):
                return ("application/json" if "*" in media_type else media_type), described or {}
    return "", {}


def schema_of_parameter(parameter: Mapping[str, Any]) -> Schema:
    """The schema of a parameter, whether it stands there or below a media type."""
    described: Mapping[str, Any] = parameter
    if "schema" not in parameter and parameter.get("content"):
        described = next(iter(parameter["content"].values()))
    schema = described.get("schema", {})
    return schema if isinstance(schema, Mapping) else {}


def style_of(parameter: Mapping[str, Any]) -> tuple[str, bool]:
    """How a parameter's lists and objects are written: its style, and whether each member is written apart."""
    style = str(parameter.get("style", _USUAL[parameter["in"]]))
    return style, bool(parameter.get("explode", style in {"form", "deepObject"}))


def unsupported(openapi: Mapping[str, Any], operation: Operation) -> Iterator[Gap]:
    """What the operation says and nothing here can send, each once; raises ValueError for what is no OpenAPI."""
    facts = operation.facts
    if operation.method in {"TRACE", "OPTIONS"}:
        yield Gap(f"{operation.method} is not sent", lines_in(facts), whole=True)
    for parameter in facts.get("parameters", ()):
        if parameter.get("in") not in _USUAL or not isinstance(parameter.get("name"), str):
            raise ValueError("a parameter has no name, or `in` says no place that there is")
        yield from _unsupported_parameter(parameter)
    body = facts.get("requestBody") or {}
    chosen, _ = body_of(facts)
    if body.get("content") and not chosen:
        says = f"a body of {' or '.join(body['content'])} is not sent; what is are JSON, {FORM} and {MULTIPART}"
        yield Gap(says, lines_in(body), whole=bool(body.get("required")))
    others = [media_type for media_type in body.get("content") or {} if chosen not in {"", media_type}]
    if others and chosen in body["content"]:
        yield Gap(f"the body is sent as {chosen}, and not as {' or '.join(others)}", lines_in(body))
    schemes = openapi.get("components", {}).get("securitySchemes", {})
    for scheme in {name for way in operation.security(openapi) for name in way}:
        described = schemes.get(scheme, {})
        where = described.get("in") if described.get("type") == "apiKey" else described.get("type")
        if where in {"query", "mutualTLS", None} and isinstance(facts, Node):
            yield Gap(f"the way to authenticate `{scheme}` ({where or 'not described'}) is not sent", lines_in(facts))
    if isinstance(facts.get("callbacks"), Mapping):
        yield Gap("what the endpoint calls back is not asked", lines_in(facts, "callbacks"))


def _unsupported_parameter(parameter: Mapping[str, Any]) -> Iterator[Gap]:
    name, (style, _) = f"the {parameter['in']} parameter `{parameter['name']}`", style_of(parameter)
    whole = bool(parameter.get("required")) or parameter["in"] == "path"
    media_type = next(iter(parameter.get("content") or {}), "")
    if "schema" not in parameter and media_type and not is_json(media_type):
        yield Gap(f"{name} is {media_type}, and is not sent", lines_in(parameter), whole)
    elif is_condition(parameter):
        yield Gap(f"{name} depends on the state of the thing, and is not sent", lines_in(parameter))
    elif style not in STYLES[parameter["in"]]:
        yield Gap(f"{name} has the style {style}, and is not sent", lines_in(parameter, "style"), whole)
