"""Every clause of an operation, enumerated from its OpenAPI document; nothing is listed twice by hand.

What schemas say is in `contracts.keywords`. Extension fields that are read here:

==================  =====================================================================================
x-situation         in a response: the situation of the target that provokes it
x-unknown           in a path parameter: the situation of a request for a thing that there is not, where the page
                    says how it is answered; where it does not, a clause of its own asks that it is refused
x-behaviours        at the root: statements in prose, each of one of the kinds in `contracts.behaviours`
==================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from contracts.behaviours import check_behaviours
from contracts.keywords import Scope, clause_of, escaped, keyword_clauses, level_of, lines_of, schema_clauses
from contracts.model import Clause, Gap, Json, Kind, Level, Lines, Node, Schema
from contracts.operations import Operation, body_of, is_json, schema_of_parameter, unsupported
from contracts.schema import schemas_within
from contracts.sentences import answer_phrase

_ORDINARY = {"400", "401", "422"}  # statuses that need no situation
CONFLICT = "status-409"  # the situation in which the same is sent once more; no target needs to say it of a POST
NOBODY = "nobody"  # the situation in which a thing is asked for that there is not; no target needs to say it
_EMPTY = {"204", "205", "304"}
_CHANGED = "What was sent is found when the thing is read afterwards."
_EFFECTS = {
    "GET": "The thing that the address names is the one that is answered.",
    "POST": "What was made is found, and read as the answer showed it.",
    "PUT": _CHANGED,
    "PATCH": f"{_CHANGED[:-1]}, and what was not sent is not lost.",
    "DELETE": "What was deleted is not found when it is read afterwards.",
}
NONE = "none"  # the keyword of the clause about requests without credentials


def enumerate_clauses(
    name: str, openapi: Mapping[str, Any], operation: Operation, deepest: int
) -> Iterator[Clause | Gap]:
    """Every clause of one operation, in the order of its document, and what cannot be asked of it.

    Of bodies, what stands within so many steps.
    """
    facts = operation.facts
    yield clause_of(name, "operation", Kind.OPERATION, facts, operation.sentence)
    yield from unsupported(openapi, operation)
    yield from _request_clauses(Scope(name, Kind.REQUEST, deepest), operation)
    yield from _unknown_clauses(name, openapi, operation)
    open_to_all = not operation.security(openapi) and "securitySchemes" in openapi.get("components", {})
    for status, response in facts.get("responses", {}).items():
        if status != "default" or "content" in response:
            yield from _response_clauses(
                Scope(name, Kind.RESPONSE, deepest, status), response, operation, not open_to_all
            )
    yield from _authentication_clauses(name, openapi, operation)
    yield from _behaviour_clauses(name, openapi)
    yield from _effect_clauses(name, openapi, operation)
    sentence = "No request makes the endpoint fail with a 5xx status."
    yield clause_of(name, "robustness/server-error", Kind.ROBUSTNESS, facts, sentence, level=Level.IMPLIED)


def _request_clauses(scope: Scope, operation: Operation) -> Iterator[Clause | Gap]:
    name = scope.contract
    for parameter in operation.parameters():
        place, schema = (parameter["in"], parameter["name"]), schema_of_parameter(parameter)
        yield from schema_clauses(replace(scope, text=True), schema, place)
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
        at = {"place": ("body",), "schema": content["schema"]}
        yield clause_of(name, f"request/body/{keyword}", Kind.REQUEST, body, sentence, keyword, **at)
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
    yield from schema_clauses(replace(scope, text=not is_json(media_type)), content["schema"], ("body",))
    yield from _examples(name, content, is_json(media_type))


def _examples(name: str, content: Mapping[str, Any], in_json: bool) -> Iterator[Clause]:
    named = content.get("examples", {"default": {"value": content["example"]}} if "example" in content else {})
    for key, example in named.items() if in_json else ():
        if "value" in example:
            sentence = "The example on the page is accepted."
            facts = example if "x-lines" in example else {**example, "x-lines": str(lines_of(content, "examples"))}
            at = {"place": ("body",), "schema": facts}
            yield clause_of(name, f"request/example/{escaped(key)}", Kind.REQUEST, facts, sentence, "example", **at)


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
        more = {"level": Level.IMPLIED, "place": place, "schema": schema}
        yield clause_of(name, about, Kind.UNKNOWN, schema, sentence, "unknown", **more)


def _tenant_places(schema: Json, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """The places whose values depend on the target, with their schemas."""
    if not isinstance(schema, Mapping) or isinstance(schema, Node):
        return
    if schema.get("x-tenant"):
        yield place, schema
    for step, child in schemas_within(schema):
        yield from _tenant_places(child, (*place, step))


def _response_clauses(
    scope: Scope, response: Mapping[str, Any], operation: Operation, guarded: bool
) -> Iterator[Clause | Gap]:
    """What an answer of one status is to hold; `guarded`: wrong credentials are what it answers with 401."""
    name, status = scope.contract, scope.status
    things = [parameter for parameter in operation.parameters() if parameter["in"] == "path"]
    sentence = f"{str(response.get('description') or 'A request').rstrip('. ')} is answered {status}."
    special = f"status-{status}" if isinstance(response, Node) and status[0] in "345" and status.isdigit() else ""
    ordinary = status in _ORDINARY and (guarded or status != "401")
    special = "" if ordinary else NOBODY if status == "404" and things else special
    common = clause_of(
        name, f"status/{status}", Kind.STATUS, response, " ".join(sentence.split()),
        status=status, needs=response.get("x-situation", special),
    )  # fmt: skip
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


def _header_clauses(scope: Scope, header: str, facts: Mapping[str, Any], needs: str) -> Iterator[Clause | Gap]:
    """The clauses of a response's header; its place is one step, `header:` and its name."""
    schema, place = facts.get("schema", {}), (f"header:{header}",)
    if facts.get("required"):
        made = scope.clause("required", schema, place)
        yield replace(made, needs=needs, lines=lines_of(facts, "required"))
    for clause in keyword_clauses(scope, schema, place):
        yield replace(clause, needs=needs)


def _content_clauses(scope: Scope, common: Clause, response: Mapping[str, Any]) -> Iterator[Clause | Gap]:
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
        for clause in schema_clauses(scope, content.get("schema"), ()):
            yield replace(clause, needs=common.needs) if isinstance(clause, Clause) else clause


def _authentication_clauses(name: str, openapi: Mapping[str, Any], operation: Operation) -> Iterator[Clause]:
    """One for each way: schemes that must come together are one, joined by `+`; where nobody needs any, none."""
    schemes = openapi.get("components", {}).get("securitySchemes", {})
    ways = [list(way) for way in operation.security(openapi)]
    if (all(ways or [[]]) or not isinstance(operation.facts, Node)) and "401" not in operation.facts.get(
        "responses", {}
    ):
        sentence = "A request is refused whose credentials are missing, or are nobody's."
        yield clause_of(  # where the document names 401, that clause asks this too
            name, "authentication/none", Kind.AUTHENTICATION, operation.facts, sentence, NONE, level=Level.IMPLIED
        )
    for way in ways if all(ways) else ():
        if all(scheme in schemes for scheme in way):
            facts = schemes[way[0]]
            named = " and ".join(
                f"`{scheme}` ({schemes[scheme].get('scheme') or schemes[scheme].get('type')})" for scheme in way
            )
            subject = named if isinstance(facts, Node) else facts.get("description", "An OAuth 2.0 token")
            sentence = f"{subject} authenticates a request, and a wrong one does not."
            key = "+".join(way)
            yield clause_of(name, f"authentication/{escaped(key)}", Kind.AUTHENTICATION, facts, sentence, key)


def _effect_clauses(name: str, openapi: Mapping[str, Any], operation: Operation) -> Iterator[Clause]:
    """What HTTP says of a method (RFC 9110 section 9.3; of PATCH RFC 5789), where a file has a GET to see it by."""
    sentence, item = _EFFECTS.get(operation.method), openapi["paths"][operation.path]
    read = operation.facts.get("x-outside", {}) if operation.method == "POST" else item
    shown = operation.method != "GET" or "x-addressed" in operation.facts
    if sentence and shown and isinstance(operation.facts, Node) and {"read", "get"} & read.keys():
        yield clause_of(name, "effect", Kind.EFFECT, operation.facts, sentence, level=Level.IMPLIED)


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
