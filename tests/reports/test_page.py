"""The page in a real browser: read, filtered, linked, printed, on a phone, by keyboard, and under attack."""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from contracts.model import Side
from endpoints.exchange import Exchange
from reports.ci import as_markdown
from reports.files import check
from reports.html import as_html, content_policy
from reports.known import Known
from suites.judgement import Evidence, Outcome
from tests.helpers import a_tenth, reply, serving, the_first
from tests.reports.making import (
    ATTACKS,
    CLAUSES,
    NAME,
    SPACE,
    everything,
    exchange,
    full,
    judged,
    many,
    observed,
    verdicts,
)
from tests.reports.test_accept import ID, known

pytestmark = pytest.mark.browser

TITLE = f"{NAME}/request/title/maxLength"
JENKINS = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self'"  # its default for artifacts
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if program is None and not os.environ.get("CI"):  # CI insists on it
            pytest.skip("needs Chromium: apt install chromium")
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


class Opening:
    """Opens documents as pages from disk, and holds that nothing is loaded from outside and nothing goes wrong."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder
        self.problems: list[str] = []
        self._contexts: list[BrowserContext] = []

    def page(self, **how: Any) -> Page:
        context = self._browser.new_context(**how)
        self._contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: self._loaded(request.url))
        page.on("console", lambda message: self.problems.append(message.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        return page

    def __call__(self, found: dict[str, Any], anchor: str = "", documents: Path | None = None, **how: Any) -> Page:
        file = self._folder / "report.html"
        file.write_text(as_html(found, documents), encoding="utf-8")
        page = self.page(**how)
        page.goto(file.as_uri() + anchor)
        return page

    def _loaded(self, url: str) -> None:
        if not url.startswith(("file://", "http://127.0.0.1:", "data:,")):
            self.problems.append(f"loaded {url}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opening]:
    opening = Opening(browser, tmp_path)
    yield opening
    opening.close()
    assert opening.problems == []


def clause(page: Page, name: str) -> Any:
    return page.locator(f'[id="{name if name.startswith(NAME) else f"{NAME}/{name}"}"]')


def shown(page: Page) -> int:
    return int(page.evaluate("[...document.querySelectorAll('.clause')].filter(c => !c.hidden).length"))


def unfold_everything(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")


# What it answers.


def test_the_answers_come_in_their_order(opened: Opening) -> None:
    page = opened(full())
    assert page.locator("h1").inner_text() == "2 of 84 statements are broken"
    assert page.title() == "2 of 84 statements are broken: a <target>, Clausewise"
    headings = page.locator("h2").all_inner_texts()
    assert headings == [
        "Broken statements",
        "Not judged, and what to do about it",
        "What the endpoint does where the page is silent",
        "2 changes since the baseline",
        "How it has gone",
        "Upheld",
        "The pages, annotated",
    ]
    assert page.locator(".totals tbody td").all_inner_texts() == ["2", "1", "80", "1"]


def test_a_broken_statement_says_everything(opened: Opening) -> None:
    page = opened(full())
    text = clause(page, "200/id/type").inner_text()
    for said in (
        "id in a 200 answer is an integer.", "kaiten-create-space, lines 43-47", f"{NAME}/200/id/type",
        "broken in 1 of 2 runs, since ", "Expected", "Came", "POST /x → 200", "Request", "Answer", "See it yourself",
        "curl -X POST http://127.0.0.1/x",
    ):  # fmt: skip
        assert said in text, said
    assert clause(page, "200/id/type").locator(".exchange pre mark").all_inner_texts() == ['  "id": "x",\n']


def test_the_difference_is_marked(opened: Opening) -> None:
    one = judged("200/id/type", Outcome.BROKEN)
    row = verdicts(one)
    judgement = next(c for c in row["contracts"][0]["clauses"] if c["id"] == ID)["judgements"][0]
    judgement |= {"expected": "400, an object whose `message` is a string", "actual": '200 {"id":26}'}
    page = opened(row)
    assert clause(page, "200/id/type").locator(".verdict mark").all_inner_texts() == ["400", "200"]


def test_the_place_that_differs_is_told_and_marked_alone(opened: Opening) -> None:
    """However much of a request is abridged, and whatever is fresh in each."""

    def sent(title: str, order: int, size: int) -> Exchange:
        return exchange({"id": 7}, sent={"title": title, "tags": [f"{title} {n}" for n in range(size)], "order": order})

    for size, marked in ((2, ['  "order": 1000\n']), (900, None)):
        evidence = (Evidence("sent", sent("one", 1000, size)), Evidence("twin", sent("two", 999, size)))
        broken = replace(
            judged("request/sort_order/type", Outcome.BROKEN, Side.REFUSES),
            clause=replace(CLAUSES[f"{NAME}/request/sort_order/type"], place=("body", "order")), evidence=evidence,
        )  # fmt: skip
        document = verdicts(broken)
        check(Path("v.json"), document, "verdicts")
        said = "It differs in `body.order`: 1000 was sent, and 999 beside it"
        assert said in as_markdown(document)
        shown = clause(opened(document), "request/sort_order/type")
        assert said.replace("`", "") in shown.locator(".differs").inner_text()
        assert marked is None or shown.locator(".exchange pre mark").all_inner_texts() == marked


def test_what_was_not_judged_says_what_to_do(opened: Opening) -> None:
    page = opened(full())
    text = page.locator("section", has=page.locator("#open")).inner_text()
    assert "needs the situation forbidden in the target" in text
    assert "Add the situation to the target file" in text
    assert "The endpoint answered the same request in two ways" in text


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Outcome.UPHELD, "All 84 statements are upheld"),
        (Outcome.BROKEN, "84 of 84 statements are broken (5 only implied)"),
        (Outcome.UNEXERCISED, "Nothing could be judged"),
        pytest.param(Outcome.UNDETERMINED, "Nothing could be judged", marks=pytest.mark.long),
    ],
)
def test_all_of_one_outcome(opened: Opening, outcome: Outcome, says: str) -> None:
    implied = sum(c.level == "implied" for c in CLAUSES.values())
    page = opened(verdicts(*everything(outcome)))
    assert page.locator("h1").inner_text() == says.replace("(5 ", f"({implied} ")
    assert page.locator(".clause").count() == 84


def test_a_run_of_nothing_has_a_page(opened: Opening) -> None:
    found = verdicts()
    found["contracts"] = []
    assert opened(found).locator("h1").inner_text() == "Nothing could be judged"


def test_a_known_deviation_is_marked(opened: Opening, tmp_path: Path) -> None:
    found = full()
    entry = {"clause": ID, "reason": "a <slow> fix", "ticket": "ABC-1", "expires": "2099-12-31"}
    Known.read(known(tmp_path, entry)).apply(found)
    page = opened(found)
    assert page.locator("h1").inner_text() == "2 of 84 statements are broken (1 known)"
    assert "A known deviation: a <slow> fix; ABC-1 (until 2099-12-31)" in clause(page, ID).inner_text()


# Finding things.


def test_clauses_can_be_filtered(opened: Opening) -> None:
    page = opened(full())
    assert shown(page) == 84
    for control, value, count in (
        ("outcome", "broken", 2), ("outcome", "upheld", 1), ("outcome", "unexercised", 80), ("outcome", "", 84),
        ("level", "implied", sum(c.level == "implied" for c in CLAUSES.values())), ("level", "", 84),
        ("kind", "status", 5), ("contract", NAME, 5), ("kind", "", 84), ("contract", "", 84),
    ):  # fmt: skip
        page.locator(f"select[name={control}]").select_option(value)
        assert shown(page) == count, (control, value)
    page.get_by_label("Search").fill("maxlength TITLE")
    assert shown(page) == 1
    assert page.locator("#told").inner_text() == "1 of 84 clauses"
    assert clause(page, TITLE).is_visible()
    page.get_by_role("button", name="Clear").click()
    assert shown(page) == 84
    assert page.locator("#told").inner_text() == "84 clauses"
    page.get_by_label("Search").fill("needs the situation")
    assert shown(page) == 1
    assert clause(page, "status/403").is_visible()


@pytest.mark.long
def test_clauses_can_be_folded_and_unfolded(opened: Opening) -> None:
    page = opened(full())
    page.get_by_role("button", name="Unfold").click()
    assert page.locator(".clause[open]").count() == 84
    assert clause(page, "200/uid/type").locator("p").first.is_visible()
    page.get_by_role("button", name="Fold", exact=True).click()
    assert page.locator(".clause[open]").count() == 0


@pytest.mark.parametrize("name", the_first(["200/uid/type", "status/403", "200/users/*/type"]))
def test_a_link_leads_to_its_clause(opened: Opening, name: str) -> None:
    page = opened(full(), anchor=f"#{NAME}/{name}")
    assert clause(page, name).locator("p").first.is_visible()
    expect(clause(page, name).locator("summary").first).to_be_focused()
    assert clause(page, name).evaluate("c => Math.abs(c.getBoundingClientRect().top) < 300")


@pytest.mark.long
def test_a_link_leads_out_of_a_filter(opened: Opening) -> None:
    page = opened(full())
    page.get_by_label("Search").fill("maxLength")
    page.evaluate(f"location.hash = {json.dumps(f'#{NAME}/200/uid/type')}")
    expect(clause(page, "200/uid/type")).to_be_visible()
    assert shown(page) == 84


def test_a_line_leads_to_its_clauses_and_back(opened: Opening) -> None:
    page = opened(full())
    clause(page, TITLE).get_by_role("link", name="lines 11-14 of the page").click()
    row = page.locator(f'[id="line:{NAME}:11"]')
    assert row.is_visible()
    row.locator("summary").click()
    row.get_by_role("link", name="A title is at most 256 characters long.").click()
    assert page.evaluate("location.hash") == f"#{TITLE}"
    assert clause(page, TITLE).evaluate("c => c.contains(document.activeElement)")


@pytest.mark.long
def test_without_the_page_its_lines_stand_with_our_sentences(opened: Opening) -> None:
    page = opened(full(), anchor=f"#page:{NAME}")
    section = page.locator(f'[id="page:{NAME}"]')
    text = section.inner_text()
    assert "A title is at most 256 characters long." in text
    assert "redundant bound" in text
    assert "The vendors' text is not shown" in page.locator("main").inner_text()
    lines = [row.split("\t")[0].strip() for row in section.locator("tbody tr td:first-child").all_inner_texts()]
    numbers = [n for line in lines for n in range(int(line.split("-")[0]), int(line.split("-")[-1]) + 1)]
    assert numbers == list(range(1, 183))


@pytest.mark.documents
def test_with_the_page_every_line_is_shown(opened: Opening, request: pytest.FixtureRequest) -> None:
    folder: Path | None = request.config.getoption("--documents")
    if folder is None:
        pytest.skip("needs the saved pages: --documents DIR")
    page = opened(full(), anchor=f"#page:{NAME}", documents=folder)
    lines = (folder / "kaiten-create-space.txt").read_text(encoding="utf-8").split("\n")
    shown_lines = page.locator(f'[id="page:{NAME}"] code.text').all_inner_texts()
    assert [line.strip() for line in shown_lines] == [line.strip() for line in lines if line.strip()]
    assert page.locator(f'[id="line:{NAME}:14"].broken').is_visible()
    assert page.locator(f'[id="line:{NAME}:5"].silent').is_visible()
    marks = page.locator(f'[id="line:{NAME}:14"]').inner_text()
    assert "✗ request/title/maxLength" in marks


def test_a_command_is_copied(opened: Opening) -> None:
    page = opened(full(), permissions=["clipboard-read", "clipboard-write"])
    block = clause(page, "200/id/type").locator(".copyable")
    button = block.get_by_role("button")
    button.click()
    expect(button).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == block.locator("pre").inner_text()


@pytest.mark.long
def test_two_targets_stand_side_by_side(opened: Opening) -> None:
    found = full()
    other = copy.deepcopy(found["contracts"][0])
    other["target"] = "the other"
    found["contracts"].append(other)
    page = opened(found, anchor=f"#{NAME}/200/uid/type@the-other")
    assert page.locator(".clause").count() == 168
    page.locator("select[name=contract]").select_option(f"{NAME}@the-other")
    assert shown(page) == 84
    assert dangling(page) == []
    assert (
        page.evaluate("(ids => ids.length - new Set(ids).size)([...document.querySelectorAll('[id]')].map(e => e.id))")
        == 0
    )


def test_every_link_inside_the_page_leads_somewhere(opened: Opening) -> None:
    assert dangling(opened(full())) == []


def dangling(page: Page) -> Any:
    """Links to places that there are not."""
    return page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => decodeURIComponent(a.hash.slice(1)))"
        ".filter(id => !document.getElementById(id))"
    )


# Ways to read it.


def test_the_keyboard_is_enough(opened: Opening) -> None:
    page = opened(full())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "search"
    page.keyboard.type("200/uid/type")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.clause > summary')"):
            break
    assert page.evaluate("document.activeElement.parentElement.id") == f"{NAME}/200/uid/type"
    page.keyboard.press("Enter")
    assert clause(page, "200/uid/type").locator("p").first.is_visible()
    page.keyboard.press("Space")
    assert not clause(page, "200/uid/type").locator("p").first.is_visible()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "one sees where one is"


def test_without_javascript_everything_can_be_read(opened: Opening) -> None:
    page = opened(full(), java_script_enabled=False)
    assert not page.locator("#filter").is_visible()
    assert clause(page, "200/id/type").locator("pre").first.is_visible()
    for folded in page.locator("main > section > details > summary").all():
        folded.click()
    assert clause(page, "200/uid/type").is_visible()
    assert page.locator(f'[id="line:{NAME}:11"]').is_visible()


def test_behind_its_own_policy_it_works(opened: Opening) -> None:
    page = served(opened, content_policy())
    page.get_by_label("Search").fill("maxLength")
    assert shown(page) == 1


@pytest.mark.long
def test_behind_a_policy_that_allows_nothing_it_can_be_read(opened: Opening) -> None:
    page = served(opened, JENKINS)
    assert clause(page, "200/id/type").locator("pre").first.is_visible()
    page.locator("details:not([open]) > summary").first.click()
    refused = [problem for problem in opened.problems if "Content Security Policy" in problem or "sandbox" in problem]
    assert refused, "the policy is in force"
    opened.problems.clear()


def served(opened: Opening, policy: str) -> Page:
    def answering(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        reply(handler, 200, as_html(full()).encode(), Content_Type="text/html", Content_Security_Policy=policy)

    page = opened.page()
    with serving(answering) as url:
        page.goto(url)
    return page


@pytest.mark.long
def test_it_is_printed_without_controls_and_with_what_is_open(opened: Opening, tmp_path: Path) -> None:
    page = opened(full())
    page.emulate_media(media="print")
    assert not page.locator("#filter").is_visible()
    assert not page.locator("nav").is_visible()
    assert not page.locator(".copy").first.is_visible()
    assert clause(page, "200/id/type").locator("pre").first.is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert clause(page, "200/archived/type").is_visible(), "what was not judged is named"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not clause(page, "200/archived/type").is_visible()
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("width", the_first([320, 390, 1280, 2560]))
def test_it_fits_the_screen(opened: Opening, width: int) -> None:
    page = opened(full("x" * 3000), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    unfold_everything(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("scheme", "width"),
    the_first([("light", 390), ("dark", 1280), ("dark", 390), ("light", 1280)]),
)
def test_it_is_accessible(opened: Opening, scheme: Any, width: int) -> None:
    page = opened(full(), color_scheme=scheme, viewport={"width": width, "height": 900})
    for _ in range(2):
        results = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": WCAG}})
        assert results.violations_count == 0, results.generate_report()
        unfold_everything(page)


def test_colour_is_never_the_only_sign(opened: Opening) -> None:
    page = opened(full())
    unfold_everything(page)
    for row in page.locator("table.page tbody tr:not(.silent) td:nth-child(2)").all():
        assert row.inner_text().strip()[0] in "✗?○✓"
    assert page.locator("svg:not([aria-label])").count() == 0
    heights = page.evaluate(
        "[...document.querySelectorAll('svg.strip rect')].map(r => r.className.baseVal + r.height.baseVal.value)"
    )
    kinds = {height.rstrip("0123456789") for height in heights}
    assert len(set(heights)) == len(kinds), "each outcome has a height of its own in a strip"


# Attacks.


@pytest.mark.parametrize(
    "attack", a_tenth(ATTACKS, group=bool), ids=lambda attack: attack[:12].encode("unicode_escape").decode()
)
def test_what_a_server_sent_stays_text(opened: Opening, attack: str) -> None:
    found = full(attack, target=f"target {attack[:60]}")
    found["run"]["notes"].append(attack)
    for seen in found["contracts"][0]["observations"]:
        seen["saw"] = attack
    found["drift"]["entries"][0] |= {"sentence": attack, "before": attack, "after": attack, "changes": [attack]}
    found["drift"]["too_few"].append(attack)
    page = opened(found)
    unfold_everything(page)
    assert page.title().startswith("2 of 84 statements are broken: target ")
    assert page.locator("h1").inner_text() == "2 of 84 statements are broken"
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, embed, base").count() == 0
    assert page.evaluate("getComputedStyle(document.body).display") == "block"
    assert page.evaluate("[...document.querySelectorAll('a')].every(a => a.getAttribute('href').startsWith('#'))")
    text = page.locator("body").inner_text()
    assert not [character for character in "\u202e\x00\x1b\x07" if character in text]
    if len(attack) > 10_000:
        assert "(cut, 1,000,000 characters)" in text
    assert (Path(page.url.removeprefix("file://"))).stat().st_size < 500_000


@pytest.mark.long
@pytest.mark.parametrize("answer", ['{"' + '"<&>\u202e' * 5_000 + '"}', '{"a": "' + "x" * 400 + '"}', "x" * 200])
def test_a_thousand_clauses_that_all_fail_fit_into_three_megabytes(opened: Opening, answer: str) -> None:
    one = verdicts(*everything(Outcome.BROKEN, answer), observed=observed(many(SPACE)))
    found = {**one, "contracts": [renamed(one["contracts"][0], f"contract-{n}") for n in range(13)]}
    page = opened(found)
    assert page.locator(".clause").count() == 13 * 84
    assert Path(page.url.removeprefix("file://")).stat().st_size < 3_000_000


def renamed(contract: dict[str, Any], name: str) -> dict[str, Any]:
    clauses = [{**c, "id": c["id"].replace(NAME, name)} for c in contract["clauses"]]
    return {**contract, "name": name, "clauses": clauses}


def test_invalid_utf_8_is_shown_as_what_it_is(opened: Opening) -> None:
    sent = exchange(b"\xff\xfe{}".decode("utf-8", errors="backslashreplace"))
    assert r"\xff\xfe" in sent.answer
    page = opened(full(sent.answer))
    assert r"\xff\xfe{}" in clause(page, "200/id/type").inner_text()
