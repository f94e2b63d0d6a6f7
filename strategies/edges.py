"""The packed sample: few requests that between them meet every edge of every request clause."""

from __future__ import annotations

from collections.abc import Iterator

from jsonschema.exceptions import best_match

from contracts.contract import DEPTHS, Contract
from contracts.model import Json, Level, Schema
from contracts.patterns import JUDGE
from strategies.errors import StrategyError
from strategies.packing import Edge, Mark, Packing
from strategies.request import ABSENT, Request, paths_to, value_at
from strategies.tenant import Tenant, request_schema
from strategies.validity import keeps

_SHALLOWEST = 4  # steps of a place, below which leaving out what is deeper leaves little of a request


def edge_requests(contract: Contract, *, tenant: Tenant | None = None) -> list[Edge]:
    """The packed sample: edges whose values are Requests, the plain and full one first, then the barest one.

    Raises StrategyError when a schema uses what no value can be drawn from.
    """
    schema = request_schema(contract, tenant)
    edges, _ = _packing(contract, schema)
    requests = [
        Edge(Request.of(edge.value), edge.marks) for edge in edges if is_plain(contract) or keeps(schema, edge.value)
    ]
    if not requests:
        raise StrategyError(f"{contract.name}: no request keeps all that is said of it")
    return [*requests, *_without_implied(contract, requests[0].value)]


def prove(contract: Contract, tenant: Tenant) -> None:
    """Draw the packed sample; raises StrategyError when its requests do not keep the schema they are drawn from."""
    validator = JUDGE(request_schema(contract, tenant))
    for edge in edge_requests(contract, tenant=tenant):
        marked = {contract.clauses[mark.clause] for mark in edge.marks}
        leaves_out = any(clause.keyword == "optional" and clause.level is Level.IMPLIED for clause in marked)
        mistake = best_match(validator.iter_errors(edge.value.parts))
        if mistake and not (leaves_out and mistake.validator == "required"):
            raise StrategyError(f"its keywords contradict one another: {mistake.message}")


def left_out(contract: Contract) -> list[str]:
    """Why optional parts of its requests are never sent, a sentence each; raises StrategyError when none can be."""
    _, lost = _packing(contract, request_schema(contract, None))
    edge_requests(contract)
    return list(dict.fromkeys(lost))


def is_plain(contract: Contract) -> bool:
    """Whether every value that keeps the parts of the contract's requests keeps the whole: one of the catalogue."""
    return contract.file is None


def conforms(contract: Contract, request: Request) -> bool:
    """Whether a request that was put together of conforming ones keeps all that the contract says of requests."""
    return is_plain(contract) or keeps(contract.request_schema, request.parts)


def plain_value(contract: Contract, schema: Schema) -> Json:
    """The plainest value that is valid under `schema`; raises StrategyError when none can be made."""
    return _packing(contract, schema)[0][0].value


def _packing(contract: Contract, schema: Schema) -> tuple[list[Edge], list[str]]:
    """The edges of a schema, and why parts of it are left out; as deep as a request of bounded size can be."""
    found: tuple[list[Edge], list[str]] | None = None
    errors: list[StrategyError] = []
    for deepest in (contract.deepest, *(depth for depth in DEPTHS if _SHALLOWEST <= depth < contract.deepest)):
        packing = Packing(contract, deepest)
        try:
            found = packing.edges(schema, (), ()), packing.left_out
        except StrategyError as error:
            errors.append(error)
        if packing.is_bounded:
            break
    if found is None:
        raise errors[0]
    return found


def _without_implied(contract: Contract, plain: Request) -> Iterator[Edge]:
    """What may be left out by implication only is left out by a request of its own, so that no other suffers for it."""
    for clause in contract.clauses.values():
        if clause.keyword == "optional" and clause.level is Level.IMPLIED:
            for path in paths_to(plain.parts, clause.place):
                if value_at(plain.parts, path) is not ABSENT:
                    yield Edge(plain.replaced(path, ABSENT), (Mark(path, clause.id),))
