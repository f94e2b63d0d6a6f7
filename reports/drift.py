"""Drift: what an endpoint does otherwise than it did, told apart from chance and classed for a client.

The rule: what was seen in k of n exchanges before and in k' of n' now has changed when one of the shares is nothing or
everything, the other is not the same, and such a difference would come about by chance less than once in ten thousand
times (Fisher's exact test, one-sided). So a change from always to never takes eight exchanges on each side. Where
even that could not be told, because there are fewer, it is named as such and is no drift. Outcomes of clauses need no
such rule: a clause is broken only when it was asked twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import comb
from typing import Any

from contracts.contract import contract_names, load_contract
from contracts.errors import UserError
from contracts.model import Clause, Kind, Level
from reports.files import Row
from reports.records import Key, Record, Section
from suites.judgement import Outcome
from suites.observations import as_path

CHANCE = 10_000  # once in so many times
_MANY = 3  # as many clauses that can no longer be judged stand in one entry
_WARNING_HEADERS = re.compile(r"deprecation|sunset|(x-)?rate-?limit.*", re.IGNORECASE)


class Class(StrEnum):
    """What a change means for a client, the worst first."""

    BREAKING = "breaking"
    RISKY = "risky"
    ADDITIVE = "additive"

    def reaches(self, other: Class) -> bool:
        """Whether it is at least as bad as another class."""
        return list(Class).index(self) <= list(Class).index(other)


@dataclass(frozen=True)
class Change:
    """One difference between two records: where, what it is called, its class, both sides, and what shows it."""

    key: Key
    kind: str
    says: str
    impact: Class
    before: str
    after: str
    saw: str = ""


@dataclass
class Entry:
    """One drift: changes that have one cause, and the clauses whose outcomes changed with them."""

    id: str
    contract: str
    target: str
    changes: list[Change] = field(default_factory=list)
    clauses: dict[str, tuple[str, str]] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    shown: Any = None
    group: str = ""

    @property
    def impact(self) -> Class:
        """The worst class of everything in it."""
        found = [change.impact for change in self.changes]
        found += [_clause_impact(clause, *both) for clause, both in self.clauses.items()]
        return min(found, key=list(Class).index)

    @property
    def sentence(self) -> str:
        """What has changed, in one sentence."""
        if self.changes:
            return self.changes[0].says
        if self.group:
            return f"{len(self.clauses)} clauses of {self.contract} are {self.group} now."
        (clause, (before, after)), *_ = self.clauses.items()
        known = _clause(clause)
        return f"{known.sentence if known else clause} This was {before} and is {after} now."

    def row(self) -> Row:
        """The entry as a plain JSON object."""
        first = self.changes[0] if self.changes else None
        (before, after), *_ = self.clauses.values() or [("", "")]
        told = {} if list(self.clauses) == [self.id] else self.clauses
        others = list(dict.fromkeys(change.says for change in self.changes if change.says != self.sentence))
        return {
            "id": self.id,
            "contract": self.contract,
            "target": self.target,
            "class": str(self.impact),
            "sentence": self.sentence,
            "changes": others,
            "clauses": [f"{clause}: {one} → {other}" for clause, (one, other) in told.items()],
            "before": first.before if first else before,
            "after": first.after if first else after,
            "shown": self.shown,
        }


@dataclass
class Drift:
    """Everything that differs between a baseline and a run, the worst first."""

    baseline: str
    entries: list[Entry] = field(default_factory=list)
    too_few: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def row(self) -> Row:
        """The drift as a verdict document holds it."""
        rows = [entry.row() for entry in self.entries]
        return {"baseline": self.baseline, "entries": rows, "too_few": self.too_few, "notes": self.notes}

    def reaching(self, least: Class) -> list[Entry]:
        """The entries of a class or a worse one."""
        return [entry for entry in self.entries if entry.impact.reaches(least)]


def compare(before: Record, after: Record) -> Drift:
    """The drift from one record to another; raises UserError when they cannot be compared."""
    if before.run["profile"] != after.run["profile"]:
        raise UserError(
            f"{before.origin} is of profile {before.run['profile']} and {after.origin} of {after.run['profile']}, so "
            "other requests were sent; compare runs of one profile"
        )
    drift = Drift(f"{before.origin}, {before.run['started']}")
    pairs = [(before.sections[key], section) for key, section in after.sections.items() if key in before.sections]
    if not pairs and len(before.targets) == len(after.targets) == 1:
        by_name = {name: section for (name, _), section in before.sections.items()}
        pairs = [(by_name[name], section) for (name, _), section in after.sections.items() if name in by_name]
        drift.notes.append(f"the targets differ: {before.targets[0]} before, {after.targets[0]} now")
    if not pairs:
        raise UserError(f"{before.origin} and {after.origin} have no contract in common; compare runs of the same ones")
    for one, other in pairs:
        found = _Comparison(one, other)
        drift.entries += found.entries()
        drift.too_few += found.too_few
        drift.notes += found.notes
    missing = sorted(set(before.sections) - set(after.sections)) if not drift.notes else []
    drift.notes += [f"{name} on {target} was not asked this time" for name, target in missing]
    drift.entries.sort(key=lambda entry: (list(Class).index(entry.impact), entry.contract, entry.id))
    return drift


def unlikely(k: int, n: int, other_k: int, other_n: int) -> bool:
    """Whether k of n and other_k of other_n differ by more than chance: Fisher's exact test, one-sided (1935)."""
    if k * other_n > other_k * n:
        return unlikely(other_k, other_n, k, n)
    hits = k + other_k
    tail = sum(comb(n, i) * comb(other_n, hits - i) for i in range(max(0, hits - other_n), k + 1))
    return tail * CHANCE <= comb(n + other_n, hits)


def _share(k: int, n: int) -> str:
    return "never" if not k else "always" if k == n else "sometimes"


class _Comparison:
    """One contract before and after."""

    def __init__(self, before: Section, after: Section) -> None:
        self.before, self.after = before, after
        self.too_few: list[str] = []
        self.notes: list[str] = []
        self._renumbered: dict[tuple[str, str], str] = {}  # situation and old status: new status
        self._entries: dict[tuple[str, ...], Entry] = {}

    def entries(self) -> list[Entry]:
        """The drift, one entry a cause."""
        changes = [*self._statuses(), *self._answers(), *self._notes()]
        for change in changes:
            self._file(change)
        self._join_renamed()
        self._attach_clauses()
        for entry in self._entries.values():
            entry.keys = list(dict.fromkeys(entry.keys))
        return list(self._entries.values())

    # Differences.

    def _flips(self, before: tuple[int, int], after: tuple[int, int], what: str) -> bool:
        """Whether a share has changed by more than chance; where there is too little to tell, that is noted."""
        (k, n), (other_k, other_n) = before, after
        if not n or not other_n or _share(k, n) == _share(other_k, other_n):
            return False
        if unlikely(k, n, other_k, other_n):
            return True
        if not unlikely(0, n, other_n, other_n):
            self.too_few.append(
                f"{self.after.name}: {what}: in {k} of {n} exchanges before, in {other_k} of {other_n} now"
            )
        return False

    def _statuses(self) -> Iterator[Change]:
        for situation in _situations(self.before.seen, self.after.seen):
            key = (situation, "", "status", "")
            total, other_total = self.before.count(key), self.after.count(key)
            old, new = self.before.seen.get(key, {}), self.after.seen.get(key, {})
            flipped = [
                status
                for status in sorted(old.keys() | new.keys())
                if (status in old) != (status in new)
                and self._flips(
                    (old.get(status, 0), total),
                    (new.get(status, 0), other_total),
                    _named(situation, f"status {status}"),
                )
            ]
            gone, come = [s for s in flipped if s in old], [s for s in flipped if s in new]
            for status in gone:
                into = next((s for s in come if s[0] == status[0]), None)
                if into:
                    come.remove(into)
                    self._renumbered[situation, status] = into
                    says = f"What was answered {status} is answered {into} now."
                    impact = Class.BREAKING if status[0] == "2" else Class.RISKY
                    both = (f"{status} {_of((old[status], total))}", f"{into} {_of((new[into], other_total))}")
                    yield Change((situation, status, "status", into), "renumbered", says, impact, *both, into)
                else:
                    says = f"Nothing is answered {status} any more."
                    yield self._status(situation, status, says, old[status], total, 0, other_total)
            for status in come:
                says = f"Some requests are answered {status} now."
                yield self._status(situation, status, says, 0, total, new[status], other_total)

    def _status(self, situation: str, status: str, says: str, k: int, n: int, other_k: int, other_n: int) -> Change:
        key = (situation, status, "status", "")
        return Change(key, "status", says, Class.RISKY, _of((k, n)), _of((other_k, other_n)), status)

    def _answers(self) -> Iterator[Change]:
        """What differs in the answers of one status of one situation."""
        statuses = sorted({key[:2] for key in self.before.seen if key[1]})
        for situation, status in statuses:
            now = self._renumbered.get((situation, status), status)
            total = self._exchanges(self.before, situation, status)
            other_total = self._exchanges(self.after, situation, now)
            if total and other_total:
                yield from self._headers(situation, status, now, (total, other_total))
                yield from self._media_types(situation, status, now, (total, other_total))
                yield from self._places(situation, status, now)

    @staticmethod
    def _exchanges(section: Section, situation: str, status: str) -> int:
        return section.seen.get((situation, "", "status", ""), {}).get(status, 0)

    def _both(
        self, situation: str, status: str, now: str, about: str
    ) -> Iterator[tuple[str, dict[str, int], dict[str, int]]]:
        """Each place of either side with what was seen there."""
        old = {key[3]: seen for key, seen in self.before.seen.items() if key[:3] == (situation, status, about)}
        new = {key[3]: seen for key, seen in self.after.seen.items() if key[:3] == (situation, now, about)}
        for place in sorted(old.keys() | new.keys()):
            yield place, old.get(place, {}), new.get(place, {})

    def _headers(self, situation: str, status: str, now: str, totals: tuple[int, int]) -> Iterator[Change]:
        for name, old, new in self._both(situation, status, now, "header"):
            for saw in sorted(old.keys() | new.keys()):
                counts = (old.get(saw, 0), totals[0]), (new.get(saw, 0), totals[1])
                if self._flips(*counts, _named(situation, f"header {name} in {status}")):
                    impact = Class.RISKY if saw in new and _WARNING_HEADERS.fullmatch(name) else Class.ADDITIVE
                    shown = f"{name}: {saw}" if saw != "is sent" else name
                    says = f"The header `{shown}` is {_adverb(*counts)}."
                    key = (situation, status, "header", name)
                    yield Change(key, "header", says, impact, _of(counts[0]), _of(counts[1]), saw)

    def _media_types(self, situation: str, status: str, now: str, totals: tuple[int, int]) -> Iterator[Change]:
        for _, old, new in self._both(situation, status, now, "media type"):
            lost, won = self._exchanged(old, new, totals, _named(situation, f"media type of {status}"))
            if lost or won:
                says = f"Answers {status} are sent as {_any(new)} now, not as {_any(old)}."
                key = (situation, status, "media type", "")
                impact = Class.BREAKING if won else Class.ADDITIVE
                yield Change(key, "media type", says, impact, _any(old), _any(new), (won or [""])[0])

    def _places(self, situation: str, status: str, now: str) -> Iterator[Change]:
        """What differs in the shape of the answers, from the root downwards."""
        left_out: list[str] = []
        for place, old, new in self._both(situation, status, now, "type"):
            if any(place.startswith((f"{gone}.", f"{gone}[")) for gone in left_out):
                continue
            counts = (
                self._presence(self.before, situation, status, place),
                self._presence(self.after, situation, now, place),
            )
            what = _named(situation, f"`{place}` in {status}")
            key = (situation, status, "type", place)
            if not place.endswith("[*]") and self._flips(*counts, what):
                yield replace(_presence_change(key, counts), saw=next(iter(new), ""))
            if not (old and new):
                left_out.append(place)
                continue
            yield from self._types(key, old, new, what)
            yield from self._forms(key, now, (sum(old.values()), sum(new.values())), what)

    def _presence(self, section: Section, situation: str, status: str, place: str) -> tuple[int, int]:
        """In how many exchanges an attribute is there, and in how many it could be there."""
        there = section.count((situation, status, "type", place))
        parent = section.seen.get((situation, status, "type", _parent(place)), {})
        could = sum(times for types, times in parent.items() if {"object", "array"} & set(types.split(" or ")))
        if place == "$":
            could = self._exchanges(section, situation, status)
        return there, could

    def _types(self, key: Key, old: dict[str, int], new: dict[str, int], what: str) -> Iterator[Change]:
        totals = (sum(old.values()), sum(new.values()))
        lost, won = self._exchanged(_by_type(old), _by_type(new), totals, f"type of {what}")
        if not (lost or won):
            return
        place, status = key[3], key[1]
        both = _any(_by_type(old)), _any(_by_type(new))
        if won == ["missing"]:
            says = f"`{place}` is missing from some members of its list in {status} answers."
            kind, impact = "optional", Class.BREAKING
        elif won == ["null"]:
            kind, says, impact = "nullable", f"`{place}` may be null in {status} answers.", Class.BREAKING
        elif won:
            kind, says = "type", f"`{place}` in {status} answers is {both[1]} now; it was {both[0]}."
            impact = Class.BREAKING
        else:
            kind, says = "type", f"`{place}` in {status} answers is no longer {' or '.join(lost)}."
            impact = Class.ADDITIVE
        saw = next((types for types in new if set(won) & set(types.split(" or "))), next(iter(new)))
        yield Change(key, kind, says, impact, *both, saw)

    def _forms(self, key: Key, now: str, totals: tuple[int, int], what: str) -> Iterator[Change]:
        situation, status, _, place = key
        for about in ("form", "value"):
            old = self.before.seen.get((situation, status, about, place), {})
            new = self.after.seen.get((situation, now, about, place), {})
            lost, won = self._exchanged(old, new, totals, f"{about} of {what}")
            if not (lost or won):
                continue
            own = (situation, status, about, place)
            if about == "value":
                told = f"has the new value {' and '.join(won)}" if won else f"is no longer {' or '.join(lost)}"
                says = f"`{place}` {told} in {status} answers."
            else:
                says = f"`{place}` in {status} answers is written as {_any(new)}; it was {_any(old)}."
            impact = Class.RISKY if won or about == "form" else Class.ADDITIVE
            yield Change(own, about, says, impact, _any(old), _any(new), (won or [""])[0])

    def _notes(self) -> Iterator[Change]:
        """What tests saw where the page is silent, and what does not belong to one status."""
        keys = {
            k for k in self.before.seen.keys() & self.after.seen.keys() if not k[1] and k[2] not in {"status", "haste"}
        }
        for key in sorted(keys):
            old, new = self.before.seen[key], self.after.seen[key]
            lost, won = self._exchanged(old, new, (sum(old.values()), sum(new.values())), _named(key[0], key[2]))
            if lost or won:
                says = f"{key[2][0].upper()}{key[2][1:]}: {_any(new)}; it was {_any(old)}."
                yield Change(key, "note", says, Class.RISKY, _any(old), _any(new), (won or [""])[0])

    def _exchanged(
        self, old: Mapping[str, int], new: Mapping[str, int], totals: tuple[int, int], what: str
    ) -> tuple[list[str], list[str]]:
        """What is seen no more, and what is new."""
        flipped = [
            saw
            for saw in sorted(old.keys() | new.keys())
            if (saw in old) != (saw in new)
            and self._flips((old.get(saw, 0), totals[0]), (new.get(saw, 0), totals[1]), f"{what}, {saw}")
        ]
        return [saw for saw in flipped if saw in old], [saw for saw in flipped if saw in new]

    # Causes.

    def _file(self, change: Change) -> None:
        """Put a change into the entry of its cause: the same place in every situation is one."""
        situation, status, about, place = change.key
        name = self.after.name
        now = self._renumbered.get((situation, status), status)
        if about == "status":
            cause: tuple[str, ...] = ("status", status)
            identifier = f"{name}/status/{status}"
            keys = [
                k
                for s in (self.before, self.after)
                for k in s.seen
                if k[1] in {status, place} - {""} or k[2] == "status"
            ]
        elif about in {"type", "form", "value"}:
            cause = (status, place)
            identifier = "/".join((name, status, *_steps(place)))
            keys = [
                k for s in (self.before, self.after) for k in s.seen if k[1] in {status, now} and _is_at(k[3], place)
            ]
        else:
            cause = (about, place) if about == "header" else (about, status)
            identifier = f"{name}/{about.replace(' ', '-')}/{place or status or 'seen'}"
            keys = [k for s in (self.before, self.after) for k in s.seen if k[2:] == (about, place)]
        entry = self._entries.setdefault(cause, Entry(identifier, name, self.after.target))
        entry.changes.append(change)
        entry.keys += keys
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
        same_place = old.key[:2] == new.key[:2] and _parent(old.key[3]) == _parent(new.key[3])
        now = self._renumbered.get(old.key[:2], old.key[1])
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
        clause = _clause(clause_id)
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
            if first.key[2] in {"type", "form", "value"} and fits and _is_at(as_path(clause.place), first.key[3]):
                return entry
        return None


def _presence_change(key: Key, counts: tuple[tuple[int, int], tuple[int, int]]) -> Change:
    place, status = key[3], key[1]
    (k, n), (other_k, other_n) = counts
    if not other_k:
        kind, says, impact = "vanished", f"`{place}` is gone from {status} answers.", Class.BREAKING
    elif not k:
        kind, says, impact = "appeared", f"`{place}` is new in {status} answers.", Class.ADDITIVE
    elif k == n:
        kind, says, impact = "optional", f"`{place}` is missing from some {status} answers.", Class.BREAKING
    else:
        kind, says, impact = "always", f"`{place}` is in every {status} answer now.", Class.ADDITIVE
    return Change(key, kind, says, impact, _of((k, n)), _of((other_k, other_n)))


def _situations(*seen: Mapping[Key, Any]) -> list[str]:
    return sorted({key[0] for one in seen for key in one})


def _named(situation: str, what: str) -> str:
    return f"{what} ({situation})" if situation else what


def _of(count: tuple[int, int]) -> str:
    return f"in {count[0]} of {count[1]} exchanges"


def _adverb(before: tuple[int, int], after: tuple[int, int]) -> str:
    return f"{_share(*after)} sent now; it was {_share(*before)}"


def _any(saw: Mapping[str, int]) -> str:
    return " or ".join(sorted(saw)) or "nothing of note"


def _parent(place: str) -> str:
    return re.sub(r"(\.\w+|\[[^\]]*\])$", "", place)


def _steps(place: str) -> list[str]:
    """The steps of a JSONPath as clause ids write them."""
    return ["*" if step == "[*]" else step.strip(".[]'") for step in re.findall(r"\.\w+|\[\*\]|\['.*?'\]", place)]


def _is_at(place: str, ancestor: str) -> bool:
    return place == ancestor or place.startswith((f"{ancestor}.", f"{ancestor}["))


def _by_type(counts: Mapping[str, int]) -> dict[str, int]:
    """The number of exchanges that showed each single type."""
    single: dict[str, int] = {}
    for types, times in counts.items():
        for name in types.split(" or "):
            single[name] = single.get(name, 0) + times
    return single


def _clause(clause_id: str) -> Clause | None:
    name = clause_id.partition("/")[0]
    return load_contract(name).clauses.get(clause_id) if name in contract_names() else None


def _clause_impact(clause_id: str, before: str, after: str) -> Class:
    if after == Outcome.UPHELD or (before == Outcome.BROKEN and after != Outcome.BROKEN):
        return Class.ADDITIVE
    clause = _clause(clause_id)
    stated = clause is None or clause.level is Level.STATED
    return Class.BREAKING if after == Outcome.BROKEN and stated else Class.RISKY
