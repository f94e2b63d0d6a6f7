"""Files that Clausewise writes and reads again: whole or not at all, and valid under a schema of our own."""

from __future__ import annotations

import json
import os
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from contracts.errors import UserError

Row = dict[str, Any]


def write_whole(file: Path, text: str) -> None:
    """Write a file whole or not at all, and on disk before this returns; raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)  # noqa: PTH101 - mkstemp makes it unreadable for others
        os.replace(name, file)  # noqa: PTH105 - the one call that is atomic
    except BaseException:
        os.unlink(name)  # noqa: PTH108 - nothing half-written is left
        raise


def write_or_tell(file: Path, text: str) -> None:
    """Write a file for a command; raises UserError when it cannot be."""
    try:
        write_whole(file, text)
    except OSError as error:
        raise UserError(f"{file} cannot be written ({error.strerror}); give another path") from None


def read_json(file: Path, schema: str, form: str) -> Row:
    """A JSON object whose `format` is `form`, valid under `SCHEMA.schema.json`; raises UserError for anything else."""
    document = read_any(file)
    if document.get("format") != form:
        raise UserError(f"{file}: its `format` is {document.get('format')!r}, but {form!r} is wanted here")
    check(file, document, schema)
    return document


def read_any(file: Path) -> Row:
    """A JSON object of whatever format; raises UserError when the file holds none."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}); give the path of a file that is there") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file}: this is not JSON ({error}); it may have been cut short, so make it anew") from None
    if not isinstance(document, dict):
        raise UserError(f"{file}: this is no JSON object; give a file that Clausewise wrote")
    return document


def check(file: Path, document: Row, schema: str) -> None:
    """Raise UserError with the place of the first mistake unless the document is valid under the schema."""
    mistake = best_match(validator(schema).iter_errors(document))
    if mistake:
        place = "/".join(map(str, mistake.absolute_path)) or "the whole"
        said = mistake.message if len(mistake.message) < 300 else f"{mistake.message[:300]}…"
        raise UserError(f"{file}: {place}: {said}; make the file anew")


@cache
def validator(schema: str) -> Draft202012Validator:
    """The validator of one of our schemas: `verdicts`, `record` or `known`."""
    return Draft202012Validator(json.loads((files("reports") / f"{schema}.schema.json").read_text(encoding="utf-8")))


def as_json(document: Row) -> str:
    """A document as it is written: the same run gives the same bytes, apart from times and generated values."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
