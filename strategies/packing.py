"""A walk through the schema of a request: every edge at every place, packed into as few values as it takes.

Each attribute has a short list of edges: its bounds exactly met, one value of each alternative, odd but legal text,
null, absence. The k-th value takes the k-th edge of every attribute, so the number of values is that of the
attribute with the most edges, not of their product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.contract import PARTS, Contract
from contracts.dialect import ANNOTATIONS
from contracts.keywords import lines_of
from contracts.model import ANY_MEMBER, Clause, Json, Kind, Node, Schema
from contracts.operations import is_json
from strategies.conforming import ANYTHING, types_of
from strategies.errors import StrategyError
from strategies.flat import OF, flattened, is_tangled
from strategies.foreign import foreign_values
from strategies.request import Path, distinct
from strategies.scalars import PLAIN, scalars
from strategies.validity import keeps

_ENDLESS = "it stands within itself without end"
_FEW = 8  # values of an enum that are sent, beside its last
_MOST = 20_000  # values that a request is packed of, so that no schema takes hours or all memory
_LIGHT = 100  # marks that weigh as much as a value
_TOO_MANY = f"a request would take more than {_MOST:,} values"
_LONG = 1_000  # members of the longest list that is sent


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


class Packing:
    """The walk through a request's schema; `place` is generic, as clauses know it, and `path` is concrete."""

    def __init__(self, contract: Contract, deepest: int) -> None:
        requests = [c for c in contract.clauses.values() if c.kind is Kind.REQUEST and c.keyword != "example"]
        self._file, self._in_json, self._deepest = contract.file, is_json(contract.media_type), deepest
        self.left_out: list[str] = []
        self._walked = 0
        self._clauses: dict[tuple[tuple[str, ...], str], list[Clause]] = {}
        for clause in requests:
            self._clauses.setdefault((clause.place, clause.keyword), []).append(clause)
        known = [*(c.place for c in requests), *((part,) for part in (*PARTS, "body"))]
        self._places = {place[:length] for place in known for length in range(len(place) + 1)}

    @property
    def is_bounded(self) -> bool:
        """Whether a request holds all its values, and not as many as it may."""
        return self._walked <= _MOST

    def edges(
        self, schema: Json, place: tuple[str, ...], path: Path, above: frozenset[int] = frozenset()
    ) -> list[Edge]:
        """The edges of one schema at its place; raises StrategyError when no value of it can be made."""
        if not self.spend(1):
            raise StrategyError(self._said(schema, place, _TOO_MANY))
        if id(schema) in above or len(place) > self._deepest + 1:
            raise StrategyError(self._said(schema, place, _ENDLESS))
        above |= {id(schema)}
        tangled = not isinstance(schema, Mapping) or is_tangled(schema)
        found, why = list[Edge](), "its keywords leave no value at all"
        for flat in flattened(schema) if tangled else [schema]:
            try:
                found += self._few(found, list(self._flat(flat, place, path, above)), tangled)
            except StrategyError as error:
                why = error.message
        if tangled:
            found = [edge for edge in found if keeps(schema, edge.value)]
        if tangled and not found and self.is_bounded and _ENDLESS not in why:
            found = [Edge(value, self._marks(place, path, "type", schema)) for value in foreign_values(schema)]
        if not found:
            raise StrategyError(self._said(schema, place, why))
        return found

    def _said(self, schema: Json, place: tuple[str, ...], why: str) -> str:
        """Why nothing can be drawn, with the file, the line and the place where it is an OpenAPI file's."""
        if not isinstance(schema, Node) or self._file is None or str(self._file) in why:
            return why
        return f"{self._file}, {lines_of(schema).phrase}: no value can be drawn for {'/'.join(place)}: {why}"

    def _few(self, known: list[Edge], found: list[Edge], tangled: bool) -> list[Edge]:
        """Of one of several ways, the first value and those that keep a further clause at its edge."""
        if not tangled or not known:
            return found
        seen = {mark.clause for edge in known for mark in edge.marks}
        return [edge for n, edge in enumerate(found) if n == 0 or any(mark.clause not in seen for mark in edge.marks)]

    def _flat(self, schema: Schema, place: tuple[str, ...], path: Path, above: frozenset[int]) -> Iterator[Edge]:
        named = [keyword for keyword in ("enum", "const") if (place, keyword) in self._clauses and keyword in schema]
        keywords = (*(named or ["type"]), "anyOf", "oneOf", *(["format", "pattern"] if OF in schema else []))
        if "const" in schema or "enum" in schema:
            values = [schema["const"]] if "const" in schema else list(schema["enum"])
            if self._is_text(place):
                values = [value for value in values if value is not None]
            if isinstance(schema, Node) or OF in schema:
                values = [*values[:_FEW], *values[_FEW:][-1:]]
            yield from (Edge(value, self._marks(place, path, keywords, schema)) for value in values)
            return
        for name in types_of(schema):
            for edge in self._typed(name, schema, place, path, above):
                yield Edge(edge.value, edge.marks + self._marks(place, path, ("anyOf", "oneOf", "not"), schema))

    def _is_text(self, place: tuple[str, ...]) -> bool:
        """Whether values go over the wire as text, of which none is null."""
        return place[:1] not in {(), ("body",)} or not self._in_json

    def _typed(
        self, name: str, schema: Schema, place: tuple[str, ...], path: Path, above: frozenset[int]
    ) -> Iterator[Edge]:
        text = self._is_text(place)
        if name == "object":
            yield from self._object(schema, place, path, above)
        elif name == "array":
            yield from self._array(schema, place, path, above)
        elif name != "null" or not text:  # nothing that is written as text is null
            safe = place[:1] in {("path",), ("header",), ("cookie",)} or (place[:1] == ("query",) and len(place) > 2)
            for value, keyword in scalars(name, schema, safe=safe):
                yield Edge(value, self._marks(place, path, (keyword, *_OF_TEXTS[OF in schema]), schema))

    def _object(self, schema: Schema, place: tuple[str, ...], path: Path, above: frozenset[int]) -> Iterator[Edge]:
        own = self._marks(place, path, ("type", *_OF_OBJECTS), schema)
        required = schema.get("required", ())
        columns: dict[str, list[Edge]] = {}
        for name, child in self._attributes(schema).items():
            try:
                columns[name] = self.edges(child, self._below(place, name), (*path, name), above)
            except StrategyError as error:
                if name in required:
                    raise
                self.left_out += [] if _ENDLESS in error.message else [error.message]
                own += self._marks(self._below(place, name), (*path, name), "optional")  # it is never there
        kept, others = ([name for name in columns if (name in required) == needed] for needed in (True, False))
        fewest = max(schema.get("minProperties", 0) - len(kept), 0)  # of the others, so that there are enough
        some = [others[:fewest]] if len(others) > fewest else []
        some += [others[-fewest:]] if some and fewest and len(others) >= 2 * fewest else []  # and without those
        rows = max((len(edges) for edges in columns.values()), default=1)
        for row in range(rows):
            yield _packed({name: edges[row % len(edges)] for name, edges in columns.items()}, own)
            if row == 0 and "maxProperties" in schema and not schema.get("properties"):
                yield self._widest(schema, columns, own)
            for more in some if row == 0 else ():
                absent = tuple(
                    mark
                    for name in others
                    if name not in more
                    for mark in self._marks(self._below(place, name), (*path, name), "optional")
                )
                yield _packed({name: columns[name][0] for name in (*kept, *more)}, own + absent)

    def _widest(self, schema: Schema, columns: Mapping[str, list[Edge]], own: tuple[Mark, ...]) -> Edge:
        """A map with as many attributes as it may have."""
        name, edges = next(iter(columns.items()), (PLAIN, [Edge(PLAIN)]))
        many = min(schema["maxProperties"], _LONG)
        return _packed(
            {
                **{own: first for own, (first, *_) in columns.items()},
                **{name + "c" * n: edges[0] for n in range(1, many + 1 - len(columns))},
            },
            own,
        )

    def _attributes(self, schema: Schema) -> dict[str, Json]:
        """The attributes that an object is given; those that it only needs to be many enough, or large enough, too."""
        found = dict(schema.get("properties", {}))
        others = schema.get("additionalProperties")
        names = schema.get("propertyNames", True)
        fitting = [name for name in (PLAIN, PLAIN.lower(), "c", "C") if keeps(names, name)] or foreign_values(names)
        if isinstance(others, Mapping) and (not found or others.keys() - ANNOTATIONS):
            found |= dict.fromkeys(fitting[:1] or [PLAIN], others)
        found |= {
            name: others if isinstance(others, Mapping) else {}
            for name in schema.get("required", ())
            if name not in found
        }
        for number in range(1, max(schema.get("minProperties", 0) - len(found), 0) + 1):
            found[f"{fitting[0] if fitting else PLAIN}{'c' * number}"] = (
                others if isinstance(others, Mapping) else ANYTHING
            )
        return found

    def _array(self, schema: Schema, place: tuple[str, ...], path: Path, above: frozenset[int]) -> Iterator[Edge]:
        own = self._marks(place, path, ("type", "uniqueItems", "contains", "items"), schema)
        longest = schema.get("maxItems")
        heads, fewest = schema.get("prefixItems", ())[:longest], max(schema.get("minItems", 1), 1)
        fewest = fewest if longest is None else min(fewest, longest)
        member = _Members(self, schema, place, path, above)

        try:
            variety = len(member.at(len(heads)))
        except StrategyError:
            if fewest > len(heads) and schema.get("minItems", 0) > len(heads):
                raise
            fewest, variety = min(fewest, len(heads)), 0
        shortest = self._marks(place, path, "minItems", schema) if fewest == schema.get("minItems") else ()
        if heads or not variety:
            whole = max(fewest, len(heads))
            for row in range(max((len(member.at(index)) for index in range(len(heads))), default=1)):
                yield member.listed(whole, own + (shortest if whole == fewest else ()), start=row, step=0)
            if shortest and whole > fewest:
                yield member.listed(fewest, own + shortest, step=0)
            return
        yield member.listed(fewest, own + shortest)
        most = longest or variety
        starts = range(1, variety, most) if min(most, variety - 1) >= max(2, fewest) else ()
        for start in starts:  # as many lists as it takes, so that each edge of a member is in one
            yield member.listed(max(min(most, variety - start), fewest), own, start=start)
        if not starts:  # so that something stands behind the first member
            yield member.listed(min(max(2, fewest), longest or max(2, fewest)), own)
        if longest is not None and longest <= _LONG and (place, "maxItems") in self._clauses:
            first, marks = member.edge(0, 0), self._marks(place, path, "maxItems", schema)
            items, unique = schema.get("items"), schema.get("uniqueItems")
            if unique and isinstance(items, Mapping) and "enum" in items:  # each of which may be refused by itself
                yield member.listed(longest, marks)
            else:
                values = distinct(schema, [first.value], longest) if unique else [first.value] * longest
                yield Edge(values, first.marks + marks)

    def spend(self, values: int) -> bool:
        """Count values of a request; false once it holds as many as it may."""
        self._walked += values
        return self.is_bounded

    def _below(self, place: tuple[str, ...], name: str) -> tuple[str, ...]:
        named = (*place, name)
        return named if named in self._places else (*place, ANY_MEMBER)

    def _marks(
        self, place: tuple[str, ...], path: Path, keywords: str | tuple[str, ...], schema: Schema | None = None
    ) -> tuple[Mark, ...]:
        """The marks of the place's clauses; of those of one alternative, the ones whose schema was merged in."""
        merged, found = {id(schema), *(schema or {}).get(OF, ())}, list[Mark]()
        for keyword in dict.fromkeys([keywords] if isinstance(keywords, str) else keywords):
            for clause in self._clauses.get((place, keyword), ()):
                if not clause.branch or id(clause.schema) in merged or keyword == "optional":
                    found.append(Mark(path, clause.id))
        return tuple(found)


class _Members:
    """The edges of an array's members; of those that are described alike, they are found once."""

    def __init__(
        self, packing: Packing, schema: Schema, place: tuple[str, ...], path: Path, above: frozenset[int]
    ) -> None:
        self._packing, self._schema, self._place, self._path, self._above = packing, schema, place, path, above
        self._heads = schema.get("prefixItems", ())
        self._known: dict[str, list[Edge]] = {}

    def at(self, index: int) -> list[Edge]:
        """The edges of one member; the index in their marks' paths is that of the first one that is described so."""
        step, described = ANY_MEMBER, self._schema.get("items", ANYTHING)
        if index < len(self._heads):
            step, described = str(index), self._heads[index]
        elif index == len(self._heads) and "contains" in self._schema:
            step, described = "contains", self._schema["contains"]
        if step not in self._known:
            place = (*self._place, ANY_MEMBER if step == "contains" else step)
            self._known[step] = self._packing.edges(described, place, (*self._path, index), self._above)
        return self._known[step]

    def listed(self, length: int, own: tuple[Mark, ...], *, start: int = 0, step: int = 1) -> Edge:
        """An array of so many members: the first at its edge number `start`, each other `step` edges further."""
        edges = [self.edge(index, start + step * index) for index in range(length)]
        return Edge([edge.value for edge in edges], own + tuple(mark for edge in edges for mark in edge.marks))

    def edge(self, index: int, number: int) -> Edge:
        """One of the edges of a member, counted around."""
        edge, length = self.at(index)[number % len(self.at(index))], len(self._path)
        if not self._packing.spend(1 + len(edge.marks) // _LIGHT):
            raise StrategyError(_TOO_MANY)
        return Edge(
            edge.value, tuple(Mark((*self._path, index, *mark.path[length + 1 :]), mark.clause) for mark in edge.marks)
        )


_OF_TEXTS = {False: ("format", "pattern"), True: ("type", "format", "pattern")}  # what a text, or any flat value, keeps
_OF_OBJECTS = (
    "additionalProperties", "unevaluatedProperties", "propertyNames", "patternProperties", "dependentRequired",
    "minProperties", "maxProperties", "not", "required",
)  # fmt: skip


def _packed(members: Mapping[str, Edge], own: tuple[Mark, ...]) -> Edge:
    marks = tuple(mark for edge in members.values() for mark in edge.marks)
    return Edge({name: edge.value for name, edge in members.items()}, own + marks)
