"""Being asked to stop: SIGINT, SIGTERM and SIGHUP are noted, and heeded where stopping loses nothing.

A signal's own exception would be raised wherever Python happens to be, such as in Hypothesis' callbacks, which swallow
it. So the first signal only sets `STOP`; whoever sends or waits looks there. The second one leaves at once. A reader of
what the run says who has left, as `| head` does, asks it to stop, too.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO

_SAME = 0.1  # seconds: what comes so soon was sent to a process and its group at once, as `timeout` and shells do
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
        """Ask this process to stop, because of a signal, or of what would be one in a process without Python."""
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


def heed_signals(on_first: Callable[[], object], on_second: Callable[[], object]) -> None:
    """Note SIGINT, SIGTERM and SIGHUP: `on_first` is called at the first one, `on_second` before the process ends.

    A terminal that was closed asks nothing twice, although a shell and the system both tell of it. A worker is asked by
    its controller with SIGUSR1, since the terminal sends it SIGINT besides.
    """
    first = 0.0  # when the first signal came

    def note(number: int, _: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if first and (number in _HANG_UP or now - first < _SAME):
            return
        if first:
            try:
                on_second()
            finally:
                os._exit(STOP.exit_code)
        first = now
        STOP.ask(number)
        on_first()

    def forwarded(*_: object) -> None:
        STOP.ask(signal.SIGTERM)
        on_first()

    for number in (signal.SIGINT, signal.SIGTERM, *_HANG_UP):
        signal.signal(number, note)
    if _FORWARDED:
        signal.signal(_FORWARDED, forwarded)


def teller() -> Callable[[str], None]:
    """What says a line on stderr as it is now, whatever captures it later; it waits for nobody, and raises nothing.

    It may be called wherever a signal comes, since it goes past all that Python buffers.
    """
    stream = -1
    with suppress(OSError):  # there may be none
        stream = os.dup(2)

    def tell(line: str) -> None:
        with suppress(OSError, ValueError):
            if sys.platform == "win32" or select.select([], [stream], [], 0)[1]:
                os.write(stream, f"\n{line}\n".encode(errors="replace"))

    return tell


def forward(process: int) -> None:
    """Ask another process of this run to stop, one that heeds signals too."""
    if _FORWARDED:
        with suppress(ProcessLookupError):
            os.kill(process, _FORWARDED)


class Outlet:
    """A stream that a run speaks to while somebody hears it; then the run is asked to stop, and nothing is raised.

    It stops as by SIGPIPE (exit code 141), or by SIGHUP where the terminal was closed; `on_lost` is called then.
    """

    def __init__(self, stream: TextIO, on_lost: Callable[[], None]) -> None:
        self._stream, self._on_lost, self._lost = stream, on_lost, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, as far as anybody hears it."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, as far as anybody hears it."""
        self._try(self._stream.flush)

    def _try(self, do: Callable[[], object]) -> None:
        try:
            if not self._lost:
                do()
        except OSError as error:
            self._lost = True
            self._forget()
            STOP.ask(_HANG_UP[0] if _HANG_UP and error.errno == errno.EIO else _PIPE)
            self._on_lost()
            with suppress(OSError):
                sys.stderr.write(f"stopping, since what the run says cannot be written ({error.strerror})\n")

    def _forget(self) -> None:
        """Drop what is still to be written, or else Python would try to at its end, and fail."""
        with suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device
            os.dup2(nowhere.fileno(), self._stream.fileno())
            self._stream.flush()


_PIPE = getattr(signal, "SIGPIPE", 13)
_HUP = getattr(signal, "SIGHUP", None)  # the terminal was closed, unless that is to be ignored, as under nohup
_HANG_UP = (_HUP,) if _HUP and signal.getsignal(_HUP) is not signal.SIG_IGN else ()
_FORWARDED = getattr(signal, "SIGUSR1", None)  # not on Windows, where only the terminal asks
