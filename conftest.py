"""pytest wiring only: options, parametrisation by clause, and hooks that forward to plain objects."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.contract import load_contract
from contracts.coverage import read_document
from contracts.errors import UserError
from contracts.model import Clause, Kind, Level
from contracts.text import as_line
from endpoints.exchange import shortened
from endpoints.stopping import STOP, Outlet, StoppedError, heed_signals
from reports.drift.changes import Class
from reports.known import Known
from reports.outputs import Wanted
from reports.sink import Sink
from reports.verdicts import Verdicts, row_of
from suites.asking import Ask
from suites.judgement import Judgement, Outcome
from suites.profiles import PROFILES
from suites.run import Plan, Run, chosen_target

PLAN = pytest.StashKey[Plan]()
RUN = pytest.StashKey[Run]()
ASK = pytest.StashKey[Ask]()
SUITES = Path(__file__).resolve().parent / "suites"
KNOWN = pytest.StashKey[Known | None]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("clausewise", "Clausewise (and --strict: implied clauses fail the run as well)")
    group.addoption("--target", metavar="FILE", help="target file (default: the embedded mock)")
    group.addoption(
        "--base-url", metavar="URL", help="instead of a target file: where the operations of --contract FILE are"
    )
    group.addoption(
        "--header", metavar="TEXT", action="append", default=[], help="with --base-url, as in 'X-Key: ${KEY}'"
    )
    group.addoption(
        "--contract", metavar="NAME|FILE[#OPERATION]", action="append", default=[], help="only this; repeatable"
    )
    group.addoption(
        "--profile", choices=PROFILES, help="how much to ask: quick (of live targets the default), ci, nightly"
    )
    group.addoption("--dry-run", action="store_true", help="print what would be sent to the target, and send nothing")
    group.addoption("--fault", metavar="ID", action="append", default=[], help="break the embedded mock; repeatable")
    group.addoption("--manner", metavar="ID", action="append", default=[], help="a lawful difference of it; repeatable")
    group.addoption("--verdicts", metavar="FILE", type=Path, help="write the verdicts as JSON")
    group.addoption("--report", metavar="FILE", type=Path, help="write the report as one HTML page")
    group.addoption("--junit", metavar="FILE", type=Path, help="write JUnit XML with a suite for each clause")
    group.addoption("--documents", metavar="DIR", type=Path, help="the folder of saved pages, for the report")
    group.addoption("--record", metavar="DIR", type=Path, help="keep a record of the run, for drift, in this folder")
    group.addoption(
        "--baseline", metavar="PATH", type=Path, help="tell drift from this file, or from a folder's newest"
    )
    group.addoption(
        "--fail-on", choices=[*map(str, Class), "never"], default="breaking", help="class of drift that fails"
    )
    group.addoption("--known", metavar="FILE", type=Path, help="known deviations, which do not fail the run")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(50_000)  # a run makes many small things and few cycles: at Python's 700, looking takes a seventh
    option = config.getoption
    try:
        switches = [*option("--fault"), *option("--manner")]
        target = chosen_target(option("--target"), option("--base-url"), option("--header"), option("--contract"))
        plan = Plan.of(target, option("--contract"), option("--profile"), switches, option("--dry-run"))
        if option("--documents"):
            for name in plan.contracts:
                read_document(load_contract(name), option("--documents"))
        names = ("verdicts", "report", "junit", "record", "baseline", "known", "documents", "fail_on")
        wanted = Wanted(**{name: option(f"--{name.replace('_', '-')}") for name in names})
        config.stash[KNOWN] = wanted.check()
    except UserError as error:
        raise pytest.UsageError(error.message) from None
    config.stash[PLAN], config.stash[RUN] = plan, Run(plan)
    if not plan.target.embedded:
        config.option.maxworkerrestart = "0"  # what took a dead one's place would know nothing of what it has spent
    if _runs_suites(config):
        sink = None if hasattr(config, "workerinput") else _sink(config, plan, wanted)
        of_worker = (lambda: os._exit(STOP.exit_code)) if plan.dry else str  # its controller says the rest
        heed_signals(sink.heed if sink else of_worker, sink.leave if sink else str)
        if sink:
            sys.stdout = Outlet(sys.stdout, sink.stop)  # type: ignore[assignment]  # before pytest's reporter takes it


def _runs_suites(config: pytest.Config) -> bool:
    """Whether the suites are run, and not the tests of Clausewise itself, nor a table of contents printed."""
    roots = [Path(arg.partition("::")[0]).resolve() for arg in config.args]
    return not config.option.collectonly and any(
        root / "suites" == SUITES or SUITES in {root, *root.parents} for root in roots
    )


def _sink(config: pytest.Config, plan: Plan, wanted: Wanted) -> Sink:
    strict = bool(config.getini("strict"))
    sink = Sink(
        config, config.stash[RUN], Verdicts.of(plan.target.name, plan.profile.name, plan.contracts, strict), wanted
    )
    config.pluginmanager.register(sink, "clausewise-sink")
    return sink


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before anything is sent: the ledger can be written, and the user is told what is about to happen."""
    if not _runs_suites(session.config):
        return
    try:
        session.config.stash[RUN].open(sends=getattr(session.config.option, "dist", "no") == "no")
        sink = session.config.pluginmanager.get_plugin("clausewise-sink")
        if sink:
            sink.open()
    except UserError as error:
        raise pytest.UsageError(error.message) from None


def pytest_collection_finish(session: pytest.Session) -> None:
    """What will be asked: the refusals of clauses are sent in series."""
    asked = (_clause(item) for item in session.items if getattr(item, "originalname", "") == "test_refuses")
    session.config.stash[RUN].asked = frozenset(clause.id for clause in asked if clause)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One worker takes all tests of a contract, so that they share its sample."""
    from xdist.scheduler import LoadScopeScheduling  # only with -n

    class ByContract(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:  # which begins with ../ where the suites are run from elsewhere
            folders = nodeid.partition("::")[0].split("/")[-3:-1]
            of_suites = folders[-1:] == ["suites"] and folders != ["tests", "suites"]
            return nodeid.partition("[")[2].partition("/")[0] if of_suites else nodeid

    return ByContract(config, log)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "ask" not in metafunc.fixturenames:
        return
    cases = []
    for mark in metafunc.definition.iter_markers("asks"):
        try:
            clauses = metafunc.config.stash[PLAN].clauses(*mark.args, **mark.kwargs)
        except UserError as error:
            raise pytest.UsageError(f"{metafunc.definition.nodeid}: {error.message}") from None
        cases += [pytest.param((clause, mark.kwargs["side"]), id=as_line(clause.id)) for clause in clauses]
    metafunc.parametrize("ask", cases, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One contract after the other, so that what its tests share need not be kept; none that has nothing to ask.

    What is judged over the sample alone comes first: the sooner something is found, the fewer requests it took.
    """
    items[:] = sorted((item for item in items if not _asks_nothing(item)), key=_turn)


def _asks_nothing(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "ask" in item.fixturenames and _clause(item) is None


def _turn(item: pytest.Item) -> tuple[str, int]:
    clause = _clause(item)
    if clause and clause.kind is Kind.ROBUSTNESS:
        return _contract(item), 2  # over all that the others sent
    return _contract(item), clause is None or not clause.status.startswith("2")


def _contract(item: pytest.Item | None) -> str:
    """The contract that an item asks about, or nothing."""
    clause = _clause(item)
    return clause.contract if clause else ""


def _clause(item: pytest.Item | None) -> Clause | None:
    """The clause that an item asks about; a test that has none to ask is collected with an empty parameter."""
    case = item.callspec.params.get("ask") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    return case[0] if isinstance(case, tuple) else None


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if _contract(item) != _contract(nextitem):
        item.config.stash[RUN].leave(_contract(item))


@pytest.fixture
def ask(request: pytest.FixtureRequest) -> Ask:
    """One side of one clause, and the bench to ask it on."""
    (clause, side), run = request.param, request.config.stash[RUN]
    asked = Ask(clause, side, lambda: run.bench(clause.contract))
    request.node.stash[ASK] = asked
    request.node.user_properties += [
        ("clause", clause.id), ("level", str(clause.level)), ("lines", str(clause.lines)),
        ("document", load_contract(clause.contract).document["file"]),
    ]  # fmt: skip
    return asked


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    asked, run = pyfuncitem.stash.get(ASK, None), pyfuncitem.config.stash[RUN]
    if asked is None:
        return None
    try:
        asked.judgements = run.settle(asked, pyfuncitem.obj)
    except StoppedError:
        pyfuncitem.session.shouldstop = "the run was asked to stop"
        pytest.skip("the run was asked to stop")
    if not run.plan.dry:
        _end(asked.judgements, pyfuncitem.config, run)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if STOP and _runs_suites(item.config):
        item.session.shouldstop = "the run was asked to stop"
        pytest.skip("the run was asked to stop")


def _end(judgements: list[Judgement], config: pytest.Config, run: Run) -> None:
    """End a test as pytest knows it: failed for what is broken, xfailed when it is implied or known, else skipped.

    What keeps all clauses of a contract from being judged fails one test, and the others are skipped: the verdicts
    have it of each clause.
    """
    strict, known, strike = config.getini("strict"), config.stash[KNOWN], run.redaction.text
    broken = [judgement for judgement in judgements if judgement.outcome is Outcome.BROKEN]
    new = [judgement for judgement in broken if not known or not known.holding(judgement.clause.id)]
    stated = [judgement for judgement in new if strict or judgement.clause.level is Level.STATED]
    if stated:
        pytest.fail(strike(f"\n\n{'-' * 40}\n\n".join(judgement.message() for judgement in stated)), pytrace=False)
    if broken:
        why = f"{broken[0].clause.sentence} ({'implied' if new else 'known'}): {broken[0].actual}"
        pytest.xfail(shortened(strike(why), 300))
    last = judgements[-1] if judgements else None
    if last and last.outcome is not Outcome.UPHELD:
        says = shortened(strike(f"{last.outcome}: {last.reason}"), 300)
        fails = last.outcome is Outcome.UNDETERMINED and (strict or last.clause.level is Level.STATED)
        if last.failed_here or (fails and not (known and known.holding(last.clause.id)) and run.is_news(last)):
            pytest.fail(says, pytrace=False)  # it fails the run, so no CI may show it green
        pytest.skip(says)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    report = yield
    asked, run = item.stash.get(ASK, None), item.config.stash[RUN]
    if asked is not None:
        report.sections = [(name, run.redaction.text(text)) for name, text in report.sections]
    if asked is not None and call.when in {"call", "teardown"}:
        judged = asked.judgements if call.when == "call" and not run.plan.dry else []
        rows = [{**run.redaction.row(row_of(one)), "clause": one.clause.id} for one in judged]  # the id is ours
        report.clausewise = {"judgements": rows, **run.take()}
        if call.when == "teardown":
            del item.stash[ASK]  # pytest keeps every item to the end, and an Ask holds all that was exchanged
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """What a live run created is deleted, and the mock stops; the controller gets what a worker has left."""
    run = session.config.stash[RUN]
    run.close()
    if hasattr(session.config, "workerinput"):
        session.config.workeroutput["clausewise"] = run.take()
