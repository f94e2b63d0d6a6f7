"""Requests that break one clause and nothing else: one function a JSON Schema keyword.

Each function takes the schema and the value that keeps it, and returns variants: strategies whose every value breaks
that keyword alone. The simplest value of the first variant lies nearest to the edge, so one example already asks the
sharpest question.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import combinations
from typing import Any

from hypothesis import strategies as st

from contracts.contract import Contract
from contracts.model import Clause, Json, Kind, Schema, Side
from contracts.operations import is_json
from contracts.patterns import matches
from strategies.conforming import (
    ALPHABET,
    LARGEST,
    SMALLEST,
    conforming_values,
    is_of_type,
    is_possible,
    simplest_of,
    types_of,
)
from strategies.edges import is_plain
from strategies.errors import StrategyError
from strategies.flat import flattened
from strategies.request import ABSENT, Path, Request, distinct, of_length, paths_to, value_at
from strategies.scalars import as_long
from strategies.validity import Quiet, breaks_alone, keeps
from strategies.wire import is_writable

Variants = list[st.SearchStrategy[Any]]
_TRIED = 4  # bases that are tried, of those that have the place
_MOST = 1_000_000  # characters or members beyond which no request is made, since it would take all memory
_FAR = 5  # how many times beyond a bound counts as far from it


def breaking_variants(
    contract: Contract, clause: Clause, *, bases: Sequence[Request]
) -> list[tuple[Request, st.SearchStrategy[Request]]]:
    """The ways of breaking `clause`: strategies of requests that break it alone, each with its twin.

    The twin is one of `bases`, conforming requests, and keeps the clause; what is drawn differs from it in one value.
    Raises StrategyError when the clause has no refusing side, when no base has the place that it speaks of, or when
    nothing breaks it alone.
    """
    if clause.contract != contract.name or clause.kind is not Kind.REQUEST or Side.REFUSES not in clause.sides:
        raise StrategyError(f"{clause.id} is no clause of {contract.name} that a request can break")
    tried = _bases(clause, bases)
    if not tried:
        raise StrategyError(f"no accepted request of the sample has `{'.'.join(clause.place[1:])}` to break")
    text = clause.place[0] != "body" or not is_json(contract.media_type)
    if is_plain(contract):
        return _variants(clause, *tried[0], text=text)
    for twin, paths in tried[:_TRIED]:
        variants = _variants(clause, twin, paths, lambda path: Quiet(_is_right, contract, clause, path), text=text)
        possible = [(base, values) for base, values in variants if is_possible(values)]
        if possible:
            return possible
    raise StrategyError("it cannot be broken alone: whatever breaks it breaks something else, or is taken")


def _variants(
    clause: Clause,
    twin: Request,
    paths: list[Path],
    judged: Callable[[Path], Callable[[Request], bool]] | None = None,
    *,
    text: bool,
) -> list[tuple[Request, st.SearchStrategy[Request]]]:
    schema = {**clause.schema, "x-text": True} if text else clause.schema  # as text, a number in quotes is none
    made = [
        (path, values.map(Quiet(_replaced, twin, path, clause.id)))
        for path in paths
        for values in _BY_KEYWORD[clause.keyword](schema, value_at(twin.parts, path))
    ]
    return [(twin, values.filter(judged(path)) if judged else values) for path, values in made]


def _replaced(twin: Request, path: Path, breaks: str, value: Json) -> Request:
    return twin.replaced(path, value, breaks)


def _is_right(contract: Contract, clause: Clause, path: Path, request: Request) -> bool:
    """Whether a request breaks the clause alone, and can be sent as one that does."""
    if clause.keyword == "content-type":
        return request.headers["Content-Type"] not in clause.schema["enum"]
    part, value = clause.place[0], value_at(request.parts, path)
    in_form = part == "body" and not is_json(contract.media_type)
    if (part != "body" or in_form) and len(path) > 1 and not is_writable(contract, path, value):
        return False
    own = clause.keyword == "required" or not keeps(clause.schema, value)
    return own and breaks_alone(contract, clause, request.parts)


def _bases(clause: Clause, bases: Sequence[Request]) -> list[tuple[Request, list[Path]]]:
    """Each base that has the clause's place, those that have it more than once first; its last path and its first.

    So an endpoint that looks at the first or the last member only does not get away with it.
    """
    found: list[tuple[int, Request, list[Path]]] = []
    for base in bases:
        if clause.keyword == "content-type":
            if base.body is not ABSENT:
                return [(base, [clause.place])]
            continue
        paths = [p for p in paths_to(base.parts, clause.place) if value_at(base.parts, p) is not ABSENT]
        paths = [p for p in paths if _keeps_type(clause, value_at(base.parts, p))]
        if paths:
            found.append((min(len(paths), 2), base, [paths[-1], *paths[:1]] if len(paths) > 1 else paths))
    return [(base, paths) for _, base, paths in sorted(found, key=lambda entry: -entry[0])]


def _keeps_type(clause: Clause, value: Json) -> bool:
    """A place is generic, so what stands there may be another thing; and bounds of lists are broken on a list."""
    own_type = any(is_of_type(value, name) for name in types_of(clause.schema)) if "type" in clause.schema else True
    about = next((kind for kind, words in _SPEAK_OF.items() if clause.keyword in words), "")
    return own_type and (not about or is_of_type(value, about))


_SPEAK_OF = {  # the type of which a keyword speaks
    "array": {"minItems", "maxItems", "uniqueItems", "contains", "items"},
    "string": {"minLength", "maxLength", "pattern", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "object": {"minProperties", "maxProperties", "additionalProperties", "unevaluatedProperties", "propertyNames",
               "patternProperties", "dependentRequired"},
}  # fmt: skip


def _type(schema: Schema, kept: Json) -> Variants:
    allowed = types_of(schema)
    if "x-text" in schema:
        texts = ["clausewise", *(["1.5"] if "integer" in allowed else []), *(["2"] if allowed == ["boolean"] else [])]
        return [st.sampled_from(texts)]
    wrong: dict[str, st.SearchStrategy[Any]] = {
        "string": st.sampled_from([_as_text(kept), "7", "true", "null", "{}"]),
        "number": st.sampled_from([7, 0, -1, 1.5]),
        "boolean": st.sampled_from([True, False]),
        "array": st.sampled_from([[kept], []]),
        "object": st.sampled_from([{}, {"value": 1}]),
        "null": st.none(),
    }
    if "integer" in allowed:
        wrong["number"] = st.sampled_from([1.5, -0.5])
    one = kept[0] if isinstance(kept, list) and kept else ABSENT  # where a list is wanted, a member of it alone
    return [
        st.just(one) | values if is_of_type(one, name) else values
        for name, values in wrong.items()
        if name not in allowed
    ]


def _as_text(value: Json) -> str:
    return str(value) if is_of_type(value, "number") else "Clausewise"


def _required(_: Schema, __: Json) -> Variants:
    return [st.just(ABSENT)]


def _enum(schema: Schema, _: Json) -> Variants:
    values = schema["enum"]
    texts = [v for v in values if isinstance(v, str)]
    near = [*(v + "x" for v in texts), *(v[:-1] for v in texts), *(v.upper() for v in texts), "clausewise"]
    numbers = [v for v in values if is_of_type(v, "number")]
    near = [*(max(numbers) + n for n in (1, 1000)), min(numbers) - 1] if numbers else near
    return [st.sampled_from([v for v in dict.fromkeys(near) if v not in values])]


def _const(schema: Schema, kept: Json) -> Variants:
    value = schema["const"]
    if isinstance(value, str) or is_of_type(value, "number"):
        return _enum({"enum": [value]}, kept)
    return [st.just(not value if isinstance(value, bool) else "clausewise")]


def _pattern(schema: Schema, kept: Json) -> Variants:
    near = [
        f"{kept} ",
        f" {kept}",
        kept[:-1],
        kept + kept,
        kept.swapcase(),
        "clausewise",
        "0",
        "!",
        "\u00e9" * max(len(kept), 1),
    ]
    return [st.sampled_from([text for text in dict.fromkeys(near) if not matches(schema["pattern"], text)] or ["!"])]


def _format(schema: Schema, kept: Json) -> Variants:
    near = ["clausewise!", f"{kept}\u00e9 ", kept[:-1], "-", "["]
    return [st.sampled_from([text for text in near if not keeps({"format": schema["format"]}, text)] or ["\u00e9 "])]


def _multiple_of(schema: Schema, kept: Json) -> Variants:
    step = schema["multipleOf"]
    whole = isinstance(step, int) and "integer" in types_of({"type": "number", **schema})
    return [st.sampled_from([kept + 1, kept - 1] if whole else [kept + step / 2, kept - step / 2, kept + step / 10])]


def _unique_items(_: Schema, kept: Json) -> Variants:
    return [st.just([*kept, kept[-1]]), st.just([kept[0], *kept[1:-1], kept[0]])] if kept else []


def _contains(schema: Schema, kept: Json) -> Variants:
    others = [member for member in kept if not keeps(schema["contains"], member)]
    return [st.just(others), *([st.just(others * (len(kept) // len(others) + 1))] if others else [])]


def _min_properties(schema: Schema, kept: Json) -> Variants:
    fewer, spared = schema["minProperties"] - 1, set(schema.get("required", ()))
    names = sorted(kept, key=lambda name: name not in spared)
    return [st.just({name: kept[name] for name in names[:fewer]})]


def _max_properties(schema: Schema, kept: Json) -> Variants:
    missing = _sent(schema["maxProperties"], "attributes") + 1 - len(kept)
    shown = next(iter(kept.values()), "Clausewise")
    name = next(iter(kept), "clausewise")
    return [st.just({**kept, **{name + "c" * number: shown for number in range(1, missing + 1)}})]


def _unknown_attribute(_: Schema, kept: Json) -> Variants:
    return [st.sampled_from([{**kept, "clausewise_unknown": value} for value in ("Clausewise", 7, None)])]


def _property_names(schema: Schema, kept: Json) -> Variants:
    names = ["clausewise!", "", "X" * 300, "é", "1"]
    shown = next(iter(kept.values()), "Clausewise")
    wrong = [name for name in names if not keeps(schema["propertyNames"], name)]
    return [st.sampled_from([{**kept, name: shown} for name in wrong])] if wrong else []


def _pattern_properties(schema: Schema, kept: Json) -> Variants:
    found, wrong = list[Json](), list[Json]()
    for pattern, child in schema["patternProperties"].items():
        own = [name for name in kept if matches(pattern, name)] or [simplest_of(st.from_regex(pattern, fullmatch=True))]
        wrong = [value for value in ("clausewise", 7, list[Json](), None, True) if not keeps(child, value)]
        found += [{**kept, own[0]: value} for value in wrong]
    return [st.sampled_from(found)] if found else []


def _dependent_required(schema: Schema, kept: Json) -> Variants:
    found = [
        {name: value for name, value in kept.items() if name != needed}
        for given, names in schema["dependentRequired"].items()
        for needed in names
        if given in kept and needed in kept
    ]
    return [st.sampled_from(found)] if found else []


def _not(schema: Schema, _: Json) -> Variants:
    plain = {key: value for key, value in schema.items() if key != "not"}
    return _flat_values({"allOf": [plain, schema["not"]]})


def _alternatives(schema: Schema, kept: Json) -> Variants:
    """What none of the alternatives takes; and of `oneOf`, what more than one does."""
    wrong = [st.sampled_from([None, True, 7, -1.5, "clausewise", "", [], {}, [kept], {"clausewise_unknown": kept}])]
    if isinstance(kept, Mapping):
        wrong += [st.sampled_from([{n: v for n, v in kept.items() if n != gone} for gone in kept])] if kept else []
        wrong += [st.sampled_from([{**kept, name: None} for name in kept])] if kept else []
    for pair in combinations(schema.get("oneOf", [])[:_TRIED], 2):
        wrong += _flat_values({"allOf": list(pair)})
    return wrong


def _flat_values(schema: Schema) -> Variants:
    """Values that may keep a schema; whether they do is seen where they are used."""
    found: Variants = []
    for flat in flattened(schema)[:_TRIED]:
        with suppress(StrategyError):
            found.append(conforming_values(flat))
    return found


def _min_length(schema: Schema, _: Json) -> Variants:
    shortest = schema["minLength"] - 1
    if "pattern" in schema:
        return _of_pattern(schema["pattern"], shortest, shortest // 2)
    nearest = st.text(ALPHABET, min_size=shortest, max_size=shortest)
    return [nearest, st.text(ALPHABET, max_size=shortest - 1)] if shortest else [nearest]


def _of_pattern(pattern: str, *lengths: int) -> Variants:
    return [st.just(text) for length in lengths for text in as_long(pattern, length)]


def _sent(longest: float, of: str) -> int:
    """A bound from above, as far as a request can be made that is beyond it."""
    if longest > _MOST:
        raise StrategyError(f"more than {longest:,} {of} would break it, and at most {_MOST:,} are sent")
    return int(longest)


def _max_length(schema: Schema, _: Json) -> Variants:
    longest = _sent(schema["maxLength"], "characters")
    if "pattern" in schema:
        return _of_pattern(schema["pattern"], longest + 1, longest * 2)
    ascii_letters = st.sampled_from("aZ7")
    return [
        ascii_letters.map(lambda c: c * (longest + 1)),
        ALPHABET.map(lambda c: c * (longest + 1)),
        st.integers(longest + 2, longest * _FAR).map(lambda n: "a" * n),
    ]


def _minimum(schema: Schema, _: Json) -> Variants:
    bound = schema["minimum"]
    return [_beyond(schema, [bound - 1, bound - SMALLEST]), st.integers(-LARGEST, int(bound) - 1)]


def _maximum(schema: Schema, _: Json) -> Variants:
    bound = schema["maximum"]
    return [_beyond(schema, [bound + 1, bound + SMALLEST]), st.integers(int(bound) + 1, LARGEST)]


def _beyond(schema: Schema, values: list[float]) -> st.SearchStrategy[float]:
    """Numbers just beyond a bound; of integers the next, and by steps where there are some."""
    step = schema.get("multipleOf")
    whole = [value for value in values if isinstance(value, int)] if schema.get("type") == "integer" else values
    by = (
        []
        if step is None
        else [math.floor(value / step) * step for value in values]
        + [math.ceil(value / step) * step for value in values]
    )
    return st.sampled_from([*whole, *by] or values)


def _exclusive_minimum(schema: Schema, kept: Json) -> Variants:
    bound = schema["exclusiveMinimum"]
    return [st.just(bound), *_minimum({**schema, "minimum": bound}, kept)]


def _exclusive_maximum(schema: Schema, kept: Json) -> Variants:
    bound = schema["exclusiveMaximum"]
    return [st.just(bound), *_maximum({**schema, "maximum": bound}, kept)]


def _min_items(schema: Schema, kept: Json) -> Variants:
    return [st.just(kept[: schema["minItems"] - 1])]


def _max_items(schema: Schema, kept: Json) -> Variants:
    if not kept:  # which names no member that it could hold more of
        return []
    longest, lengthened = _sent(schema["maxItems"], "members"), partial(of_length, kept)
    if schema.get("uniqueItems"):
        return [st.just(distinct(schema, kept, longest + 1))]
    return [st.just(lengthened(longest + 1)), st.integers(longest + 2, longest * 2).map(lengthened)]


def _unknown_member(_: Schema, kept: Json) -> Variants:
    return [st.sampled_from([[*kept, value] for value in (*kept[-1:], "Clausewise", None)])]


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
    "const": _const,
    "pattern": _pattern,
    "format": _format,
    "multipleOf": _multiple_of,
    "uniqueItems": _unique_items,
    "contains": _contains,
    "items": _unknown_member,
    "minProperties": _min_properties,
    "maxProperties": _max_properties,
    "additionalProperties": _unknown_attribute,
    "unevaluatedProperties": _unknown_attribute,
    "propertyNames": _property_names,
    "patternProperties": _pattern_properties,
    "dependentRequired": _dependent_required,
    "not": _not,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
}
