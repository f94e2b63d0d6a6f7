"""The ledger of a live run: every created record, written before anything else happens, and deleted at the end."""

from __future__ import annotations

import json
import os
from pathlib import Path

from contracts.contract import load_contract
from endpoints.session import Created, Session, as_json
from endpoints.targets import Target, TargetError


class Ledger:
    """An append-only file of created records, a JSON object a line. It is made when the first record is."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def note(self, created: Created) -> None:
        """Write one record down, on disk before this returns."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(as_json(created) + "\n")
            stream.flush()
            os.fsync(stream.fileno())


def clean_up(file: Path, target: Target) -> tuple[int, int]:
    """Delete every record that a ledger names and tell how many went and how many stay; raises TargetError without it.

    The file is removed when nothing is left, and otherwise keeps what could not be deleted.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        records = [Created(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise TargetError(f"{file}: this is not a ledger of created records ({error})") from None
    sessions: dict[str, Session] = {}
    left = []
    for created in reversed(records):
        if created.contract not in sessions:
            endpoint = target.endpoint(created.contract)
            sessions[created.contract] = Session(load_contract(created.contract), endpoint)
        answer = sessions[created.contract].delete(created)
        if not answer.accepted and answer.status not in {404, 410}:
            left.append(created)
    if left:
        file.write_text("".join(as_json(created) + "\n" for created in reversed(left)), encoding="utf-8")
    else:
        file.unlink()
    return len(records) - len(left), len(left)
