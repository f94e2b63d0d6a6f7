"""Kaiten: what `response_profile` changes."""

from suites.asking import Ask, asks


@asks("kaiten-create-record/behaviour/profile-none")
def test_profile_none(ask: Ask) -> None:
    """Under the profile `none` the answer has `id` and nothing else."""
    exchange = ask.accepted(ask.bench.plain.replaced(("query", "response_profile"), "none"))
    shown = sorted(exchange.json) if isinstance(exchange.json, dict) else exchange.outcome
    ask.holds(shown == ["id"], expected="['id']", actual=str(shown), exchanges=[exchange])
