"""What a strategy cannot be made from."""

from contracts.errors import UserError


class StrategyError(UserError):
    """A schema, of a contract or of a target's fields, that no value can be drawn from."""
