"""One run of the suites in one process: the target, the mock when it is embedded, and a bench for each contract."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.contract import load_contract, load_contracts
from contracts.errors import UserError
from contracts.model import Clause, Side
from endpoints.embedded import VARIABLE, EmbeddedMock, environment_of
from endpoints.ledger import Ledger, clean_up
from endpoints.mock.faults import FAULTS
from endpoints.mock.manners import MANNERS
from endpoints.mock.switches import Switchboard, UnknownSwitchError
from endpoints.session import Session
from endpoints.targets import MOCK_TARGET, Target, load_target
from suites.bench import Bench
from suites.profiles import PROFILES, Profile

LEDGERS = Path(".clausewise")


@dataclass(frozen=True)
class Plan:
    """What a run is about: where to send, what of it to ask, and how much."""

    target: Target
    contracts: tuple[str, ...]
    profile: Profile
    switches: tuple[str, ...] = ()

    @classmethod
    def of(cls, target_file: str | None, contracts: list[str], profile: str, switches: list[str]) -> Plan:
        """A plan out of command line options; raises UserError for what cannot be."""
        target = load_target(Path(target_file) if target_file else MOCK_TARGET)
        _check_switches(target, switches)
        chosen = tuple(sorted(set(contracts))) or target.contracts
        for name in chosen:
            load_contract(name)
            if name not in target.contracts:
                there = ", ".join(target.contracts)
                raise UserError(f"{target.file}: there is no [contracts.{name}] to run; there are {there}")
            if not target.embedded:
                target.endpoint(name)  # so that an unset variable is told before anything is sent
        return cls(target, chosen, PROFILES[profile], tuple(switches))

    def clauses(self, pattern: str, kind: str, side: Side, draws: str) -> list[Clause]:
        """The clauses that a test with this mark asks; raises UserError when the catalogue has none."""
        if not any(_asked(clause, pattern, kind, side) for c in load_contracts() for clause in c.clauses.values()):
            raise UserError(f"no clause of the catalogue matches {pattern!r}, kind {kind!r}, side {side!r}")
        if draws and not getattr(self.profile, draws):
            return []
        clauses = (clause for name in self.contracts for clause in load_contract(name).clauses.values())
        return [clause for clause in clauses if _asked(clause, pattern, kind, side)]


def _check_switches(target: Target, switches: list[str]) -> None:
    """Faults and manners belong to a mock that the run starts itself."""
    try:
        Switchboard({**FAULTS, **MANNERS}).switch(switches)
    except UnknownSwitchError as error:
        raise UserError(str(error)) from None
    if switches and not target.embedded:
        raise UserError(f"{target.file} is not the embedded mock, so --fault and --manner cannot change it")
    if switches and os.environ.get(VARIABLE):
        running = os.environ[VARIABLE]
        raise UserError(f"{VARIABLE} names a mock at {running}; `python -m endpoints switch ID` changes one that runs")


def _asked(clause: Clause, pattern: str, kind: str, side: Side) -> bool:
    return fnmatchcase(clause.id, pattern) and kind in {"", clause.kind, clause.behaviour} and side in clause.sides


@dataclass
class Run:
    """A plan being carried out; `close` deletes what a live run created and stops the mock.

    An embedded target is the mock that CLAUSEWISE_MOCK names, else one that is started for the run.
    """

    plan: Plan
    _mock: EmbeddedMock | None = None
    _benches: dict[str, Bench] = field(default_factory=dict)
    _left: Counter[str] = field(default_factory=Counter)
    _counted: Counter[str] = field(default_factory=Counter)
    _observed: list[dict[str, Any]] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)

    def bench(self, name: str) -> Bench:
        """The bench of one contract, made when it is first asked for."""
        if name not in self._benches:
            endpoint = self.plan.target.endpoint(name, self._environment if self.plan.target.embedded else None)
            noted = self._ledger.note if self._ledger else lambda _: None
            workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
            session = Session(load_contract(name), endpoint, noted, workers)
            self._benches[name] = Bench(load_contract(name), session, self.plan.profile)
        return self._benches[name]

    @cached_property
    def _environment(self) -> dict[str, str]:
        """The variables of the mock's target file; asked for once, since a mock may renew its tokens for each run."""
        if os.environ.get(VARIABLE):
            return environment_of(os.environ[VARIABLE].rstrip("/"))
        self._mock = EmbeddedMock(self.plan.switches)
        return self._mock.environment

    @property
    def _ledger(self) -> Ledger | None:
        """Live runs keep a ledger, one for each process; the embedded mock forgets everything anyway."""
        if self.plan.target.embedded:
            return None
        name = re.sub(r"\W+", "-", self.plan.target.name.lower())
        return Ledger(LEDGERS / f"created-{name}-{os.getpid()}.jsonl")

    def leave(self, name: str) -> None:
        """Forget a contract's bench, since all its tests have run; its counts are kept."""
        bench = self._benches.pop(name, None)
        if bench:
            bench.session.close()
            self._left += Counter(requests=bench.session.requests, created=bench.session.created)
            for _ in range(bench.session.late_reads):
                bench.observer.note("reading back", "a record shows up after a while")
            self._observed.append({"contract": name, **bench.observer.take()})

    def take(self) -> dict[str, Any]:
        """What has come since this was last asked: counts of requests and records, what was observed, notes."""
        notes, self._notes = self._notes, []
        observed, self._observed = self._observed, []
        return {"counts": self._counts(), "observed": observed, "notes": notes}

    def _counts(self) -> dict[str, int]:
        now = Counter(self._left)
        for bench in self._benches.values():
            now.update(requests=bench.session.requests, created=bench.session.created)
        since, self._counted = now - self._counted, now
        return dict(since)

    def close(self) -> None:
        """Delete what a live run created, give connections back, stop the mock."""
        ledger = self._ledger
        if ledger and ledger.file.exists():
            _, left = clean_up(ledger.file, self.plan.target)
            if left:
                self._notes.append(f"{left} created records could not be deleted; they stand in {ledger.file}")
        for name in list(self._benches):
            self.leave(name)
        if self._mock:
            self._mock.stop()
