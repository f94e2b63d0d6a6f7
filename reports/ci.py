"""What CI servers read: Markdown, annotations in GitHub's form, JUnit, and a badge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

from jinja2 import Environment

from contracts.model import Lines
from contracts.text import harmless
from endpoints.exchange import shortened
from reports.drift.changes import Class
from reports.files import Row
from reports.text import ORDER, SIGNS, differing, environment_of, failing_first, verdict_sentence
from reports.verdicts import clauses_of, counted, deciding, failing, fails, targets_of
from suites.judgement import Outcome

_SHOWN_BY_GITHUB = 10  # annotations of one kind in one step; what is beyond is dropped there
_READ = re.compile(r"://|www\.|[\\`*_{}\[\]<>#|~@&!]")  # what Markdown, HTML or GitHub would read
_ROOM = 60_000  # characters; a comment takes 65,536


# Markdown.


def as_markdown(document: Row) -> str:
    """The run for a pull request's comment or a step's summary; what does not fit is counted."""
    for most in (50, 20, 5, 0):
        text = (
            _environment()
            .get_template("report.md")
            .render(
                run=document["run"],
                target=targets_of(document),
                sentence=verdict_sentence(document),
                contracts=[(contract, counted(contract["clauses"])) for contract in document["contracts"]],
                bad=failing_first(document),
                unexercised=[c for c in clauses_of(document) if c["outcome"] == Outcome.UNEXERCISED],
                drift=document.get("drift"),
                outcomes=ORDER,
                signs=SIGNS,
                most=most,
            )
        )
        if len(text) <= _ROOM:
            break
    return text


@cache
def _environment() -> Environment:
    """Markdown is no HTML, so nothing is escaped by itself: everything foreign goes through `code` or `plain`."""
    environment = environment_of(autoescape=False)
    filters: dict[str, Any] = {
        "code": as_code,
        "plain": as_plain,
        "phrase": lambda lines: Lines.parse(lines).phrase,
        "shown": deciding,
        "differing": differing,
    }
    environment.filters |= filters
    return environment


def as_code(text: Any, most: int = 200) -> str:
    """Foreign text as a code span of Markdown (CommonMark 6.1): nothing in it is markup, and nobody is mentioned."""
    line = shortened(str(text), most).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    pad = " " if len(fence) > 1 or not line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def as_plain(text: Any) -> str:
    """Text of ours that may quote foreign words: what Markdown and HTML would read is written as entities.

    GitHub looks for mentions, issues and links only after that, but not in code, so what begins one stands in code.
    """
    pieces = re.split(r"(`[^`]*`)", shortened(str(text), 400))
    return "".join(piece if number % 2 else re.sub(_READ, _unread, piece) for number, piece in enumerate(pieces))


def _unread(match: re.Match[str]) -> str:
    found = match[0]
    return f"`{found}`" if found in {"@", "#", "://", "www."} else f"&#{ord(found)};"


# Annotations.


def github_annotations(document: Row) -> Iterator[str]:
    """Workflow commands of GitHub Actions: an error for each clause that fails, warnings for what is risky."""
    found = [
        _annotation("error", f"{clause['outcome']}: {clause['id']}", _said(clause)) for clause in failing(document)
    ]
    drift = document.get("drift", {"entries": []})
    warnings = [
        _annotation("warning", f"drift: {entry['id']}", f"{entry['sentence']} ({entry['class']})")
        for entry in drift["entries"]
        if entry["class"] != Class.ADDITIVE
    ]
    for kind in (found, warnings):
        yield from kind[:_SHOWN_BY_GITHUB]
    left = sum(max(len(kind) - _SHOWN_BY_GITHUB, 0) for kind in (found, warnings))
    if left:
        yield _annotation("notice", "Clausewise", f"{left} more stand in the summary and in the report")


def _said(clause: Row) -> str:
    judgement = deciding(clause)
    came = (
        f" Expected {judgement['expected']}, came {judgement['actual']}." if judgement and judgement["actual"] else ""
    )
    why = f" {clause['reason']}." if clause["reason"] else ""
    return f"{clause['sentence']} ({Lines.parse(clause['lines']).phrase}){came}{why}"


def _annotation(kind: str, title: str, message: str) -> str:
    message = shortened(message, 600).replace("%", "%25")
    title = shortened(title, 200).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={title}::{message}"


# JUnit.


def as_junit(document: Row) -> str:
    """JUnit XML as Jenkins' xUnit plugin reads it (junit-10.xsd): a suite with its properties for each clause.

    That schema takes properties of suites only, so each clause is a suite of one case: a failure where it is broken
    and fails the run, an error where it is undetermined and does, else skipped unless it is upheld.
    """
    root = ET.Element("testsuites", name="clausewise")
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for contract in document["contracts"]:
        for clause in contract["clauses"]:
            suite, counts = _suite(contract, clause, document["run"])
            root.append(suite)
            totals = {name: totals[name] + counts[name] for name in totals}
    root.attrib |= {name: str(count) for name, count in totals.items()}
    for element in root.iter():  # XML 1.0 has no escape for most of what does not print
        element.attrib = {name: harmless(value) for name, value in element.attrib.items()}
        element.text = harmless(element.text or "")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(contract: Row, clause: Row, run: Row) -> tuple[ET.Element, dict[str, int]]:
    failed, outcome = fails(clause, run["strict"]), clause["outcome"]
    counts = {
        "tests": 1,
        "failures": int(failed and outcome == Outcome.BROKEN),
        "errors": int(failed and outcome == Outcome.UNDETERMINED),
        "skipped": int(not failed and outcome != Outcome.UPHELD),
    }
    shown = {name: str(count) for name, count in counts.items()}
    suite = ET.Element("testsuite", {"name": clause["id"], "timestamp": run["started"], **shown})
    properties = ET.SubElement(suite, "properties")
    told = {
        "clause": clause["id"], "level": clause["level"], "kind": clause["kind"], "lines": clause["lines"],
        "document": contract["document"]["file"], "target": contract["target"], "outcome": outcome,
        **({"notes": shortened("; ".join(run["notes"]), 600)} if run["notes"] else {}),
        **{f"known-{name}": value for name, value in clause.get("known", {}).items()},
    }  # fmt: skip
    for name, value in told.items():
        ET.SubElement(properties, "property", name=name, value=value)
    head, _, name = clause["id"].rpartition("/")
    case = ET.SubElement(suite, "testcase", classname=head.replace("/", "."), name=name, time="0")
    kind = next((k for k in ("failures", "errors", "skipped") if counts[k]), "")
    if kind:
        tag = {"failures": "failure", "errors": "error", "skipped": "skipped"}[kind]
        said = _said(clause)
        ET.SubElement(case, tag, type=outcome, message=shortened(said, 400)).text = said
    return suite, counts


# Badge.


def as_badge(document: Row) -> str:
    """A badge's JSON, as shields.io reads it from an endpoint (schemaVersion 1)."""
    counts = counted(clauses_of(document))
    failed = len(failing(document))
    parts = [f"{counts[outcome]} {outcome}" for outcome in reversed(ORDER) if counts[outcome]]
    colour = "red" if failed else "brightgreen" if counts[Outcome.UPHELD] == sum(counts.values()) else "yellow"
    badge = {"schemaVersion": 1, "label": "clauses", "message": ", ".join(parts) or "none", "color": colour}
    return json.dumps(badge, ensure_ascii=False) + "\n"
