"""What the command `drift` reads and prints: pages, contracts or folders of them, and changes that were accepted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import yaml

from contracts.errors import DocumentError
from contracts.model import Lines
from contracts.readers.deriving import SUFFIXES, derive
from contracts.readers.drift import Change, Class
from contracts.readers.facts import Side, alike, cited, sentences, side_of
from contracts.readers.overlay import build, overlay_names
from contracts.readers.text import saved
from contracts.readers.words import checkable
from contracts.text import as_line

_CONTRACTS = (".yaml", ".yml", ".json")
Compared = Sequence[tuple[str, list[Change]]]


def pairs_of(old: Path, new: Path, failed: list[str]) -> Iterator[tuple[str, Side, Side]]:
    """The sides to compare by name; of two folders, the files of one name, and what only one of them has.

    Files of folders that cannot be read do not stop the rest: their names are added to `failed`.
    """
    if old.is_dir() != new.is_dir():
        raise DocumentError(f"{old} and {new} cannot be compared: give two files, or two folders")
    if not old.is_dir():
        yield new.name, read_side(old), read_side(new)
        return
    sides = [
        {p.stem: p for p in sorted(folder.rglob("*")) if p.suffix in (*SUFFIXES, *_CONTRACTS)} for folder in (old, new)
    ]
    for stem in sorted({*sides[0], *sides[1]}):
        with _going_on(stem, failed):
            one, other = (read_side(side[stem]) if stem in side else Side(stem, {}) for side in sides)
            yield stem, one, other


def pairs_of_catalogue(documents: Path, failed: list[str]) -> Iterator[tuple[str, Side, Side]]:
    """Each contract of the catalogue beside what is made of tonight's page with the same overlay; without prose."""
    for name in overlay_names():
        with _going_on(name, failed):
            built = build(name, documents)
            openapi = yaml.safe_load(built.text)
            page = documents / openapi["x-document"]["file"]
            yield name, read_side(built.target), replace(side_of(name, openapi), unread=_unread(page, openapi))


@contextmanager
def _going_on(name: str, failed: list[str]) -> Iterator[None]:
    """Tell what cannot be read, and go on with the next."""
    try:
        yield
    except DocumentError as error:
        click.echo(error.format_message(), err=True)
        failed.append(name)


def read_side(path: Path) -> Side:
    """One side: a saved page, which is derived, or a contract; raises DocumentError for what is neither."""
    if path.suffix not in _CONTRACTS:
        derived = derive(path)
        said = {sentence: number for sentence, number in sentences(derived.page.said).items() if checkable(sentence)}
        side = side_of(path.name, derived.openapi, said)
        return replace(
            side,
            captions=tuple((alike(text), number) for number, text in sorted(derived.page.captions.items())),
            unread=_unread(path, derived.openapi),
        )
    try:
        openapi = yaml.safe_load(path.read_text(encoding="utf-8"))
        return side_of(path.name, openapi)
    except OSError as error:
        raise DocumentError(f"{path} cannot be read ({error.strerror}); give two pages, contracts or folders") from None
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise DocumentError(f"{path} is no OpenAPI document; give two pages, contracts or folders") from None


def _unread(page: Path, openapi: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines of a saved page of which its reader made nothing."""
    if "x-not-understood" not in openapi:
        return ()
    lines = saved(page)[1].split("\n")
    return tuple(lines[number - 1] for number in Lines.parse(openapi["x-not-understood"]).numbers)


def read_accepted(path: Path | None) -> dict[str, str]:
    """Accepted changes: the reason of each by its id; none where there is no file yet."""
    if path is None or not path.exists():
        return {}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return {str(change): str(reason) for change, reason in known.items()}
    except (OSError, ValueError, AttributeError):
        raise DocumentError(
            f"{path} is no file of accepted changes; `drift … --accept ID --reason WHY` writes one"
        ) from None


def write_accepted(path: Path, known: dict[str, str]) -> None:
    """Write accepted changes down, sorted."""
    try:
        path.write_text(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise DocumentError(f"{path} cannot be written ({error.strerror})") from None


def accept(changes: Sequence[Change], ids: Sequence[str], reason: str) -> dict[str, str]:
    """The changes that are accepted; raises DocumentError for an id of none of them."""
    known = {change.id for change in changes}
    for one in ids:
        if one != "all" and one not in known:
            raise DocumentError(f"there is no change {one!r}; there are {', '.join(sorted(known)) or 'none'}")
    return dict.fromkeys(known if "all" in ids else ids, reason)


def shown_drift(compared: Compared, form: str, total: int) -> str:
    """The changes as text, JSON or Markdown."""
    if form == "json":
        rows = [{"page": name, **asdict(change), "id": change.id} for name, changes in compared for change in changes]
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    counts = Counter(change.judged for _, changes in compared for change in changes)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in Class if counts[kind]) or "no drift"
    hidden = total - sum(counts.values())
    told += f"; {hidden} accepted" if hidden else ""
    lines = _markdown(compared) if form == "markdown" else _text(compared)
    return "".join(f"{line}\n" for line in (*lines, told))


def _text(compared: Compared) -> Iterator[str]:
    for name, changes in compared:
        if changes:
            yield as_line(name)
        for change in changes:
            yield as_line(f"  {change.judged:9} {_sentence(change)}  [{change.id}]")
            yield as_line(f"            {change.rule}: {change.why}")


def _markdown(compared: Compared) -> Iterator[str]:
    yield from ("| class | page | what | rule | id |", "| --- | --- | --- | --- | --- |")
    for name, changes in compared:
        for change in changes:
            cells = (change.judged, name, _sentence(change), f"{change.rule}: {change.why}", f"`{change.id}`")
            safe = (as_line(str(cell)).replace("|", "\\|").replace("<", "&lt;") for cell in cells)
            yield f"| {' | '.join(safe)} |"
    yield ""


def _sentence(change: Change) -> str:
    """What changed, with both values and lines."""
    pairs = (("old", change.old_lines), ("new", change.new_lines))
    where = ", ".join(f"{side} {cited(lines)}" for side, lines in pairs if lines)
    plain = (True, None) if change.change != "changed" else (None,)  # that it is so, is said by its name
    told = [value for value in (change.old, change.new) if not any(value is one for one in plain)]
    shown = [json.dumps(value, ensure_ascii=False) for value in told]
    values = f" {' -> '.join(shown)}" if shown else ""
    start = f"{change.operation}: " if change.operation else ""
    return f"{start}{change.about} {change.change}{values}{f' ({where})' if where else ''}"
