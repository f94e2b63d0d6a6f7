"""Files that Clausewise writes and reads again: valid under a schema of our own."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from contracts.errors import UserError
from contracts.files import reason_of
from contracts.model import Lines
from contracts.text import as_line

Row = dict[str, Any]

_LARGEST = 200_000_000  # characters of a file that is read
_MOST_DIGITS = 15  # of an integer: every double of so many is exact


def read_json(file: Path, form: str) -> Row:
    """A JSON object whose `format` is `form`; raises UserError for anything else."""
    document = read_any(file)
    if document.get("format") != form:
        raise UserError(f"{file}: its `format` is {_quoted(document.get('format'))}, but {form!r} is wanted here")
    return document


def read_any(file: Path) -> Row:
    """A JSON object of whatever format; raises UserError when the file holds none."""
    try:
        with file.open(encoding="utf-8-sig") as stream:
            text = stream.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise UserError(f"{file}: this is longer than {_LARGEST:,} characters; give a file that Clausewise wrote")
        document = json.loads(
            text, parse_int=_integer, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_once_each
        )
    except OSError as error:
        raise UserError(f"{file} cannot be read ({reason_of(error)}); give the path of a file that is there") from None
    except RecursionError:
        raise UserError(f"{file}: this is nested too deeply; give a file that Clausewise wrote") from None
    except ValueError as error:
        raise UserError(f"{file}: this is not JSON ({error}); it may have been cut short, so make it anew") from None
    if not isinstance(document, dict):
        raise UserError(f"{file}: this is no JSON object; give a file that Clausewise wrote")
    return document


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _finite(number: str) -> float:
    if not math.isfinite(float(number)):
        raise ValueError(f"the number {number[:20]}")
    return float(number)


def _once_each(pairs: list[tuple[str, Any]]) -> Row:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise ValueError(f"the name {_quoted(twice)} stands twice in one object")
    return found


def check(file: Path, document: Row, schema: str) -> None:
    """Raise UserError with the place of the first mistake unless the document is valid under the schema."""
    try:
        mistake = best_match(validator(schema).iter_errors(document))
    except RecursionError:
        raise UserError(f"{file}: this is nested too deeply; give a file that Clausewise wrote") from None
    if mistake:
        place = "/".join(map(str, mistake.absolute_path)) or "the whole"
        raise UserError(f"{file}: {_cut(place)}: {_cut(mistake.message)}; make the file anew")


def _quoted(value: Any) -> str:
    return _cut(repr(value), 80)


def _cut(text: str, most: int = 300) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


@cache
def validator(schema: str) -> Validator:
    """The validator of one of our schemas: `verdicts`, `record` or `known`."""
    form = json.loads((files("reports") / f"{schema}.schema.json").read_text(encoding="utf-8"))
    made: Validator = _Strict(form, format_checker=_FORMATS)
    return made


def _is_integer(_: object, value: object) -> bool:
    """7.0 is one in JSON Schema, but nothing that Clausewise wrote."""
    return isinstance(value, int) and not isinstance(value, bool)


_Strict: Any = extend(  # type: ignore[no-untyped-call] # jsonschema has types for some of its functions only
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
)
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", (ValueError, OverflowError))
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or 1970 <= datetime.fromisoformat(value).astimezone(UTC).year <= 9000


@_FORMATS.checks("date", ValueError)
def _is_day(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@_FORMATS.checks("lines", ValueError)
def _is_lines(value: object) -> bool:
    return not isinstance(value, str) or bool(Lines.parse(value).ranges)


def as_json(document: Row) -> str:
    """A document as it is written: the same run gives the same bytes, apart from times and generated values.

    It may be printed, so what does not print is escaped, as JSON allows within strings.
    """
    return "\n".join(map(as_line, json.dumps(document, indent=1, ensure_ascii=False).split("\n"))) + "\n"
