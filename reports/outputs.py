"""The end of a run: what is known and what has drifted goes into its verdicts, and they into every file asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contracts.errors import UserError
from reports.changes import Class
from reports.ci import as_junit, as_markdown, github_annotations
from reports.drift import compare
from reports.files import Row, as_json, write_whole
from reports.html import as_html
from reports.known import Known
from reports.records import Record, add_record, history_of, newest_before, newest_first, read_record, record_of
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
        if self.baseline and not self.baseline.is_dir() and (self.baseline.exists() or self.baseline.suffix):
            read_record(self.baseline)
        if self.record and self.record.exists() and not self.record.is_dir():
            raise UserError(f"{self.record} is a file; --record wants a folder, which may be a new one")
        return Known.read(self.known) if self.known else None


@dataclass
class Ending:
    """What becomes of a run: whether it fails, why in a line each, and the files that could not be written."""

    failed: bool = False
    nothing_judged: bool = False
    unwritten: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def finish(document: Row, wanted: Wanted) -> Ending:
    """Complete a run's verdicts and write what is wanted."""
    ending, record = Ending(nothing_judged=nothing_judged(document)), record_of(document)
    if wanted.known:
        Known.read(wanted.known).apply(document)
    try:
        baseline = _baseline(record, wanted, document["run"]["notes"])  # before this run's record joins the others
        drift = compare(baseline, record) if baseline else None
    except UserError as error:  # the run's verdicts are not lost for it
        document["run"]["notes"].append(error.message)
        ending.unwritten.append(error.message)
        drift = None
    if drift:
        known = {clause["id"] for clause in clauses_of(document) if "known" in clause}
        accepted = [entry for entry in drift.entries if entry.clauses and entry.clauses.keys() <= known]
        drift.notes += [f"{entry.id} fails nothing: its clauses are known deviations" for entry in accepted]
        document["drift"] = drift.row()
        bad = drift.reaching(Class(wanted.fail_on)) if wanted.fail_on != NEVER else []
        ending.failed = any(entry not in accepted for entry in bad)
    ending.failed |= bool(failing(document))
    for option, path, write in _files(document, record, wanted):
        try:
            write(path)
        except OSError as error:
            said = f"{path} could not be written ({error.strerror}); give {option} another path"
            document["run"]["notes"].append(said)
            ending.unwritten.append(said)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        ending.lines += github_annotations(document)
    return ending


def _files(document: Row, record: Record, wanted: Wanted) -> Iterator[tuple[str, Path, Callable[[Path], object]]]:
    """Each file to write: its option, path and writer. The record comes first, since the report shows it."""
    asked = any(clause["judgements"] for clause in clauses_of(document))
    if wanted.record and asked:
        yield "--record", wanted.record, lambda folder: _remember(document, record, folder)
    if wanted.verdicts:
        yield "--verdicts", wanted.verdicts, lambda file: write_whole(file, as_json(document))
    if wanted.junit:
        yield "--junit", wanted.junit, lambda file: write_whole(file, as_junit(document))
    if wanted.report:
        yield "--report", wanted.report, lambda file: write_whole(file, as_html(document, wanted.documents))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and asked:
        yield "GITHUB_STEP_SUMMARY", Path(summary), lambda file: _append(file, as_markdown(document))


def _remember(document: Row, record: Record, folder: Path) -> None:
    add_record(folder, record)
    document["history"] = history_of(newest_first(folder), record.targets)


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text + "\n")


def _baseline(record: Record, wanted: Wanted, notes: list[str]) -> Record | None:
    """The record to compare with: a file, or the newest one of a folder that fits; None on the first night."""
    path = wanted.baseline
    if not path:
        return None
    if path.exists() and not path.is_dir():
        return read_record(path)
    found = newest_before(path, record, notes)
    if found is None:
        notes.append(f"{path} has no complete record of this target and profile yet: nothing to compare with")
    return found
