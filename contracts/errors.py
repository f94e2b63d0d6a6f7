"""Mistakes that a user can mend.

::

    UserError               one sentence that names the place and the cure; exit code 2
    ├── ContractError       a contract of the catalogue, or a name of one
    └── DocumentError       a saved page that is missing or is not the page that was read

Other folders derive their own (`endpoints.targets.TargetError`, …), so that every command line and
pytest show all of them in the same way.
"""

import errno
from typing import Any

import click

from contracts.text import as_line

_LONGEST = 1_500  # characters of a message; of a longer one both ends are kept: the place, and the cure


class UserError(click.ClickException):
    """A mistake outside Clausewise; its message is one sentence that says where it is and what mends it."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        line = as_line(message)  # it may quote a file that anybody wrote, at any length
        super().__init__(line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]} … {line[-_LONGEST // 2 :]}")


class ContractError(UserError):
    """A contract that does not exist, or a catalogue file that says something Clausewise cannot read."""


class DocumentError(UserError):
    """A saved page that is missing, or that is not the page which a contract was read from."""


class Commands(click.Group):
    """Commands whose output may find no room where it goes: that is one sentence, too."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
                raise
            raise UserError(f"not all could be written ({error.strerror}); make room, or write elsewhere") from None
