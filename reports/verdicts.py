"""Verdicts: what the judgements of a run's tests say of every clause, as JSON under `verdicts.schema.json`.

Judgements travel from the tests (of all workers) as rows, plain JSON objects; a row is made here and read here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from contracts.contract import Contract, load_contract
from contracts.errors import UserError
from contracts.model import Clause, Level
from reports.files import Row, check, read_json
from suites.judgement import Judgement, Outcome

FORMAT = "clausewise-verdicts/2"
JOURNAL = "clausewise-journal/1"
NOT_ASKED = "not asked in this run"
BAD = frozenset({Outcome.BROKEN, Outcome.UNDETERMINED})  # what fails a run, unless the clause is implied or known
_ROOM = 4_000_000  # characters for what was sent and what came, together
_LEAST = 100  # characters that stay of each body and header
_MOST_NOTES, _LONGEST_NOTE = 200, 2_000
_OBSERVED = ("situation", "status", "about", "place", "saw", "silent")


def row_of(judgement: Judgement) -> Row:
    """One judgement as a plain JSON object."""
    told = judgement.differs
    differs = {"differs": {"place": list(told.place), "sent": told.sent, "beside": told.beside}} if told else {}
    return {
        "clause": judgement.clause.id,
        "side": str(judgement.side),
        "outcome": str(judgement.outcome),
        "reason": judgement.reason,
        "expected": judgement.expected,
        "actual": judgement.actual,
        "exchanges": judgement.exchanges,
        **differs,
        "evidence": [{"role": e.role, **e.exchange.plain} for e in judgement.evidence],
    }


@dataclass
class Section:
    """One contract on one target: what is known of it beforehand, and what came in."""

    head: Row
    clauses: dict[str, Row]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    times: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    shown: dict[tuple[Any, ...], int | None] = field(default_factory=dict)
    examples: list[Row] = field(default_factory=list)
    latency: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, contract: Contract, target: str) -> Section:
        findings = [{**f, "lines": str(f["lines"])} for f in contract.openapi["x-findings"]]
        silent = {kind: str(lines) for kind, lines in contract.openapi["x-silent"].items()}
        told = (("x-prose", "prose left undecided"), ("x-not-understood", "not understood"))
        silent |= {kind: str(contract.openapi[key]) for key, kind in told if key in contract.openapi}
        document = {**contract.document, "findings": findings, "silent": silent}
        if "x-derived" in contract.openapi:
            document["derived"] = str(contract.openapi["x-derived"])
        head = {"name": contract.name, "target": target, "title": contract.title}
        return cls({**head, "document": document}, {clause.id: _head(clause) for clause in contract.clauses.values()})

    @classmethod
    def read(cls, contract: Row) -> Section:
        head = {name: contract[name] for name in ("name", "target", "title", "document")}
        return cls(head, {clause["id"]: clause for clause in contract["clauses"]})

    def take(self, contract: Row) -> None:
        """Take everything that another run found."""
        self.observe(contract)
        for clause in contract["clauses"]:
            for row in clause["judgements"]:
                self.judge(clause["id"], row)
            if "known" in clause:
                self.clauses[clause["id"]] = clause

    def judge(self, clause: str, row: Row) -> None:
        self.rows.setdefault(clause, []).append({key: value for key, value in row.items() if key != "clause"})

    def observe(self, found: Row) -> None:
        before = len(self.examples)
        self.examples += found["examples"]
        for seen in found["observations"]:
            key = tuple(seen[name] for name in _OBSERVED)
            self.times[key] += seen["times"]
            if self.shown.get(key) is None:
                self.shown[key] = None if seen["example"] is None else seen["example"] + before
        self.latency.update(found["latency"])

    def document(self) -> Row:
        return {
            **self.head,
            "clauses": [_verdict(clause, self.rows.get(name, [])) for name, clause in self.clauses.items()],
            "observations": [
                {**dict(zip(_OBSERVED, key, strict=True)), "times": times, "example": self.shown[key]}
                for key, times in sorted(self.times.items())
            ],
            "examples": self.examples,
            "latency": dict(sorted(self.latency.items(), key=lambda item: float(item[0]))),
        }


@dataclass
class Verdicts:
    """Judgements as they come in; `document` says what they amount to."""

    profile: str
    strict: bool
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    interrupted: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    sections: dict[tuple[str, str], Section] = field(default_factory=dict)
    judged: int = 0
    ids: frozenset[str] = field(default_factory=lambda: frozenset({uuid4().hex}))

    @classmethod
    def of(cls, target: str, profile: str, contracts: Sequence[str], strict: bool) -> Verdicts:
        """An empty run of some contracts on one target."""
        sections = {(name, target): Section.of(load_contract(name), target) for name in contracts}
        return cls(profile, strict, sections=sections)

    def add(self, found: Mapping[str, Any]) -> None:
        """Take what one phase of one test found: its judgement rows, what it sent, what it saw."""
        by_contract = {name: section for (name, _), section in self.sections.items()}
        for row in found.get("judgements", []):
            by_contract[row["clause"].partition("/")[0]].judge(row["clause"], row)
            self.judged += 1
        self.counts.update(found["counts"])
        for seen in found["observed"]:
            by_contract[seen["contract"]].observe(seen)
        self.notes += [note for note in found["notes"] if note not in self.notes]

    def document(self) -> Row:
        """The whole run as a JSON object; clauses in the order of their contracts."""
        ended = self.ended or datetime.now(UTC)
        contracts = [section.document() for _, section in sorted(self.sections.items())]
        _shorten(contracts)
        return {
            "format": FORMAT,
            "run": {
                "clausewise": version("clausewise"),
                "ids": sorted(self.ids),
                "started": self.started.isoformat(timespec="seconds"),
                "seconds": round((ended - self.started).total_seconds(), 1),
                "profile": self.profile,
                "strict": self.strict,
                "interrupted": self.interrupted,
                "requests": self.counts["requests"],
                "created": self.counts["created"],
                "left": self.counts["left"],
                "notes": [note[:_LONGEST_NOTE] for note in self.notes[:_MOST_NOTES]],
            },
            "contracts": contracts,
        }


def _shorten(contracts: Sequence[Row]) -> None:
    """Cut all bodies and headers to a length at which they fit into the room, however much an endpoint answers."""
    judgements = [found for c in contracts for clause in c["clauses"] for found in clause["judgements"]]
    shown = [exchange for found in judgements for exchange in found["evidence"]]
    shown += [exchange for contract in contracts for exchange in contract["examples"]]
    lengths = Counter(len(text) for exchange in shown for text in _texts(exchange))
    most = 20_000
    while sum(min(length, most) * times for length, times in lengths.items()) > _ROOM and most > _LEAST:
        most //= 2
    if max(lengths, default=0) > most:
        for exchange in shown:  # the parts may be shared with other rows, so they are made anew
            exchange["request"], exchange["response"] = (
                {
                    **exchange[part],
                    "body": _cut(exchange[part]["body"], most),
                    "headers": {_cut(n, most): _cut(v, most) for n, v in exchange[part]["headers"].items()},
                }
                for part in ("request", "response")
            )
            exchange["curl"] = exchange["curl"] if len(exchange["curl"]) <= most else ""


def _texts(exchange: Row) -> Iterator[str]:
    for part in (exchange["request"], exchange["response"]):
        yield part["body"]
        yield from (text for header in part["headers"].items() for text in header)
    yield exchange["curl"]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most + 60 else f"{text[:most]}… (cut, {len(text):,} characters)"


def read_verdicts(file: Path) -> Row:
    """A verdict document, or that of the journal of a run that was killed; raises UserError when there is none."""
    if file.suffix == ".journal":
        return _of_journal(file)
    return checked(file, read_json(file, FORMAT))


def checked(file: Path, document: Row) -> Row:
    """A verdict document that was read; raises UserError when it is damaged."""
    check(file, document, "verdicts")
    for said in _contradictions(document):
        raise UserError(f"{file}: {said}; make the file anew")
    return document


def _contradictions(document: Row) -> Iterator[str]:
    """What no schema can say is wrong with a document that somebody has changed."""
    for clause in clauses_of(document):
        if not {found["side"] for found in clause["judgements"]} <= set(clause["sides"]):
            yield f"a judgement of {clause['id'][:200]} is of none of its sides"
        if clause["outcome"] in BAD and deciding(clause) is None:
            yield f"no judgement of {clause['id'][:200]} says that it is {clause['outcome']}"
    history = document.get("history", {"runs": [], "outcomes": {}})
    strips = (letters for strips in history["outcomes"].values() for letters in strips.values())
    if any(len(letters.strip()) != len(history["runs"]) for letters in strips):
        yield "its history has strips that are not as long as there are runs"
    pairs = Counter((contract["name"], contract["target"]) for contract in document["contracts"])
    for (name, target), times in pairs.items():
        if times > 1:
            yield f"the contract {name[:200]} on {target[:200]} stands there {times} times"


def _of_journal(file: Path) -> Row:
    """What a killed run had found; a last line that was cut short is left out."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
        head = json.loads(lines[0])
        if head["format"] != JOURNAL:
            raise ValueError(f"its format is {head['format']!r}")  # noqa: TRY301 - all mistakes in it end alike
        verdicts = Verdicts.of(head["target"], head["profile"], head["contracts"], head["strict"])
        verdicts.started = verdicts.ended = datetime.fromisoformat(head["started"])
        for line in lines[1:-1]:
            verdicts.add(json.loads(line))
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}); give the path of a file that is there") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{file}: this is no journal of a run ({error}); run the suites anew") from None
    verdicts.interrupted = True
    said = f"{file} is of a run that was killed: what it had not asked by then is unexercised; run it again"
    verdicts.notes = [*verdicts.notes[: _MOST_NOTES - 1], said]
    return checked(file, verdicts.document())


def _head(clause: Clause) -> Row:
    return {**clause.row, "sides": [str(side) for side in clause.sides]}


def _verdict(head: Row, rows: list[Row]) -> Row:
    """A clause with what its rows amount to; `head` may be an earlier verdict of it."""
    rows = sorted(rows, key=lambda row: (head["sides"].index(row["side"]), -Outcome(row["outcome"]).severity))
    worst = max(rows, key=lambda row: Outcome(row["outcome"]).severity, default=None)
    outcome, reason = (Outcome(worst["outcome"]), worst["reason"]) if worst else (Outcome.UNEXERCISED, NOT_ASKED)
    missing = [side for side in head["sides"] if side not in {row["side"] for row in rows}]
    if outcome is Outcome.UPHELD and missing:
        outcome, reason = Outcome.UNEXERCISED, f"whether it {' and '.join(missing)} was not asked in this run"
    return {
        **head,
        "outcome": str(outcome),
        "reason": reason,
        "exchanges": sum(row["exchanges"] for row in rows),
        "judgements": rows,
    }


def is_complete(document: Row) -> bool:
    """Whether a run went to its end and asked everything of its contracts."""
    return not document["run"]["interrupted"] and all(c["reason"] != NOT_ASKED for c in clauses_of(document))


def clauses_of(document: Row) -> Iterator[Row]:
    """Every clause of a verdict document."""
    return (clause for contract in document["contracts"] for clause in contract["clauses"])


def targets_of(document: Row) -> str:
    """The names of the targets of a verdict document, for people."""
    return ", ".join(sorted({contract["target"] for contract in document["contracts"]}))


def fails(clause: Row, strict: bool) -> bool:
    """Whether a clause fails a run: it is broken or undetermined, and stated unless the run is strict, and no news."""
    return clause["outcome"] in BAD and (strict or clause["level"] == Level.STATED) and "known" not in clause


def deciding(clause: Row) -> Row | None:
    """The judgement that a clause's outcome stands on, or None when nothing was judged."""
    return next((found for found in clause["judgements"] if found["outcome"] == clause["outcome"]), None)


def failing(document: Row) -> list[Row]:
    """The clauses that fail the run."""
    return [clause for clause in clauses_of(document) if fails(clause, document["run"]["strict"])]


def nothing_judged(document: Row) -> bool:
    """Whether no clause was found upheld or broken, be it that a budget carried nothing."""
    return not {clause["outcome"] for clause in clauses_of(document)} & {Outcome.UPHELD, Outcome.BROKEN}


def counted(clauses: Iterable[Row]) -> Counter[str]:
    """How many clauses came out how."""
    return Counter(clause["outcome"] for clause in clauses)
