"""Known deviations: clauses that are broken, for a stated reason, and do not fail a run until the reason expires."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from contracts.contract import is_known, load_contract
from contracts.errors import UserError
from reports.files import Row, as_json, check, read_json
from reports.verdicts import BAD, NOT_ASKED, clauses_of
from suites.judgement import Outcome

FORMAT = "clausewise-known/1"


@dataclass(frozen=True)
class Known:
    """What a file says of known deviations, by clause; expired ones count as new."""

    file: Path
    entries: dict[str, Row]
    today: date

    @classmethod
    def read(cls, file: Path, today: date | None = None) -> Known:
        """Read the file; raises UserError when it is wrong or names a clause that there is not."""
        entries: dict[str, Row] = {}
        document = read_json(file, FORMAT)
        check(file, document, "known")
        for number, entry in enumerate(document["known"]):
            if not _may_be(entry["clause"]):
                said = f"there is no clause {entry['clause']!r}; `python -m contracts list` names them"
                raise UserError(f"{file}: known/{number}: {said}")
            if entry["clause"] in entries:
                raise UserError(f"{file}: known/{number}: {entry['clause']} stands there twice; take one out")
            day_of(entry.get("expires"), f"{file}: known/{number}")
            entries[entry["clause"]] = entry
        return cls(file, entries, today or date.today())  # noqa: DTZ011 - the day where the run is made

    def holding(self, clause: str) -> Row | None:
        """What is known of a clause, unless it has expired."""
        entry = self.entries.get(clause)
        return entry if entry and day_of(entry.get("expires"), str(self.file)) >= self.today else None

    def apply(self, document: Row) -> None:
        """Mark the deviations of a verdict document that are known, and note what no longer holds or has expired."""
        for clause in clauses_of(document):
            entry = self.entries.get(clause["id"])
            bad = clause["outcome"] in BAD
            if entry and bad and self.holding(clause["id"]):
                clause["known"] = {key: value for key, value in entry.items() if key != "clause"}
            elif entry:
                document["run"]["notes"] += self._notes(entry, clause, bad)

    def _notes(self, entry: Row, clause: Row, bad: bool) -> Iterator[str]:
        about = f"{self.file}: {clause['id']}"
        if bad:
            yield f"{about} expired on {entry['expires']}, so it counts as new ({entry['reason']})"
        elif clause["outcome"] == Outcome.UPHELD:
            cure = f"`python -m reports accept VERDICTS --known {self.file} --mended` takes it out"
            yield f"{about} no longer holds, since the clause is upheld; {cure}"
        elif clause["reason"] != NOT_ASKED:
            yield f"{about} was not exercised: {clause['reason']}"


def day_of(text: str | None, where: str) -> date:
    """A date as ISO 8601 writes it; raises UserError for another. Without a text, the last day that there is."""
    try:
        return date.fromisoformat(text) if text else date.max
    except ValueError:
        raise UserError(f"{where}: {text!r} is no date; write it as in 2027-01-31") from None


def _may_be(clause: str) -> bool:
    """Whether there is such a clause, or may be in an OpenAPI file that this process has not opened."""
    contract = clause.partition("/")[0]
    return clause in load_contract(contract).clauses if is_known(contract) else "." in contract


def as_known(entries: dict[str, Row]) -> str:
    """Known deviations as they are written, sorted by clause."""
    return as_json({"format": FORMAT, "known": [entries[clause] for clause in sorted(entries)]})
