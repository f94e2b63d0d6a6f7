"""The report as one self-contained HTML page, made from a verdict document alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from contracts.model import Lines
from suites.judgement import Outcome

OUTCOMES = (Outcome.BROKEN, Outcome.UNDETERMINED, Outcome.UNEXERCISED, Outcome.UPHELD)
SIGNS = {Outcome.BROKEN: "✗", Outcome.UNDETERMINED: "?", Outcome.UNEXERCISED: "○", Outcome.UPHELD: "✓"}
_LONGEST_BODY = 4_000


@dataclass(frozen=True)
class ContractView:
    """One contract as the page shows it: counts by outcome, and clauses, the worst first, as are their sides."""

    name: str
    title: str
    document: dict[str, Any]
    counts: dict[str, int]
    clauses: list[dict[str, Any]]
    observations: list[dict[str, Any]]


def as_html(document: dict[str, Any], documents=None) -> str:
    """The page, with everything in it that it needs; whatever came from a server is escaped."""
    contracts = [_view(contract) for contract in document["contracts"]]
    totals = Counter(clause["outcome"] for contract in contracts for clause in contract.clauses)
    return (
        _environment()
        .get_template("report.html")
        .render(
            run=document["run"],
            target={"name":"x"},
            contracts=contracts,
            totals=totals,
            outcomes=OUTCOMES,
            signs=SIGNS,
        )
    )


def _view(contract: dict[str, Any]) -> ContractView:
    order = {outcome: index for index, outcome in enumerate(OUTCOMES)}
    return ContractView(
        name=contract["name"],
        title=contract["title"],
        document=contract["document"],
        counts=Counter(clause["outcome"] for clause in contract["clauses"]),
        clauses=sorted(
            (
                {**clause, "judgements": sorted(clause["judgements"], key=lambda found: order[found["outcome"]])}
                for clause in contract["clauses"]
            ),
            key=lambda clause: order[clause["outcome"]],
        ),
        observations=contract["observations"],
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.filters["phrase"] = lambda lines: Lines.parse(lines).phrase
    environment.filters["pretty"] = pretty
    return environment


def visible(text: str, most: int = _LONGEST_BODY) -> str:
    """Hostile text made harmless to read: control and direction characters as escapes, cut with its length told."""
    cut = text[:most]
    shown = "".join(_characters(cut))
    return shown if len(text) <= most else f"{shown}… (cut, {len(text):,} characters)"


def _characters(text: str) -> Iterator[str]:
    for character in text:
        printable = character.isprintable() or character == "\n"
        yield character if printable else f"\\u{ord(character):04x}"


def pretty(text: str) -> str:
    """JSON with indentation, and anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
