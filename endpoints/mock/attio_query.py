"""Attio's filters and sorts, as far as the mock knows them.

A filter is an object whose every member must hold: an attribute, by slug or id, or `record_id`, with a value or with an
object of operators; or `$and` and `$or` with lists of filters and `$not` with one. What is not known here is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any, Final, Protocol

from endpoints.mock.wire import is_integer, is_number

MOST = 500
_ORDERED: Final = {"$lt": lt, "$lte": le, "$gt": gt, "$gte": ge}
_TEXTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "$contains": lambda text, part: part.casefold() in text.casefold(),
    "$starts_with": lambda text, part: text.casefold().startswith(part.casefold()),
    "$ends_with": lambda text, part: text.casefold().endswith(part.casefold()),
}
Condition = Callable[[Mapping[str, Any]], bool]


class FilterError(ValueError):
    """A body of a query that Attio, or this mock, does not take."""


class Named(Protocol):
    """An attribute by which records are looked for."""

    @property
    def slug(self) -> str: ...


def found(body: Mapping[str, Any], records: list[dict[str, Any]], attributes: Mapping[str, Named]) -> list[Any]:
    """The records that a query's body asks for, of those given oldest first; `attributes` by id and by slug.

    Raises FilterError.
    """
    unknown = set(body) - {"filter", "sorts", "limit", "offset"}
    if unknown:
        raise FilterError(f"the mock does not know {', '.join(sorted(unknown))}")
    limit, offset = body.get("limit", MOST), body.get("offset", 0)
    if not (is_integer(limit) and 0 < limit <= MOST and is_integer(offset) and offset >= 0):
        raise FilterError(f"limit must be an integer from 1 to {MOST}, and offset one from 0 on")
    filters = _Filters({name: attribute.slug for name, attribute in attributes.items()})
    try:
        holds = filters.condition(body.get("filter", {}))
        kept = [record for record in records if holds(record)]
    except RecursionError as error:
        raise FilterError("the filter is too deep") from error
    for sort in reversed(_members(body.get("sorts", []))):
        slug, descends = filters.sort(sort)
        kept.sort(key=lambda record, slug=slug: _sortable(_values(record, slug)), reverse=descends)  # type: ignore[misc]
    return kept[int(offset) :][: int(limit)]


class _Filters:
    """Filters over attributes whose slugs stand under every name that they have."""

    def __init__(self, slugs: Mapping[str, str]) -> None:
        self._slugs = slugs

    def condition(self, asked: Any) -> Condition:
        if not isinstance(asked, dict):
            raise FilterError("a filter must be an object")
        parts = [self._part(name, value) for name, value in asked.items()]
        return lambda record: all(part(record) for part in parts)

    def sort(self, asked: Any) -> tuple[str, bool]:
        known = isinstance(asked, dict) and set(asked) <= {"attribute", "direction", "field"}
        if not known or asked.get("direction") not in {"asc", "desc"} or asked.get("field", "value") != "value":
            raise FilterError("a sort has an attribute, and a direction, asc or desc")
        return self._slug(asked.get("attribute")), asked["direction"] == "desc"

    def _slug(self, name: Any) -> str:
        if not isinstance(name, str) or name not in self._slugs:
            raise FilterError(f"there is no attribute {name}")
        return self._slugs[name]

    def _part(self, name: str, value: Any) -> Condition:
        if name in {"$and", "$or"}:
            parts, both = [self.condition(member) for member in _members(value)], name == "$and"
            return lambda record: (all if both else any)(part(record) for part in parts)
        if name == "$not":
            part = self.condition(value)
            return lambda record: not part(record)
        slug = name if name == "record_id" else self._slug(name)
        asked = value if isinstance(value, dict) else {"$eq": value}
        if set(asked) in ({"value"}, {"option"}):  # the property of a value may be named
            return self._part(name, next(iter(asked.values())))
        checks = [_check(operator, operand) for operator, operand in asked.items()]
        return lambda record: all(check(_values(record, slug)) for check in checks)


def _check(operator: str, operand: Any) -> Callable[[list[Any]], bool]:
    """Whether an operator holds for any of the values that a record has."""
    if operator == "$not_empty" and isinstance(operand, bool):
        return lambda values: bool(values) == operand
    if operator == "$eq" and not isinstance(operand, dict | list):
        return lambda values: any(_same(value, operand) for value in values) if operand is not None else not values
    if operator == "$in":
        members = _members(operand)
        return lambda values: any(_same(value, member) for value in values for member in members)
    if operator in _TEXTS and isinstance(operand, str):
        return lambda values: any(isinstance(value, str) and _TEXTS[operator](value, operand) for value in values)
    if operator in _ORDERED and is_number(operand):
        return lambda values: any(is_number(value) and bool(_ORDERED[operator](value, operand)) for value in values)
    raise FilterError(f"the mock does not know the operator {operator} with this value")


def _members(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise FilterError("a list is expected in $and, $or, $in and sorts")
    return value


def _same(value: Any, other: Any) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _values(record: Mapping[str, Any], slug: str) -> list[Any]:
    """What a record holds under a slug: texts, numbers, booleans, and the titles of options."""
    if slug == "record_id":
        return [record["id"]["record_id"]]
    return [shown["option"]["title"] if "option" in shown else shown["value"] for shown in record["values"][slug]]


def _sortable(values: Sequence[Any]) -> tuple[bool, Any]:
    """What is empty comes before everything else."""
    return (True, values[0]) if values else (False, 0)
