"""Texts in a query of which a file says no more than that they are texts: a cursor, an order, a filter's language.

Which of them an endpoint takes only it knows. What it refuses by itself is noted, and left out of all other requests:
they would be refused for it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from contracts.contract import Contract
from contracts.model import Json
from strategies import ABSENT, Edge, Request
from strategies.request import Path, value_at

_SAYS_WHICH = {"enum", "const", "pattern", "format", "examples", "default", "allOf", "anyOf", "oneOf", "not", "if"}


def unsaid_texts(contract: Contract, request: Request) -> Iterator[tuple[Path, Json]]:
    """The texts that a request has in such parameters, each with its path."""
    query = contract.request_schema["properties"]["query"]
    for name, schema in query["properties"].items() if contract.file else ():
        value = value_at(request.parts, ("query", name))
        if name not in query["required"] and value is not ABSENT and _is_any_text(schema):
            yield ("query", name), value


def _is_any_text(schema: Json) -> bool:
    if not isinstance(schema, Mapping) or schema.keys() & _SAYS_WHICH:
        return False
    return schema.get("type") == "string" or (schema.get("type") == "array" and _is_any_text(schema.get("items")))


def without(paths: Iterable[Path], request: Request) -> Request:
    """The request without what stands at some paths."""
    for path in paths:
        request = request if value_at(request.parts, path) is ABSENT else request.replaced(path, ABSENT, request.breaks)
    return request


def edge_without(paths: Iterable[Path], edge: Edge) -> Edge:
    """The edge without what stands at some paths, and without what it would have shown there."""
    value = without(paths, edge.value)
    kept = (m for m in edge.marks if value_at(value.parts, m.path) == value_at(edge.value.parts, m.path))
    return Edge(value, tuple(kept))
