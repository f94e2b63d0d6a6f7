"""Where what the tests of all workers find comes together, and what a run amounts to at its end."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from contracts.text import as_line
from endpoints.ledger import LEDGERS, Standing, abandoned, kept_by
from endpoints.stopping import STOP, forward, teller
from reports.files import Row
from reports.journal import Journal
from reports.outputs import Ending, Wanted, finish
from reports.terminal import summary
from reports.verdicts import Verdicts, clauses_of, failing
from suites.judgement import Outcome
from suites.run import Run

_OF_TESTS = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.TESTS_FAILED}
_OF_CLEANING = 2  # requests that deleting a record takes: a read, and the delete
FAILED_HERE = 3  # exit code of a run in which Clausewise itself failed; pytest's own of an internal error


@dataclass(eq=False)
class Sink:
    """A pytest plugin of the process that the user started: takes what comes, and says what it amounts to."""

    config: pytest.Config
    run: Run
    verdicts: Verdicts
    wanted: Wanted
    journal: Journal | None = None
    workers: list[int] = field(default_factory=list)
    _document: dict[str, Any] = field(default_factory=dict)
    _lines: list[str] = field(default_factory=list)
    _rehearsed: list[str] = field(default_factory=list)
    _why: str = ""
    tell: Callable[[str], None] = field(default_factory=teller)
    _killed: bool = False  # whether a worker was, so that what it has made may be left

    def open(self) -> None:
        """Before anything is sent: begin the journal, and say what is about to happen."""
        plan = self.run.plan
        reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        say = reporter.write_line if reporter else str  # -p no:terminal has none
        left = self._left_behind()
        self.verdicts.notes += [left] if left else []
        for line in (*self.verdicts.notes, *plan.announcement()):
            say(line)
        if self.wanted.verdicts and not plan.dry:
            about = {"target": plan.target.name, "profile": plan.profile.name, "contracts": plan.contracts}
            started = self.verdicts.started.isoformat()
            self.journal = Journal(self.wanted.verdicts, {**about, "strict": self.verdicts.strict, "started": started})

    def _left_behind(self) -> str:
        """What runs that were killed, or could not delete everything, have left behind, and what cleans it up."""
        files = [
            file for file in abandoned(self.run.plan.target.name) if file != getattr(self.run.ledger, "file", None)
        ]
        if not files:
            return ""
        option = self.run.plan.target.option
        commands = "; ".join(f"python -m endpoints clean-up {file} {option}" for file in files[:5])
        more = f" (and {len(files) - 5} more)" if len(files) > 5 else ""
        return f"records of an ended run may be left: {commands}{more}"

    def stop(self) -> None:
        """Ask the workers to stop, since this process was asked."""
        for process in self.workers:
            forward(process)

    def heed(self) -> None:
        """The first signal: say what happens now, and that a second one ends it; a dry run has nothing to end."""
        self.stop()
        if self.run.plan.dry:
            self.tell("stopped: a dry run sends nothing")
            os._exit(STOP.exit_code)
        made = sum(len(standing.records) for standing in self._kept().values())
        rate = self.run.plan.target.table.get("requests_per_second")
        takes = f" (about {ceil(made * _OF_CLEANING / rate)} s at this rate)" if rate else ""
        first = (
            f": {made} record{'s' * (made > 1)} that this run made {'are' if made > 1 else 'is'} deleted first{takes}"
        )
        self.tell(f"stopping{first if made else ''}; press again to leave at once")

    def leave(self) -> None:
        """The second signal: where stands what nobody deletes now, and what cleans it up."""
        self.tell(f"ended at once; what was made and is not deleted stands in the ledgers of {LEDGERS}/")
        for file, standing in self._kept().items():
            unknown = f", and {len(standing.unknown)} requests of unknown fate" if standing.unknown else ""
            command = f"python -m endpoints clean-up {file} {self.run.plan.target.option}"
            self.tell(f"{file} names {len(standing.records)} records{unknown}: {command}")

    def _kept(self) -> dict[Path, Standing]:
        return kept_by({os.getpid(), *self.workers})

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        self.workers.append(node.gateway._rinfo().pid)  # noqa: SLF001 - xdist itself asks so
        if STOP:
            self.stop()

    def pytest_runtest_logreport(self, report: Any) -> None:
        self._take(getattr(report, "clausewise", None))
        vars(report).pop("clausewise", None)  # pytest keeps every report; the evidence is kept here

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        self._killed |= bool(error)
        output = getattr(node, "workeroutput", None) or {}
        self._take(output.pop("clausewise", None))

    def _take(self, found: Any) -> None:
        if found:
            self._rehearsed += found.pop("rehearsed")
            self.verdicts.add(found)
            if self.journal:
                self.journal.add(found)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._take(self.run.take())
        if self.run.plan.dry:
            return
        left = self._left_behind()
        if left and left not in self.verdicts.notes:  # by a worker that was killed
            self.verdicts.notes.append(left)
        stopped = session.exitstatus == pytest.ExitCode.INTERRUPTED or session.shouldstop or session.shouldfail
        self.verdicts.interrupted = bool(stopped)
        self._document = self.verdicts.document()
        ended = finish(self._document, self.wanted)
        self._lines = ended.lines
        if self.journal and not ended.unwritten:
            self.journal.remove()
        session.exitstatus = self._exit_code(session.exitstatus, ended)
        counts = self.verdicts.counts
        gone = bool(STOP and counts["created"] and not counts["left"]) and not self.run.plan.target.embedded
        self._why = why_failed(self._document, session.exitstatus, ended, killed=self._killed, gone=gone)

    def _exit_code(self, code: int, ended: Ending) -> int:
        counts = self.verdicts.counts
        if STOP:
            return STOP.exit_code
        if counts["failed here"]:
            return FAILED_HERE
        if ended.unwritten:
            return pytest.ExitCode.USAGE_ERROR
        if self.verdicts.judged and code in _OF_TESTS:
            if ended.nothing_judged:
                return pytest.ExitCode.INTERRUPTED
            if ended.failed or counts["left"] or self._killed:
                return pytest.ExitCode.TESTS_FAILED
        return code

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.run.plan.dry:
            terminalreporter.section(f"{len(self._rehearsed):,} requests would be sent")
            for line in self._rehearsed:
                terminalreporter.line(line)
        if self.verdicts.judged:
            terminalreporter.section("clauses")
            for line in (*summary(self._document), *self._lines):
                terminalreporter.line(line)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Why a run is red, last and once."""
        reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        if self._why and reporter:
            reporter.write_line(self._why)


def why_failed(document: Row, code: int, ended: Ending, *, killed: bool, gone: bool = False) -> str:
    """One line that says why a run has its exit code; nothing for 0, unless something is broken all the same.

    `killed` says whether one of its workers was; `gone` that it was to stop, and nothing that it made is left.
    """
    if "run" not in document:
        return ""
    if code == 0:
        broken = (clause for clause in clauses_of(document) if clause["outcome"] == Outcome.BROKEN)
        spared = sum("known" not in clause for clause in broken)
        return f"exit 0: what is broken is implied ({spared}); --strict lets it fail a run" if spared else ""
    outcomes = Counter((clause["level"], clause["outcome"]) for clause in failing(document))
    said = {Outcome.BROKEN: "broken", Outcome.UNDETERMINED: "could not be judged"}
    reasons = [
        f"{times} {level} clause{'s' if times > 1 else ''} {'is ' if times == 1 and outcome == Outcome.BROKEN else ''}"
        f"{'are ' if times > 1 and outcome == Outcome.BROKEN else ''}{said[Outcome(outcome)]}"
        for (level, outcome), times in sorted(outcomes.items())
    ]
    if document["run"].get("left"):
        reasons.append(f"{document['run']['left']} records may be left on the target")
    if killed:
        reasons.append("a worker was killed, and what it has made may be left on the target")
    if ended.drifted:
        reasons.append("the endpoint has drifted")
    reasons += ended.unwritten
    if code == FAILED_HERE:
        reasons.append("Clausewise itself failed, which its clauses say")
    if document["run"]["interrupted"] or STOP:
        reasons.append("the run was interrupted" if document["run"]["interrupted"] else "it was asked to stop")
    if gone and not killed:
        reasons.append("all that it made is deleted")
    if ended.nothing_judged:
        reasons.append("nothing at all could be judged")
    return as_line(f"exit {int(code)}: {', '.join(reasons) or 'see above'}")
