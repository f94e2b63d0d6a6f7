"""Times in answers: what the endpoint's own clock said when it answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from endpoints.exchange import Exchange

TOLERANCE = timedelta(minutes=5)  # clocks differ, and a record takes a moment


def clock(exchange: Exchange) -> datetime:
    """The endpoint's time, from its Date header in any form of RFC 9110 section 5.6.7, else ours.

    A zone of -0000 (RFC 5322 section 3.3), or none as in the form of asctime, is UTC.
    """
    try:
        moment = parsedate_to_datetime(exchange.answer_headers["date"])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return datetime.now(UTC)
