"""What several tests need: real servers on loopback, target files for them, and whole runs of the suites."""

from __future__ import annotations

import json
import multiprocessing
import os
import runpy
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.contract import contract_names
from endpoints.mock.app import ENVIRONMENT

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet  # pytest does not export it

ROOT = Path(__file__).parent.parent
PARAMETERS = {
    "attio-create-record": 'path = { object = "people" }',
    "kaiten-create-record": 'path = { directory_id = "d" }',
    "kintone-add-records": "tenant.app = { enum = [1] }",
    "zendesk-create-record": 'path = { custom_object_key = "car" }',
}


def a_tenth(
    items: Collection[str], group: Callable[[str], object] = lambda _: None, tenths: int = 10
) -> list[str | ParameterSet]:
    """Cases for `pytest.mark.parametrize`, of which a tenth always runs; the others are `long`, and need --all.

    With --all so many `tenths` run, and the rest with --fuzz, where a case says little that others have not said.

    By the hash of a case, which does not change when others come or go, every tenth is chosen; and where a `group` has
    none of these, its case with the least hash. A test that is long as a whole bears `@pytest.mark.long`, and a loop
    in a test goes over the fixture `rounds` of `tests/conftest.py`. What is left out is told at the end of a run.
    """
    chosen = set(filter(is_one_in_ten, items))
    served = {group(item) for item in chosen}
    least = {group(item): item for item in sorted(items, key=_rank, reverse=True)}
    chosen |= {item for name, item in least.items() if name not in served}
    marks = {item: pytest.mark.long if _rank(item) % 10 < tenths else pytest.mark.longest for item in items}
    return [item if item in chosen else pytest.param(item, marks=marks[item]) for item in items]


def the_first(cases: Iterable[Any]) -> list[Any]:
    """Cases that show much the same, each a tuple of what the test takes: all but the first are `long`."""
    first, *others = (case if isinstance(case, tuple) else (case,) for case in cases)
    return [pytest.param(*first), *(pytest.param(*other, marks=pytest.mark.long) for other in others)]


def is_one_in_ten(item: str) -> bool:
    """Whether a case is of the tenth that always runs."""
    return _rank(item) % 10 == 0


def _rank(item: str) -> int:
    return int.from_bytes(sha256(item.encode()).digest()[:8])


@dataclass
class Finished:
    """A finished run of the suites: exit code, what the terminal showed, the verdict document if there is one."""

    code: int
    output: str
    verdicts: dict[str, Any]

    @property
    def outcomes(self) -> dict[str, str]:
        clauses = [clause for contract in self.verdicts["contracts"] for clause in contract["clauses"]]
        return {clause["id"]: clause["outcome"] for clause in clauses}

    def clause(self, clause_id: str) -> dict[str, Any]:
        clauses = (clause for contract in self.verdicts["contracts"] for clause in contract["clauses"])
        return next(clause for clause in clauses if clause["id"] == clause_id)


def alone() -> dict[str, str]:
    """This environment without what tells a worker of these tests that it is one of several."""
    others = ("PYTEST_XDIST", "CI", "BUILD_NUMBER")  # and where pytest would tell every message whole
    return {name: value for name, value in os.environ.items() if not name.startswith(others)}


# Processes that begin with everything imported, since what is short would spend most of its time on that.
_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["pytest", "reports.sink", "endpoints.drafting", "tests.helpers"])
_BESIDE = {"endpoints.drafting", "endpoints.writing"}  # loaded for commands, and by no run of the suites


class Running:
    """`python -m …` in a folder, as a user runs it, in a process that was forked for it."""

    def __init__(self, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.words, self._streams = words, Path(tempfile.mkdtemp())
        everything = {**alone(), **environment}
        self.process = _FORKED.Process(target=_run, args=(list(words), folder, self._streams, everything))
        self.process.start()

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        assert self.process.pid
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    def said(self) -> str:
        """What it has written to its output so far."""
        file = self._streams / "out"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def finish(self, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        """What came of it, once it has ended by itself."""
        self.process.join(timeout)
        assert self.process.exitcode is not None, "it goes on"
        out, err = ((self._streams / name).read_text(encoding="utf-8") for name in _STREAMS)
        shutil.rmtree(self._streams)
        return subprocess.CompletedProcess(self.words, self.process.exitcode, out, err)


_STREAMS = ("out", "err")


def _run(words: list[str], folder: Path, streams: Path, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = environment.get("PYTHONPATH", "").split(os.pathsep)
    for number, name in enumerate(_STREAMS, start=1):
        os.dup2(os.open(streams / name, os.O_WRONLY | os.O_CREAT), number)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests" or name in _BESIDE]:
        del sys.modules[
            name
        ]  # Hypothesis draws what stands in the code of modules, too: a user's run has none of these
    sys.argv = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


def run_module(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m …` in the repository's folder."""
    return Running(words, ROOT, environment).finish()


def begin_suites(folder: Path, *options: str, **environment: str) -> Running:
    """`pytest suites` in a folder of its own, where its ledgers are apart from those of other tests."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["pytest", "-c", str(ROOT / "pyproject.toml"), str(ROOT / "suites"), "-q", "-p", "no:cacheprovider"]
    return Running([*words, "--verdicts", str(folder / "verdicts.json"), *options], folder, environment)


def run_suites(folder: Path, *options: str, **environment: str) -> Finished:
    """`pytest suites` in a folder of its own, to its end."""
    done, verdicts = begin_suites(folder, *options, **environment).finish(), folder / "verdicts.json"
    written = json.loads(verdicts.read_text(encoding="utf-8")) if verdicts.exists() else {}
    return Finished(done.returncode, done.stdout + done.stderr, written)


def target_file(folder: Path, base_url: str, contracts: tuple[str, ...] = contract_names()) -> Path:
    """A target of one base URL, with a token from KAITEN_TOKEN, for the named contracts."""
    tables = [f'name = "somewhere"\ntimeout = 5\n[contracts.{n}]\n{_table(n, base_url)}' for n in contracts[:1]]
    tables += [f"[contracts.{name}]\n{_table(name, base_url)}" for name in contracts[1:]]
    file = folder / "target.toml"
    file.write_text("\n".join(tables), encoding="utf-8")
    return file


def _table(name: str, base_url: str) -> str:
    way = {"attio-create-record": "oauth2", "kintone-add-records": "api-token"}.get(name, "token")
    authentication = f'authentication.{way}.headers = {{ Authorization = "Bearer ${{KAITEN_TOKEN}}" }}'
    return f'base_url = "{base_url}"\n{authentication}\n{PARAMETERS.get(name, "")}\n'


Answering = Callable[[BaseHTTPRequestHandler, bytes], None]


@contextmanager
def serving(answering: Answering, secure: ssl.SSLContext | None = None) -> Iterator[str]:
    """A real server of HTTP, or HTTPS, on loopback whose every answer comes from `answering`; gives its base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # otherwise every answer takes 40 ms

        def _answer(self) -> None:
            answering(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names that http.server wants

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if secure:
        server.socket = secure.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client may not trust it
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if secure else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(handler: BaseHTTPRequestHandler, status: int, body: Any = None, **headers: str) -> None:
    """Send a status with a JSON body, with bytes as they are, or with none."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    handler.send_response(status)
    if content and "Content_Type" not in headers:
        handler.send_header("Content-Type", "application/json")
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def mock_environment(base_url: str = "http://127.0.0.1:9") -> dict[str, str]:
    """The environment of the mock's target file, for a mock at `base_url`."""
    return {**ENVIRONMENT, "CLAUSEWISE_MOCK": base_url}
