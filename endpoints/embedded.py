"""The embedded mock in a process of its own, stopped whatever happens to the one that started it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import requests
from urllib3.exceptions import HTTPError

from contracts.errors import UserError
from endpoints.mock.app import CONTROL

VARIABLE = "CLAUSEWISE_MOCK"  # where the mock runs, when it is not to be started


def control(base_url: str, switches: Iterable[str] | None = None) -> dict[str, Any]:
    """Ask the control of a running mock what is on, or switch exactly `switches` on; raises UserError."""
    method, sent = ("GET", None) if switches is None else ("PUT", {"on": list(switches)})
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy cannot lead back to this machine
            said = session.request(method, base_url + CONTROL, json=sent, timeout=10, allow_redirects=False).json()
    except (requests.RequestException, HTTPError, ValueError, RecursionError):
        raise UserError(f"no mock answers at {base_url}; `python -m endpoints serve` starts one") from None
    if isinstance(said, dict) and isinstance(said.get("error"), str):
        raise UserError(said["error"])
    if not isinstance(said, dict) or not (_of_texts(said.get("on"), list) and _of_texts(said.get("environment"), dict)):
        raise UserError(f"what answers at {base_url} is no mock; `python -m endpoints serve` starts one")
    return said


def _of_texts(value: Any, kind: type[list[Any] | dict[str, Any]]) -> bool:
    members = value.values() if isinstance(value, dict) else value
    return isinstance(value, kind) and all(isinstance(member, str) for member in members)


def environment_of(base_url: str) -> dict[str, str]:
    """The variables of the mock's target file for a mock that runs; tokens may be fresh ones. Raises UserError."""
    return {**control(base_url)["environment"], VARIABLE: base_url}


class EmbeddedMock:
    """A running mock: its base URL and the environment that its target file reads. A context manager.

    `switches` are the faults and manners that are on from the start; they must be known.
    """

    def __init__(self, switches: Iterable[str] = ()) -> None:
        command = [sys.executable, "-m", "endpoints.mock"]
        command += [word for switch in switches for word in ("--switch", switch)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(command, **pipes, start_new_session=True)  # noqa: S603 - a module of ours
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        if not words:
            raise UserError(f"the embedded mock did not start (exit code {self._process.wait()})")
        self.base_url = words[-1]

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the mock's target file."""
        return environment_of(self.base_url)

    def switch(self, *switches: str) -> None:
        """Switch exactly these faults and manners on, while the mock runs."""
        control(self.base_url, switches)

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
