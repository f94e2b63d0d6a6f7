"""Runs of the suites on the second service, in this process and over a real socket."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from contracts.contract import open_contracts
from contracts.model import Level
from tests.helpers import ROOT
from tests.matrix import QUIETLY, Listening
from tests.second.faults import Faulty
from tests.second.service import TOKEN, application, describe

KNOWN = Path(__file__).with_name("known.json")
TARGET = """
name = "library"
[openapi."library.json"]
base_url = "{base}"
authentication.HTTPBearer.headers = {{ Authorization = "Bearer ${{LIBRARY_TOKEN}}" }}
"""


class Service:
    """The service on a port of its own, until the process ends, with a folder for its description and its target."""

    def __init__(self) -> None:
        self.app = application()
        self.layer = Faulty(self.app)
        # With its protocol named, asyncio turns Nagle's algorithm off; otherwise every answer takes 40 ms.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.bind(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(self.layer, log_level="error", lifespan="off"))
        threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True).start()
        while not self._server.started:
            time.sleep(0.01)
        self.folder = Path(tempfile.mkdtemp(prefix="library-"))
        describe(self.folder / "library.json")
        (self.folder / "target.toml").write_text(TARGET.format(base=self.base), encoding="utf-8")

    @property
    def left(self) -> dict[str, int]:
        """How many shelves and books there are."""
        left: dict[str, int] = self.app.state.store.left
        return left


@cache
def service() -> Service:
    """This process's service."""
    return Service()


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    os.environ["LIBRARY_TOKEN"] = TOKEN
    try:
        yield
    finally:
        os.chdir(before)


def run_on_service(operation: str = "", *words: str, profile: str = "quick") -> tuple[int, Listening]:
    """A run of the suites with the five-line target, of one operation or of all; its exit code and what it found."""
    listening, own = Listening(), service()
    name = f"library.json#{operation}" if operation else "library.json"
    with _inside(own.folder):
        chosen = ["--target", "target.toml", "--contract", name, "--profile", profile, *words]
        code = pytest.main([str(ROOT / "suites"), *QUIETLY, *chosen], plugins=[listening])
    return int(code), listening


@cache
def stated() -> frozenset[str]:
    """The ids of the stated clauses of all operations."""
    contracts = open_contracts(service().folder / "library.json")
    return frozenset(c.id for one in contracts for c in one.clauses.values() if c.level is Level.STATED)


@cache
def known() -> frozenset[str]:
    """The clauses that the service truly breaks without any fault."""
    entries: list[dict[str, Any]] = json.loads(KNOWN.read_text(encoding="utf-8"))["known"]
    return frozenset(entry["clause"] for entry in entries)


def broken_under(fault: Any) -> tuple[bool, tuple[str, ...]]:
    """Whether a fault's clause comes out broken, and which other stated ones do that are not known to be."""
    own = service()
    own.layer.fault = fault
    try:
        _, run = run_on_service(fault.clause.partition("/")[0])
    finally:
        own.layer.fault = None
    broken = {row["clause"] for _, row in run.rows if row["outcome"] == "broken"}
    clause = f"library.{fault.clause}"
    return clause in broken, tuple(sorted((broken - {clause} - known()) & stated()))
