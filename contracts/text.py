"""Foreign text as it is shown: one function decides what every terminal, log, page and file gets to see of it."""

from __future__ import annotations

import io
import json
import re
import sys

_COMMAND = re.compile(r"^\s*:(?=:)|#(?=#\w*\[)")  # GitHub's, and what it, Azure and TeamCity read within a line


class _Escapes(dict[int, str]):
    """Each character that does not print as JSON escapes it, by its number; the others as they are."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        shown = char if char.isprintable() else f"\\u{code:04x}" if 127 <= code < 2**16 else json.dumps(char)[1:-1]
        self[code] = shown
        return shown


_ESCAPES = _Escapes()


def harmless(text: str) -> str:
    """`text` on one line, with an escape in place of each character that does not print.

    Those are controls (C0, C1, DEL), line ends of every kind, changes of direction and other invisible formats,
    lone surrogates, and what Unicode has not assigned. Within a JSON string the escape means the same.
    """
    return text if text.isprintable() else text.translate(_ESCAPES)


def use_plain_console() -> None:
    """Let a console without Unicode show an escape where it lacks a sign, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def harmless_lines(text: str) -> str:
    r"""`harmless`, but that a `\n` stays one: for our own lines, JSON with indentation, and bodies in a page."""
    return "\n".join(map(harmless, text.split("\n")))


def as_line(text: str) -> str:
    """`harmless`, and without anything that a CI server would take for a command: for terminals and logs."""
    return _COMMAND.sub(lambda found: f"{found[0][:-1]}\\u00{ord(found[0][-1]):x}", harmless(text))
