"""The report as one self-contained HTML page, made from a verdict document alone."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup, escape

from contracts.contract import is_known, load_contract
from contracts.coverage import read_document
from contracts.text import harmless_lines
from reports.drift.changes import Class
from reports.files import Row
from reports.text import ORDER, SIGNS, environment_of, escaped, verdict_sentence, visible
from reports.verdicts import counted, targets_of
from reports.view import anchored, contracts_of, grouped, shown_exchange
from suites.judgement import Outcome

_STYLE, _SCRIPT = "report.css", "report.js"
_MOST_LINES = 30_000  # of OpenAPI files, for all of their operations together


def as_html(document: Row, documents: Path | None = None) -> str:
    """The page, with everything in it that it needs; whatever came from a server is escaped and cut.

    What does not print is shown escaped, wherever it stands. `documents` is the folder of saved pages; with it, their
    own lines are shown. Raises DocumentError when a page is not there or is another version.
    """
    contracts = contracts_of(document, _texts(document, documents))
    clauses = [clause for contract in contracts for clause in contract["clauses"]]
    by_outcome = {outcome: [c for c in clauses if c["outcome"] == outcome] for outcome in ORDER}
    drift = document.get("drift")
    return harmless_lines(
        _environment()
        .get_template("report.html")
        .render(
            run=document["run"],
            targets=targets_of(document),
            sentence=verdict_sentence(document),
            contracts=contracts,
            several=len({contract["target"] for contract in contracts}) > 1,
            totals=counted(clauses),
            broken=by_outcome[Outcome.BROKEN],
            undetermined=grouped(by_outcome[Outcome.UNDETERMINED]),
            unexercised=grouped(by_outcome[Outcome.UNEXERCISED]),
            upheld=by_outcome[Outcome.UPHELD],
            kinds=sorted({clause["kind"] for clause in clauses}),
            drift=drift,
            drift_shown=[shown_exchange(entry["shown"]) for entry in drift["entries"]] if drift else [],
            classes=list(Class),
            history=document.get("history"),
            changing=[clause for clause in clauses if clause["strip"] and not clause["strip"]["constant"]],
            outcomes=ORDER,
            signs=SIGNS,
        )
    )


def _texts(document: Row, documents: Path | None) -> dict[str, list[str]]:
    """The lines of each contract's document: of OpenAPI files as far as they are not too many to show."""
    names = {contract["name"] for contract in document["contracts"] if is_known(contract["name"])}
    contracts = [load_contract(name) for name in sorted(names)]
    of_files = sum(contract.document["lines"] for contract in contracts if not contract.paged)
    shown = [one for one in contracts if (documents if one.paged else of_files <= _MOST_LINES)]
    return {contract.name: read_document(contract, documents or Path()) for contract in shown}


@cache
def _environment() -> Environment:
    environment = environment_of(autoescape=True)
    environment.filters |= {"visible": visible, "prose": _prose, "between_tags": _between_tags}
    environment.globals |= {
        "policy": content_policy(),
        "style": _asset(_STYLE),
        "script": _asset(_SCRIPT),
        "anchored": anchored,
    }
    return environment


@cache
def _asset(name: str) -> Markup:
    """A file of ours that stands in the page as it is."""
    return Markup((files("reports") / "templates" / name).read_text(encoding="utf-8"))  # noqa: S704


def _between_tags(text: str) -> Markup:
    """Text for an element's content, never for an attribute: half the size of what is escaped for both."""
    return Markup(escaped(text))  # noqa: S704 - it is escaped


def _prose(text: str) -> Markup:
    """Our own words, in which `code` stands between backticks; everything is escaped."""
    pieces = re.split(r"`([^`]*)`", text)
    shown = (Markup("<code>{}</code>").format(piece) if n % 2 else escape(piece) for n, piece in enumerate(pieces))
    return Markup("").join(shown)


def content_policy() -> str:
    """The page's Content-Security-Policy: nothing is loaded, and only our own style and script apply (CSP level 3)."""
    digests = (hashlib.sha256(str(_asset(name)).encode()).digest() for name in (_STYLE, _SCRIPT))
    style, script = (f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    rest = "img-src data:; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; style-src {style}; script-src {script}; {rest}"
