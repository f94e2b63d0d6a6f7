"""Whether a value that was found is the one that was sent: meaning is compared, and not spelling.

The one place that decides it, for all contracts. Nothing is sent here.

=====================================================  ============================================  ==============
sent                                                   found                                         likeness
=====================================================  ============================================  ==============
any JSON value                                         the equal one (7 is 7.0; true is not 1)       unchanged
a number, or a text that is one                        the other, of the same amount                 alike
a timestamp                                            the same moment, at another offset            alike
a timestamp                                            the moment without its seconds, or fraction   alike
nothing: null, or empty text, list or object           nothing, written otherwise, or left out       alike
an object                                              its members, each alike, and others besides   alike
a list                                                 its members in another order                  alike
a value                                                a list of it alone; or the other way round    alike
text                                                   blanks around it lost, or NFC, NFD, NFKC      respelled
anything                                               anything else                                 other
=====================================================  ============================================  ==============

A list or an object is as much like another as its least alike member. What is `alike` accuses nobody; what is
`respelled` breaks what a page implies; where a page says *unchanged*, nothing else will do.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from enum import StrEnum

from contracts.model import Json

_MOST_ORDERED = 200  # members of a list that are looked for in any order
_FEWEST_DIGITS = 8  # of a timestamp: a shorter text may be a number or a word
_NOTHING: tuple[Json, ...] = (None, "", [], {})


class Likeness(StrEnum):
    """How much a value is like another, from most to least."""

    UNCHANGED = "unchanged"
    ALIKE = "alike"
    RESPELLED = "respelled"
    OTHER = "other"

    @property
    def distance(self) -> int:
        """0 for unchanged to 3 for other."""
        return list(Likeness).index(self)


def likeness(found: Json, sent: Json) -> Likeness:
    """How much what was found is like what was sent, by the table above."""
    if is_nothing(sent) and is_nothing(found):
        return Likeness.UNCHANGED if type(sent) is type(found) else Likeness.ALIKE
    if isinstance(sent, Mapping) and isinstance(found, Mapping):
        return _of_objects(found, sent)
    if isinstance(sent, list) and isinstance(found, list):
        return _of_lists(found, sent)
    if isinstance(sent, list) != isinstance(found, list):
        one, other = (found, [sent]) if isinstance(found, list) else ([found], sent)
        alone = len(one) == len(other) == 1
        return least([Likeness.ALIKE, likeness(one[0], other[0])]) if alone else Likeness.OTHER
    return _of_scalars(found, sent)


def is_nothing(value: Json) -> bool:
    """Whether a value says that there is none: null, or empty text, list or object."""
    return any(type(value) is type(nothing) and value == nothing for nothing in _NOTHING)


def closest(candidates: list[Json], sent: Json) -> Likeness:
    """The likeness of the candidate that is most like what was sent; other when there is none."""
    return min((likeness(one, sent) for one in candidates), key=lambda one: one.distance, default=Likeness.OTHER)


def least(likenesses: list[Likeness]) -> Likeness:
    """The likeness of the whole, given those of its parts."""
    return max(likenesses, key=lambda one: one.distance, default=Likeness.UNCHANGED)


def moment_of(text: Json) -> datetime | None:
    """The moment that a text names with its offset: ISO 8601 in any form, or as mail and HTTP write it; else None."""
    if not isinstance(text, str) or sum(map(str.isdigit, text)) < _FEWEST_DIGITS:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            return moment.astimezone(UTC) if moment.tzinfo else None
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _of_objects(found: Mapping[str, Json], sent: Mapping[str, Json]) -> Likeness:
    own = Likeness.UNCHANGED if found.keys() == sent.keys() else Likeness.ALIKE
    return least([own, *(likeness(found.get(name), value) for name, value in sent.items())])


def _of_lists(found: list[Json], sent: list[Json]) -> Likeness:
    if len(found) != len(sent):
        return Likeness.OTHER
    in_order = least([likeness(one, other) for one, other in zip(found, sent, strict=True)])
    if in_order is not Likeness.OTHER or len(sent) > _MOST_ORDERED:
        return in_order
    left, parts = list(found), [Likeness.ALIKE]
    for value in sent:
        best = min(left, key=lambda one: likeness(one, value).distance)
        parts.append(likeness(best, value))
        left.remove(best)
    return least(parts)


def _of_scalars(found: Json, sent: Json) -> Likeness:
    if isinstance(found, bool) or isinstance(sent, bool) or found is None or sent is None:
        return Likeness.UNCHANGED if found is sent else Likeness.OTHER
    if found == sent:
        return Likeness.UNCHANGED
    if _is_same_amount(found, sent) or _is_same_moment(found, sent):
        return Likeness.ALIKE
    if isinstance(found, str) and isinstance(sent, str) and _is_same_text(found, sent):
        return Likeness.RESPELLED
    return Likeness.OTHER


def _is_same_amount(found: Json, sent: Json) -> bool:
    amounts = _amount(found), _amount(sent)
    return None not in amounts and amounts[0] == amounts[1]


def _amount(value: Json) -> Decimal | None:
    """A number, or a text that is one, as it stands: 0.1 and not its nearest double."""
    if not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _is_same_moment(found: Json, sent: Json) -> bool:
    kept, meant = moment_of(found), moment_of(sent)
    if kept is None or meant is None:
        return False
    return abs(kept - meant) < timedelta(seconds=1) or kept == meant.replace(second=0, microsecond=0)


def _is_same_text(found: str, sent: str) -> bool:
    forms = {unicodedata.normalize(form, sent) for form in ("NFC", "NFD", "NFKC")}
    return found in {sent.strip(), *forms, *(form.strip() for form in forms)}
