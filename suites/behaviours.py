"""A behaviour at work: its parameters filled in by the target, the requests that they make, what answers show of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from contracts.behaviours import FRESH, NAME
from contracts.model import ANY_MEMBER, Clause, Json, Level, Schema
from contracts.schema import as_path, is_of_types
from endpoints.endpoint import USUAL, Situation
from endpoints.exchange import Exchange, found_at
from endpoints.outside import GONE
from strategies import ABSENT, Request
from strategies.edges import plain_value
from strategies.errors import StrategyError
from strategies.request import paths_to, value_at
from strategies.tenant import request_schema
from strategies.unique import Place, fresh_value, schema_at
from suites.asking import Ask
from suites.bench import merged
from suites.facts import UnsaidError, facts_of, filled, filled_path, place_in_body
from suites.sameness import Likeness, closest

MOST_READ = 10  # records of one request that are read back
_STEP = re.compile(r"\.(\w+)|\['((?:[^'\\]|\\.)*)'\]|\[(\*)\]")


class Behaviour:
    """One behaviour clause being asked; raises what ends the test when the target does not say what it needs."""

    def __init__(self, ask: Ask, clause: Clause | None = None, situation: Situation | None = None) -> None:
        self.ask, self.clause = ask, clause or ask.clause
        self.parameters: Schema = self.clause.schema
        needs = ask.situation() if self.clause is ask.clause and self.clause.needs else None
        self.situation = situation or needs or USUAL
        self._fresh: dict[str, Json] = {}

    # Parameters.

    def said(self, name: str) -> Json:
        """What a name in braces stands for; `fresh` stands for the same text throughout one question."""
        if name in self._fresh:
            return self._fresh[name]
        try:
            value = facts_of(self.ask.session.endpoint, self.situation)(name)
        except UnsaidError:
            self.ask.unexercised(f"needs `fields.{name}` in the situation `{self.clause.needs}` of the target")
        if name == FRESH:
            self._fresh[name] = value
        return value

    def refresh(self) -> None:
        """From now on `fresh` stands for another text."""
        self._fresh.clear()

    def place(self, parameter: str = "request") -> Place:
        """A parameter that is a place in the body."""
        return place_in_body(self.parameters[parameter], self.said)

    def places(self, parameter: str) -> dict[Place, Json]:
        """A parameter that maps places to values, or lists places, filled in."""
        given = self.parameters.get(parameter, {})
        templates = given if isinstance(given, dict) else dict.fromkeys(given, ABSENT)
        return {
            place_in_body(place, self.said): value if value is ABSENT else self.value(place, value)
            for place, value in templates.items()
        }

    def path(self, parameter: str) -> str:
        """A parameter that is a JSONPath."""
        return filled_path(self.parameters[parameter], self.said)

    def value(self, place: str, template: Json) -> Json:
        """What is sent at a place: what the target's situation says, else what its fields take, else the template."""
        of_target = [name for name in NAME.findall(str(template)) if name != FRESH]
        schema = None if of_target else self.told(place_in_body(place, self.said))
        if schema is None:
            return filled(template, self.said)
        try:
            return plain_value(self.ask.bench.contract, schema)
        except StrategyError:
            return filled(template, self.said)

    def exactly(self, parameter: str) -> Json:
        """A parameter that is a value, filled in, whatever the target's fields take."""
        return filled(self.parameters[parameter], self.said)

    def told(self, place: Place) -> Schema | None:
        """What the target's own fields say of a place of the body; None when they do not speak of it."""
        tenant = self.ask.bench.tenant
        ours = {("body", *key.split("/")) for key in tenant.schemas}
        if not any(place[: len(own)] == own for own in ours):
            return None
        return schema_at(request_schema(self.ask.bench.contract, tenant), place)

    # Requests.

    @property
    def inside(self) -> Place:
        """The place of each record in a body that has several."""
        return ("body", self.ask.bench.contract.created_each, ANY_MEMBER)

    @property
    def elsewhere(self) -> bool:
        """Whether its situation leads to another thing, of whose other fields the target says nothing."""
        own = {**self.ask.session.endpoint.path, **self.situation.path} != dict(self.ask.session.endpoint.path)
        return own or bool(self.situation.body)

    def prepared(self) -> Request:
        """An accepted request of the sample with what the parameters put into it: elsewhere the barest there is."""
        bench = self.ask.bench
        request = merged(bench.barest if self.elsewhere else bench.plain, self.situation)
        return changed(request, {**self.places("drop"), **self.places("put")})

    def single(self) -> Request:
        """The prepared request with its first record alone, so that it is plain which one is read back."""
        request, each = self.prepared(), self.ask.bench.contract.created_each
        records = value_at(request.body, (each,)) if each else ABSENT
        return request.placed(("body", each), records[:1]) if isinstance(records, list) else request

    def shown(self, request: Request, values: Mapping[Place, Json]) -> Exchange | None:
        """What of the sample shows the same already: it was accepted with just these values, or without them."""
        for exchange in self.ask.bench.accepted:
            own = exchange.request
            if all(own.placed(place, value) == own for place, value in values.items()) and own.query == request.query:
                return exchange
        return None

    def send(self, request: Request, situation: Situation | None = None, **how: Any) -> Exchange:
        """Send a request that is as it should be, in the clause's situation or in another."""
        situation = self.situation if situation is None else situation
        exchange = self.ask.bench.create(request, situation=situation, **how)
        self.ask.let_in(exchange, situation)
        return exchange

    def must_accept(self, exchange: Exchange) -> None:
        """The page says that such a request is taken: end with a break when it was refused."""
        if exchange.accepted:
            return
        self.check_repeats(exchange)
        self.ask.accepts(exchange, self.ask.bench.control)

    def shared(self, request: Request) -> Exchange:
        """Send a request in this situation; what several questions send alike is sent once."""
        key = ("shared", self.situation.name, request.content)
        return self.ask.bench.once(key, lambda: self.send(request))

    def control(self, request: Request, situation: Situation | None = None) -> Exchange:
        """Send a request that serves as control, and end undetermined when it was refused."""
        exchange = self.shared(request) if situation is None else self.send(request, situation)
        if not exchange.accepted:
            self.check_repeats(exchange)
            self.ask.undetermined(f"the control was not accepted: {exchange.outcome}", exchange)
        return exchange

    def check_repeats(self, refused: Exchange) -> None:
        """End when the plain request itself is refused as soon as it comes again: some value of it must be unique."""
        control = self.ask.bench.control
        if not refused.refused or control.again is None:
            return
        again = self.ask.bench.once("the control again", control.again)
        if again.refused:
            self.ask.unexercised(
                f"the plain request is refused when it is sent again ({again.outcome}); "
                "needs `x-unique = true` in the target, beside the field whose values are unique"
            )

    # What is shown.

    def sent(self, exchange: Exchange) -> list[Json]:
        """The values of `request` in a request: at each path, or the one path parameter."""
        template = self.parameters["request"]
        name = NAME.fullmatch(template)
        if name and name[1] in self.ask.session.endpoint.path:
            return [self.ask.session.endpoint.path[name[1]]]
        parts = exchange.request.parts
        found = [value_at(parts, path) for path in paths_to(parts, self.place())]
        return [value for value in found if value is not ABSENT]

    def found(self, exchange: Exchange) -> list[Json]:
        """The values at `answer`, as far as they are of their documented types, or at `stored` in what is read back."""
        if "answer" in self.parameters:
            return list(self.answered(exchange, self.path("answer")))
        path = self.path("stored")
        return [value for record in self.records(exchange) for value in found_at(path, record)]

    def answered(self, exchange: Exchange, path: str) -> Iterator[Json]:
        """The values at a JSONPath of an answer; one of another than its documented type is another clause's matter."""
        types = [clause.schema["type"] for clause in self._documented(path)]
        for value in found_at(path, exchange.json):
            if all(is_of_types(value, allowed) for allowed in types):
                yield value

    def records(self, exchange: Exchange) -> list[Json]:
        """The records that a request created, as they were read back."""
        return [record for _, record in self._read_back(exchange)]

    def evidence(self, exchange: Exchange) -> list[Exchange]:
        """What shows the behaviour: the exchange, and how its records were read back where that is looked at."""
        reads = [] if "answer" in self.parameters else self._read_back(exchange)
        return [exchange, *(read for read, _ in reads)]

    def _read_back(self, exchange: Exchange) -> list[tuple[Exchange, Json]]:
        """The records that a request created, read once, as the usual user and where it created them."""
        there = self.ask.session.endpoint.situations.get(exchange.situation, USUAL)
        where = replace(there, credentials=None)
        # The exchange is kept beside its records: only as long as it lives is its id its own.
        return self.ask.bench.once(("stored", id(exchange)), lambda: (exchange, self.ask.stored(exchange, where)))[1]

    def check_readable(self, exchange: Exchange, path: str) -> None:
        """End undetermined unless the answer has what the page says of all that leads to a JSONPath."""
        place = place_of(path)
        for clause in self.ask.bench.contract.clauses.values():
            leads = clause.keyword == "type" and clause.status.startswith("2") and len(clause.place) < len(place)
            leads = leads and clause.kind == "response" and clause.place == place[: len(clause.place)]
            where = as_path(clause.place)
            if leads and not list(self.answered(exchange, where)):
                self.ask.undetermined(f"the answer has no such {where} as another clause wants", exchange)

    def comparable(self, sent: Json) -> bool:
        """Whether an answer may hold the value as it was sent: its documented types may leave no room for it."""
        allowed = [clause.schema["type"] for clause in self._documented(self.parameters.get("answer", ""))]
        return all(is_of_types(sent, types) for types in allowed)

    def _documented(self, path: str) -> list[Clause]:
        """The clauses that say of which type the answer is at a JSONPath."""
        place = place_of(path)
        clauses = self.ask.bench.contract.clauses.values()
        typed = (c for c in clauses if c.kind == "response" and c.keyword == "type" and c.status.startswith("2"))
        return [clause for clause in typed if path and clause.place == place]

    def differs(self, like: Likeness) -> bool:
        """Whether the likeness breaks the clause; what does not is noted when it is not unchanged."""
        if like is Likeness.OTHER or (like is not Likeness.UNCHANGED and self.parameters.get("unchanged")):
            return True
        if like is Likeness.RESPELLED and self.clause.level is Level.IMPLIED:
            return True
        if like is not Likeness.UNCHANGED:
            self.ask.bench.observer.note("what was sent is found", str(like), self.parameters.get("request", ""))
        return False

    @cached_property
    def echoes(self) -> list[Behaviour]:
        """What the contract says is found again in a record that is read back."""
        clauses = self.ask.bench.contract.clauses.values()
        echoing = (
            c for c in clauses if c.behaviour == "echo" and "stored" in c.schema and c.schema["request"][0] != "{"
        )
        return [Behaviour(self.ask, clause, self.situation) for clause in echoing]

    def check_identity(self, exchange: Exchange, besides: Place | None = None) -> None:
        """End undetermined unless what is read back holds something of what was sent, `besides` left out of account.

        Only so does what it lacks say anything: a record that is lost, or another's, lacks everything.
        """
        request = exchange.request.placed(besides, ABSENT) if besides else exchange.request
        seen = []
        records = self.records(exchange)
        for echo in self.echoes:
            values = [value_at(request.parts, path) for path in paths_to(request.parts, echo.place())]
            found = [value for record in records for value in found_at(echo.path("stored"), record)]
            seen += [closest(found, value) for value in values if value is not ABSENT]
        if seen and all(like is Likeness.OTHER for like in seen):
            self.ask.undetermined("what is read back is not what was sent, which another clause judges", exchange)

    def fresh(self) -> tuple[Json, bool]:
        """A fresh value for the place of `request`, and whether the page or the target says that it takes such ones."""
        self.refresh()
        place = self.place()
        schema = self.told(place)
        if schema is not None:
            return fresh_value(schema, plain_value(self.ask.bench.contract, schema)), True
        return self.exactly("value"), bool(self.ask.bench.contract.at(place))


def place_of(path: str) -> Place:
    """The place in an answer that a simple JSONPath points to."""
    return tuple(name or quoted or ANY_MEMBER for name, quoted, _ in _STEP.findall(path))


def changed(request: Request, values: Mapping[Place, Json]) -> Request:
    """The request with these values at these places."""
    for place, value in values.items():
        request = request.placed(place, value)
    return request


def found_again(ask: Ask, within: Situation = USUAL) -> list[tuple[Exchange, Exchange]]:
    """Requests that were accepted, each with how its record is read; one that is not found, as others are, is broken.

    They stand `within` things, if any. The question ends undetermined where reading says nothing.
    """
    there: list[tuple[Exchange, Exchange]] = []
    lost: list[tuple[Exchange, Exchange]] = []
    exchanges = ask.bench.accepted[:MOST_READ]
    for exchange in exchanges:
        for identifier in ask.session.ids(exchange)[:1]:
            answer = ask.session.read(exchange, identifier, situation=within)
            if ask.session.record(answer) is not ABSENT:
                there.append((exchange, answer))
            elif answer.status in GONE:
                lost.append((exchange, answer))
            else:
                ask.undetermined(f"what reading is answered says nothing of it: {answer.outcome}", exchange, answer)
    if not there:
        seen = f"no record can be read: {lost[0][1].outcome}" if lost else "no id was found in the answer"
        ask.undetermined(seen, *(lost[0] if lost else exchanges[:1]))
    if lost:
        ask.holds(False, expected="the record", actual=lost[0][1].outcome, exchanges=[*lost[0], there[0][1]])
    return there
