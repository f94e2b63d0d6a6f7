"""Observations: what an endpoint does, as shapes and never as values. Never a failure; kept so that drift can be seen.

Those of which the page says nothing are `silent`: they are shown to people. All of them are compared between runs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from contracts.contract import Contract
from contracts.model import ANY_MEMBER, Schema
from contracts.schema import as_path, members_of, schemas_within
from endpoints.exchange import NOT_JSON, Exchange
from suites.inference import Place, maps_of, outline_of, shape_of

HEADERS = re.compile(r"retry-after|connection|transfer-encoding|deprecation|sunset|(x-)?rate-?limit.*", re.IGNORECASE)
MOST_NAMES = 64  # undocumented attributes that are told apart at one place over a run, and answers to one question
_MOST = 3_000  # different things that are told apart over a run
_WORD = re.compile(r"[\w.:-]{1,64}")
_MEDIA_TYPE = re.compile(r"[\w/+.;= \"-]{1,100}")
_MOST_ALIKE = 200  # kinds of exchanges of which it is remembered what they show


@dataclass(frozen=True, order=True, slots=True)
class Observation:
    """One thing that was seen.

    `situation` is how the target was made to answer (empty for ordinary requests) and `status` what it answered;
    `about` says which question `saw` answers, at `place`, a JSONPath or the name of a header.
    """

    situation: str
    status: str
    about: str
    place: str
    saw: str
    silent: bool = True


@dataclass(frozen=True)
class _Documented:
    """What the page says of one place of an answer: its types, whether it has a format, its enum if there is one."""

    types: Any
    formatted: bool
    values: tuple[Any, ...]


@dataclass(frozen=True)
class _Answer:
    """What the page says of the answers of one status: of each place, and which objects are maps (for GenSON)."""

    places: Mapping[Place, _Documented] = field(default_factory=dict)
    maps: Mapping[str, Any] = field(default_factory=dict)


class Observer:
    """Watches the exchanges of one contract and counts what each of them shows.

    Of the exchanges themselves it keeps a few: between them they show everything that was seen.
    """

    def __init__(self, contract: Contract) -> None:
        self._statuses = contract.statuses()
        self._responses = contract.operation.get("responses", {})
        self._said = {status: _said(response) for status, response in self._responses.items()}
        queries = contract.request_schema["properties"]["query"]["properties"].items()
        self._choices = {name: schema["enum"] for name, schema in queries if "enum" in schema}
        self._counts: Counter[Observation] = Counter()
        self._shown: dict[Observation, Exchange] = {}
        self._milliseconds: Counter[float] = Counter()
        self._told_apart: dict[tuple[Any, ...], set[str]] = {}
        self._alike: dict[tuple[Any, ...], set[Observation]] = {}

    @property
    def accepted(self) -> int:
        """How many ordinary requests have been accepted since the last time."""
        statuses = (seen for seen in self._counts if (seen.situation, seen.about) == ("", "status"))
        return sum(self._counts[seen] for seen in statuses if seen.saw.startswith("2"))

    def take(self) -> dict[str, Any]:
        """What was seen since the last time: sorted observations, the exchanges that show them, times in ms.

        Each observation has the number of exchanges that showed it, `times`, and the index of an `example`.
        """
        examples: dict[int, Exchange] = {id(exchange): exchange for exchange in self._shown.values()}
        index = {key: number for number, key in enumerate(examples)}
        rows = [
            {**asdict(seen), "times": times, "example": index.get(id(self._shown.get(seen)))}
            for seen, times in sorted(self._counts.items())
        ]
        latency = {f"{ms:g}": times for ms, times in sorted(self._milliseconds.items())}
        self._counts.clear()
        self._shown.clear()
        self._milliseconds.clear()
        return {"observations": rows, "examples": [e.plain for e in examples.values()], "latency": latency}

    def note(self, about: str, saw: str, place: str = "") -> None:
        """Write down what a test saw."""
        self._counts[Observation("", "", about, place, saw)] += 1

    def see(self, exchange: Exchange) -> None:
        """Write down what an exchange of the contract's operation shows."""
        if exchange.status is None:
            return
        self._milliseconds[_two_digits(exchange.seconds * 1000)] += 1
        seen = self._shown_by(exchange)
        self._counts.update(seen)
        for observation in seen - self._shown.keys():
            self._shown[observation] = exchange

    def _shown_by(self, exchange: Exchange) -> set[Observation]:
        """What an exchange shows; of those that are alike, it is looked for once, since inferring shapes takes long."""
        headers = {_header(*item) for item in exchange.answer_headers.items() if HEADERS.fullmatch(item[0])}
        documented = self._documented(exchange)
        try:
            alike = (
                exchange.situation, exchange.status, exchange.accepted, exchange.held_up > 0, frozenset(headers),
                exchange.answer_headers.get("content-type"), bool(exchange.answer), outline_of(exchange.json),
                tuple(self._values(exchange, documented)), repr([exchange.request.query.get(n) for n in self._choices]),
            )  # fmt: skip
            key: tuple[Any, ...] = (hash(alike),)  # an outline may be larger than the answer
        except RecursionError:
            key = (exchange.situation, exchange.status, hash(exchange.answer))
        if key not in self._alike:
            if len(self._alike) >= _MOST_ALIKE:
                self._alike.clear()
            facts = map(self._bounded, self._seen(exchange))
            self._alike[key] = {replaced for fact in facts for replaced in self._grouped(fact, exchange)}
        return self._alike[key]

    def _bounded(self, fact: Observation) -> Observation:
        """The fact, or what stands for all that an endpoint makes up without end: names of headers, words, places."""
        where = (fact.situation, fact.status)
        if fact.about == "header" and not self._tells_apart((*where, "header"), fact.place):
            fact = replace(fact, place="and more", saw="is sent")
        elif not self._tells_apart((*where, fact.about, fact.place), fact.saw):
            fact = replace(fact, saw="and more")
        key = f"{fact.about} {fact.place} {fact.saw}"
        if not self._tells_apart(where, key, _MOST) and fact.silent:
            fact = replace(fact, about="more", place="", saw=f"more than {_MOST:,} different things")
        return fact

    def _tells_apart(self, group: tuple[Any, ...], name: str, most: int = MOST_NAMES) -> bool:
        """Whether a name is among the first so many of its group, over the whole run."""
        known = self._told_apart.setdefault(group, set())
        if len(known) < most:
            known.add(name)
        return name in known

    def _folded(self, where: tuple[str, str], place: Place, documented: Mapping[Place, Any]) -> Place:
        """A place with `*` for each name beyond the first so many that the page does not have: those are values."""
        folded: Place = ()
        for step in place:
            known = step == ANY_MEMBER or (*folded, step) in documented
            apart = known or self._tells_apart((*where, folded), step)
            folded = (*folded, step if apart else ANY_MEMBER)
        return folded

    def _grouped(self, fact: Observation, exchange: Exchange) -> Iterator[Observation]:
        """The fact, and beside it the same under the choice of a query parameter that decides what is answered.

        Which attributes a choice shows is told to people, since pages rarely say it of each.
        """
        yield fact
        for name, choices in self._choices.items():
            chosen = exchange.request.query.get(name, "not sent")
            if exchange.accepted and not exchange.situation and chosen in {"not sent", *choices}:
                silent = fact.silent or fact.about == "type"
                yield Observation(f"{name} {chosen}", fact.status, fact.about, fact.place, fact.saw, silent)

    def _seen(self, exchange: Exchange) -> Iterator[Observation]:
        situation, status, documented = exchange.situation, str(exchange.status), self._documented(exchange)
        yield Observation(situation, "", "status", "", status, silent=status not in self._statuses)
        if exchange.held_up:
            yield Observation(situation, "", "haste", "", "sent again, as after 429")
        media_type = exchange.answer_headers.get("content-type", "none")
        said = exchange.media_type in self._responses.get(documented, {}).get("content", {})
        came = "no body" if not exchange.answer else media_type if _MEDIA_TYPE.fullmatch(media_type) else "an odd one"
        yield Observation(situation, status, "media type", "", came, silent=not said)
        for name, value in exchange.answer_headers.items():
            if HEADERS.fullmatch(name):
                yield Observation(situation, status, "header", *_header(name, value))
        if exchange.json is not NOT_JSON:
            yield from self._shape(exchange, documented)
        elif exchange.answer:
            yield Observation(situation, status, "type", "$", "text", silent=not documented)

    def _shape(self, exchange: Exchange, documented: str) -> Iterator[Observation]:
        where = (exchange.situation, str(exchange.status))
        answer = self._said.get(documented, _Answer())
        for whole, types, forms in shape_of(exchange.json, answer.maps):
            place = self._folded(where, whole, answer.places)
            path, said = as_path(place), answer.places.get(place)
            yield Observation(*where, "type", path, types, silent=said is None or isinstance(said.types, list))
            for form in forms:
                yield Observation(*where, "form", path, form, silent=said is None or not said.formatted)
        for place, word, known in self._values(exchange, documented):
            yield Observation(*where, "value", as_path(place), word, silent=not known)

    def _documented(self, exchange: Exchange) -> str:
        """The status under which the page describes an answer, or nothing."""
        status = str(exchange.status)
        return status if status in self._statuses else "2XX" if exchange.accepted else ""

    def _values(self, exchange: Exchange, documented: str) -> Iterator[tuple[Place, str, bool]]:
        """The values at the places of which the page names all values, each with whether it names this one."""
        for place, said in self._said.get(documented, _Answer()).places.items():
            for value in _values(exchange.json, place) if said.values else ():
                word = value if isinstance(value, str) and _WORD.fullmatch(value) else "no single word"
                yield place, word, value in said.values


def _said(response: Mapping[str, Any]) -> _Answer:
    said = next(((part or {}).get("schema") for part in response.get("content", {}).values()), None)
    schema: Schema = said if isinstance(said, Mapping) else {}
    return _Answer(dict(_places(schema, ())), maps_of(schema))


def _places(schema: Schema, place: Place, above: frozenset[int] = frozenset()) -> Iterator[tuple[Place, _Documented]]:
    if "type" in schema:
        yield place, _Documented(schema["type"], "format" in schema, tuple(schema.get("enum", ())))
    for step, child in schemas_within(schema) if id(schema) not in above else ():
        yield from _places(child, (*place, step), above | {id(schema)})


def _values(node: Any, place: Place) -> Iterator[Any]:
    """Every value at a place that is no null."""
    if not place:
        yield from () if node is None else (node,)
    elif place[0] == ANY_MEMBER:
        for _, member in members_of(node):
            yield from _values(member, place[1:])
    elif isinstance(node, dict) and place[0] in node:
        yield from _values(node[place[0]], place[1:])


def _header(name: str, value: str) -> tuple[str, str]:
    """A header, with what it says where it has words of its own; limits, dates and times change with every answer."""
    wordy = name.lower() in {"connection", "transfer-encoding"} and _WORD.fullmatch(value)
    return name, value if wordy else "is sent"


def _two_digits(milliseconds: float) -> float:
    """Rounded to two significant digits, so that times can be counted."""
    return float(f"{milliseconds:.2g}")
