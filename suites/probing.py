"""Examples of one strategy, sent until one comes out wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from hypothesis import strategies as st

from contracts.contract import Contract
from endpoints.exchange import Exchange
from endpoints.flight import Errand
from strategies import Request
from suites.drawing import Key, drawn
from suites.shapes import Novelty

_KEPT = 500  # exchanges of a contract that are kept whatever they show: to look for what is new takes its time
_HOPELESS = 3  # examples that were neither accepted nor refused, after which no more of a strategy are sent
IsWrong = Callable[[Exchange], bool]


@dataclass(frozen=True)
class Probe:
    """Examples of one strategy: the accepted twin beside them, what was sent, and the exchange that came out wrong.

    Of the `count` that were sent, those that are kept stand for all.
    """

    twin: Exchange
    sent: tuple[Exchange, ...]
    wrong: Exchange | None
    count: int


class Tally:
    """For how many others, which were not kept, an exchange stands."""

    def __init__(self) -> None:
        self._others: dict[int, tuple[Exchange, int]] = {}

    def add(self, exchange: Exchange) -> None:
        """It stands for another one."""
        self._others[id(exchange)] = (exchange, self._others.get(id(exchange), (exchange, 0))[1] + 1)

    def count(self, exchanges: Iterable[Exchange]) -> int:
        """How many exchanges these are, with those for which they stand."""
        return sum(1 + self._others.get(id(exchange), (exchange, 0))[1] for exchange in exchanges)


class Keeping:
    """Which exchanges of a contract's probes are kept, so that a run takes no more memory the more it sends.

    After so many, kept is what can be judged otherwise than those before: the first of a probe with each status and
    the like, and each that shows something new of an answer's shape. The others are counted in the `tally`.
    """

    def __init__(self, contract: Contract, tally: Tally) -> None:
        self._novelty, self._tally, self._kept = Novelty(contract), tally, 0
        self._asked = sorted({name for clause in contract.clauses.values() for name in clause.when})

    def keeps(self, exchange: Exchange, first: dict[Key, Exchange]) -> bool:
        """Whether an exchange is kept; `first` are those of its probe that stand for what was not."""
        looks = (exchange.status, exchange.accepted, exchange.refused, exchange.hollow, bool(exchange.request.content))
        alike = first.setdefault((*looks, *(repr(exchange.request.query.get(n)) for n in self._asked)), exchange)
        if self._kept < _KEPT or self._novelty.is_in(exchange) or alike is exchange:
            self._kept += 1
            return True
        self._tally.add(alike)
        return False


@dataclass
class Probing:
    """A probe under way: what was sent of the examples of a strategy, until one comes out wrong.

    `made_from` says what the strategy was made from, beside the contract; `group` is what one wrong example ends, and
    `how` its requests are sent. `first` are the exchanges that stand for those which `keeping` lets go.
    """

    twin: Exchange
    made_from: Key
    strategy: st.SearchStrategy[Request]
    most: int
    is_wrong: IsWrong
    keeping: Keeping
    group: list[Probing] = field(default_factory=list)
    how: dict[str, Any] = field(default_factory=dict)
    begun: set[bytes] = field(default_factory=set)
    sent: set[bytes] = field(default_factory=set)
    kept: list[Exchange] = field(default_factory=list)
    first: dict[Key, Exchange] = field(default_factory=dict)
    failures: int = 0
    wrong: Exchange | None = None

    @property
    def goes_on(self) -> bool:
        """Whether another example is to be sent: none of the group was wrong, and there is some hope of an answer."""
        return self.failures < _HOPELESS and not any(probing.wrong for probing in self.group)

    def errands(self, contract: Contract) -> Iterator[Errand]:
        """Its examples, each once."""
        for request in drawn(contract, self.made_from, self.strategy, self.most):
            key = as_sent(request)
            if key not in self.begun:
                self.begun.add(key)
                yield Errand(request, self.how, lambda: self.goes_on, self)

    def take(self, key: bytes, exchange: Exchange) -> None:
        """Take what was sent under this key."""
        self.sent.add(key)
        if self.keeping.keeps(exchange, self.first) or self.is_wrong(exchange):
            self.kept.append(exchange)

    @property
    def probe(self) -> Probe:
        """What it came to."""
        return Probe(self.twin, tuple(self.kept), self.wrong, len(self.sent))


def as_sent(request: Request) -> bytes:
    """What tells one request from another: a digest of its query, headers and body."""
    beside = repr((request.query, request.headers, request.path, request.cookies))
    return sha256(beside.encode() + request.content).digest()
