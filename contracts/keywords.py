"""The clauses of one schema and of everything below it, a keyword each, with the lines and the level of each.

In a file that is read with its lines, a fact cites the lines on which it stands. Extension fields that are read here:

==================  =====================================================================================
x-lines             lines of the document: one list of ranges, or one for each keyword (`here` for the rest)
x-level             `implied` for what stands between the lines: one word, or one for each keyword
x-open              keywords that the strategies keep to although the page is silent; they are no clauses
x-optional          in a response: the attribute may be absent, and why
x-required-when     in a response: attributes that are required under one value of a query parameter
x-unasked           keywords that were taken out of a schema since they cannot be asked, each with why
==================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contracts.dialect import CHECKED
from contracts.errors import ContractError
from contracts.model import ANY_MEMBER, Clause, Gap, Json, Kind, Level, Lines, Node, Schema, lines_in
from contracts.schema import types_in
from contracts.sentences import request_sentence, response_sentence

KEYWORDS = (
    "type", "enum", "minLength", "maxLength", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum",
    "minItems", "maxItems", "format", "const", "pattern", "multipleOf", "uniqueItems", "contains", "minProperties",
    "maxProperties", "additionalProperties", "unevaluatedProperties", "propertyNames", "patternProperties",
    "dependentRequired", "items", "not", "anyOf", "oneOf", "if",
)  # fmt: skip
_STRUCTURE = {
    "properties", "items", "additionalProperties", "required", "allOf", "prefixItems", "then", "else", "$defs", "$ref",
}  # fmt: skip
_ANNOTATIONS = {
    "title", "description", "deprecated", "examples", "default", "readOnly", "writeOnly", "discriminator", "xml",
    "externalDocs", "$comment", "$schema", "$id", "$anchor", "contentMediaType", "contentEncoding", "contentSchema",
    "summary", "definitions",
}  # fmt: skip
_WHEN_TRUE, _WHEN_FALSE = {"uniqueItems"}, {"additionalProperties", "unevaluatedProperties", "items"}


@dataclass(frozen=True)
class Scope:
    """What all clauses of one schema share: where they belong and how their ids and sentences are made.

    No place of more than `deepest` steps is looked at. `text`: the values go over the wire as text, which has no types.
    `branch` and `above` say where a walk is.
    """

    contract: str
    kind: Kind
    deepest: int
    status: str = ""
    text: bool = False
    branch: tuple[str, ...] = ()
    above: tuple[int, ...] = ()

    def clause(self, keyword: str, schema: Schema, place: tuple[str, ...], owner: Schema | None = None) -> Clause:
        """The clause of one keyword of a schema at a place of a request, or of an answer."""
        if self.kind is Kind.REQUEST:
            shown = place[1:] if place[0] == "body" and len(place) > 1 else place
            prefix, sentence = "request", request_sentence(keyword, schema, place)
        else:
            shown, prefix = place, self.status
            sentence = response_sentence(keyword, schema, place, self.status)
        about = "/".join((prefix, *map(escaped, (*shown, *self.branch)), keyword))
        made = clause_of(
            self.contract, about, self.kind, schema, sentence, keyword,
            place=place, status=self.status, schema=schema, owner=owner or {}, branch=self.branch,
        )  # fmt: skip
        advisory = keyword == "format" and self.kind is Kind.REQUEST and isinstance(schema, Node)
        return replace(made, level=Level.IMPLIED) if advisory else made  # JSON Schema 2020-12 validation, 7.2.1


def escaped(step: str) -> str:
    """A name as one step of an id, escaped as in a JSON Pointer (RFC 6901)."""
    return step.replace("~", "~0").replace("/", "~1")


def clause_of(
    contract: str, about: str, kind: Kind, facts: Schema, sentence: str, keyword: str = "", **more: Any
) -> Clause:
    """A clause with the level and the lines that `facts` give the keyword, unless there is `more` that says otherwise.

    `about` is its id within the contract.
    """
    level, lines = level_of(facts, keyword), lines_of(facts, keyword or "here")
    return replace(Clause(f"{contract}/{about}", contract, kind, level, lines, sentence, keyword), **more)


def lines_of(facts: Mapping[str, Any], keyword: str = "here") -> Lines:
    """The lines of one keyword: its own, else those of the whole schema; raises ContractError without any."""
    lines = facts.get("x-lines")
    if isinstance(lines, Mapping):
        lines = lines.get(keyword, lines.get("here"))
    if lines is None and isinstance(facts, Node):
        return lines_in(facts, keyword)
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
    """What another keyword of the same schema already implies, so that nothing can break it alone."""
    redundant = set()
    if schema.get("minimum", 0) <= schema.get("exclusiveMinimum", float("-inf")):
        redundant.add("minimum")
    if schema.get("maximum", 0) >= schema.get("exclusiveMaximum", float("inf")):
        redundant.add("maximum")
    if isinstance(schema, Node) and schema.keys() & {"enum", "const"}:
        redundant.add("type")
    return redundant


def schema_clauses(scope: Scope, schema: Json, place: tuple[str, ...]) -> Iterator[Clause | Gap]:
    """The clauses of one schema and of everything below it; raises ContractError for a keyword we cannot judge."""
    if not isinstance(schema, Mapping) or id(schema) in scope.above or len(place) > scope.deepest:
        return  # of what stands within itself, all is said
    scope = replace(scope, above=(*scope.above, id(schema)))
    unknown = {k for k in schema if not k.startswith("x-")} - _STRUCTURE - _ANNOTATIONS - set(KEYWORDS)
    where = "/".join(place) or "the root"
    if unknown and not isinstance(schema, Node):
        raise ContractError(f"{scope.contract}: the schema at {where} uses {sorted(unknown)}")
    for keyword in sorted(unknown):
        yield Gap(f"{keyword} at {where} is not asked", lines_of(schema, keyword))
    for keyword, why in schema.get("x-unasked", {}).items():
        yield Gap(f"{why}, at {where}", lines_of(schema, keyword))
    yield from keyword_clauses(scope, schema, place)
    yield from _attribute_clauses(scope, schema, place)
    for members in ("additionalProperties", "items"):
        if isinstance(schema.get(members), Mapping):
            yield from schema_clauses(scope, schema[members], (*place, ANY_MEMBER))
    for index, child in enumerate(schema.get("prefixItems", ())):
        yield from schema_clauses(scope, child, (*place, str(index)))
    for child in schema.get("allOf", ()):
        yield from schema_clauses(scope, child, place)
    if scope.kind is Kind.REQUEST:  # an answer is judged by all alternatives together
        yield from _branch_clauses(scope, schema, place)


def _attribute_clauses(scope: Scope, schema: Schema, place: tuple[str, ...]) -> Iterator[Clause | Gap]:
    conditional: Mapping[str, Any] = schema.get("x-required-when", {})
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = schema.get("required", ())
    named = {**properties, **({n: Node({}, schema.lines) for n in required} if isinstance(schema, Node) else {})}
    for name in (*properties, *(n for n in named if n not in properties)):
        child = properties.get(name, named[name])
        child = child if isinstance(child, Mapping) else Node({}, {})
        below = (*place, name)
        if child.get("writeOnly") is True and scope.kind is Kind.RESPONSE:  # OpenAPI 3.0: SHOULD NOT; 3.1: advice
            made = replace(scope.clause("writeOnly", child, below), level=Level.IMPLIED)
            yield _cited(made, schema, properties, name, "")
            continue
        if name in required:
            made = scope.clause("required", child, below, schema)
            yield _cited(made, schema, properties, name, "required")
        elif name in conditional.get("required", ()):
            yield _conditional(scope.clause("required", child, below), conditional["query"])
        elif scope.kind is Kind.REQUEST:
            yield _cited(scope.clause("optional", child, below), schema, properties, name, "")
        yield from schema_clauses(scope, child, below)


def _cited(clause: Clause, schema: Schema, properties: Mapping[str, Any], name: str, keyword: str) -> Clause:
    """The clause with the lines on which a file names the attribute, and says that it is required."""
    if not isinstance(schema, Node) or "x-lines" in clause.schema:
        return clause
    own = properties.lines[name][0] if isinstance(properties, Node) and name in properties.lines else 0
    said = (schema.lines[keyword],) if keyword in schema.lines else ()
    return replace(clause, lines=Lines(tuple(sorted({*said, *(((own, own),) if own else ())})) or clause.lines.ranges))


def _branch_clauses(scope: Scope, schema: Schema, place: tuple[str, ...]) -> Iterator[Clause | Gap]:
    """What holds in one alternative only; that one of them holds is the alternatives' own clause."""
    for keyword in ("anyOf", "oneOf"):
        for number, child in enumerate(schema.get(keyword, ()), start=1):
            name = getattr(child, "name", "") or str(number)
            inner = replace(scope, branch=(*scope.branch, f"{keyword}.{name}"))
            for clause in schema_clauses(inner, child, place):
                if isinstance(clause, Gap) or clause.keyword not in {"type", "const", "enum"} or clause.place != place:
                    yield clause
    for keyword in ("then", "else"):
        if keyword in schema:
            yield from schema_clauses(replace(scope, branch=(*scope.branch, keyword)), schema[keyword], place)


def keyword_clauses(scope: Scope, schema: Schema, place: tuple[str, ...]) -> Iterator[Clause]:
    """What the keywords of one schema say of its own place."""
    left_out = redundant_keywords(schema) | set(schema.get("x-open", ()))
    if scope.text and not types_that_text_shows(schema):
        left_out.add("type")  # everything in a URL is text, so no other type can be sent
    if isinstance(schema, Node) and schema.get("format") not in CHECKED:
        left_out.add("format")
    left_out |= {"if"} if scope.kind is Kind.REQUEST else set()  # its branches have clauses of their own
    for keyword in KEYWORDS:
        if keyword in schema and keyword not in left_out:
            said = schema[keyword]
            if (keyword not in _WHEN_TRUE or said is True) and (keyword not in _WHEN_FALSE or said is False):
                yield scope.clause(keyword, schema, place)


def types_that_text_shows(schema: Schema) -> bool:
    """Whether some text is of none of the types: that of a number or of a boolean can be told from others."""
    return set(types_in(schema.get("type", "string"))) <= {"integer", "number", "boolean"}


def _conditional(clause: Clause, query: Mapping[str, str]) -> Clause:
    condition = " and ".join(f"{name} {value}" for name, value in query.items())
    sentence = f"Under {condition}, {clause.sentence[0].lower()}{clause.sentence[1:]}"
    return replace(clause, when=query, sentence=sentence)
