"""`python -m endpoints`: run the mock for people, list what it can do wrong, explain target files, clean up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import click

from contracts.errors import UserError
from contracts.text import as_line, use_plain_console
from endpoints.cleaning import clean_up, told
from endpoints.embedded import VARIABLE, control
from endpoints.mock.app import ENVIRONMENT
from endpoints.mock.faults import FAULTS
from endpoints.mock.manners import MANNERS
from endpoints.mock.switches import Switch, UnknownSwitchError
from endpoints.redaction import Redaction
from endpoints.targets import load_target, read_target

DEFAULT_PORT = 8421


@click.group()
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
@click.option("--check", type=click.Path(path_type=Path), metavar="FILE", help="Check this target file instead.")
def targets(check: Path | None) -> None:
    """Explain the format of target files, or check one."""
    if check is None:
        click.echo((files("endpoints") / "live.example.toml").read_text(encoding="utf-8"), nl=False)
        return
    target, mistakes = read_target(check)
    environment = {**ENVIRONMENT, VARIABLE: "http://127.0.0.1"} if target.embedded else None
    unset: dict[str, str] = {}
    lines = []
    for name in target.contracts:
        wrong, lacking = target.mistakes(name, environment)
        mistakes += wrong
        unset |= lacking
        there = target.table["contracts"][name]
        lines.append(f"{name}: {there.get('base_url')}, situations: {', '.join(there.get('situations', {})) or 'none'}")
    for mistake in dict.fromkeys(mistakes):
        click.echo(as_line(f"Error: {mistake}"), err=True)
    if mistakes:
        raise SystemExit(2)
    click.echo("\n".join(map(as_line, lines)))
    if unset:
        click.echo(f"not set: {', '.join(unset)}; export them before a run")


@main.command("clean-up")
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--target", type=click.Path(path_type=Path), required=True, help="The target file of that run.")
def clean_up_command(ledger: Path, target: Path) -> None:
    """Delete what an interrupted live run left behind, as its LEDGER tells."""
    there = load_target(target)
    cleaned = clean_up(ledger, there)
    strike = Redaction(there.secrets()).text
    for line in (*cleaned.spoiled, *told(cleaned.left, ledger, there)):
        click.echo(as_line(strike(line)))
    click.echo(f"{cleaned.deleted} deleted, {cleaned.left.total()} left")
    if not cleaned.whole:
        raise SystemExit(1)


if __name__ == "__main__":
    main(prog_name="python -m endpoints")
