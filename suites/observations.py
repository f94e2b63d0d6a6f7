"""Observations: what an endpoint did where its document is silent. Never a failure; kept so that drift can be seen.

They hold shapes and never values: a status, a media type, names and types of attributes, the form of a timestamp.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.contract import Contract
from contracts.model import ANY_MEMBER, Schema
from endpoints.exchange import NOT_JSON, Exchange
from strategies.conforming import is_of_type

_HEADERS = re.compile(r"retry-after|connection|transfer-encoding|deprecation|sunset|(x-)?rate-?limit.*", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_EXACT = 2**53  # beyond it, not every integer has a double of its own (RFC 8259 section 6)


@dataclass(frozen=True, order=True)
class Observation:
    """One thing that was seen: what it is about, where in the answer (or nothing), and what was there."""

    about: str
    place: str
    saw: str


class Observer:
    """Watches the exchanges of one contract and counts what each of them shows beyond the document."""

    def __init__(self, contract: Contract) -> None:
        self._statuses = contract.statuses()
        self._responses = contract.operation["responses"]
        parameters = contract.query_parameters.items()
        self._choices = {name: p["schema"] for name, p in parameters if "enum" in p["schema"]}
        self._counts: Counter[Observation] = Counter()

    def take(self) -> list[dict[str, Any]]:
        """What was seen since the last time, sorted, as plain JSON objects with the number of exchanges."""
        counts, self._counts = self._counts, Counter()
        return [{**seen.__dict__, "times": times} for seen, times in sorted(counts.items())]

    def note(self, about: str, saw: str, place: str = "") -> None:
        """Write down what a test saw."""
        self._counts[Observation(about, place, saw)] += 1

    def see(self, exchange: Exchange) -> None:
        """Write down what an exchange of the contract's operation shows."""
        if exchange.status is not None:
            self._counts.update(set(self._seen(exchange)))

    def _seen(self, exchange: Exchange) -> Iterator[Observation]:
        status = str(exchange.status)
        documented = status if status in self._statuses else "2XX" if exchange.accepted else ""
        if status not in self._statuses:
            what = "an accepted request" if exchange.accepted else "a request that is not accepted"
            yield Observation(f"status of {what}", "", status)
        if exchange.held_up:
            yield Observation("haste", "", "sent again, as after 429")
        media_type = exchange.answer_headers.get("content-type", "none")
        yield Observation("media type", status, media_type if exchange.answer else "no body")
        for name, value in exchange.answer_headers.items():
            if _HEADERS.fullmatch(name):
                yield Observation("header", name, "a number" if value.isdecimal() else value)
        documented_schema = self._schema(documented)
        if documented_schema:
            yield from _differences(exchange.json, documented_schema, ())
        elif exchange.answer:
            yield Observation("body", status, _described(exchange))
        if exchange.accepted and isinstance(exchange.json, Mapping):
            for name, schema in self._choices.items():
                chosen = exchange.request.query.get(name, "not sent")
                if chosen in {"not sent", *schema["enum"]}:
                    yield Observation("attributes", f"{name} {chosen}", ", ".join(sorted(exchange.json)))

    def _schema(self, status: str) -> Schema | None:
        content = self._responses.get(status, {}).get("content", {})
        return next((part["schema"] for part in content.values()), None)


def _described(exchange: Exchange) -> str:
    body = exchange.json
    if body is NOT_JSON:
        return "text"
    return f"an object with {', '.join(sorted(body))}" if isinstance(body, Mapping) else f"a JSON {_type(body)}"


def _differences(value: Any, schema: Schema, place: tuple[str, ...]) -> Iterator[Observation]:
    """What a value shows that its schema leaves open: one type out of several, a form, attributes without a name."""
    shown = ".".join(place)
    if isinstance(schema.get("type"), list):
        yield Observation("type", shown, _type(value))
    form = _form(value, schema)
    if form:
        yield Observation("form", shown, form)
    for step, member, below in _members(value, schema):
        if below is None:
            yield Observation("undocumented attribute", ".".join((*place, step)), _type(member))
        else:
            yield from _differences(member, below, (*place, step))


def _members(value: Any, schema: Schema) -> Iterator[tuple[str, Any, Schema | None]]:
    """The step to every member of a value, the member, and its schema; None for one that has no name in the page."""
    each = schema.get("additionalProperties", schema.get("items"))
    if isinstance(value, list):
        yield from ((ANY_MEMBER, member, each) for member in value if isinstance(each, Mapping))
    elif isinstance(value, Mapping):
        named = schema.get("properties", {})
        for name, member in value.items():
            if name in named:
                yield name, member, named[name]
            elif isinstance(each, Mapping):
                yield ANY_MEMBER, member, each
            elif named:
                yield name, member, None


def _form(value: Any, schema: Schema) -> str:
    """How a timestamp is written, with 0 for every digit, and whether an integer is too large for a double."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return re.sub(r"\d", "0", value)
    digits = isinstance(value, str) and value.isascii() and value.isdecimal()
    large = (digits or (schema.get("type") == "integer" and is_of_type(value, "integer"))) and int(value) > _EXACT
    return "a number beyond 2**53" if large else ""


def _type(value: Any) -> str:
    names = ("null", "boolean", "integer", "number", "string", "array", "object")
    return next((name for name in names if is_of_type(value, name)), "no JSON")
