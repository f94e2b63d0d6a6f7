"""What a person adds to a derived contract: readings, behaviours, outside operations, titles; each with its lines.

An overlay is YAML that is laid over the derived document as a merge patch (RFC 7396: null takes away), with two rules
more: parameters are patched by their names, and `x-silent` adds lines to what the page says nothing on. It must not say
what the page says too, and it must not decorate what the page no longer has.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from contracts.coverage import cited_lines
from contracts.errors import ContractError, DocumentError
from contracts.model import Json, Lines
from contracts.readers.deriving import SUFFIXES, Derived, as_yaml, derive
from contracts.readers.facts import side_of
from contracts.readers.page import ranged

OVERLAYS = files("contracts.catalogue") / "overlays"
_RANGES = re.compile(r"\d+(?:-\d+)?(?:, \d+(?:-\d+)?)*")
_CITED = re.compile(rf"((?:lines|x-silent): *)(\{{[^{{}}]*\}}|\"[^\"\n]*\"|'[^'\n]*'|{_RANGES.pattern})")


def overlay_names() -> list[str]:
    """The contracts of the catalogue that are derived and laid over, sorted."""
    return sorted(f.name.removesuffix(".yaml") for f in OVERLAYS.iterdir() if f.name.endswith(".yaml"))


def read_overlay(name: str) -> dict[str, Any]:
    """One overlay of the catalogue; raises ContractError when there is none of that name."""
    if name not in overlay_names():
        raise ContractError(f"there is no overlay {name!r}; there are {', '.join(overlay_names())}")
    found: dict[str, Any] = yaml.safe_load((OVERLAYS / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def composed(derived: Derived, overlay: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The contract, and what of the overlay doesn't fit, a sentence each."""
    openapi = derived.openapi
    silent: dict[str, Json] = overlay.get("x-silent", {})
    patch = copy.deepcopy({key: value for key, value in overlay.items() if key != "x-silent"})
    misfits = [*_beyond(patch, derived.page.total), *_merge(openapi, patch, "")]
    by_hand = frozenset(n for lines in cited_lines(patch) for n in lines.numbers)
    cited = frozenset(n for lines in cited_lines(openapi) for n in lines.numbers)
    account = {kind: set(numbers) for kind, numbers in derived.page.silent.items()}
    for kind, lines in silent.items():
        account.setdefault(kind, set()).update(Lines.parse(lines).numbers)
    spoken_for = frozenset().union(*(Lines.parse(lines).numbers for lines in silent.values())) | by_hand
    open_prose = derived.page.prose - spoken_for
    account = {kind: numbers - cited - open_prose for kind, numbers in sorted(account.items())}
    openapi.pop("x-prose", None)
    openapi |= {"x-prose": ranged(open_prose)} if open_prose else {}
    openapi["x-silent"] = {kind: ranged(numbers) for kind, numbers in account.items() if numbers}
    return openapi, misfits


def _merge(target: dict[str, Any], patch: Mapping[str, Any], where: str) -> Iterator[str]:
    """Lay a patch over a document, in place, so that operations of several addresses stay one."""
    for key, value in patch.items():
        place, there = f"{where}.{key}".removeprefix("."), target.get(key)
        if key not in target:
            if value is None:
                yield f"{place} is taken away, though the page has none"
            elif isinstance(value, Mapping) and not str(key).startswith("x-") and not list(cited_lines(value)):
                yield f"{place} is not on the page any more"
            target[key] = value
        elif value is None:
            del target[key]
        elif isinstance(value, Mapping) and isinstance(there, list):
            named = {one["name"]: one for one in there if isinstance(one, Mapping) and "name" in one}
            yield from _merge(named, value, place)
            target[key] = list(named.values())
        elif isinstance(value, Mapping) and isinstance(there, dict):
            yield from _merge(there, value, place)
        elif there == value:
            yield f"{place} says what the page says too; leave it out"
        else:
            target[key] = value
    if "title" in patch and next(iter(target)) != "title":  # where a reader looks for it
        rest = {key: value for key, value in target.items() if key != "title"}
        title = target["title"]
        target.clear()
        target |= {"title": title, **rest}


def _beyond(node: Json, total: int, where: str = "") -> Iterator[str]:
    """Citations beyond the end of the page."""
    for key, value in node.items() if isinstance(node, Mapping) else ():
        place = f"{where}.{key}".removeprefix(".")
        if key in ("x-lines", "lines"):
            for text in value.values() if isinstance(value, Mapping) else [value]:
                beyond = [n for n in Lines.parse(text).numbers if n > total]
                if beyond:
                    yield f"{place} cites line {max(beyond)}, and the page has {total}"
        else:
            yield from _beyond(value, total, place)


def rebased(text: str, old: Sequence[str], new: Sequence[str]) -> tuple[str, list[str]]:
    """An overlay with its lines as on another version of the page, and the citations that have no place there."""
    before, after = ([" ".join(line.split()) for line in lines] for lines in (old, new))
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    moved = {a + n + 1: b + n + 1 for a, b, size in blocks for n in range(size)}
    lost: list[str] = []

    def move(ranges: str, where: int) -> str:
        numbers = Lines.parse(ranges).numbers
        gone = sorted(number for number in numbers if number not in moved)
        if gone:
            said = old[gone[0] - 1].strip()[:60] if gone[0] <= len(old) else ""
            line = text.count("\n", 0, where) + 1
            lost.append(f"line {line}: {ranged(gone)} of the old page ({said!r}) has no place on the new one")
        return str(ranged(moved[number] for number in numbers if number in moved)) or ranges

    def cite(found: re.Match[str]) -> str:
        value = _RANGES.sub(lambda ranges: move(ranges[0], found.start(2)), found[2])
        if value[0] == "{":
            return found[1] + value
        bare = value.strip("\"'")
        if ("," in bare) == ("," in found[2]):
            return found[1] + value
        return found[1] + (f'"{bare}"' if "," in bare else bare)  # in braces a comma needs quotes

    return _CITED.sub(cite, text), lost


@dataclass(frozen=True)
class Built:
    """A contract of the catalogue as derivation and overlay make it, and what is wrong with that."""

    text: str
    target: Path
    derived: int
    by_hand: int
    behaviours: int
    misfits: list[str]
    differences: list[str]


def build(name: str, documents: Path) -> Built:
    """Derive one contract from its page in a folder and lay its overlay over it; compare with the catalogue's file."""
    overlay = read_overlay(name)
    found = sorted(path for path in documents.glob(f"{name}.*") if path.suffix in SUFFIXES)
    if not found:
        raise DocumentError(
            f"{documents / name}.txt cannot be read; --documents must name the folder that holds the saved page"
        )
    derived = derive(found[0])
    before = _stated(derived.openapi)
    openapi, misfits = composed(derived, overlay)
    after = _stated(openapi)
    head = f"# Made of {found[0].name} and overlays/{name}.yaml by `python -m contracts check --write`.\n"
    text = head + as_yaml(openapi)
    target = Path(str(files("contracts.catalogue") / f"{name}.yaml"))
    there = target.read_text(encoding="utf-8").split("\n") if target.exists() else []
    changes = unified_diff(there, text.split("\n"), lineterm="", n=0)
    lines = [line for line in changes if line[:2] not in ("--", "++", "@@")]
    if lines and there and derived.openapi["x-document"]["sha256"] not in "".join(there):
        misfits.append(
            f"{found[0]} is another version of the page; `python -m contracts rebase {name}` moves the overlay"
        )
    by_hand = sum(before.get(key) != value for key, value in after.items())
    return Built(text, target, len(before), by_hand, len(openapi.get("x-behaviours", {})), misfits, lines[:40])


def _stated(openapi: Mapping[str, Any]) -> dict[Any, tuple[Json, bool]]:
    operations = side_of("", openapi).operations
    every = [((name, *key), fact) for name, facts in operations.items() for key, fact in facts.items()]
    return {key: (fact.value, fact.implied) for key, fact in every if fact.value is not False}


def overlay_text(name: str) -> str:
    """An overlay as it is written."""
    read_overlay(name)
    return (OVERLAYS / f"{name}.yaml").read_text(encoding="utf-8")
