"""How much a run asks: `quick` for live tenants, `ci` by default, `nightly` for the night."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.contract import Contract
from contracts.model import Kind, Side
from endpoints.endpoint import Budget


@dataclass(frozen=True)
class Profile:
    """Numbers of examples; all runs are deterministic.

    `refusals`: examples of each way of breaking a clause; `conforming`: random conforming requests a contract;
    `robustness`: requests that Schemathesis draws a contract; `most_created`: records that one request may create;
    `shrinking`: further requests that may go into making a failing one smaller.
    """

    name: str
    refusals: int
    conforming: int
    robustness: int
    most_created: int
    shrinking: int

    def most(self, contract: Contract) -> Budget:
        """The requests and records that one contract may take at the most, with those that read back and delete."""
        clauses = contract.clauses.values()
        breakable = sum(clause.kind is Kind.REQUEST and Side.REFUSES in clause.sides for clause in clauses)
        records = len(clauses) + 3 * self.conforming + self.robustness + self.refusals
        return Budget(
            requests=len(clauses) + breakable * self.refusals + self.conforming + 3 * records, records=records
        )


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", refusals=1, conforming=0, robustness=0, most_created=10, shrinking=0),
        Profile("ci", refusals=25, conforming=300, robustness=10, most_created=100, shrinking=60),
        Profile("nightly", refusals=100, conforming=1000, robustness=300, most_created=100, shrinking=300),
    )
}  # fmt: skip
