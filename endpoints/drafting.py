"""What a tenant says of its own fields, as a draft of its target; nothing is written to the tenant.

How a vendor describes fields is data in the contract, `x-outside.fields`; `fields.schema.json` explains its words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonpath
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match

from contracts.contract import Contract
from contracts.errors import UserError
from contracts.model import Json, Schema
from contracts.text import as_line
from endpoints.endpoint import VARIABLE
from endpoints.exchange import NOT_JSON, found_at
from endpoints.records import filled
from endpoints.redaction import Redaction
from endpoints.session import Common, Session
from endpoints.tables import PARAMETER
from endpoints.targets import Target
from endpoints.writing import Draft, Line, toml_key, ways_of
from strategies.conforming import types_of
from strategies.edges import plain_value, prove
from strategies.errors import StrategyError
from strategies.request import ABSENT
from strategies.tenant import Tenant, tenant_places
from strategies.unique import schema_at

_DRAFT = Path("draft")  # stands for the file of the target that is being made
_LONGEST = 200  # characters of a comment
_NUMBERS = {"minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"}


class DraftError(UserError):
    """What a draft needs and does not have, or a description that cannot be read."""


def drafted(
    contract: Contract, base_url: str, values: Mapping[str, str], headers: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[Draft, list[str]]:
    """What is known of a contract's tenant, and what a person should know of that, a line each; raises UserError.

    `values` are those of path parameters and of what leads to the fields, `headers` those that authenticate.
    """
    fields = contract.outside_of(contract.path).get("fields", {})
    _check(contract, fields)
    own, beside = PARAMETER.findall(contract.path), PARAMETER.findall(fields.get("path", ""))
    for name in (*own, *beside) if contract.file is None else beside:  # a file's operations make what paths name
        if name not in values:
            raise DraftError(
                f"{contract.name}: give --value {name}=…, which the path {contract.path} or its fields need"
            )
    path = {name: values[name] for name in own if name in values}
    tenant = {n: _one_of(contract, n, values[n]) for n in beside if n in tenant_places(contract)}
    ways, said = _ways(contract, headers, environ, asked=bool(fields))
    draft = Draft(base_url, path, ways, tenant=tenant)
    if not fields:
        return draft, said
    table = {
        "base_url": base_url, "path": path, "authentication": {name: {"headers": sent} for name, sent in ways.items()},
        "tenant": {place: line.schema for place, line in tenant.items()},
    }  # fmt: skip
    target = Target(_DRAFT, {"name": "draft", "patience": 0, "contracts": {contract.name: table}})
    common = Common(strike=Redaction(target.secrets(environ)).text)
    session = Session(contract, target.endpoint(contract.name, environ), common)
    try:
        return Description(session, fields, values).draft(draft), said
    finally:
        session.close()


def _check(contract: Contract, fields: Mapping[str, Any]) -> None:
    """Raise DraftError where `x-outside.fields` is not of its form."""
    schema = json.loads((files("endpoints") / "fields.schema.json").read_text(encoding="utf-8"))
    mistake = best_match(Draft202012Validator(schema).iter_errors(fields)) if fields else None
    if mistake:
        key = ".".join(map(str, ("x-outside.fields", *mistake.absolute_path)))
        raise DraftError(f"{contract.name}: {key}: {mistake.message[:_LONGEST]}; see endpoints/fields.schema.json")
    for path in re.findall(r'"(\$[^"]*)"', json.dumps(fields)):
        try:
            jsonpath.compile(path)
        except jsonpath.JSONPathError as error:
            said = " ".join(str(error).split())
            raise DraftError(f"{contract.name}: x-outside.fields: {path} is no JSONPath (RFC 9535): {said}") from None


def _one_of(contract: Contract, place: str, text: str) -> Line:
    """A value that was given, as each of the types that its place in the body takes."""
    types = types_of(schema_at(contract.request_schema, ("body", *place.split("/"))) or {"type": "string"})
    number = [int(text)] if {"integer", "number"} & set(types) and text.isdecimal() else []
    return Line(place, {"enum": [*number, *([text] if "string" in types or not number else [])]}, "")


def _ways(
    contract: Contract, headers: Mapping[str, str], environ: Mapping[str, str], *, asked: bool
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """The ways to authenticate whose variables are set, and a line that says which they are."""
    ways = ways_of(contract)
    if headers:
        ways = {next(iter(ways)): dict(headers)}
    needed = {way: VARIABLE.findall(" ".join(sent.values())) for way, sent in ways.items()}
    ready = {way: ways[way] for way, names in needed.items() if all(environ.get(name) for name in names)}
    wanted = " or ".join(" and ".join(names) for names in needed.values())
    if asked and not ready:
        raise DraftError(f"{contract.name}: export {wanted}, so that the fields can be read, or give --header")
    used = ", ".join(name for way in ready for name in needed[way])
    return ready, [
        f"{contract.name}: credentials from {used}" if ready else f"{contract.name}: export {wanted} before a run"
    ]


class Description:
    """A vendor's description of fields, read through a session, by the words of `x-outside.fields`."""

    def __init__(self, session: Session, words: Mapping[str, Any], values: Mapping[str, str]) -> None:
        self._session, self._words, self._values = session, words, values

    def draft(self, known: Draft) -> Draft:
        """What was known with the fields, and with the situations that their description fills."""
        words = self._words
        answer = self._read(words["path"])
        names = {str(name) for path in words.get("unwritable", ()) for name in found_at(path, answer)}
        lines, required, tenant = list[Line](), list[str](), dict(known.tenant)
        for one in found_at(words["each"], answer):
            name = self._text(one, "name")
            line = self._line(one, name, unwritable=name in names)
            place = words.get("elsewhere", {}).get(name)
            if place is None:
                lines.append(line)
                required += [name] if self._is(one, "required") and line.schema is not None else []
            elif line.schema is not None and line.schema.keys() - {"type"}:  # else nothing new is said of it
                tenant[place] = Line(place, line.schema, line.comment)
        if not lines:
            lines = [Line("", None, f"GET {words['path']} describes no field: {json.dumps(answer)[:80]}")]
        if required:
            lines.insert(0, Line("required", required, ""))
        situations = _found(words.get("situations", {}), answer)
        field = _found(words.get("find", {}).get("field", "$.none"), answer)  # by which records are found again
        return replace(
            known,
            fields={words["place"]: tuple(lines)},
            tenant=tenant,
            situations={} if situations is ABSENT else situations,
            find={} if field is ABSENT else {**words["find"], "field": field},
        )

    def lacking(self, told: Schema) -> Iterator[str]:
        """What a target's schema of the fields' place does not say, or says of fields that there are not."""
        described = found_at(self._words["each"], self._read(self._words["path"]))
        known = {self._text(one, "name"): (self._text(one, "alias"), self._is(one, "required")) for one in described}
        known = {name: facts for name, facts in known.items() if name not in self._words.get("elsewhere", {})}
        wanted, aliases = told.get("required", ()), {alias for alias, _ in known.values()}
        missing = [n for n, (alias, needed) in known.items() if needed and not {n, alias} & {*wanted}]
        unknown = [name for name in told.get("properties", {}) if name not in {*known, *aliases}]
        if missing:
            yield f"the tenant requires {', '.join(sorted(missing))}; name them under `required`, with their schemas"
        if unknown:
            yield f"the tenant describes no field {', '.join(unknown)}; it has {', '.join(sorted(known)) or 'none'}"

    def _read(self, path: str, **more: str) -> Json:
        """The JSON value at a path of the endpoint; raises DraftError where it does not come."""
        exchange = self._session.get(self._session.endpoint.base_url + filled(path, {**self._values, **more}))
        if exchange.status in {401, 403}:
            templates = [t for way in self._session.endpoint.authentication.values() for t in way.templates.values()]
            names = ", ".join(VARIABLE.findall(" ".join(templates[:1])))
            raise DraftError(f"GET {exchange.shown_url}: {exchange.outcome}; may the credentials in {names} read this?")
        if not exchange.succeeded or exchange.json is NOT_JSON:
            raise DraftError(f"GET {exchange.shown_url}: the fields cannot be read: {exchange.outcome}")
        return exchange.json

    def _line(self, one: Json, name: str, *, unwritable: bool) -> Line:
        """A field as a line of the target; only a comment where no value of it can be drawn, with why."""
        kind, label = self._text(one, "type"), self._text(one, "label")
        needed = "; every request needs it" if self._is(one, "required") else ""
        default = self._text(one, "default")
        holds = f"; {default[:40]!r} if left out" if default else ""
        unique = "; unique" if self._is(one, "unique") else ""
        said = as_line(f"{label or name}: {kind}")[:_LONGEST]
        try:
            schema = self._schema(one, kind, name, unwritable=unwritable)
            plain_value(self._session.contract, schema)
            prove(self._session.contract, Tenant({self._words["place"]: {"properties": {name: schema}}}))
        except (StrategyError, SchemaError, re.error) as error:
            why = getattr(error, "message", str(error))
            return Line(
                name, None, f"properties.{toml_key(name)} = {{…}}  # {said}{needed}; not drawn: {why}"[:_LONGEST]
            )
        return Line(f"properties.{name}", schema, f"{said}{needed}{unique}{holds}")

    def _schema(self, one: Json, kind: str, name: str, *, unwritable: bool) -> Schema:
        """What values a field takes, as far as its description says it; raises StrategyError where it doesn't."""
        if unwritable:
            raise StrategyError("no request can set it")
        if kind not in self._words["types"]:
            raise StrategyError("no schema is known for this type, so give one of what it takes")
        schema = {**self._with_options(self._words["types"][kind], one, name), **dict(self._bounds(one))}
        if self._is(one, "list"):
            several = {"uniqueItems": True} if "enum" in schema else {}
            schema = {"type": "array", "minItems": 1, **several, "items": schema}
        if self._is(one, "unique"):
            schema["x-unique"] = True
        within = self._words.get("within")
        return {"type": "object", "required": [within], "properties": {within: schema}} if within else schema

    def _with_options(self, schema: Schema, one: Json, name: str) -> dict[str, Json]:
        if "items" in schema:
            return {**schema, "items": self._with_options(schema["items"], one, name)}
        if "x-options" not in schema:
            return dict(schema)
        where = schema["x-options"]
        found = found_at(where, one) if isinstance(where, str) else found_at(
            where["values"], self._read(where["path"], name=name)
        )  # fmt: skip
        values = [value for value in found if isinstance(value, str | int | float)]
        if not values:
            raise StrategyError("it has no options yet")
        return {"enum": values}

    def _bounds(self, one: Json) -> Iterator[tuple[str, Json]]:
        for word, path in self._words.get("bounds", {}).items():
            text = str(next(iter(found_at(path, one)), None) or "")
            if word in _NUMBERS and re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", text):
                yield word, float(text) if "." in text else int(text)
            elif word not in _NUMBERS and text:
                yield word, text

    def _is(self, one: Json, word: str) -> bool:
        return word in self._words and True in found_at(self._words[word], one)

    def _text(self, one: Json, word: str) -> str:
        found = found_at(self._words[word], one) if word in self._words else []
        return "" if not found or found[0] is None or isinstance(found[0], list | dict) else str(found[0])


def _found(template: Json, answer: Json) -> Any:
    """A template with what JSONPaths find first in place of them; without what holds one that finds nothing."""
    if isinstance(template, Mapping):
        members = {name: _found(member, answer) for name, member in template.items()}
        lost = [name for name, member in members.items() if member is ABSENT]
        if any(not isinstance(template[name], Mapping) for name in lost):
            return ABSENT
        return {name: member for name, member in members.items() if member is not ABSENT} or ABSENT
    if isinstance(template, str) and template.startswith("$"):
        return next(iter(found_at(template, answer)), ABSENT)
    return template
