"""What a tenant says of its own fields, as a draft of its target; nothing is written to the tenant.

How a vendor describes fields is data in the contract, `x-outside.fields`; `fields.schema.json` explains its words.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match

from contracts.contract import Contract
from contracts.errors import UserError
from contracts.model import Json, Schema
from contracts.operations import PARAMETER
from endpoints.endpoint import JSONPATHS, VARIABLE
from endpoints.exchange import NOT_JSON, found_at
from endpoints.ids import filled
from endpoints.redaction import Redaction
from endpoints.sending import Common
from endpoints.session import Session
from endpoints.targets import Target
from endpoints.writing import Draft, Line, key, ways_of
from strategies.edges import plain_value, prove
from strategies.errors import StrategyError
from strategies.request import ABSENT
from strategies.tenant import Tenant, tenant_places
from strategies.unique import schema_at

_LONGEST = 200  # characters of a comment
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?")


def drafted(
    contract: Contract, base_url: str, values: Mapping[str, str], headers: Mapping[str, str], say: Callable[[str], None]
) -> Draft:
    """What is known of a contract's tenant; raises UserError for what is missing, or cannot be read.

    `values` are those of path parameters and of what leads to the fields, `headers` those that authenticate; `say` is
    told where credentials come from, before any are sent, and how many fields there are.
    """
    fields = contract.outside_of(contract.path).get("fields", {})
    _check(contract.name, fields)
    own, beside = PARAMETER.findall(contract.path), PARAMETER.findall(fields.get("path", ""))
    for name in (*own, *beside) if contract.file is None else beside:  # a file's operations make what paths name
        if name not in values:
            raise UserError(f"{contract.name}: give --value {name}=…, which {contract.path} or its fields need")
    ways = dict(ways_of(contract))
    ways = {next(iter(ways)): headers} if headers else ways
    needed = {way: VARIABLE.findall(" ".join(sent.values())) for way, sent in ways.items()}
    ready = {way: ways[way] for way, names in needed.items() if all(map(os.environ.get, names))}
    wanted = f"export {' or '.join(' and '.join(names) for names in needed.values())}"
    if fields and not ready:
        raise UserError(f"{contract.name}: {wanted}, so that the fields can be read, or give --header")
    used = ", ".join(name for way in ready for name in needed[way])
    say(f"{contract.name}: {f'credentials from {used}' if ready else f'{wanted} before a run'}")
    draft = Draft(
        base_url, {n: values[n] for n in own if n in values}, ready,
        tenant={name: _given(contract, name, values[name]) for name in beside if name in tenant_places(contract)},
    )  # fmt: skip
    if fields:
        draft = _described(contract, draft, fields, values)
        lines = [line for line in draft.fields[fields["place"]] if line.key != "required"]
        unsaid = [line for line in lines if line.unsaid]
        counted = f"{len(lines)} fields, {len(unsaid)} of them as comments for you to decide"
        say(f"{contract.name}: {counted if lines[0].key else lines[0].comment}")
    return draft


def named_in(contract: Contract) -> list[str]:
    """What can be given of a contract: its path parameters, and what leads to the tenant's fields."""
    fields = contract.outside_of(contract.path).get("fields", {})
    return [*PARAMETER.findall(contract.path), *PARAMETER.findall(fields.get("path", ""))]


def _check(name: str, fields: Mapping[str, Any]) -> None:
    """Raise UserError where `x-outside.fields` is not of its form."""
    schema = json.loads((files("endpoints") / "fields.schema.json").read_text(encoding="utf-8"))
    judge = Draft202012Validator(schema, format_checker=JSONPATHS)
    mistake = best_match(judge.iter_errors(fields)) if fields else None
    if mistake:
        at = ".".join(map(str, ("x-outside.fields", *mistake.absolute_path)))
        raise UserError(f"{name}: {at}: {mistake.message[:_LONGEST]}; see endpoints/fields.schema.json")


def _given(contract: Contract, place: str, text: str) -> Line:
    """A value that was given, as each of the types that its place in the body takes."""
    types = str((schema_at(contract.request_schema, ("body", *place.split("/"))) or {}).get("type"))
    number = [int(text)] if re.search("integer|number", types) and text.isdecimal() else []
    return Line(place, {"enum": [*number, *([text] if "string" in types or not number else [])]})


def _described(contract: Contract, draft: Draft, fields: Mapping[str, Any], values: Mapping[str, str]) -> Draft:
    table = {
        "base_url": draft.base_url, "path": draft.path,
        "authentication": {name: {"headers": sent} for name, sent in draft.ways.items()},
        "tenant": {place: line.schema for place, line in draft.tenant.items()},
    }  # fmt: skip
    target = Target(Path("draft"), {"name": "draft", "contracts": {contract.name: table}})
    common = Common(strike=Redaction(target.secrets()).text)
    session = Session(contract, target.endpoint(contract.name), common)
    try:
        return Description(session, fields, values).draft(draft)
    finally:
        session.close()


class Description:
    """A vendor's description of fields, read through a session, by the words of `x-outside.fields`."""

    def __init__(self, session: Session, words: Mapping[str, Any], values: Mapping[str, str]) -> None:
        self._session, self._words, self._values = session, words, values
        self._elsewhere: Mapping[str, str] = words.get("elsewhere", {})

    def draft(self, known: Draft) -> Draft:
        """What was known with the fields, and with the situations that their description fills."""
        words, answer = self._words, self._read(self._words["path"])
        fixed = {str(name) for path in words.get("unwritable", ()) for name in found_at(path, answer)}
        lines, required, tenant = list[Line](), list[str](), dict(known.tenant)
        for one in found_at(words["each"], answer):
            name = self._text(one, "name")
            line = self._line(one, name, name in fixed)
            if name not in self._elsewhere:
                lines.append(line)
                required += [name] if self._is(one, "required") and not line.unsaid else []
            elif not line.unsaid and line.schema.keys() - {"type"}:  # else nothing new is said of it
                tenant[self._elsewhere[name]] = replace(line, key=self._elsewhere[name])
        lines = [Line("required", required)] * bool(required) + lines
        none = f"GET {words['path']} describes no field: {json.dumps(answer)[:80]}"
        find = {"field": "$.none", **words.get("find", {})}
        field, situations = _found(find["field"], answer), _found(words.get("situations", {}), answer)
        return replace(
            known, fields={words["place"]: tuple(lines or [Line("", {}, none, unsaid=True)])}, tenant=tenant,
            situations=situations or {},
            find={} if field is ABSENT else {**find, "field": field},
        )  # fmt: skip

    def _read(self, path: str, **more: str) -> Json:
        """The JSON value at a path of the endpoint; raises UserError where it does not come."""
        exchange = self._session.get(
            self._session.endpoint.base_url + filled(path, {**self._values, **more}), once=True
        )
        if not exchange.succeeded or exchange.json is NOT_JSON:
            ways = [way.templates for way in self._session.endpoint.authentication.values()]
            names = ", ".join(VARIABLE.findall(" ".join(" ".join(way.values()) for way in ways[:1])))
            asked = f"; may the credentials in {names} read this?" if exchange.status in {401, 403} else ""
            raise UserError(f"GET {exchange.shown_url}: the fields cannot be read: {exchange.outcome}{asked}")
        return exchange.json

    def _line(self, one: Json, name: str, fixed: bool) -> Line:
        """A field as a line of the target; only a comment where no value of it can be drawn, with why."""
        default, needed = self._text(one, "default"), "; always needed" if self._is(one, "required") else ""
        said = f"{self._text(one, 'label') or name}: {self._text(one, 'type')}"[:_LONGEST] + needed
        try:
            schema = self._schema(one, name, fixed)
            plain_value(self._session.contract, schema)
            prove(self._session.contract, Tenant({self._words["place"]: {"properties": {name: schema}}}))
        except (StrategyError, SchemaError, re.error) as error:
            why = f"properties.{key(name)} = {{…}}  # {said}; not drawn: {getattr(error, 'message', str(error))}"
            return Line(name, {}, why[: 2 * _LONGEST], unsaid=True)
        unique, held = (
            "; unique" if self._is(one, "unique") else "",
            f"; {default[:40]!r} if left out" if default else "",
        )
        return Line(f"properties.{key(name)}", schema, said + unique + held)

    def _schema(self, one: Json, name: str, fixed: bool) -> Schema:
        """What values a field takes, as far as its description says it; raises StrategyError where it doesn't."""
        known = self._words["types"].get(self._text(one, "type"))
        if fixed or known is None:
            raise StrategyError("no request can set it" if fixed else "no schema of this type is known, so give one")
        schema = {**self._with_options(known, one, name), **dict(self._bounds(one))}
        if self._is(one, "list"):
            several = {"uniqueItems": True} if "enum" in schema else {}
            schema = {"type": "array", "minItems": 1, **several, "items": schema}
        schema |= {"x-unique": True} if self._is(one, "unique") else {}
        within = self._words.get("within")
        return {"type": "object", "required": [within], "properties": {within: schema}} if within else schema

    def _with_options(self, schema: Schema, one: Json, name: str) -> dict[str, Json]:
        if "items" in schema:
            return {**schema, "items": self._with_options(schema["items"], one, name)}
        where = schema.get("x-options")
        if where is None:
            return dict(schema)
        if isinstance(where, Mapping):
            one, where = self._read(where["path"], name=name), where["values"]
        values = [value for value in found_at(where, one) if isinstance(value, str | int | float)]
        if not values:
            raise StrategyError("it has no options yet")
        return {"enum": values}

    def _bounds(self, one: Json) -> Iterator[tuple[str, Json]]:
        for word, path in self._words.get("bounds", {}).items():
            text = str(next(iter(found_at(path, one)), None) or "")
            if word == "pattern" and text:
                yield word, text
            elif _NUMBER.fullmatch(text):
                yield word, float(text) if "." in text else int(text)

    def _is(self, one: Json, word: str) -> bool:
        return word in self._words and True in found_at(self._words[word], one)

    def _text(self, one: Json, word: str) -> str:
        found = found_at(self._words[word], one) if word in self._words else []
        return str(found[0]) if found and isinstance(found[0], str | int | float) else ""


def _found(template: Json, answer: Json) -> Any:
    """A template with what JSONPaths find first in place of them; without what holds one that finds nothing."""
    if isinstance(template, Mapping):
        members = {name: _found(member, answer) for name, member in template.items()}
        if any(m is ABSENT and not isinstance(template[n], Mapping) for n, m in members.items()):
            return ABSENT
        return {name: member for name, member in members.items() if member is not ABSENT} or ABSENT
    path = isinstance(template, str) and template.startswith("$")
    return next(iter(found_at(template, answer)), ABSENT) if path else template
