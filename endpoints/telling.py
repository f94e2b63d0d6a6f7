"""How a record is told from others: by some of the values that were sent, whatever else an endpoint makes of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from contracts.model import Json
from contracts.schema import members_of
from endpoints.ledger import Scalar

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d")
_MOST_SHOWN, _FEWEST_SHOWN = 16, 3  # values that a ledger keeps of a request, and of each of its records at least
TELLING = 8  # characters of a value that nobody else has by chance
_NUMBER = re.compile(r"-?\d+(\.\d+)?e[+-]?\d{1,4}|-?\d+\.\d+|-?\d{18,}", re.IGNORECASE)  # with spellings of its own


def shown_values(records: list[Json]) -> Iterator[tuple[Scalar, ...]]:
    """Some values of each record of a request, by which it can be told from another's: the longest, each cut.

    Moments are none of them, since endpoints keep them in a time zone and a precision of their own.
    """
    most = max(_MOST_SHOWN // max(len(records), 1), _FEWEST_SHOWN)
    for record in records:
        kept = (
            v.encode(errors="replace").decode()[:200] if isinstance(v, str) else v
            for v in leaves(record)
            if v is not None and not _MOMENT.match(str(v))
        )
        values = {str(v).strip(): v for v in kept}
        ranked = sorted((v for text, v in values.items() if text), key=lambda v: (-len(str(v)), str(v)))
        yield tuple(ranked[:most])


def shows(record: Json, sent: tuple[tuple[Scalar, ...], ...]) -> bool:
    """Whether a record shows at least half of the values of one that was sent; when none had any, nothing is asked.

    Longer ones weigh more: any record has a 1 somewhere.
    """
    here = [_plain(value) for value in leaves(record) if value is not None]
    whole = "\n".join(here)

    def found(value: Scalar) -> bool:
        return _plain(value) in here or (len(str(value)) > 2 and _plain(value) in whole)

    told = [values for values in sent if values]
    return not told or any(2 * _weight(filter(found, values)) >= _weight(values) for values in told)


def _weight(values: Iterable[Scalar]) -> int:
    return sum(min(len(str(value)), TELLING) for value in values)


def objects(node: Json) -> Iterator[Mapping[str, Json]]:
    """Every object within a JSON value."""
    if isinstance(node, Mapping):
        yield node
    for _, member in members_of(node):
        yield from objects(member)


def leaves(node: Json) -> Iterator[Json]:
    """Every string, number and null of a JSON value; true and false tell nothing of whose it is."""
    for _, member in members_of(node):
        yield from leaves(member)
    if not isinstance(node, bool | Mapping | list | tuple):
        yield node


def _plain(value: Json) -> str:
    """A value as it is compared: a number in one spelling, be it kept as a text, and a text without case and form."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return unicodedata.normalize("NFKC", str(value)).casefold().strip()
