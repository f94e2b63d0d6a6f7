"""How many requests a second are drawn and serialised: ours, and Schemathesis' own strategy for the same operation.

    python -m tests.benchmarks.drawing

Both are drawn by Hypothesis in this one process, of the contract alone and with the mock's fields laid over it;
seconds are of processor time, so that other work on the machine does not count.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import click
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts.contract import Contract, load_contracts
from endpoints.targets import load_target
from strategies import Tenant, conforming_requests
from strategies.tenant import request_schema
from tests.helpers import mock_environment


def drawn_a_second(strategy: st.SearchStrategy[Any], serialise: Callable[[Any], object], examples: int) -> float:
    """Requests drawn and serialised for each second of processor time: the median of three runs."""
    return median(_run(strategy, serialise, examples) for _ in range(3))


def _run(strategy: st.SearchStrategy[Any], serialise: Callable[[Any], object], examples: int) -> float:
    count = 0

    @settings(
        max_examples=examples, database=None, derandomize=True, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def draw(request: Any) -> None:
        nonlocal count
        count += 1
        serialise(request)

    gc.collect()  # so that neither pays for what the other left behind
    started = time.process_time()
    draw()
    return count / (time.process_time() - started)


def schemathesis_strategy(contract: Contract, tenant: Tenant | None) -> st.SearchStrategy[Any]:
    """Schemathesis' strategy for the contract's operation, of the same schema that ours draws from."""
    exported = json.loads(json.dumps(contract.openapi))
    content = exported["paths"][contract.path]["post"]["requestBody"]["content"][contract.media_type]
    content["schema"] = request_schema(contract, tenant)["properties"]["body"]
    strategy: st.SearchStrategy[Any] = schemathesis.openapi.from_dict(exported)[contract.path]["POST"].as_strategy()
    return strategy


@click.command()
@click.option("--examples", default=2000, show_default=True, help="Requests that ours draws; a tenth for the other.")
def main(examples: int) -> None:
    """Print requests a second for every contract."""
    print(f"{'requests a second and core':56} {'ours':>8} {'Schemathesis':>14} {'ratio':>7}")
    for contract in load_contracts():
        fields = load_target().endpoint(contract.name, mock_environment()).tenant
        for label, tenant in (("contract alone", None), ("with the mock's fields", fields)):
            ours = drawn_a_second(conforming_requests(contract, tenant=tenant), lambda r: r.content, examples)
            other = schemathesis_strategy(contract, tenant)
            theirs = drawn_a_second(other, lambda c: c.as_transport_kwargs(base_url="http://x"), examples // 10)
            print(f"{contract.name + ', ' + label:56} {ours:8,.0f} {theirs:14,.0f} {ours / theirs:6.1f}x")


if __name__ == "__main__":
    main()
