"""The vocabulary of drift: classes, changes, entries, and when a difference is more than chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import comb
from typing import Any

from contracts.contract import is_known, load_contract
from contracts.model import Clause, Level
from reports.drift.records import Key
from reports.files import Row
from suites.judgement import Outcome

CHANCE = 10_000  # once in so many times


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
        known = clause_of(clause)
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


def unlikely(k: int, n: int, other_k: int, other_n: int) -> bool:
    """Whether k of n and other_k of other_n differ by more than chance: Fisher's exact test, one-sided (1935)."""
    if k * other_n > other_k * n:
        return unlikely(other_k, other_n, k, n)
    hits = k + other_k
    tail = sum(comb(n, i) * comb(other_n, hits - i) for i in range(max(0, hits - other_n), k + 1))
    return tail * CHANCE <= comb(n + other_n, hits)


def clause_of(clause_id: str) -> Clause | None:
    name = clause_id.partition("/")[0]
    return load_contract(name).clauses.get(clause_id) if is_known(name) else None


def _clause_impact(clause_id: str, before: str, after: str) -> Class:
    if after == Outcome.UPHELD or (before == Outcome.BROKEN and after != Outcome.BROKEN):
        return Class.ADDITIVE
    clause = clause_of(clause_id)
    stated = clause is None or clause.level is Level.STATED
    return Class.BREAKING if after == Outcome.BROKEN and stated else Class.RISKY
