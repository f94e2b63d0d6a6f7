"""The endpoint's clock: a Date header in any form, and ours without one."""

from datetime import UTC, datetime, timedelta

import pytest

from endpoints.exchange import Exchange
from strategies import Request
from suites.moments import clock

FORMS = (
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "Sun, 06 Nov 1994 08:49:37 -0000",
    "Sun, 06 Nov 1994 09:49:37 +0100",
)


def dated(text: str) -> Exchange:
    return Exchange(Request(), "POST", "http://127.0.0.1/", {}, "", answer_headers={"date": text} if text else {})


@pytest.mark.parametrize("text", FORMS)
def test_a_date_in_any_form(text: str) -> None:
    assert clock(dated(text)) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "now", "0", "Sun, 99 Foo 1994", "Sun, 06 Nov 99999999 08:49:37 GMT", "\u202e", "-0000"]
)
def test_what_is_no_date_is_our_own_time(text: str) -> None:
    assert abs(clock(dated(text)) - datetime.now(UTC)) < timedelta(seconds=5)
