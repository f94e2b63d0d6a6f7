"""What the layouts have in common: words for types, bounds, values and formats, and how they become JSON Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.model import Json
from contracts.readers.page import Attribute

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_PLURALS = {f"{kind}s": kind for kind in TYPES} | {kind: kind for kind in TYPES}
_KEYWORDS = {
    key.lower(): key
    for key in ("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems",
                "maxItems", "multipleOf", "pattern", "default", "format")
} | {"max": "maximum", "min": "minimum"}  # fmt: skip
_NUMERIC = frozenset(_KEYWORDS.values()) - {"pattern", "default", "format"}
BOUND = re.compile(rf"({'|'.join(sorted(_KEYWORDS, key=len, reverse=True))})\s*:\s*", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_RUN_TOGETHER = re.compile(r"(?<=[a-z0-9_])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_MEANING = re.compile(r"(-?\d+|[\w.]+(?:[-_]\w+)*)\s*(?:(?<=\d)[-–—]|\s[-–—])\s?(?=\S)(.+)", re.DOTALL)
_FORMATS = (
    (re.compile(r"\(UUID\)|^(?:An?|The) UUID\b(?! or\b)(?!,)"), "uuid"),
    (re.compile(r"^(?:An?|The) URL\b(?! or\b)"), "uri"),
    (re.compile(r"\bformat:? YYYY-MM-DD(?![\w-]*[T ]?HH)"), "date"),
)


@dataclass(frozen=True, slots=True)
class Types:
    """A type expression: JSON types, types of an array's members, and whether it says `enum`."""

    types: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    enum: bool = False


def types_of(text: str) -> Types | None:
    """`null | string`, `Array of Integers or Strings`, `object[]`, `enum<string>`; None where a word is no type."""
    words = text.strip().lower()
    if not words:
        return None
    kinds: list[str] = []
    items: list[str] = []
    enum = members = False
    for part in re.split(r"\s*(?:\||\bor\b|,)\s*", words):
        inner = re.fullmatch(r"array of (\w+)|(?:array<)?(\w+)(?:\[\]|>)|array\[(\w+)\]", part)
        generic = re.fullmatch(r"enum<(\w+)>(\[\])?", part)
        if generic:
            enum = True
            kinds += ["array"] if generic[2] else _known(generic[1])
            items += _known(generic[1]) if generic[2] else []
        elif inner:
            members = part.startswith("array of")
            kinds.append("array")
            items += _known(inner[1] or inner[2] or inner[3])
        elif part == "enum":
            enum = True
        elif part in _PLURALS:
            (items if members and part not in TYPES else kinds).append(_PLURALS[part])
        else:
            return None
    return Types(tuple(dict.fromkeys(kinds)), tuple(dict.fromkeys(items)), enum)


def _known(word: str) -> list[str]:
    return [_PLURALS[word]] if word in _PLURALS else []


def bounds_of(text: str) -> tuple[dict[str, str], str]:
    """Bounds at the beginning of a text (`Default: 100 Max: 100`) with their raw values, and what follows them.

    The last value may run into the next cell: a number ends with its digits, a word before the last capital of its run.
    """
    found: dict[str, str] = {}
    rest = text.strip()
    while (bound := BOUND.match(rest)) is not None:
        keyword, rest = _KEYWORDS[bound[1].lower()], rest[bound.end() :]
        if keyword in _NUMERIC:
            number = _NUMBER.match(rest)
            if number is None:
                return found, text.strip() if not found else rest
            found[keyword], rest = number[0], rest[number.end() :].lstrip(" ,;")
            continue
        following = BOUND.search(rest)
        value = rest[: following.start()] if following else rest
        word, rest = split_run(value)[0], rest
        found[keyword] = word
        rest = rest[len(word) :].lstrip(" ,;")
    return found, rest


def split_run(text: str) -> tuple[str, str]:
    """The first word of a text and what follows, where a cell may run into the next: `idThe field` is id, `The field`."""
    quoted = re.match(r"\"[^\"]*\"|'[^']*'|\[[^\]]*\]", text)
    if quoted:
        return quoted[0], text[quoted.end() :].strip()
    first = re.match(r"\S*", text)
    word = first[0] if first else ""
    number = re.match(r"(?:-?\d+(?:\.\d+)?|true|false|null)(?=[A-Z]|$)", word)
    edges = [edge.start() for edge in _RUN_TOGETHER.finditer(word)]
    end = number.end() if number else edges[-1] if edges else len(word)
    return word[:end], text[end:].strip()


def value_of(text: str, types: Sequence[str]) -> Json:
    """A value as a page writes it, as JSON of one of these types; a word that is nothing else is a string."""
    plain = text.strip().strip("`")
    if len(plain) > 1 and plain[0] in "\"'" and plain[-1] == plain[0]:
        return plain[1:-1]
    if "string" in types and "boolean" not in types and not ({"integer", "number"} & set(types)):
        return plain
    try:
        value = json.loads(plain)
    except ValueError:
        return plain
    return value if not isinstance(value, dict) and len(plain) < 200 else plain


def say_bounds(attribute: Attribute, found: dict[str, str], lines: set[int]) -> None:
    """Give an attribute the bounds that were read; a default that doesn't fit its types is left out."""
    for keyword, text in found.items():
        value = value_of(
            text, ("number",) if keyword in _NUMERIC else attribute.types if keyword == "default" else ("string",)
        )
        if keyword in _NUMERIC and (isinstance(value, bool | str) or value is None):
            continue
        if keyword == "default" and not fits(value, attribute.types):
            continue
        attribute.says[keyword] = value
        attribute.of[keyword] = set(lines)


def fits(value: Json, types: Sequence[str]) -> bool:
    """Whether a JSON value is of one of the types; of no types, everything fits."""
    kinds = {
        str: {"string"}, bool: {"boolean"}, int: {"integer", "number"}, float: {"number"}, type(None): {"null"}, list: {"array"}
    }.get(type(value), {"object"})  # fmt: skip
    return not types or bool(kinds & set(types))


def bracketed(text: str) -> list[Json] | None:
    """The values of `[1,2]` or `[ open, closed ]`; None for anything else."""
    inner = re.fullmatch(r"\[(.*)\]", text.strip(), re.DOTALL)
    values = [part.strip() for part in inner[1].split(",")] if inner else []
    while values and not values[-1]:
        values.pop()
    return (
        [_enum_value(value) for value in values]
        if values and all(values) and not any("[" in v for v in values)
        else None
    )


def _enum_value(text: str) -> Json:
    plain = text.strip().strip("`")
    if len(plain) > 1 and plain[0] in "\"'" and plain[-1] == plain[0]:
        return plain[1:-1]
    return int(plain) if re.fullmatch(r"-?\d{1,15}", plain) else plain


def barred(text: str) -> list[Json] | None:
    """The values of `open | closed`, single words or numbers; None for anything else."""
    parts = [part.strip().strip("`") for part in text.split("|")]
    good = len(parts) > 1 and all(re.fullmatch(r"[\w.:/-]+|'[^']*'|\"[^\"]*\"", part) for part in parts)
    return [_enum_value(part) for part in parts] if good else None


def described(text: str) -> list[Json] | None:
    """The values that a description lists: `State: open | closed`, or with meanings, `1 - old, 2 – new`."""
    after = re.sub(r"^[^:|]*:\s+", "", text.strip()).rstrip(".")
    bars = barred(after)
    if bars:
        return bars
    parts = re.split(r"[,.;]\s+(?=(?:-?\d+|[\w.]+(?:[-_]\w+)*)\s*[-–—]\s?\S)", after)
    found = [_MEANING.fullmatch(part.strip()) for part in parts]
    if all(found) and len({bool(re.fullmatch(r"-?\d+", one[1])) for one in found if one}) == 1:
        values = [_enum_value(one[1]) for one in found if one]
        return (
            values
            if len(set(map(str, values))) == len(values) and (len(values) > 1 or isinstance(values[0], int))
            else None
        )
    words = re.split(r",\s*", after)
    plain = (
        after != text.strip().rstrip(".") and len(words) > 1 and all(re.fullmatch(r"[\w.-]+", word) for word in words)
    )
    return [_enum_value(word) for word in words] if plain else None


def format_of(text: str) -> str:
    """The JSON Schema format that a description says outright; empty where it says none."""
    return next((name for pattern, name in _FORMATS if pattern.search(text.strip())), "")


def say_format(attribute: Attribute, text: str) -> None:
    """Give an attribute the format that its description says outright."""
    name = format_of(text)
    if name and (not attribute.types or "string" in attribute.types):
        attribute.says["format"] = name


def say_enum(attribute: Attribute, values: list[Json], lines: set[int] | None = None) -> None:
    """Give an attribute its values, and the type that follows where the page names none; null may be one of them."""
    if "array" in attribute.types and "string" in attribute.items:
        return
    kinds = {"integer" if isinstance(value, int) else "string" for value in values}
    if attribute.types in ([], ["null"]) and len(kinds) == 1:
        attribute.add_types(kinds)
    attribute.says["enum"] = [*values, *([None] if "null" in attribute.types else [])]
    if lines:
        attribute.of["enum"] = set(lines)


CHECKABLE = re.compile(
    r"\b(?:must|may|can|cannot|can't|only|if|when|where|unless|until|required|require[sd]?|need(?:s|ed)?|optional|maximum|"
    r"minimum|at least|at most|up to|limit(?:s|ed)?|default|unique|ignored?|error|fail(?:s|ed)?|deprecated|legacy|order|"
    r"sorted|format|same|not|never|always|automatically|example|between|returns?|instead|either|both|each|every|"
    r"depend(?:s|ing)|permission|include[sd]?|\d+)\b",
    re.IGNORECASE,
)


def checkable(text: str) -> bool:
    """Whether a sentence says more than what a thing is called, so that a person should decide on it."""
    return bool(CHECKABLE.search(text))
