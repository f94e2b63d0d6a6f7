"""Judging answers by their documented shape: clause and exchanges in, judgement out; nothing is sent here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from contracts.model import ANY_MEMBER, Clause, Side
from contracts.sentences import types_phrase
from endpoints.exchange import NOT_JSON, Exchange, shortened
from suites.judgement import Evidence, Judgement, Outcome

_FORMATS = FormatChecker(["uuid", "date-time", "uri"])
_MISSING: Any = object()


def judge_shape(clause: Clause, exchanges: Sequence[Exchange], media_type: str = "") -> Judgement:
    """Whether every answer keeps a response clause; unexercised when no answer had what it speaks of.

    An answer that is not JSON is not accused of it when it came in another than the documented `media_type`: then the
    clause about the media type accuses it.
    """
    looked_at = [e for e in exchanges if all(e.request.query.get(k) == v for k, v in clause.when.items())]
    expected = _expected(clause)
    seen = 0
    for exchange in looked_at:
        for value in _values(clause, exchange):
            if value is NOT_JSON and media_type not in {"", exchange.media_type}:
                continue
            seen += 1
            if not _keeps(clause, value, exchange):
                return Judgement(
                    clause, Side.SHOWS, Outcome.BROKEN, "", expected, _actual(clause, value, exchange),
                    len(looked_at), (Evidence("sent", exchange),),
                )  # fmt: skip
    if seen:
        evidence = (Evidence("sent", looked_at[0]),)
        return Judgement(clause, Side.SHOWS, Outcome.UPHELD, "", expected, "", len(looked_at), evidence)
    return _nothing_seen(clause, looked_at)


def _values(clause: Clause, exchange: Exchange) -> Iterator[Any]:
    """What a clause speaks of in one answer; for `required` the attribute may be _MISSING."""
    if clause.keyword in {"content-type", "no-body"}:
        yield exchange.answer
        return
    root = _root(clause, exchange)
    if not clause.place:
        yield root
        return
    for parent in _instances(root, clause.place[:-1]):
        yield from _members(parent, clause.place[-1], clause.keyword == "required")


def _root(clause: Clause, exchange: Exchange) -> Any:
    """The body: JSON, or the text itself where the page says String and the answer is not JSON."""
    if exchange.json is NOT_JSON and clause.schema.get("type") == "string" and not clause.place and exchange.answer:
        return exchange.answer
    return exchange.json


def _instances(node: Any, place: tuple[str, ...]) -> Iterator[Any]:
    if not place:
        yield node
        return
    for member in _members(node, place[0], required=False):
        yield from _instances(member, place[1:])


def _members(node: Any, step: str, required: bool) -> Iterator[Any]:
    if step == ANY_MEMBER:
        yield from node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    elif isinstance(node, Mapping) and (step in node or required):
        yield node.get(step, _MISSING)


def _keeps(clause: Clause, value: Any, exchange: Exchange) -> bool:
    if clause.keyword == "content-type":
        return bool(exchange.media_type == clause.schema["const"])
    if clause.keyword == "no-body":
        return bool(value == "")
    if clause.keyword == "required":
        return value is not _MISSING
    if value is NOT_JSON:
        return False
    schema = {clause.keyword: clause.schema[clause.keyword]}
    return Draft202012Validator(schema, format_checker=_FORMATS).is_valid(value)


def _expected(clause: Clause) -> str:
    if clause.keyword == "type":
        return types_phrase(clause.schema["type"])
    if clause.keyword == "content-type":
        return f"the media type {clause.schema['const']}"
    if clause.keyword == "no-body":
        return "no body"
    if clause.keyword == "required":
        return f"an attribute `{clause.place[-1]}`"
    return f"{clause.keyword}: {clause.schema[clause.keyword]}"


def _actual(clause: Clause, value: Any, exchange: Exchange) -> str:
    if clause.keyword == "content-type":
        return f"the media type {exchange.media_type or '(none)'}"
    if value is NOT_JSON:
        return f"a body that is not JSON: {shortened(exchange.answer)}"
    if value is _MISSING:
        return f"{exchange.status} without it: {shortened(exchange.answer)}"
    return f"{shortened(repr(value))} in {exchange.status} {shortened(exchange.answer)}"


def _nothing_seen(clause: Clause, exchanges: Sequence[Exchange]) -> Judgement:
    if not exchanges:
        reason = f"no {clause.status} answer was seen"
        if clause.when:
            reason += " under " + " and ".join(f"{name}={value}" for name, value in clause.when.items())
        return Judgement(clause, Side.SHOWS, Outcome.UNEXERCISED, reason)
    count = len(exchanges)
    if any(e.json is NOT_JSON for e in exchanges):
        return Judgement(clause, Side.SHOWS, Outcome.UNDETERMINED, "the answer's body is not JSON", exchanges=count)
    evidence = (Evidence("sent", exchanges[0]),)
    missing = _first_missing(clause, exchanges)
    if missing:
        reason = f"`{missing}`, which should hold it, was missing or of another type"
        return Judgement(clause, Side.SHOWS, Outcome.UNDETERMINED, reason, exchanges=count, evidence=evidence)
    reason = f"no answer of {count} had `{'.'.join(clause.place)}`"
    return Judgement(clause, Side.SHOWS, Outcome.UNEXERCISED, reason, exchanges=count, evidence=evidence)


def _first_missing(clause: Clause, exchanges: Sequence[Exchange]) -> str:
    """The attribute on the way to a clause's place whose absence is another clause's business, or nothing."""
    for length in range(len(clause.place) + 1):
        found = [v for e in exchanges for v in _instances(_root(clause, e), clause.place[:length])]
        if not found:
            step = clause.place[length - 1]
            parents = [v for e in exchanges for v in _instances(_root(clause, e), clause.place[: length - 1])]
            held = all(isinstance(parent, Mapping | list) for parent in parents)
            may_be_empty = step == ANY_MEMBER or (length == len(clause.place) and "x-optional" in clause.schema)
            return "" if held and may_be_empty else ".".join(clause.place[:length])
    return ""
