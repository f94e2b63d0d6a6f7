"""Values that break one keyword of a schema: one function a JSON Schema keyword.

Each function takes the schema and the value that keeps it, and returns variants: strategies whose every value breaks
that keyword alone. The simplest value of the first variant lies nearest to the edge, so one example already asks the
sharpest question.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import combinations
from typing import Any

from hypothesis import strategies as st

from contracts.model import Json, Schema
from contracts.patterns import matches
from contracts.schema import is_of_type
from strategies.conforming import ALPHABET, LARGEST, SMALLEST, conforming_values, simplest_of, types_of
from strategies.errors import StrategyError
from strategies.flat import flattened
from strategies.request import ABSENT, distinct, of_length
from strategies.scalars import as_long
from strategies.validity import keeps

Variants = list[st.SearchStrategy[Any]]
_TRIED = 4  # alternatives, and ways to keep them, that are looked at
_MOST = 1_000_000  # characters or members beyond which no request is made, since it would take all memory
_FAR = 5  # how many times beyond a bound counts as far from it


def violations(keyword: str, schema: Schema, kept: Json, *, text: bool = False) -> Variants:
    """The ways of breaking a keyword of a schema, given a value that keeps it; as `text`, a number in quotes is none.

    Raises StrategyError where it takes more than can be sent.
    """
    return _BY_KEYWORD[keyword]({**schema, "x-text": True} if text else schema, kept)


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


def _bound(keyword: str, sign: int) -> Callable[[Schema, Json], Variants]:
    """Of a bound from below (`sign` -1) or above (1): the bound itself if it is exclusive, just beyond it, and far."""

    def variants(schema: Schema, _: Json) -> Variants:
        bound = schema[keyword]
        at = [st.just(bound)] if keyword.startswith("exclusive") else []
        far = st.integers(int(bound) + 1, LARGEST) if sign > 0 else st.integers(-LARGEST, int(bound) - 1)
        return [*at, _beyond(schema, [bound + sign, bound + sign * SMALLEST]), far]

    return variants


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
    "minimum": _bound("minimum", -1),
    "maximum": _bound("maximum", 1),
    "exclusiveMinimum": _bound("exclusiveMinimum", -1),
    "exclusiveMaximum": _bound("exclusiveMaximum", 1),
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
