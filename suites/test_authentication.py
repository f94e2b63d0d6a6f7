"""Does each documented way to authenticate work? Its bearer is let in, and nobody else is."""

from suites.asking import Ask, asks


@asks(kind="authentication")
def test_authentication(ask: Ask) -> None:
    """The plain request is accepted with these credentials and refused with ones that nobody has."""
    scheme = ask.clause.keyword
    if scheme not in ask.session.endpoint.authentication:
        ask.unexercised(f"needs [authentication.{scheme}] in the target")
    first = next(iter(ask.session.endpoint.authentication))
    own = ask.bench.control if scheme == first else ask.send(ask.bench.plain, scheme=scheme)
    if not own.accepted:
        ask.accepts(own, ask.bench.control)
    wrong = ask.bench.unauthenticated if scheme == first else ask.send(ask.bench.plain, scheme=scheme, invalid=True)
    ask.refused(wrong, own, "a refusal, since nobody has these credentials (usually 401)")
