"""Drift: what an endpoint does otherwise than it did, told apart from chance and classed for a client.

The rule: what was seen in k of n exchanges before and in k' of n' now has changed when one of the shares is nothing or
everything, the other is not the same, and such a difference would come about by chance less than once in ten thousand
times (Fisher's exact test, one-sided). So a change from always to never takes eight exchanges on each side. Where
even that could not be told, because there are fewer, it is named as such and is no drift. Outcomes of clauses need no
such rule: a clause is broken only when it was asked twice.
"""

from __future__ import annotations

import re
from typing import Any

from contracts.errors import UserError
from contracts.model import Kind
from contracts.schema import as_path
from reports.drift.changes import Change, Class, Drift, Entry, clause_of
from reports.drift.differences import Differences, parent_of
from reports.drift.records import Key, Record, Section
from suites.judgement import Outcome

OF_A_PLACE = {"type", "form", "value"}
_MANY = 3  # as many clauses that can no longer be judged stand in one entry


def compare(before: Record, after: Record) -> Drift:
    """The drift from one record to another; raises UserError when they cannot be compared."""
    if before.run["profile"] != after.run["profile"]:
        raise UserError(
            f"{before.origin} is of profile {before.run['profile']} and {after.origin} of {after.run['profile']}, so "
            "other requests were sent; compare runs of one profile"
        )
    drift = Drift(f"{before.origin} of {before.run['started'][:16].replace('T', ' ')} UTC")
    pairs = [(before.sections[key], section) for key, section in after.sections.items() if key in before.sections]
    if not pairs and len(before.targets) == len(after.targets) == 1:
        by_name = {name: section for (name, _), section in before.sections.items()}
        pairs = [(by_name[name], section) for (name, _), section in after.sections.items() if name in by_name]
        drift.notes.append(f"the targets differ: {before.targets[0]} before, {after.targets[0]} now")
    if not pairs:
        raise UserError(f"{before.origin} and {after.origin} have no contract in common; compare runs of the same ones")
    for one, other in pairs:
        found = _Causes(one, other)
        drift.entries += found.entries()
        drift.too_few += found.differences.too_few
        drift.notes += found.notes
    unasked = sorted({one.name for one in before.sections.values()} - {one.name for one in after.sections.values()})
    drift.notes += [f"{name} was not asked this time" for name in unasked]
    drift.entries.sort(key=lambda entry: (list(Class).index(entry.impact), entry.contract, entry.id))
    return drift


class _Causes:
    """The differences of one contract by their causes: one entry a cause."""

    def __init__(self, before: Section, after: Section) -> None:
        self.before, self.after = before, after
        self.differences = Differences(before, after)
        self.notes: list[str] = []
        self._entries: dict[tuple[str, ...], Entry] = {}

    def entries(self) -> list[Entry]:
        """The drift, one entry a cause."""
        for change in self.differences.changes():
            self._file(change)
        self._join_renamed()
        self._attach_clauses()
        for entry in self._entries.values():
            entry.keys = list(dict.fromkeys(entry.keys))
        return list(self._entries.values())

    def _file(self, change: Change) -> None:
        """Put a change into the entry of its cause: the same place in every situation is one."""
        situation, status, about, place = change.key
        now = self.differences.renumbered.get((situation, status), status)

        def belongs(key: Key) -> bool:
            """Whether a fact of the records goes with the change when it is accepted."""
            if about == "status":
                return key[0] == situation and (key[1] in {status, place} - {""} or key[2] == "status")
            if about in OF_A_PLACE:
                return key[1] in {status, now} and _is_at(key[3], place)
            return key[2:] == (about, place)

        if about in OF_A_PLACE:
            cause = (status, *_steps(place))
        else:
            cause = (about.replace(" ", "-"), place if about == "header" else status or "seen")
        entry = self._entries.setdefault(
            cause, Entry("/".join((self.after.name, *cause)), self.after.name, self.after.target)
        )
        entry.changes.append(change)
        entry.keys += [key for section in (self.before, self.after) for key in section.seen if belongs(key)]
        if entry.shown is None:
            entry.shown = self._example(change, now)

    def _example(self, change: Change, now: str) -> Any:
        """An exchange that shows a change: of what is new, or else any that was answered so."""
        situation, status, about, place = change.key
        if about != "status":
            found = self.after.example((situation, now if status else "", about, place), change.saw)
            if found is not None:
                return found
        wanted = change.saw if about == "status" else now
        return self.after.example((situation, "", "status", ""), wanted)

    def _join_renamed(self) -> None:
        """One attribute gone and one of the same types come, beside it and nowhere else: that is one cause."""
        gone = {cause: e for cause, e in self._entries.items() if e.changes[0].kind == "vanished"}
        come = {cause: e for cause, e in self._entries.items() if e.changes[0].kind == "appeared"}
        for cause, entry in gone.items():
            matches = [c for c, other in come.items() if self._alike(entry.changes[0], other.changes[0])]
            rivals = [
                c
                for c, other in gone.items()
                if any(self._alike(other.changes[0], come[m].changes[0]) for m in matches)
            ]
            if len(matches) == 1 and rivals == [cause]:
                other = self._entries.pop(matches[0])
                old, new = entry.changes[0], other.changes[0]
                says = f"`{old.key[3]}` is called `{new.key[3]}` in {old.key[1]} answers now."
                joined = Change(old.key, "renamed", says, Class.BREAKING, f"`{old.key[3]}`", f"`{new.key[3]}`", new.saw)
                entry.changes = [joined, *entry.changes, *other.changes]
                entry.keys += other.keys
                entry.shown = other.shown

    def _alike(self, old: Change, new: Change) -> bool:
        same_place = old.key[:2] == new.key[:2] and parent_of(old.key[3]) == parent_of(new.key[3])
        now = self.differences.renumbered.get(old.key[:2], old.key[1])
        types = self.before.seen.get(old.key, {}), self.after.seen.get((new.key[0], now, *new.key[2:]), {})
        return same_place and types[0].keys() == types[1].keys()

    def _attach_clauses(self) -> None:
        """Outcomes that changed: with the change of the answers that they speak of, else by themselves."""
        both = self.before.clauses.keys() & self.after.clauses.keys()
        new = len(self.after.clauses.keys() - self.before.clauses.keys())
        if new:
            self.notes.append(f"{self.after.name}: {new} clauses were not asked before, so they are not compared")
        left: dict[tuple[str, str], list[str]] = {}
        for clause in sorted(both):
            outcomes = self.before.clauses[clause], self.after.clauses[clause]
            if outcomes[0] == outcomes[1]:
                continue
            entry = self._cause_of(clause)
            if entry:
                entry.clauses[clause] = outcomes
            else:
                left.setdefault(outcomes, []).append(clause)
        for outcomes, clauses in left.items():
            together = outcomes[1] in {Outcome.UNEXERCISED, Outcome.UNDETERMINED} and len(clauses) > _MANY
            for group in [clauses] if together else [[clause] for clause in clauses]:
                identifier = f"{self.after.name}/{outcomes[1]}" if together else group[0]
                entry = Entry(identifier, self.after.name, self.after.target, group=outcomes[1] if together else "")
                entry.clauses = dict.fromkeys(group, outcomes)
                entry.shown = self.after.evidence.get(group[0])
                self._entries["clause", group[0]] = entry

    def _cause_of(self, clause_id: str) -> Entry | None:
        clause = clause_of(clause_id)
        if clause is None or clause.kind not in {Kind.STATUS, Kind.RESPONSE}:
            return None
        for cause, entry in self._entries.items():
            first = entry.changes[0] if entry.changes else None
            if first is None:
                continue
            if first.key[2] == "status" and cause[1] == clause.status:
                return entry
            fits = clause.status in {first.key[1], f"{first.key[1][:1]}XX"}
            if first.key[2] == "media type" and fits and clause.keyword == "content-type":
                return entry
            if first.key[2] in OF_A_PLACE and fits and _is_at(as_path(clause.place), first.key[3]):
                return entry
        return None


def _steps(place: str) -> list[str]:
    """The steps of a JSONPath as clause ids write them."""
    return ["*" if step == "[*]" else step.strip(".[]'") for step in re.findall(r"\.\w+|\[\*\]|\['.*?'\]", place)]


def _is_at(place: str, ancestor: str) -> bool:
    return place == ancestor or place.startswith((f"{ancestor}.", f"{ancestor}["))
