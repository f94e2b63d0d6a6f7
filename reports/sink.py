"""Where what the tests of all workers find comes together, and what a run amounts to at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from endpoints.ledger import LEDGERS, abandoned
from endpoints.stopping import STOP, forward
from reports.journal import Journal
from reports.outputs import Wanted, finish
from reports.terminal import summary
from reports.verdicts import Verdicts
from suites.run import Run

FAILED_HERE = 3  # exit code of a run in which Clausewise itself failed; pytest's own of an internal error


@dataclass
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

    def open(self) -> None:
        """Before anything is sent: begin the journal, and say what is about to happen."""
        plan = self.run.plan
        reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        say = reporter.write_line if reporter else str  # -p no:terminal has none
        if self._left_behind():
            self.verdicts.notes.append(self._left_behind())
            say(self._left_behind())
        for line in plan.announcement():
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
        target = self.run.plan.target.file
        commands = "; ".join(f"python -m endpoints clean-up {file} --target {target}" for file in files[:5])
        more = f" (and {len(files) - 5} more)" if len(files) > 5 else ""
        return f"records of an ended run may be left: {commands}{more}"

    def stop(self) -> None:
        """Ask the workers to stop, since this process was asked."""
        for process in self.workers:
            forward(process)

    def last_words(self) -> str:
        """What is said when the run ends at once."""
        return f"ended at once; what was made and is not deleted stands in the ledgers of {LEDGERS}/"

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        self.workers.append(node.gateway._rinfo().pid)  # noqa: SLF001 - xdist itself asks so
        if STOP:
            self.stop()

    def pytest_runtest_logreport(self, report: Any) -> None:
        self._take(getattr(report, "clausewise", None))
        report.clausewise = {}  # pytest keeps every report; the evidence is kept here

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
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
        if self._left_behind() not in {"", *self.verdicts.notes}:  # of a worker that was killed
            self.verdicts.notes.append(self._left_behind())
        stopped = session.exitstatus == pytest.ExitCode.INTERRUPTED or session.shouldstop or session.shouldfail
        self.verdicts.interrupted = bool(stopped)
        self._document = self.verdicts.document()
        ended = finish(self._document, self.wanted)
        self._lines = ended.lines
        if self.journal and not ended.unwritten:
            self.journal.remove()
        session.exitstatus = self._exit_code(session.exitstatus, ended)

    def _exit_code(self, code: int, ended: Any) -> int:
        counts = self.verdicts.counts
        if STOP:
            return STOP.exit_code
        if counts["failed here"]:
            return FAILED_HERE
        if ended.unwritten:
            return pytest.ExitCode.USAGE_ERROR
        if self.verdicts.judged and code in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            if ended.nothing_judged:
                return pytest.ExitCode.INTERRUPTED
            if ended.failed or counts["left"]:
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
