"""Target files as they are written for people: every key of a contract, with what is known of it, or what it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from contracts.contract import Contract
from contracts.model import Clause, Json, Kind
from contracts.sentences import types_phrase
from contracts.text import harmless
from endpoints.tables import PARAMETER
from endpoints.transport import is_loopback
from endpoints.wanted import fields_of, situations_of
from strategies.tenant import tenant_places
from strategies.unique import schema_at

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_YOURS = "…"  # stands for what only a person can fill in


@dataclass(frozen=True)
class Line:
    """A key within a place of the request's body, its schema, and a comment; without a schema it is only a comment."""

    key: str
    schema: Json
    comment: str


@dataclass(frozen=True)
class Draft:
    """What is known of one contract's tenant: path parameters, lines of fields by place, situations."""

    base_url: str = "https://api.example.com"
    path: Mapping[str, str] = field(default_factory=dict)
    ways: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fields: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    tenant: Mapping[str, Line] = field(default_factory=dict)
    situations: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    find: Mapping[str, str] = field(default_factory=dict)


def toml(value: Json) -> str:
    """A JSON value without nulls in TOML, on one line."""
    if isinstance(value, Mapping):
        members = ", ".join(f"{toml_key(name)} = {toml(member)}" for name, member in value.items())
        return f"{{ {members} }}" if members else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    text = value.encode(errors="replace").decode()  # a lone surrogate names no character
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_key(name: str) -> str:
    """A key in TOML, in quotes where it needs them."""
    return name if _BARE.fullmatch(name) else toml(name)


def written_target(contracts: Iterable[Contract], drafts: Mapping[str, Draft] | None = None) -> str:
    """A target file with every key of these contracts."""
    drafts = drafts or {}
    known = {contract.name: drafts.get(contract.name) or Draft() for contract in contracts}
    url = next(iter(known.values())).base_url
    head = (files("endpoints") / "target.head.toml").read_text(encoding="utf-8")
    if drafts:
        head = head.replace('name = "staging"', f"name = {toml(urlsplit(url).netloc or url)}")
    if is_loopback(url):  # nobody else works there
        head = re.sub(r"^(live|requests_per_second) ", r"# \1 ", head, flags=re.MULTILINE)
    opened = {str(c.file): known[c.name].base_url for c in contracts if c.file}
    files_of = [f"\n[openapi.{toml(file)}]\nbase_url = {toml(base_url)}\n" for file, base_url in opened.items()]
    tables = ["\n".join(_table(contract, known[contract.name])) for contract in contracts]
    return head + "".join(files_of) + "".join(f"\n{table}\n" for table in tables)


def ways_of(contract: Contract) -> dict[str, dict[str, str]]:
    """The headers of each way to authenticate that the contract has, or of a bearer's token, with variables in them."""
    schemes = contract.openapi.get("components", {}).get("securitySchemes", {})
    ways = ["+".join(way) for way in contract.of.security(contract.openapi) if way]
    prefix = re.split(r"[-.]", contract.name)[0]
    found = {way: _headers(prefix, [(name, schemes.get(name, {})) for name in way.split("+")]) for way in ways}
    return found or {"token": _headers(prefix, [("token", {})])}


def _headers(prefix: str, schemes: list[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    sent = {}
    for name, facts in schemes:
        variable = _variable(prefix, name)
        value = re.sub(r"\$\{(\w+)\}", rf"${{{_variable(prefix)}_\1}}", facts.get("x-value", "")) or f"${{{variable}}}"
        if facts.get("type") != "apiKey":
            basic = facts.get("scheme") == "basic"
            value = f"Basic base64(${{{variable}_USER}}:${{{variable}_PASSWORD}})" if basic else f"Bearer {value}"
            sent["Authorization"] = value
        elif facts.get("in") == "cookie":
            sent["Cookie"] = f"{facts['name']}={value}"
        elif facts.get("in") == "header":
            sent[facts["name"]] = value
    return sent


def _variable(*words: str) -> str:
    return re.sub(r"\W+", "_", "_".join(words)).upper()


def _table(contract: Contract, draft: Draft) -> Iterator[str]:
    table = f"contracts.{toml_key(contract.name)}"
    yield f"[{table}]{_comment(contract.operation.get('summary', f'{contract.method} {contract.path}'))}"
    yield f"base_url = {toml(draft.base_url)}"
    ways = ways_of(contract)
    known = draft.ways or dict(list(ways.items())[:1])
    for way, headers in {**known, **{way: sent for way, sent in ways.items() if way not in known}}.items():
        yield f"{'' if way in known else '# '}authentication.{toml_key(way)}.headers = {toml(headers)}"
    names = PARAMETER.findall(contract.path)
    if names:
        made = contract.file and not draft.path  # what paths name is made by other operations of the file
        path = {name: draft.path.get(name) or _example(contract, name) for name in names}
        yield f"{'# ' if made else ''}path = {toml(path)}"
    for name, facts in contract.outside_of(contract.path).items():
        if name != "fields":
            kept = {word: value for word, value in facts.items() if word != "method"}
            yield f"# outside.{name} = {toml(kept)}{_comment('as it is, unless you say otherwise')}"
    find = {"path": "/…{field}…{value}…", "records": "$…", "field": _YOURS, "id": "$…"}
    yield f"{'' if draft.find else '# '}outside.find = {toml(draft.find or find)}"
    yield from _tenant(contract, draft, table)
    yield from _situations(contract, draft, table)


def _example(contract: Contract, name: str) -> str:
    own = [one for one in contract.parameters if one["name"] == name and one["in"] == "path"]
    schema = own[0].get("schema", {}) if own else {}
    return str(next(iter(schema.get("examples", ())), _YOURS))


def _tenant(contract: Contract, draft: Draft, table: str) -> Iterator[str]:
    places = {place: needed for place, needed in tenant_places(contract).items() if place not in draft.fields}
    lines = {place: _guess(contract, place, needed) for place, needed in places.items()} | dict(draft.tenant)
    if lines:
        yield f"\n[{table}.tenant]"
        yield from (_line(toml_key(place), line) for place, line in lines.items())
    for place, fields in draft.fields.items():
        told = any(line.schema is not None for line in fields)  # an empty table would let anything be drawn
        yield f"\n{'' if told else '# '}[{table}.tenant.{toml_key(place)}]"
        yield from (_line(".".join(map(toml_key, line.key.split(".", 1))), line) for line in fields)


def _guess(contract: Contract, place: str, needed: bool) -> Line:
    """A line for a place of which nothing is known but what the contract says of it."""
    schema = schema_at(contract.request_schema, ("body", *place.split("/"))) or {}
    types = [schema["type"]] if isinstance(schema.get("type"), str) else list(schema.get("type", ()))
    said = f"{schema.get('title', 'this')}: {types_phrase(types)}"
    if "object" in types:
        shape = {"properties": {_YOURS: {"type": "string", "maxLength": 64}}, "required": []}
        return Line(place, None, f"{toml_key(place)} = {toml(shape)}{_comment(said)}")
    values = {"enum": [_PLACEHOLDERS.get(name, _YOURS) for name in types[:1] or ["string"]]}
    if needed:
        return Line(place, values, f"{said}; every request needs it, so give values that exist")
    return Line(place, None, f"{toml_key(place)} = {toml(values)}{_comment(said)}")


_PLACEHOLDERS: Mapping[str, Json] = {"integer": 1, "number": 1, "boolean": True}


def _line(key: str, line: Line) -> str:
    if line.schema is None:
        return f"# {harmless(line.comment)}"
    return f"{key} = {toml(line.schema)}{_comment(line.comment)}"


def _situations(contract: Contract, draft: Draft, table: str) -> Iterator[str]:
    fields = fields_of(contract)
    if fields:
        yield f"\n[{table}.situations]"
    for name, clauses in situations_of(contract).items():
        yield f"# {name}: {harmless(clauses[0].sentence)}{f' And {len(clauses) - 1} more.' if clauses[1:] else ''}"
        known = draft.situations.get(name)
        for key, value in (known or _suggested(contract, name, clauses, fields[name])).items():
            yield f"{'' if known else '# '}{toml_key(name)}.{key} = {toml(value)}"


def _suggested(contract: Contract, name: str, clauses: list[Clause], fields: list[str]) -> dict[str, Json]:
    """What a situation takes, as far as its clauses tell: fields, another path, or another account's credentials."""
    found: dict[str, Json] = {}
    for one in fields:
        *above, last = one.split(".")
        node = found.setdefault("fields", {})
        for step in above:
            node = node.setdefault(step, {})
        node[last] = _YOURS
    unknown = [one["name"] for one in contract.operation.get("parameters", ()) if one.get("x-unknown") == name]
    elsewhere = " ".join(str(clause.schema.get("address", "")) for clause in clauses if clause.behaviour)
    if unknown or elsewhere.strip():
        found["path"] = dict.fromkeys(unknown or PARAMETER.findall(elsewhere), _YOURS)
    if any(map(_is_of_rights, clauses)) and "path" not in found:
        way, headers = next(iter(ways_of(contract).items()))
        text = json.dumps(headers).replace('}"', f'_{_variable(name)}}}"') if way else "{}"
        found["headers"] = json.loads(text)
    return found or {"path": dict.fromkeys(PARAMETER.findall(contract.path) or [_YOURS], _YOURS)}


def _is_of_rights(clause: Clause) -> bool:
    """Whether another account's credentials show a clause: a status, or what is refused for want of a right."""
    refused = clause.behaviour == "refused" and not clause.schema.keys() & {"with", "without"}
    return clause.kind is Kind.STATUS or refused or "settable" in clause.schema


def _comment(text: str) -> str:
    return f"  # {harmless(text)}" if text else ""
