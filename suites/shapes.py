"""Judging answers by their documented shape: clause and exchanges in, judgement out; nothing is sent here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from contracts.contract import Contract
from contracts.keywords import types_that_text_shows
from contracts.model import ANY_MEMBER, Clause, Kind, Level, Side
from contracts.patterns import JUDGE
from contracts.schema import Same, is_of_types, members_of
from contracts.sentences import types_phrase
from endpoints.exchange import NOT_JSON, Exchange, shortened
from strategies.validity import FORMATS
from suites.judgement import Evidence, Judgement, Outcome
from suites.sameness import is_nothing, moment_of

_FORMATS = FormatChecker(())
_FORMATS.checkers = {**FORMATS.checkers}


@_FORMATS.checks("timestamp")
def _is_timestamp(value: Any) -> bool:
    """A moment with its offset, in any form: so it is read where a page names no format."""
    return not isinstance(value, str) or moment_of(value) is not None


_MISSING: Any = object()
_OF_PRESENCE = {"required", "writeOnly"}


def judge_shape(
    clause: Clause, exchanges: Sequence[Exchange], contract: Contract, count: Callable[[Sequence[Exchange]], int] = len
) -> Judgement:
    """Whether every answer keeps a response clause; unexercised when no answer had what it speaks of.

    One cause, one accusation: what stands in a value of the wrong type is not judged, nor whether a body is JSON that
    came in the wrong media type, nor the format of what is no string; the `contract` has clauses that say so. Where
    exchanges stand for others that were alike, `count` tells how many they are.
    """
    return _judged(_Looking(clause, contract), exchanges, count)


class Novelty:
    """Tells the answers that show something of a response clause which none before them has shown.

    To judge these is to judge them all: there is one of each outcome, with each reason, for each clause.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._known: set[tuple[str, Outcome, str]] = set()

    @cached_property
    def _looking(self) -> dict[str, list[_Looking]]:
        looking: dict[str, list[_Looking]] = {}
        for clause in self._contract.clauses.values():
            if clause.kind is Kind.RESPONSE:
                looking.setdefault(clause.status, []).append(_Looking(clause, self._contract))
        return looking

    def is_in(self, exchange: Exchange) -> bool:
        """Whether the exchange is such a one; it is known from now on."""
        looking = self._looking.get(self._contract.described(exchange.status), ())
        judged = (_judged(one, [exchange], len) for one in looking)
        new = {(found.clause.id, found.outcome, found.reason) for found in judged} - self._known
        self._known |= new
        return bool(new)


def _judged(looking: _Looking, exchanges: Sequence[Exchange], count: Callable[[Sequence[Exchange]], int]) -> Judgement:
    clause = looking.clause
    looked_at = [e for e in exchanges if all(e.request.query.get(k) == v for k, v in clause.when.items())]
    expected = _expected(clause)
    seen, looking.in_the_way = 0, ""
    for exchange in looked_at:
        for value in looking.values(exchange):
            seen += 1
            if not _keeps(clause, value, exchange):
                return Judgement(
                    clause, Side.SHOWS, Outcome.BROKEN, "", expected, _actual(clause, value, exchange),
                    count(looked_at), (Evidence("sent", exchange),),
                )  # fmt: skip
    if seen:
        evidence = (Evidence("sent", looked_at[0]),)
        return Judgement(clause, Side.SHOWS, Outcome.UPHELD, "", expected, "", count(looked_at), evidence)
    return looking.nothing_seen(looked_at, count(looked_at))


class _Looking:
    """Looks in answers for what one clause speaks of, and remembers why there was nothing."""

    def __init__(self, clause: Clause, contract: Contract) -> None:
        self.clause = clause
        same = [c for c in contract.clauses.values() if c.kind is Kind.RESPONSE and c.status == clause.status]
        self._types = {c.place: c.schema["type"] for c in same if c.keyword == "type"}
        self._required = {c.place for c in same if c.keyword == "required" and not c.branch}
        accused = [c for c in same if c.keyword == "content-type" and clause.level in {c.level, Level.IMPLIED}]
        self._media_types = _media_types(accused[0]) if accused else []  # an implied clause swallows no stated one
        self.in_the_way = ""
        places = {c.place[:length] for c in same for length in range(1, len(c.place) + 1)}
        self._named: dict[tuple[str, ...], set[str]] = {}
        for place in places:
            self._named.setdefault(place[:-1], set()).add(place[-1])

    def values(self, exchange: Exchange) -> Iterator[Any]:
        """What the clause speaks of in one answer; an attribute that has to be there, or must not, may be _MISSING."""
        clause = self.clause
        if clause.keyword == "content-type" and exchange.hollow:
            self.in_the_way = exchange.hollow  # a page, whatever it calls itself, shows nothing
            return
        if clause.keyword in {"content-type", "no-body"}:
            yield exchange.answer
            return
        if clause.place and clause.place[0].startswith("header:"):
            yield from _of_header(clause, exchange)
            return
        root = _root(clause, exchange)
        mistyped = bool(self._media_types) and exchange.media_type not in self._media_types
        if root is NOT_JSON and (clause.place or mistyped):
            self.in_the_way = "the answer's body is not JSON"
        elif not clause.place:
            yield from self._judged([root])
        else:
            for parent in self._parents(root):
                members = self._members(parent, clause.place, required=clause.keyword in _OF_PRESENCE)
                yield from self._judged(members)

    def _judged(self, values: Iterable[Any]) -> Iterator[Any]:
        """Values whose type another clause accuses are left to it, unless this is that clause."""
        for value in values:
            if self.clause.keyword in {"type", *_OF_PRESENCE} or self._is_typed(value, self.clause.place):
                yield value

    def _parents(self, root: Any) -> list[Any]:
        """What stands one step above the clause's place, as far as all on the way to it is of its type."""
        nodes, above = [root], self.clause.place[:-1]
        for length in range(len(above)):
            typed = [node for node in nodes if self._is_typed(node, above[:length])]
            nodes = [m for node in typed for m in self._members(node, above[: length + 1], required=False)]
        return [node for node in nodes if self._is_typed(node, above)]

    def _members(self, node: Any, place: tuple[str, ...], *, required: bool) -> Iterator[Any]:
        """What stands at the last step of a place; of a map, what is not named beside it."""
        step, named = place[-1], self._named.get(place[:-1], set())
        if step == ANY_MEMBER and isinstance(node, Mapping):
            node = {name: member for name, member in node.items() if name not in named}
        yield from _members(node, step, required)

    def _is_typed(self, value: Any, place: tuple[str, ...]) -> bool:
        if place not in self._types or is_of_types(value, self._types[place]):
            return True
        named = f"`{'.'.join(place)}`" if place else "the body"
        self.in_the_way = f"{named} is of another type, which another clause judges"
        return False

    def nothing_seen(self, exchanges: Sequence[Exchange], count: int) -> Judgement:
        """The judgement when no answer had what the clause speaks of; they stand for `count` of them."""
        clause = self.clause
        if not exchanges:
            reason = f"no {clause.status} answer was seen"
            if clause.when:
                reason += " under " + " and ".join(f"{name}={value}" for name, value in clause.when.items())
            return Judgement(clause, Side.SHOWS, Outcome.UNEXERCISED, reason)
        evidence = (Evidence("sent", exchanges[0]),)
        reason = self.in_the_way or self._missing(exchanges)
        outcome = Outcome.UNDETERMINED if reason else Outcome.UNEXERCISED
        reason = reason or f"no answer of {count} had `{'.'.join(clause.place)}`"
        return Judgement(clause, Side.SHOWS, outcome, reason, exchanges=count, evidence=evidence)

    def _missing(self, exchanges: Sequence[Exchange]) -> str:
        """Which attribute on the way to the clause's place is missing, or nothing when it need not be there."""
        place = self.clause.place
        nodes = [_root(self.clause, exchange) for exchange in exchanges]
        for length, step in enumerate(place, start=1):
            above, nodes = nodes, [m for n in nodes for m in self._members(n, place[:length], required=False)]
            may_be_empty = step == ANY_MEMBER or place[:length] not in self._required or above == [None] * len(above)
            if not nodes:
                return "" if may_be_empty else f"`{'.'.join(place[:length])}` is missing, which another clause judges"
        return ""


def _root(clause: Clause, exchange: Exchange) -> Any:
    """The body: JSON, or the text itself where the page says String and the answer is not JSON."""
    if exchange.json is NOT_JSON and clause.schema.get("type") == "string" and not clause.place and exchange.answer:
        return exchange.answer
    return exchange.json


def _members(node: Any, step: str, required: bool) -> Iterator[Any]:
    if step == ANY_MEMBER:
        yield from (member for _, member in members_of(node))
    elif isinstance(node, Mapping) and (step in node or required):
        yield node.get(step, _MISSING)
    elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
        yield node[int(step)]


def _of_header(clause: Clause, exchange: Exchange) -> Iterator[Any]:
    """The value of a header, as a number or a boolean where it reads like one and may be one."""
    text = exchange.answer_headers.get(clause.place[0].partition(":")[2].lower(), _MISSING)
    if text is not _MISSING and types_that_text_shows(clause.schema):
        with suppress(ValueError):
            text = json.loads(text)
    if text is not _MISSING or clause.keyword == "required":
        yield text


def _keeps(clause: Clause, value: Any, exchange: Exchange) -> bool:
    if clause.keyword == "content-type":
        return exchange.media_type in _media_types(clause)
    if clause.keyword == "no-body":
        return bool(value == "")
    if clause.keyword in _OF_PRESENCE:
        there = value is not _MISSING
        return there if clause.keyword == "required" else not there or is_nothing(value)  # null shows nothing
    if value is NOT_JSON:
        return False
    if clause.keyword == "type":
        return is_of_types(value, clause.schema["type"])
    kept = bool(_validator(clause.keyword, Same(clause.schema)).is_valid(value))
    if not kept and clause.keyword == "unevaluatedProperties":  # perhaps what names it is broken, which others accuse
        rest = {word: said for word, said in clause.schema.items() if word != clause.keyword}
        names = {clause.keyword: clause.schema[clause.keyword], "allOf": [_names_only(rest)]}
        kept = not JUDGE(rest, format_checker=_FORMATS).is_valid(value) and JUDGE(names).is_valid(value)
    return kept


def _names_only(schema: Any, deep: int = 4) -> dict[str, Any]:
    """A schema that names the attributes of another, those of all parts and alternatives, and asks nothing of them."""
    if not isinstance(schema, Mapping) or not deep:
        return {}
    named = {w: dict.fromkeys(schema[w], True) for w in ("properties", "patternProperties") if w in schema}
    parts = [one for word in ("allOf", "anyOf", "oneOf") for one in schema.get(word, ())]
    return {**named, **({"allOf": [_names_only(one, deep - 1) for one in parts]} if parts else {})}


_BESIDE = {  # what a keyword takes its meaning from
    "additionalProperties": ("properties", "patternProperties"), "if": ("then", "else"), "items": ("prefixItems",),
    "unevaluatedProperties": ("properties", "patternProperties", "allOf", "anyOf", "oneOf"),
}  # fmt: skip


@cache
def _validator(keyword: str, of: Same) -> Draft202012Validator:
    """The judge of one keyword; the attributes that are named beside it may hold anything."""
    said = {keyword: of.schema[keyword]}
    for word in _BESIDE.get(keyword, ()):
        if word in of.schema:
            beside = of.schema[word]
            named = word.endswith("roperties") and keyword == "additionalProperties"
            said[word] = (
                dict.fromkeys(beside, True) if named else [True] * len(beside) if word == "prefixItems" else beside
            )
    return JUDGE(said, format_checker=_FORMATS)  # type: ignore[no-any-return]


def _media_types(clause: Clause) -> list[str]:
    types = [clause.schema["const"]] if "const" in clause.schema else clause.schema["enum"]
    return [one.partition(";")[0].strip().lower() for one in types]


def _expected(clause: Clause) -> str:
    if clause.keyword == "type":
        return types_phrase(clause.schema["type"])
    if clause.keyword == "content-type":
        return f"the media type {' or '.join(_media_types(clause))}"
    if clause.keyword == "no-body":
        return "no body"
    if clause.keyword == "required":
        return f"an attribute `{clause.place[-1]}`"
    if clause.keyword == "writeOnly":
        return f"no attribute `{clause.place[-1]}`"
    value = clause.schema[clause.keyword]
    plain = not isinstance(value, Mapping | bool) and clause.keyword not in {"anyOf", "oneOf"}
    return f"{clause.keyword}: {value}" if plain else clause.sentence


def _actual(clause: Clause, value: Any, exchange: Exchange) -> str:
    if clause.keyword == "content-type":
        return f"the media type {exchange.media_type or '(none)'}"
    if value is NOT_JSON:
        return f"a body that is not JSON: {shortened(exchange.shown_answer)}"
    if value is _MISSING:
        return f"{exchange.status} without it: {shortened(exchange.shown_answer)}"
    return f"{shortened(exchange.strike(repr(value)))} in {exchange.status} {shortened(exchange.shown_answer)}"
