"""What differs between two records of one contract, told apart from chance: statuses, headers, media types, shapes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reports.drift.changes import Change, Class, unlikely
from reports.drift.records import Key, Section
from suites.inference import MISSING

_WARNING_HEADERS = re.compile(r"deprecation|sunset|(x-)?rate-?limit.*", re.IGNORECASE)
_CONTAINERS = {"array", "object"}


class Differences:
    """The differences of one contract before and after.

    `renumbered` has for a situation and a status the one that is answered instead; `too_few` says what could not be
    told from chance.
    """

    def __init__(self, before: Section, after: Section) -> None:
        self.before, self.after = before, after
        self.too_few: list[str] = []
        self.renumbered: dict[tuple[str, str], str] = {}

    def changes(self) -> list[Change]:
        """Everything that has changed, statuses first."""
        return [*self._statuses(), *self._answers(), *self._notes()]

    def _flips(self, before: tuple[int, int], after: tuple[int, int], what: str) -> bool:
        """Whether a share has changed by more than chance; where there is too little to tell, that is noted."""
        (k, n), (other_k, other_n) = before, after
        if not n or not other_n or _share(k, n) == _share(other_k, other_n):
            return False
        if unlikely(k, n, other_k, other_n):
            return True
        if not unlikely(0, n, other_n, other_n):
            self.too_few.append(
                f"{self.after.name}: {what}: in {k} of {n} exchanges before, in {other_k} of {other_n} now"
            )
        return False

    def _statuses(self) -> Iterator[Change]:
        for situation in _situations(self.before.seen, self.after.seen):
            key = (situation, "", "status", "")
            total, other_total = self.before.count(key), self.after.count(key)
            old, new = self.before.seen.get(key, {}), self.after.seen.get(key, {})
            flipped = [
                status
                for status in sorted(old.keys() | new.keys())
                if (status in old) != (status in new)
                and self._flips(
                    (old.get(status, 0), total),
                    (new.get(status, 0), other_total),
                    _named(situation, f"status {status}"),
                )
            ]
            gone, come = [s for s in flipped if s in old], [s for s in flipped if s in new]
            for status in gone:
                into = next((s for s in come if s[0] == status[0]), None)
                if into:
                    come.remove(into)
                    self.renumbered[situation, status] = into
                    says = f"What was answered {status} is answered {into} now."
                    impact = Class.BREAKING if status[0] == "2" else Class.RISKY
                    both = (f"{status} {_of((old[status], total))}", f"{into} {_of((new[into], other_total))}")
                    yield Change((situation, status, "status", into), "renumbered", says, impact, *both, into)
                else:
                    says = f"Nothing is answered {status} any more."
                    yield self._status(situation, status, says, old[status], total, 0, other_total)
            for status in come:
                says = f"Some requests are answered {status} now."
                yield self._status(situation, status, says, 0, total, new[status], other_total)

    def _status(self, situation: str, status: str, says: str, k: int, n: int, other_k: int, other_n: int) -> Change:
        key = (situation, status, "status", "")
        return Change(key, "status", says, Class.RISKY, _of((k, n)), _of((other_k, other_n)), status)

    def _answers(self) -> Iterator[Change]:
        """What differs in the answers of one status of one situation."""
        statuses = sorted({key[:2] for key in self.before.seen if key[1]})
        for situation, status in statuses:
            now = self.renumbered.get((situation, status), status)
            total = self._exchanges(self.before, situation, status)
            other_total = self._exchanges(self.after, situation, now)
            if total and other_total:
                yield from self._headers(situation, status, now, (total, other_total))
                yield from self._media_types(situation, status, now, (total, other_total))
                yield from self._places(situation, status, now)

    @staticmethod
    def _exchanges(section: Section, situation: str, status: str) -> int:
        return section.seen.get((situation, "", "status", ""), {}).get(status, 0)

    def _both(
        self, situation: str, status: str, now: str, about: str
    ) -> Iterator[tuple[str, dict[str, int], dict[str, int]]]:
        """Each place of either side with what was seen there."""
        old = {key[3]: seen for key, seen in self.before.seen.items() if key[:3] == (situation, status, about)}
        new = {key[3]: seen for key, seen in self.after.seen.items() if key[:3] == (situation, now, about)}
        for place in sorted(old.keys() | new.keys()):
            yield place, old.get(place, {}), new.get(place, {})

    def _headers(self, situation: str, status: str, now: str, totals: tuple[int, int]) -> Iterator[Change]:
        for name, old, new in self._both(situation, status, now, "header"):
            for saw in sorted(old.keys() | new.keys()):
                counts = (old.get(saw, 0), totals[0]), (new.get(saw, 0), totals[1])
                if self._flips(*counts, _named(situation, f"header {name} in {status}")):
                    impact = Class.RISKY if saw in new and _WARNING_HEADERS.fullmatch(name) else Class.ADDITIVE
                    shown = f"{name}: {saw}" if saw != "is sent" else name
                    says = f"The header `{shown}` is {_adverb(*counts)}."
                    key = (situation, status, "header", name)
                    yield Change(key, "header", says, impact, _of(counts[0]), _of(counts[1]), saw)

    def _media_types(self, situation: str, status: str, now: str, totals: tuple[int, int]) -> Iterator[Change]:
        for _, before, after in self._both(situation, status, now, "media type"):
            old, new = _without_parameters(before), _without_parameters(after)
            lost, won = self._exchanged(old, new, totals, _named(situation, f"media type of {status}"))
            if lost or won:
                says = f"Answers {status} are sent as {_any(new)} now, not as {_any(old)}."
                key = (situation, status, "media type", "")
                impact = Class.BREAKING if won else Class.ADDITIVE
                yield Change(key, "media type", says, impact, _any(old), _any(new), (won or [""])[0])

    def _places(self, situation: str, status: str, now: str) -> Iterator[Change]:
        """What differs in the shape of the answers, from the root downwards."""
        left_out: list[str] = []
        for place, old, new in self._both(situation, status, now, "type"):
            if any(place.startswith((f"{gone}.", f"{gone}[")) for gone in left_out):
                continue
            counts = (
                self._presence(self.before, situation, status, place),
                self._presence(self.after, situation, now, place),
            )
            what = _named(situation, f"`{place}` in {status}")
            key = (situation, status, "type", place)
            if not place.endswith("[*]") and self._flips(*counts, what):
                yield replace(_presence_change(key, counts), saw=next(iter(new), ""))
            if not (old and new):
                left_out.append(place)
                continue
            yield from self._types(key, old, new, what)
            if _CONTAINERS & _by_type(old).keys() != _CONTAINERS & _by_type(new).keys():
                left_out.append(place)  # what is gone below it has that cause
            yield from self._forms(key, now, (sum(old.values()), sum(new.values())), what)

    def _presence(self, section: Section, situation: str, status: str, place: str) -> tuple[int, int]:
        """In how many exchanges an attribute is there, and in how many it could be there."""
        there = section.count((situation, status, "type", place))
        parent = section.seen.get((situation, status, "type", parent_of(place)), {})
        could = sum(times for types, times in parent.items() if {"object", "array"} & set(types.split(" or ")))
        if place == "$":
            could = self._exchanges(section, situation, status)
        return there, could

    def _types(self, key: Key, old: dict[str, int], new: dict[str, int], what: str) -> Iterator[Change]:
        totals = (sum(old.values()), sum(new.values()))
        lost, won = self._exchanged(_by_type(old), _by_type(new), totals, f"type of {what}")
        if not (lost or won):
            return
        place, status = key[3], key[1]
        both = _any(old), _any(new)
        if won == [MISSING]:
            says = f"`{place}` is missing from some members of its list in {status} answers."
            kind, impact = "optional", Class.BREAKING
        elif won == ["null"]:
            kind, says, impact = "nullable", f"`{place}` may be null in {status} answers.", Class.BREAKING
        elif won:
            kind, says = "type", f"`{place}` in {status} answers is {both[1]} now; it was {both[0]}."
            impact = Class.BREAKING
        else:
            kind, says = "type", f"`{place}` in {status} answers is no longer {' or '.join(lost)}."
            impact = Class.ADDITIVE
        saw = next((types for types in new if set(won) & set(types.split(" or "))), next(iter(new)))
        yield Change(key, kind, says, impact, *both, saw)

    def _forms(self, key: Key, now: str, totals: tuple[int, int], what: str) -> Iterator[Change]:
        situation, status, _, place = key
        for about in ("form", "value"):
            old = self.before.seen.get((situation, status, about, place), {})
            new = self.after.seen.get((situation, now, about, place), {})
            lost, won = self._exchanged(old, new, totals, f"{about} of {what}")
            if not (lost or won):
                continue
            own = (situation, status, about, place)
            if about == "value":
                told = f"has the new value {' and '.join(won)}" if won else f"is no longer {' or '.join(lost)}"
                says = f"`{place}` {told} in {status} answers."
            else:
                says = f"`{place}` in {status} answers is written as {_any(new)}; it was {_any(old)}."
            impact = Class.RISKY if won or about == "form" else Class.ADDITIVE
            yield Change(own, about, says, impact, _any(old), _any(new), (won or [""])[0])

    def _notes(self) -> Iterator[Change]:
        """What tests saw where the page is silent, and what does not belong to one status."""
        keys = {
            k for k in self.before.seen.keys() & self.after.seen.keys() if not k[1] and k[2] not in {"status", "haste"}
        }
        for key in sorted(keys):
            old, new = self.before.seen[key], self.after.seen[key]
            lost, won = self._exchanged(old, new, (sum(old.values()), sum(new.values())), _named(key[0], key[2]))
            if lost or won:
                says = f"{key[2][0].upper()}{key[2][1:]}: {_any(new)}; it was {_any(old)}."
                yield Change(key, "note", says, Class.RISKY, _any(old), _any(new), (won or [""])[0])

    def _exchanged(
        self, old: Mapping[str, int], new: Mapping[str, int], totals: tuple[int, int], what: str
    ) -> tuple[list[str], list[str]]:
        """What is seen no more, and what is new."""
        flipped = [
            saw
            for saw in sorted(old.keys() | new.keys())
            if (saw in old) != (saw in new)
            and self._flips((old.get(saw, 0), totals[0]), (new.get(saw, 0), totals[1]), f"{what}, {saw}")
        ]
        return [saw for saw in flipped if saw in old], [saw for saw in flipped if saw in new]


def _share(k: int, n: int) -> str:
    return "never" if not k else "always" if k == n else "sometimes"


def _presence_change(key: Key, counts: tuple[tuple[int, int], tuple[int, int]]) -> Change:
    place, status = key[3], key[1]
    (k, n), (other_k, other_n) = counts
    if not other_k:
        kind, says, impact = "vanished", f"`{place}` is gone from {status} answers.", Class.BREAKING
    elif not k:
        kind, says, impact = "appeared", f"`{place}` is new in {status} answers.", Class.ADDITIVE
    elif k == n:
        kind, says, impact = "optional", f"`{place}` is missing from some {status} answers.", Class.BREAKING
    else:
        kind, says, impact = "always", f"`{place}` is in every {status} answer now.", Class.ADDITIVE
    return Change(key, kind, says, impact, _of((k, n)), _of((other_k, other_n)))


def _situations(*seen: Mapping[Key, Any]) -> list[str]:
    return sorted({key[0] for one in seen for key in one})


def _named(situation: str, what: str) -> str:
    return f"{what} ({situation})" if situation else what


def _of(count: tuple[int, int]) -> str:
    return f"in {count[0]} of {count[1]} exchanges"


def _adverb(before: tuple[int, int], after: tuple[int, int]) -> str:
    return f"{_share(*after)} sent now; it was {_share(*before)}"


def _any(saw: Mapping[str, int]) -> str:
    return " or ".join(sorted(saw)) or "nothing of note"


def parent_of(place: str) -> str:
    return re.sub(r"(\.\w+|\[[^\]]*\])$", "", place)


def _by_type(counts: Mapping[str, int]) -> dict[str, int]:
    """The number of exchanges that showed each single type; to JSON 23 and 23.4 are of one type, number."""
    single: dict[str, int] = {}
    for types, times in counts.items():
        for name in {"number" if name == "integer" else name for name in types.split(" or ")}:
            single[name] = single.get(name, 0) + times
    return single


def _without_parameters(counts: Mapping[str, int]) -> dict[str, int]:
    """Media types without parameters such as a charset, which mean the same to a client that reads JSON."""
    bare: Counter[str] = Counter()
    for media_type, times in counts.items():
        bare[media_type.partition(";")[0].strip().lower()] += times
    return dict(bare)
