"""`python -m endpoints`: run the mock for people, explain target files, clean up after a live run."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from contracts.errors import UserError
from endpoints.ledger import clean_up
from endpoints.mock.app import ENVIRONMENT
from endpoints.targets import load_target


@click.group()
def main() -> None:
    """Where requests go: the embedded mock, target files, and what live runs leave behind."""


@main.command()
@click.option("--port", default=8421, show_default=True, help="The port on loopback; 0 takes a free one.")
@click.option("--until-stdin-closes", is_flag=True, hidden=True, help="End when standard input does.")
def serve(port: int, until_stdin_closes: bool) -> None:
    """Serve the embedded mock on loopback until interrupted."""
    from endpoints.mock.server import serve as serve_mock  # uvicorn is needed here only

    def announce(url: str) -> None:
        if not until_stdin_closes:
            for name, value in ENVIRONMENT.items():
                click.echo(f"export {name}={value}")
        click.echo(f"serving Kaiten, Zendesk, Attio and kintone on {url}")

    try:
        serve_mock(port, announce=announce, until_stdin_closes=until_stdin_closes)
    except OSError as error:
        raise UserError(f"port {port} cannot be used ({error.strerror}); choose another one with --port") from None
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


@main.command()
@click.option("--check", type=click.Path(path_type=Path), metavar="FILE", help="Check this target file instead.")
def targets(check: Path | None) -> None:
    """Explain the format of target files, or check one."""
    if check is None:
        click.echo((files("endpoints") / "live.example.toml").read_text(encoding="utf-8"), nl=False)
        return
    target = load_target(check)
    environment = {**ENVIRONMENT, "CLAUSEWISE_MOCK": "http://127.0.0.1"} if target.embedded else None
    for name in target.contracts:
        endpoint = target.endpoint(name, environment)
        click.echo(f"{name}: {endpoint.base_url}, situations: {', '.join(endpoint.situations) or 'none'}")


@main.command("clean-up")
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--target", type=click.Path(path_type=Path), required=True, help="The target file of that run.")
def clean_up_command(ledger: Path, target: Path) -> None:
    """Delete what an interrupted live run left behind, as its LEDGER tells."""
    deleted, left = clean_up(ledger, load_target(target))
    click.echo(f"{deleted} deleted, {left} left")
    if left:
        raise SystemExit(1)


if __name__ == "__main__":
    main(prog_name="python -m endpoints")
