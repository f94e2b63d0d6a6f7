"""Verdict documents and records made by hand, for the tests of what is made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from contracts.contract import load_contract
from contracts.model import Side
from endpoints.exchange import Exchange
from reports.drift.causes import compare
from reports.drift.records import Record, history_of, record_of
from reports.files import Row
from reports.verdicts import Verdicts, row_of
from strategies import Request
from suites.judgement import Evidence, Judgement, Outcome
from suites.observations import Observer

NAME = "kaiten-create-space"
SPACE = {"id": 1, "title": "x", "access": "all", "external_id": "a", "users": [{"id": 1, "uid": "x"}], "settings": {}}
CLAUSES = load_contract(NAME).clauses
ATTACKS = [
    "<script>document.title = 'owned'</script>",
    '"><img src=x onerror="document.title = \'owned\'">',
    "</pre></details></script><style>body { display: none }</style>",
    "{{ 7 * 7 }} {% raw %}",
    "\u202eright to left\u202c \x00\x1b[31m\x07",
    "javascript:document.title='owned'",
    "\\xff\\xfe",
    "`</code>` | [x](javascript:alert(1)) @everyone\n\n# heading",
    "a" * 1_000_000,
]


def exchange(body: Any, status: int = 200, sent: Any = None, **fields: Any) -> Exchange:
    """An exchange of the contract's operation whose answer is this JSON value or text."""
    text = body if isinstance(body, str) else json.dumps(body)
    request = Request({"title": "Clausewise"} if sent is None else sent)
    headers = {"content-type": "application/json", **fields.pop("headers", {})}
    url = "http://127.0.0.1/api/latest/spaces"
    return Exchange(request, "POST", url, {}, request.content.decode(), status, headers, text, **fields)


def judged(
    clause: str, outcome: Outcome, side: Side = Side.SHOWS, answer: str = "{}", reason: str = "", shown: int = 2
) -> Judgement:
    """A judgement whose every foreign text is `answer`."""
    one = Exchange(
        Request(), "POST", "http://127.0.0.1/x", {"A": answer[:99]}, answer, 200, {"content-type": answer[:99]}, answer
    )
    evidence = (Evidence("sent", one), Evidence("control", one))[:shown]
    full = CLAUSES[clause if clause.startswith(NAME) else f"{NAME}/{clause}"]
    return Judgement(full, side, outcome, reason, answer, answer, 2, evidence)


def verdicts(
    *judgements: Judgement, strict: bool = False, target: str = "a <target>", observed: Row | None = None
) -> Row:
    """The verdict document of a run of one contract that came to these judgements."""
    found = Verdicts.of(target, "ci", (NAME,), strict)
    rows = [row_of(judgement) for judgement in judgements]
    seen = [{"contract": NAME, **observed}] if observed else []
    found.add({"judgements": rows, "counts": {"requests": 5, "created": 2}, "observed": seen, "notes": []})
    return found.document()


def everything(outcome: Outcome, answer: str = "{}") -> list[Judgement]:
    """Every side of every clause of the contract, come out the same."""
    reason = "" if outcome in {Outcome.UPHELD, Outcome.BROKEN} else "because of something"
    return [judged(c.id, outcome, side, answer, reason) for c in CLAUSES.values() for side in c.sides]


def observed(exchanges: Iterable[Exchange], notes: Sequence[tuple[str, str]] = ()) -> Row:
    """What an observer of the contract makes of these exchanges."""
    observer = Observer(load_contract(NAME))
    for one in exchanges:
        observer.see(one)
    for about, saw in notes:
        observer.note(about, saw)
    return observer.take()


def recorded(
    exchanges: Iterable[Exchange],
    *judgements: Judgement,
    notes: Sequence[tuple[str, str]] = (),
    target: str = "somewhere",
) -> Record:
    """The record of a run with these exchanges and judgements."""
    return record_of(verdicts(*judgements, target=target, observed=observed(exchanges, notes)))


def many(body: Any, times: int = 12, **fields: Any) -> list[Any]:
    return [exchange(body, **fields) for _ in range(times)]


def changed(**attributes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**SPACE, **attributes}.items() if value is not ...}


def full(answer: str = '{"id": "x", "title": "y"}', target: str = "a <target>") -> dict[str, Any]:
    """A document with something in every part of the page."""
    some = [
        judged("200/id/type", Outcome.BROKEN, answer=answer),
        judged("request/title/maxLength", Outcome.BROKEN, Side.REFUSES, answer),
        judged("200/uid/type", Outcome.UPHELD, answer=answer),
        judged("200/title/type", Outcome.UNDETERMINED, answer=answer, reason="not repeatable: `once` it was so"),
        judged("status/403", Outcome.UNEXERCISED, reason="needs the situation `forbidden` in the target"),
    ]
    found = verdicts(*some, target=target, observed=observed(many(changed(more={"a": answer[:40]}))))
    earlier = recorded(many(SPACE), judged("200/id/type", Outcome.UPHELD), target=target)
    found["drift"] = compare(earlier, record_of(found)).row()
    found["history"] = history_of([record_of(found), earlier], [target])
    found["run"]["notes"].append("something to note")
    return found
