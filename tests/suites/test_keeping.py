"""What a run keeps of what it has exchanged: what can be judged otherwise, and nothing once its contract is left."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from contracts.contract import load_contract
from endpoints.exchange import Exchange
from strategies import Request
from suites.judgement import Outcome
from suites.probing import Keeping, Tally
from suites.shapes import judge_shape
from tests.helpers import ROOT

CONTRACT = load_contract("kaiten-create-space")
TITLE = CONTRACT.clauses["kaiten-create-space/200/title/type"]
IN_ONE_PROCESS = """
import gc
import pytest
from endpoints.exchange import Exchange

class Counting:
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        gc.collect()
        print(f"\\n{len(session.items)} items, {sum(isinstance(one, Exchange) for one in gc.get_objects())} exchanges")

pytest.main(["suites", "-q", "-p", "no:cacheprovider", "--profile", "quick", "--contract", "kaiten-create-space"],
            plugins=[Counting()])
"""


def answered(status: int, body: object) -> Exchange:
    return Exchange(Request({"title": "any"}), "POST", "http://127.0.0.1", {}, "", status, answer=json.dumps(body))


def test_of_many_that_are_alike_one_is_kept_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suites.probing._KEPT", 0)
    tally, first = Tally(), dict[object, Exchange]()
    keeping = Keeping(CONTRACT, tally)
    sent = [answered(200, {"id": number, "title": "any"}) for number in range(1_000)]
    sent[700] = answered(200, {"id": 700, "title": ["any"]})
    sent[800] = answered(503, {})
    kept = [exchange for exchange in sent if keeping.keeps(exchange, first)]  # type: ignore[arg-type]
    assert [sent.index(exchange) for exchange in kept] == [0, 700, 800]
    assert tally.count(kept) == 1_000
    judged = [
        judge_shape(TITLE, [one for one in some if one.status == 200], CONTRACT, count)
        for some, count in ((sent, len), (kept, tally.count))
    ]
    assert judged[0] == judged[1]
    assert (judged[0].outcome, judged[0].exchanges) == (Outcome.BROKEN, 999)
    assert judged[0].evidence[0].exchange is sent[700]


def test_nothing_that_was_exchanged_outlives_its_contract() -> None:
    done = subprocess.run([sys.executable, "-c", IN_ONE_PROCESS], cwd=ROOT, capture_output=True, text=True, check=False)
    said = next(line for line in done.stdout.splitlines() if line.endswith(" exchanges"))
    items, exchanges = (int(part.split()[0]) for part in said.split(", "))
    assert items > 80
    assert exchanges == 0
