"""Cleaning up after a run that was killed, or that could not delete all it had made: what its ledger names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contracts.contract import load_contract
from contracts.errors import UserError
from endpoints.ledger import Ledger, in_use, read_ledger
from endpoints.records import Left
from endpoints.redaction import Redaction
from endpoints.session import Common, Session
from endpoints.targets import Target


@dataclass
class Cleaned:
    """What became of the records of a ledger: how many went, what stays and why, and lines that say nothing."""

    deleted: int = 0
    left: Left = field(default_factory=Left)
    spoiled: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing is left, nor in doubt."""
        return not self.left.causes and not self.spoiled


def clean_up(file: Path, target: Target, environment: Mapping[str, str] | None = None) -> Cleaned:
    """Delete every record that a ledger names and that is ours; raises UserError when it cannot be begun.

    The file is removed when nothing is left; otherwise what is deleted is written down in it.
    """
    standing = read_ledger(file)
    if in_use(file):
        raise UserError(f"{file}: the run that keeps this ledger still goes on; wait for its end")
    cleaned = Cleaned(spoiled=standing.spoiled)
    ledger = Ledger.reopen(file)
    common = Common(ledger, strike=Redaction(target.secrets(environment)).text)
    sessions: dict[str, Session] = {}
    for created in reversed(standing.records):
        name = created.intent.contract
        try:
            if name not in sessions:
                sessions[name] = Session(load_contract(name), target.endpoint(name, environment), common)
        except UserError as error:  # the other records are cleaned all the same
            cleaned.left.add(error.message)
            continue
        records = sessions[name].records
        assert records is not None  # there is a ledger
        cause = records.may_clean(created.intent) or records.delete(created)
        if cause:
            cleaned.left.add(cause)
        else:
            ledger.gone(created)
            cleaned.deleted += 1
    for intent, why in standing.unknown:
        cleaned.left.add(f"it is not known what a request to {intent.contract} made: {why}")
    for session in sessions.values():
        session.close()
    ledger.close(remove=cleaned.whole)
    return cleaned


def told(left: Left, ledger: Path, target: Path, contract: str = "") -> list[str]:
    """What is left, a line a cause, and the command that tries again."""
    where = f" of {contract}" if contract else ""
    lines = [f"{count} created record{'s' if count > 1 else ''}{where}: {why}" for why, count in left.causes.items()]
    again = f"python -m endpoints clean-up {ledger} --target {target}"
    return [*lines, f"what is left stands in {ledger}; `{again}` tries again"] if lines else []
