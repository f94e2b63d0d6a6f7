"""Switches of the mock: faults and manners, which change what a vendor takes or answers, one at a time or several.

A switch stands between the wire and a vendor: it sees the call, may change it, passes it on, and may change the
answer. So the vendors stay what the documents say, and no switch needs to know of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from endpoints.mock.wire import Answer, Call, Handler

Act = Callable[[Call, Handler], Answer]


@dataclass(frozen=True)
class Switch:
    """Something about the mock that can be switched on.

    `contracts` names the operations that it changes (all of them when empty) and `verbs` which of its doings: `create`,
    and those outside the documents, `add one`, `read`, `find`, `list`, `describe` and `delete`. `make` gives the change
    with a memory of its own.
    """

    id: str
    says: str
    make: Callable[[], Act]
    contracts: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ("create",)

    def applies(self, contract: str, verb: str) -> bool:
        """Whether it changes one doing of one operation."""
        return (not self.contracts or contract in self.contracts) and verb in self.verbs


class UnknownSwitchError(ValueError):
    """A switch that there is not; says where they are listed."""


class Switchboard:
    """The switches that are on, and how many calls went through it. Handlers change as soon as they are switched."""

    def __init__(self, known: Mapping[str, Switch]) -> None:
        self._known, self._begin = known, 1
        self._acts: list[tuple[Switch, Act]] = []
        self.calls = 0

    @property
    def on(self) -> list[str]:
        """The ids of the switches that are on."""
        return [switch.id for switch, _ in self._acts]

    def switch(self, ids: Iterable[str], begin: int = 1) -> None:
        """Switch exactly these on, each with a fresh memory, from the call of number `begin`.

        Raises UnknownSwitchError, and then changes nothing.
        """
        chosen = list(dict.fromkeys(ids))
        unknown = [name for name in chosen if name not in self._known]
        if unknown:
            raise UnknownSwitchError(
                f"there is no fault or manner {unknown[0]!r}; "
                "`python -m endpoints faults` and `python -m endpoints manners` list them"
            )
        self._begin = begin
        self._acts = [(self._known[name], self._known[name].make()) for name in chosen]

    def handled(self, contract: str, verb: str, call: Call, handler: Handler) -> Answer:
        """What a vendor's handler answers through the switches that are on; the first one stands outermost."""
        self.calls += 1
        acting = self._acts if self.calls >= self._begin else []
        for switch, act in reversed(acting):
            if switch.applies(contract, verb):
                handler = _through(act, handler)
        return handler(call)


def _through(act: Act, handler: Handler) -> Handler:
    return lambda call: act(call, handler)
