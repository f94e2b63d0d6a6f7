"""Requests that break one clause and nothing else: one function a JSON Schema keyword.

Each function takes the schema and the value that keeps it, and returns variants: strategies whose every value breaks
that keyword alone. The simplest value of the first variant lies nearest to the edge, so one example already asks the
sharpest question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from hypothesis import strategies as st

from contracts.contract import Contract
from contracts.model import Clause, Json, Kind, Schema, Side
from strategies.conforming import ALPHABET, LARGEST, SMALLEST, is_of_type, types_of
from strategies.errors import StrategyError
from strategies.request import ABSENT, Path, Request, of_length, paths_to, value_at

Variants = list[st.SearchStrategy[Any]]
_FAR = 5  # how many times beyond a bound counts as far from it


def breaking_variants(
    contract: Contract, clause: Clause, *, bases: Sequence[Request]
) -> list[tuple[Request, st.SearchStrategy[Request]]]:
    """The ways of breaking `clause`: strategies of requests that break it alone, each with its twin.

    The twin is one of `bases`, conforming requests, and keeps the clause; what is drawn differs from it in one value.
    Raises StrategyError when the clause has no refusing side, or when no base has the place that it speaks of.
    """
    if clause.contract != contract.name or clause.kind is not Kind.REQUEST or Side.REFUSES not in clause.sides:
        raise StrategyError(f"{clause.id} is no clause of {contract.name} that a request can break")
    twin, paths = _best_base(clause, bases)
    return [
        (twin, values.map(partial(twin.replaced, path, breaks=clause.id)))
        for path in paths
        for values in _BY_KEYWORD[clause.keyword](clause.schema, value_at(twin.parts, path))
    ]


def _best_base(clause: Clause, bases: Sequence[Request]) -> tuple[Request, list[Path]]:
    """The first base that has the clause's place more than once, else once; of its paths the last and the first.

    So an endpoint that looks at the first or the last member only does not get away with it.
    """
    found: list[tuple[int, Request, list[Path]]] = []
    for base in bases:
        if clause.keyword == "content-type":
            return base, [clause.place]
        paths = [p for p in paths_to(base.parts, clause.place) if value_at(base.parts, p) is not ABSENT]
        paths = [p for p in paths if _keeps_type(clause, value_at(base.parts, p))]
        if paths:
            found.append((min(len(paths), 2), base, [paths[-1], *paths[:1]] if len(paths) > 1 else paths))
    if not found:
        raise StrategyError(f"{clause.id}: no conforming request has anything at {'/'.join(clause.place)}")
    _, base, path = max(found, key=lambda entry: entry[0])
    return base, path


def _keeps_type(clause: Clause, value: Json) -> bool:
    """A place is generic, so what stands there may be another thing; and bounds of lists are broken on a list."""
    own_type = any(is_of_type(value, name) for name in types_of(clause.schema)) if "type" in clause.schema else True
    return own_type and (not clause.keyword.endswith("Items") or isinstance(value, list))


def _type(schema: Schema, kept: Json) -> Variants:
    allowed = types_of(schema)
    wrong: dict[str, st.SearchStrategy[Any]] = {
        "string": st.sampled_from([_as_text(kept), "7", "true", "null", "{}"]),
        "number": st.sampled_from([7, 0, -1, 1.5]),
        "boolean": st.sampled_from([True, False]),
        "array": st.sampled_from([[], [kept]]),
        "object": st.sampled_from([{}, {"value": 1}]),
        "null": st.none(),
    }
    if "integer" in allowed:
        wrong["number"] = st.sampled_from([1.5, -0.5])
    return [values for name, values in wrong.items() if name not in allowed]


def _as_text(value: Json) -> str:
    return str(value) if is_of_type(value, "number") else "Clausewise"


def _required(_: Schema, __: Json) -> Variants:
    return [st.just(ABSENT)]


def _enum(schema: Schema, _: Json) -> Variants:
    values = schema["enum"]
    near = [*(v + "x" for v in values), *(v[:-1] for v in values), *(v.upper() for v in values), "clausewise"]
    return [st.sampled_from([v for v in dict.fromkeys(near) if v not in values])]


def _min_length(schema: Schema, _: Json) -> Variants:
    shortest = schema["minLength"] - 1
    nearest = st.text(ALPHABET, min_size=shortest, max_size=shortest)
    return [nearest, st.text(ALPHABET, max_size=shortest - 1)] if shortest else [nearest]


def _max_length(schema: Schema, _: Json) -> Variants:
    longest = schema["maxLength"]
    ascii_letters = st.sampled_from("aZ7")
    return [
        ascii_letters.map(lambda c: c * (longest + 1)),
        ALPHABET.map(lambda c: c * (longest + 1)),
        st.integers(longest + 2, longest * _FAR).map(lambda n: "a" * n),
    ]


def _minimum(schema: Schema, _: Json) -> Variants:
    bound = schema["minimum"]
    return [st.sampled_from([bound - 1, bound - SMALLEST]), st.integers(-LARGEST, int(bound) - 1)]


def _maximum(schema: Schema, _: Json) -> Variants:
    bound = schema["maximum"]
    return [st.sampled_from([bound + 1, bound + SMALLEST]), st.integers(int(bound) + 1, LARGEST)]


def _exclusive_minimum(schema: Schema, kept: Json) -> Variants:
    bound = schema["exclusiveMinimum"]
    return [st.just(bound), *_minimum({"minimum": bound}, kept)]


def _exclusive_maximum(schema: Schema, kept: Json) -> Variants:
    bound = schema["exclusiveMaximum"]
    return [st.just(bound), *_maximum({"maximum": bound}, kept)]


def _min_items(schema: Schema, kept: Json) -> Variants:
    return [st.just(kept[: schema["minItems"] - 1])]


def _max_items(schema: Schema, kept: Json) -> Variants:
    longest, lengthened = schema["maxItems"], partial(of_length, kept)
    return [st.just(lengthened(longest + 1)), st.integers(longest + 2, longest * 2).map(lengthened)]


def _content_type(_: Schema, __: Json) -> Variants:
    return [st.sampled_from(["text/plain", "application/xml"])]


_BY_KEYWORD: Mapping[str, Callable[[Schema, Json], Variants]] = {
    "type": _type,
    "required": _required,
    "enum": _enum,
    "minLength": _min_length,
    "maxLength": _max_length,
    "minimum": _minimum,
    "maximum": _maximum,
    "exclusiveMinimum": _exclusive_minimum,
    "exclusiveMaximum": _exclusive_maximum,
    "minItems": _min_items,
    "maxItems": _max_items,
    "content-type": _content_type,
}
