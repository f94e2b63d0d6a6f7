"""No verdict out of a blanket: a conforming endpoint that, from some request on, answers everything the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import load_contract
from contracts.model import Side
from endpoints.embedded import VARIABLE, EmbeddedMock
from endpoints.targets import MOCK_TARGET
from tests.helpers import Finished, a_tenth, run_suites, the_first
from tests.hostility import Asked, Pieces, hostile, wire

NAME = "kaiten-create-space"
FAILING = f"{NAME}/robustness/server-error"
CLAUSES = load_contract(NAME).clauses
PAGE = b"<!doctype html><title>Log in</title>"
SAME = b'{"id":26,"title":"x"}'
BLANKETS: dict[str, Callable[[], bytes]] = {
    "400": lambda: wire(400, b'{"message":"no"}', b"Content-Type: application/json"),
    "402": lambda: wire(402, b'{"message":"no"}', b"Content-Type: application/json"),
    "403": lambda: wire(403),
    "422": lambda: wire(422, b'{"message":"no"}', b"Content-Type: application/json"),
    "500": lambda: wire(500, b"<html>", b"Content-Type: text/html"),
    "login-page": lambda: wire(200, PAGE, b"Content-Type: text/html"),
    "login-page-as-json": lambda: wire(200, PAGE, b"Content-Type: application/json"),
    "empty": lambda: wire(200, b"", b"Content-Type: application/json"),
    "same": lambda: wire(200, SAME, b"Content-Type: application/json"),
}
CASES = [f"{name} after {number}" for name in BLANKETS for number in (1, 2, 8, 20, 30, 45)]


@dataclass
class Blanket:
    """A proxy to the mock that answers creating requests after the first `after` with a blanket; `late` keeps them."""

    answer: Callable[[], bytes]
    after: int
    first: str = ""  # the body of the first request that got it
    late: set[tuple[str, str]] = field(default_factory=set)
    early: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Pieces:
        sent = (asked.body.decode(errors="backslashreplace"), asked.headers.get("Authorization", ""))
        if asked.created == self.after + 1:
            self.first = sent[0]
        if asked.creates:
            (self.late if asked.created > self.after else self.early).add(sent)
        yield self.answer() if asked.created > self.after else asked.honest().wire()


@contextmanager
def running(answering: Callable[[Asked], Pieces], folder: Path) -> Iterator[Finished]:
    """A run of profile quick against a proxy to a fresh mock."""
    target = folder / "target.toml"
    target.write_text(MOCK_TARGET.read_text(encoding="utf-8").replace("embedded = true", ""), encoding="utf-8")
    options = ("--profile", "quick", "--contract", NAME, "--target", str(target))
    with EmbeddedMock() as mock, hostile(answering, mock.base_url) as url:
        yield run_suites(folder, *options, **{**mock.environment, VARIABLE: url})


def sent_bodies(clause: dict[str, Any], side: Side) -> Iterator[str]:
    """The bodies of the requests on whose refusal or acceptance a judgement of this side stands."""
    for judgement in clause["judgements"]:
        if judgement["side"] == side and judgement["outcome"] == "upheld":
            yield from (one["request"]["body"] for one in judgement["evidence"] if one["role"] == "sent")


@pytest.mark.parametrize("case", a_tenth(CASES))
def test_nothing_is_upheld_or_accused_out_of_a_blanket(case: str, tmp_path: Path) -> None:
    name, _, after = case.split()
    blanket = Blanket(BLANKETS[name], int(after))
    with running(blanket, tmp_path) as finished:
        pass
    assert blanket.late, "the run ended before the blanket began"
    assert "Traceback" not in finished.output
    outcomes = finished.outcomes
    only_late = {body for body, _ in blanket.late} - {body for body, _ in blanket.early}
    if name == "same":  # which cannot be told from an answer of its own until another request has got it
        only_late -= {blanket.first}
    for clause in finished.verdicts["contracts"][0]["clauses"]:
        for side in (Side.REFUSES, Side.ACCEPTS):
            standing = set(sent_bodies(clause, side))
            assert not standing & only_late, f"{clause['id']} is upheld on a blanket"
    accused = {clause for clause, outcome in outcomes.items() if outcome == "broken"}
    shown = [finished.clause(clause) for clause in accused]
    same = {"kaiten-create-space/behaviour/ids-differ"} if name == "same" else set()  # that answer has one id, truly
    assert accused <= ({FAILING} if name == "500" else same), shown
    if name in {"400", "402", "403", "422"} and int(after) < 30:
        reasons = {clause["reason"] for clause in finished.verdicts["contracts"][0]["clauses"]}
        assert any("no longer" in reason or "got 4" in reason for reason in reasons), reasons
    upheld = [clause for clause, outcome in outcomes.items() if outcome == "upheld"]
    assert not [clause for clause in upheld if CLAUSES[clause].status == name], "its own status was not provoked"


@pytest.mark.parametrize("seed", the_first(range(3)))
def test_a_failure_now_and_then_accuses_nobody_else(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)

    def answering(asked: Asked) -> Pieces:
        yield wire(502, b"<html>") if asked.creates and chance.random() < 0.05 else asked.honest().wire()

    with running(answering, tmp_path) as finished:
        pass
    accused = {clause for clause, outcome in finished.outcomes.items() if outcome == "broken"}
    assert accused <= {FAILING}
    assert list(finished.outcomes.values()).count("upheld") > 60


@pytest.mark.parametrize("status", the_first([401, 403, 406, 502, 504]))
def test_a_firewall_accuses_no_clause(status: int, tmp_path: Path) -> None:
    """It answers some bodies with a page of its own, always the same ones: none that the endpoint's page allows."""
    blocked = wire(status, b"<html>blocked</html>", b"Content-Type: text/html")

    def answering(asked: Asked) -> Pieces:
        yield blocked if b"null" in asked.body or b"[]" in asked.body else asked.honest().wire()

    with running(answering, tmp_path) as finished:
        pass
    accused = {clause for clause, outcome in finished.outcomes.items() if outcome == "broken"}
    assert accused <= {FAILING}, finished.output
    assert finished.outcomes[f"{NAME}/request/external_id/type"] == "undetermined"
    assert list(finished.outcomes.values()).count("upheld") > 60
