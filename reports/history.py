"""How it has gone over the last runs: for a clause a strip of outcomes, for a contract its counts by run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from reports.files import Row
from reports.records import LETTERS, NOT_THEN
from reports.text import ORDER

OUTCOME_OF = {letter: str(outcome) for outcome, letter in LETTERS.items()} | {NOT_THEN: "not-asked"}
_WIDTH = 8  # units of a drawing for each run
_TALL = 48


@dataclass(frozen=True)
class Bar:
    """A rectangle of a drawing, of the class of an outcome."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Strip:
    """The outcomes of one clause, the oldest run first: bars of a height of its own for each outcome, and in words."""

    bars: tuple[Bar, ...]
    width: int
    words: str
    often: str
    since: str
    constant: bool


@dataclass(frozen=True)
class Plot:
    """The counts of one contract by run, as stacked bars from the worst at the bottom, and in words."""

    bars: tuple[Bar, ...]
    width: int
    words: str


_HEIGHTS = {"broken": 14, "undetermined": 10, "unexercised": 5, "upheld": 7, "not-asked": 1}


def strip_of(history: Row | None, target: str, clause: str) -> Strip | None:
    """The strip of a clause, or None where no runs are known."""
    letters = (history or {"outcomes": {}})["outcomes"].get(target, {}).get(clause, "")
    if not history or not letters:
        return None
    runs = [(OUTCOME_OF[letter], len(list(same))) for letter, same in groupby(letters)]
    bars, at = [], 0
    for outcome, length in runs:
        height = _HEIGHTS[outcome]
        bars.append(Bar(outcome, at * _WIDTH, 14 - height, length * _WIDTH - 1, height))
        at += length
    last, times = runs[-1]
    asked = sum(length for outcome, length in runs if outcome != "not-asked")
    same = sum(length for outcome, length in runs if outcome == last)
    since = history["runs"][len(letters) - times]
    words = ", then ".join(f"{outcome.replace('-', ' ')} in {length}" for outcome, length in runs[-4:])
    often = f"{last} in {same} of {asked} runs"
    return Strip(tuple(bars), len(letters) * _WIDTH, words, often, since, len({o for o, _ in runs}) == 1)


def plot_of(history: Row | None, target: str, contract: str) -> Plot | None:
    """The plot of a contract, or None where no runs are known."""
    if not history:
        return None
    known = history["outcomes"].get(target, {})
    strips = [letters for clause, letters in known.items() if clause.startswith(f"{contract}/")]
    columns = [Counter(OUTCOME_OF[strip[number]] for strip in strips) for number in range(len(history["runs"]))]
    bars = []
    for number, counts in enumerate(columns):
        total = sum(counts[outcome] for outcome in ORDER)
        at = float(_TALL)
        for outcome in ORDER if total else ():
            height = counts[outcome] / total * _TALL
            if counts[outcome]:
                height = max(height, 2.0) if outcome != ORDER[-1] else at
                at -= height
                bars.append(Bar(str(outcome), number * _WIDTH, round(max(at, 0), 1), _WIDTH - 1, round(height, 1)))
    last = columns[-1] if columns else Counter()
    words = f"{len(columns)} runs; in the last one " + ", ".join(f"{last[o]} {o}" for o in ORDER if last[o])
    return Plot(tuple(bars), len(columns) * _WIDTH, words)
