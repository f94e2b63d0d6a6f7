"""Where the ids in an OpenAPI file's paths come from: its ordinary pattern, and its links.

`POST /things` makes what `/things/{id}` is about, and `POST /things/{id}/parts` what stands below one of them; where
there is none, `PUT /things/{id}` does, with an id of the client's. What is found is written into the operations in the
words that a catalogue uses: `x-created`, `x-outside` and `x-things`, which says of each path parameter whose answer
names it, and where; of a list, what makes its members; `x-addressed` is where an operation's own answer names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from contracts.model import Json, Node
from contracts.operations import PARAMETER, Operation, body_of, is_json
from contracts.schema import as_path, types_in

_USUAL = ("id", "uuid", "uid", "key", "slug", "code", "number", "name")  # what ids are called, the likeliest first
LISTED = "*"  # in `x-things`: what a list needs, so that there is something in it
_POINTER = "$response.body#/"
LOCATION = "$response.header.Location"  # in place of a JSONPath: the last step of the address that an answer names
OWN_URL = "$url"  # in place of a JSONPath: the last step of the request's own address, as OpenAPI calls that one
OWN_ID = "own_id"  # in paths of `outside`, the id of a record that stands within something whose parameter is `id`
Named = Mapping[str, Operation]


def relate(operations: Named) -> None:
    """Write into the operations, which are Nodes of a file, which of them makes what another needs."""
    posts = {one.path: (name, one) for name, one in operations.items() if one.method == "POST"}
    linked = dict(_links(operations))
    deletes = {one.path.rstrip("/") for one in operations.values() if one.method == "DELETE"}
    clients = _clients(operations, posts, deletes)
    puts = {path: name for path, name in clients if not any(name == one for one, _ in linked)}
    said = {p: name for p, name in puts.items() if p in deletes or "201" in _responses(operations[name])}
    for name, one in operations.items():
        found = {}
        for parameter, above in _above(one.path):
            client = said.get(f"{above}/{{{parameter}}}", name)
            named = {"from": client, "id": OWN_URL} if client != name else None
            if maker := linked.get((name, parameter)) or _maker(posts.get(above), parameter) or named:
                found[parameter] = maker
        if found and isinstance(one.facts, Node):
            one.facts.setdefault("x-things", found)
            _addressed(one)
    for name in puts.values():
        if isinstance(facts := operations[name].facts, Node):
            facts.setdefault("x-created", {"id": OWN_URL})
    for name in [*(name for name, _ in posts.values()), *puts.values()]:
        _outside(name, operations[name], operations)
    _relate_bodies(operations)
    beside = {path.rpartition("/")[0]: name for path, name in said.items()}
    _relate_lists(operations, beside | {path: name for path, (name, _) in posts.items()})
    for _, post in posts.values():  # what nothing can read or delete is made all the same
        where = id_in_answer(post, "id")
        if where and isinstance(post.facts, Node):
            post.facts.setdefault("x-created", {"id": where})


def _relate_lists(operations: Named, makers: Mapping[str, str]) -> None:
    """A list is of what is made beside it, so that there is something in it; `makers` are named by the list's path."""
    for one in operations.values():
        maker = makers.get(one.path, "")
        made = operations[maker].facts.get("x-created") if maker else None
        if made and one.method == "GET" and isinstance(one.facts, Node):
            listed = {LISTED: {"from": maker, "id": made["id"]}}
            one.facts["x-things"] = {**one.facts.get("x-things", {}), **listed}


def _addressed(one: Operation) -> None:
    """Where an answer names the thing that its request addresses, as the answer that made it does: `x-addressed`."""
    for parameter, source in one.facts.get("x-things", {}).items() if one.method != "DELETE" else ():
        where = id_in_answer(one, parameter)
        leaf, own = where.rpartition(".")[2], source["id"].rpartition(".")[2]
        same = parameter.lower().endswith(leaf.lower()) if own == OWN_URL else leaf == own and where != LOCATION
        if isinstance(one.facts, Node) and same and where and one.path.rstrip("/").endswith(f"{{{parameter}}}"):
            one.facts.setdefault("x-addressed", {"parameter": parameter, "id": where})


def _relate_bodies(operations: Named) -> None:
    """An attribute of a body that is called as a path parameter is names the same: `shelf_id`, but not a mere `id`."""
    makers = {
        parameter: source
        for one in operations.values()
        for parameter, source in one.facts.get("x-things", {}).items()
        if re.sub(r"\W|_", "", parameter).lower() not in _USUAL
    }
    for name, one in operations.items():
        attributes = _attributes(body_of(one.facts)[1].get("schema"))
        named = {n: makers[n] for n, schema in attributes.items() if n in makers and _is_scalar(schema)}
        found = {f"body/{n}": s for n, s in named.items() if s["from"] != name and s["id"] not in {LOCATION, OWN_URL}}
        if found and isinstance(one.facts, Node):
            one.facts["x-things"] = {**one.facts.get("x-things", {}), **found}


def _clients(
    operations: Named, posts: Mapping[str, tuple[str, Operation]], deletes: set[str]
) -> Iterator[tuple[str, str]]:
    """The `PUT`s that may make what no `POST` does, by path: under an id of the client's, unless the file lists ids.

    What stands within something else goes with it, unless one of the `deletes` is beside it.
    """
    for name, one in operations.items():
        path = one.path.rstrip("/")
        for parameter, above in [*_above(path)][-1:] if one.method == "PUT" else ():
            alone = len(PARAMETER.findall(path)) == 1 and not _is_listed(one, parameter)
            makes = path.endswith(f"{{{parameter}}}") and (path in deletes or alone)
            if makes and not _maker(posts.get(above), parameter):
                yield path, name


def _is_listed(one: Operation, parameter: str) -> bool:
    """Whether the file lists the values of a path parameter."""
    parameters = one.facts.get("parameters")
    given = [g for g in (parameters if isinstance(parameters, list) else []) if isinstance(g, Mapping)]
    schemas = [g.get("schema") for g in given if g.get("name") == parameter]
    return any(isinstance(schema, Mapping) and {"enum", "const"} & schema.keys() for schema in schemas)


def _above(path: str) -> Iterator[tuple[str, str]]:
    """Each parameter of a path that is a segment by itself, with the path above it."""
    segments = path.rstrip("/").split("/")
    for index, segment in enumerate(segments):
        whole = PARAMETER.fullmatch(segment)
        if whole:
            yield whole[1], "/".join(segments[:index])


def _maker(post: tuple[str, Operation] | None, parameter: str) -> dict[str, str] | None:
    """The operation that makes what the parameter names, with the JSONPath of the id in its answer."""
    where = id_in_answer(post[1], parameter) if post else ""
    return {"from": post[0], "id": where} if post and where else None


def id_in_answer(operation: Operation, parameter: str) -> str:
    """JSONPath of the id in an operation's answer of success; LOCATION where only a header names it, or nothing."""
    located = ""
    for status, response in _responses(operation).items():
        for media_type, content in (response.get("content") or {}).items() if status[0] == "2" else ():
            if is_json(media_type) and isinstance((content or {}).get("schema"), Mapping):
                return _id_in(content["schema"], parameter, ())
        named = "location" in map(str.lower, response.get("headers") or {})
        if status[0] == "2" and (named or (status == "201" and not response.get("content"))):  # RFC 9110, 15.3.2
            located = LOCATION
    return located


def _id_in(schema: Json, parameter: str, at: tuple[str, ...], deep: int = 2) -> str:
    """JSONPath of an attribute of the parameter's name, or one that ids have, of this object or the only one inside."""
    properties = _attributes(schema)
    plain = {re.sub(r"\W|_", "", name).lower(): name for name in properties}
    wanted = re.sub(r"\W|_", "", parameter).lower()
    for candidate in (wanted, *(usual for usual in _USUAL if wanted.endswith(usual)), *_USUAL[:3]):
        if candidate in plain and _is_scalar(properties[plain[candidate]]):
            return as_path((*at, plain[candidate]))
    inside = [name for name, child in properties.items() if _attributes(child)]
    if deep and len(inside) == 1 and inside[0].isidentifier():
        return _id_in(properties[inside[0]], parameter, (*at, inside[0]), deep - 1)
    return ""


def _attributes(schema: Json, deep: int = 4) -> dict[str, Json]:
    """The attributes of an object, those of `allOf` among them, and those that each alternative but null has."""
    if not isinstance(schema, Mapping) or not deep:
        return {}
    found = dict(schema.get("properties", {}))
    for child in schema.get("allOf", ()):
        found |= _attributes(child, deep - 1)
    for keyword in ("oneOf", "anyOf"):
        objects = [child for child in schema.get(keyword, ()) if child != {"type": "null"}]
        ways = [_attributes(child, deep - 1) for child in objects]
        found |= {name: ways[0][name] for name in ways[0] if all(name in way for way in ways)} if ways else {}
    return found


def _is_scalar(schema: Json) -> bool:
    kinds = schema.get("type", "string") if isinstance(schema, Mapping) else "string"
    return bool({"string", "integer", "number"} & set(types_in(kinds)))


def _responses(operation: Operation) -> dict[str, Mapping[str, Any]]:
    """The answers of an operation by status, as far as they are described as OpenAPI wants; `gaps` tell of others."""
    responses = operation.facts.get("responses")
    found = responses.items() if isinstance(responses, Mapping) else ()
    return {str(status): response for status, response in found if isinstance(response, Mapping)}


def _links(operations: Named) -> Iterator[tuple[tuple[str, str], dict[str, str]]]:
    """What OpenAPI links say: of an operation's parameter, whose answer names it (OpenAPI 3.1, section 4.8.20)."""
    by_id = {str(one.facts.get("operationId")): name for name, one in operations.items()}
    for name, one in operations.items():
        for response in _responses(one).values():
            links = response.get("links")
            for link in links.values() if isinstance(links, Mapping) else ():
                target = by_id.get(str(link.get("operationId"))) if isinstance(link, Mapping) else None
                for parameter, value in (link.get("parameters") or {}).items() if target else ():
                    if str(value).startswith(_POINTER) and one.method == "POST" and target:
                        where = as_path(str(value).removeprefix(_POINTER).split("/"))
                        yield (target, parameter.rpartition(".")[2]), {"from": name, "id": where}


def _outside(name: str, post: Operation, operations: Named) -> None:
    """What an operation makes, and how it is read and deleted: by operations whose paths take its id."""
    facts = post.facts
    below = post.path.rstrip("/")
    for one in sorted(operations.values(), key=lambda one: one.path.rstrip("/").rpartition("/")[0] != below):
        for parameter, source in one.facts.get("x-things", {}).items():
            own = one.path.rstrip("/").endswith(f"{{{parameter}}}") and source["from"] == name
            if not own or not isinstance(facts, Node) or one.method not in {"GET", "DELETE", "PUT", "PATCH"}:
                continue
            facts.setdefault("x-created", {"id": source["id"]})
            outside = facts.setdefault("x-outside", {})
            above, _, behind = one.path.rpartition(f"{{{parameter}}}")
            template = f"{above}{{{OWN_ID if '{id}' in above else 'id'}}}{behind}"
            if one.method == "DELETE":
                outside.setdefault("delete", {"method": "DELETE", "path": template})
            if one.method == "GET":
                outside.setdefault("read", {"method": "GET", "path": template, "record": _record(one, source["id"])})


def _record(read: Operation, where: str) -> str:
    """JSONPath of the record in the answer to a read: wrapped as the answer that named its id was, if it is."""
    wrapped = (id_in_answer(read, "id") if where in {LOCATION, OWN_URL} else where).rpartition(".")[0]
    return wrapped if wrapped not in {"", "$"} and id_in_answer(read, "id").startswith(wrapped) else "$"
