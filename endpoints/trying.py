"""A target tried on its tenant: a read, then one plain conforming request whose record is deleted again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.contract import load_contract
from contracts.errors import UserError
from endpoints.cleaning import told
from endpoints.drafting import Description
from endpoints.endpoint import TargetError
from endpoints.exchange import Exchange, abridged
from endpoints.ledger import LEDGERS, Ledger
from endpoints.records import filled
from endpoints.redaction import Redaction
from endpoints.session import BudgetSpentError, Common, Session
from endpoints.tables import PARAMETER
from endpoints.targets import Target
from endpoints.things import ThingError, Things
from strategies.edges import edge_requests
from strategies.request import ABSENT, Request
from strategies.unique import Uniques

_NOBODY = "2000000011"  # an id that nobody has
_CURE = "look at path, tenant (`required`, `x-unique`) and the rights of the credentials"


class _AmissError(Exception):
    """Something is not as a run needs it; the message says what."""


@dataclass
class Trial:
    """The contracts of a target tried one after the other; `failed` once anything is not as a run needs it."""

    target: Target
    failed: bool = False
    _sessions: list[Session] = field(default_factory=list)

    def lines(self, names: Sequence[str]) -> Iterator[str]:
        """What is done and what came of it, a line each, without secrets; raises UserError before anything is sent."""
        if self.target.embedded:
            raise TargetError(f"{self.target.file}: --live is for a tenant, and the embedded mock is none")
        self.target.check_live(names)
        strike = Redaction(self.target.secrets()).text
        ledger = Ledger.begin(LEDGERS, self.target.name)
        common = Common(ledger, strike=strike, things=Things(lambda name: self._session(name, common)))
        left: list[str] = []
        try:
            for name in names:
                yield from (strike(f"{name}: {line}") for line in self._contract(self._session(name, common)))
        finally:
            while self._sessions:  # what stands within another was made after it
                left += self._closed(self._sessions.pop(), ledger)
            self.failed |= bool(left)
            ledger.close(remove=not left)
        yield from map(strike, left)

    def _session(self, name: str, common: Common) -> Session:
        session = Session(load_contract(name), self.target.endpoint(name), common)
        session.renew = Uniques.of(session.contract, session.endpoint.tenant).renewed
        self._sessions.append(session)
        return session

    def _closed(self, session: Session, ledger: Ledger) -> list[str]:
        session.close()
        return told(session.records.left if session.records else {}, ledger.file, self.target, session.contract.name)

    def _contract(self, session: Session) -> Iterator[str]:
        contract, endpoint = session.contract, session.endpoint
        try:
            plain: Request = edge_requests(contract, tenant=endpoint.tenant)[0].value
            yield from _read(session, plain)
            if contract.method == "POST" and endpoint.creates:
                url = endpoint.base_url + contract.path
                yield f"about to send one plain request to {url}, and to delete what it makes"
                yield _made(session, session.create(plain))
            else:
                yield f"{contract.method} {contract.path} is not tried: it makes nothing that could be deleted again"
        except (_AmissError, BudgetSpentError, ThingError, UserError) as error:
            self.failed = True
            yield str(getattr(error, "message", error))


def _read(session: Session, plain: Request) -> Iterator[str]:
    """A read that needs the credentials: of the fields, or of a record that nobody has."""
    endpoint, body = session.endpoint, plain.body if isinstance(plain.body, Mapping) else {}
    values = {name: str(value) for name, value in body.items() if isinstance(value, str | int)}
    values |= {"id": _NOBODY, **endpoint.path}
    fields = session.contract.outside_of(session.contract.path).get("fields", {})
    if fields and set(PARAMETER.findall(fields["path"])) <= values.keys():
        told_fields = endpoint.tenant.schemas.get(fields["place"], {})
        for line in Description(session, fields, values).lacking(told_fields):
            raise _AmissError(line)
        yield f"GET {fields['path']}: the target's fields are those of the tenant"
    elif "read" in endpoint.outside:
        came = session.get(endpoint.base_url + filled(endpoint.outside["read"]["path"], values))
        said = f"GET {came.shown_url}: {came.outcome}"
        if came.status in {401, 403} or came.failed:
            raise _AmissError(f"{said}; are the credentials let in, and may they read?" if came.status else said)
        yield f"{said}: the credentials are let in"


def _made(session: Session, exchange: Exchange) -> str:
    """What came of the plain request; raises _AmissError where it is refused, or its record cannot be read back."""
    said = f"{exchange.method} {exchange.shown_url}: {exchange.hollow or exchange.outcome}"
    if not exchange.accepted:
        raise _AmissError(f"{said}; so a run can judge nothing: {_CURE}; sent {abridged(exchange.shown_content)}")
    for identifier in session.ids(exchange) if "read" in session.endpoint.outside else []:
        read = session.read(exchange, identifier)
        if session.record(read) is ABSENT:
            raise _AmissError(f"what was made cannot be read back: {read.outcome}; look at outside.read")
    return said
