"""The packed sample: few requests that between them meet every edge of every request clause.

Each attribute has a short list of edges: its bounds exactly met, one value of each alternative, odd but legal text,
null, absence. The k-th request takes the k-th edge of every attribute, so the number of requests is that of the
attribute with the most edges, not of their product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from contracts.contract import Contract
from contracts.model import ANY_MEMBER, Json, Kind, Level, Schema
from strategies.conforming import ANYTHING, LARGEST, SMALLEST, formatted, is_of_type, types_of
from strategies.errors import StrategyError
from strategies.request import ABSENT, Path, Request, paths_to, value_at
from strategies.tenant import Tenant, request_schema

PLAIN = "Clausewise"  # stands in every text that has room for it, so that a person finds what a run has left
# Direction marks, markup, quotes, a backslash, a combining accent, beyond ASCII and the BMP, a blank at the end.
ODD = PLAIN + "\u202e\u202c <b>&amp; 'q' \"\\ e\u0301漢字 🦉 "
ASTRAL = "🦉"
_BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
BOUNDS = {*_BOUNDS, "minLength", "maxLength"}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where in a request a clause is kept at one of its edges; the value there may be ABSENT."""

    path: Path
    clause: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A value, or a whole request, with the marks of the clauses that it keeps at an edge."""

    value: Any
    marks: tuple[Mark, ...] = ()


def edge_requests(contract: Contract, *, tenant: Tenant | None = None) -> list[Edge]:
    """The packed sample: edges whose values are Requests, the plain and full one first, then the barest one.

    Raises StrategyError when a schema uses what no value can be drawn from.
    """
    packing = _Packing(contract)
    edges = packing.edges(request_schema(contract, tenant), (), ())
    requests = [Edge(Request.of(edge.value), edge.marks) for edge in edges]
    return [*requests, *_without_implied(contract, requests[0].value)]


def plain_value(contract: Contract, schema: Schema) -> Json:
    """The plainest value that is valid under `schema`; raises StrategyError when none can be made."""
    return _Packing(contract).edges(schema, (), ())[0].value


def _without_implied(contract: Contract, plain: Request) -> Iterator[Edge]:
    """What may be left out by implication only is left out by a request of its own, so that no other suffers for it."""
    for clause in contract.clauses.values():
        if clause.keyword == "optional" and clause.level is Level.IMPLIED:
            for path in paths_to(plain.parts, clause.place):
                if value_at(plain.parts, path) is not ABSENT:
                    yield Edge(plain.replaced(path, ABSENT), (Mark(path, clause.id),))


class _Packing:
    """The walk through a request's schema; `place` is generic, as clauses know it, and `path` is concrete."""

    def __init__(self, contract: Contract) -> None:
        requests = [c for c in contract.clauses.values() if c.kind is Kind.REQUEST and c.keyword != "example"]
        self._clauses = {(c.place, c.keyword): c.id for c in requests}
        self._places = {c.place for c in requests} | {("body",), ("query",)}

    def edges(self, schema: Schema, place: tuple[str, ...], path: Path) -> list[Edge]:
        keyword = "enum" if (place, "enum") in self._clauses else "type"
        if "const" in schema or "enum" in schema:
            values = [schema["const"]] if "const" in schema else list(schema["enum"])
            return [Edge(value, self._marks(place, path, keyword)) for value in values]
        found = [edge for name in types_of(schema) for edge in self._typed(name, schema, place, path)]
        if not found:
            raise StrategyError("its keywords leave no value at all")
        return found

    def _typed(self, name: str, schema: Schema, place: tuple[str, ...], path: Path) -> Iterator[Edge]:
        if name == "object":
            yield from self._object(schema, place, path)
        elif name == "array":
            yield from self._array(schema, place, path)
        else:
            for value, keyword in _scalars(name, schema):
                yield Edge(value, self._marks(place, path, keyword))

    def _object(self, schema: Schema, place: tuple[str, ...], path: Path) -> Iterator[Edge]:
        own = self._marks(place, path, "type")
        properties = schema.get("properties", {})
        if not properties and isinstance(schema.get("additionalProperties"), Mapping):
            properties = {PLAIN: schema["additionalProperties"]}
        columns = {
            name: self.edges(child, self._below(place, name), (*path, name)) for name, child in properties.items()
        }
        required = [name for name in columns if name in schema.get("required", ())]
        rows = max((len(edges) for edges in columns.values()), default=1)
        for row in range(rows):
            yield _packed({name: edges[row % len(edges)] for name, edges in columns.items()}, own)
            if row == 0 and len(required) < len(columns):
                absent = tuple(
                    mark
                    for name in columns
                    if name not in required
                    for mark in self._marks(self._below(place, name), (*path, name), "optional")
                )
                yield _packed({name: columns[name][0] for name in required}, own + absent)

    def _array(self, schema: Schema, place: tuple[str, ...], path: Path) -> Iterator[Edge]:
        own = self._marks(place, path, "type")
        longest = schema.get("maxItems")

        def members(index: int) -> list[Edge]:
            return self.edges(schema.get("items", ANYTHING), (*place, ANY_MEMBER), (*path, index))

        several = [members(index)[index + 1] for index in range(len(members(0)) - 1)][:longest]
        yield _listed([members(0)[0]], own)
        if len(several) < 2:  # so that something stands behind the first member
            several = [members(index)[0] for index in range(min(2, longest or 2))]
        yield _listed(several, own)
        if longest is not None and (place, "maxItems") in self._clauses:
            yield Edge([members(0)[0].value] * longest, self._marks(place, path, "maxItems"))

    def _below(self, place: tuple[str, ...], name: str) -> tuple[str, ...]:
        named = (*place, name)
        known = any(other[: len(named)] == named for other in self._places)
        return named if known else (*place, ANY_MEMBER)

    def _marks(self, place: tuple[str, ...], path: Path, keyword: str) -> tuple[Mark, ...]:
        clause = self._clauses.get((place, keyword))
        return (Mark(path, clause),) if clause else ()


def _scalars(name: str, schema: Schema) -> Iterator[tuple[Json, str]]:
    """The edges of one scalar type, plain first, each with the keyword that it keeps."""
    if name == "string":
        yield from _strings(schema)
    elif name in {"integer", "number"}:
        yield from _numbers(name, schema)
    elif name == "boolean":
        yield from ((True, "type"), (False, "type"))
    else:
        yield None, "type"


def _strings(schema: Schema) -> Iterator[tuple[str, str]]:
    if "examples" in schema:
        yield from ((value, "type") for value in schema["examples"])
        return
    if "pattern" in schema:
        raise StrategyError("a string with a pattern needs `examples` beside it, to be kept at its edges")
    if "format" in schema:
        yield formatted(schema["format"])[0], "type"
        return
    shortest, longest = schema.get("minLength", 1), schema.get("maxLength")
    yield PLAIN[:longest].ljust(shortest, "."), "type"
    if shortest <= len(ODD) <= (longest or len(ODD)):
        yield ODD, "type"
    if "minLength" in schema:
        yield _text(shortest, "m"), "minLength"
    if longest is not None:
        yield _text(longest, "M"), "maxLength"
        yield _text(longest, ASTRAL), "maxLength"


def _text(length: int, filling: str) -> str:
    return PLAIN.ljust(length, filling) if length > len(PLAIN) else filling * length


def is_odd(value: Json) -> bool:
    """Whether a value may be refused for another reason than a bound: a fraction, or characters beyond the BMP."""
    return (isinstance(value, float) and value != int(value)) or (
        isinstance(value, str) and max(value, default="") > "\uffff"
    )


def away_from_edge(schema: Schema, value: Json) -> Json:
    """A value that is odd as this one is, but near no bound; ABSENT where the schema leaves no room for one."""
    if isinstance(value, str):
        length = max(
            schema.get("minLength", 1), min(len(PLAIN) + 2, schema.get("maxLength", 2**16) // len(ASTRAL.encode()))
        )
        return _text(length - 1, "m") + ASTRAL if length + 3 <= schema.get("maxLength", 2**16) else ABSENT
    bounds = [schema[keyword] for keyword in _BOUNDS if keyword in schema]
    others = [int(bound) + offset for bound in bounds for offset in (0.5, -0.5)]
    return next((one for one in others if one != value and _within(one, schema)), ABSENT)


def _numbers(name: str, schema: Schema) -> Iterator[tuple[float, str]]:
    bounded = not schema.keys().isdisjoint({"minimum", "exclusiveMinimum"})
    candidates: list[tuple[float, str]] = [(7, "type"), (LARGEST, "type")]
    candidates.append((0.5 if bounded else -0.5, "type") if name == "number" else (-7, "type"))
    step = 1 if name == "integer" else SMALLEST
    for keyword, offset in (
        ("minimum", 0), ("exclusiveMinimum", step), ("maximum", 0), ("exclusiveMaximum", -step),
    ):  # fmt: skip
        if keyword in schema:
            candidates.append((schema[keyword] + offset, keyword))
    for value, keyword in candidates:
        if _within(value, schema) and is_of_type(value, name):
            yield value, keyword


def _within(value: float, schema: Schema) -> bool:
    bounds = {keyword: bound for keyword, bound in schema.items() if keyword in _BOUNDS}
    return Draft202012Validator(bounds).is_valid(value)


def _packed(members: Mapping[str, Edge], own: tuple[Mark, ...]) -> Edge:
    marks = tuple(mark for edge in members.values() for mark in edge.marks)
    return Edge({name: edge.value for name, edge in members.items()}, own + marks)


def _listed(members: list[Edge], own: tuple[Mark, ...]) -> Edge:
    return Edge([edge.value for edge in members], own + tuple(mark for edge in members for mark in edge.marks))
