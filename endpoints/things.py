"""The things that operations need: what other operations of the same target make, so that there is something to ask of.

One is made and shared by all operations that only read it, one for each operation that changes it, and one for each
request that deletes it, or for which a target wants it `fresh`. All go through the sessions of the operations that make
them, and so through the ledger, and are deleted at the end: what stands within another first. What a run has not made
it neither changes nor deletes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from contracts.contract import Contract, load_contract
from contracts.model import Json
from contracts.operations import PARAMETER
from contracts.things import LISTED, OWN_URL
from endpoints.endpoint import Endpoint, Situation
from endpoints.exchange import Exchange
from endpoints.ids import as_id, filled, ids_at, segment
from endpoints.records import Use
from strategies.edges import edge_requests
from strategies.request import ABSENT
from strategies.unique import Place, Uniques

_TRIED = 3  # requests of its packed sample that may make a thing
_NAME = "^[A-Za-z0-9]*$"
_SAFE, _CHANGES = {"GET", "HEAD", "OPTIONS"}, {"PUT", "PATCH", "DELETE"}


if TYPE_CHECKING:
    from endpoints.session import Session  # which asks for things


class ThingError(Exception):
    """What an operation needs could not be made; carries one sentence that says why, and what mends it.

    `unanswered`: the endpoint did not say that it makes none, it failed.
    """

    def __init__(self, sentence: str, *, unanswered: bool = False) -> None:
        super().__init__(sentence)
        self.unanswered = unanswered


def check_own(contract: Contract, endpoint: Endpoint, situation: Situation) -> None:
    """Raise ThingError for a request to what is not this run's own, or that nobody named, unless it only reads.

    What a target's situation addresses is its own word, and so is what nobody has; a `disposable` one holds nobody's.
    """
    if contract.method in _SAFE or endpoint.disposable:
        return
    names, head = PARAMETER.findall(contract.path), f"{contract.method} {contract.path}"
    unnamed = [n for n in names if n not in {*endpoint.path, *situation.path, *endpoint.things}]
    last = names[-1] if names else ""
    own = last in situation.path or (last in endpoint.things and last not in endpoint.path)
    if contract.method in _CHANGES and not own:
        by_others = last and contract.created_ids != OWN_URL
        made = f'what makes one, things.{last} = {{ from = "…", id = "$.…" }}, or ' if by_others else ""
        cure = f"let the target say {made}disposable = true where nothing is anybody's"
        raise ThingError(f"{head} is only sent to what this run has made itself; {cure}")
    if unnamed:
        cure = f'path = {{ {unnamed[0]} = "…" }}, or things.{unnamed[0]} = {{ from = "…", id = "$.…" }}'
        raise ThingError(f"{head} is sent to nothing that nobody named; let the target say {cure}")


def renewing(contract: Contract, endpoint: Endpoint, also: tuple[Place, ...] = (), *, named: bool = False) -> Uniques:
    """What is fresh in each request; where a client names what is made, and it is to be `named` anew, its name too.

    A name is one that is easily written, unless the contract says of which form it is.
    """
    place = ("path", *PARAMETER.findall(contract.path)[-1:])
    if not named or endpoint.created_ids != OWN_URL:
        return Uniques.everywhere(contract, endpoint.tenant, also)
    uniques = Uniques.everywhere(contract, endpoint.tenant, (*also, place))
    schema = uniques.places.get(place, {})
    plain = {} if schema.keys() & {"pattern", "format", "enum", "const"} else {"pattern": _NAME}
    return replace(uniques, places={**uniques.places, place: {**schema, **plain}})


class Things:
    """The things of one run; `open_session` opens a session of a contract."""

    def __init__(self, open_session: Callable[[str], Session]) -> None:
        self._open = open_session
        self.sessions: dict[str, Session] = {}  # those that have made something, or may have, in this order
        self._opened: dict[str, Session] = {}
        self._made: dict[tuple[str, ...], Json] = {}
        self._failed: dict[tuple[str, ...], ThingError] = {}
        self._begun: list[str] = []  # what makes the things that are being made, one within the other
        self._accepted: set[str] = set()  # contracts that the endpoint has accepted a request of in this run

    def values(
        self, contract: Contract, endpoint: Endpoint, known: Mapping[str, str], *, listed: bool = True
    ) -> dict[str, Json]:
        """Values of the places that other operations' answers name: path parameters, and others such as `body/shelf`.

        `known` are the path parameters that the target gives; with `listed`, a list has something in it. Raises
        ThingError for what could not be made.
        """
        values: dict[str, Json] = dict(known)
        inside = [name for name in PARAMETER.findall(contract.path) if name in endpoint.things and name not in known]
        for name in [*inside, *(place for place in endpoint.things if "/" in place or (listed and place == LISTED))]:
            maker, where = endpoint.things[name]["from"], endpoint.things[name]["id"]
            if maker in self._begun:  # as a folder in a folder: the first one stands in none
                if name in inside:
                    raise ThingError(f"needs something that {maker} makes, which takes one to be made")
                continue
            own = name in inside[-1:] and contract.method not in _SAFE
            own = own and not (contract.created_ids and endpoint.created_ids)
            above = {n: as_id(value) for n, value in values.items() if f"{{{n}}}" in load_contract(maker).path}
            afresh = (own and contract.method == "DELETE") or endpoint.things[name].get("fresh") is True
            of_its_own = contract.name if own or afresh else ""
            key = (maker, where, of_its_own, *(f"{n}={above[n]}" for n in sorted(above)))
            if key not in self._failed and (afresh or key not in self._made):
                try:
                    proved = own and contract.method in _CHANGES and not endpoint.disposable
                    use = Use.ASKED if afresh and contract.method == "DELETE" else Use.SPARE if afresh else Use.SHARED
                    self._made[key] = self._make(name, maker, where, above, use, proved=proved)
                except ThingError as error:
                    self._failed[key] = error  # what could not be made is not tried again
            failed = self._failed.get(key)
            if failed and (name != LISTED or failed.unanswered):  # a list can be read with nothing in it
                raise failed
            values[name] = self._made.get(key, "")
        values.pop(LISTED, None)
        return values

    def touched(self, contract: Contract, endpoint: Endpoint, values: Mapping[str, str], exchange: Exchange) -> None:
        """Something was made; or a thing was deleted or changed, as its operation is for, or may have been."""
        self._accepted |= {contract.name} if exchange.accepted else set()
        for name in endpoint.things if contract.method in _CHANGES else ():
            session = self.sessions.get(endpoint.things[name]["from"])
            if contract.path.rstrip("/").endswith(f"{{{name}}}") and session and session.records:
                address = filled(contract.path, values)
                if contract.method == "DELETE":
                    session.records.deleted(address, done=exchange.accepted)
                else:
                    session.records.changed(address, exchange.request.body)

    def _make(
        self, name: str, maker: str, where: str, values: Mapping[str, str], use: Use, *, proved: bool = False
    ) -> Json:
        """The id of a thing that an operation makes, within the things that are there.

        Where it is to be changed or deleted, it must be `proved` to be this run's own: an answer may name another's.
        """
        session, exchange = self._session(maker), None
        contract = session.contract
        for edge in edge_requests(contract, tenant=session.endpoint.tenant)[:_TRIED]:
            self._begun.append(maker)
            try:
                with session.making(use):
                    exchange = session.create(edge.value, situation=Situation(path=values))
            finally:
                self._begun.pop()
                self.sessions.setdefault(maker, session)  # after those whose things it stands within
            value = _id(exchange, where)
            if segment(as_id(value)) and proved and session.records and not session.records.is_own(exchange):
                raise ThingError(
                    f"needs something of this run's own, and what {contract.method} {contract.path} names "
                    f"is another's, or does not show what was sent; look at it yourself ({as_id(value)}), "
                    "or let the target say disposable = true"
                )
            if segment(as_id(value)):
                self._see(session, exchange, as_id(value))
                return value
        came = (exchange.hollow or exchange.outcome) if exchange else "nothing"
        if exchange is not None and exchange.denied and contract.name in self._accepted:  # a quota, a plan, a token
            no_longer = f"was accepted before, but no longer: {came}"
            raise ThingError(
                f"needs something that {contract.method} {contract.path} makes, which {no_longer}", unanswered=True
            )
        named = (
            f'; let the target name one that is there, path = {{ {name} = "…" }}'
            if name != LISTED and "/" not in name
            else ""
        )
        raise ThingError(
            f"needs something that {contract.method} {contract.path} makes: {came}{named}",
            unanswered=exchange is not None and exchange.failed,
        )

    def _session(self, maker: str) -> Session:
        if maker not in self._opened:
            session = self._opened[maker] = self._open(maker)
            session.renew = renewing(session.contract, session.endpoint, named=True).renewed
        return self._opened[maker]

    def _see(self, session: Session, exchange: Exchange, identifier: str) -> None:
        """Read what was made, once, so that it can be told later whether it is gone."""
        outside = session.records.outside if session.records else None
        if outside and not outside.readable and "read" in session.endpoint.outside:
            outside.readable = session.record(session.read(exchange, identifier)) is not ABSENT


def _id(exchange: Exchange, where: str) -> Json:
    found = ids_at(where, exchange) if exchange.accepted else []
    known = found and isinstance(found[0], str | int | float) and exchange.strike(as_id(found[0])) == as_id(found[0])
    return found[0] if known else ""  # a secret of ours stands in no ledger
