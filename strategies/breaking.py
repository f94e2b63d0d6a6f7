"""Requests that break one clause and nothing else, each beside the conforming request from which it was made."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from contracts.contract import Contract
from contracts.model import Clause, Json, Kind, Side
from contracts.operations import is_json
from contracts.schema import is_of_type
from strategies.conforming import is_possible, types_of
from strategies.edges import is_plain
from strategies.errors import StrategyError
from strategies.flat import SPEAK_OF
from strategies.quiet import Quiet
from strategies.request import ABSENT, Path, Request, paths_to, value_at
from strategies.validity import Places, breaks_alone, keeps, known_errors
from strategies.violations import violations
from strategies.wire import is_writable

_TRIED = 4  # bases that are tried, of those that have the place


def breaking_variants(
    contract: Contract, clause: Clause, *, bases: Sequence[Request]
) -> list[tuple[Request, st.SearchStrategy[Request]]]:
    """The ways of breaking `clause`: strategies of requests that break it alone, each with its twin.

    The twin is one of `bases`, conforming requests, and keeps the clause; what is drawn differs from it in one value.
    Raises StrategyError when the clause has no refusing side, when no base has the place that it speaks of, or when
    nothing breaks it alone.
    """
    if clause.contract != contract.name or clause.kind is not Kind.REQUEST or Side.REFUSES not in clause.sides:
        raise StrategyError(f"{clause.id} is no clause of {contract.name} that a request can break")
    tried = _bases(clause, bases)
    if not tried:
        raise StrategyError(f"no accepted request of the sample has `{'.'.join(clause.place[1:])}` to break")
    if is_plain(contract):
        return _variants(contract, clause, *tried[0])
    for twin, paths in tried[:_TRIED]:
        variants = _variants(contract, clause, twin, paths)
        possible = [(base, requests) for base, requests in variants if is_possible(requests)]
        if possible:
            return possible
    raise StrategyError("it cannot be broken alone: whatever breaks it breaks something else, or is taken")


def _variants(
    contract: Contract, clause: Clause, twin: Request, paths: list[Path]
) -> list[tuple[Request, st.SearchStrategy[Request]]]:
    """The ways of breaking a clause at the paths of one base; what may break more than it, only where it does not."""
    text = clause.place[0] != "body" or not is_json(contract.media_type)
    found, known = [], frozenset() if is_plain(contract) else known_errors(contract, twin.parts)
    for path in paths:
        for values in violations(clause.keyword, clause.schema, value_at(twin.parts, path), text=text):
            requests = values.map(Quiet(_replaced, twin, path, clause.id))
            alone = requests if is_plain(contract) else requests.filter(Quiet(_is_right, contract, clause, path, known))
            found.append((twin, alone))
    return found


def _replaced(twin: Request, path: Path, breaks: str, value: Json) -> Request:
    return twin.replaced(path, value, breaks)


def _is_right(contract: Contract, clause: Clause, path: Path, known: Places, request: Request) -> bool:
    """Whether a request breaks the clause alone, and can be sent as one that does."""
    if clause.keyword == "content-type":
        return request.headers["Content-Type"] not in clause.schema["enum"]
    part, value = clause.place[0], value_at(request.parts, path)
    in_form = part == "body" and not is_json(contract.media_type)
    if (part != "body" or in_form) and len(path) > 1 and not is_writable(contract, path, value):
        return False
    own = clause.keyword == "required" or not keeps(clause.schema, value)
    return own and breaks_alone(contract, clause, request.parts, known)


def _bases(clause: Clause, bases: Sequence[Request]) -> list[tuple[Request, list[Path]]]:
    """Each base that has the clause's place, those that have it more than once first; its last path and its first.

    So an endpoint that looks at the first or the last member only does not get away with it.
    """
    found: list[tuple[int, Request, list[Path]]] = []
    for base in bases:
        if clause.keyword == "content-type":
            if base.body is not ABSENT:
                return [(base, [clause.place])]
            continue
        paths = [p for p in paths_to(base.parts, clause.place) if value_at(base.parts, p) is not ABSENT]
        paths = [p for p in paths if _keeps_type(clause, value_at(base.parts, p))]
        if paths:
            found.append((min(len(paths), 2), base, [paths[-1], *paths[:1]] if len(paths) > 1 else paths))
    return [(base, paths) for _, base, paths in sorted(found, key=lambda entry: -entry[0])]


def _keeps_type(clause: Clause, value: Json) -> bool:
    """A place is generic, so what stands there may be another thing; and bounds of lists are broken on a list."""
    own_type = any(is_of_type(value, name) for name in types_of(clause.schema)) if "type" in clause.schema else True
    about = next((kind for kind, words in SPEAK_OF.items() if clause.keyword in words), "")
    if clause.keyword == "required":  # it speaks of what is around: what is required need not be an object itself
        about = ""
    return own_type and (not about or is_of_type(value, about))
