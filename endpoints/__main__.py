"""`python -m endpoints`: run the mock for people, list what it can do wrong, explain target files, clean up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from contracts.contract import load_contracts
from contracts.errors import Commands, UserError
from contracts.files import prove_writable, write_or_tell
from contracts.text import as_line, use_plain_console
from endpoints.cleaning import clean_up, told
from endpoints.embedded import VARIABLE, control
from endpoints.ledger import LEDGERS
from endpoints.mock.app import ENVIRONMENT
from endpoints.mock.faults import FAULTS
from endpoints.mock.manners import MANNERS
from endpoints.mock.switches import Switch, UnknownSwitchError
from endpoints.redaction import Redaction
from endpoints.stopping import STOP, StoppedError, heed_signals, teller
from endpoints.tables import sent_headers
from endpoints.targets import Target, load_target, read_target
from endpoints.writing import written_target

DEFAULT_PORT = 8421


@click.group(cls=Commands)
def main() -> None:
    """Where requests go: the embedded mock, target files, and what live runs leave behind."""
    use_plain_console()


@main.command()
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="The port on loopback; 0 takes a free one.")
@click.option("--fault", "faults", multiple=True, metavar="ID", help="Break a clause; repeatable.")
@click.option("--manner", "manners", multiple=True, metavar="ID", help="Differ lawfully; repeatable.")
@click.option(
    "--drift-at", default=1, show_default=True, metavar="N", type=click.IntRange(1),
    help="The faults and manners begin with the Nth call, so that a later run meets another endpoint.",
)  # fmt: skip
def serve(port: int, faults: tuple[str, ...], manners: tuple[str, ...], drift_at: int) -> None:
    """Serve the embedded mock on loopback until interrupted.

    The suites use it in place of one of their own where CLAUSEWISE_MOCK names it.
    """
    from endpoints.mock.server import serve as serve_mock  # uvicorn is needed here only

    def announce(url: str) -> None:
        for name, value in {**ENVIRONMENT, VARIABLE: url}.items():
            click.echo(f"export {name}={value}")
        click.echo(f"serving Kaiten, Zendesk, Attio and kintone on {url}")

    try:
        serve_mock(port, announce=announce, switched_on=[*faults, *manners], drift_at=drift_at)
    except UnknownSwitchError as error:
        raise UserError(str(error)) from None
    except OSError as error:
        raise UserError(f"port {port} cannot be used ({error.strerror}); choose another one with --port") from None
    except (KeyboardInterrupt, asyncio.CancelledError):  # the latter before uvicorn minds signals itself
        click.echo("stopped", err=True)


@main.command()
@click.argument("switches", nargs=-1, metavar="[ID]...")
@click.option("--url", default=f"http://127.0.0.1:{DEFAULT_PORT}", show_default=True, help="Where the mock runs.")
def switch(switches: tuple[str, ...], url: str) -> None:
    """Switch exactly these faults and manners on in a mock that runs; none switches all off."""
    on = control(url, switches)["on"]
    click.echo("\n".join(f"on: {name}" for name in on) or "nothing is on")


@main.command()
@click.option("--contract", metavar="NAME", help="Only those of this contract.")
def faults(contract: str | None) -> None:
    """List the mock's faults: id (the clause that breaks, a colon, a name) and what goes wrong."""
    chosen = {name: fault for name, fault in FAULTS.items() if contract in {None, *fault.contracts}}
    if not chosen:
        raise UserError(f"no fault belongs to {contract!r}; `python -m contracts list` names the contracts")
    _list(chosen, {name: fault.clause for name, fault in chosen.items()})


@main.command()
def manners() -> None:
    """List the mock's manners: id, the contracts that it changes, what differs."""
    _list(MANNERS, {name: ", ".join(manner.contracts) or "all" for name, manner in MANNERS.items()})


def _list(switches: Mapping[str, Switch], about: Mapping[str, str]) -> None:
    width, middle = max(map(len, switches)), max(map(len, about.values()))
    for name, one in switches.items():
        click.echo(f"{name:{width}}  {about[name]:{middle}}  {one.says}")


@main.command()
@click.option("--contract", "names", multiple=True, required=True, metavar="NAME|FILE[#OPERATION]", help="Repeatable.")
@click.option("--base-url", required=True, metavar="URL", help="Where the tenant is.")
@click.option(
    "--value", "given", multiple=True, metavar="NAME=VALUE",
    help="A path parameter, or what leads to the fields, as in object=people; repeatable.",
)  # fmt: skip
@click.option("--header", "headers", multiple=True, metavar="TEXT", help="Instead of the contract's: 'X-Key: ${KEY}'.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to write (default: print)."
)
def draft(
    names: tuple[str, ...], base_url: str, given: tuple[str, ...], headers: tuple[str, ...], output: Path | None
) -> None:
    """Write a target file out of what a tenant says of its own fields; nothing is changed there.

    Credentials come from environment variables, which it names.
    """
    from endpoints.drafting import drafted, named_in  # Hypothesis and requests take half a second

    values = {name: value for name, _, value in (pair.partition("=") for pair in given) if value}
    if len(values) < len(given):
        raise click.UsageError("--value takes NAME=VALUE, each name once, as in --value object=people")
    contracts, sent = load_contracts(names), sent_headers(base_url, headers)
    known = dict.fromkeys(name for contract in contracts for name in named_in(contract))
    if unknown := [name for name in values if name not in known]:
        raise click.UsageError(
            f"--value {unknown[0]}: nothing takes it; there is {', '.join(known) or 'nothing to give'}"
        )
    if output:
        prove_writable(output, "-o")
    drafts = {c.name: drafted(c, base_url.rstrip("/"), values, sent, _say_beside) for c in contracts}
    text = written_target(contracts, drafts)
    if output:
        write_or_tell(output, text)
    else:
        click.echo(text, nl=False)


def _say_beside(line: str) -> None:
    click.echo(as_line(line), err=True)  # beside the file, which goes to stdout


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--check", type=click.Path(path_type=Path), metavar="FILE", help="Check this target file instead.")
@click.option("--live", is_flag=True, help="With --check: send a read and a plain request, whose record is deleted.")
def targets(names: tuple[str, ...], check: Path | None, live: bool) -> None:
    """Print a target file with every key that these contracts have, or check one."""
    if check is None:
        if live:
            raise click.UsageError("--live goes with --check FILE")
        click.echo(written_target(load_contracts(names)), nl=False)
        return
    target, mistakes = read_target(check)
    environment = {**ENVIRONMENT, VARIABLE: "http://127.0.0.1"} if target.embedded else None
    unset: dict[str, str] = {}
    for name in target.contracts:
        wrong, lacking = target.mistakes(name, environment)
        mistakes += wrong
        unset |= lacking
    for mistake in dict.fromkeys(mistakes):
        click.echo(as_line(f"Error: {mistake}"), err=True)
    if mistakes:
        raise SystemExit(2)
    click.echo("\n".join(map(as_line, target.summary())))
    if unset:
        click.echo(f"not set: {', '.join(unset)}; export them before a run")
    if live:
        _try(target, [name for name in target.contracts if not names or name in names])


def _try(target: Target, names: Sequence[str]) -> None:
    from endpoints.trying import Trial  # Hypothesis and requests take half a second

    _heed_signals()
    trial = Trial(target)
    try:
        for line in trial.lines(names):
            click.echo(as_line(line))
    except StoppedError:  # what was made is deleted by now
        pass
    if STOP:
        raise SystemExit(STOP.exit_code)
    if trial.failed:
        raise SystemExit(1)


def _heed_signals() -> None:
    """A command that makes or deletes something ends in order, too, when it is asked to stop."""
    tell = teller()
    heed_signals(str, lambda: tell(f"ended at once; what was made and is not deleted stands in {LEDGERS}/"))


@main.command("clean-up")
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--target", type=click.Path(path_type=Path), required=True, help="The target file of that run.")
def clean_up_command(ledger: Path, target: Path) -> None:
    """Delete what an interrupted live run left behind, as its LEDGER tells."""
    there = load_target(target)
    _heed_signals()
    cleaned = clean_up(ledger, there)
    strike = Redaction(there.secrets()).text
    for line in (*cleaned.spoiled, *told(cleaned.left, ledger, there)):
        click.echo(as_line(strike(line)))
    click.echo(f"{cleaned.deleted} deleted, {cleaned.left.total()} left")
    if not cleaned.whole:
        raise SystemExit(STOP.exit_code if STOP else 1)


if __name__ == "__main__":
    main(prog_name="python -m endpoints")
