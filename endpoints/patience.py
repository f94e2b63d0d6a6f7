"""When to wait for an endpoint, and when to give it up; for all threads and processes of a run together."""

from __future__ import annotations

import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import RLock
from typing import TextIO, TypeVar

from endpoints.stopping import STOP

if sys.platform != "win32":  # there each process keeps to its share of a rate instead
    import fcntl

T = TypeVar("T")
LONGEST_WAIT = 60  # seconds that a run waits when an endpoint asks it to
_MOST_IN_ALL = 600.0  # seconds that a process waits since a quota is spent, before it lets itself be answered 429

_PACE_FILE = "pace-"  # then the number of the process whose workers share it
_IN_A_ROW = 3  # unanswered requests before it is looked whether anybody is there
_HOPELESS_IN_A_ROW = 6  # although somebody is there
_HOPELESS = 30  # in all
_VAIN = 60.0  # seconds that several requests in a row have waited as they were asked to, and in vain
_PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds before each look: an outage of some seconds is waited out


class Patience:
    """Looks again until something is so, for at most so many seconds: reads may lag behind writes.

    Whoever waited in vain once waits no more: then it is not a matter of time. `late` counts what came after a while.
    """

    def __init__(self, seconds: float, pause: Callable[[], object]) -> None:
        self._seconds, self._pause = seconds, pause
        self.late = 0

    def until(self, look: Callable[[], T], is_so: Callable[[T], bool]) -> T:
        """What `look` finds once it is so, or at the end of all patience."""
        end, found, looks = time.monotonic() + self._seconds, look(), 1
        while not is_so(found) and time.monotonic() < end:
            self._pause()
            found, looks = look(), looks + 1
        if not is_so(found):
            self._seconds = 0
        elif looks > 1:
            self.late += 1
        return found


class Breaker:
    """Counts the requests of one host that had no whole answer, and says when to send no more.

    After a few in a row somebody looks, with growing pauses, whether the host answers at all. Nor is it waited without
    end for one that goes on asking to. `gave_up` says why nothing more is sent, and is empty while something is.
    """

    def __init__(self) -> None:
        self.gave_up = ""
        self._in_a_row = self._in_all = self._put_off = 0
        self._vain = 0.0
        self._lock = RLock()  # while one thread looks, the others wait for what it finds

    def answered(self) -> None:
        """A request was answered."""
        self._in_a_row = 0

    def put_off(self, status: int | None, waited: float) -> None:
        """A request has come to its last answer, after so many seconds of waiting as the answers before it asked to."""
        if status not in {429, 503}:
            self._put_off, self._vain = 0, 0.0
            return
        self._put_off, self._vain = self._put_off + 1, self._vain + waited
        if self._put_off > 1 and self._vain >= _VAIN:
            self._put_off, self._vain = 0, 0.0  # it may be looked again, whether it has come to its senses
            self.gave_up = f"the endpoint goes on answering {status}, although it was waited {_VAIN:.0f} s as it asked"

    def unanswered(self, why: str, is_there: Callable[[], bool]) -> None:
        """A request was not answered; `is_there` looks whether anything is."""
        with self._lock:
            self._look(why, is_there)

    def _look(self, why: str, is_there: Callable[[], bool]) -> None:
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


class Pace:
    """When the next request may be sent to a host: one rate, and one pause, for all that send there.

    The threads of a process share an object, and several processes a `file`; without one, or where it can no longer be
    used, each of so many `processes` keeps to its share of a rate. Requests are evenly spaced.
    """

    def __init__(self, file: Path | None = None, processes: int = 1) -> None:
        self.lock = RLock()
        self._file, self._processes = file, processes
        self._own: dict[str, float] = {}
        self.held_in_all = 0.0

    def wait(self, host: str, rate: int, *, cleaning: bool = False) -> None:
        """Wait for the next free place of a rate, in requests a second (0: none), and for the end of a pause.

        When the run is asked to stop, what is `cleaning` still keeps to the rate, and nothing else may be sent.
        """
        while (left := self._times().get(host, 0.0) - time.monotonic()) > 0 and not STOP:
            STOP.wait(left)
        if rate:
            with self._shared() as times:
                place = max(times.get("", 0.0), time.monotonic())
                times[""] = place + (1 if self._file else self._processes) / rate
            (time.sleep if cleaning else STOP.wait)(max(place - time.monotonic(), 0.0))

    def hold(self, host: str, seconds: float) -> None:
        """Send nothing more to a host for so long."""
        with self._shared() as times:
            times[host] = max(times.get(host, 0.0), time.monotonic() + seconds)

    def hold_for_quota(self, host: str, seconds: float) -> None:
        """Send nothing more until a quota begins anew, if that is soon, and was not asked for without end."""
        if 0 < seconds <= LONGEST_WAIT and self.held_in_all < _MOST_IN_ALL:
            self.held_in_all += seconds
            self.hold(host, seconds)

    def _times(self) -> Mapping[str, float]:
        if not self._file:
            return self._own
        with self._shared() as times:
            return dict(times)

    @contextmanager
    def _shared(self) -> Iterator[dict[str, float]]:
        """The moments (monotonic, which is the machine's) before which nothing is sent: of a rate, and of hosts."""
        with self.lock:
            stream = self._locked(self._file) if self._file else None
            before = dict(self._own)
            yield self._own
            if stream:
                self._write_back(stream, changed=self._own != before)

    def _locked(self, file: Path) -> TextIO | None:
        """The file of all processes, once it is this one's turn, and what it says read; None where that cannot be."""
        try:
            stream = file.open("a+", encoding="utf-8")  # made anew where somebody has cleaned it away
        except OSError:
            self._file = None
            return None
        try:
            fcntl.flock(stream, fcntl.LOCK_EX)
            stream.seek(0)
            self._own = {str(host): float(moment) for host, moment in json.loads(stream.read() or "{}").items()}
        except (OSError, ValueError, TypeError, AttributeError):  # as when somebody else has written into it
            stream.close()
            self._file = None
            return None
        return stream

    def _write_back(self, stream: TextIO, *, changed: bool) -> None:
        try:
            with stream:
                if changed:
                    stream.truncate(0)
                    json.dump(self._own, stream)
        except OSError:  # there is no room any more
            self._file = None


def shared_pace(folder: Path) -> Path:
    """The file of a folder by which the workers of this process keep to one rate; those of killed runs are removed."""
    for file in folder.glob(f"{_PACE_FILE}*"):
        if file.name == f"{_PACE_FILE}{os.getpid()}" or not _runs(file.name.removeprefix(_PACE_FILE)):
            file.unlink(missing_ok=True)
    return (folder / f"{_PACE_FILE}{os.getpid()}").absolute()


def _runs(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except PermissionError:  # it is somebody else's
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True


def asked_pause(status: int | None, headers: Mapping[str, str], times: int) -> float | None:
    """How many seconds an answer asks to wait before the same is sent again, or None where it doesn't ask to.

    Retry-After goes before what is told of quotas; where neither says anything, 429 asks for longer each time.
    """
    said = headers.get("retry-after")
    if status not in {429, 503} or (status == 503 and said is None):
        return None
    wait = retry_after(said) if said is not None else spent_for(headers, anyhow=True)
    return wait if wait is not None and (wait or said) else 0.5 * 2**times


_QUOTA = re.compile(r"(?:[\w-]+-)?rate-?limit(?:-(?!policy)[\w-]+)?")
_LEFT = re.compile(r"\b(?:r|remaining)\s*=\s*(\d{1,15})\b", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:t|resets?)\s*=\s*(\d{1,15})\b", re.IGNORECASE)


def spent_for(headers: Mapping[str, str], *, anyhow: bool = False) -> float:
    """For how many seconds a quota is spent, by what an answer tells of it; `anyhow`, where none is, until one resets.

    The forms: `RateLimit: "default";r=0;t=30` (draft-ietf-httpapi-ratelimit-headers-10), `remaining=0, reset=30` (its
    07, and some vendors), and pairs such as `X-RateLimit-Remaining` and `X-RateLimit-Reset`. A reset is in seconds, or
    a moment of Unix time in seconds or milliseconds, which is read by the answer's own date.
    """
    named = {name: value for name, value in headers.items() if len(name) < 100 and _QUOTA.fullmatch(name)}
    parts = [part for value in named.values() for part in re.split(r',(?=\s*")', value)]
    both = ((_LEFT.search(part), _UNTIL.search(part)) for part in parts)
    pairs = [(left[1], until[1]) for left, until in both if left and until]
    for name, value in named.items():
        if name.endswith("-remaining"):
            stem = name.removesuffix("-remaining")
            resets = (named.get(f"{stem}{end}", "") for end in ("-reset", "-reset-after"))
            pairs.append((value.strip(), next(filter(None, resets), "").strip()))
    now = _moment(headers.get("date", "")) or datetime.now(UTC)
    seconds = [(_is_number(left) and not float(left), _seconds(until, now)) for left, until in pairs]
    longest = max((one for is_spent, one in seconds if is_spent), default=0.0)
    return longest or (min((one for _, one in seconds), default=0.0) if anyhow else 0.0)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d{1,15}(\.\d{1,15})?", text) is not None


def _seconds(until: str, now: datetime) -> float:
    if not _is_number(until):
        return 0.0
    value = float(until)
    if value > 10**11:
        value /= 1000
    return max(value - now.timestamp(), 0.0) if value > 10**8 else value


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
    moment = _moment(date)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0) if moment else None


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # the zone -0000, or none
