"""Examples of one strategy, sent until one comes out wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from contracts.contract import Contract
from endpoints.exchange import Exchange
from endpoints.flight import Errand
from strategies import Request
from suites.drawing import Key, drawn

_HOPELESS = 3  # examples that were neither accepted nor refused, after which no more of a strategy are sent
IsWrong = Callable[[Exchange], bool]


@dataclass(frozen=True)
class Probe:
    """Examples of one strategy: the accepted twin beside them, what was sent, and the exchange that came out wrong."""

    twin: Exchange
    sent: tuple[Exchange, ...]
    wrong: Exchange | None


@dataclass
class Probing:
    """A probe under way: what was sent of the examples of a strategy, until one comes out wrong.

    `made_from` says what the strategy was made from, beside the contract; `group` is what one wrong example ends, and
    `how` its requests are sent.
    """

    twin: Exchange
    made_from: Key
    strategy: st.SearchStrategy[Request]
    most: int
    is_wrong: IsWrong
    group: list[Probing] = field(default_factory=list)
    how: dict[str, Any] = field(default_factory=dict)
    begun: set[bytes] = field(default_factory=set)
    sent: dict[bytes, Exchange] = field(default_factory=dict)
    failures: int = 0
    wrong: Exchange | None = None

    @property
    def goes_on(self) -> bool:
        """Whether another example is to be sent: none of the group was wrong, and there is some hope of an answer."""
        return self.failures < _HOPELESS and not any(probing.wrong for probing in self.group)

    def errands(self, contract: Contract) -> Iterator[Errand]:
        """Its examples, each once."""
        for request in drawn((contract, *self.made_from), self.strategy, self.most):
            key = as_sent(request)
            if key not in self.begun:
                self.begun.add(key)
                yield Errand(request, self.how, lambda: self.goes_on, self)

    @property
    def probe(self) -> Probe:
        """What it came to."""
        return Probe(self.twin, tuple(self.sent.values()), self.wrong)


def as_sent(request: Request) -> bytes:
    """What tells one request from another: its query, headers and body."""
    return repr((request.query, request.headers, request.path, request.cookies)).encode() + request.content
