"""How long it takes to read records: one, the newest that fits, and the history of a thousand.

python -m tests.benchmarks.remembering
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from endpoints.mock.faults import FAULTS
from reports.drift.records import as_record, history_of, newest_before, newest_first, record_of
from reports.verdicts import Verdicts
from tests.matrix import run_on_mock

RECORDS = 1000


def main() -> None:
    contracts = tuple(sorted({contract for fault in FAULTS.values() for contract in fault.contracts}))
    found = Verdicts.of("embedded mock", "quick", contracts, strict=False)
    for one in run_on_mock((), contracts, "quick").found:
        found.add(one)
    record = record_of(found.document())
    record.run["started"] = "2026-01-01T00:00:00+00:00"
    text = as_record(record)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(RECORDS):
            (folder / f"20260101T{number:06}.000000Z-00000000.json").write_text(text, encoding="utf-8")
        print(f"{RECORDS} records of {len(text) / 1000:.0f} kB, five contracts, profile quick")
        record.run["started"] = "2026-01-02T00:00:00+00:00"
        timed("the newest that fits", lambda: newest_before(folder, record, []))
        timed("the history of the last 60", lambda: history_of(newest_first(folder), record.targets))
        timed("all of them", lambda: list(newest_first(folder)))


def timed(what: str, job: Callable[[], object]) -> None:
    start = time.perf_counter()
    job()
    print(f"{what:28} {time.perf_counter() - start:6.2f} s")


if __name__ == "__main__":
    main()
