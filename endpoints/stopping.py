"""Being asked to stop: SIGINT, SIGTERM and SIGHUP are noted, and heeded where stopping loses nothing.

A signal's own exception would be raised wherever Python happens to be, such as in Hypothesis' callbacks, which swallow
it. So the first signal only sets `STOP`; whoever sends or waits looks there. The second one leaves at once.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

GRACE = 2.0  # seconds that an answer may still take when the run is asked to stop
_SLICE = 0.1  # seconds between two looks at whether to stop


class StoppedError(KeyboardInterrupt):
    """Nothing more is sent, since the run was asked to stop; like KeyboardInterrupt, nothing catches it by the way."""


class Stop:
    """Whether this process was asked to stop: the `signal`'s number (0: it was not), and when."""

    def __init__(self) -> None:
        self.signal = 0
        self._at = 0.0

    def __bool__(self) -> bool:
        return self.signal != 0

    @property
    def exit_code(self) -> int:
        """As shells tell it: 130 for SIGINT, 143 for SIGTERM."""
        return 128 + self.signal

    def ask(self, number: int) -> None:
        """Ask this process to stop, because of a signal."""
        if not self.signal:
            self.signal, self._at = number, time.monotonic()

    def bounded(self, deadline: float, started: float) -> float:
        """A deadline (monotonic seconds), or `GRACE` seconds after the signal for what had `started` before it."""
        return min(deadline, self._at + GRACE) if self.signal and started < self._at else deadline

    def wait(self, seconds: float) -> None:
        """Sleep, unless and until the process is asked to stop."""
        end = time.monotonic() + seconds
        while not self.signal and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE))


STOP = Stop()


def heed_signals(on_first: Callable[[], None], last_words: Callable[[], str]) -> None:
    """Note SIGINT, SIGTERM and SIGHUP: `on_first` is called at the first one, the second one ends the process.

    `last_words` is what is then said: where the records stand that nobody has deleted. A worker is asked by its
    controller with SIGUSR1, since the terminal sends it SIGINT besides.
    """

    def note(number: int, _: FrameType | None) -> None:
        if STOP:
            try:
                words = last_words()  # which may give stderr back first
                sys.stderr.write(f"\n{words}\n")
                sys.stderr.flush()
            finally:
                os._exit(STOP.exit_code)
        STOP.ask(number)
        on_first()

    for number in (signal.SIGINT, signal.SIGTERM, *_HANG_UP):
        signal.signal(number, note)
    if _FORWARDED:
        signal.signal(_FORWARDED, lambda *_: STOP.ask(signal.SIGTERM))


def forward(process: int) -> None:
    """Ask another process of this run to stop, one that heeds signals too."""
    if _FORWARDED:
        with suppress(ProcessLookupError):
            os.kill(process, _FORWARDED)


_HUP = getattr(signal, "SIGHUP", None)  # the terminal was closed, unless that is to be ignored, as under nohup
_HANG_UP = (_HUP,) if _HUP and signal.getsignal(_HUP) is not signal.SIG_IGN else ()
_FORWARDED = getattr(signal, "SIGUSR1", None)  # not on Windows, where only the terminal asks
