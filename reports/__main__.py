"""`python -m reports`: make reports of verdicts, compare runs, accept what has changed, and tell a nightly story."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from contracts.errors import Commands, UserError
from contracts.files import is_folder, write_or_tell
from contracts.text import as_line, use_plain_console
from reports.ci import as_badge, as_junit, as_markdown, github_annotations
from reports.demo import tell
from reports.drift.accept import accept_drift, accept_known, drop_mended
from reports.drift.causes import compare
from reports.drift.changes import Class
from reports.drift.records import Record, history_of, newest_before, newest_first, read_record, record_of
from reports.files import Row, as_json
from reports.html import as_html
from reports.merging import merge_verdicts
from reports.outputs import NEVER
from reports.terminal import drift_lines
from reports.verdicts import is_complete

_FILE = click.Path(path_type=Path)
_VERDICTS = click.argument("verdicts", nargs=-1, required=True, type=_FILE, metavar="VERDICTS...")
_OUTPUT = click.option("-o", "--output", type=_FILE, metavar="FILE", help="Where to write (default: print it).")
_FAIL_ON = click.option(
    "--fail-on", type=click.Choice([*map(str, Class), NEVER]), default=str(Class.BREAKING), show_default=True,
    help="Exit with 1 for drift of this class or a worse one.",
)  # fmt: skip


@click.group(cls=Commands)
def main() -> None:
    """What came out: reports of verdicts, drift between runs, and what is accepted of it.

    VERDICTS are files that `pytest suites --verdicts FILE` wrote; several are merged first.
    """
    use_plain_console()


@main.command()
@_VERDICTS
@click.option("-o", "--output", type=_FILE, metavar="FILE", required=True, help="The page to write.")
@click.option("--documents", type=_FILE, metavar="DIR", help="The folder of saved pages, to show their own lines.")
@click.option("--baseline", type=_FILE, metavar="FILE", help="Show what has changed since this record or baseline.")
@click.option("--records", type=_FILE, metavar="DIR", help="Show how it has gone over the runs of this folder.")
def html(
    verdicts: tuple[Path, ...], output: Path, documents: Path | None, baseline: Path | None, records: Path | None
) -> None:
    """Write the page that a person reviews: one file, nothing loaded from outside."""
    document = merge_verdicts(verdicts)
    if baseline:
        document["drift"] = compare(read_record(baseline), record_of(document)).row()
    if records:
        spoiled: list[str] = document["run"]["notes"]
        document["history"] = history_of(newest_first(records, spoiled), record_of(document).targets)
    write_or_tell(output, as_html(document, documents))


def _adds(name: str, form: Callable[[Row], str], says: str) -> None:
    """Add a command that prints or writes verdicts in another form."""

    @main.command(name, help=says)
    @_VERDICTS
    @_OUTPUT
    def write(verdicts: tuple[Path, ...], output: Path | None) -> None:
        _written(form(merge_verdicts(verdicts)), output)


def _written(text: str, output: Path | None) -> None:
    if output:
        write_or_tell(output, text)
    else:
        _told(text.removesuffix("\n").split("\n"))


@main.command()
@_VERDICTS
@_OUTPUT
@click.option("--expect", multiple=True, metavar="NAME|FILE", help="Tell this contract as missing if none has it.")
def merge(verdicts: tuple[Path, ...], output: Path | None, expect: tuple[str, ...]) -> None:
    """Make one verdict file out of several: shards of a run, or runs on several targets.

    With --expect, exits with 2 where something was not asked; the file is written all the same, and says what.
    """
    document = merge_verdicts(verdicts, expect)
    _written(as_json(document), output)
    if expect and not is_complete(document):
        raise UserError("; ".join(document["run"]["notes"]) or "not all clauses were asked; run what is missing again")


_adds("markdown", as_markdown, "Print Markdown for a pull request's comment or a step's summary.")
_adds("junit", as_junit, "Print JUnit XML: a suite for each clause, with its level, lines and document as properties.")
_adds("badge", as_badge, "Print a badge's JSON, as shields.io reads it.")


@main.command("annotations")
@_VERDICTS
def annotate(verdicts: tuple[Path, ...]) -> None:
    """Print annotations in GitHub's form; `pytest suites` does so itself on GitHub."""
    for line in github_annotations(merge_verdicts(verdicts)):
        click.echo(line)  # which is a command of ours


@main.command()
@click.argument("baseline", type=_FILE)
@click.argument("new", type=_FILE)
@_FAIL_ON
@click.option("--json", "as_data", is_flag=True, help="Print JSON instead of text.")
def drift(baseline: Path, new: Path, fail_on: str, as_data: bool) -> None:
    """Tell what has changed from BASELINE to NEW: each a record, a baseline, verdicts, or a folder of records.

    Exits with 1 for drift of the class of --fail-on or a worse one, and with 2 when the two cannot be compared.
    """
    after = _recorded(new)
    found = compare(_recorded(baseline, after), after)
    if as_data:
        click.echo(as_json(found.row()), nl=False)
    else:
        _told(drift_lines(found.row()))
    if fail_on != NEVER and found.reaching(Class(fail_on)):
        raise SystemExit(1)


def _recorded(path: Path, after: Record | None = None) -> Record:
    """A record's file, or the newest complete record of a folder, which began before another one if there is one."""
    if not is_folder(path):
        return read_record(path)
    spoiled: list[str] = []
    if after:
        record = newest_before(path, after, spoiled)
    else:
        record = next((r for r in newest_first(path, spoiled) if r.run["complete"]), None)
    for line in spoiled:
        click.echo(as_line(line), err=True)
    if record is None:
        which = "earlier record of this target and profile" if after else "complete record"
        raise UserError(f"{path} has no {which}; `pytest suites --record {path}` writes one")
    return record


@main.command()
@click.argument("new", type=_FILE)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--baseline", type=_FILE, metavar="FILE", help="The baseline to update; it is made when there is none.")
@click.option("--known", type=_FILE, metavar="FILE", help="The known deviations to update, instead of a baseline.")
@click.option("--reason", default="", help="Why this is accepted; it is kept in the file.")
@click.option("--ticket", default="", help="With --known: where it is followed up.")
@click.option("--expires", default="", metavar="DATE", help="With --known: the last day on which it holds.")
@click.option("--mended", is_flag=True, help="With --known: only take out what no longer holds.")
def accept(
    new: Path, ids: tuple[str, ...], baseline: Path | None, known: Path | None, reason: str, **about: str | bool
) -> None:
    """Accept what NEW (verdicts, a record, or a folder of records) shows: all of it, or the drifts or clauses named.

    With --baseline, the file becomes what NEW shows, and the next run is compared with that. With --known, the
    clauses of NEW that are broken, or could not be judged, no longer fail a run.
    """
    if (baseline is None) == (known is None):
        raise click.UsageError("give one of --baseline FILE and --known FILE")
    record = _recorded(new)
    if baseline:
        if any(about.values()):
            raise click.UsageError("--ticket, --expires and --mended go with --known")
        _told(accept_drift(record, baseline, ids, reason))
    elif known and about["mended"]:
        _told(drop_mended(record, known))
    elif known:
        _told(accept_known(record, known, ids, reason, str(about["ticket"]), str(about["expires"])))


def _told(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(as_line(line))


@main.command()
@click.option("--keep", type=_FILE, metavar="DIR", help="Keep baseline, records, verdicts and reports in this folder.")
def demo(keep: Path | None) -> None:
    """Tell three nights on the embedded mock; on the third the vendor changes three things.

    Exits as the third night's job does, which is with 1.
    """
    raise SystemExit(tell(keep))


if __name__ == "__main__":
    main(prog_name="python -m reports")
