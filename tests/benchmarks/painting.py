"""How large the report is, how long it takes to make, and how soon a browser paints it.

    python -m tests.benchmarks.painting

Five clauses, five hundred and a thousand, all upheld and all broken; needs Chromium.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from reports.files import Row
from reports.html import as_html
from suites.judgement import Outcome
from tests.reports.making import NAME, everything, exchange, observed, verdicts

ANSWER = (
    '{"id": 1, "title": "Clausewise", "settings": {}, "users": [{"id": 1, "uid": "x"}], "path": "' + "x" * 400 + '"}'
)
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def document(outcome: Outcome, clauses: int) -> Row:
    """A verdict document of about so many clauses, made by renaming one contract."""
    one = verdicts(*everything(outcome, ANSWER), observed=observed([exchange({"id": 1})] * 9))
    contracts: list[Row] = []
    while sum(len(contract["clauses"]) for contract in contracts) < clauses:
        name = f"contract-{len(contracts)}"
        renamed = [{**c, "id": c["id"].replace(NAME, name)} for c in one["contracts"][0]["clauses"]]
        contracts.append({**one["contracts"][0], "name": name, "clauses": renamed[: max(clauses, 5)]})
    return {**one, "contracts": contracts}


def painted(browser: Browser, file: Path) -> float:
    """Milliseconds until something was seen: the median of five."""
    found = []
    for _ in range(5):
        page = browser.new_page()
        page.goto(file.as_uri())
        page.wait_for_timeout(200)
        found.append(float(page.evaluate(PAINTED)))
        page.close()
    return sorted(found)[2]


def main() -> None:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        print(f"{'clauses':>8}  {'outcome':12}  {'MB':>5}  {'made in s':>9}  {'painted after ms':>16}")
        for clauses in (5, 500, 1000):
            for outcome in (Outcome.UPHELD, Outcome.BROKEN):
                found = document(outcome, clauses)
                count = sum(len(contract["clauses"]) for contract in found["contracts"])
                start = time.perf_counter()
                text = as_html(found)
                made = time.perf_counter() - start
                file = Path(folder) / "report.html"
                file.write_text(text, encoding="utf-8")
                size = file.stat().st_size / 1e6
                print(f"{count:8}  {outcome:12}  {size:5.2f}  {made:9.2f}  {painted(browser, file):16.0f}")
        browser.close()


if __name__ == "__main__":
    main()
