"""The end of a run: what is known and what has drifted goes into its verdicts, and they into every file asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

from contracts.errors import UserError
from contracts.files import is_folder, is_there, prove_writable, unwritable, write_whole
from contracts.text import as_line
from reports.ci import as_junit, as_markdown, github_annotations
from reports.drift.causes import compare
from reports.drift.changes import Class
from reports.drift.records import Record, add_record, history_of, newest_before, newest_first, read_record, record_of
from reports.files import Row, as_json
from reports.html import as_html
from reports.known import Known
from reports.verdicts import clauses_of, failing, nothing_judged

NEVER = "never"


@dataclass(frozen=True)
class Wanted:
    """What a run is asked to write, and with what it is compared."""

    verdicts: Path | None = None
    report: Path | None = None
    junit: Path | None = None
    record: Path | None = None
    baseline: Path | None = None
    known: Path | None = None
    documents: Path | None = None
    fail_on: str = str(Class.BREAKING)

    def check(self) -> Known | None:
        """What is known of deviations. Raises UserError for what would only come to light when the run is over."""
        if self.baseline and not is_folder(self.baseline) and (is_there(self.baseline) or self.baseline.suffix):
            read_record(self.baseline)
        if self.record and is_there(self.record) and not is_folder(self.record):
            raise UserError(f"{self.record} is a file; --record wants a folder, which may be a new one")
        taken = dict[Path, str]()
        for option, file in self._files():
            prove_writable(file, option)
            if taken.setdefault(file.absolute(), option) != option:
                raise UserError(f"{file}: {taken[file.absolute()]} is written there; give {option} another path")
        return Known.read(self.known) if self.known else None

    def _files(self) -> Iterator[tuple[str, Path]]:
        files = {"--verdicts": self.verdicts, "--junit": self.junit, "--report": self.report}
        yield from ((option, file) for option, file in files.items() if file)
        if self.record:
            yield "--record", self.record / "a-record.json"


@dataclass
class Ending:
    """What becomes of a run: whether it fails, why in a line each, and what could not be made or written."""

    failed: bool = False
    drifted: bool = False
    nothing_judged: bool = False
    unwritten: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def trying(self, document: Row, what: str, make: Callable[[], object]) -> None:
        """Make one part of what is wanted; when that fails, it is told, and nothing else is lost for it."""
        try:
            make()
        except UserError as error:
            said = error.message
        except Exception as error:  # noqa: BLE001 - whatever it is, the other outputs stand alone
            cause = as_line(f"{type(error).__name__}: {error}"[:300])
            said = f"Clausewise failed in making {what} ({cause}); the rest stands, and this is worth a bug report"
        else:
            return
        document["run"]["notes"].append(said)
        self.unwritten.append(said)


def finish(document: Row, wanted: Wanted) -> Ending:
    """Complete a run's verdicts and write what is wanted, the verdicts first: all the others can be made of them."""
    ending = Ending(nothing_judged=nothing_judged(document))
    if wanted.known:
        known = wanted.known
        ending.trying(document, "what is known of deviations", lambda: Known.read(known).apply(document))
    ending.trying(document, "the drift", partial(_compare, document, wanted, ending))
    ending.trying(document, "the history of runs", partial(_look_back, document, wanted))
    ending.failed |= bool(failing(document))
    for option, file, write in _files(document, wanted):
        ending.trying(document, str(file), partial(_write, option, file, write))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        ending.trying(document, "annotations", lambda: ending.lines.extend(github_annotations(document)))
    return ending


def _asked(document: Row) -> bool:
    return any(clause["judgements"] for clause in clauses_of(document))


def _compare(document: Row, wanted: Wanted, ending: Ending) -> None:
    """Tell the drift from the baseline, which is looked for before this run's record joins the others."""
    record = record_of(document)
    baseline = _baseline(record, wanted, document["run"]["notes"])
    if baseline:
        drift = compare(baseline, record)
        known = {clause["id"] for clause in clauses_of(document) if "known" in clause}
        accepted = [entry for entry in drift.entries if entry.clauses and entry.clauses.keys() <= known]
        drift.notes += [f"{entry.id} fails nothing: its clauses are known deviations" for entry in accepted]
        document["drift"] = drift.row()
        bad = drift.reaching(Class(wanted.fail_on)) if wanted.fail_on != NEVER else []
        ending.failed = ending.drifted = any(entry not in accepted for entry in bad)


def _look_back(document: Row, wanted: Wanted) -> None:
    if wanted.record and _asked(document):
        record = record_of(document)
        document["history"] = history_of(chain([record], newest_first(wanted.record)), record.targets)


def _files(document: Row, wanted: Wanted) -> Iterator[tuple[str, Path, Callable[[Path], object]]]:
    """Each file to write: its option, path and writer."""
    if wanted.verdicts:
        yield "--verdicts", wanted.verdicts, lambda file: write_whole(file, as_json(document))
    if wanted.record and _asked(document):
        yield "--record", wanted.record, lambda folder: add_record(folder, record_of(document))
    if wanted.junit:
        yield "--junit", wanted.junit, lambda file: write_whole(file, as_junit(document))
    if wanted.report:
        yield "--report", wanted.report, lambda file: write_whole(file, as_html(document, wanted.documents))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and _asked(document):
        yield "GITHUB_STEP_SUMMARY", Path(summary), lambda file: _append(file, as_markdown(document))


def _write(option: str, file: Path, write: Callable[[Path], object]) -> None:
    try:
        write(file)
    except OSError as error:
        raise UserError(unwritable(file, option, error)) from None


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(text + "\n")


def _baseline(record: Record, wanted: Wanted, notes: list[str]) -> Record | None:
    """The record to compare with: a file, or the newest one of a folder that fits; None on the first night."""
    path = wanted.baseline
    if not path:
        return None
    if is_there(path) and not is_folder(path):
        return read_record(path)
    found = newest_before(path, record, notes)
    if found is None:
        notes.append(f"{path} has no complete record of this target and profile yet: nothing to compare with")
    return found
