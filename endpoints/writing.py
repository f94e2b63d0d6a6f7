"""Target files as they are written for people: every key of a contract, with what is known of it, or what it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from contracts.contract import Contract
from contracts.model import Clause, Json, Kind
from contracts.operations import PARAMETER
from contracts.sentences import types_phrase
from contracts.text import harmless
from endpoints.tables import YOURS
from endpoints.transport import is_loopback
from strategies.tenant import tenant_places
from strategies.unique import schema_at

_SHAPE: Json = {"properties": {YOURS: {"type": "string", "maxLength": 64}}, "required": []}


@dataclass(frozen=True)
class Line:
    """A key of a tenant's table, what it holds, and a comment; `unsaid`: nobody knows it, so it is a comment itself."""

    key: str
    schema: Json
    comment: str = ""
    unsaid: bool = False


@dataclass(frozen=True)
class Draft:
    """What is known of one contract's part of a target; `fields` by their place in the body, `tenant` by place."""

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
        return f"{{ {', '.join(f'{key(name)} = {toml(member)}' for name, member in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    text = value.encode(errors="replace").decode() if isinstance(value, str) else value  # a lone surrogate is no sign
    written = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in written)


def key(name: str) -> str:
    """A key in TOML, in quotes where it needs them."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml(name)


def written_target(contracts: Iterable[Contract], drafts: Mapping[str, Draft] | None = None) -> str:
    """A target file with every key of these contracts."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape  # a run needs none

    pairs = [(contract, (drafts or {}).get(contract.name, Draft())) for contract in contracts]
    url = pairs[0][1].base_url
    environment = Environment(
        loader=PackageLoader("endpoints", "."), autoescape=select_autoescape(), undefined=StrictUndefined,
        trim_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"toml": toml, "key": key, "harmless": harmless}
    return environment.get_template("target.template.toml").render(
        drafts=pairs, name=urlsplit(url).netloc if drafts else "staging", near=is_loopback(url),
        files={str(contract.file): draft.base_url for contract, draft in pairs if contract.file},
        ways_of=ways_of, path_of=_path_of, tenant_of=_tenant_of, suggested=_suggested,
    )  # fmt: skip


def ways_of(contract: Contract, draft: Draft = Draft()) -> list[tuple[str, Mapping[str, str]]]:
    """The headers of each way to authenticate, with variables in them; of one, a token, where the contract has none."""
    schemes = contract.openapi.get("components", {}).get("securitySchemes", {})
    ways = [list(way) for way in contract.of.security(contract.openapi) if way] or [["token"]]
    named = partial(_variable, re.split(r"[-.]", contract.name)[0])
    found = {"+".join(way): dict(_header(schemes.get(n, {}), n, named) for n in way) for way in ways}
    return list((dict(draft.ways) | {way: sent for way, sent in found.items() if way not in draft.ways}).items())


def _header(facts: Mapping[str, Any], name: str, named: Callable[[str], str]) -> tuple[str, str]:
    basic = facts.get("scheme") == "basic"
    template = facts.get("x-value", "base64(${user}:${password})" if basic else f"${{{name}}}")
    value = re.sub(r"\$\{([^}]+)\}", lambda found: f"${{{named(found[1])}}}", template)
    if facts.get("type") != "apiKey":
        return "Authorization", f"{'Basic' if basic else 'Bearer'} {value}"
    sent = str(facts.get("name", name))
    return ("Cookie", f"{sent}={value}") if facts.get("in") == "cookie" else (sent, value)


def _variable(*words: str) -> str:
    return re.sub(r"\W+", "_", "_".join(words)).upper()


def _path_of(contract: Contract, draft: Draft) -> dict[str, str]:
    told = {one["name"]: one.get("schema", {}).get("examples", [YOURS])[0] for one in contract.parameters}
    return {name: draft.path.get(name, str(told.get(name, YOURS))) for name in PARAMETER.findall(contract.path)}


def _tenant_of(contract: Contract, draft: Draft) -> list[Line]:
    """A line for each place of which only the tenant knows what it takes."""
    lines = dict(draft.tenant)
    for place, needed in tenant_places(contract).items():
        schema = schema_at(contract.request_schema, ("body", *place.split("/"))) or {}
        types = str(schema.get("type"))
        values: Json = {"enum": [1 if "integer" in types else YOURS]} if "object" not in types else _SHAPE
        said = f"{schema.get('title', 'this')}: {types_phrase(schema.get('type'))}{'; always needed' if needed else ''}"
        if place not in draft.fields:
            lines.setdefault(place, Line(place, values, said, unsaid=not needed))
    return list(lines.values())


def _suggested(contract: Contract, name: str, clauses: list[Clause]) -> dict[str, Json]:
    """What a situation takes beside fields, as far as its clauses tell: another path, or another's credentials."""
    unknown = [one["name"] for one in contract.operation.get("parameters", ()) if one.get("x-unknown") == name]
    named = unknown or PARAMETER.findall(" ".join(str(c.schema.get("address", "")) for c in clauses if c.behaviour))
    if any(map(_is_of_rights, clauses)) and not named:
        _, headers = ways_of(contract)[0]
        return {"headers": {n: text.replace("}", f"_{_variable(name)}}}") for n, text in headers.items()}}
    named = named or ([] if contract.situation_fields[name] else PARAMETER.findall(contract.path))
    return {"path": dict.fromkeys(named, YOURS)} if named else {}


def _is_of_rights(clause: Clause) -> bool:
    """Whether another account's credentials show a clause: a status, or what is refused for want of a right."""
    refused = clause.behaviour == "refused" and not clause.schema.keys() & {"with", "without"}
    return clause.kind is Kind.STATUS or refused or "settable" in clause.schema
