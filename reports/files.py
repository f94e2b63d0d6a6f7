"""Files that Clausewise writes and reads again: whole or not at all, and valid under a schema of our own."""

from __future__ import annotations

import errno
import json
import math
import os
import tempfile
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
from contracts.model import Lines
from contracts.text import as_line

Row = dict[str, Any]

_PREFIX = ".clausewise-"  # of files that are not whole yet
_LARGEST = 200_000_000  # characters of a file that is read
_MOST_DIGITS = 15  # of an integer: every double of so many is exact


def write_whole(file: Path, text: str) -> None:
    """Write a file whole or not at all, and on disk before this returns; raises OSError."""
    _prove_regular(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=_PREFIX)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)  # noqa: PTH101 - mkstemp makes it unreadable for others
        os.replace(name, file)  # noqa: PTH105 - the one call that is atomic
    except BaseException:
        os.unlink(name)  # noqa: PTH108 - nothing half-written is left
        raise


def _prove_regular(file: Path) -> None:
    """Raise OSError for what a file cannot take the place of: a folder, a device, a pipe, a link to any of these."""
    if file.is_dir():
        raise OSError(errno.EISDIR, "it is a folder")
    special = file.exists() and not file.is_file()
    there = _nearest_folder(file).resolve()
    if special or there == Path("/dev") or there.parts[1:2] == ("proc",):  # /dev/stdout may lead to a file
        raise OSError(errno.EINVAL, "it is a device or a pipe")


def _nearest_folder(file: Path) -> Path:
    """The folder that is there already, below which the file is or will be."""
    return next(folder for folder in file.absolute().parents if os.path.lexists(folder))


def prove_writable(file: Path, option: str) -> None:
    """Raise UserError unless the file can be written; nothing is left of the attempt."""
    try:
        _prove_regular(file)
        with tempfile.NamedTemporaryFile(dir=_nearest_folder(file), prefix=_PREFIX):
            pass
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(unwritable(file, option, error)) from None


def unwritable(file: Path, option: str, error: Exception) -> str:
    """What is told when a file could not be written."""
    return f"{file} cannot be written ({reason_of(error)}); give {option} another path"


def reason_of(error: Exception) -> str:
    """Why a file cannot be read or written, without its name."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def write_or_tell(file: Path, text: str, option: str = "-o") -> None:
    """Write a file for a command; raises UserError when it cannot be."""
    try:
        write_whole(file, text)
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(unwritable(file, option, error)) from None


def is_there(path: Path) -> bool:
    """Whether something is at a path; nothing is where no path leads, as with too long a name."""
    return os.path.exists(path)  # noqa: PTH110 - that of pathlib raises


def is_folder(path: Path) -> bool:
    """Whether a folder is at a path."""
    return os.path.isdir(path)  # noqa: PTH112 - that of pathlib raises


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
