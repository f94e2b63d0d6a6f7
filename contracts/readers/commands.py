"""The commands about saved pages: `derive`, and those that compare pages with contracts."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path

import click

from contracts.errors import DocumentError
from contracts.readers.comparing import accept, pairs_of, pairs_of_catalogue, read_accepted, shown_drift, write_accepted
from contracts.readers.deriving import Derived, as_row, as_yaml, derive, pages_in, table, told
from contracts.readers.drift import Class, changes_between
from contracts.readers.overlay import build, overlay_names, overlay_text, rebased
from contracts.readers.text import saved
from contracts.text import as_line

_CUT = 1  # the exit code where a page is cut, or one of several was refused


@click.command("derive")
@click.argument("pages", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PAGE...")
@click.option("-o", "output", type=click.Path(path_type=Path), metavar="FILE|DIR", help="Write the contract, or all.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--layout", default="", metavar="NAME", help="Read pages as this layout, whatever they look like.")
@click.option(
    "--operation", "given", default="", metavar="'POST URL'", help="Method and address of a page that shows none."
)
def derive_command(pages: tuple[Path, ...], output: Path | None, as_json: bool, layout: str, given: str) -> None:
    """Read saved pages, or folders of them, into contracts; say what is left to a person."""
    found = pages_in(pages)
    several = len(found) > 1
    rows: list[tuple[str, Derived | None, str]] = []
    telling = several and sys.stderr.isatty()
    bar = click.progressbar(found, label="reading pages", file=sys.stderr) if telling else nullcontext(found)
    with bar as paths:
        for path in paths:
            try:
                one = derive(path, layout, given)
                _write(one, output, several=several)
                rows.append((path.name, one, ""))
            except DocumentError as error:
                if not several:
                    raise
                rows.append((path.name, None, error.message))
    _print(rows, output, as_json=as_json, several=several)
    failures = [(read, why) for _, read, why in rows if not read or read.page.cut]
    for read, why in failures:
        click.echo(as_line(f"{read.path} is cut: {read.page.cut}" if read else why), err=True)
    if failures:
        sys.exit(_CUT)


def _write(one: Derived, output: Path | None, *, several: bool) -> None:
    """Write a contract to a file, or into a folder under the name of its page."""
    if output is None:
        return
    folder = several or output.is_dir() or output.suffix not in (".yaml", ".yml", ".json")
    target = output / f"{one.path.stem}.yaml" if folder else output
    text = json.dumps(one.openapi, indent=1, ensure_ascii=False) if target.suffix == ".json" else as_yaml(one.openapi)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DocumentError(f"{target} cannot be written ({error.strerror}); -o names a file, or a folder") from None


def _print(rows: list[tuple[str, Derived | None, str]], output: Path | None, *, as_json: bool, several: bool) -> None:
    if as_json:
        printed = [
            as_row(one, contract=output is None) if one else {"file": name, "error": why} for name, one, why in rows
        ]
        click.echo(json.dumps(printed if several else printed[0], indent=2, ensure_ascii=False))
        return
    if several:
        click.echo("\n".join(map(as_line, table(rows))))
        return
    for _, one, _ in rows:
        if one and output is None:
            click.echo(as_yaml(one.openapi), nl=False)
        if one:
            click.echo("\n".join(map(as_line, told(one))), err=output is None)


@click.command("drift")
@click.argument("sides", nargs=-1, type=click.Path(path_type=Path), metavar="[OLD NEW]")
@click.option(
    "--documents", type=click.Path(path_type=Path), metavar="DIR",
    help="Instead: compare the catalogue with the pages of this folder.",
)  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.option(
    "--fail-on", type=click.Choice([*map(str, Class), "never"]), default="breaking", show_default=True,
    help="The least class of change that fails.",
)  # fmt: skip
@click.option(
    "--accepted", type=click.Path(path_type=Path), metavar="FILE", help="Changes that were accepted, with reasons."
)
@click.option(
    "--accept", "ids", multiple=True, metavar="ID", help="Accept a change; repeatable, `all` for all of them."
)
@click.option("--reason", default="", help="Why they are accepted.")
def drift_command(
    sides: tuple[Path, ...],
    documents: Path | None,
    form: str,
    fail_on: str,
    accepted: Path | None,
    ids: tuple[str, ...],
    reason: str,
) -> None:
    """Tell what changed between two pages, contracts or folders of them."""
    if len(sides) != (0 if documents else 2):
        raise click.UsageError("drift takes OLD and NEW, or --documents DIR alone")
    known = read_accepted(accepted)
    failed: list[str] = []
    pairs = pairs_of_catalogue(documents, failed) if documents else pairs_of(sides[0], sides[1], failed)
    compared = [(name, changes_between(one, other)) for name, one, other in pairs]
    if ids:
        if not (accepted and reason):
            raise DocumentError("--accept needs --accepted FILE, where it is written down, and --reason")
        known |= accept([change for _, changes in compared for change in changes], ids, reason)
        write_accepted(accepted, known)
    fresh = [(name, [change for change in changes if change.id not in known]) for name, changes in compared]
    click.echo(shown_drift(fresh, form, sum(len(changes) for _, changes in compared)), nl=False)
    order = [*map(str, Class)]
    worst = [order.index(change.judged) for _, changes in fresh for change in changes]
    if failed or (fail_on != "never" and worst and min(worst) <= order.index(fail_on)):
        sys.exit(2 if failed else 1)


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--documents", type=click.Path(path_type=Path), required=True, help="The folder of the saved pages.")
@click.option("--write", is_flag=True, help="Write the catalogue's files.")
def check_command(names: tuple[str, ...], documents: Path, write: bool) -> None:
    """Derive the catalogue's contracts, lay the overlays over them, and compare with its files to the byte."""
    failed = False
    for name in names or overlay_names():
        built = build(name, documents)
        click.echo(
            as_line(f"{name}: {built.derived} facts derived, {built.by_hand} by hand, {built.behaviours} behaviours")
        )
        for sentence in [*built.misfits, *([] if write else built.differences)]:
            click.echo(as_line(f"  {sentence}"))
        if write:
            built.target.write_text(built.text, encoding="utf-8")
        failed |= bool(built.misfits or (built.differences and not write))
    if failed:
        sys.exit(1)


@click.command("rebase")
@click.argument("name")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("-o", "output", type=click.Path(path_type=Path), metavar="FILE", help="Write the overlay there.")
def rebase_command(name: str, old: Path, new: Path, output: Path | None) -> None:
    """Move an overlay's lines from the page that it was written for to another version of that page."""
    text, lost = rebased(overlay_text(name), *(saved(path)[1].split("\n") for path in (old, new)))
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)
    for sentence in lost:
        click.echo(as_line(f"overlays/{name}.yaml, {sentence}"), err=True)
    if lost:
        sys.exit(1)


COMMANDS = (derive_command, drift_command, check_command, rebase_command)
