"""What a contract wants a target to say of its situations: the `fields` that each of them needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from contracts.behaviours import FRESH, NAME
from contracts.clauses import NOBODY
from contracts.contract import Contract, load_contract
from contracts.model import Clause
from endpoints.tables import PARAMETER
from strategies.tenant import tenant_places


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


def summary(tables: Mapping[str, Any]) -> Iterator[str]:
    """Where each contract of a target's tables is sent, its situations, and what of it is not asked, a line each."""
    for name, table in sorted(tables.items()):
        contract, own = load_contract(name), table.get("situations", {})
        yield f"{name}: {table['base_url']}, situations: {', '.join(own) or 'none'}"
        lost = [f"{one} ({len(c)})" for one, c in situations_of(contract).items() if one not in {NOBODY, *own}]
        if lost:
            yield f"  unexercised without their situations, so many clauses: {', '.join(lost)}"
        unsaid = [place for place in tenant_places(contract) if place not in table.get("tenant", {})]
        if unsaid and contract.file is None:
            yield f"  not sent, since the target says nothing of them: {', '.join(unsaid)}"
