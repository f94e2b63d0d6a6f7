"""Places whose values no two records share, `x-unique: true` in a target's schemas: a fresh value each time.

A fresh value keeps what its place is looked at for: its type, its length at an edge, characters beyond the BMP,
blanks at its end. What breaks the place's own schema breaks the same afterwards: a question asks just that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from string import ascii_lowercase, ascii_uppercase, digits
from uuid import uuid4

from hypothesis import Phase, given, seed, settings

from contracts.contract import Contract
from contracts.model import ANY_MEMBER, Json, Schema
from contracts.schema import schemas_within, types_in
from strategies.conforming import LARGEST, conforming_values
from strategies.flat import OF, flattened
from strategies.quiet import QUIETLY
from strategies.request import ABSENT, Request, paths_to, value_at
from strategies.tenant import Tenant, request_schema
from strategies.validity import judge, keeps

Place = tuple[str, ...]
_TOKEN = 12  # hexadecimal digits of a fresh text
_LETTERS, _FEW = ascii_lowercase + digits, 5  # of which so many are fresh enough
_ALPHABETS = (ascii_lowercase, digits, ascii_uppercase, "#$%&*+,-.:", "\u00e8\u00e9\u00ea\u00eb")
_FREE = ("body", "header")  # whose free texts are fresh in each request
_OF_TEXTS = {"pattern", "format", "maxLength"}
_ASTRAL = 0x1F400  # 256 pictures of animals and other things
_IDEOGRAPHS = (0x4E00, 20_000)  # where fewer characters have to be fresh
_DRAWN = 200
_TRIED = 3  # alphabets, of which the first is a character's own
_NAMED = {"enum", "const", "examples"}
_DEEPEST = 3  # steps of a place whose texts are made fresh although nothing says that they have to be
_MOMENTS, _LATE = {"date-time", "date"}, re.compile(r"end|until|due|expir|finish|stop|_to$|out$", re.IGNORECASE)
_LEAP_YEARS = range(2028, 2097, 4)  # every day of which the calendar has


@dataclass(frozen=True)
class Uniques:
    """The unique places of a contract's requests, each with the schema of what it takes.

    Where nothing says that they are, a moment gets the year that `years` gives its place: what has an end ends later
    than it starts, in whatever requests the two are sent.
    """

    places: Mapping[Place, Schema]
    years: Mapping[Place, int] = field(default_factory=dict)

    @classmethod
    def of(cls, contract: Contract, tenant: Tenant | None, also: tuple[Place, ...] = ()) -> Uniques:
        """Those that the tenant names, and `also` others of the body, as far as their schemas are known."""
        schema = request_schema(contract, tenant)
        known = {place: schema_at(schema, place) for place in also}
        return cls({**dict(_named(schema, ())), **{place: found for place, found in known.items() if found}})

    @classmethod
    def everywhere(cls, contract: Contract, tenant: Tenant, also: tuple[Place, ...] = ()) -> Uniques:
        """Beside those, every place of a free text in the body and headers that an OpenAPI file describes.

        Files don't say what has to be unique, such as a name, or the key of a request.
        """
        parts = request_schema(contract, tenant)["properties"] if contract.file else {}
        places = {place: found for part in _FREE for place, found in _texts(parts.get(part), (part,))}
        moments = [place for place, schema in places.items() if schema.get("format") in _MOMENTS]
        in_order = sorted(moments, key=lambda place: _LATE.search(place[-1]) is not None)
        years = [*_LEAP_YEARS, *(_LEAP_YEARS[-1] for _ in in_order)]
        said = cls.of(contract, tenant, also).places
        given = {place: year for place, year in zip(in_order, years, strict=False) if place not in said}
        return cls({**places, **said}, given)

    def renewed(self, request: Request) -> Request:
        """The request with a fresh value at every unique place that holds a value of the right kind."""
        for place, schema in self.places.items():
            for path in paths_to(request.parts, place):
                value = value_at(request.parts, path)
                if value is not ABSENT and keeps(schema, value):
                    fresh = fresh_value(schema, value)
                    if place in self.years and isinstance(fresh, str):
                        fresh = f"{self.years[place]}{fresh[4:]}"
                    request = request.replaced(path, fresh, request.breaks)
                elif isinstance(value, str):
                    request = request.replaced(path, _fresh_break(schema, value), request.breaks)
        return request


def schema_at(schema: Schema, place: Place) -> Schema | None:
    """The schema of a named place below `schema`; None where only any name, or nothing, is said of it."""
    for step in place:
        child = schema.get("items") if step == ANY_MEMBER else schema.get("properties", {}).get(step)
        if not isinstance(child, Mapping):
            return None
        schema = child
    return schema


def fresh_value(schema: Schema, value: Json) -> Json:
    """A value like this one, valid under `schema` if this one is, that was most likely never sent before."""
    if value is None or isinstance(value, bool) or "const" in schema:
        return value
    if "enum" in schema:
        return schema["enum"][uuid4().int % len(schema["enum"])]
    if isinstance(value, str):
        of_pattern = _fresh_match if "pattern" in schema else _fresh_text
        return _drawn(schema) if "format" in schema else of_pattern(schema, value)
    if isinstance(value, int | float):
        return _fresh_number(schema)
    if isinstance(value, list):
        return [fresh_value(schema.get("items", {}), member) for member in value]
    named = schema.get("properties", {})
    return {name: fresh_value(named.get(name, {}), member) for name, member in value.items()}


def _fresh_text(schema: Schema, value: str) -> str:
    """The text with a token in it, before the blanks at its end; at an edge, in place of as many of its characters.

    Near an edge too: there, an endpoint that counts bytes would refuse the longer one for its length.
    """
    shortest, longest = schema.get("minLength", 1), schema.get("maxLength")
    kept = value.rstrip()
    longer = f"{kept} {uuid4().hex[:_TOKEN]}{value[len(kept) :]}"
    if len(value) not in {shortest, longest} and (longest is None or len(longer.encode()) <= longest):
        return longer
    token = _token(min(len(value), _TOKEN), astral=value[-1:] > "\uffff")
    return value[: len(value) - len(token)] + token


def _fresh_match(schema: Schema, value: str) -> str:
    """The text with a token behind it, if its pattern takes that; else, and at an edge, with other characters in it."""
    value = value if keeps(schema, value) else _drawn(schema)
    room = min(_TOKEN, schema.get("maxLength", _TOKEN + len(value)) - len(value))
    at_edge = len(value) in {schema.get("minLength"), schema.get("maxLength")}
    for one in () if at_edge else _ALPHABETS:
        if keeps(schema, longer := value + _of(one, room)):
            return longer
    fresh = value
    for at in range(len(value))[-2 * _TOKEN :]:
        own = sorted(_ALPHABETS, key=lambda one: value[at] not in one)
        others = (f"{fresh[:at]}{_of(one, 1)}{fresh[at + 1 :]}" for one in own[:_TRIED])
        fresh = next((one for one in others if keeps(schema, one)), fresh)
    changed = sum(one != other for one, other in zip(fresh, value, strict=True))
    return fresh if at_edge or changed >= _FEW else _drawn(schema)


def _fresh_break(schema: Schema, value: str) -> str:
    """A text that breaks the same as this one, and was most likely never sent before; else the text as it is."""
    bare, wrong = value.strip(), _broken(schema, value)
    if bare and bare != value and keeps(schema, bare):
        before, _, behind = value.partition(bare)
        others = [before + str(fresh_value(schema, bare)) + behind]
    elif len(value) > max(schema.get("maxLength", len(value)), _TOKEN):
        others = [value[:-_TOKEN] + uuid4().hex[:_TOKEN]]
    else:
        others = [value + _of(one, _TOKEN) for one in _ALPHABETS]
    return next((one for one in others if wrong <= _OF_TEXTS and _broken(schema, one) == wrong), value)


def _broken(schema: Schema, value: str) -> set[str]:
    return {str(error.validator) for error in judge(schema).iter_errors(value)}


def _token(length: int, *, astral: bool) -> str:
    number = uuid4().int
    if astral:
        return "".join(chr(_ASTRAL + (number >> 8 * n) % 256) for n in range(length))
    if length >= _TOKEN:
        return uuid4().hex[:length]
    if length >= _FEW:  # as many bytes as characters, since some endpoints count these
        return "".join(_LETTERS[(number >> 8 * n) % len(_LETTERS)] for n in range(length))
    first, many = _IDEOGRAPHS
    return "".join(chr(first + (number >> 16 * n) % many) for n in range(length))


def _fresh_number(schema: Schema) -> int:
    low = int(max(schema.get("minimum", 0), schema.get("exclusiveMinimum", -1) + 1))
    high = int(min(schema.get("maximum", LARGEST), schema.get("exclusiveMaximum", LARGEST + 1) - 1))
    return low + uuid4().int % max(high - low + 1, 1)


def _drawn(schema: Schema) -> str:
    pool, given = _pool(json.dumps(dict(schema), sort_keys=True))
    if not pool:
        drawn = _many(schema)
        pool += [value for value in drawn if value not in given] or drawn
    value = pool.pop()
    given.add(value)
    return value


def _of(alphabet: str, length: int) -> str:
    return "".join(alphabet[n % len(alphabet)] for n in uuid4().bytes[: max(length, 0)])


@cache
def _pool(_: str) -> tuple[list[str], set[str]]:
    """Values of one schema that were drawn and not sent, since drawing many costs as much as one; those that were."""
    return [], set()


def _many(schema: Schema) -> list[str]:
    drawn: list[str] = []

    @seed(uuid4().int)
    @settings(QUIETLY, max_examples=_DRAWN, phases=[Phase.generate], derandomize=False)
    @given(conforming_values({**schema, "type": "string"}))
    def draw(value: str) -> None:
        drawn.append(value)

    draw()
    return list(dict.fromkeys(drawn))  # the simplest first, which is the last to be taken


def _texts(schema: Json, place: Place) -> Iterator[tuple[Place, Schema]]:
    """Free texts, with what all ways to keep a schema say of them alike; where two differ, none is made fresh."""
    if not isinstance(schema, Mapping) or len(place) > _DEEPEST:
        return
    ways = flattened(schema) if schema.keys() & {"allOf", "anyOf", "oneOf"} else [schema]
    if (
        ways
        and all("string" in types_in(way.get("type")) for way in ways)
        and not any(way.keys() & _NAMED for way in ways)
    ):
        plain = [{keyword: said for keyword, said in way.items() if keyword != OF} for way in ways]
        yield from [(place, plain[0])] if all(one == plain[0] for one in plain) else []
    for name in dict.fromkeys(name for way in ways for name in way.get("properties", {})):
        named = [way["properties"][name] for way in ways if name in way.get("properties", {})]
        found = [dict(_texts(child, (*place, name))) for child in named]
        yield from (item for item in found[0].items() if all(item in one.items() for one in found))


def _named(schema: Schema, place: Place, above: frozenset[int] = frozenset()) -> Iterator[tuple[Place, Schema]]:
    if id(schema) in above:  # a recursive schema, whose places have all been named further up
        return
    above |= {id(schema)}
    if schema.get("x-unique"):
        yield place, schema
        return
    for step, child in schemas_within(schema):
        yield from _named(child, (*place, step), above)
