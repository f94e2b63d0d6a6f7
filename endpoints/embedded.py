"""The embedded mock in a process of its own, stopped whatever happens to the one that started it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

from contracts.errors import UserError
from endpoints.mock.app import ENVIRONMENT


class EmbeddedMock:
    """A running mock: its base URL and the environment that its target file reads. A context manager."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "endpoints", "serve", "--port", "0", "--until-stdin-closes"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        if not words:
            raise UserError(f"the embedded mock did not start (exit code {self._process.wait()})")
        self.base_url = words[-1]

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the mock's target file."""
        return {**ENVIRONMENT, "CLAUSEWISE_MOCK": self.base_url}

    def stop(self) -> None:
        """End the mock; it also ends by itself when this process does, because its input closes then."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
