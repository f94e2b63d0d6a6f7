"""The operations outside of a document by which its records are read and deleted, and when a record is gone.

A record is *gone* when its deletion was asked for and a read says so, or when a delete that was seen to work in this
run is answered as that one was; anything else is told as left over. A 404 alone is no such word: replicas lag, and
rights that were lost look like it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from contracts.contract import Contract
from contracts.model import Json
from contracts.things import OWN_URL
from endpoints.endpoint import Endpoint
from endpoints.exchange import NOT_JSON, Exchange, found_at
from endpoints.ids import of_record, segment
from endpoints.ledger import Created, Intent, Scalar
from endpoints.patience import Patience
from endpoints.telling import shows
from strategies.request import ABSENT

GONE = {404, 410}
_BETWEEN_LOOKS = 0.2  # seconds between two reads of what is being deleted
_DELETES = 3  # of a record that a read has just shown, while they find none: one of several servers may not know it yet
VANISHED = (
    "a read does not find it, although nobody here deleted it: it may show up late, or be hidden, or be another's "
    "doing; look for it yourself"
)
IN_USE = "DELETE was answered 409"  # as while something stands within it
NOT_OURS = (
    "it does not show what this run sent, so it may be another's; look at it yourself, or let the target say "
    "disposable = true where nothing is anybody's"
)
Send = Callable[[str, str, str], Exchange]  # sends a method to a URL, with one of the target's ways to authenticate


class Outside:
    """Reads and deletes what the requests of one contract made on one endpoint.

    `readable` says whether a read of what was made was answered with it.
    """

    def __init__(self, contract: Contract, endpoint: Endpoint, send: Send) -> None:
        self.readable = False
        self._contract, self._endpoint, self._send = contract, endpoint, send
        self._patience = Patience(endpoint.patience, lambda: time.sleep(_BETWEEN_LOOKS))  # also of a run that stops
        self._proved = set[int | None]()  # statuses of deletes after which a read found nothing

    def of(self, intent: Intent) -> Mapping[str, Any]:
        """How a record is read, found and deleted: by the target, or beside the path that its request went to."""
        own = intent.operation == self._contract.path
        return self._endpoint.outside if own else self._contract.outside_of(intent.operation)

    def address(self, intent: Intent, identifier: str) -> str:
        """The path under which what an intent made is read or deleted; its id alone where no such way is known."""
        outside = self.of(intent)
        template = outside.get("delete", outside.get("read", {})).get("path", "{id}")
        return of_record(template, intent.path, identifier)

    def read(self, created: Created) -> Exchange | None:
        """What a read of a record is answered; None where no way to read it is known."""
        outside = self.of(created.intent)
        if "read" not in outside:
            return None
        return self._send("GET", self._url(created, outside["read"]["path"]), created.intent.scheme)

    def is_as_sent(self, created: Created) -> bool:
        """Whether a record shows what was sent, if it can be read at all."""
        record = record_in(self.of(created.intent), self.read(created))
        self.readable |= record is not ABSENT
        return record is ABSENT or shows(record, created.shows)

    def delete(
        self, created: Created, sent: tuple[tuple[Scalar, ...], ...], *, asked: bool, within: bool = False
    ) -> str:
        """Delete a record when it shows what was `sent`; why it is still there, or nothing when it is gone.

        `asked` says whether its deletion may have been asked for before, so that it is no wonder if there is none;
        `within`, whether what it stood in is deleted.
        """
        if not segment(created.id) and self._endpoint.created_ids != OWN_URL:
            return "its id is no segment of a path"
        outside = self.of(created.intent)
        if "delete" not in outside:
            made = f"; where nothing is made, say creates = false in [contracts.{self._contract.name}]"
            return (
                f"no way to delete is known; give [contracts.{self._contract.name}.outside] delete in the target{made}"
            )
        read = self.read(created)
        if read is not None and says_gone(read) and self.readable:  # unless it is too new to be read
            read = self._patience.until(lambda: self._seen(created), lambda again: not says_gone(again))
            if says_gone(read):
                return "" if asked else VANISHED
        record = record_in(outside, read)
        if record is not ABSENT and not shows(record, sent) and not self._endpoint.disposable:
            return NOT_OURS
        self.readable |= record is not ABSENT
        url = self._url(created, outside["delete"]["path"])
        for _ in range(_DELETES if record is not ABSENT else 1):
            answer = self._send("DELETE", url, created.intent.scheme)
            if answer.status not in GONE:
                break
        if within and answer.status in GONE and record is ABSENT:
            return ""
        return self._remains(created, answer, readable=record is not ABSENT)

    def _remains(self, created: Created, answer: Exchange, *, readable: bool) -> str:
        """Why a record is still there after a delete, or nothing when it is gone."""
        told = f"DELETE was answered {answer.outcome}" if answer.status else f"DELETE had no answer: {answer.error}"
        if answer.status in self._proved and not answer.is_page:
            return ""
        if not readable:
            done = answer.accepted and not answer.is_page
            return "" if done else f"{told}; check outside.delete and the rights of the credentials"
        stays = not self._disappears(created) or not (answer.accepted or self._disappears(created))
        if stays:  # where the delete itself was not accepted, one read may come from a server that never had it
            return f"{told}, and the record can still be read; check outside.delete and the rights of the credentials"
        if answer.accepted:  # of others a read knew this once: what 404, 500 or 403 comes with next is not gone by that
            self._proved.add(answer.status)
        return ""

    def _disappears(self, created: Created) -> bool:
        """Whether a read no longer finds a record, which may take as long as the endpoint's patience."""
        outside = self.of(created.intent)

        def finds(read: Exchange) -> bool:
            return read.succeeded and (read.json is NOT_JSON or record_in(outside, read) is not ABSENT)

        read = self._patience.until(lambda: self._seen(created), lambda again: not finds(again))
        return says_gone(read) or (read.succeeded and not finds(read))

    def _seen(self, created: Created) -> Exchange:
        """What a read of a record that was read before is answered."""
        read = self.read(created)
        assert read is not None
        return read

    def _url(self, created: Created, template: str) -> str:
        return self._endpoint.base_url + of_record(template, created.intent.path, created.id)


def says_gone(read: Exchange) -> bool:
    """Whether the answer to a read says that nothing is there: 404, 410, or a success that is null."""
    return read.status in GONE or (read.succeeded and read.json is None)


def record_in(outside: Mapping[str, Any], read: Exchange | None) -> Json:
    """The record in the answer to a read, or ABSENT."""
    if read is None or not read.accepted or read.json is NOT_JSON:
        return ABSENT
    found = [one for one in found_at(outside["read"]["record"], read.json) if one is not None]
    return found[0] if found else ABSENT
