"""What the layouts have in common: words for types, bounds, values and formats, and how they become JSON Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence

from contracts.model import Json
from contracts.readers.facts import BOUNDS
from contracts.readers.page import Attribute, Page
from contracts.readers.text import Line

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_KEYWORDS = {key.lower(): key for key in (*BOUNDS, "default", "format")}
_KEYWORDS |= {"max": "maximum", "min": "minimum", "default value": "default"}
_BOUND = re.compile(rf"({'|'.join(sorted(_KEYWORDS, key=len, reverse=True))})\s*:\s*", re.IGNORECASE)
_RUN_TOGETHER = re.compile(r"(?<=[a-z0-9_])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PLAIN_JSON = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?(?:[eE][+-]?\d)?|true|false|null|\[[^\[\]]{0,200}\]")
_ONE_VALUE = re.compile(r"\S*|\"[^\"]*\"|'[^']*'|\[.*\]|\{.*\}")
_VALUES = {**dict.fromkeys(_KEYWORDS.values(), _ONE_VALUE), "format": re.compile(r"[a-z][\w-]*")}
_VALUE = r"(?:-?\d+|[\w.]+(?:[-_]\w+)*)"
_MEANING = re.compile(rf"({_VALUE})(?:(?<=\d)\s*[-\u2013\u2014]|\s+[-\u2013\u2014])\s?(?=\S)(.+)", re.DOTALL)
_FORMATS = {
    "uuid": re.compile(r"\(UUID\)|^(?:An?|The) UUID\b(?! or\b)(?!,)"),
    "uri": re.compile(r"^(?:An?|The) URL\b(?! or\b)"),
    "date": re.compile(r"\bformat:? YYYY-MM-DD(?![\w-]*[T ]?HH)"),
}
_CHECKABLE = re.compile(
    r"\b(?:must|may|can|cannot|can't|only|if|when|where|unless|until|requires?d?|need(?:s|ed)?|optional|maximum|"
    r"minimum|at (?:least|most)|up to|limit(?:s|ed)?|default|unique|ignored?|fail(?:s|ed)?|deprecated|legacy|"
    r"order|sorted|format|same|not|never|always|automatically|between|returns?|instead|either|both|each|every|"
    r"depend(?:s|ing)|permission|include[sd]?|pattern|\d+)\b|: [\w'\"-]+(?:, [\w'\"-]+)+",  # or it lists values
    re.IGNORECASE,
)


def say_types(one: Attribute, text: str) -> bool:
    """Give an attribute the types of an expression (`null | string`, `Array of Integers or Strings`, `enum<string>[]`).

    A word that is no JSON type gives none. Whether the expression says `enum` is returned.
    """
    enum = members = False
    for part in re.split(r"\s*(?:\|+|\bor\b|,)\s*", text.strip().lower()):
        inner = re.fullmatch(r"array of (\w+?)s?|(?:array|enum)?<(\w+)>((?:\[\])?)|(\w+)((?:\[\])+)|(\w+?)s?", part)
        if not inner:
            continue
        word = inner[1] or inner[2] or inner[4] or inner[6]
        word = word if word in TYPES else word.removesuffix("s")
        array = inner[1] or part.startswith("array<") or inner[3] or inner[5]
        enum |= part.startswith("enum")
        known = [word] if word in TYPES else []
        plural = bool(members and inner[6] and part.endswith("s"))
        one.add_types(["array"] if array else [] if plural else known, known if array or plural else [])
        members |= part.startswith("array of")
    return enum


def begins_type(text: str) -> bool:
    """Whether a text may be the beginning of a type that is cut off."""
    return any(word.startswith(text.strip("| ")) for word in TYPES)


def bounds_of(text: str, *, run: bool = False) -> tuple[dict[str, str], str]:
    """Bounds at the beginning of a text (`Default: 100 Max: 100`) with their raw values, and what follows them.

    `run`: the last one may run into the next cell.
    """
    found: dict[str, str] = {}
    rest = text.strip()
    while bound := _BOUND.match(rest):
        keyword, behind = _KEYWORDS[bound[1].lower()], rest[bound.end() :]
        number = re.match(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d)?(?![\d,.]*\d)", behind)
        if keyword not in ("default", "format") and not number:
            break
        word = number[0] if number and keyword not in ("default", "format") else split_run(behind)[0] if run else behind
        if not run and word == behind and (after := _BOUND.search(behind)):
            word = behind[: after.start()]
        more = behind[len(word) :]
        sentence = re.match(r" \S" if keyword in ("default", "format") else " [a-z]", more)
        if (sentence and not _BOUND.match(more.lstrip(" ,;"))) or not _VALUES[keyword].fullmatch(word.strip(" ,;")):
            break
        found[keyword], rest = word.strip(" ,;"), more.lstrip(" ,;")
    return found, rest


def split_run(text: str) -> tuple[str, str]:
    """The first word of a text and the rest, where a cell may run into the next: `idThe field` is id, `The field`."""
    quoted = re.match(r"\"[^\"]*\"|'[^']*'|\[[^\]]*\]", text)
    if quoted:
        return quoted[0], text[quoted.end() :].strip()
    word = re.split(r"\s", text, maxsplit=1)[0]
    plain = re.match(r"(?:-?\d+(?:\.\d+)?|true|false|null)(?=[A-Z]|$)", word)
    edges = [edge.start() for edge in _RUN_TOGETHER.finditer(word)]
    end = plain.end() if plain else edges[-1] if edges else len(word)
    return word[:end], text[end:].strip()


def value_of(text: str, types: Collection[str] = ()) -> Json:
    """A value as a page writes it: of type string it is one, else what JSON makes of it; a bare word is a string."""
    plain = text.strip().strip("`")
    if len(plain) > 1 and plain[0] in "\"'" and plain[-1] == plain[0]:
        return plain[1:-1]
    if "string" in types and not {"boolean", "integer", "number"} & set(types):
        return plain
    try:
        return json.loads(plain) if _PLAIN_JSON.fullmatch(plain) else plain
    except ValueError:
        return plain


def fits(value: Json, types: Collection[str]) -> bool:
    """Whether a JSON value is of one of the types; of no types, everything fits."""
    names = {str: "string", bool: "boolean", int: "integer number", float: "number", type(None): "null", list: "array"}
    return not types or bool(set(names.get(type(value), "object").split()) & set(types))


def say_bounds(one: Attribute, found: Mapping[str, str], lines: Collection[int] = ()) -> None:
    """Give an attribute the bounds that were read; a default that doesn't fit its types is left out."""
    for keyword, text in found.items():
        value = value_of(text, one.types if keyword == "default" else ("string",) if keyword == "format" else ())
        if keyword == "default" and not fits(value, one.types):
            continue
        one.says[keyword] = value
        if lines:
            one.of[keyword] = set(lines)


def listed(text: str) -> list[Json] | None:
    """The values of `[1,2]`, `[ open, closed ]` or `open | closed`: single words or numbers; None for anything else."""
    inner = re.fullmatch(r"\[([^\[\]]*)\]", text.strip(), re.DOTALL)
    parts = [part.strip() for part in (inner[1].rstrip(" ,").split(",") if inner else text.split("|"))]
    good = (inner or len(parts) > 1) and all(
        re.fullmatch(r"[\w.:/-]+|'[^']*'|\"[^\"]*\"", part.strip("`")) for part in parts
    )
    return [value_of(part) for part in parts] if good else None


def described(text: str) -> list[Json] | None:
    """The values that a description lists: `State: open | closed`, or with meanings, `1 - old, 2 - new`."""
    plain = text.strip().rstrip(".")
    after = re.sub(r"^[^:|]*:\s+", "", plain)
    if bars := listed(after):
        return bars
    parts = re.split(rf"[,.;]\s+(?={_VALUE}\s*[-\u2013\u2014]\s?\S)", after)
    found = [one[1] for part in parts if (one := _MEANING.fullmatch(part.strip()))]
    numeric = {bool(re.fullmatch(r"-?\d+", word)) for word in found}
    if len(found) == len(parts) == len(set(found)) and len(numeric) == 1 and (len(found) > 1 or True in numeric):
        return [value_of(word) for word in found]
    words = re.split(r",\s*", after)
    good = after != plain and all(re.fullmatch(r"[\w.-]+", word) for word in words)
    return [value_of(word) for word in words] if good else None


def say_enum(one: Attribute, values: Sequence[Json] | None, *, implied: bool = False) -> None:
    """Give an attribute its values, and the type that follows if the page names none; null is one where it may be."""
    if "array" in one.types or not values:
        return
    kinds = {"integer" if isinstance(value, int) else "string" for value in values}
    if one.types in ([], ["null"]) and len(kinds) == 1:
        one.add_types(kinds)
    one.says["enum"] = [*values, *([None] if "null" in one.types else [])]
    one.implied |= {"enum"} if implied else set()


def say_format(one: Attribute, text: str) -> None:
    """Give an attribute the format that its description says outright."""
    name = next((name for name, pattern in _FORMATS.items() if pattern.search(text.strip())), "")
    if name and (not one.types or "string" in one.types):
        one.says["format"] = name


def to_decide(lines: Collection[Line], page: Page) -> None:
    """Leave to a person those lines that say more than what a thing is called."""
    for line in lines:
        if checkable(line.text):
            page.prose.add(line.number)
            page.said[line.number] = line.text


def checkable(text: str) -> bool:
    """Whether a sentence says more than what a thing is called."""
    return bool(_CHECKABLE.search(text))
