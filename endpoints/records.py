"""The records of a live run: known before they are made, held as few as can be, deleted only when they are ours.

An id out of an answer is a stranger's word. It counts only when it is of the contract's documented type and form, one
segment of a path, new in this run, and one of no more ids than records were sent. A record is deleted only after a
read of it shows what was sent, where the endpoint can be read; `endpoints.outside` says when it is gone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from contracts.contract import Contract
from contracts.model import ANY_MEMBER, Json, Kind
from contracts.operations import PARAMETER
from contracts.things import LOCATION, OWN_URL
from endpoints.endpoint import Endpoint, TargetError
from endpoints.exchange import Exchange, found_at
from endpoints.ids import as_id, filled, id_schema, ids_at, segment
from endpoints.ledger import Created, Intent, Ledger, Scalar
from endpoints.outside import IN_USE, VANISHED, Outside, Send, says_gone
from endpoints.telling import TELLING, objects, shown_values, shows
from strategies.request import ABSENT, Request, paths_to, value_at
from strategies.validity import keeps

_LOOKED_AT = 3  # records, of which none shows what was sent, before it is said of all
_OF_WHAT_IS_MADE = {302, 303, 408}  # which send on to what was made, or come of a gateway that waited in vain


class Use(Enum):
    """How long a record is looked at."""

    SPARE = "never again"
    ASKED = "while its question is asked"
    SHARED = "until its contract is left"


class Records:
    """What one contract's requests made on one endpoint, from intent to deletion; `ledger` has it on disk."""

    def __init__(self, contract: Contract, endpoint: Endpoint, ledger: Ledger, send: Send) -> None:
        self.contract, self.endpoint = contract, endpoint
        self.left: Counter[str] = Counter()  # what could not be deleted, or is of unknown fate, by cause
        self._ledger, self._send = ledger, send
        self._held: list[tuple[Created, Use]] = []
        self._late: list[Created] = []  # what could not be deleted before others are
        self._unknown: dict[int, tuple[Intent, str]] = {}  # by number, what is begun too: until then nobody knows
        self._seen: set[str] = set()  # by address, as all of these: within another thing an id may come again
        self._changes: dict[str, list[tuple[Scalar, ...]]] = {}  # what was sent to change a record
        self._going: set[str] = set()  # what the operation that is asked was to delete
        self.outside = Outside(contract, endpoint, send)

    @property
    def held(self) -> int:
        """How many records this process has made and not yet deleted."""
        return len(self._held)

    @property
    def unwritable(self) -> str:
        """Why the ledger takes nothing more, or nothing; what it could not take must not be sent."""
        return self._ledger.broken

    # Making.

    def intend(
        self, request: Request, content: bytes, url: str, operation: str, path: Mapping[str, str], scheme: str
    ) -> Intent:
        """Write down that a request, with this content, is about to be sent."""
        listed = filled(operation, path)
        if listed not in self._ledger.others:  # which another session may have looked at before it made anything
            self._ledger.others[listed] = frozenset(self._there_before(listed, scheme))
        ids = self.endpoint.created_ids
        records = self.contract.sent_records(request.body, ids) if request.can_be_read else []
        intent = Intent(
            self.contract.name, operation, path, scheme, tuple(shown_values([self._told_by(one) for one in records])),
            at=datetime.now(UTC).isoformat(timespec="milliseconds"), method=self.contract.method, url=url,
            body=f"sha256:{hashlib.sha256(content).hexdigest()}",
        )  # fmt: skip
        intent = replace(intent, number=self._ledger.intend(intent))
        self._unknown[intent.number] = intent, "its answer was not looked at"
        return intent

    def _there_before(self, path: str, scheme: str) -> Iterator[str]:
        """The ids that the list beside a file's operation shows before anything is made, of what bears no word of ours.

        A request that is merged into one of them gets its id, and the record shows what was sent.
        """
        item = self.contract.openapi["paths"].get(self.contract.path, {}) if self.contract.file else {}
        name = "id" if self.endpoint.created_ids == LOCATION else self.endpoint.created_ids.rpartition(".")[2]
        if "get" in item and name and self.endpoint.created_ids != OWN_URL:
            listed = self._send("GET", self.endpoint.base_url + path, scheme).json
            for one in objects(listed):
                if isinstance(one.get(name), str | int) and "clausewise" not in str(one).lower():
                    yield as_id(one[name])

    def _told_by(self, record: Json) -> Json:
        """What of a record that is sent it is told by: what the contract says is found again, if any is there."""
        echoed = (c.schema["request"] for c in self.contract.clauses.values() if c.behaviour == "echo")
        each = f"{self.contract.created_each}/*/" if self.contract.created_each else ""
        places = (tuple(place.removeprefix(each).split("/")) for place in echoed if "{" not in place)
        found = [value_at(record, path) for place in places for path in paths_to(record, place)]
        return [value for value in found if value is not ABSENT] or self._described(record, ("body",)) or record

    def _described(self, node: Json, place: tuple[str, ...]) -> Json:
        """What of a value the contract's file describes: what else was sent need not be kept."""
        if isinstance(node, list):
            return [self._described(member, (*place, ANY_MEMBER)) for member in node]
        if not isinstance(node, Mapping) or not self._places:
            return node
        steps = {n: step for n in node for step in (n, ANY_MEMBER) if (*place, step) in self._places}
        return {name: self._described(node[name], (*place, step)) for name, step in steps.items()}

    @cached_property
    def _places(self) -> set[tuple[str, ...]]:
        """The places of a request's body that an OpenAPI file describes, and that are not `writeOnly`."""
        clauses = self.contract.clauses.values() if self.contract.file else ()
        asked = [clause for clause in clauses if clause.kind is Kind.REQUEST]
        hidden = {clause.place for clause in asked if clause.schema.get("writeOnly")}
        return {c.place[:length] for c in asked for length in range(2, len(c.place) + 1)} - hidden

    def conclude(self, intent: Intent, exchange: Exchange, sent: int, use: Use) -> str:
        """Write down what became of an intent; why it cannot be told, or nothing.

        `sent` is how many records the request was to make, and `use` how long they are looked at.
        """
        nothing_to_make = not exchange.request.can_be_read and not exchange.succeeded
        made_after_all = exchange.status in _OF_WHAT_IS_MADE and not exchange.situation
        of_refusal = 300 <= (exchange.status or 0) < 500 and not made_after_all
        ids, doubt, outcome = list[str](), "", dict[str, Any]()
        if exchange.unsent:
            outcome = {"unsent": exchange.error}
        elif exchange.refusing or nothing_to_make or of_refusal:
            outcome = {"refused": exchange.status}
        else:
            ids, doubt = self._trusted(intent, exchange, sent)
            outcome = ({"ids": ids} if ids else {}) | ({"unknown": doubt} if doubt else {})
        self._unknown.pop(intent.number)
        if doubt:
            self._unknown[intent.number] = intent, doubt
        self._ledger.conclude(intent.number, **outcome)
        self._held += [(created, use) for created in intent.made(ids)]
        return "" if ids else doubt

    def _trusted(self, intent: Intent, exchange: Exchange, sent: int) -> tuple[list[str], str]:
        """The ids of an answer that can be believed, and why others cannot."""
        if not exchange.succeeded:
            return [], exchange.error or f"it was answered {exchange.status}"
        values = ids_at(self.endpoint.created_ids, exchange)
        form = id_schema(self.contract, self.endpoint.created_ids)
        ids, doubt = list[str](), "" if values else "the answer names no id"
        for value in values:
            text = as_id(value)
            by_us = self.endpoint.created_ids == OWN_URL
            can_stand = segment(text) or (by_us and text.strip("."))
            address = self.outside.address(intent, text) if can_stand else ""
            if by_us and address in self._seen:
                return [], ""  # what this run has made is replaced
            shown = exchange.strike(text)
            if not keeps(form, value) or not can_stand:
                doubt = f"the answer names an id that is not of the documented form: {shown[:40]!r}"
            elif shown != text:  # which a ledger must not hold
                doubt = f"the answer names a secret of ours as an id: {shown[:40]!r}"
            elif text in self._ledger.others.get(filled(intent.operation, intent.path), ()):
                doubt = f"the answer names what was there before the run: {text}"
            elif address in self._seen:
                doubt = f"the answer names an id that was seen before: {text}"
            elif len(ids) == sent:
                doubt = f"the answer names more ids than the {sent} records that were sent"
            else:
                ids.append(text)
                self._seen.add(address)
                self._ledger.deleted.discard(address)  # some endpoints give the id of what is gone to what comes next
        if not doubt and len(ids) < sent:
            doubt = f"the answer names {len(ids)} ids for {sent} records"
        return ids, doubt

    def is_own(self, exchange: Exchange) -> bool:
        """Whether an answer names a record of this run: its id was believed, and what is read shows what was sent."""
        ids = {as_id(value) for value in ids_at(self.endpoint.created_ids, exchange)}
        held = [created for created, _ in self._held if created.id in ids]
        return bool(held) and all(map(self.outside.is_as_sent, held))

    def any_is_ours(self) -> bool:
        """Whether some of what was made last can be deleted again: it shows what was sent, or none need show it."""
        last = [created for created, _ in self._held[-_LOOKED_AT:]]
        return self.endpoint.disposable or not last or any(map(self.outside.is_as_sent, last))

    # Deleting.

    def make_room(self, most: int) -> None:
        """Delete what nobody looks at again, the oldest first, until at most `most` records are held."""
        surplus = len(self._held) - max(most, 0)
        chosen = [one for one in self._held if one[1] is Use.SPARE][: max(surplus, 0)]
        for one in chosen:
            self._held.remove(one)
            if not self._delete(one[0], last=False):
                self._late.append(one[0])

    def changed(self, address: str, body: Json) -> None:
        """The operation that is asked has changed a record of ours, which shows since then what was sent."""
        self._changes.setdefault(address, []).extend(shown_values([self._told_by(body)]))

    def deleted(self, address: str, *, done: bool) -> None:
        """The operation that is asked was to delete a record; it has where it is `done`, and none is found or read."""
        self._going.add(address)
        if done:
            self._ledger.deleted.add(address)
        for one in [one for one in self._held if done and self._address(one[0]) == address]:
            read = self.outside.read(one[0]) if self.outside.readable else None
            if read is None or says_gone(read):
                self._held.remove(one)
                self._gone(one[0])

    def release(self) -> None:
        """A question has come to its end: what was made for it alone is not looked at again."""
        self._held = [(created, use if use is Use.SHARED else Use.SPARE) for created, use in self._held]

    def delete_all(self) -> None:
        """Delete all that is held, the newest first, and what is found of requests whose fate is not known.

        What cannot be found, or is in use, is asked for again when all others are gone.
        """
        self._late += [created for created in self._all_held() if not self._delete(created, last=False)]
        while self._late:
            self._delete(self._late.pop())
        for intent, doubt in self._unknown.values():
            found = list(self.found(intent))
            if not found:
                self.left[f"it is not known what a request made: {doubt}"] += 1
                continue
            self._ledger.conclude(intent.number, ids=[created.id for created in found])
            for created in found:
                self._delete(created)
        self._unknown.clear()

    def _all_held(self) -> Iterator[Created]:
        while self._held:
            yield self._held.pop()[0]

    def found(self, intent: Intent) -> Iterator[Created]:
        """The records of a request of unknown fate, as far as the target's `find` tells them by what they show."""
        if self.endpoint.created_ids == OWN_URL and (names := PARAMETER.findall(intent.operation)):
            created = Created(intent, intent.path[names[-1]], intent.shows)
            self._going.add(self._address(created))  # whether it was made or not, it is no wonder if there is none
            yield created
            return
        find = self.outside.of(intent).get("find", {})
        texts = [v for values in intent.shows for v in values if isinstance(v, str) and len(v) >= TELLING]
        if not {"field", "id"} <= find.keys() or not texts:
            return
        for text in dict.fromkeys(texts):
            path = filled(find["path"], {**intent.path, "field": find["field"], "value": text})
            read = self._send("GET", self.endpoint.base_url + path, intent.scheme)
            for record in found_at(find["records"], read.json):
                ids = [as_id(value) for value in found_at(find["id"], record)]
                address = self.outside.address(intent, ids[0]) if len(ids) == 1 and segment(ids[0]) else ""
                if address and address not in self._seen and shows(record, intent.shows):
                    self._seen.add(address)
                    yield Created(intent, ids[0], intent.shows)

    def _delete(self, created: Created, *, last: bool = True) -> bool:
        """Delete one record, or note why it is left; False where it is to be looked for again, after the others."""
        address = self._address(created)
        sent = (*created.shows, *self._changes.get(address, ()))
        steps = address.split("/")
        within = any("/".join(steps[: n + 1]) in self._ledger.deleted for n in range(len(steps)))
        cause = self.outside.delete(created, sent, asked=within or address in self._going, within=within)
        if (cause == VANISHED or cause.startswith(IN_USE)) and not last:
            return False
        if cause:
            self.left[cause] += 1
        else:
            self._gone(created)
        return True

    def _gone(self, created: Created) -> None:
        """A record is deleted, and a new one may have its id."""
        self._ledger.gone(created)
        address = self._address(created)
        self._ledger.deleted.add(address)
        self._seen.discard(address)
        self._going.discard(address)

    def _address(self, created: Created) -> str:
        return self.outside.address(created.intent, created.id)

    def check(self, intent: Intent) -> None:
        """Raise TargetError for a ledger's line that is not this contract's, or on another host: nothing goes there."""
        if intent.operation not in self.contract.openapi["paths"]:
            raise TargetError(f"the contract has no operation at {intent.operation}")
        there, here = urlsplit(intent.url), urlsplit(self.endpoint.base_url)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            raise TargetError(f"the ledger's record is on {there.netloc or 'no host'}, and the target is {here.netloc}")
        if intent.scheme and intent.scheme not in self.endpoint.authentication:
            raise TargetError(f"the target has no authentication.{intent.scheme}")
