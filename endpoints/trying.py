"""A target tried on its tenant: a read, then one plain conforming request whose record is deleted again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.behaviours import FRESH
from contracts.contract import Contract, load_contract
from contracts.errors import UserError
from contracts.operations import PARAMETER
from contracts.schema import members_of
from contracts.things import OWN_ID
from endpoints.cleaning import told
from endpoints.exchange import abridged, found_at, shortened
from endpoints.ids import filled
from endpoints.ledger import LEDGERS, Ledger
from endpoints.redaction import Redaction
from endpoints.sending import Common
from endpoints.session import BudgetSpentError, Session
from endpoints.targets import Target
from endpoints.things import ThingError, Things
from strategies.edges import edge_requests
from strategies.request import ABSENT, Request
from strategies.unique import Uniques

_NOBODY = "2000000011"  # an id that nobody has
_LASTING = "; nothing is known that deletes what it makes"
_CURE = "look at path, tenant (`required`, `x-unique`) and the rights of the credentials"


@dataclass
class Trial:
    """The contracts of a target tried one after the other; `failed` once anything is not as a run needs it."""

    target: Target
    failed: bool = False

    def lines(self, names: Sequence[str]) -> Iterator[str]:
        """What is done and what came of it, a line each, without secrets; raises UserError before anything is sent."""
        if self.target.embedded:
            raise UserError(f"{self.target.file}: --live is for a tenant, and the embedded mock is none")
        self.target.check_live(names)
        strike, ledger = Redaction(self.target.secrets()).text, Ledger.begin(LEDGERS, self.target.name)
        things = Things(lambda name: self._session(name, common))
        common = Common(ledger, strike=strike, things=things)
        own, left = list[Session](), list[str]()
        try:
            for name in names:
                own.append(self._session(name, common))
                yield from (strike(f"{name}: {line}") for line in self._contract(own[-1]))
        finally:
            for session in (*reversed(own), *reversed(things.sessions.values())):  # what stands within another first
                session.close()
                assert session.records is not None  # there is a ledger
                left += told(session.records.left, ledger.file, self.target, session.contract.name)
            self.failed |= bool(left)
            ledger.close(remove=not left)
        yield from map(strike, left)

    def _session(self, name: str, common: Common) -> Session:
        session = Session(load_contract(name), self.target.endpoint(name), common)
        session.renew = Uniques.everywhere(session.contract, session.endpoint.tenant).renewed
        return session

    def _contract(self, session: Session) -> Iterator[str]:
        contract, endpoint = session.contract, session.endpoint
        try:
            plain: Request = edge_requests(contract, tenant=endpoint.tenant)[0].value
            template = endpoint.outside.get("read", {}).get("path", "")
            readable = template and set(PARAMETER.findall(template)) <= _values(session, plain).keys()
            if readable:
                yield _read(session, plain)
                _check_fields(session, plain)
            if contract.method == "POST" and endpoint.creates:
                fate = ", and to delete what it makes" if "delete" in endpoint.outside else _LASTING
                yield f"about to send one plain POST {endpoint.base_url}{contract.path}{fate}"
                yield _made(session, plain, readable=bool(readable))
            else:
                yield f"{contract.method} {contract.path} is not tried, but by a run: it makes nothing"
        except (BudgetSpentError, ThingError, UserError) as error:
            self.failed = True
            yield str(getattr(error, "message", error))


def _read(session: Session, plain: Request) -> str:
    """What a read of a record that nobody has is answered; raises UserError where nobody is let in."""
    path = filled(session.endpoint.outside["read"]["path"], _values(session, plain))
    came = session.get(session.endpoint.base_url + path, once=True)
    said = f"GET {came.shown_url}: {came.outcome}"
    if came.status in {401, 403} or came.failed:
        raise UserError(f"{said}; are the credentials let in, and may they read?" if came.status else said)
    return f"{said}: the credentials are let in"


def _check_fields(session: Session, plain: Request) -> None:
    """Raise UserError where a situation names a field of which the tenant's own description knows nothing.

    Fields may be named by whatever tells them apart in it, be it a name or an id. What cannot be read says nothing.
    """
    contract, words = session.contract, session.contract.outside_of(session.contract.path).get("fields", {})
    for name, situation in session.endpoint.situations.items() if words else ():
        body = situation.body if isinstance(situation.body, Mapping) else {}
        values = {**_values(session, plain), **situation.path, **{n: str(v) for n, v in body.items()}}
        if not set(PARAMETER.findall(words["path"])) <= values.keys():
            continue
        came = session.get(session.endpoint.base_url + filled(words["path"], values), once=True)
        known = _texts(found_at(words["each"], came.json)) if came.succeeded else set()
        for key in _keys_of_fields(contract, name, words["place"]):
            said = _at(situation.fields, key)
            if known and isinstance(said, str) and said not in known:
                there = ", ".join(sorted(map(str, found_at(f"{words['each']}{words['name'][1:]}", came.json))))
                raise UserError(
                    f"situations.{name}.fields.{key}: the tenant describes no field {shortened(said, 60)!r}; "
                    f"there are {shortened(there, 300)}"
                )


def _keys_of_fields(contract: Contract, situation: str, place: str) -> list[str]:
    """The keys of a situation's `fields` that name fields: those that stand right below their place in a request."""
    below = re.compile(rf'"{re.escape(place)}/\{{([\w.-]+)\}}')
    texts = (json.dumps(dict(clause.schema)) for clause in contract.situations.get(situation, ()) if clause.behaviour)
    return [key for text in texts for key in below.findall(text) if key != FRESH]


def _at(fields: Any, key: str) -> Any:
    for step in key.split("."):
        fields = fields.get(step) if isinstance(fields, Mapping) else None
    return fields


def _texts(node: Any) -> set[str]:
    """Every text of a JSON value."""
    return {node} if isinstance(node, str) else set().union(*(_texts(member) for _, member in members_of(node)))


def _values(session: Session, plain: Request) -> dict[str, str]:
    """What the path of a read is filled with; not what another operation has to make first."""
    body = plain.body if isinstance(plain.body, Mapping) else {}
    return {n: str(v) for n, v in body.items() if isinstance(v, str | int)} | {
        "id": _NOBODY,
        OWN_ID: _NOBODY,
        **session.endpoint.path,
    }


def _made(session: Session, plain: Request, *, readable: bool) -> str:
    """What came of a plain request; raises UserError where it is refused, or its record cannot be read back."""
    exchange = session.create(plain)
    said = f"{exchange.method} {exchange.shown_url}: {exchange.hollow or exchange.outcome}"
    if not exchange.accepted:
        raise UserError(f"{said}; so a run can judge nothing: {_CURE}; sent {abridged(exchange.shown_content)}")
    for identifier in session.ids(exchange) if readable else []:
        read = session.read(exchange, identifier)
        if session.record(read) is ABSENT:
            raise UserError(f"what was made cannot be read back: {read.outcome}; look at outside.read")
    seen = ["its record was read back"] if readable else []
    gone = [f"{'' if readable else 'its record '}is deleted now"] if "delete" in session.endpoint.outside else []
    return f"{said}; {', and '.join([*seen, *gone]) or 'its record stays'}"
