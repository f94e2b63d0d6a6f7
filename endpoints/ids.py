"""Ids in answers, and how they stand in the paths of URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

from contracts.contract import Contract
from contracts.model import Json, Kind
from contracts.operations import PARAMETER
from contracts.things import LOCATION, OWN_ID, OWN_URL
from endpoints.exchange import Exchange, found_at

_SEGMENT = re.compile(r"[^/\\?#%\x00-\x20\x7f-\x9f\ud800-\udfff]{1,200}")


def segment(identifier: str) -> bool:
    """Whether an id can stand in a URL's path as one segment, as it is or percent-encoded."""
    return _SEGMENT.fullmatch(identifier) is not None and identifier not in {".", ".."}


def filled(template: str, values: Mapping[str, str]) -> str:
    """A path template with its parameters filled in, percent-encoded, each once; unknown ones stay."""

    def value(match: re.Match[str]) -> str:
        return quote(values[match[1]], safe="") if match[1] in values else match[0]

    return PARAMETER.sub(value, template)


def of_record(template: str, values: Mapping[str, str], identifier: str) -> str:
    """A template of `outside` filled in for a record: its id is `id`, or OWN_ID where that is what it stands within."""
    own = OWN_ID if f"{{{OWN_ID}}}" in template else "id"
    return filled(template, {**values, own: identifier})


def ids_at(where: str, exchange: Exchange) -> list[Json]:
    """The values at a JSONPath of an answer's body; or the last step of an address below the request's, or its own."""
    if where == OWN_URL:
        return [unquote(urlsplit(exchange.url).path.rstrip("/").rpartition("/")[2])]
    if where == LOCATION:
        try:
            there = urlsplit(exchange.answer_headers.get("location", "")).path
        except ValueError:  # it is no address at all
            return []
        above, _, last = there.rstrip("/").rpartition("/")
        return [unquote(last)] if above and last and urlsplit(exchange.url).path.rstrip("/").endswith(above) else []
    return found_at(where, exchange.json) if where else []


def id_schema(contract: Contract, where: str) -> dict[str, Json]:
    """The documented type and form of the ids at a JSONPath, by the response clauses at their place."""
    place = tuple(where.removeprefix("$").replace("[*]", ".*").strip(".").split("."))
    schema: dict[str, Json] = {"type": ["string", "integer"]}
    for clause in contract.clauses.values() if where != OWN_URL else ():
        if clause.kind is Kind.RESPONSE and clause.status.startswith("2") and clause.place == place:
            schema |= {k: clause.schema[k] for k in ("type", "format") if k in clause.schema}
    return schema


def as_id(value: Json) -> str:
    """An id as text; 7.0 is 7 in JSON."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
