"""How many saved pages a second become contracts.

    python -m tests.benchmarks.reading [--documents DIR]

Pages of invented APIs in every layout and form; with the folder of the documents, those and the pages beside them too.
Seconds are of processor time, on one core, and each page is parted, read and written as an OpenAPI document.
"""

from __future__ import annotations

import gc
import time
from pathlib import Path

import click

from contracts.errors import DocumentError
from contracts.readers.reading import read_page
from contracts.readers.writer import contract_of
from tests.contracts.readers.making import FORMS, MAKERS
from tests.contracts.readers.test_fuzz import API


def pages_a_second(pages: list[str], rounds: int) -> float:
    """Pages read for each second of processor time."""
    gc.collect()
    started = time.process_time()
    for _ in range(rounds):
        for text in pages:
            try:
                contract_of(read_page(text, "page"), {}, "page")
            except DocumentError:
                continue
    return rounds * len(pages) / (time.process_time() - started)


@click.command()
@click.option("--documents", type=click.Path(path_type=Path), help="The folder of the saved documents.")
@click.option("--rounds", default=20, show_default=True)
def main(documents: Path | None, rounds: int) -> None:
    """Print pages a second for every layout, and for the pages at hand."""
    print(f"{'pages a second and core':40} {'pages':>6} {'bytes':>8} {'a second':>10}")
    sets = {layout: [MAKERS[layout](API, form) for form in forms] for layout, forms in FORMS.items()}
    if documents:
        paths = [*documents.glob("*.txt"), *(documents.parent / "pages").rglob("*.txt")]
        sets["the pages at hand"] = [path.read_text(encoding="utf-8") for path in paths if path.name != "README.txt"]
    for name, pages in sets.items():
        size = sum(map(len, pages)) // len(pages)
        print(f"{name:40} {len(pages):6} {size:8,} {pages_a_second(pages, rounds):10,.0f}")


if __name__ == "__main__":
    main()
