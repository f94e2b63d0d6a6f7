"""Foreign text: whatever stands in any field of a verdict document, no output shows it raw."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from contracts.errors import UserError
from contracts.text import as_line, harmless, harmless_lines
from reports.ci import as_badge, as_junit, as_markdown, github_annotations
from reports.drift.records import as_record, record_of
from reports.files import as_json, check, validator
from reports.html import as_html
from reports.terminal import drift_lines, summary
from suites.judgement import Outcome
from tests.reports.making import exchange, full, judged

INVISIBLE = (
    "\x00\x07\x08\x1b\x7f\x85\x9b\xad\u061c\u200b\u200e\u202e\u2028\u2066\ufeff\ufffe\U000e0041\udfff\ud800\r\t\v\f"
)
HOSTILE = [
    f"a{INVISIBLE}b",
    "x\n::error title=owned::y\r::error::z\u2028::error::z\x85::error::z\v::error::\n##[error]w\n##vso[task.complete]v",
    "::error::first",
    "  ::warning::first",
    "\x1b]8;;http://x\x07link\x1b[31m",
    "]]>&<!--<script>\x01",
]


@pytest.mark.parametrize("char", INVISIBLE)
def test_what_does_not_print_is_escaped_as_json_does(char: str) -> None:
    assert harmless(f"a{char}b").isprintable()
    assert json.loads(f'"{harmless(char)}"') == char
    assert as_line(char) == harmless(char)
    assert harmless_lines(f"{char}\n{char}") == f"{harmless(char)}\n{harmless(char)}"


@pytest.mark.parametrize("text", ["", "a é 語 😀", "x: ::y", "# [1]", "http://x", "a::b"])
def test_what_prints_stays_as_it_is(text: str) -> None:
    assert harmless(text) == as_line(text) == harmless_lines(text) == text


def strings(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a JSON value where a string stands, and every name in an object of names."""
    for key, member in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(member, str):
            yield value, key
        elif isinstance(member, dict | list):
            yield from strings(member)


def documents(everything: bool) -> Iterator[dict[str, Any]]:
    """A full document once for each of its fields and some hostile texts, where we would read it."""
    whole = full()
    for contract in whole["contracts"]:
        contract["clauses"] = [clause for clause in contract["clauses"] if clause["judgements"]]
        contract["clauses"][0]["known"] = {"reason": "x", "ticket": "y"}
    whole["drift"]["notes"], whole["drift"]["too_few"] = ["x"], ["y"]
    places = len(list(strings(whole)))
    for number in range(0, places, 1 if everything else 3):
        for hostile in (HOSTILE[(number + further) % len(HOSTILE)] for further in range(3 if everything else 1)):
            document = copy.deepcopy(whole)
            container, key = list(strings(document))[number]
            container[key] = hostile
            if validator("verdicts").is_valid(document):
                yield document


def lines_of(document: dict[str, Any]) -> Iterator[str]:
    yield from summary(document)
    yield from drift_lines(document["drift"])


def test_no_output_shows_a_field_raw(everything: bool) -> None:
    tried = 0
    for document in documents(everything):
        tried += 1
        for line in lines_of(document):
            assert line.isprintable(), line
            assert not re.match(r"\s*::|.*##\w*\[", line), line
        printed = [as_markdown(document), as_junit(document), as_badge(document), as_json(document)]
        for text in (*printed, as_record(record_of(document)), as_html(document)):
            assert text.replace("\n", "").isprintable()
        for text in printed:
            assert not re.search(r"^\s*::", text, re.MULTILINE)
        for line in github_annotations(document):
            assert line.isprintable()
            assert re.match(r"::(error|warning|notice) title=[^:,]*::", line)
        for element in ET.fromstring(as_junit(document)).iter():
            assert all(value.isprintable() for value in element.attrib.values())
        read = json.loads(as_json(document))
        assert read == document, "JSON says the same"
    assert tried > (150 if everything else 15)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_failure_as_pytest_shows_it(hostile: str) -> None:
    found = judged("200/id/type", Outcome.BROKEN, answer=hostile, reason=hostile, shown=2)
    for line in found.message().split("\n"):
        assert line.isprintable()
        assert not re.match(r"\s*::|.*##\w*\[", line)
    assert found.reason.isprintable()


def test_what_is_quoted_from_an_answer_is_bounded() -> None:
    found = judged("200/id/type", Outcome.BROKEN, answer="x" * 10**6, reason="y" * 10**6)
    assert len(found.reason) + len(found.actual) + len(found.expected) < 10_000
    assert "1,000,000 characters" in found.actual


@pytest.mark.parametrize("hostile", HOSTILE)
def test_an_error_about_a_file_is_one_harmless_sentence(hostile: str, tmp_path: Any) -> None:
    with pytest.raises(UserError) as raised:
        check(tmp_path / "x", {"format": "clausewise-verdicts/2", hostile: {}, "contracts": hostile}, "verdicts")
    assert raised.value.message.isprintable()
    assert "##[" not in UserError(hostile).message
    assert not UserError(hostile).message.lstrip().startswith("::")


def test_an_exchange_is_told_on_one_line() -> None:
    told = [exchange(text, headers={"x": text}).outcome for text in HOSTILE]
    assert all(line.isprintable() for line in told)
