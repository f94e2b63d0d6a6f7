"""What a target says of a behaviour: the names in braces of its parameters, filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

from contracts.behaviours import FRESH, NAME
from contracts.contract import Contract
from contracts.model import Json
from contracts.operations import PARAMETER
from contracts.things import LISTED
from endpoints.endpoint import USUAL, Endpoint, Situation

Place = tuple[str, ...]


class UnsaidError(Exception):
    """The target does not say what a name in braces stands for; carries the name."""


def filled(template: Json, said: Callable[[str], Json]) -> Json:
    """A copy of a parameter with what is `said` in place of each name; a text that is one name becomes its value."""
    if isinstance(template, Mapping):
        return {filled(name, said): filled(value, said) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, said) for value in template]
    if not isinstance(template, str):
        return template
    whole = NAME.fullmatch(template)
    return said(whole[1]) if whole else NAME.sub(lambda match: str(said(match[1])), template)


def place_in_body(template: str, said: Callable[[str], Json]) -> Place:
    """The place of the body that a parameter names; what a target calls something may have a slash in it."""
    return ("body", *(str(filled(step, said)) for step in template.split("/")))


def filled_path(template: str, said: Callable[[str], Json]) -> str:
    """A JSONPath with names filled in, quoted as RFC 9535 section 2.3.1 wants it."""
    return NAME.sub(lambda match: str(said(match[1])).replace("\\", "\\\\").replace("'", "\\'"), template)


def facts_of(endpoint: Endpoint, situation: Situation) -> Callable[[str], Json]:
    """What the target says of names: path parameters, the situation's `fields` (`a.b` looks inside), and `fresh`."""

    def said(name: str) -> Json:
        if name == FRESH:
            return uuid4().hex
        value: Json = {**endpoint.path, **situation.path, **situation.fields}
        for step in name.split("."):
            if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            else:
                value = value.get(step) if isinstance(value, Mapping) else None
        if value is None:
            raise UnsaidError(name)
        return value

    return said


def is_ordinary(endpoint: Endpoint, situation: Situation) -> bool:
    """Whether requests in the situation go where all others go, as the same user and without further values."""
    same_path = {**endpoint.path, **situation.path} == dict(endpoint.path)
    return same_path and not situation.body and situation.credentials is None


def other_ways(contract: Contract, endpoint: Endpoint) -> Iterator[Endpoint]:
    """The endpoint at other addresses of the same thing, as behaviours name them; and with other ways to authenticate.

    Each way to authenticate that comes here is the first one of its endpoint.
    """
    paths = [dict(endpoint.path)]
    for clause in contract.clauses.values():
        situation = endpoint.situations.get(clause.needs, USUAL)
        alike = clause.behaviour == "accepted" and not {"put", "drop", "address"} & clause.schema.keys()
        path = {**endpoint.path, **situation.path}
        if alike and path not in paths and situation.credentials is None and not situation.body:
            paths.append(path)
            yield replace(endpoint, path=path)
    for scheme in list(endpoint.authentication)[1:]:
        yield replace(endpoint, authentication={scheme: endpoint.authentication[scheme], **endpoint.authentication})


def unique_places(contract: Contract, endpoint: Endpoint) -> tuple[Place, ...]:
    """The places that the page says are unique, where the target's ordinary requests are subject to it."""
    places = []
    for clause in contract.clauses.values():
        situation = endpoint.situations.get(clause.needs)
        if clause.behaviour == "unique" and situation and is_ordinary(endpoint, situation):
            try:
                places.append(place_in_body(clause.schema["request"], facts_of(endpoint, situation)))
            except UnsaidError:
                continue
    return tuple(places)


def of_nothing(contract: Contract, endpoint: Endpoint) -> str:
    """What may be amiss where a plain request is answered 404, a clause of a sentence; nothing where nobody knows.

    base_url may lack the path at which the servers of the contract's file stand; or the address or a value names what
    is not there.
    """
    servers = contract.openapi.get("servers", ()) if contract.file else ()
    paths = [urlsplit(str(server["url"])).path.rstrip("/") for server in servers]
    missing = [path for path in paths if path and not urlsplit(endpoint.base_url).path.rstrip("/").endswith(path)]
    if missing and len(missing) == len(paths):
        return f"; its file's servers have the path {missing[0]}, which base_url lacks"
    unnamed = [
        n for n in PARAMETER.findall(contract.path) if contract.file and n not in {*endpoint.path, *endpoint.things}
    ]
    if unnamed:
        made = f'what makes one, things.{unnamed[0]} = {{ from = "…", id = "$.…" }}'
        return f'; nobody said what `{unnamed[0]}` names: let the target say path.{unnamed[0]} = "…", or {made}'
    inside = (c.place for c in contract.clauses.values() if c.place[:1] in {("body",), ("query",)} and c.place[1:])
    place = min(map("/".join, inside), default="") if contract.file else ""
    cure = f'things."{place}" = {{ from = "…", id = "$.…" }}'
    return f"; where one of its values names a thing, let the target say what makes it, as in {cure}" if place else ""


def of_another_state(endpoint: Endpoint) -> str:
    """What may be amiss where a plain request to a thing is answered 409, a clause of a sentence."""
    names = [name for name in endpoint.things if name != LISTED]
    return f"; if `{names[0]}` is to be a new one each time, say fresh = true in things.{names[0]}" if names else ""
