"""`python -m endpoints.mock`: the mock as the suites start it, with few imports and an end of its own.

People use `python -m endpoints serve`.
"""

from __future__ import annotations

import click

from endpoints.mock.server import serve


@click.command()
@click.option("--switch", "switches", multiple=True, metavar="ID", help="A fault or a manner; repeatable.")
def main(switches: tuple[str, ...]) -> None:
    """Serve the mock on a free port of loopback, print its base URL, and end when standard input does."""
    serve(0, announce=click.echo, switched_on=switches, until_stdin_closes=True)


if __name__ == "__main__":
    main()
