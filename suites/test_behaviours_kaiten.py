"""Kaiten: what `response_profile` changes."""

from suites.asking import Ask, asks


@asks("kaiten-create-record/behaviour/profile-none")
def test_profile_none(ask: Ask) -> None:
    """Under the profile `none` the answer has `id` and nothing else."""
    request = ask.bench.plain.replaced(("query", "response_profile"), "none")
    seen = [e for e in ask.bench.accepted if e.request.query == request.query]
    exchange = seen[0] if seen else ask.accepted(request)
    if not isinstance(exchange.json, dict):
        ask.undetermined("the answer is not an object, which another clause judges", exchange)
    others = sorted(set(exchange.json) - {"id"})
    ask.holds(not others, expected="`id` and nothing else", actual=f"also {', '.join(others)}", exchanges=[exchange])
