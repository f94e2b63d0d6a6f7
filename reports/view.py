"""What the page shows: verdict documents become views here, and templates have nothing to decide.

A view is a row of the document with what the page says of it besides: anchors, phrases, texts cut and marked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from contracts.model import Kind, Lines
from endpoints.exchange import abridged, shortened
from reports.drift.records import quantiles_of
from reports.files import Row
from reports.history import plot_of, strip_of
from reports.marking import Parts, compared, compared_lines, without
from reports.text import LONGEST_BODY, ORDER, differing, escaped, fitting, pretty, visible
from reports.verdicts import BAD, counted
from strategies.request import ABSENT, replaced, value_at
from suites.judgement import Outcome

_ROOM = 280_000  # characters for all bodies together, so that a thousand clauses stay below 3 MB
_LEAST = 80
_EVIDENCE_SHOWN = 4
_MANY = 200  # where more clauses are not upheld, only the first exchange of each is shown

ADVICE = (
    (r"needs the situation `(?P<name>[^`]+)`",
     "Add the situation to the target file, under `situations`; `python -m endpoints targets` explains how."),
    (r"needs `fields\.", "Add the fact to the `fields` of that situation in the target file."),
    (r"takes more than the \d+ records",
     "Run it once with --profile ci, on a tenant that may have so many records."),
    (r"no accepted request of the sample has",
     "Say in the target file, under `tenant`, which values this attribute takes."),
    (r"(not asked in this run|whether it .* was not asked)",
     "Run the suites without -k, -x and --contract to ask it."),
    (r"not repeatable", "The endpoint answered the same request in two ways; look at both exchanges, then run again."),
    (r"the credentials of the situation", "Renew these credentials in the environment, then run again."),
    (r"a plain conforming request of",
     "Nothing can be judged until an ordinary request is accepted: check base_url, credentials and tenant values."),
    (r"no \d\w\w answer (was seen|came)", "Another clause is about the status; once that holds, this can be judged."),
    (r"the target's fields do not take",
     "A tenant with fields of the example's names and kinds, which the target names under `tenant`, would show it."),
    (r".*another clause judges", "See the other clause; once that holds, this can be judged."),
)  # fmt: skip
_NO_ADVICE = "No answer of this run had what the clause speaks of; a target whose records have it would show it."


def contracts_of(document: Row, texts: dict[str, list[str]]) -> tuple[Row, ...]:
    """The views of every contract of a document; `texts` has the lines of the pages that are at hand."""
    several = len({contract["target"] for contract in document["contracts"]}) > 1
    room = _room(document)
    return tuple(
        _contract(contract, document, texts.get(contract["name"]), several, room) for contract in document["contracts"]
    )


@dataclass(frozen=True)
class _Room:
    """How much there is room for: characters of a body, of a curl command, of a line; exchanges of a judgement."""

    body: int
    curl: int
    line: int
    exchanges: int


def _room(document: Row) -> _Room:
    clauses = [clause for contract in document["contracts"] for clause in contract["clauses"]]
    bad = sum(clause["outcome"] in BAD for clause in clauses)
    exchanges = _EVIDENCE_SHOWN if bad <= _MANY else 1
    body = max(_LEAST, min(LONGEST_BODY, _ROOM // max(bad * exchanges * 3, 1)))
    curl = max(2 * _LEAST, min(5 * LONGEST_BODY, _ROOM // max(bad * 3 // 2, 1)))
    return _Room(body, curl, 240 if len(clauses) <= 2 * _MANY else 120, exchanges)


def anchored(name: str, target: str, several: bool) -> str:
    """The anchor of something that belongs to a target: its name alone where there is one target only."""
    return f"{name}@{re.sub(r'[^A-Za-z0-9.-]+', '-', target)}" if several else name


def _contract(contract: Row, document: Row, text: list[str] | None, several: bool, room: _Room) -> Row:
    history = document.get("history")
    target = contract["target"]
    clauses = tuple(_clause(clause, contract, history, several, room) for clause in contract["clauses"])
    return {
        **contract,
        "anchor": anchored(contract["name"], target, several),
        "has_text": text is not None,
        "counts": counted(contract["clauses"]),
        "clauses": clauses,
        "observations": list(_observations(contract)),
        "latency": _latency(contract),
        "page": list(_page(contract, clauses, text, several)),
        "plot": plot_of(history, target, contract["name"]),
    }


def _observations(contract: Row) -> Iterator[Row]:
    """What was seen where the page is silent, a view for each place."""
    names = ("situation", "status", "about", "place")
    silent = [seen for seen in contract["observations"] if seen["silent"]]
    for key, rows in groupby(silent, key=lambda seen: tuple(seen[name] for name in names)):
        saw = sorted(((row["saw"], row["times"]) for row in rows), key=lambda pair: -pair[1])
        yield {**dict(zip(names, key, strict=True)), "saw": saw, "times": sum(times for _, times in saw)}


def _latency(contract: Row) -> str:
    found = quantiles_of({float(ms): times for ms, times in contract["latency"].items()})
    told = {"p50": "half", "p95": "95 %", "p99": "99 %"}
    return ", ".join(f"{told[name]} of the answers within {ms:g} ms" for name, ms in found.items())


def grouped(clauses: Iterable[Row]) -> list[Row]:
    """Clauses by their reason, the largest group first."""
    by_reason: dict[str, list[Row]] = {}
    for clause in clauses:
        by_reason.setdefault(clause["reason"], []).append(clause)
    largest = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    return [
        {"reason": visible(reason, 300), "advice": members[0]["advice"], "clauses": members}
        for reason, members in largest
    ]


def _clause(clause: Row, contract: Row, history: Row | None, several: bool, room: _Room) -> Row:
    target, lines = contract["target"], Lines.parse(clause["lines"])
    bad = clause["outcome"] in BAD
    judgements = sorted(clause["judgements"], key=lambda found: ORDER.index(found["outcome"]))
    unjudged = clause["outcome"] in {Outcome.UNEXERCISED, Outcome.UNDETERMINED}
    return {
        **clause,
        "anchor": anchored(clause["id"], target, several),
        "contract": contract["name"],
        "contract_anchor": anchored(contract["name"], target, several),
        "target": target,
        "phrase": lines.phrase,
        "line": anchored(f"line:{contract['name']}:{lines.ranges[0][0]}", target, several),
        "advice": advice(clause["reason"]) if unjudged else "",
        "known": _known(clause.get("known", {})),
        "strip": strip_of(history, target, clause["id"]),
        "judgements": [
            _judgement(found, clause, room, full=bad and number == 0) for number, found in enumerate(judgements)
        ],
    }


def _known(known: Row) -> str:
    until = f" (until {known['expires']})" if "expires" in known else ""
    return visible("; ".join(known[name] for name in ("reason", "ticket") if name in known), 300) + until


def advice(reason: str) -> str:
    """What a reader can do about a clause that was not judged."""
    return next((told for pattern, told in ADVICE if re.match(pattern, reason)), _NO_ADVICE)


def _judgement(found: Row, clause: Row, room: _Room, *, full: bool) -> Row:
    """One side of a clause: in full where the verdict stands on it, else in two lines."""
    shown = found["evidence"][: room.exchanges if full else 1]
    expected, actual = (fitting(shortened(found[side], 240), room.body) for side in ("expected", "actual"))
    marked = compared(expected, actual) if full else ([(expected, False)], [(actual, False)])
    twin = found["evidence"][1] if len(found["evidence"]) > 1 else None
    return {
        **found,
        "reason": fitting(found["reason"], min(room.body, 600)),
        "expected": marked[0] if found["expected"] else [],
        "actual": marked[1] if found["actual"] else [],
        "exchanges": [
            _exchange(exchange, clause, twin if number == 0 else shown[0], room, full, found.get("differs"))
            for number, exchange in enumerate(shown)
        ],
        "more": len(found["evidence"]) - len(shown),
        "full": full,
        "differs": fitting(differing(found), room.body) if full else "",
    }


def _lines(exchange: Row, most: int) -> tuple[str, str]:
    """An exchange on one line: without its bodies, and with them."""
    request, response = exchange["request"], exchange["response"]
    path = "/" + request["url"].split("/", 3)[-1]
    came = response["status"] if response["status"] is not None else response["error"]
    head = f"{request['method']} {shortened(path, 120)}"
    line = f"{head} {shortened(abridged(request['body']), most // 2)} → {came} {shortened(response['body'], most // 3)}"
    return shortened(f"{head} → {came}", 300), fitting(line, most)


def _exchange(
    exchange: Row, clause: Row, other: Row | None, room: _Room, full: bool, differs: Row | None = None
) -> Row:
    """`other` is what the request is compared with, unless it `differs` at a known place: others hold what is fresh."""
    request, response = exchange["request"]["body"], exchange["response"]["body"]
    twin = _but_for(differs["place"], request) if differs else other["request"]["body"] if other else request
    sent, came = fitting(pretty(request), room.body), fitting(pretty(response), room.body)
    curl = exchange.get("curl", "")
    head, line = _lines(exchange, room.line)
    return {
        "role": exchange.get("role", "sent"),
        "head": head,
        "line": line,
        "request": compared_lines(sent, fitting(pretty(twin), room.body)) if request and full else [],
        "response": _response_marks(came, response, clause) if response and full else [],
        "media_type": fitting(exchange["response"]["headers"].get("content-type", ""), 60),
        "curl": visible(curl, room.curl) if full and len(escaped(curl)) <= room.curl else "",
    }


def _but_for(place: Sequence[str | int], request: str) -> str:
    """A request's body with another value at a place of the request; comparing with it marks just that."""
    try:
        body = json.loads(request)
    except (ValueError, RecursionError):
        return request
    path = tuple(place[1:]) if place[0] == "body" else ()
    there = path and value_at(body, path) is not ABSENT
    return json.dumps(replaced(body, path, "another"), ensure_ascii=False) if there else request


def _response_marks(shown: str, response: str, clause: Row) -> Parts:
    """The answer, with what the clause speaks of marked where it is a clause of an answer."""
    place = tuple(clause["id"].split("/")[2:-1])
    if clause.get("kind") != Kind.RESPONSE or not place or clause["outcome"] != Outcome.BROKEN:
        return [(shown, False)]
    try:
        rest = without(json.loads(response), place)
    except (ValueError, RecursionError):
        return [(shown, False)]
    return compared_lines(shown, visible(json.dumps(rest, indent=2, ensure_ascii=False)))


def shown_exchange(exchange: Any) -> Row | str:
    """What shows a drift: a whole exchange, or the sketch of one."""
    if exchange is None or isinstance(exchange, str):
        return visible(exchange or "", 700)
    return _exchange(exchange, {"id": "//", "outcome": ""}, None, _Room(1500, 2000, 240, 1), full=True)


# The page, annotated.


def _read(line: int, clauses: Sequence[Row], derived: Collection[int], kind: str) -> str:
    """Who read a line: a program, a person, or nobody yet; nothing where the contract doesn't tell."""
    if not derived:
        return ""
    spoken = any(clause["kind"] == Kind.BEHAVIOUR for clause in clauses)
    said = (
        ("derived", line in derived),
        ("by hand", spoken or (clauses and line not in derived)),
        ("undecided", kind == "prose left undecided" and not spoken),
        (kind, kind == "not understood" and not clauses),
    )
    return ", ".join(word for word, holds in said if holds)


def _page(contract: Row, clauses: Sequence[Row], text: list[str] | None, several: bool) -> Iterator[Row]:
    """Every line of the document, or runs of lines with the same clauses where there is no text."""
    page, target = contract["document"], contract["target"]
    placed = [(clause, Lines.parse(clause["lines"])) for clause in clauses]
    silent = [(kind, Lines.parse(lines)) for kind, lines in page["silent"].items()]
    derived = Lines.parse(page["derived"]).numbers if "derived" in page else frozenset()
    odd: dict[int, list[str]] = {}
    for finding in page["findings"]:
        first = Lines.parse(finding["lines"]).ranges[0][0]
        odd.setdefault(first, []).append(f"{finding['kind']}: {finding['sentence']}")

    def view(first: int, last: int) -> Row:
        found = [clause for clause, lines in placed if first in lines]
        found.sort(key=lambda clause: ORDER.index(clause["outcome"]))
        kind = next((kind for kind, lines in silent if first in lines), "states nothing that can be checked")
        shown = text[first - 1] if text else ""
        state = found[0]["outcome"] if found else "blank" if text and not shown.strip() else kind
        return {
            "anchor": anchored(f"line:{contract['name']}:{first}", target, several),
            "number": str(first) if first == last else f"{first}-{last}",
            "text": visible(shown, 2000),
            "state": state,
            "read": _read(first, found, derived, kind),
            "clauses": found,
            "findings": odd.get(first, ()),
        }

    if text:
        yield from (view(number, number) for number in range(1, len(text) + 1))
        return
    ranges = [both for _, lines in (*placed, *silent) for both in lines.ranges]
    ranges += Lines.parse(page["derived"]).ranges if "derived" in page else ()
    starts = {1, *odd, *(first for first, _ in ranges), *(last + 1 for _, last in ranges)}
    *firsts, end = sorted({n for n in starts if n <= page["lines"]} | {page["lines"] + 1})
    for first, following in zip(firsts, [*firsts[1:], end], strict=True):
        yield view(first, following - 1)
