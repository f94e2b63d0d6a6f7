"""Tokens that commands print: run without a shell, when a target is first asked, and when a token has expired.

Only a target file has commands, and only the one that a user names. What they print is secret.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock

from contracts.errors import UserError
from endpoints.redaction import SHORTEST

_LONGEST = 30  # seconds that a command may take
_AGAIN = 60.0  # seconds between two renewals: a token that is refused sooner is not refused for its age


class Tokens:
    """The variables that a target's `token_command` fills; `on_new` is called before a new value is used."""

    def __init__(self, file: Path, commands: Mapping[str, Sequence[str]]) -> None:
        self.notes: list[str] = []
        self.on_new: Callable[[], None] = lambda: None
        self._file, self._commands = file, commands
        self._values: dict[str, str] = {}
        self._made, self._renewed = 0.0, -_AGAIN
        self._lock = Lock()

    def values(self) -> Mapping[str, str]:
        """The values by the names of their variables; raises UserError when a command gives none."""
        with self._lock:
            if self._commands and not self._values:
                self._run()
            return dict(self._values)

    def renew(self, names: Sequence[str], since: float) -> bool:
        """Whether there are other tokens than at a moment (monotonic), since one of these was refused then.

        Where a command fails, a note says so, and the tokens stay.
        """
        if not set(names) & self._commands.keys():
            return False
        with self._lock:
            if self._made > since:
                return True
            if time.monotonic() - self._renewed < _AGAIN:
                return False
            self._renewed = time.monotonic()
            try:
                self._run()
            except UserError as error:
                self.notes.append(f"{error.message}; the run went on with the token before")
                return False
        self.on_new()
        return True

    def _run(self) -> None:
        found = {name: self._printed(name, words) for name, words in self._commands.items()}
        self._values, self._made = found, time.monotonic()

    def _printed(self, name: str, words: Sequence[str]) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command, from the target file that he names
                words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LONGEST, check=False
            )
        except subprocess.TimeoutExpired:
            raise self._error(name, words, f"did not end within {_LONGEST} s") from None
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or str(error)
            raise self._error(name, words, f"cannot be run ({said})") from None
        if done.returncode:
            raise self._error(name, words, f"ended with exit code {done.returncode}")
        token = done.stdout.decode("utf-8", errors="replace").strip("\r\n")
        if len(token) < SHORTEST or not token.isprintable():
            raise self._error(
                name, words, f"printed no token: one line of {SHORTEST} characters or more, and nothing else"
            )
        return token

    def _error(self, name: str, words: Sequence[str], what: str) -> UserError:
        return UserError(f"{self._file}: token_command.{name}: {words[0]!r} {what}; try it by hand in this folder")
