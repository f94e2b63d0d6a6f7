"""Every clause of a contract, enumerated from its OpenAPI document; nothing is listed twice by hand.

Extension fields that are read here:

==================  =====================================================================================
x-lines             lines of the document: one list of ranges, or one for each keyword (`here` for the rest)
x-level             `implied` for what stands between the lines: one word, or one for each keyword
x-open              keywords that the strategies keep to although the page is silent; they are no clauses
x-optional          in a response: the attribute may be absent, and why
x-required-when     in a response: attributes that are required under one value of a query parameter
x-situation         in a response: the situation of the target that provokes it
x-unknown           in a path parameter: the situation of a request for a thing that there is not, where the page
                    says how it is answered; where it does not, a clause of its own asks that it is refused
x-behaviours        at the root: statements in prose, each of one of the kinds in `contracts.behaviours`
==================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contracts.behaviours import check_behaviours
from contracts.errors import ContractError
from contracts.model import ANY_MEMBER, Clause, Kind, Level, Lines, Schema
from contracts.sentences import request_sentence, response_sentence

REQUEST_KEYWORDS = (
    "type", "enum", "minLength", "maxLength", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum",
    "minItems", "maxItems",
)  # fmt: skip
RESPONSE_KEYWORDS = ("type", "enum", "format")
NONE = "none"  # the keyword of the clause about requests without credentials
_STRUCTURE = {"properties", "items", "additionalProperties", "required"}
_ANNOTATIONS = {"title", "description", "deprecated", "examples", "default"}


@dataclass(frozen=True)
class _Scope:
    """What all clauses of one schema share: where they belong and how their ids and sentences are made."""

    contract: str
    kind: Kind
    status: str = ""

    def clause(self, keyword: str, schema: Schema, place: tuple[str, ...]) -> Clause:
        if self.kind is Kind.REQUEST:
            shown = place[1:] if place[0] == "body" and len(place) > 1 else place
            prefix, sentence = "request", request_sentence(keyword, schema, place)
        else:
            shown, prefix = place, self.status
            sentence = response_sentence(keyword, schema, place, self.status)
        about = "/".join((prefix, *shown, keyword))
        made = _clause(self.contract, about, self.kind, schema, sentence, keyword)
        return replace(made, place=place, status=self.status, schema=schema)


def _clause(contract: str, about: str, kind: Kind, facts: Schema, sentence: str, keyword: str = "") -> Clause:
    """A clause with the level and the lines that `facts` give the keyword; `about` is its id within the contract."""
    level, lines = level_of(facts, keyword), lines_of(facts, keyword or "here")
    return Clause(f"{contract}/{about}", contract, kind, level, lines, sentence, keyword)


def lines_of(facts: Mapping[str, Any], keyword: str = "here") -> Lines:
    """The lines of one keyword: its own, else those of the whole schema; raises ContractError without any."""
    lines = facts.get("x-lines")
    if isinstance(lines, Mapping):
        lines = lines.get(keyword, lines.get("here"))
    if lines is None:
        raise ContractError(f"a clause for {keyword!r} has no x-lines: {dict(facts)}")
    return Lines.parse(lines)


def level_of(facts: Mapping[str, Any], keyword: str = "") -> Level:
    """The level of one keyword; what bears no x-level is stated."""
    level = facts.get("x-level", Level.STATED)
    if isinstance(level, Mapping):
        level = level.get(keyword, Level.STATED)
    return Level(level)


def redundant_keywords(schema: Schema) -> set[str]:
    """Bounds that another bound of the same schema already implies, so that nothing can break them alone."""
    redundant = set()
    if schema.get("minimum", 0) <= schema.get("exclusiveMinimum", float("-inf")):
        redundant.add("minimum")
    if schema.get("maximum", 0) >= schema.get("exclusiveMaximum", float("inf")):
        redundant.add("maximum")
    return redundant


def enumerate_clauses(name: str, openapi: Mapping[str, Any]) -> Iterator[Clause]:
    """Every clause of the contract `name`, in the order of its OpenAPI document."""
    path, operation = primary_operation(openapi)
    yield _clause(name, "operation", Kind.OPERATION, operation, f"POST {path} {operation['summary']}.")
    yield from _request_clauses(name, operation)
    yield from _unknown_clauses(name, openapi)
    for status, response in operation["responses"].items():
        if status != "default":
            yield from _response_clauses(name, status, response)
    yield from _authentication_clauses(name, openapi)
    yield from _behaviour_clauses(name, openapi)
    sentence = "No request makes the endpoint fail with a 5xx status."
    robust = _clause(name, "robustness/server-error", Kind.ROBUSTNESS, operation, sentence)
    yield replace(robust, level=Level.IMPLIED)


def primary_operation(openapi: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The path and the POST operation that the document is about: the first of its paths."""
    path, item = next(iter(openapi["paths"].items()))
    return path, item["post"]


def _request_clauses(name: str, operation: Mapping[str, Any]) -> Iterator[Clause]:
    scope = _Scope(name, Kind.REQUEST)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            place, schema = ("query", parameter["name"]), parameter["schema"]
            for clause in _keyword_clauses(scope, schema, place, REQUEST_KEYWORDS):
                if clause.keyword != "type":  # everything in a URL is text, so no other type can be sent
                    yield clause
            yield scope.clause("required" if parameter["required"] else "optional", schema, place)
    media_type, content = next(iter(operation["requestBody"]["content"].items()))
    yield replace(
        scope.clause("type", {**content["schema"], "x-lines": content["x-lines"]}, ("body",)),
        id=f"{name}/request/content-type",
        keyword="content-type",
        place=("header", "Content-Type"),
        level=Level.IMPLIED,
        sentence=f"The body is sent as {media_type}.",
    )
    yield from _schema_clauses(scope, content["schema"], ("body",), REQUEST_KEYWORDS)
    for key, example in content.get("examples", {}).items():
        sentence = "The example on the page is accepted."
        made = _clause(name, f"request/example/{key}", Kind.REQUEST, example, sentence, "example")
        yield replace(made, place=("body",), schema=example)


def _unknown_clauses(name: str, openapi: Mapping[str, Any]) -> Iterator[Clause]:
    """What nobody has is refused, and what a field of the target does not take: implied by every page."""
    operation = primary_operation(openapi)[1]
    given = [*operation.get("parameters", ()), *(p for i in openapi["paths"].values() for p in i.get("parameters", ()))]
    places = [(("path", p["name"]), p) for p in given if p["in"] == "path" and "x-unknown" not in p]
    content = next(iter(operation["requestBody"]["content"].values()))
    for place, schema in [*places, *_tenant_places(content["schema"], ("body",))]:
        named, is_map = f"`{'.'.join(place[1:])}`", schema.get("type") == "object"
        holds = f"{named} holds what a field of the target does not take"
        sentence = f"A request is refused whose {holds if is_map else f'{named} names what there is not'}."
        about = "/".join(("request", *(place if place[0] == "path" else place[1:]), "unknown"))
        made = _clause(name, about, Kind.UNKNOWN, schema, sentence, "unknown")
        yield replace(made, level=Level.IMPLIED, place=place, schema=schema)


def _tenant_places(schema: Schema, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """The places whose values depend on the target, with their schemas."""
    if schema.get("x-tenant"):
        yield place, schema
    for step, child in schema.get("properties", {}).items():
        yield from _tenant_places(child, (*place, step))
    if "items" in schema:
        yield from _tenant_places(schema["items"], (*place, ANY_MEMBER))


def _response_clauses(name: str, status: str, response: Mapping[str, Any]) -> Iterator[Clause]:
    sentence = f"{response['description']} is answered {status}."
    common = replace(
        _clause(name, f"status/{status}", Kind.STATUS, response, sentence),
        status=status,
        needs=response.get("x-situation", ""),
    )
    if status.isdigit():  # a range such as 2XX is ours, not the page's
        yield common
    if "content" not in response:
        yield replace(
            common,
            id=f"{name}/{status}/no-body",
            kind=Kind.RESPONSE,
            keyword="no-body",
            sentence=f"A {status} answer has no body.",
        )
        return
    media_type, content = next(iter(response["content"].items()))
    if media_type != "*/*":
        yield replace(
            common,
            id=f"{name}/{status}/content-type",
            kind=Kind.RESPONSE,
            keyword="content-type",
            level=level_of(content),
            lines=lines_of(content),
            sentence=f"{'An answer of success' if status == '2XX' else f'A {status} answer'} is sent as {media_type}.",
            schema={"const": media_type},
        )
    scope = _Scope(name, Kind.RESPONSE, status)
    for clause in _schema_clauses(scope, content["schema"], (), RESPONSE_KEYWORDS):
        yield replace(clause, needs=common.needs)


def _schema_clauses(
    scope: _Scope, schema: Schema, place: tuple[str, ...], keywords: tuple[str, ...]
) -> Iterator[Clause]:
    """The clauses of one schema and of everything below it; raises ContractError for a keyword we cannot judge."""
    unknown = {k for k in schema if not k.startswith("x-")} - _STRUCTURE - _ANNOTATIONS - set(keywords)
    if unknown:
        raise ContractError(f"{scope.contract}: the schema at {'/'.join(place) or 'the root'} uses {sorted(unknown)}")
    yield from _keyword_clauses(scope, schema, place, keywords)
    conditional = schema.get("x-required-when", {})
    for name, child in schema.get("properties", {}).items():
        if name in schema.get("required", ()):
            yield scope.clause("required", child, (*place, name))
        elif name in conditional.get("required", ()):
            yield _conditional(scope.clause("required", child, (*place, name)), conditional["query"])
        elif scope.kind is Kind.REQUEST:
            yield scope.clause("optional", child, (*place, name))
        yield from _schema_clauses(scope, child, (*place, name), keywords)
    for members in ("additionalProperties", "items"):
        if members in schema:
            yield from _schema_clauses(scope, schema[members], (*place, ANY_MEMBER), keywords)


def _keyword_clauses(
    scope: _Scope, schema: Schema, place: tuple[str, ...], keywords: tuple[str, ...]
) -> Iterator[Clause]:
    left_out = redundant_keywords(schema) | set(schema.get("x-open", ()))
    for keyword in keywords:
        if keyword in schema and keyword not in left_out:
            yield scope.clause(keyword, schema, place)


def _conditional(clause: Clause, query: Mapping[str, str]) -> Clause:
    condition = " and ".join(f"{name} {value}" for name, value in query.items())
    sentence = f"Under {condition}, {clause.sentence[0].lower()}{clause.sentence[1:]}"
    return replace(clause, when=query, sentence=sentence)


def _authentication_clauses(name: str, openapi: Mapping[str, Any]) -> Iterator[Clause]:
    operation = primary_operation(openapi)[1]
    if "401" not in operation["responses"]:  # where the page names it, that clause asks this too
        sentence = "A request is refused whose credentials are missing, or are nobody's."
        made = _clause(name, "authentication/none", Kind.AUTHENTICATION, operation, sentence, NONE)
        yield replace(made, level=Level.IMPLIED)
    for scheme, facts in openapi.get("components", {}).get("securitySchemes", {}).items():
        subject = facts.get("description", "An OAuth 2.0 token")
        sentence = f"{subject} authenticates a request, and a wrong one does not."
        yield _clause(name, f"authentication/{scheme}", Kind.AUTHENTICATION, facts, sentence, scheme)


def _behaviour_clauses(name: str, openapi: Mapping[str, Any]) -> Iterator[Clause]:
    check_behaviours(name, openapi)
    for key, facts in openapi.get("x-behaviours", {}).items():
        yield Clause(
            id=f"{name}/behaviour/{key}",
            contract=name,
            kind=Kind.BEHAVIOUR,
            level=Level(facts["level"]),
            lines=Lines.parse(facts["lines"]),
            sentence=facts["sentence"],
            keyword=key,
            needs=facts.get("needs", ""),
            schema=facts,
        )
