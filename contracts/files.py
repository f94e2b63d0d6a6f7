"""Files that Clausewise writes: whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from contracts.errors import UserError

_PREFIX = ".clausewise-"  # of files that are not whole yet


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
