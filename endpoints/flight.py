"""Several requests in flight at a time, where their order does not matter.

The thread of the run draws, begins and concludes them, each in its turn; other threads only send. So values, ledgers,
observations and verdicts are those of a run that waits for every answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from endpoints.exchange import Exchange
from strategies import Request

if TYPE_CHECKING:
    from endpoints.session import Begun, Session

_CHANGES = {"PUT", "PATCH", "DELETE"}  # of one thing, which the next request may find changed


@dataclass(frozen=True)
class Errand:
    """A request to send, `how` as `Session.create` takes it, as long as it `is_wanted`; `about` is its sender's own."""

    request: Request
    how: dict[str, Any] = field(default_factory=dict)
    is_wanted: Callable[[], bool] = lambda: True
    about: Any = None


@contextmanager
def in_flight(session: Session, errands: Iterable[Errand]) -> Iterator[Iterator[tuple[Errand, Exchange]]]:
    """The exchanges of errands, in their order; as many are in flight as the endpoint takes connections.

    What is no longer wanted when its turn has come is left out; of what it made the ledger knows all the same.
    """
    most = 1 if session.contract.method in _CHANGES or session.rehearses else session.endpoint.connections
    with ThreadPoolExecutor(most) as pool:
        exchanges = _sent(session, iter(errands), most, pool)
        try:
            yield exchanges
        finally:
            exchanges.close()


def _sent(
    session: Session, errands: Iterator[Errand], most: int, pool: ThreadPoolExecutor
) -> Generator[tuple[Errand, Exchange]]:
    flying: deque[tuple[Errand, Begun]] = deque()

    def landed() -> Iterator[tuple[Errand, Exchange]]:
        errand, begun = flying.popleft()
        wanted = errand.is_wanted()
        exchange = session.conclude(begun, told=wanted)
        if wanted:
            yield errand, exchange

    try:
        while True:
            while len(flying) >= most:
                yield from landed()
            errand = next(errands, None)
            if errand is None:
                break
            if not errand.is_wanted():
                continue
            while flying and not session.carries(errand.request):
                yield from landed()
            flying.append((errand, session.begin(errand.request, pool if most > 1 else None, **errand.how)))
        while flying:
            yield from landed()
    finally:
        for _, begun in flying:
            session.conclude(begun, told=False)
