"""Which line of a document is cited by a clause or a fact, which states nothing, and which is unaccounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.contract import Contract
from contracts.errors import DocumentError
from contracts.model import Lines


@dataclass(frozen=True)
class Coverage:
    """One document's account: the lines in each class; `contradictory` ones are cited and said to be silent."""

    contract: str
    total: int
    cited: frozenset[int]
    silent: Mapping[str, frozenset[int]]
    unaccounted: frozenset[int]
    contradictory: frozenset[int]

    @property
    def holds(self) -> bool:
        """Whether every line is accounted for, and none twice."""
        return not self.unaccounted and not self.contradictory


def read_document(contract: Contract, folder: Path) -> list[str]:
    """The lines of a contract's page, or of its OpenAPI file.

    Raises DocumentError when it is missing or another version than the one read.
    """
    path = folder / str(contract.document["file"]) if contract.paged or contract.file is None else contract.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"{path} cannot be read ({error.strerror}); --documents must name the folder that holds the saved page"
        ) from None
    if hashlib.sha256(content).hexdigest() != contract.document["sha256"]:
        raise DocumentError(
            f"{path} is not the page that the contract {contract.name} was read from (its SHA-256 differs), "
            f"so line numbers may not fit; save the page again or bring the contract up to date"
        )
    return content.decode("utf-8").split("\n")


def measure_coverage(contract: Contract, lines: list[str]) -> Coverage:
    """Account for every line of `lines`, the text of the contract's page."""
    everything = frozenset(range(1, len(lines) + 1))
    cited = frozenset(n for cite in cited_lines(contract.openapi) for n in cite.numbers)
    silent = {kind: Lines.parse(text).numbers for kind, text in contract.openapi["x-silent"].items()}
    said = frozenset().union(*silent.values())
    silent["blank"] = frozenset(n for n, text in enumerate(lines, 1) if not text.strip()) - cited - said
    return Coverage(
        contract=contract.name,
        total=len(lines),
        cited=cited,
        silent=silent,
        unaccounted=everything - cited - said - silent["blank"],
        contradictory=(cited & said) | ((cited | said) - everything),
    )


def cited_lines(node: Any) -> Iterator[Lines]:
    """Every citation in an OpenAPI document, of facts and of behaviours; findings about the page cite nothing."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "x-lines":
                for text in value.values() if isinstance(value, Mapping) else [value]:
                    yield Lines.parse(text)
            elif key == "lines" and "sentence" in node:
                yield Lines.parse(value)
            elif key not in {"x-findings", "x-silent"}:
                yield from cited_lines(value)
    elif isinstance(node, list):
        for value in node:
            yield from cited_lines(value)
