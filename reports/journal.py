"""The journal of a run: what its tests found, on disk as it comes, so that a killed run does not lose its verdicts.

A journal stands beside the verdict file until that is written. `python -m reports …` reads it like verdicts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from contracts.errors import UserError
from reports.verdicts import JOURNAL


class Journal:
    """A file of JSON objects, one a line: what the run is, then what each test found. Raises UserError."""

    def __init__(self, verdicts: Path, head: Mapping[str, Any]) -> None:
        self.file = verdicts.with_name(f"{verdicts.name}.journal")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._stream: TextIO = self.file.open("w", encoding="utf-8", errors="backslashreplace")
            self._append({"format": JOURNAL, **head})
        except OSError as error:
            raise UserError(f"{self.file} cannot be written ({error.strerror}); give --verdicts another path") from None
        self._full = False

    def add(self, found: Mapping[str, Any]) -> None:
        """Write down what one test found; the system keeps it when this process is killed.

        Where there is no room for more, the run goes on without: its verdicts are told or missed at its end.
        """
        try:
            if not self._full:
                self._append(found)
        except OSError:
            self._full = True

    def _append(self, found: Mapping[str, Any]) -> None:
        self._stream.write(json.dumps(found) + "\n")
        self._stream.flush()

    def remove(self) -> None:
        """The verdicts are written, so they are not needed twice."""
        with suppress(OSError):
            self._stream.close()
        self.file.unlink(missing_ok=True)
