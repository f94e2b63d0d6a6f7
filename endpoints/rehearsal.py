"""A dry run: every request is written down instead of sent, and answered as an endpoint that keeps to its page might.

What depends on answers (what is read back, or asked again) can only be guessed, so a real run may send a few more.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from contracts.contract import Contract
from endpoints.endpoint import INVALID_CREDENTIALS, NO_CREDENTIALS
from endpoints.exchange import Exchange, abridged


class Rehearsal:
    """Takes the place of the wire; `requests` are lines for people, secrets struck out."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    def answered(self, exchange: Exchange, contract: Contract) -> Exchange:
        """The exchange as it might be answered: refused where the request breaks a clause, else with made-up ids."""
        self.requests.append(f"{exchange.method} {exchange.shown_url}  {abridged(exchange.shown_content)}".rstrip())
        wrong = bool(exchange.request.breaks) or exchange.request.is_odd
        refused = wrong or exchange.situation in {INVALID_CREDENTIALS, NO_CREDENTIALS}
        if refused or exchange.method != contract.method:
            return replace(exchange, status=400 if refused else 404)
        success = next((status for status in contract.statuses() if status.isdigit() and status[0] == "2"), "200")
        if not contract.created_ids:
            return replace(exchange, status=int(success), answer="{}")
        steps = contract.created_ids.removeprefix("$.").split(".")
        body: Any = f"dry-run-{len(self.requests)}"
        for step in reversed(steps):
            name, is_list, _ = step.partition("[")
            body = {name: [body] * contract.creates(exchange.request.body) if is_list else body}
        return replace(exchange, status=int(success), answer=json.dumps(body))
