"""Cleaning up after a run that was killed, or that could not delete all it had made: what its ledger names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contracts.contract import load_contract
from contracts.errors import UserError
from endpoints.ledger import Created, Intent, Ledger, in_use, read_ledger
from endpoints.records import Records
from endpoints.redaction import Redaction
from endpoints.sending import Common
from endpoints.session import Session
from endpoints.stopping import STOP
from endpoints.targets import Target


@dataclass
class Cleaned:
    """What became of the records of a ledger: how many went, what stays and why, and lines that say nothing."""

    deleted: int = 0
    left: Counter[str] = field(default_factory=Counter)
    spoiled: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing is left, nor in doubt."""
        return not self.left and not self.spoiled


def clean_up(file: Path, target: Target, environment: Mapping[str, str] | None = None) -> Cleaned:
    """Delete every record that a ledger names and that is ours; raises UserError when it cannot be begun.

    The file is removed when nothing is left; otherwise what is deleted is written down in it.
    """
    standing = read_ledger(file)
    if in_use(file):
        raise UserError(f"{file}: the run that keeps this ledger still goes on; wait for its end")
    cleaning = _Cleaning(target, Ledger.reopen(file), environment, Cleaned(spoiled=standing.spoiled))
    unseen = [created for created in reversed(standing.records) if not cleaning.delete(created, last=False)]
    for created in unseen:  # of which nothing could be told before a read had shown another
        cleaning.delete(created)
    for intent, why in standing.unknown:
        cleaning.look_for(intent, why)
    return cleaning.end()


_STOPPED = "cleaning up was asked to stop"
_EMPTY = "it was sent without values, so nothing in a ledger tells it from another's record; look at it yourself"


class _Cleaning:
    """Sessions of the contracts that a ledger names; what cannot even be asked for is left, and told."""

    def __init__(self, target: Target, ledger: Ledger, environment: Mapping[str, str] | None, cleaned: Cleaned) -> None:
        self._target, self._ledger, self._environment, self._cleaned = target, ledger, environment, cleaned
        self._common = Common(ledger, strike=Redaction(target.secrets(environment)).text)
        self._sessions: dict[str, Session] = {}

    def delete(self, created: Created, *, last: bool = True) -> bool:
        """Delete one record; False where that has to be tried again, since no read has shown any yet."""
        seen = True
        try:
            records, cause = self._records(created.intent), _STOPPED if STOP else ""
            if not cause:
                telling = any(created.shows) or records.endpoint.disposable
                cause = records.outside.delete(created, created.shows, asked=True) if telling else _EMPTY
                seen = records.outside.readable
        except UserError as error:
            cause = error.message
        if cause and not seen and not last:
            return False
        if cause:
            self._cleaned.left[cause] += 1
        else:
            self._ledger.gone(created)
            self._cleaned.deleted += 1
        return True

    def look_for(self, intent: Intent, why: str) -> None:
        """Delete what a request of unknown fate made, where the target can find it."""
        cause = f"it is not known what a request to {intent.contract} made: {why}"
        try:
            found = list(self._records(intent).found(intent))
        except UserError as error:
            found, cause = [], error.message
        if not found:
            self._cleaned.left[cause] += 1
            return
        self._ledger.conclude(intent.number, ids=[created.id for created in found])
        for created in found:
            self.delete(created)

    def end(self) -> Cleaned:
        """Give everything back, and remove the ledger when nothing is left."""
        for session in self._sessions.values():
            session.close()
        self._ledger.close(remove=self._cleaned.whole)
        return self._cleaned

    def _records(self, intent: Intent) -> Records:
        if intent.contract not in self._sessions:
            endpoint = self._target.endpoint(intent.contract, self._environment)
            self._sessions[intent.contract] = Session(load_contract(intent.contract), endpoint, self._common)
        records = self._sessions[intent.contract].records
        assert records is not None  # there is a ledger
        records.check(intent)
        return records


def told(left: Mapping[str, int], ledger: Path, target: Target, contract: str = "") -> list[str]:
    """What is left, a line a cause, and the command that tries again."""
    where = f" of {contract}" if contract else ""
    lines = [f"{count} created record{'s' if count > 1 else ''}{where}: {why}" for why, count in left.items()]
    again = f"python -m endpoints clean-up {ledger} {target.option}"
    rest = f"what is left stands in {ledger}, with times and values; `{again}` tries again"
    return [*lines, f"{rest}; delete that file when you have seen to the rest yourself"] if lines else []
