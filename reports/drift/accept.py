"""Accepting what a run shows: as the new baseline, or as a known deviation; always with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path

from contracts.errors import UserError
from contracts.files import is_there, write_or_tell
from reports.drift.causes import compare
from reports.drift.changes import Entry
from reports.drift.records import Key, Record, Section, as_record, read_record
from reports.files import Row
from reports.known import Known, as_known, day_of
from reports.verdicts import BAD
from suites.judgement import Outcome


def accept_drift(new: Record, file: Path, ids: Sequence[str], reason: str) -> list[str]:
    """Bring a baseline up to what `new` shows, wholly or for some drifts or clauses; tells what it did, a line each.

    Raises UserError for an id that has not drifted, and for a change without a reason.
    """
    if not is_there(file):
        if ids:
            raise UserError(f"{file} is not there yet; make it without naming an id, then accept changes one by one")
        _whole(new)
        write_or_tell(file, as_record(new))
        clauses = sum(len(section.clauses) for section in new.sections.values())
        seen = sum(len(section.seen) for section in new.sections.values())
        return [f"{file}: a new baseline of {clauses} clauses and {seen} observations, from {new.origin}"]
    before = read_record(file)
    entries = compare(before, new).entries
    chosen = [entry for entry in entries if not ids or entry.id in ids or set(entry.clauses) & set(ids)]
    for name in ids:
        if not any(name == entry.id or name in entry.clauses for entry in chosen):
            raise UserError(f"{name} has not drifted; `python -m reports drift {file} {new.origin}` lists what has")
    if entries and not reason:
        raise UserError("a change is accepted with a reason: add --reason TEXT")
    if not ids:
        _whole(new)
    after = deepcopy(before) if ids else _updated(before, new)
    for entry in chosen if ids else ():
        _take(after.sections, new.sections, entry)
    told = [{"what": entry.id, "reason": reason, "on": date.today().isoformat()} for entry in chosen]  # noqa: DTZ011
    after.accepted = [*before.accepted, *told]
    write_or_tell(file, as_record(after))
    return [
        *(f"accepted: {entry.id}: {entry.sentence}" for entry in chosen),
        f"{file}: accepted changes: {len(chosen)}",
    ]


def _updated(before: Record, new: Record) -> Record:
    """The new run, and beside it what the baseline has of contracts that it did not ask."""
    kept = before.sections if set(new.targets) <= set(before.targets) else {}
    return replace(new, sections={**kept, **new.sections})


def _whole(new: Record) -> None:
    if not new.run["complete"]:
        said = "was interrupted, or asked only some clauses"
        raise UserError(f"{new.origin} {said}, so it cannot be a baseline; run the suites to their end")


def _take(sections: dict[tuple[str, str], Section], new: dict[tuple[str, str], Section], entry: Entry) -> None:
    """Copy everything that an entry is about from the new run into the baseline."""
    source = new[entry.contract, entry.target]
    alike = (section for (name, _), section in sections.items() if name == entry.contract)
    target = sections.get((entry.contract, entry.target)) or next(alike)  # the baseline may be another target's
    for clause in entry.clauses:
        target.clauses[clause] = source.clauses[clause]
    for key in entry.keys:
        target.seen.pop(key, None)
    for key in entry.keys:
        if key in source.seen:
            target.seen[key] = _scaled(key, source, target)
            for saw in source.seen[key]:
                own = ("accepted", key, saw)
                target.examples[own], target.shown[key, saw] = source.example(key, saw), own


def _scaled(key: Key, source: Section, target: Section) -> dict[str, int]:
    """What was seen, as shares of the baseline's own number of such answers, so that it fits what stands beside it."""
    situation, status, *_ = key
    statuses = (situation, "", "status", "")
    total = source.seen.get(statuses, {}).get(status, 0)
    own = target.seen.get(statuses, {}).get(status, 0)
    if not total or not own:
        return source.seen[key]
    return {saw: max(round(times * own / total), 1) for saw, times in source.seen[key].items()}


def accept_known(new: Record, file: Path, ids: Sequence[str], reason: str, ticket: str, expires: str) -> list[str]:
    """Write broken clauses into a file of known deviations; tells which. Raises UserError for what is not broken."""
    broken = _with(new, *BAD)
    for clause in ids:
        if clause not in broken:
            raise UserError(f"{clause} is not broken in {new.origin}, so there is nothing to accept")
    if not broken:
        return [f"nothing is broken in {new.origin}, so {file} stays as it is"]
    if not reason:
        raise UserError("a deviation is known for a reason: add --reason TEXT")
    day_of(expires or None, "--expires")
    chosen = sorted(ids or broken)
    entry: Row = {
        "reason": reason,
        **({"ticket": ticket} if ticket else {}),
        **({"expires": expires} if expires else {}),
    }
    known = Known.read(file).entries if is_there(file) else {}
    write_or_tell(file, as_known({**known, **{clause: {"clause": clause, **entry} for clause in chosen}}))
    return [*(f"known: {clause}" for clause in chosen), f"{file}: known deviations added: {len(chosen)}"]


def drop_mended(new: Record, file: Path) -> list[str]:
    """Take out of a file of known deviations what is upheld now; tells which."""
    entries = Known.read(file).entries
    mended = sorted(entries.keys() & _with(new, Outcome.UPHELD))
    write_or_tell(file, as_known({clause: entry for clause, entry in entries.items() if clause not in mended}))
    return [
        *(f"mended: {clause}" for clause in mended),
        f"{file}: {len(mended)} taken out, {len(entries) - len(mended)} left",
    ]


def _with(record: Record, *outcomes: Outcome) -> set[str]:
    return {c for section in record.sections.values() for c, outcome in section.clauses.items() if outcome in outcomes}
