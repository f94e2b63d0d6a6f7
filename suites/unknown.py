"""What nobody has and nothing takes: conforming values that name no thing, and values that a field does not take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

from jsonschema import Draft202012Validator

from contracts.clauses import NOBODY
from contracts.contract import Contract
from contracts.model import Clause, Json, Schema
from contracts.operations import PARAMETER
from endpoints.endpoint import Endpoint, Situation
from strategies import Request, Tenant
from strategies.conforming import types_of
from strategies.edges import plain_value
from strategies.errors import StrategyError
from strategies.request import generic_place, paths_to, values_in
from strategies.scalars import PLAIN
from strategies.tenant import request_schema
from strategies.unique import fresh_value, schema_at
from strategies.validity import keeps
from strategies.wire import as_text

_TELLING = {
    "date",
    "date-time",
    "email",
    "uri",
}  # formats that no word has by chance, and of which any value may be taken
_DRAWN, _FEW = 20, 6  # texts that are drawn of a pattern, and characters that are no word of anybody's
_NOBODY, _NAME = 2_000_000_011, "clausewise_nobody"  # the number is still an integer of 32 bits


def nobodys(value: Json) -> Json:
    """A value of the form of this one that nobody has: a UUID, a number, digits or a name."""
    if isinstance(value, int | float):
        return _NOBODY
    try:
        return str(UUID(str(value)) and uuid4())
    except ValueError:
        return str(_NOBODY) if str(value).isdecimal() else _NAME


def unknown_address(contract: Contract, endpoint: Endpoint, situation: str) -> Situation | None:
    """A situation that the contract has for a thing in the path that there is not; None when it is of another kind."""
    if situation == NOBODY:
        path = contract.request_schema["properties"]["path"]["properties"]
        names = PARAMETER.findall(contract.path)
        if contract.method == "PUT" and "201" in contract.statuses():  # it makes what nobody has
            names.pop()
        nobody = _nobody_of(contract, path[names[-1]]) if names else ""
        return Situation(situation, path={names[-1]: nobody}, holds=False) if nobody else None
    for parameter in contract.operation.get("parameters", ()):
        if parameter["in"] == "path" and parameter.get("x-unknown") == situation:
            name = parameter["name"]
            return Situation(situation, path={name: nobodys(endpoint.path[name])}, holds=False)
    return None


def _nobody_of(contract: Contract, schema: Schema) -> str:
    """A value that a path parameter may have and nobody has; nothing where any that it may have can be somebody's."""
    value = nobodys(plain_value(contract, schema))
    if keeps(schema, value):
        return as_text(value)
    drawn = {str(fresh_value(schema, value)) for _ in range(_DRAWN)} if "pattern" in schema else set()
    many = len(drawn) > _DRAWN // 2  # of few that a pattern matches, each may be somebody's
    return max((text for text in drawn if many and len(set(text)) > _FEW and keeps(schema, text)), key=len, default="")


def address_with(contract: Contract, endpoint: Endpoint, name: str) -> tuple[Situation, str]:
    """A situation in which nobody has this path parameter, and the path that bears it."""
    if contract.file is not None:
        schema = contract.request_schema["properties"]["path"]["properties"][name]
        nobody = _nobody_of(contract, schema)
        if not nobody:
            raise StrategyError(f"any `{name}` that the file allows may be somebody's")
        return Situation(f"unknown {name}", path={name: nobody}, holds=False), contract.path
    path = next(path for path in contract.openapi["paths"] if f"{{{name}}}" in path)
    usual = Situation(path={name: endpoint.path.get(name, "1")})
    others = (one for one in endpoint.situations.values() if name in one.path and name not in endpoint.path)
    known = next(others, usual)  # with the body that is taken there
    path_of = {**known.path, name: nobodys(known.path[name])}
    return replace(known, name=f"unknown {name}", path=path_of, holds=False), path


def foreign_requests(clause: Clause, contract: Contract, tenant: Tenant, base: Request) -> Iterator[Request]:
    """Requests that hold what the target does not take at the clause's place: one for each type of its fields there."""
    whole, seen = request_schema(contract, tenant), set[str]()
    starts = list(paths_to(base.parts, clause.place))
    for path, value in values_in(base.parts):
        if not isinstance(value, dict | list) and any(path[: len(start)] == start for start in starts):
            schema = schema_at(whole, generic_place(path)) or {}
            kind, wrong = _not_taken(schema, value)
            kind += " in a list" if kind and isinstance(path[-1], int) else ""  # a field that takes several
            if kind and kind not in seen:
                seen.add(kind)
                yield base.replaced(path, wrong, breaks=clause.id)


def _not_taken(schema: Schema, value: Json) -> tuple[str, Json]:
    """Which kind of field it is, and a value that it does not take; no kind where any text may be taken.

    A pattern, one text alone, or texts that are all moments or the like say what is drawn, and not that nothing else is
    taken.
    """
    listed = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if listed and _are_examples(listed):
        return "", None
    if listed:
        other = nobodys(value)
        return ("" if len(listed) == 1 and other == _NAME else "option"), other
    types = set(types_of(schema)) - {"null"} if "type" in schema else {"string"}
    kind = "number" if types <= {"number", "integer"} else " or ".join(sorted(types))
    return (str(schema.get("format", "")) if "string" in types else kind), PLAIN


def _are_examples(listed: list[Json]) -> bool:
    """Whether values are all of one format, as moments are: then they are examples of it, and no list of options."""
    formats = Draft202012Validator.FORMAT_CHECKER
    forms = ({form for form in _TELLING if formats.conforms(value, form)} for value in listed if isinstance(value, str))
    return all(isinstance(value, str) for value in listed) and bool(set.intersection(*forms, _TELLING))
