"""The records of a live run: known before they are made, held as few as can be, deleted only when they are ours.

An id out of an answer is a stranger's word. It counts only when it is of the contract's documented type and form, one
segment of a path, new in this run, and one of no more ids than records were sent. A record is deleted only after a
read of it shows what was sent, where the endpoint can be read. It is *gone* when its deletion was asked for and a read
says so, or when a delete that was seen to work in this run is answered as that one was; anything else is told as left
over. A 404 alone is no such word: replicas lag, and rights that were lost look like it.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from jsonschema import Draft202012Validator

from contracts.contract import Contract
from contracts.model import ANY_MEMBER, Json, Kind
from contracts.things import LOCATION
from endpoints.endpoint import Endpoint, TargetError
from endpoints.exchange import NOT_JSON, Exchange, found_at
from endpoints.ledger import Created, Intent, Ledger, Scalar
from endpoints.telling import TELLING, objects, shown_values, shows
from strategies.request import ABSENT, Request, paths_to, value_at
from strategies.validity import FORMATS

_SEGMENT = re.compile(r"[^/\\?#%\x00-\x20\x7f-\x9f\ud800-\udfff]{1,200}")
GONE = {404, 410}
_OF_WHAT_IS_MADE = {302, 303, 408}  # which send on to what was made, or come of a gateway that waited in vain
_BETWEEN_LOOKS = 0.2  # seconds between two reads of what is being deleted
_DELETES = 3  # of a record that a read has just shown, while they find none: one of several servers may not know it yet
_VANISHED = (
    "a read does not find it, although nobody here deleted it: it may show up late, or be hidden, or be another's "
    "doing; look for it yourself"
)


class Use(Enum):
    """How long a record is looked at."""

    SPARE = "never again"
    ASKED = "while its question is asked"
    SHARED = "until its contract is left"


Send = Callable[[str, str, str], Exchange]  # sends a method to a URL, with one of the target's ways to authenticate


def segment(identifier: str) -> bool:
    """Whether an id can stand in a URL's path as one segment, as it is or percent-encoded."""
    return _SEGMENT.fullmatch(identifier) is not None and identifier not in {".", ".."}


def filled(template: str, values: Mapping[str, str]) -> str:
    """A path template with its parameters filled in, percent-encoded, each once; unknown ones stay."""

    def value(match: re.Match[str]) -> str:
        return quote(values[match[1]], safe="") if match[1] in values else match[0]

    return re.sub(r"\{(\w+)\}", value, template)


class Records:
    """What one contract's requests made on one endpoint, from intent to deletion; `ledger` has it on disk."""

    def __init__(self, contract: Contract, endpoint: Endpoint, ledger: Ledger, send: Send) -> None:
        self.contract, self.endpoint = contract, endpoint
        self.left: Counter[str] = Counter()  # what could not be deleted, or is of unknown fate, by cause
        self._ledger, self._send = ledger, send
        self._held: list[tuple[Created, Use]] = []
        self._unknown: dict[int, tuple[Intent, str]] = {}  # by number, what is begun too: until then nobody knows
        self._seen: set[str] = set()
        self._changes: dict[str, list[tuple[Scalar, ...]]] = {}  # by id, what was sent to change a record
        self._going: set[str] = set()  # ids of what the operation that is asked was to delete
        self._patient = True
        self.readable = False  # whether a read of what was made was answered with it
        self._proved = set[int | None]()  # statuses of deletes after which a read found nothing

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
        records = self.contract.sent_records(request.body) if request.can_be_read else []
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
        if "get" in item and name:
            listed = self._send("GET", self.endpoint.base_url + path, scheme).json
            for one in objects(listed) if listed is not NOT_JSON else ():
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
        values = found_ids(self.endpoint, exchange)
        judge = self._id_schema
        ids, doubt = list[str](), "" if values else "the answer names no id"
        for value in values:
            text = as_id(value)
            shown = exchange.strike(text)
            if not judge.is_valid(value) or not segment(text):
                doubt = f"the answer names an id that is not of the documented form: {shown[:40]!r}"
            elif shown != text:  # which a ledger must not hold
                doubt = f"the answer names a secret of ours as an id: {shown[:40]!r}"
            elif text in self._ledger.others.get(filled(intent.operation, intent.path), ()):
                doubt = f"the answer names what was there before the run: {text}"
            elif text in self._seen:
                doubt = f"the answer names an id that was seen before: {text}"
            elif len(ids) == sent:
                doubt = f"the answer names more ids than the {sent} records that were sent"
            else:
                ids.append(text)
                self._seen.add(text)
        if not doubt and len(ids) < sent:
            doubt = f"the answer names {len(ids)} ids for {sent} records"
        return ids, doubt

    @property
    def _id_schema(self) -> Draft202012Validator:
        """The documented type and form of an id, by the response clauses at its place."""
        steps = self.endpoint.created_ids.removeprefix("$").replace("[*]", ".*").strip(".")
        place = tuple(steps.split("."))
        schema: dict[str, Json] = {"type": ["string", "integer"]}
        for clause in self.contract.clauses.values():
            if clause.kind is Kind.RESPONSE and clause.status.startswith("2") and clause.place == place:
                schema |= {k: clause.schema[k] for k in ("type", "format") if k in clause.schema}
        return Draft202012Validator(schema, format_checker=FORMATS)

    def is_own(self, exchange: Exchange) -> bool:
        """Whether an answer names a record of this run: its id was believed, and what is read shows what was sent."""
        ids = {as_id(value) for value in found_ids(self.endpoint, exchange)}
        held = [created for created, _ in self._held if created.id in ids]
        for created in held:
            outside = self.outside(created.intent)
            record = record_in(outside, self._read(created, outside))
            self.readable |= record is not ABSENT
            if record is not ABSENT and not shows(record, created.shows):
                return False
        return bool(held)

    # Deleting.

    def make_room(self, most: int) -> None:
        """Delete what nobody looks at again, the oldest first, until at most `most` records are held."""
        surplus = len(self._held) - max(most, 0)
        chosen = [one for one in self._held if one[1] is Use.SPARE][: max(surplus, 0)]
        for one in chosen:
            self._held.remove(one)
            self._delete(one[0])

    def changed(self, identifier: str, body: Json) -> None:
        """The operation that is asked has changed a record of ours, which shows since then what was sent."""
        self._changes.setdefault(identifier, []).extend(shown_values([self._told_by(body)]))

    def deleted(self, identifier: str, *, done: bool) -> None:
        """The operation that is asked was to delete a record; it has where it is `done`, and none is found or read."""
        self._going.add(identifier)
        for one in [one for one in self._held if done and one[0].id == identifier]:
            read = self._read(one[0], self.outside(one[0].intent)) if self.readable else None
            if read is None or says_gone(read):
                self._held.remove(one)
                self._gone(one[0])

    def release(self) -> None:
        """A question has come to its end: what was made for it alone is not looked at again."""
        self._held = [(created, use if use is Use.SHARED else Use.SPARE) for created, use in self._held]

    def delete_all(self) -> None:
        """Delete all that is held, the newest first, and what is found of requests whose fate is not known.

        What cannot be found is looked for again when all others are gone.
        """
        late = [created for created in self._all_held() if not self._delete(created, last=False)]
        for created in late:
            self._delete(created)
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
        find = self.outside(intent).get("find", {})
        texts = [v for values in intent.shows for v in values if isinstance(v, str) and len(v) >= TELLING]
        if not {"field", "id"} <= find.keys() or not texts:
            return
        for text in dict.fromkeys(texts):
            path = filled(find["path"], {**intent.path, "field": find["field"], "value": text})
            read = self._send("GET", self.endpoint.base_url + path, intent.scheme)
            records: list[Any] = found_at(find["records"], read.json) if read.json is not NOT_JSON else []
            for record in records:
                ids = [as_id(value) for value in found_at(find["id"], record)]
                if len(ids) == 1 and ids[0] not in self._seen and shows(record, intent.shows):
                    self._seen.add(ids[0])
                    yield Created(intent, ids[0], intent.shows)

    def _delete(self, created: Created, *, last: bool = True) -> bool:
        """Delete one record, or note why it is left; False where it is to be looked for again, after the others."""
        cause = self.delete(created, asked=created.id in self._going)
        if cause == _VANISHED and not last:
            return False
        if cause:
            self.left[cause] += 1
        else:
            self._gone(created)
        return True

    def _gone(self, created: Created) -> None:
        """A record is deleted, and a new one may have its id."""
        self._ledger.gone(created)
        self._seen.discard(created.id)
        self._going.discard(created.id)

    def delete(self, created: Created, *, asked: bool) -> str:
        """Delete one record when it is ours; why it is still there, or nothing when it is gone.

        `asked` says whether its deletion may have been asked for before, so that it is no wonder if there is none.
        """
        if not segment(created.id):
            return "its id is no segment of a path"
        outside = self.outside(created.intent)
        if "delete" not in outside:
            return f"no way to delete is known; give [contracts.{self.contract.name}.outside] delete in the target"
        read = self._read(created, outside)
        if read is not None and says_gone(read) and self.readable:  # unless it is too new to be read
            read = self._reread(created, outside, lambda again: not says_gone(again))
            if says_gone(read):
                return "" if asked else _VANISHED
        record = record_in(outside, read)
        sent = (*created.shows, *self._changes.get(created.id, ()))
        if record is not ABSENT and not shows(record, sent):
            return "it does not show what this run sent, so it may be another's; look at it yourself"
        self.readable |= record is not ABSENT
        url = self._url(created, outside["delete"]["path"])
        for _ in range(_DELETES if record is not ABSENT else 1):
            answer = self._send("DELETE", url, created.intent.scheme)
            if answer.status not in GONE:
                break
        return self._remains(created, outside, answer, readable=record is not ABSENT)

    def _remains(self, created: Created, outside: Mapping[str, Any], answer: Exchange, *, readable: bool) -> str:
        """Why a record is still there after a delete, or nothing when it is gone."""
        told = f"DELETE was answered {answer.outcome}" if answer.status else f"DELETE had no answer: {answer.error}"
        if answer.status in self._proved and not answer.is_page:
            return ""
        if not readable:
            done = answer.accepted and not answer.is_page
            return "" if done else f"{told}; check outside.delete and the rights of the credentials"
        stays = not self._disappears(created, outside) or not (answer.accepted or self._disappears(created, outside))
        if stays:  # where the delete itself was not accepted, one read may come from a server that never had it
            return f"{told}, and the record can still be read; check outside.delete and the rights of the credentials"
        if answer.accepted:  # of others a read knew this once: what 404, 500 or 403 comes with next is not gone by that
            self._proved.add(answer.status)
        return ""

    def _disappears(self, created: Created, outside: Mapping[str, Any]) -> bool:
        """Whether a read no longer finds a record, which may take as long as the endpoint's patience."""

        def finds(read: Exchange) -> bool:
            return read.succeeded and (read.json is NOT_JSON or record_in(outside, read) is not ABSENT)

        read = self._reread(created, outside, lambda again: not finds(again))
        return says_gone(read) or (read.succeeded and not finds(read))

    def _reread(self, created: Created, outside: Mapping[str, Any], is_so: Callable[[Exchange], bool]) -> Exchange:
        """What a read of a record is answered once it is so, or at the end of the endpoint's patience."""
        end = time.monotonic() + (self.endpoint.patience if self._patient else 0)
        while True:
            read = self._read(created, outside)
            assert read is not None  # it was read before
            if is_so(read):
                return read
            if time.monotonic() >= end:
                self._patient = False  # whoever waited in vain once waits no more: it is not a matter of time
                return read
            time.sleep(_BETWEEN_LOOKS)

    def _read(self, created: Created, outside: Mapping[str, Any]) -> Exchange | None:
        if "read" not in outside:
            return None
        return self._send("GET", self._url(created, outside["read"]["path"]), created.intent.scheme)

    def outside(self, intent: Intent) -> Mapping[str, Any]:
        """How a record is read and deleted: by the target, or by the operations beside the path that it went to."""
        operation = intent.operation
        own = operation == self.contract.path
        return self.endpoint.outside if own else self.contract.outside_of(operation)

    def _url(self, created: Created, template: str) -> str:
        return self.endpoint.base_url + filled(template, {**created.intent.path, "id": created.id})

    def check(self, intent: Intent) -> None:
        """Raise TargetError for a ledger's line that is not this contract's, or on another host: nothing goes there."""
        if intent.operation not in self.contract.openapi["paths"]:
            raise TargetError(f"the contract has no operation at {intent.operation}")
        there, here = urlsplit(intent.url), urlsplit(self.endpoint.base_url)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            raise TargetError(f"the ledger's record is on {there.netloc or 'no host'}, and the target is {here.netloc}")
        if intent.scheme and intent.scheme not in self.endpoint.authentication:
            raise TargetError(f"the target has no authentication.{intent.scheme}")


def says_gone(read: Exchange) -> bool:
    """Whether the answer to a read says that nothing is there: 404, 410, or a success that is null."""
    return read.status in GONE or (read.succeeded and read.json is None)


def found_ids(endpoint: Endpoint, exchange: Exchange) -> list[Json]:
    """The values at the place of ids in an answer."""
    return ids_at(endpoint.created_ids, exchange)


def ids_at(where: str, exchange: Exchange) -> list[Json]:
    """The values at a JSONPath of an answer's body; or for LOCATION the last step of an address below the request's."""
    if where == LOCATION:
        try:
            there = urlsplit(exchange.answer_headers.get("location", "")).path
        except ValueError:  # it is no address at all
            return []
        above, _, last = there.rstrip("/").rpartition("/")
        return [unquote(last)] if above and last and urlsplit(exchange.url).path.rstrip("/").endswith(above) else []
    return found_at(where, exchange.json) if where and exchange.json is not NOT_JSON else []


def as_id(value: Json) -> str:
    """An id as text; 7.0 is 7 in JSON."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def record_in(outside: Mapping[str, Any], read: Exchange | None) -> Json:
    """The record in the answer to a read, or ABSENT."""
    if read is None or not read.accepted or read.json is NOT_JSON:
        return ABSENT
    found = [one for one in found_at(outside["read"]["record"], read.json) if one is not None]
    return found[0] if found else ABSENT
