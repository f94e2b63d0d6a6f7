"""What a contract wants a target to say of its situations: the `fields` that each of them needs."""

from __future__ import annotations

import json

from contracts.behaviours import FRESH, NAME
from contracts.contract import Contract
from contracts.model import Clause
from endpoints.tables import PARAMETER


def situations_of(contract: Contract) -> dict[str, list[Clause]]:
    """The clauses of each situation that a target may have, sorted by its name."""
    found: dict[str, list[Clause]] = {}
    for clause in sorted(contract.clauses.values(), key=lambda one: one.needs):
        if clause.needs:
            found.setdefault(clause.needs, []).append(clause)
    return found


def fields_of(contract: Contract) -> dict[str, list[str]]:
    """The names of `fields` that the clauses of each situation need, `a.b` for a member of one."""
    atomic = [clause.schema.get("text", "") for clause in contract.clauses.values() if clause.behaviour == "atomic"]
    known = {FRESH, *PARAMETER.findall(" ".join(contract.openapi["paths"]))}
    found = {}
    for situation, clauses in situations_of(contract).items():
        texts = [json.dumps(dict(one.schema), ensure_ascii=False) for one in clauses if one.behaviour]
        if any(one.behaviour == "refused" and one.schema.keys() & {"with", "without"} for one in clauses):
            texts += atomic  # which is tried with what such a situation refuses
        names = dict.fromkeys(NAME.findall(" ".join(texts)))
        found[situation] = [name for name in names if name not in known]
    return found
