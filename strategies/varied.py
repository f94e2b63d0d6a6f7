"""Conforming requests: a request of the packed sample with up to two of its values drawn afresh.

Hypothesis spends most of its time on choices, so a strategy that drew every attribute of every request would draw
some 400 requests a second. Starting from the packed sample costs a handful of choices, keeps every edge in play,
and shrinks to the barest request with the one value that matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from hypothesis import strategies as st

from contracts.contract import Contract
from contracts.model import Json, Schema
from strategies.conforming import ANYTHING, KEYS, alternatives
from strategies.edges import edge_requests, is_plain
from strategies.errors import StrategyError
from strategies.flat import is_tangled
from strategies.request import ABSENT, Path, Request, generic_place, of_length, value_at, values_in
from strategies.scalars import PLAIN
from strategies.tenant import Tenant, request_schema
from strategies.unique import schema_at
from strategies.validity import keeps

Change = tuple[Path, st.SearchStrategy[Json]]


def conforming_requests(contract: Contract, *, tenant: Tenant | None = None) -> st.SearchStrategy[Request]:
    """Requests that keep every clause of the contract, with values that the tenant takes.

    Raises StrategyError when a schema uses what no value can be drawn from.
    """
    schema = request_schema(contract, tenant)
    edges = edge_requests(contract, tenant=tenant)
    # The longest lists come by a change of length, not as every third request: they take long to write.
    packed = [edge.value for edge in edges if not any(mark.clause.endswith("/maxItems") for mark in edge.marks)]
    packed[:2] = reversed(packed[:2])  # the barest first: it is what shrinking ends at
    changes = [list(_changes(schema, request.parts, ())) for request in packed]
    plain = is_plain(contract)
    most = max(map(len, changes)) + 1
    plans = st.integers(0, len(packed) * most * most * 2 - 1)  # one choice instead of three; half make one change only

    @st.composite
    def varied(draw: st.DrawFn) -> Request:
        rest, row = divmod(draw(plans), len(packed))
        request: Request = packed[row]
        chosen = [changes[row][index - 1] for index in divmod(rest, most) if 0 < index <= len(changes[row])]
        for path, values in chosen:
            changed = _changed(request, path, draw(values))
            request = changed if plain or keeps(schema, changed.parts) else request
        return request if PLAIN in repr(request.body) else _marked(schema["properties"].get("body", {}), request)

    return varied()


def _marked(schema: Schema, request: Request) -> Request:
    """The request with the word by which a person finds what it makes, in the first of its texts with room for it."""
    values = [*values_in(request.body, ("body",)), (("body",), request.body)]
    for path, text in ((path, value) for path, value in values if isinstance(value, str)):
        marked = request.replaced(path, f"{PLAIN} {text}")
        if "examples" not in (schema_at(schema, generic_place(path[1:])) or {}) and keeps(schema, marked.body):
            return marked
    return request


def _changed(request: Request, path: Path, value: Json) -> Request:
    """The request with a new value, unless an earlier change took away the place for it."""
    parts = request.parts
    if value_at(parts, path[:-1]) is ABSENT or not _fits(parts, path, value):
        return request
    return request.replaced(path, value)


def _fits(parts: Mapping[str, Json], path: Path, value: Json) -> bool:
    can_be_new = isinstance(path[-1], str) and value is not ABSENT
    return can_be_new or value_at(parts, path) is not ABSENT


def _changes(schema: Json, value: Json, path: Path) -> Iterator[Change]:
    """What can be drawn afresh in a value: places with the values that they take."""
    if len(path) == 1 and path != ("body",) and not value:
        return  # nothing is said of any parameter there
    if not isinstance(schema, Mapping) or is_tangled(schema):
        yield from _anew(schema, path)
    elif isinstance(value, Mapping) and schema.get("properties"):
        for name, child in schema["properties"].items():
            below = (*path, name)
            yield from _changes(child, value[name], below) if name in value else _anew(child, below)
            if name in value and name not in schema.get("required", ()):
                yield below, st.just(ABSENT)
    elif isinstance(value, Mapping) and value and isinstance(schema.get("additionalProperties"), Mapping):
        name, member = next(iter(value.items()))
        yield from _changes(schema["additionalProperties"], member, (*path, name))
        yield path, KEYS.map(lambda key: {key: member})
    elif isinstance(value, list) and value:
        last = len(value) - 1  # what stands behind the first member is looked at least
        yield from _changes(schema.get("items", ANYTHING), value[last], (*path, last))
        fewest, most = max(schema.get("minItems", 1), 1), schema.get("maxItems", 3)
        yield path, st.sampled_from([of_length(value, length) for length in {fewest, min(2, most), most}])
    else:
        yield from _anew(schema, path)


def _anew(schema: Json, path: Path) -> Iterator[Change]:
    with suppress(StrategyError):  # what stands within itself is not drawn any deeper
        for values in alternatives(schema, safe=path[:1] in {("path",), ("header",), ("cookie",)}):
            yield path, values
