"""A dry run: every request is written down instead of sent, and answered as an endpoint that keeps to its page might.

It answers with what was sent, and an id that is made up. What depends on more than that (defaults, what an endpoint
refuses though no clause says so) can only be guessed, so a real run sends other requests too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from contracts.contract import Contract
from contracts.model import Json
from contracts.things import LOCATION
from endpoints.endpoint import INVALID_CREDENTIALS, NO_CREDENTIALS
from endpoints.exchange import Exchange, abridged

_ID = re.compile(r"dry-run-[0-9-]+")


class Rehearsal:
    """Takes the place of the wire; `requests` are lines for people, secrets struck out."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self._read: dict[str, Json] = {}  # by id, what a read of a record is answered

    def answered(self, exchange: Exchange, contract: Contract) -> Exchange:
        """The exchange as it might be answered: refused where the request breaks a clause, else with what was sent."""
        self.requests.append(f"{exchange.method} {exchange.shown_url}  {abridged(exchange.shown_content)}".rstrip())
        wrong = bool(exchange.request.breaks) or exchange.request.is_odd
        if wrong or exchange.situation in {INVALID_CREDENTIALS, NO_CREDENTIALS}:
            return replace(exchange, status=400)
        found = _ID.search(exchange.url)
        if found and found[0] in self._read and exchange.method in {"PUT", "PATCH"}:
            self._read[found[0]] = _changed(self._read[found[0]], exchange.request.body)
        if found and exchange.method == "DELETE":
            self._read.pop(found[0], None)
        if exchange.method == "GET" and found and found[0] in self._read:
            return replace(exchange, status=200, answer=json.dumps(self._read[found[0]]))
        if exchange.method != contract.method:
            return replace(exchange, status=404)
        success = next((status for status in contract.statuses() if status.isdigit() and status[0] == "2"), "200")
        if contract.created_ids == LOCATION:
            made = f"dry-run-{len(self.requests)}"
            self._read[made] = exchange.request.body
            return replace(exchange, status=int(success), answer_headers={"location": f"{exchange.url}/{made}"})
        made = self._made(exchange, contract) if contract.created_ids else {}
        return replace(exchange, status=int(success), answer=json.dumps(made))

    def _made(self, exchange: Exchange, contract: Contract) -> Json:
        """What was sent with the id of its record, or the ids of several; each can be read afterwards."""
        body, (*above, last) = exchange.request.body, contract.created_ids.removeprefix("$.").split(".")
        records = contract.sent_records(body)
        ids = [f"dry-run-{len(self.requests)}-{number}" for number in range(len(records))]
        where = contract.outside_of(contract.path).get("read", {}).get("record", "$").removeprefix("$").strip(".")
        if last.endswith("[*]"):
            self._read |= {one: {where: record} for one, record in zip(ids, records, strict=True)}
            return _with({}, [*above, last.removesuffix("[*]")], ids)
        answer = _with(body, [*above, last], ids[0])
        self._read[ids[0]] = answer
        return answer


def _changed(node: Json, body: Json) -> Json:
    return {**node, **body} if isinstance(node, Mapping) and isinstance(body, Mapping) else node


def _with(node: Json, steps: list[str], value: Json) -> Json:
    """A copy of a JSON value with another at a place, above which there are objects."""
    own = node if isinstance(node, Mapping) else {}
    return {**own, steps[0]: _with(own.get(steps[0]), steps[1:], value)} if steps else value
