"""Every clause of an operation, enumerated from its OpenAPI document; nothing is listed twice by hand.

In a file that is read with its lines, a fact cites the lines on which it stands. Extension fields that are read here:

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
x-unasked           keywords that were taken out of a schema since they cannot be asked, each with why
==================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contracts.behaviours import check_behaviours
from contracts.dialect import CHECKED
from contracts.errors import ContractError
from contracts.model import ANY_MEMBER, Clause, Gap, Json, Kind, Level, Lines, Node, Schema
from contracts.operations import Operation, body_of, is_json, schema_of_parameter, unsupported
from contracts.sentences import answer_phrase, request_sentence, response_sentence

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
_ORDINARY = {"400", "401", "422"}  # statuses that need no situation
CONFLICT = "status-409"  # the situation in which the same is sent once more; no target needs to say it of a POST
NOBODY = "nobody"  # the situation in which a thing is asked for that there is not; no target needs to say it
_EMPTY = {"204", "205", "304"}
_CHANGED = "What was sent is found when the thing is read afterwards."
_EFFECTS = {
    "POST": "What was made is found, and read as the answer showed it.",
    "PUT": _CHANGED,
    "PATCH": _CHANGED,
    "DELETE": "What was deleted is not found when it is read afterwards.",
}
NONE = "none"  # the keyword of the clause about requests without credentials


@dataclass(frozen=True)
class _Scope:
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
        if self.kind is Kind.REQUEST:
            shown = place[1:] if place[0] == "body" and len(place) > 1 else place
            prefix, sentence = "request", request_sentence(keyword, schema, place)
        else:
            shown, prefix = place, self.status
            sentence = response_sentence(keyword, schema, place, self.status)
        about = "/".join((prefix, *map(_shown, (*shown, *self.branch)), keyword))
        made = _clause(self.contract, about, self.kind, schema, sentence, keyword)
        made = replace(made, place=place, status=self.status, schema=schema, owner=owner or {}, branch=self.branch)
        advisory = keyword == "format" and self.kind is Kind.REQUEST and isinstance(schema, Node)
        return replace(made, level=Level.IMPLIED) if advisory else made  # JSON Schema 2020-12 validation, 7.2.1


def _shown(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _clause(contract: str, about: str, kind: Kind, facts: Schema, sentence: str, keyword: str = "") -> Clause:
    """A clause with the level and the lines that `facts` give the keyword; `about` is its id within the contract."""
    level, lines = level_of(facts, keyword), lines_of(facts, keyword or "here")
    return Clause(f"{contract}/{about}", contract, kind, level, lines, sentence, keyword)


def lines_of(facts: Mapping[str, Any], keyword: str = "here") -> Lines:
    """The lines of one keyword: its own, else those of the whole schema; raises ContractError without any."""
    lines = facts.get("x-lines")
    if isinstance(lines, Mapping):
        lines = lines.get(keyword, lines.get("here"))
    if lines is None and isinstance(facts, Node):
        return Lines((facts.lines.get(keyword, (facts.first, facts.first)),))
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


def enumerate_clauses(
    name: str, openapi: Mapping[str, Any], operation: Operation, deepest: int
) -> Iterator[Clause | Gap]:
    """Every clause of one operation, in the order of its document, and what cannot be asked of it.

    Of bodies, what stands within so many steps.
    """
    facts = operation.facts
    yield _clause(name, "operation", Kind.OPERATION, facts, operation.sentence)
    yield from unsupported(openapi, operation)
    yield from _request_clauses(_Scope(name, Kind.REQUEST, deepest), operation)
    yield from _unknown_clauses(name, openapi, operation)
    open_to_all = not operation.security(openapi) and "securitySchemes" in openapi.get("components", {})
    for status, response in facts.get("responses", {}).items():
        if status != "default" or "content" in response:
            yield from _response_clauses(
                _Scope(name, Kind.RESPONSE, deepest, status), response, operation, not open_to_all
            )
    yield from _authentication_clauses(name, openapi, operation)
    yield from _behaviour_clauses(name, openapi)
    yield from _effect_clauses(name, openapi, operation)
    sentence = "No request makes the endpoint fail with a 5xx status."
    robust = _clause(name, "robustness/server-error", Kind.ROBUSTNESS, facts, sentence)
    yield replace(robust, level=Level.IMPLIED)


def _request_clauses(scope: _Scope, operation: Operation) -> Iterator[Clause | Gap]:
    name = scope.contract
    for parameter in operation.parameters():
        place, schema = (parameter["in"], parameter["name"]), schema_of_parameter(parameter)
        yield from _schema_clauses(replace(scope, text=True), schema, place)
        if parameter["in"] != "path":
            facts = parameter if isinstance(parameter, Node) else schema
            made = scope.clause("required" if parameter.get("required") else "optional", schema, place)
            yield replace(made, lines=lines_of(facts, "required"))
    body, (media_type, content) = operation.facts.get("requestBody"), body_of(operation.facts)
    if not media_type or not isinstance(content.get("schema"), Mapping):
        return
    if isinstance(body, Node) and "x-lines" not in content:  # of a page, no line says it
        sentence = "A body must be sent." if body.get("required") else "The body may be left out."
        keyword = "required" if body.get("required") else "optional"
        made = _clause(name, f"request/body/{keyword}", Kind.REQUEST, body, sentence, keyword)
        yield replace(made, place=("body",), schema=content["schema"])
    facts = {**content["schema"], "x-lines": str(lines_of(content))}
    yield replace(
        scope.clause("type", facts, ("body",)),
        id=f"{name}/request/content-type",
        keyword="content-type",
        place=("header", "Content-Type"),
        level=Level.IMPLIED,
        sentence=f"The body is sent as {media_type}.",
        schema={"enum": list(operation.facts["requestBody"]["content"])},
    )
    yield from _schema_clauses(replace(scope, text=not is_json(media_type)), content["schema"], ("body",))
    yield from _examples(name, content, is_json(media_type))


def _examples(name: str, content: Mapping[str, Any], in_json: bool) -> Iterator[Clause]:
    named = content.get("examples", {"default": {"value": content["example"]}} if "example" in content else {})
    for key, example in named.items() if in_json else ():
        if "value" in example:
            sentence = "The example on the page is accepted."
            facts = example if "x-lines" in example else {**example, "x-lines": str(lines_of(content, "examples"))}
            made = _clause(name, f"request/example/{_shown(key)}", Kind.REQUEST, facts, sentence, "example")
            yield replace(made, place=("body",), schema=facts)


def _unknown_clauses(name: str, openapi: Mapping[str, Any], operation: Operation) -> Iterator[Clause]:
    """What nobody has is refused, and what a field of the target does not take: implied by every document.

    In an OpenAPI file that describes 404, the clause of that status asks this too.
    """
    given = list(operation.facts.get("parameters", ()))
    if isinstance(operation.facts, Node):
        things = operation.facts.get("x-things", {}) if "404" not in operation.facts["responses"] else {}
        given = [parameter for parameter in given if parameter["name"] in things]
    else:
        others = (item for path, item in openapi["paths"].items() if path != operation.path)
        given += [parameter for item in others for parameter in item.get("parameters", ())]
    places = [(("path", p["name"]), p) for p in given if p["in"] == "path" and "x-unknown" not in p]
    for place, schema in [*places, *_tenant_places(body_of(operation.facts)[1].get("schema"), ("body",))]:
        named, is_map = f"`{'.'.join(place[1:])}`", schema.get("type") == "object"
        holds = f"{named} holds what a field of the target does not take"
        sentence = f"A request is refused whose {holds if is_map else f'{named} names what there is not'}."
        about = "/".join(("request", *(place if place[0] == "path" else place[1:]), "unknown"))
        made = _clause(name, about, Kind.UNKNOWN, schema, sentence, "unknown")
        yield replace(made, level=Level.IMPLIED, place=place, schema=schema)


def _tenant_places(schema: Json, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """The places whose values depend on the target, with their schemas."""
    if not isinstance(schema, Mapping) or isinstance(schema, Node):
        return
    if schema.get("x-tenant"):
        yield place, schema
    for step, child in schema.get("properties", {}).items():
        yield from _tenant_places(child, (*place, step))
    if "items" in schema:
        yield from _tenant_places(schema["items"], (*place, ANY_MEMBER))


def _response_clauses(
    scope: _Scope, response: Mapping[str, Any], operation: Operation, guarded: bool
) -> Iterator[Clause | Gap]:
    """What an answer of one status is to hold; `guarded`: wrong credentials are what it answers with 401."""
    name, status = scope.contract, scope.status
    things = [parameter for parameter in operation.parameters() if parameter["in"] == "path"]
    sentence = f"{str(response.get('description') or 'A request').rstrip('. ')} is answered {status}."
    special = f"status-{status}" if isinstance(response, Node) and status[0] in "345" and status.isdigit() else ""
    ordinary = status in _ORDINARY and (guarded or status != "401")
    special = "" if ordinary else NOBODY if status == "404" and things else special
    common = replace(
        _clause(name, f"status/{status}", Kind.STATUS, response, " ".join(sentence.split())),
        status=status,
        needs=response.get("x-situation", special),
    )
    if status.isdigit():  # a range such as 2XX is ours, not the page's
        yield common
    for header, facts in response.get("headers", {}).items():
        if header.lower() != "content-type":
            yield from _header_clauses(replace(scope, text=True), header, facts, common.needs)
    if "content" not in response:
        if "x-lines" in response or status in _EMPTY:
            sentence = f"A {status} answer has no body."
            about = f"{name}/{status}/no-body"
            yield replace(common, id=about, kind=Kind.RESPONSE, keyword="no-body", sentence=sentence)
        return
    if operation.method != "HEAD" and response["content"]:
        yield from _content_clauses(scope, common, response)


def _content_clauses(scope: _Scope, common: Clause, response: Mapping[str, Any]) -> Iterator[Clause | Gap]:
    name, status = scope.contract, scope.status
    media_types = list(response["content"])
    media_type = next(filter(is_json, media_types), media_types[0])
    content: Mapping[str, Any] = response["content"][media_type] or {}
    if media_type != "*/*" and status != "default":
        yield replace(
            common,
            id=f"{name}/{status}/content-type",
            kind=Kind.RESPONSE,
            keyword="content-type",
            level=level_of(content),
            lines=lines_of(content) if content else common.lines,
            sentence=f"{answer_phrase(status)} is sent as {' or '.join(media_types)}.",
            schema={"const": media_type} if len(media_types) == 1 else {"enum": media_types},
        )
    if is_json(media_type) or "x-lines" in response:
        for clause in _schema_clauses(scope, content.get("schema"), ()):
            yield replace(clause, needs=common.needs) if isinstance(clause, Clause) else clause


def _header_clauses(scope: _Scope, header: str, facts: Mapping[str, Any], needs: str) -> Iterator[Clause | Gap]:
    """The clauses of a response's header; its place is one step, `header:` and its name."""
    schema, place = facts.get("schema", {}), (f"header:{header}",)
    if facts.get("required"):
        made = scope.clause("required", schema, place)
        yield replace(made, needs=needs, lines=lines_of(facts, "required"))
    for clause in _keyword_clauses(scope, schema, place):
        yield replace(clause, needs=needs)


def _schema_clauses(scope: _Scope, schema: Json, place: tuple[str, ...]) -> Iterator[Clause | Gap]:
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
    yield from _keyword_clauses(scope, schema, place)
    yield from _attribute_clauses(scope, schema, place)
    for members in ("additionalProperties", "items"):
        if isinstance(schema.get(members), Mapping):
            yield from _schema_clauses(scope, schema[members], (*place, ANY_MEMBER))
    for index, child in enumerate(schema.get("prefixItems", ())):
        yield from _schema_clauses(scope, child, (*place, str(index)))
    for child in schema.get("allOf", ()):
        yield from _schema_clauses(scope, child, place)
    if scope.kind is Kind.REQUEST:  # an answer is judged by all alternatives together
        yield from _branch_clauses(scope, schema, place)


def _attribute_clauses(scope: _Scope, schema: Schema, place: tuple[str, ...]) -> Iterator[Clause | Gap]:
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
        yield from _schema_clauses(scope, child, below)


def _cited(clause: Clause, schema: Schema, properties: Mapping[str, Any], name: str, keyword: str) -> Clause:
    """The clause with the lines on which a file names the attribute, and says that it is required."""
    if not isinstance(schema, Node) or "x-lines" in clause.schema:
        return clause
    own = properties.lines[name][0] if isinstance(properties, Node) and name in properties.lines else 0
    said = (schema.lines[keyword],) if keyword in schema.lines else ()
    return replace(clause, lines=Lines(tuple(sorted({*said, *(((own, own),) if own else ())})) or clause.lines.ranges))


def _branch_clauses(scope: _Scope, schema: Schema, place: tuple[str, ...]) -> Iterator[Clause | Gap]:
    """What holds in one alternative only; that one of them holds is the alternatives' own clause."""
    for keyword in ("anyOf", "oneOf"):
        for number, child in enumerate(schema.get(keyword, ()), start=1):
            name = getattr(child, "name", "") or str(number)
            inner = replace(scope, branch=(*scope.branch, f"{keyword}.{name}"))
            for clause in _schema_clauses(inner, child, place):
                if isinstance(clause, Gap) or clause.keyword not in {"type", "const", "enum"} or clause.place != place:
                    yield clause
    for keyword in ("then", "else"):
        if keyword in schema:
            yield from _schema_clauses(replace(scope, branch=(*scope.branch, keyword)), schema[keyword], place)


def _keyword_clauses(scope: _Scope, schema: Schema, place: tuple[str, ...]) -> Iterator[Clause]:
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
    types = schema.get("type", "string")
    names = {types} if isinstance(types, str) else set(types)
    return names <= {"integer", "number", "boolean"}


def _conditional(clause: Clause, query: Mapping[str, str]) -> Clause:
    condition = " and ".join(f"{name} {value}" for name, value in query.items())
    sentence = f"Under {condition}, {clause.sentence[0].lower()}{clause.sentence[1:]}"
    return replace(clause, when=query, sentence=sentence)


def _authentication_clauses(name: str, openapi: Mapping[str, Any], operation: Operation) -> Iterator[Clause]:
    """One for each way: schemes that must come together are one, joined by `+`; where nobody needs any, none."""
    schemes = openapi.get("components", {}).get("securitySchemes", {})
    ways = [list(way) for way in operation.security(openapi)]
    if (all(ways or [[]]) or not isinstance(operation.facts, Node)) and "401" not in operation.facts.get(
        "responses", {}
    ):
        sentence = "A request is refused whose credentials are missing, or are nobody's."
        made = _clause(name, "authentication/none", Kind.AUTHENTICATION, operation.facts, sentence, NONE)
        yield replace(made, level=Level.IMPLIED)  # where the document names 401, that clause asks this too
    for way in ways if all(ways) else ():
        if all(scheme in schemes for scheme in way):
            facts = schemes[way[0]]
            named = " and ".join(
                f"`{scheme}` ({schemes[scheme].get('scheme') or schemes[scheme].get('type')})" for scheme in way
            )
            subject = named if isinstance(facts, Node) else facts.get("description", "An OAuth 2.0 token")
            sentence = f"{subject} authenticates a request, and a wrong one does not."
            key = "+".join(way)
            yield _clause(name, f"authentication/{_shown(key)}", Kind.AUTHENTICATION, facts, sentence, key)


def _effect_clauses(name: str, openapi: Mapping[str, Any], operation: Operation) -> Iterator[Clause]:
    """What HTTP says of a method (RFC 9110 section 9.3; of PATCH RFC 5789), where a file has a GET to see it by."""
    sentence, item = _EFFECTS.get(operation.method), openapi["paths"][operation.path]
    read = operation.facts.get("x-outside", {}) if operation.method == "POST" else item
    if sentence and isinstance(operation.facts, Node) and {"read", "get"} & read.keys():
        made = _clause(name, "effect", Kind.EFFECT, operation.facts, sentence)
        yield replace(made, level=Level.IMPLIED)


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
