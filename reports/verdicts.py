"""Verdicts: what the judgements of a run's tests say of every clause, as JSON under `verdicts.schema.json`.

Judgements travel from the tests (of all workers) as rows, plain JSON objects; a row is made here and read here.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from contracts.contract import Contract, load_contract
from contracts.model import Clause, Level
from suites.judgement import Judgement, Outcome

FORMAT = "clausewise-verdicts/1"
NOT_ASKED = "not asked in this run"

Row = dict[str, Any]


def row_of(judgement: Judgement) -> Row:
    """One judgement as a plain JSON object."""
    return {
        "clause": judgement.clause.id,
        "side": str(judgement.side),
        "outcome": str(judgement.outcome),
        "reason": judgement.reason,
        "expected": judgement.expected,
        "actual": judgement.actual,
        "exchanges": judgement.exchanges,
        "evidence": [{"role": e.role, **e.exchange.plain} for e in judgement.evidence],
    }


@dataclass
class Verdicts:
    """Judgements as they come in; `document` says what they amount to."""

    target: str
    profile: str
    contracts: tuple[str, ...]
    strict: bool
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    rows: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    observed: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, found: Mapping[str, Any]) -> None:
        """Take what one phase of one test found: its judgement rows, what it sent, what it saw."""
        self.rows += found.get("judgements", [])
        self.counts.update(found["counts"])
        for seen in found["observations"]:
            self.observed[seen["contract"], seen["about"], seen["place"], seen["saw"]] += seen["times"]
        self.notes += found["notes"]

    def document(self) -> Row:
        """The whole run as a JSON object; clauses in the order of their contracts."""
        by_clause: dict[str, list[Row]] = {}
        for row in self.rows:
            by_clause.setdefault(row["clause"], []).append(row)
        return {
            "format": FORMAT,
            "run": {
                "clausewise": version("clausewise"),
                "started": self.started.isoformat(timespec="seconds"),
                "seconds": round((datetime.now(UTC) - self.started).total_seconds(), 1),
                "profile": self.profile,
                "strict": self.strict,
                "requests": self.counts["requests"],
                "created": self.counts["created"],
                "notes": self.notes,
            },
            "target": {"name": self.target},
            "contracts": [self._contract(load_contract(name), by_clause) for name in self.contracts],
        }

    def _contract(self, contract: Contract, by_clause: Mapping[str, list[Row]]) -> Row:
        return {
            "name": contract.name,
            "title": contract.openapi["info"]["title"],
            "document": contract.document,
            "clauses": [_verdict(clause, by_clause.get(clause.id, [])) for clause in contract.clauses.values()],
            "observations": [
                {"about": about, "place": place, "saw": saw, "times": times}
                for (name, about, place, saw), times in sorted(self.observed.items())
                if name == contract.name
            ],
        }


def _verdict(clause: Clause, rows: list[Row]) -> Row:
    rows = sorted(rows, key=lambda row: (clause.sides.index(row["side"]), -Outcome(row["outcome"]).severity))
    worst = max(rows, key=lambda row: Outcome(row["outcome"]).severity, default=None)
    outcome, reason = (Outcome(worst["outcome"]), worst["reason"]) if worst else (Outcome.UNEXERCISED, NOT_ASKED)
    missing = [side for side in clause.sides if side not in {row["side"] for row in rows}]
    if outcome is Outcome.UPHELD and missing:
        outcome, reason = Outcome.UNEXERCISED, f"whether it {' and '.join(missing)} was not asked in this run"
    return {
        "id": clause.id,
        "level": str(clause.level),
        "kind": str(clause.kind),
        "lines": str(clause.lines),
        "sentence": clause.sentence,
        "outcome": str(outcome),
        "reason": reason,
        "exchanges": sum(row["exchanges"] for row in rows),
        "judgements": [{key: value for key, value in row.items() if key != "clause"} for row in rows],
    }


def clauses_of(document: Row) -> Iterable[Row]:
    """Every clause of a verdict document."""
    return (clause for contract in document["contracts"] for clause in contract["clauses"])


def failing(document: Row) -> list[Row]:
    """The clauses that fail the run: broken or undetermined, and stated unless the run is strict."""
    return [
        clause
        for clause in clauses_of(document)
        if clause["outcome"] in {Outcome.BROKEN, Outcome.UNDETERMINED}
        and (document["run"]["strict"] or clause["level"] == Level.STATED)
    ]


def nothing_judged(document: Row) -> bool:
    """Whether no clause was found upheld or broken although something was asked."""
    outcomes = {clause["outcome"] for clause in clauses_of(document)}
    return Outcome.UNDETERMINED in outcomes and not outcomes & {Outcome.UPHELD, Outcome.BROKEN}


def write_whole(file: Path, text: str) -> None:
    """Write a file whole or not at all, so that a killed run leaves no half of one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(name, 0o644)  # noqa: PTH101 - mkstemp makes it unreadable for others
    os.replace(name, file)  # noqa: PTH105 - the one call that is atomic


def as_json(document: Row) -> str:
    """A verdict document as it is written: the same run gives the same bytes, apart from times and generated values."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
