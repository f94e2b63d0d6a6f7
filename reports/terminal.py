"""The summary that stands after pytest's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from contracts.model import Level, Lines
from contracts.text import as_line
from endpoints.exchange import shortened
from reports.files import Row
from reports.verdicts import clauses_of, targets_of
from suites.judgement import Outcome

_ORDER = (Outcome.UPHELD, Outcome.BROKEN, Outcome.UNDETERMINED, Outcome.UNEXERCISED)
_TOGETHER = 3  # as many clauses with the same reason stand in one line


def summary(document: Row) -> Iterator[str]:
    """The lines of the summary: the run, a line for each contract, then every clause that is not upheld."""
    return map(as_line, _summary(document))


def _summary(document: Row) -> Iterator[str]:
    run = document["run"]
    yield (
        f"Clausewise: {targets_of(document)}, profile {run['profile']}, {run['requests']:,} requests, "
        f"{run['created']:,} records created, {run['seconds']:.0f} s"
    )
    width = max((len(contract["name"]) for contract in document["contracts"]), default=0)
    for contract in document["contracts"]:
        outcomes = Counter(clause["outcome"] for clause in contract["clauses"])
        counts = "".join(f"   {outcomes[o]} {o}" for o in _ORDER if outcomes[o])
        yield f"{contract['name']:{width}}   {len(contract['clauses'])} clauses{counts}"
    seen = sum(seen["silent"] for contract in document["contracts"] for seen in contract["observations"])
    if seen:
        yield f"{seen} observations where the pages are silent (--report and --verdicts show them)"
    yield from run["notes"]
    rows = [clause for clause in clauses_of(document) if clause["outcome"] != Outcome.UPHELD]
    for outcome in reversed(_ORDER[1:]):
        yield from _listed([clause for clause in rows if clause["outcome"] == outcome])
    if "drift" in document:
        yield from _drift(document["drift"])


def _listed(clauses: list[Row]) -> Iterator[str]:
    """A line for each clause; those of one contract that share a reason stand together."""
    shared = Counter((clause["id"].split("/")[0], clause["reason"]) for clause in clauses if clause["reason"])
    shown = set()
    width = max((len(clause["id"]) for clause in clauses), default=0)
    lines_width = max((len(Lines.parse(clause["lines"]).phrase) for clause in clauses), default=0)
    for clause in clauses:
        key = (clause["id"].split("/")[0], clause["reason"])
        if shared[key] > _TOGETHER:
            if key not in shown:
                shown.add(key)
                yield f"{clause['outcome']:12} {shared[key]} clauses of {key[0]}: {key[1]}"
            continue
        lines = Lines.parse(clause["lines"]).phrase
        says = clause["sentence"] if clause["outcome"] == Outcome.BROKEN else shortened(clause["reason"], 120)
        known = f" (known: {clause['known']['reason']})" if "known" in clause else ""
        implied = " (implied)" if clause["level"] == Level.IMPLIED else known
        yield f"{clause['outcome']:12} {clause['id']:{width}}  {lines:{lines_width}}  {says}{implied}"


def drift_lines(drift: Row) -> Iterator[str]:
    """Drift as the terminal shows it."""
    return map(as_line, _drift(drift))


def _drift(drift: Row) -> Iterator[str]:
    entries = drift["entries"]
    yield f"drift since {drift['baseline']}: {f'{len(entries)} changes' if entries else 'none'}"
    for entry in entries:
        yield f"{entry['class']:9} {entry['id']}"
        yield f"          {entry['sentence']}"
        yield f"          before: {entry['before']}   now: {entry['after']}"
        for also in (*entry["changes"], *entry["clauses"]):
            yield f"          also: {also}"
    yield from drift["notes"]
    if drift["too_few"]:
        yield f"{len(drift['too_few'])} differences rest on too few exchanges to be told from chance:"
        yield from (f"  {what}" for what in drift["too_few"][:10])
        if len(drift["too_few"]) > 10:
            yield f"  … and {len(drift['too_few']) - 10} more"
