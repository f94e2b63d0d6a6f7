"""When to wait for an endpoint, and when to give it up."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from endpoints.stopping import STOP

_IN_A_ROW = 3  # unanswered requests before it is looked whether anybody is there
_HOPELESS_IN_A_ROW = 6  # although somebody is there
_HOPELESS = 30  # in all
_PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds before each look: an outage of some seconds is waited out


class Breaker:
    """Counts the requests of one host that had no whole answer, and says when to send no more.

    After a few in a row somebody looks, with growing pauses, whether the host answers at all. `gave_up` says why
    nothing more is sent, and is empty while something is.
    """

    def __init__(self) -> None:
        self.gave_up = ""
        self._in_a_row = self._in_all = 0

    def answered(self) -> None:
        """A request was answered."""
        self._in_a_row = 0

    def unanswered(self, why: str, is_there: Callable[[], bool]) -> None:
        """A request was not answered; `is_there` looks whether anything is."""
        self._in_a_row += 1
        self._in_all += 1
        if self._in_a_row % _IN_A_ROW and self._in_all < _HOPELESS:
            return
        if self._in_a_row < _HOPELESS_IN_A_ROW and self._in_all < _HOPELESS and self._comes_back(is_there):
            return
        self.gave_up = f"the endpoint stopped answering at {datetime.now(UTC):%H:%M:%SZ}: {why}"

    @staticmethod
    def _comes_back(is_there: Callable[[], bool]) -> bool:
        for pause in _PAUSES:
            STOP.wait(pause)
            if STOP:
                return False
            if is_there():
                return True
        return False


def retry_after(value: str) -> float | None:
    """How many seconds a Retry-After header asks to wait (RFC 9110 section 10.2.3), or None where it says nothing.

    Seconds need not be whole, nor positive; a date may be in the past, or lie further ahead than Python's calendar.
    """
    try:
        seconds = float(value)
    except ValueError:
        return _until(value)
    return None if math.isnan(seconds) else max(seconds, 0.0)


def _until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:  # the zone -0000, or none
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
