"""One run of the suites in one process: the target, the mock when it is embedded, and a bench for each contract."""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contracts.contract import Contract, load_contract, load_contracts
from contracts.errors import UserError
from contracts.model import Clause, Kind, Side
from contracts.text import as_line
from endpoints.cleaning import told
from endpoints.embedded import VARIABLE, EmbeddedMock, environment_of
from endpoints.exchange import shortened
from endpoints.ledger import LEDGERS, Ledger, prove_writable
from endpoints.mock.faults import FAULTS
from endpoints.mock.manners import MANNERS
from endpoints.mock.switches import Switchboard, UnknownSwitchError
from endpoints.patience import Breaker, Pace, shared_pace
from endpoints.redaction import Redaction
from endpoints.rehearsal import Rehearsal
from endpoints.sending import Common
from endpoints.session import Session
from endpoints.tables import simple_table
from endpoints.targets import ADDRESS, MOCK_TARGET, Target, load_target
from endpoints.things import Things
from suites.asking import Ask, settle
from suites.bench import Bench
from suites.judgement import Judgement, Outcome
from suites.profiles import PROFILES, Profile

_PACE = "CLAUSEWISE_PACE"  # the file in which the workers of a run keep to one rate


@dataclass(frozen=True)
class Plan:
    """What a run is about: where to send, what of it to ask, and how much."""

    target: Target
    contracts: tuple[str, ...]
    profile: Profile
    switches: tuple[str, ...] = ()
    dry: bool = False

    @classmethod
    def of(
        cls,
        target: Target | str | None,
        contracts: list[str],
        profile: str | None,
        switches: list[str],
        dry: bool = False,
    ) -> Plan:
        """A plan out of command line options; raises UserError for what cannot be.

        The default profile is `quick` for a live target, and `ci` for all others.
        """
        target = target if isinstance(target, Target) else load_target(Path(target) if target else MOCK_TARGET)
        _check_switches(target, switches)
        chosen = tuple(contract.name for contract in asked_contracts(contracts)) or target.contracts
        for name in chosen:
            if name not in target.contracts:
                file, there = load_contract(name).file, ", ".join(target.contracts)
                served = file and f'say where it is served, by --base-url URL or a target with [openapi."{file.name}"]'
                raise UserError(
                    f"{target.file}: there is no [contracts.{name}] to run; {served or f'there are {there}'}"
                )
        plan = cls(target, chosen, PROFILES[profile or ("quick" if target.live else "ci")], tuple(switches), dry)
        if not target.embedded:  # an unset variable, or a host that nobody said is live, is told before all else
            target.check_live(chosen)
            plan.check_budget()
        return plan

    def check_budget(self) -> None:
        """Raise UserError when the budget of a live target does not carry a profile that is not made for it."""
        most, budget = [self.profile.most(load_contract(name)) for name in self.contracts], self.target.budget
        requests, records = sum(one.requests for one in most), sum(one.records for one in most)
        too_much = requests > budget.requests or records > budget.records
        if self.target.live and self.profile.name != "quick" and too_much:
            raise UserError(
                f"{self.target.file}: profile {self.profile.name} may take {requests:,} requests, {records:,} records "
                f"on a live target, and its budget has {budget.requests:,} and {budget.records:,}; "
                f"run --profile quick, or raise the budget"
            )

    def announcement(self) -> Iterator[str]:
        """What a live run is about to do, a line each; nothing for the embedded mock."""
        if self.target.embedded:
            return
        strike = Redaction(self.target.secrets()).text
        names = list(self.contracts)
        for name in names:  # and, as they come, those that make what these need
            endpoint, contract = self.target.endpoint(name), load_contract(name)
            makers = dict.fromkeys(source["from"] for source in endpoint.things.values())
            names += [maker for maker in makers if maker not in names]
            lasting = contract.method == "POST" and endpoint.creates and "delete" not in endpoint.outside
            told = "; nothing is known that deletes what it makes" if lasting else ""
            yield as_line(strike(f"about to send {contract.method} {endpoint.base_url}{contract.path}  ({name}){told}"))
            yield from [endpoint.caution] if endpoint.caution else []
        budget, rate = self.target.budget, self.target.table.get("requests_per_second")
        most = f"at most {budget.requests:,} requests and {budget.records:,} records" if budget.bounded else "no budget"
        pace = f"{rate} requests a second" if rate else "as fast as it goes"
        yield f"profile {self.profile.name}, {most}, {pace}; what is made stands in {LEDGERS}/ until it is deleted"

    def clauses(self, pattern: str, kind: str, side: Side, draws: str) -> list[Clause]:
        """The clauses that a test with this mark asks; raises UserError when the catalogue has none of such a kind.

        Effects are those of methods that only OpenAPI files have.
        """
        known = (clause for contract in load_contracts() for clause in contract.clauses.values())
        if kind != Kind.EFFECT and not any(_asked(clause, pattern, kind, side) for clause in known):
            raise UserError(f"no clause of the catalogue matches {pattern!r}, kind {kind!r}, side {side!r}")
        if draws and not getattr(self.profile, draws):
            return []
        clauses = (clause for name in self.contracts for clause in load_contract(name).clauses.values())
        return [clause for clause in clauses if _asked(clause, pattern, kind, side)]


def chosen_target(file: str | None, base_url: str | None, headers: list[str], contracts: list[str]) -> Target:
    """The target of command line options: a file, or an address for the operations of OpenAPI files, or the mock."""
    if base_url is None and headers:
        raise UserError("--header goes with --base-url; a target file has its headers under authentication")
    if base_url is None:
        return load_target(Path(file) if file else MOCK_TARGET)
    if file or not contracts:
        raise UserError("--base-url goes with --contract FILE, and without --target: give an OpenAPI file")
    whole = asked_contracts([name.partition("#")[0] for name in contracts])
    table = simple_table(base_url, headers, whole)
    return Target(Path(ADDRESS), table)


def asked_contracts(names: list[str]) -> tuple[Contract, ...]:
    """The contracts that options name, of files those that can be sent; none when they name none.

    Raises UserError when nothing of what they name can be sent.
    """
    named = load_contracts(tuple(names)) if names else ()
    sent = tuple(contract for contract in named if not any(gap.whole for gap in contract.gaps))
    if named and not sent:
        why = next(gap for contract in named for gap in contract.gaps if gap.whole)
        raise UserError(f"{', '.join(names)}: nothing of it can be sent; {why.lines.phrase}: {why.says}")
    return sent


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

    An embedded target is the mock that CLAUSEWISE_MOCK names, else one that is started for the run. Any other target
    is live: what is made there is written down in a ledger of this process.
    """

    plan: Plan
    ledger: Ledger | None = None
    rehearsal: Rehearsal | None = None
    _mock: EmbeddedMock | None = None
    _benches: dict[str, Bench] = field(default_factory=dict)
    _breakers: dict[str, Breaker] = field(default_factory=dict)
    _left: Counter[str] = field(default_factory=Counter)
    _counted: Counter[str] = field(default_factory=Counter)
    _observed: list[dict[str, Any]] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)
    _cautions: list[str] = field(default_factory=list)
    _said: set[tuple[str, str]] = field(default_factory=set)
    _shares_pace: bool = False
    asked: frozenset[str] = frozenset()  # the clauses whose refusals will be asked for: they are sent in series

    def open(self, *, sends: bool) -> None:
        """Open the ledger of a live run, if this process sends; raises UserError where none can be written.

        So it does where CLAUSEWISE_MOCK names what is no mock.
        """
        if self.plan.target.embedded and os.environ.get(VARIABLE):
            _ = self._environment
        if self.plan.dry:
            self.rehearsal = Rehearsal()
        elif not self.plan.target.embedded and not sends:
            prove_writable(LEDGERS)
            self._share_pace()
        elif not self.plan.target.embedded:
            self.ledger = Ledger.begin(LEDGERS, self.plan.target.name)

    def _share_pace(self) -> None:
        """Let the workers, which are about to start, keep to one rate together, by a file beside the ledgers."""
        if sys.platform != "win32":
            os.environ[_PACE] = str(shared_pace(LEDGERS))
            self._shares_pace = True

    def bench(self, name: str) -> Bench:
        """The bench of one contract, made when it is first asked for."""
        if name not in self._benches:
            self._benches[name] = Bench(load_contract(name), self._session(name), self.plan.profile, self.asked)
        return self._benches[name]

    def _session(self, name: str) -> Session:
        endpoint = self.plan.target.endpoint(name, self._environment if self.plan.target.embedded else None)
        if endpoint.caution not in {"", *self._cautions}:
            self._cautions.append(endpoint.caution)
            self._notes.append(endpoint.caution)
        breaker = self._breakers.setdefault(urlsplit(endpoint.base_url).netloc, Breaker())
        return Session(load_contract(name), endpoint, replace(self._common, breaker=breaker))

    @cached_property
    def things(self) -> Things:
        """What the operations need that other operations make."""
        return Things(self._session)

    @cached_property
    def _common(self) -> Common:
        workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        shared = os.environ.get(_PACE)
        pace = Pace(Path(shared) if shared else None, workers)
        tokens = self.plan.target.tokens if "token_command" in self.plan.target.table else None
        return Common(
            self.ledger, workers, pace=pace, tokens=tokens, strike=self.redaction.text,
            rehearsal=self.rehearsal, things=self.things,
        )  # fmt: skip

    @cached_property
    def redaction(self) -> Redaction:
        """Strikes the secrets of the whole target out of what is shown; the mock's are none."""
        target = self.plan.target
        redaction = Redaction({} if target.embedded else target.secrets())
        target.tokens.on_new = lambda: redaction.learn(target.secrets())
        return redaction

    @cached_property
    def _environment(self) -> dict[str, str]:
        """The variables of the mock's target file; asked for once, since a mock may renew its tokens for each run."""
        if os.environ.get(VARIABLE):
            return environment_of(os.environ[VARIABLE].rstrip("/"))
        self._mock = EmbeddedMock(self.plan.switches)
        return self._mock.environment

    def settle(self, ask: Ask, question: Callable[[Ask], None]) -> list[Judgement]:
        """What a question of this run finds; where Clausewise itself fails, that is the judgement, and told as ours."""
        try:
            return settle(ask, question)
        except UserError as error:
            reason, here = error.message, False
        except Exception as error:  # noqa: BLE001 - whatever our own mistake is, the run goes on and says so
            reason, here = failure_of(error, self.redaction.text), True
            self._left["failed here"] += 1
        finally:
            bench = self._benches.get(ask.clause.contract)
            if bench and bench.session.records:
                bench.session.records.release()
        return [Judgement(ask.clause, ask.side, Outcome.UNDETERMINED, reason, failed_here=here)]

    def is_news(self, judgement: Judgement) -> bool:
        """Whether its reason, if it is one for all clauses of a contract, has not been told; it counts as told now."""
        said = (judgement.clause.contract, judgement.reason)
        news = not judgement.of_all or said not in self._said
        self._said.add(said)
        return news

    def leave(self, name: str) -> None:
        """Forget a contract's bench, since all its tests have run: its records are deleted, its counts are kept."""
        bench = self._benches.pop(name, None)
        if bench:
            self._end(name, bench.session)
            for _ in range(bench.session.patience.late):
                bench.observer.note("reading back", "a record shows up after a while")
            self._observed.append({"contract": name, **bench.observer.take()})

    def _end(self, name: str, session: Session) -> None:
        """Close a session: what it made is deleted, its counts are kept, and what could not be deleted is told."""
        session.close()
        self._left += Counter(requests=session.requests, created=session.created)
        if session.records and self.ledger:
            left = session.records.left
            self._left["left"] += left.total()
            self._notes += told(left, self.ledger.file, self.plan.target, name)

    def take(self) -> dict[str, Any]:
        """What has come since this was last asked: counts of requests and records, what was observed, notes."""
        notes, self._notes = [*self._notes, *self.plan.target.tokens.notes], []
        self.plan.target.tokens.notes.clear()
        observed, self._observed = self._observed, []
        rehearsed = self.rehearsal.requests if self.rehearsal else []
        found: dict[str, Any] = self.redaction.row({"observed": observed, "notes": notes, "rehearsed": rehearsed[:]})
        rehearsed.clear()
        return {"counts": self._counts(), **found}

    def _counts(self) -> dict[str, int]:
        now = Counter(self._left)
        for session in (*(bench.session for bench in self._benches.values()), *self.things.sessions.values()):
            now.update(requests=session.requests, created=session.created)
        since, self._counted = now - self._counted, now
        return dict(since)

    def close(self) -> None:
        """Delete what a live run created, give connections back, stop the mock."""
        for name in list(self._benches):
            self.leave(name)
        while self.things.sessions:  # the newest kind first: what stands within another was made after it
            self._end(*self.things.sessions.popitem())
        if self.ledger:
            self.ledger.close(remove=not self._left["left"])
        if self._mock:
            self._mock.stop()
        if self._shares_pace:
            Path(os.environ.pop(_PACE)).unlink(missing_ok=True)


def failure_of(error: Exception, strike: Callable[[str], str] = str) -> str:
    """A failure of our own, for the user and for whoever mends it: what was raised, and where."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}, line {last.lineno}"
    said = f"{type(error).__name__}: {shortened(strike(str(error)), 300)}"
    return f"Clausewise failed here ({said}; {where}); please report it"
