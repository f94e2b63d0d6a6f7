"""How it has gone over the last runs: for a clause a strip of outcomes, for a contract its counts by run."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from reports.drift.records import LETTERS, NOT_THEN
from reports.files import Row
from reports.text import ORDER

OUTCOME_OF = {letter: str(outcome) for outcome, letter in LETTERS.items()} | {NOT_THEN: "not-asked"}
_WIDTH = 8  # units of a drawing for each run
_TALL = 48


_HEIGHTS = {"broken": 14, "undetermined": 10, "unexercised": 5, "upheld": 7, "not-asked": 1}


def strip_of(history: Row | None, target: str, clause: str) -> Row | None:
    """The outcomes of one clause, the oldest run first, as bars of a height of its own for each outcome, and in words.

    None where no runs are known.
    """
    letters = (history or {"outcomes": {}})["outcomes"].get(target, {}).get(clause, "")
    if not history or not letters:
        return None
    runs = [(OUTCOME_OF[letter], len(list(same))) for letter, same in groupby(letters)]
    bars, at = [], 0
    for outcome, length in runs:
        height = _HEIGHTS[outcome]
        bars.append(_bar(outcome, at * _WIDTH, 14 - height, length * _WIDTH - 1, height))
        at += length
    last, times = runs[-1]
    asked = sum(length for outcome, length in runs if outcome != "not-asked")
    same = sum(length for outcome, length in runs if outcome == last)
    since = history["runs"][len(letters) - times]
    words = ", then ".join(f"{outcome.replace('-', ' ')} in {length}" for outcome, length in runs[-4:])
    often = f"{last} in {same} of {asked} runs"
    constant = len({outcome for outcome, _ in runs}) == 1
    told = {"words": words, "often": often, "since": since, "constant": constant}
    return {"bars": bars, "width": len(letters) * _WIDTH, **told}


def plot_of(history: Row | None, target: str, contract: str) -> Row | None:
    """The counts of one contract by run, as stacked bars from the worst at the bottom, and in words.

    None where no runs are known.
    """
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
                bars.append(_bar(outcome, number * _WIDTH, round(max(at, 0), 1), _WIDTH - 1, round(height, 1)))
    last = columns[-1] if columns else Counter()
    words = f"{len(columns)} runs; in the last one " + ", ".join(f"{last[o]} {o}" for o in ORDER if last[o])
    return {"bars": bars, "width": len(columns) * _WIDTH, "words": words}


def _bar(kind: str, x: float, y: float, width: float, height: float) -> Row:
    return {"kind": str(kind), "x": x, "y": y, "width": width, "height": height}
