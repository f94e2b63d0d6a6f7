"""Verdicts under their schema, and the page that is made from them: in a real browser, against hostile answers."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from playwright.sync_api import Browser, Page, sync_playwright

from contracts.contract import load_contract
from contracts.model import Side
from endpoints.exchange import Exchange
from reports.html import as_html
from reports.terminal import summary
from reports.verdicts import Verdicts, as_json, failing, nothing_judged, row_of
from strategies import Request
from suites.judgement import Evidence, Judgement, Outcome
from tests.helpers import run_suites

NAME = "kaiten-create-space"
CLAUSES = load_contract(NAME).clauses
ATTACKS = [
    "<script>document.title = 'owned'</script>",
    '"><img src=x onerror="document.title = \'owned\'">',
    "</pre></details><style>body { display: none }</style>",
    "{{ 7 * 7 }} {% raw %}",
    "\u202eright to left\u202c \x00\x1b[31m\x07",
    "javascript:document.title='owned'",
    "\\xff\\xfe",
    "a" * 1_000_000,
]


def judged(clause: str, outcome: Outcome, side: Side = Side.SHOWS, answer: str = "{}", reason: str = "") -> Judgement:
    exchange = Exchange(
        Request(), "POST", "http://127.0.0.1/x", {"A": answer[:99]}, answer, 200, {"content-type": answer[:99]}, answer
    )
    evidence = (Evidence("sent", exchange), Evidence("control", exchange))
    return Judgement(CLAUSES[f"{NAME}/{clause}"], side, outcome, reason, answer, answer, 2, evidence)


def document(*judgements: Judgement, strict: bool = False) -> dict[str, Any]:
    verdicts = Verdicts("a <target>", "ci", (NAME,), strict)
    verdicts.add(
        {
            "judgements": [row_of(j) for j in judgements],
            "counts": {"requests": 5, "created": 2},
            "observations": [],
            "notes": [],
        }
    )
    return verdicts.document()


def verdict(found: dict[str, Any], clause: str) -> tuple[str, str]:
    row = next(c for c in found["contracts"][0]["clauses"] if c["id"] == f"{NAME}/{clause}")
    return row["outcome"], row["reason"]


def validator() -> Draft202012Validator:
    schema = json.loads((files("reports") / "verdicts.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker(["date-time"]))


def test_verdicts_keep_their_schema() -> None:
    validator().validate(document())
    judgements = [judged("200/id/type", outcome, reason="because") for outcome in Outcome]
    validator().validate(document(*judgements))


@pytest.mark.parametrize("options", [(), ("-k", "test_shape"), ("-k", "nothing-of-that-name")])
def test_a_runs_verdicts_keep_their_schema(tmp_path: Path, options: tuple[str, ...]) -> None:
    finished = run_suites(tmp_path, "--profile", "quick", *options)
    validator().validate(finished.verdicts)


def test_the_worst_judgement_is_the_verdict() -> None:
    title = "request/title/maxLength"
    accepts, refuses = judged(title, Outcome.UPHELD, Side.ACCEPTS), judged(title, Outcome.BROKEN, Side.REFUSES)
    assert verdict(document(accepts, refuses), title)[0] == "broken"
    assert verdict(document(accepts), title) == ("unexercised", "whether it refuses was not asked in this run")
    assert verdict(document(), title) == ("unexercised", "not asked in this run")


def test_what_fails_a_run() -> None:
    stated, implied = judged("200/id/type", Outcome.BROKEN), judged("200/content-type", Outcome.BROKEN)
    assert [row["id"] for row in failing(document(stated))] == [f"{NAME}/200/id/type"]
    assert failing(document(implied)) == []
    assert failing(document(implied, strict=True))
    assert failing(document(judged("200/id/type", Outcome.UNDETERMINED, reason="x")))
    assert not failing(document(judged("200/id/type", Outcome.UNEXERCISED, reason="x")))
    assert nothing_judged(document(judged("200/id/type", Outcome.UNDETERMINED, reason="x")))
    assert not nothing_judged(document(stated))


def test_the_summary_names_what_is_not_upheld() -> None:
    lines = list(summary(document(judged("200/id/type", Outcome.BROKEN))))
    assert lines[0].startswith("Clausewise: a <target>, profile ci, 5 requests, 2 records created, ")
    assert lines[1] == f"{NAME}   81 clauses   1 broken   80 unexercised"
    assert lines[2] == f"unexercised  80 clauses of {NAME}: not asked in this run"
    assert lines[3].split(maxsplit=4)[:4] == ["broken", f"{NAME}/200/id/type", "lines", "43-47"]


def test_json_is_the_same_for_the_same_run() -> None:
    one, other = (document(judged("200/id/type", Outcome.UPHELD)) for _ in range(2))
    for run in (one["run"], other["run"]):
        run["started"] = run["seconds"] = 0
    assert as_json(one) == as_json(other)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if program is None and not os.environ.get("CI"):  # CI insists on it
            pytest.skip("needs Chromium: apt install chromium")
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    loaded: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    assert not [url for url in loaded if not url.startswith("file://")]
    assert problems == []
    page.close()


def opened(page: Page, folder: Path, found: dict[str, Any]) -> None:
    file = folder / "report.html"
    file.write_text(as_html(found), encoding="utf-8")
    page.goto(file.as_uri())


@pytest.mark.browser
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack[:12].encode("unicode_escape").decode())
def test_what_a_server_sent_stays_text(page: Page, tmp_path: Path, attack: str) -> None:
    found = document(judged("200/id/type", Outcome.BROKEN, answer=attack, reason=attack))
    opened(page, tmp_path, found)
    assert page.title() == "Clausewise: a <target>"
    assert page.locator("h1").inner_text() == "1 of 81 statements are broken"
    assert page.locator("script, img, iframe").count() == 0
    text = page.locator(f'[id="{NAME}/200/id/type"]').inner_text()
    assert not [character for character in "\u202e\x00\x1b\x07" if character in text]
    if len(attack) > 10_000:
        assert "(cut, 1,000,000 characters)" in text
    assert (tmp_path / "report.html").stat().st_size < 500_000


@pytest.mark.browser
def test_clauses_can_be_filtered_by_outcome(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, document(judged("200/id/type", Outcome.BROKEN), judged("200/uid/type", Outcome.UPHELD)))
    clauses = page.locator("details.clause")
    assert clauses.count() == 81
    for outcome, count in (("broken", 1), ("upheld", 1), ("unexercised", 79), ("undetermined", 0), ("all", 81)):
        page.locator(f"#show-{outcome}").check()
        assert sum(clause.is_visible() for clause in clauses.all()) == count


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_the_screen(page: Page, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, tmp_path, document(judged("200/id/type", Outcome.BROKEN, answer="x" * 3000)))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
