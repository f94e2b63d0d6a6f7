"""Several requests in flight: the same verdicts as one after the other, sooner, and within all bounds."""

from __future__ import annotations

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import contract_names, load_contract
from contracts.model import Side
from endpoints.flight import Errand, in_flight
from endpoints.ledger import Ledger, read_ledger
from endpoints.mock.faults import FAULTS
from endpoints.sending import Common
from endpoints.session import Begun, BudgetSpentError, Session
from endpoints.targets import MOCK_TARGET, load_target
from strategies import Request
from suites.bench import Bench
from suites.profiles import PROFILES
from tests.endpoints.test_records import TOKEN, Tenant
from tests.helpers import a_tenth, reply, run_suites, serving, target_file
from tests.matrix import Listening, run_on_mock
from tests.suites.test_killed import OTHERS, strict

CONTRACT = load_contract("kaiten-create-space")


def found_with(folder: Path, connections: int, fault: str, profile: str) -> Listening:
    target = folder / f"{connections}.toml"
    target.write_text(f"connections = {connections}\n{MOCK_TARGET.read_text(encoding='utf-8')}", encoding="utf-8")
    contracts = FAULTS[fault].contracts if fault else contract_names()
    return run_on_mock(["latency", *filter(None, [fault])], contracts, profile, "--target", str(target))


def told(found: Listening) -> list[tuple[Any, ...]]:
    """What came out, in order, without values that a server makes, and how much was sent in all."""
    names = ("clause", "side", "outcome", "exchanges")
    return [
        tuple(row[n] for n in names if n != "exchanges" or "/robustness/" not in row["clause"]) for _, row in found.rows
    ]


def seen(found: Listening) -> Counter[tuple[Any, ...]]:
    names = ("contract", "situation", "status", "about", "place", "saw", "times")
    return Counter(tuple(row[name] for name in names) for row in found.observations)


@pytest.mark.parametrize("fault", ["", *a_tenth(list(FAULTS)[::30])])
def test_the_verdicts_are_those_of_one_connection(tmp_path: Path, fault: str, everything: bool) -> None:
    profile = "ci" if fault and everything else "quick"
    one, four = (found_with(tmp_path, connections, fault, profile) for connections in (1, 4))
    assert told(one) == told(four)
    assert bool(fault) == bool({"broken", "undetermined"} & {row["outcome"] for _, row in one.rows})
    assert seen(one) == seen(four)
    if not fault:
        assert one.requests == four.requests  # what is sent in vain is sent only where something is wrong


class Watching:
    """A server that takes its time, and counts how many requests it has at once."""

    def __init__(self) -> None:
        self.lock, self.now, self.most, self.titles = threading.Lock(), 0, 0, list[str]()

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.titles.append(body.decode())
            number = len(self.titles)
        time.sleep(0.05)
        with self.lock:
            self.now -= 1
        reply(handler, 200, {"id": number})


@pytest.mark.parametrize(("more", "most"), [("", 4), ("connections = 2\n", 2), ("live = true\n", 1)])
def test_no_more_are_in_flight_than_the_target_takes(tmp_path: Path, more: str, most: int) -> None:
    server = Watching()
    with serving(server) as url:
        file = target_file(tmp_path, url, (CONTRACT.name,))
        file.write_text(more + file.read_text(encoding="utf-8"), encoding="utf-8")
        session = Session(CONTRACT, load_target(file).endpoint(CONTRACT.name, TOKEN))
        errands = [Errand(Request({"title": f"number {n}"}), about=n) for n in range(20)]
        with in_flight(session, errands) as found:
            told = [(errand.about, exchange.request.body["title"]) for errand, exchange in found]
    assert told == [(n, f"number {n}") for n in range(20)]
    assert server.most == most
    assert session.created == session.requests == 20


def test_what_is_no_longer_wanted_is_in_the_ledger_all_the_same(tmp_path: Path) -> None:
    told: list[Any] = []
    with serving(Watching()) as url:
        endpoint = load_target(target_file(tmp_path, url, (CONTRACT.name,))).endpoint(CONTRACT.name, TOKEN)
        ledger = Ledger.begin(tmp_path / "ledgers", "somewhere")
        session = Session(CONTRACT, endpoint, Common(ledger))
        session.watch = told.append
        errands = (Errand(Request({"title": f"number {n}"}), is_wanted=lambda: len(told) < 2) for n in range(20))
        with in_flight(session, errands) as found:
            assert len(list(found)) == 2
    assert len(told) == 2
    standing = read_ledger(ledger.file)
    assert 2 < len(standing.records) == session.created <= 2 + 3
    assert not standing.unknown
    ledger.close(remove=True)


@pytest.mark.parametrize(
    ("budget", "most_requests", "most_records"),
    [("{ requests = 30, records = 30 }", 30, 30), ("{ requests = 500, records = 13 }", 500, 13)],
)
def test_a_budget_is_a_hard_stop_for_all_together(
    tmp_path: Path, budget: str, most_requests: int, most_records: int
) -> None:
    server = Watching()
    with serving(server) as url:
        file = target_file(tmp_path, url, (CONTRACT.name,))
        file.write_text(f"budget = {budget}\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
        session = Session(CONTRACT, load_target(file).endpoint(CONTRACT.name, TOKEN))
        told = []
        errands = (Errand(Request({"title": f"number {n}"})) for n in range(100))
        with pytest.raises(BudgetSpentError), in_flight(session, errands) as found:
            told += [exchange for _, exchange in found]
    assert len(server.titles) <= most_requests
    assert len(server.titles) <= most_records


def test_a_live_run_with_connections_holds_few_records_and_leaves_none(tmp_path: Path) -> None:
    held: list[int] = []

    def counting(record: dict[str, Any]) -> tuple[int, Any]:
        held.append(len(tenant.records))  # that is with the new one, and without the one that is another's
        return strict(record)

    tenant = Tenant({"7": OTHERS}, created=counting)
    with serving(tenant) as url:
        file = target_file(tmp_path, url, (CONTRACT.name,))
        more = "connections = 8\nbudget = { requests = 9000, records = 900, most_records = 12 }\n"
        file.write_text(more + file.read_text(encoding="utf-8"), encoding="utf-8")
        run = run_suites(tmp_path, "--target", str(file), "--profile", "ci", **TOKEN)
    assert tenant.records == {"7": OTHERS}, run.output
    assert run.verdicts["run"]["left"] == 0
    assert 8 < max(held) <= 12


@pytest.mark.parametrize("connections", [1, 4])
def test_what_was_asked_before_the_budget_ended_is_kept(
    tmp_path: Path, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Tenant(created=strict)) as url:
        file = target_file(tmp_path, url, (CONTRACT.name,))
        file.write_text(f"connections = {connections}\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
        session = Session(CONTRACT, load_target(file).endpoint(CONTRACT.name, TOKEN))
        bench = Bench(CONTRACT, session, PROFILES["quick"])
        assert bench.control
        left, begin = [6], session.begin

        def beginning(*what: Any, **how: Any) -> Begun:
            left[0] -= 1
            if left[0] < 0:
                raise BudgetSpentError("spent")
            return begin(*what, **how)

        monkeypatch.setattr(session, "begin", beginning)
        monkeypatch.setattr(session, "carries", lambda _: left[0] > 0)
        clauses = [clause for clause in CONTRACT.clauses.values() if Side.REFUSES in clause.sides][:6]
        with pytest.raises(BudgetSpentError):
            bench.refusals(clauses[0])
        kept = bench._refusals
        assert clauses[0].id in kept
        assert bench.refusals(clauses[0]) == kept[clauses[0].id] != []
    assert 2 <= len(kept) <= 6


@pytest.mark.long
def test_workers_and_their_threads_keep_to_one_rate_together(tmp_path: Path) -> None:
    arrived: list[tuple[float, str]] = []
    tenant = Tenant(created=strict)

    def noting(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        arrived.append((time.monotonic(), handler.path))
        tenant(handler, body)

    with serving(noting) as url:
        file = target_file(tmp_path, url, (CONTRACT.name, "kaiten-create-record"))
        more = "requests_per_second = 25\nconnections = 4\n"
        file.write_text(more + file.read_text(encoding="utf-8"), encoding="utf-8")
        run_suites(tmp_path, "--target", str(file), "--profile", "quick", "-n", "2", **TOKEN)
    times = sorted(at for at, _ in arrived)
    assert len({path.split("/")[3] for _, path in arrived}) == 2
    assert len(times) > 100
    most = max(sum(start <= at < start + 1 for at in times) for start in times)
    assert most <= 25 + 6  # which were held up on their way
    assert times[-1] - times[0] >= (len(times) - 1) / 25 - 0.5
    assert not list((tmp_path / ".clausewise").iterdir())
