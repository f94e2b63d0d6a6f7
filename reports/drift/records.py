"""Records: a run reduced to what another night is compared with. Outcomes and shapes; values never, secrets nowhere.

A folder of records has a file for each run, written whole or not at all and never changed; a baseline is a record that
is kept in git, one fact a line.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from contracts.contract import is_known, load_contract
from contracts.errors import UserError
from contracts.files import write_whole
from contracts.text import as_line, harmless
from endpoints.exchange import shortened
from reports.files import Row, as_json, check, read_any
from reports.verdicts import FORMAT as VERDICTS
from reports.verdicts import NOT_ASKED, checked, deciding, is_complete
from suites.inference import is_name
from suites.judgement import Outcome

FORMAT = "clausewise-record/1"
LETTERS = {Outcome.UPHELD: "u", Outcome.BROKEN: "b", Outcome.UNEXERCISED: "x", Outcome.UNDETERMINED: "d"}
NOT_THEN = "-"
RUNS_SHOWN = 60
_QUANTILES = (0.5, 0.95, 0.99)

Key = tuple[str, str, str, str]  # situation, status, about, place
Seen = dict[Key, dict[str, int]]


@dataclass
class Section:
    """One contract on one target in a record: outcomes, what was seen how often, and an exchange that shows it.

    `examples` are whole exchanges where they come from a run's verdicts, and sketches where they come from a record;
    `shown` has the key of one for each thing that was seen.
    """

    name: str
    target: str
    clauses: dict[str, str] = field(default_factory=dict)
    seen: Seen = field(default_factory=dict)
    shown: dict[tuple[Key, str], Any] = field(default_factory=dict)
    examples: dict[Any, Any] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    milliseconds: dict[str, float] = field(default_factory=dict)

    def count(self, key: Key) -> int:
        """How many exchanges answered a question at all."""
        return sum(self.seen.get(key, {}).values())

    def example(self, key: Key, saw: str) -> Any:
        """An exchange that showed this, or None."""
        return self.examples.get(self.shown.get((key, saw)))


@dataclass
class Record:
    """A record as it is compared: one section for each contract and target."""

    origin: str
    run: Row
    sections: dict[tuple[str, str], Section]
    accepted: list[Row] = field(default_factory=list)

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets that it is about, sorted."""
        return tuple(sorted({target for _, target in self.sections}))


def record_of(document: Row, origin: str = "this run") -> Record:
    """What a verdict document amounts to, with its whole exchanges as examples."""
    run = {name: document["run"][name] for name in ("clausewise", "started", "profile")}
    sections = [_reduced(contract) for contract in document["contracts"]]
    by_name = {(section.name, section.target): section for section in sections}
    return Record(origin, {**run, "complete": is_complete(document)}, by_name)


def _reduced(contract: Row) -> Section:
    section = Section(contract["name"], contract["target"], examples=dict(enumerate(contract["examples"])))
    for clause in contract["clauses"]:
        if clause["reason"] != NOT_ASKED:
            section.clauses[clause["id"]] = clause["outcome"]
            shown = (deciding(clause) or {"evidence": []})["evidence"]
            section.evidence[clause["id"]] = shown[0] if shown else None
    for seen in contract["observations"]:
        key = (seen["situation"], seen["status"], seen["about"], seen["place"])
        section.seen.setdefault(key, {})[seen["saw"]] = seen["times"]
        section.shown[key, seen["saw"]] = seen["example"]
    section.milliseconds = quantiles_of({float(ms): times for ms, times in contract["latency"].items()})
    return section


def quantiles_of(histogram: Mapping[float, int]) -> dict[str, float]:
    """The time within which half, 95 % and 99 % of the answers came, out of how many took how many milliseconds."""
    total = sum(histogram.values())
    found: dict[str, float] = {}
    for share in _QUANTILES if total else ():
        passed = 0
        for ms, times in sorted(histogram.items()):
            passed += times
            if passed >= share * total:
                found[f"p{share * 100:g}"] = ms
                break
    return found


# Writing.


def as_record(record: Record) -> str:
    """A record as it is written: sorted, one fact a line, exchanges as sketches."""
    parts = [_section_lines(section) for _, section in sorted(record.sections.items())]
    head = {"format": FORMAT, "run": record.run} | ({"accepted": record.accepted} if record.accepted else {})
    lines = as_json(head).removesuffix("\n}\n")
    return f'{lines},\n "contracts": [\n' + ",\n".join(parts) + "\n ]\n}\n"


def _section_lines(section: Section) -> str:
    sketches: dict[str, str] = {}  # by a name that only depends on the text, so that few lines change in git
    rows = []
    for key, counts in sorted(section.seen.items()):
        found = {}
        for saw in sorted(counts):
            example = section.example(key, saw)
            text = sketch(section.name, example) if isinstance(example, dict) else example
            name = hashlib.sha256(harmless(text).encode()).hexdigest()[:8] if text else None
            found[saw] = [counts[saw], name]
            sketches.update({name: text} if name else {})
        rows.append([*key, found])
    head = [("name", section.name), ("target", section.target), ("milliseconds", section.milliseconds)]
    return ",\n".join(
        [
            "  {\n" + ",\n".join(f"   {_line(name)}: {_line(value)}" for name, value in head),
            f'   "clauses": {{\n{_pairs(section.clauses)}\n   }}',
            '   "seen": [\n' + ",\n".join(f"    {_line(row)}" for row in rows) + "\n   ]",
            '   "sketches": {\n' + _pairs(sketches) + "\n   }\n  }",
        ]
    )


def _pairs(members: Mapping[str, str]) -> str:
    return ",\n".join(f"    {_line(name)}: {_line(value)}" for name, value in sorted(members.items()))


def _line(value: Any) -> str:
    return as_line(json.dumps(value, ensure_ascii=False))


def sketch(contract: str, exchange: Row) -> str:
    """An exchange without its values: the path's template, names, types, lengths of what was sent, and the status."""
    path = load_contract(contract).path if is_known(contract) else "(a path)"
    names = re.findall(r"[?&]([A-Za-z_]+)=", exchange["request"]["url"])
    asked = f"{exchange['request']['method']} {path}{'?' if names else ''}{'&'.join(names)}"
    sent = _sketched_text(exchange["request"]["body"])
    came = re.sub(r"\(\d[\d,]*\)", "", _sketched_text(exchange["response"]["body"]))
    return f"{asked} {sent} → {exchange['response']['status'] or 'no answer'} {came}".replace("  ", " ").strip()


def _sketched_text(text: str) -> str:
    try:
        return shortened(_sketched(json.loads(text)), 500)
    except (ValueError, RecursionError):
        return f"text({len(text):,})" if text else ""


def _sketched(value: Any) -> str:
    if isinstance(value, dict):
        names = [f"{name if is_name(name) else '…'}: {_sketched(member)}" for name, member in value.items()]
        return f"{{{', '.join(names)}}}"
    if isinstance(value, list):
        shown = [_sketched(member) for member in value[:2]]
        return f"[{', '.join([*shown, *([f'… {len(value)} members'] if len(value) > 2 else [])])}]"
    if isinstance(value, str):
        return f"string({len(value)})"
    return "null" if value is None else "boolean" if isinstance(value, bool) else "number"


def add_record(folder: Path, record: Record) -> Path:
    """Write a run's record beside the others, whole or not at all; raises OSError."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    file = folder / f"{moment}-{uuid4().hex[:8]}.json"
    write_whole(file, as_record(record))
    return file


# Reading.


def read_record(file: Path, forms: Collection[str] = (FORMAT, VERDICTS)) -> Record:
    """A record, a baseline, or the verdicts of a run, as a record; raises UserError for anything else."""
    document = read_any(file)
    form = document.get("format")
    if form not in forms:
        said = f"its `format` is {shortened(repr(form), 80)}"
        raise UserError(f"{file}: {said}; give a record, a baseline or verdicts of this version")
    if form == VERDICTS:
        return record_of(checked(file, document), str(file))
    check(file, document, "record")
    return _parsed(document, str(file))


def _parsed(document: Row, origin: str) -> Record:
    sections = {}
    for contract in document["contracts"]:
        section = Section(contract["name"], contract["target"], dict(contract["clauses"]))
        section.examples, section.milliseconds = contract["sketches"], contract["milliseconds"]
        for *words, counts in contract["seen"]:
            situation, status, about, place = words
            key = (situation, status, about, place)
            section.seen[key] = {saw: times for saw, (times, _) in counts.items()}
            section.shown.update({(key, saw): name for saw, (_, name) in counts.items()})
        sections[section.name, section.target] = section
    return Record(origin, document["run"], sections, document.get("accepted", []))


def newest_first(folder: Path, spoiled: list[str] | None = None) -> Iterator[Record]:
    """The records of a folder, the newest first. What is no record is left out, and named in `spoiled`."""
    for file in sorted(folder.glob("*.json"), reverse=True):
        try:
            if file.is_fifo():  # which is waited for without end
                raise UserError(f"{file}: this is a pipe; take it out")  # noqa: TRY301 - all end alike
            yield read_record(file, forms=[FORMAT])
        except UserError as error:
            if spoiled is not None:
                spoiled.append(f"left out: {error.message}")


def newest_before(folder: Path, run: Record, spoiled: list[str]) -> Record | None:
    """The newest complete record of the same targets and profile that began before a run, or None."""
    earlier = (r for r in newest_first(folder, spoiled) if r.run["complete"] and r.run["started"] < run.run["started"])
    alike = (record for record in earlier if record.run["profile"] == run.run["profile"])
    return next((record for record in alike if set(run.targets) <= set(record.targets)), None)


def history_of(records: Iterable[Record], targets: Iterable[str]) -> Row:
    """The last runs on some targets, the oldest first, with a letter for each clause and run."""
    wanted = set(targets)
    found: list[Record] = []
    for record in records:
        if wanted & set(record.targets):
            found.append(record)
        if len(found) == RUNS_SHOWN:
            break
    found.reverse()
    outcomes: dict[str, dict[str, str]] = {}
    for number, record in enumerate(found):
        for section in record.sections.values():
            by_clause = outcomes.setdefault(section.target, {}) if section.target in wanted else {}
            for clause, outcome in section.clauses.items():
                before = by_clause.get(clause, "").ljust(number, NOT_THEN)
                by_clause[clause] = before + LETTERS[Outcome(outcome)]
    padded = {
        target: {clause: letters.ljust(len(found), NOT_THEN) for clause, letters in sorted(by_clause.items())}
        for target, by_clause in outcomes.items()
    }
    return {"runs": [record.run["started"] for record in found], "outcomes": padded}
