"""Which value of a refused request is to blame: each is sent alone in an accepted one, until it is plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from contracts.model import Clause, Json, Kind
from endpoints.exchange import Exchange
from strategies import ABSENT, Mark, Request
from strategies.edges import conforms, is_plain
from strategies.request import Path, of_length, paths_to, stands_for, value_at, values_in
from strategies.scalars import BOUNDS, away_from_edge, is_odd
from strategies.tenant import request_schema
from strategies.validity import keeps

if TYPE_CHECKING:
    from suites.sample import Sample, Trial  # whose requests are taken apart


@dataclass(frozen=True)
class Lone:
    """One value of another request at `path` of an accepted one, the `host`, and what came of sending that.

    `blames` names a clause where it is another one than that of the edge; `doubt` says why it may blame none.
    """

    path: Path
    exchange: Exchange
    host: Exchange
    blames: str = ""
    doubt: str = ""

    @property
    def difference(self) -> str:
        """Where it differs from its host, in words."""
        place = f"`{'/'.join(map(str, self.path[1:]))}`" if self.path[1:] else "the body"
        ours, theirs = (one.request.replaced(self.path, ABSENT).parts for one in (self.exchange, self.host))
        return f"{place} alone{'' if ours == theirs else ', but for values that are fresh in each request'}"


class Isolation:
    """The values of a sample's refused requests, each sent alone in an accepted request of the sample."""

    def __init__(self, sample: Sample) -> None:
        self._sample, self._contract = sample, sample.contract

    @cached_property
    def refused_edges(self) -> list[tuple[Mark, Lone]]:
        """The edges of refused requests of the sample that are refused by themselves too, the innermost only.

        A bound that is met by a fraction, or by characters beyond the BMP, may be refused on either count: it is blamed
        only where another fraction, or another such text, is taken; else the type of the value is.
        """
        refused = [trial for trial in self._sample.sample if not trial.exchange.accepted]
        tried = ((mark, trial, self.alone(trial, mark)) for trial in refused for mark in trial.edge.marks)
        alone = [(mark, trial, lone) for mark, trial, lone in tried if lone is not None and not lone.exchange.accepted]
        found = [
            self._on_one_count(mark, value_at(trial.edge.value.parts, mark.path), lone) for mark, trial, lone in alone
        ]
        paths = [mark.path for mark, _ in found]
        innermost = [
            (mark, lone)
            for mark, lone in found  # what is left out holds nothing: no other value is to blame for that
            if value_at(lone.exchange.request.parts, lone.path) is ABSENT
            or not any(_is_within(path, mark.path) for path in paths)
        ]
        return self._for_their_length(innermost)

    def _for_their_length(self, found: list[tuple[Mark, Lone]]) -> list[tuple[Mark, Lone]]:
        """Texts that are too long in bytes, where a bound was found to be counted in bytes, are refused for that."""
        clauses = self._contract.clauses
        blamed = (clauses[mark.clause] for mark, lone in found if not lone.blames and not lone.doubt)
        bounds = {(one.place, one.branch): one for one in blamed if one.keyword == "maxLength"}

        def counted(mark: Mark, lone: Lone) -> Lone:
            bound = bounds.get((clauses[mark.clause].place, clauses[mark.clause].branch))
            text = value_at(lone.exchange.request.parts, lone.path)
            too_long = bound and isinstance(text, str) and len(text.encode()) > bound.schema["maxLength"]
            return replace(lone, blames=bound.id) if bound and too_long else lone

        return [(mark, counted(mark, lone)) for mark, lone in found]

    def explains(self, trial: Trial) -> bool:
        """Whether an edge of a request of the sample was refused by itself, so that it says nothing of its others."""
        return any(mark in trial.edge.marks for mark, _ in self.refused_edges)

    def _on_one_count(self, mark: Mark, value: Json, lone: Lone) -> tuple[Mark, Lone]:
        """A refused edge; or its type's, where a value like it that is away from the edge is refused as well."""
        clause = self._contract.clauses[mark.clause]
        about = self._contract.at(clause.place)
        if clause.keyword not in BOUNDS or "type" not in about or not is_odd(value):
            return mark, lone
        milder = away_from_edge(clause.schema, value)
        other = None if milder is ABSENT else self._in_any(mark.path, milder)
        if other is None:
            return mark, replace(lone, doubt="it was refused, for the bound or for what else is odd about the value")
        return (mark, lone) if other.exchange.accepted else (mark, replace(other, blames=about["type"].id))

    def alone(self, trial: Trial, mark: Mark) -> Lone | None:
        """One edge of a packed request alone, sent; None when no accepted request has a place for it.

        Where it is nothing by itself, what stands around it goes with it.
        """
        for length in range(len(mark.path), min(len(mark.path) - 1, 1), -1):  # of a body, whether there is one
            path = mark.path[:length]
            found = self._in_any(path, value_at(trial.edge.value.parts, path))
            if found is not None or is_plain(self._contract):
                return found
        return None

    def _in_any(self, path: Path, value: Json) -> Lone | None:
        """An accepted request with one value of another; what stands inside an object has places of its own.

        Those that have a value there go first: of several alternatives, only some may care what stands there.
        """
        places = [(host, _fitted(path, host.request)) for host in self._sample.accepted]
        for host, own in sorted(places, key=lambda found: value_at(found[0].request.parts, found[1]) is ABSENT):
            around = value_at(host.request.parts, own[:-1])
            if isinstance(around, Mapping | list) and conforms(self._contract, host.request.replaced(own, value)):
                return self.hosted(host, own, value)
        return None

    def hosted(self, host: Exchange, path: Path, value: Json) -> Lone:
        """An accepted request with one value in place of its own, sent once; itself where that is the same."""
        before = value_at(host.request.parts, path)
        if isinstance(value, list) and isinstance(before, list) and before:
            alike = of_length(before, len(value))  # the length is what is left to tell
            whole = request_schema(self._contract, self._sample.tenant)
            value = alike if keeps(whole, host.request.replaced(path, alike).parts) else value
        if (isinstance(value, dict) and isinstance(before, dict)) or value == before or (value is before is ABSENT):
            return Lone(path, host, host)
        key = (id(host), path, repr(value))
        alone = self._sample.once(key, lambda: self._sample.create(host.request.replaced(path, value)))
        return Lone(path, alone, host)

    def refused_alone(self, request: Request) -> list[Lone]:
        """The values of a refused request that are refused by themselves too, each in an accepted request.

        Attributes that it leaves out count as values of it; of values that hold one another, only the innermost.
        """
        absent = [
            (path, ABSENT)
            for clause in self._contract.clauses.values()
            if clause.keyword == "optional"
            for path in paths_to(self._sample.plain.parts, clause.place)
            if value_at(request.parts, path) is ABSENT
        ]
        tried = (self._in_any(path, value) for path, value in [*values_in(request.parts), *absent])
        refused = [lone for lone in tried if lone is not None and not lone.exchange.accepted]
        return [lone for lone in refused if not any(_is_within(other.path, lone.path) for other in refused)]

    def clauses_at(self, path: Path) -> list[Clause]:
        """The request clauses about the value at a path itself."""
        return [
            clause
            for clause in self._contract.clauses.values()
            if clause.kind is Kind.REQUEST and stands_for(clause.place, path)
        ]


def _is_within(path: Path, other: Path) -> bool:
    return len(path) > len(other) and path[: len(other)] == other


def _fitted(path: Path, host: Request) -> Path:
    """The path with its indexes brought down to the members that the host has."""
    fitted: Path = ()
    for step in path:
        here = value_at(host.parts, fitted)
        fitted = (*fitted, min(step, len(here) - 1) if isinstance(step, int) and isinstance(here, list) else step)
    return fitted
