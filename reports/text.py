"""Text for people out of verdict documents, cut to what a page has room for."""

from __future__ import annotations

import json

from jinja2 import Environment, PackageLoader, StrictUndefined

from contracts.model import Level
from contracts.text import harmless_lines
from reports.files import Row
from reports.verdicts import BAD, clauses_of, counted, fails
from suites.judgement import Difference, Outcome

ORDER = (Outcome.BROKEN, Outcome.UNDETERMINED, Outcome.UNEXERCISED, Outcome.UPHELD)
SIGNS = {Outcome.BROKEN: "✗", Outcome.UNDETERMINED: "?", Outcome.UNEXERCISED: "○", Outcome.UPHELD: "✓"}
LONGEST_BODY = 4_000
_GROWTH = 1.4


def verdict_sentence(document: Row) -> str:
    """Does the endpoint keep to its documents? One sentence."""
    counts = counted(clauses_of(document))
    total = sum(counts.values())
    bad = [clause for clause in clauses_of(document) if clause["outcome"] == Outcome.BROKEN]
    broken, known = len(bad), sum("known" in clause for clause in bad)
    implied = sum(clause["level"] == Level.IMPLIED for clause in bad)
    told = [f"{implied} only implied"] if implied else []
    told += [f"{known} known"] if known else []
    aside = f" ({', '.join(told)})" if told else ""
    if broken:
        return f"{broken} of {total} statements {'is' if broken == 1 else 'are'} broken{aside}"
    if not counts[Outcome.UPHELD]:
        return "Nothing could be judged"
    if counts[Outcome.UPHELD] == total:
        return f"All {total} statements are upheld"
    return f"No statement is broken, and {counts[Outcome.UPHELD]} of {total} are upheld"


def visible(text: str, most: int = LONGEST_BODY) -> str:
    """Hostile text made harmless to read: control and direction characters as escapes, cut with its length told."""
    shown = harmless_lines(text[:most])
    return shown if len(text) <= most else f"{shown}… (cut, {len(text):,} characters)"


def fitting(text: str, most: int) -> str:
    """`visible`, and cut so much shorter as it would grow when it is escaped for HTML."""
    grown = len(escaped(visible(text, most))) / max(min(len(text), most), 1)
    return visible(text, most if grown <= _GROWTH else int(most * _GROWTH / grown))


def escaped(text: str) -> str:
    """Text as it stands between tags, where quotation marks need no escaping (HTML 13.1.3, normal elements)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def differing(judgement: Row) -> str:
    """Where a request differs from the one beside it, in words; nothing where that is not told, as in older files."""
    return f"It differs {Difference(**judgement['differs']).sentence}" if "differs" in judgement else ""


def pretty(text: str) -> str:
    """JSON with indentation, and anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def failing_first(document: Row) -> list[Row]:
    """The clauses that are broken or undetermined; those that fail the run come first."""
    strict = document["run"]["strict"]
    bad = [clause for clause in clauses_of(document) if clause["outcome"] in BAD]
    return sorted(bad, key=lambda clause: (not fails(clause, strict), ORDER.index(clause["outcome"])))


def environment_of(*, autoescape: bool) -> Environment:
    """What makes text of our templates; one that names what there is not is an error."""
    return Environment(
        loader=PackageLoader("reports"),
        autoescape=autoescape,  # noqa: S701 - Markdown is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
