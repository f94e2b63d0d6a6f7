"""The ledger of a live run: what is about to be made is on disk before it is sent, and what became of it after.

A ledger is a file of JSON objects, one a line, each on disk before the run goes on. The first line says whose it is;
then come an intent for each creating request and, when its answer has come, its outcome:

==========================================  =================================================================
`{"ledger": 2, "target": …}`                the head
`{"intent": 7, "contract": …, …}`           a request is about to be sent: time, method, URL, SHA-256 of its body,
                                            and what cleaning up needs: the operation's path, its parameters, the
                                            way to authenticate, some values that the record will show
`{"outcome": 7, "ids": ["26"]}`             it made these records; or `"refused": 400`; or `"unknown": "why"`
`{"gone": "26", "of": 7}`                   the record is deleted
==========================================  =================================================================

An intent without an outcome is of unknown fate: the run was killed. Nothing secret stands in a ledger, and nothing in
it says where to send: hosts and credentials come from the target's file.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from contracts.errors import UserError

if sys.platform != "win32":  # there a ledger in use is not told from one that was left
    import fcntl

LEDGERS = Path(".clausewise")
_FORMAT = 2
_BEGUN = 0.2  # seconds within which a ledger without a word may be one that is being begun
Row = dict[str, Any]
Scalar = str | int | float


@dataclass(frozen=True)
class Intent:
    """A creating request, as far as cleaning up needs it.

    `operation` is the path template of the contract that it went to, `path` the values of its parameters and of those
    of the operations beside it, `shows` some values of each record that was sent, which the record made of it shows.
    """

    contract: str
    operation: str
    path: Mapping[str, str]
    scheme: str = ""
    shows: tuple[tuple[Scalar, ...], ...] = ()
    number: int = 0
    at: str = ""
    method: str = ""
    url: str = ""
    body: str = ""

    def made(self, ids: list[str]) -> list[Created]:
        """The records that an answer names by these ids; one of which nothing was sent need not show anything."""
        each = len(ids) == len(self.shows)
        return [Created(self, one, () if each and not self.shows[n] else self.shows) for n, one in enumerate(ids)]

    @classmethod
    def read(cls, row: Row) -> Intent:
        """An intent out of a ledger's line; raises ValueError for what is none."""
        shows = row.get("shows", [])
        path = row.get("path", {})
        texts = (row.get("contract"), row.get("operation"), row.get("url", ""), row.get("scheme", ""))
        if not all(isinstance(text, str) for text in texts) or not isinstance(row.get("intent"), int):
            raise ValueError("it names no contract, operation or number")
        urlsplit(row.get("url", ""))  # which raises ValueError, too
        if not isinstance(path, dict) or not all(isinstance(value, str) for value in path.values()):
            raise ValueError("its path parameters are no texts")
        if not isinstance(shows, list) or not all(map(_are_scalars, shows)):
            raise ValueError("what its records show is no list of lists of values")
        known = {name: row[name] for name in ("contract", "operation", "scheme", "url") if name in row}
        return cls(**known, path=path, shows=tuple(map(tuple, shows)), number=row["intent"], at=str(row.get("at", "")))


@dataclass(frozen=True)
class Created:
    """A record that a run made: its intent, the id that the answer named, and what it shows of one that was sent."""

    intent: Intent
    id: str
    shows: tuple[tuple[Scalar, ...], ...] = ()


@dataclass
class Standing:
    """What a ledger says is still there: records, requests of unknown fate with why, and lines that say nothing."""

    records: list[Created] = field(default_factory=list)
    unknown: list[tuple[Intent, str]] = field(default_factory=list)
    spoiled: list[str] = field(default_factory=list)


class Ledger:
    """An open ledger, which this process alone writes: `begin` one, or `reopen` that of an earlier run."""

    def __init__(self, file: Path, stream: TextIO) -> None:
        self.file, self._stream, self._count = file, stream, 0
        self.others: dict[str, frozenset[str]] = {}  # by path, the ids of what was there before anything was made
        self.deleted: set[str] = set()  # addresses of what this run has deleted: what stood within goes with it
        self.broken = ""  # why nothing can be written down any more, as on a full disk: then nothing may be made
        _lock(stream)

    @classmethod
    def begin(cls, folder: Path, target: str) -> Ledger:
        """A new ledger in a folder. Raises UserError when it cannot be kept."""
        name = _slug(target)
        with _keeping(folder):
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"created-{name}-{os.getpid()}.jsonl"
            if file.exists():  # of another process that had our number
                file = folder / f"created-{name}-{time.time_ns()}-{os.getpid()}.jsonl"
            ledger = cls(file, file.open("x", encoding="utf-8"))
            ledger._append({"ledger": _FORMAT, "target": target})
            return ledger

    @classmethod
    def reopen(cls, file: Path) -> Ledger:
        """The ledger of an earlier run, to write down in it what is deleted. Raises UserError."""
        try:
            stream = file.open("a", encoding="utf-8")
        except OSError as error:
            raise UserError(f"{file} cannot be written ({error.strerror}); mend that, and run again") from None
        stream.write("\n")  # its last line may be torn
        return cls(file, stream)

    def intend(self, intent: Intent) -> int:
        """Write down that a request is about to be sent; gives the number under which its outcome is to be told."""
        self._count += 1
        about = {"at": intent.at, "method": intent.method, "url": intent.url, "body": intent.body}
        where = {"contract": intent.contract, "operation": intent.operation, "path": dict(intent.path)}
        self._write(
            {"intent": self._count, **about, **where, "scheme": intent.scheme, "shows": list(intent.shows)},
        )
        return self._count

    def conclude(self, number: int, **outcome: Any) -> None:
        """Write down what became of an intent: `ids`, `refused`, `unknown`; several may hold."""
        self._write({"outcome": number, **outcome})

    def gone(self, created: Created) -> None:
        """Write down that a record is deleted; this need not be on disk before the run goes on."""
        self._write({"gone": created.id, "of": created.intent.number}, sync=False)

    def close(self, *, remove: bool) -> None:
        """Close the file, and remove it when nothing that it names is left."""
        with suppress(OSError):  # what it could not write, it cannot write now
            self._stream.close()
        if remove:
            self.file.unlink(missing_ok=True)

    def _write(self, row: Row, sync: bool = True) -> None:
        try:
            if not self.broken:
                self._append(row, sync)
        except OSError as error:
            self.broken = (
                f"the ledger {self.file} can no longer be written ({error.strerror}), so nothing more was sent; "
                f"mend that, and run again"
            )

    def _append(self, row: Row, sync: bool = True) -> None:
        if not os.fstat(self._stream.fileno()).st_nlink:
            raise FileNotFoundError(errno.ENOENT, "somebody has removed it")
        self._stream.write(json.dumps(row, sort_keys=True) + "\n")
        self._stream.flush()
        if sync:
            os.fsync(self._stream.fileno())


def prove_writable(folder: Path) -> None:
    """Raise UserError unless the ledgers of other processes can be kept in a folder."""
    with _keeping(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".proof-") as stream:
            stream.write("{}")
            stream.flush()
            os.fsync(stream.fileno())


@contextmanager
def _keeping(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{folder}: no ledger of created records can be kept here ({error.strerror}), so nothing was sent; "
            f"run in a folder that can be written"
        ) from None


def read_ledger(file: Path) -> Standing:
    """What a ledger says is still there; a line that cannot be read is left out and told. Raises UserError."""
    try:
        text = file.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}); give the path of a ledger") from None
    standing, intents, gone = Standing(), dict[int, Intent](), set[tuple[int, str]]()
    open_ones, made = dict[int, str](), list[Created]()
    rows = list(_rows(file, text, standing.spoiled))
    if not rows and standing.spoiled:
        raise UserError(f"{file}: this is no ledger of created records; give a file of {LEDGERS}/")
    for line, row in rows:
        try:
            if "intent" in row:
                intent = Intent.read(row)
                intents[intent.number] = intent
                open_ones[intent.number] = "the run ended before the answer came"
            elif "outcome" in row:
                _conclude(row, intents, open_ones, made)
            elif "gone" in row:
                gone.add((int(row["of"]), str(row["gone"])))
            elif "ledger" not in row:
                raise ValueError("it is no line of a ledger")  # noqa: TRY301 - all mistakes of a line end alike
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            standing.spoiled.append(f"{file}, line {line} says nothing to act on: {_said(error)}")
    standing.records = [one for one in made if (one.intent.number, one.id) not in gone]
    standing.unknown = [(intents[number], why) for number, why in open_ones.items()]
    return standing


def _rows(file: Path, text: str, spoiled: list[str]) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            json.dumps(row, ensure_ascii=False).encode()  # lone surrogates stand in no URL
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            yield number, row
        else:
            spoiled.append(f"{file}, line {number} is no JSON object; it may have been cut short")


def _conclude(row: Row, intents: Mapping[int, Intent], open_ones: dict[int, str], made: list[Created]) -> None:
    intent = intents.get(row["outcome"])
    if intent is None:
        raise ValueError("no line above it has this intent")
    ids = row.get("ids", [])
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise ValueError("its ids are no list of texts")
    if "unknown" in row:
        open_ones[intent.number] = str(row["unknown"])
    else:
        open_ones.pop(intent.number, None)
    made.extend(intent.made(ids))


def _are_scalars(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str | int | float) for value in values)


def _said(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)[:200]


def abandoned(target: str, folder: Path = LEDGERS) -> list[Path]:
    """The ledgers of a target that no process is writing: of runs that were killed, or could not delete everything.

    One that names nothing, of a run that was killed before it had sent anything, is removed.
    """
    own = re.compile(rf"created-{_slug(target)}(-\d{{16,}})?-\d+\.jsonl")  # as `begin` names them
    files = sorted(file for file in folder.glob("created-*.jsonl") if own.fullmatch(file.name) and file.is_file())
    ended = [file for file in files if not in_use(file)]
    telling = [file for file in ended if _names_something(file)]
    for file in ended:
        with suppress(OSError):
            if file not in telling and time.time() - file.stat().st_mtime > _BEGUN:
                file.unlink()
    return telling


def kept_by(processes: Iterable[int]) -> dict[Path, Standing]:
    """The ledgers that these processes are writing, and what each says is still there, where it names anything."""
    found = {}
    for file in LEDGERS.glob("created-*.jsonl"):
        if file.stem.rpartition("-")[2] in map(str, processes) and (in_use(file) or sys.platform == "win32"):
            with suppress(UserError):
                found[file] = read_ledger(file)
    return {file: standing for file, standing in found.items() if standing.records or standing.unknown}


def _names_something(file: Path) -> bool:
    """Whether a ledger may say what is left; one of a run that was killed before it sent anything does not."""
    try:
        standing = read_ledger(file)
    except UserError:
        return True
    return bool(standing.records or standing.unknown or standing.spoiled)


def _slug(target: str) -> str:
    return re.sub(r"\W+", "-", target.lower())[:50]  # of four bytes each at most: names of files have 255


def in_use(file: Path) -> bool:
    """Whether the run that writes a ledger still goes on."""
    try:
        with file.open("r+b") as stream:
            return not _lock(stream)
    except OSError:
        return False


def _lock(stream: Any) -> bool:
    """Lock a ledger until it is closed or its process ends; False when another process has done so."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
