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
from contracts.model import Json, Schema
from contracts.things import LOCATION, OWN_URL
from endpoints.endpoint import INVALID_CREDENTIALS, NO_CREDENTIALS
from endpoints.exchange import Exchange, abridged
from endpoints.ids import as_id, id_schema, ids_at
from strategies.unique import fresh_value
from strategies.validity import keeps

_STEPS = re.compile(r"[/?&=]")  # between what may be an id in a URL
_FIRST = 1_000_000  # of ids that are numbers, which nothing else in a URL is by chance


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
        found = next((step for step in reversed(_STEPS.split(exchange.url)) if step in self._read), None)
        if found and exchange.method in {"PUT", "PATCH"}:
            self._read[found] = _changed(self._read[found], exchange.request.body)
        if found and exchange.method == "DELETE":
            del self._read[found]
        elif found and exchange.method == "GET":
            return replace(exchange, status=200, answer=json.dumps(self._read[found]))
        if exchange.method != contract.method:
            return replace(exchange, status=404)
        success = next((status for status in contract.statuses() if status.isdigit() and status[0] == "2"), "200")
        if contract.created_ids == LOCATION:
            made = f"dry-run-{len(self.requests)}"
            self._read[made] = exchange.request.body
            return replace(exchange, status=int(success), answer_headers={"location": f"{exchange.url}/{made}"})
        if contract.created_ids == OWN_URL:
            self._read[str(ids_at(OWN_URL, exchange)[0])] = exchange.request.body
            return replace(exchange, status=int(success), answer=json.dumps(exchange.request.body))
        made = self._made(exchange, contract) if contract.created_ids else {}
        return replace(exchange, status=int(success), answer=json.dumps(made))

    def _made(self, exchange: Exchange, contract: Contract) -> Json:
        """What was sent with the id of its record, or the ids of several; each can be read afterwards."""
        body, (*above, last) = exchange.request.body, contract.created_ids.removeprefix("$.").split(".")
        records = contract.sent_records(body)
        ids = [self._id(id_schema(contract, contract.created_ids), number) for number in range(len(records))]
        where = contract.outside_of(contract.path).get("read", {}).get("record", "$").removeprefix("$").strip(".")
        if last.endswith("[*]"):
            self._read |= {as_id(one): {where: record} for one, record in zip(ids, records, strict=True)}
            return _with({}, [*above, last.removesuffix("[*]")], ids)
        answer = _with(body, [*above, last], ids[0])
        self._read[as_id(ids[0])] = answer
        return answer

    def _id(self, schema: Schema, number: int) -> Json:
        """An id of the documented form, so that a request that has it keeps to its own page."""
        known = f"dry-run-{len(self.requests)}-{number}", _FIRST + 1_000 * len(self.requests) + number
        return next((one for one in known if keeps(schema, one)), None) or fresh_value(schema, known[0])


def _changed(node: Json, body: Json) -> Json:
    return {**node, **body} if isinstance(node, Mapping) and isinstance(body, Mapping) else node


def _with(node: Json, steps: list[str], value: Json) -> Json:
    """A copy of a JSON value with another at a place, above which there are objects."""
    own = node if isinstance(node, Mapping) else {}
    return {**own, steps[0]: _with(own.get(steps[0]), steps[1:], value)} if steps else value
