"""From a saved page to a contract that can be written down: what was read, what it states, what is left to a person."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from contracts.errors import DocumentError
from contracts.model import Json
from contracts.readers.facts import BOUNDS, side_of
from contracts.readers.page import Page, ranged
from contracts.readers.reading import read_page
from contracts.readers.text import saved
from contracts.readers.writer import contract_of

SUFFIXES = (".txt", ".md", ".markdown", ".html", ".htm", ".tsv", ".text")


@dataclass(frozen=True)
class Derived:
    """One page as it was read, with its contract."""

    path: Path
    page: Page
    openapi: dict[str, Any]

    @property
    def facts(self) -> Counter[str]:
        """How many facts of each kind the page states, those between the lines left out."""
        stated = side_of("", self.openapi).operations.values()
        return Counter(
            "bound" if key[2] in BOUNDS else key[2]
            for facts in stated
            for key, fact in facts.items()
            if not fact.implied
        )

    def prose(self) -> Iterator[tuple[int, str]]:
        """The lines to decide on, with the beginning of what they say."""
        for number, said in sorted(self.page.said.items()):
            yield number, said if len(said) < 100 else f"{said[:99]}…"


def derive(path: Path, layout: str = "", given: str = "") -> Derived:
    """Read one saved page; raises DocumentError, with a sentence, for what is none or documents no operation."""
    content, text = saved(path)
    try:
        page = read_page(text, str(path), layout, given)
    except (LookupError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        raise DocumentError(f"{path} cannot be read: its reader is at fault ({error!r}); please report it") from error
    document: dict[str, Json] = {"file": path.name, "lines": page.total, "sha256": hashlib.sha256(content).hexdigest()}
    titles = [operation.title for operation in page.operations if operation.title]
    title = titles[0] if len(page.operations) == 1 and titles else path.stem
    return Derived(path, page, contract_of(page, document, f"{page.layout}, {title}"))


def pages_in(paths: tuple[Path, ...]) -> list[Path]:
    """The pages among files and folders, in order; raises DocumentError for a folder without any."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        inside = inside if path.is_dir() else [path]
        if not inside:
            raise DocumentError(f"{path} holds no saved page ({', '.join(SUFFIXES)})")
        found += inside
    return found


class _Dumper(yaml.SafeDumper):
    """YAML with small values on one line, and without anchors for what is short."""

    def ignore_aliases(self, data: Any) -> bool:
        return not isinstance(data, dict) or len(data) < 4 or super().ignore_aliases(data)


def as_yaml(openapi: Json) -> str:
    """A contract as the catalogue has it."""
    return yaml.dump(openapi, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def told(one: Derived) -> Iterator[str]:
    """The summary for people, a line at a time."""
    page = one.page
    shown = ", ".join(f"{o.method} {o.addresses[0].path}" for o in page.operations)
    yield f"{one.path}: {page.layout}, {page.form}: {shown}"
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(one.facts.items()) if number)
    yield f"  facts: {sum(one.facts.values())} ({kinds})"
    yield f"  prose to decide on: lines {ranged(page.prose)}" if page.prose else "  prose to decide on: none"
    yield from (f"    {number:4}  {shortened}" for number, shortened in one.prose())
    yield f"  not understood: lines {ranged(page.unknown)}" if page.unknown else "  not understood: none"
    if page.hidden:
        yield f"  this form cannot show: {'; '.join(page.hidden.values())}"
    if page.cut:
        yield f"  cut: {page.cut}"


def as_row(one: Derived, *, contract: bool) -> dict[str, Json]:
    """The summary for machines."""
    page = one.page
    row: dict[str, Json] = {"file": str(one.path), "layout": page.layout, "form": page.form}
    row["operations"] = [{"method": o.method, "path": o.addresses[0].path} for o in page.operations]
    row |= {
        "facts": dict(sorted(one.facts.items())),
        "prose": sorted(page.prose),
        "not_understood": sorted(page.unknown),
    }
    row["silent"] = {kind: sorted(numbers) for kind, numbers in sorted(page.silent.items())}
    row |= {"hidden": dict(page.hidden), "cut": page.cut}
    return row | ({"contract": json.loads(json.dumps(one.openapi))} if contract else {})


def table(rows: list[tuple[str, Derived | None, str]]) -> Iterator[str]:
    """A line a page, and one for all: what was read of it, or why not."""
    width = max((len(name) for name, _, _ in rows), default=4)
    yield f"{'page':{width}}  {'layout':12}{'form':10}{'operations':>10}{'facts':>7}{'prose':>7}{'unknown':>9}"
    totals: Counter[str] = Counter()
    for name, one, why in rows:
        if one is None:
            yield f"{name:{width}}  {why}"
            continue
        numbers = (len(one.page.operations), sum(one.facts.values()), len(one.page.prose), len(one.page.unknown))
        totals.update(dict(zip("ofpu", numbers, strict=True)))
        counts = "".join(f"{number:{size}}" for number, size in zip(numbers, (10, 7, 7, 9), strict=True))
        yield f"{name:{width}}  {one.page.layout:12}{one.page.form:10}{counts}{'   cut' if one.page.cut else ''}"
    good = sum(one is not None for _, one, _ in rows)
    label = f"{good} of {len(rows)} pages"
    yield f"{label:{width}}  {'':22}{totals['o']:10}{totals['f']:7}{totals['p']:7}{totals['u']:9}"
