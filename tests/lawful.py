"""Lawful differences: the suites under every manner of the mock, and under every two of them.

python -m tests.lawful [--pairs] [-k WORD]
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import combinations

import click

from contracts.contract import contract_names
from endpoints.mock.manners import MANNERS
from tests.matrix import run_on_mock


def outcomes(manners: tuple[str, ...], contracts: tuple[str, ...], profile: str) -> dict[str, str]:
    """The worst outcome of each clause."""
    order = ["upheld", "unexercised", "undetermined", "broken"]
    found: dict[str, str] = {}
    for _, row in run_on_mock(manners, contracts, profile).rows:
        found[row["clause"]] = max(found.get(row["clause"], "upheld"), row["outcome"], key=order.index)
    return found


@cache
def usual(contract: str, profile: str) -> dict[str, str]:
    return outcomes((), (contract,), profile)


def contracts_of(manners: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(n for n in contract_names() if all(MANNERS[m].applies(n, "create") for m in manners))


def differing(manners: tuple[str, ...], profile: str) -> tuple[tuple[str, ...], list[str]]:
    """Clauses that come out otherwise than without the manners."""
    contracts = contracts_of(manners)
    if not contracts:
        return manners, []
    before = {clause: outcome for name in contracts for clause, outcome in usual(name, profile).items()}
    after = outcomes(manners, contracts, profile)
    return manners, [f"{c}: {after.get(c, 'gone')}" for c, outcome in before.items() if after.get(c) != outcome]


def all_differing(word: str, pairs: bool) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    chosen: list[tuple[str, ...]] = list(combinations(MANNERS, 2)) if pairs else [(m,) for m in MANNERS]
    chosen = [manners for manners in chosen if any(word in m for m in manners) and contracts_of(manners)]
    with ProcessPoolExecutor() as pool:
        yield from pool.map(differing, chosen, ["quick" if pairs else "ci"] * len(chosen))


@click.command()
@click.option("--pairs", is_flag=True)
@click.option("-k", "word", default="")
def main(word: str, pairs: bool) -> None:
    for manners, found in all_differing(word, pairs):
        click.echo(f"{' + '.join(manners):40} {'; '.join(found) or 'ok'}")


if __name__ == "__main__":
    main()
