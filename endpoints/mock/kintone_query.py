"""Kintone's query language, as far as the mock knows it: conditions, `order by`, `limit` and `offset`.

    [condition {and|or condition}] [order by field [asc|desc] {, …}] [limit n] [offset n]

`and` binds closer than `or`, and parentheses group. What is not known here, such as functions (`TODAY()`), is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

Record = Mapping[str, Mapping[str, Any]]  # field code to `{"type": …, "value": …}`, as a record is read
Condition = Callable[[Record], bool]

DEFAULT_LIMIT, MOST, FURTHEST = 100, 500, 10_000
_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(>=|<=|!=|[=<>(),])|([^\s"=!<>(),]+))')
_ORDERED: Final = {"=": eq, "!=": ne, ">": gt, "<": lt, ">=": ge, "<=": le}
_LISTS = ("in", "not in")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "__ID__": (*_ORDERED, *_LISTS),
    "SINGLE_LINE_TEXT": ("=", "!=", *_LISTS, "like", "not like"),
    "NUMBER": (*_ORDERED, *_LISTS),
    "CALC": (*_ORDERED, *_LISTS),
    "DROP_DOWN": _LISTS,
    "CREATOR": _LISTS,
    "MODIFIER": _LISTS,
    "CREATED_TIME": tuple(_ORDERED),
    "UPDATED_TIME": tuple(_ORDERED),
    "STATUS": ("=", "!=", *_LISTS),
}  # by type of field; none for types that cannot be asked for
_NUMBERS, _TIMES, _USERS = {"__ID__", "NUMBER", "CALC"}, {"CREATED_TIME", "UPDATED_TIME"}, {"CREATOR", "MODIFIER"}


class QueryError(ValueError):
    """A query that kintone, or this mock, does not take; `code` is kintone's."""

    def __init__(self, message: str, code: str = "GAIA_QU01") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Query:
    """A query that was understood: which records, in which order, and how many of them from which on."""

    condition: Condition
    order: Sequence[tuple[str, bool]]  # field code, and whether it descends
    limit: int = DEFAULT_LIMIT
    offset: int = 0

    def found(self, records: Sequence[Record]) -> list[Record]:
        """All the records that the condition holds for, in order; without `order by` the newest first."""
        found = [record for record in records if self.condition(record)]
        for code, descends in reversed([*self.order, ("$id", True)]):
            found.sort(key=lambda record, code=code: _sortable(record[code]), reverse=descends)  # type: ignore[misc]
        return found

    def page(self, found: list[Record]) -> list[Record]:
        """What of these `limit` and `offset` leave."""
        return found[self.offset : self.offset + self.limit]


def parse_query(text: str, types: Mapping[str, str]) -> Query:
    """Read a query on an app whose fields have these types, by code; raises QueryError."""
    try:
        return _Parser(_tokens(text), types).query()
    except RecursionError as error:
        raise QueryError("The query has too many parentheses.") from error


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise QueryError(f"The query cannot be read from {text[at:].strip()[:20]!r} on.")
        tokens.append(match[0].strip())
        at = match.end()
    return tokens


class _Parser:
    """A parser by recursive descent; each method takes its own part from the front of the tokens."""

    def __init__(self, tokens: list[str], types: Mapping[str, str]) -> None:
        self._tokens, self._types = tokens, types

    def query(self) -> Query:
        condition: Condition = lambda _: True  # noqa: E731 - no query, every record
        if self._next() not in {"", "order", "limit", "offset"}:
            condition = self._any()
        order = self._order() if self._took("order") else []
        limit = self._count(MOST) if self._took("limit") else DEFAULT_LIMIT
        offset = self._count(FURTHEST) if self._took("offset") else 0
        if self._tokens:
            raise QueryError(f"The query cannot be read from {self._tokens[0]!r} on.")
        return Query(condition, order, limit, offset)

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._took("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda record: any(part(record) for part in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._took("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda record: all(part(record) for part in parts)

    def _one(self) -> Condition:
        if self._took("("):
            grouped = self._any()
            self._expect(")")
            return grouped
        code = self._field()
        operator = self._operator()
        kind = self._types[code]
        if operator not in OPERATORS.get(kind, ()):
            raise QueryError(f"The operator {operator} cannot be used with the field {code} ({kind}).", "GAIA_IQ03")
        operands = [_comparable(kind, value) for value in self._values(operator in _LISTS)]
        return lambda record: _holds(operator, _value(record[code]), operands)

    def _field(self) -> str:
        code = self._take()
        if code not in self._types:
            raise QueryError(f"There is no field {code}.", "GAIA_IQ11")
        return code

    def _operator(self) -> str:
        word = self._take().lower()
        return f"{word} {self._take().lower()}" if word in {"not", "is"} else word

    def _values(self, several: bool) -> list[str]:
        if not several:
            return [self._literal()]
        self._expect("(")
        values = [self._literal()]
        while self._took(","):
            values.append(self._literal())
        self._expect(")")
        return values

    def _literal(self) -> str:
        token = self._take()
        if token.startswith('"'):
            return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)
        if _number(token) is None or self._next() == "(":
            raise QueryError(f"{token} is no string in quotes and no number; the mock knows no functions.")
        return token

    def _order(self) -> list[tuple[str, bool]]:
        self._expect("by")
        order: list[tuple[str, bool]] = []
        while not order or self._took(","):
            code = self._field()
            if self._types[code] not in OPERATORS:
                raise QueryError(f"Records cannot be put in the order of {code}.", "GAIA_IQ07")
            order.append((code, not self._took("asc")))
            self._took("desc")
        return order

    def _count(self, most: int) -> int:
        token = self._take()
        if not re.fullmatch(r"[0-9]{1,9}", token) or int(token) > most:
            raise QueryError(f"{token} must be a whole number of at most {most}.")
        return int(token)

    def _next(self) -> str:
        return self._tokens[0].lower() if self._tokens else ""

    def _took(self, word: str) -> bool:
        if self._next() != word:
            return False
        self._tokens.pop(0)
        return True

    def _take(self) -> str:
        if not self._tokens:
            raise QueryError("The query ends too early.")
        return self._tokens.pop(0)

    def _expect(self, word: str) -> None:
        if not self._took(word):
            raise QueryError(f"{word} is missing before {self._next() or 'the end'!r}.")


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _comparable(kind: str, value: str) -> Any:
    """A value as it is compared, None for nothing; raises QueryError for one that fields of this type cannot have."""
    if value == "":
        return None
    if kind in _NUMBERS:
        if _number(value) is None:
            raise QueryError(f"{value!r} is no number.", "GAIA_IQ10")
        return _number(value)
    if kind in _TIMES:
        try:
            return datetime.fromisoformat(value).astimezone()
        except ValueError as error:
            raise QueryError(f"{value!r} is no time such as 2012-02-03T09:00:00+0900.", "GAIA_IQ10") from error
    return value


def _value(field: Mapping[str, Any]) -> Any:
    value, kind = field["value"], field["type"]
    if kind in _USERS:
        return value["code"]
    try:
        return _comparable(kind, "" if value is None else str(value))
    except QueryError:  # the mock takes any text for a time
        return None


def _holds(operator: str, value: Any, operands: Sequence[Any]) -> bool:
    if operator in _LISTS:
        return (value in operands) == (operator == "in")
    if operator in {"like", "not like"}:
        contains = str(operands[0] or "").casefold() in str(value or "").casefold()
        return contains == (operator == "like")
    if operator in {"=", "!="}:
        return bool(_ORDERED[operator](value, operands[0]))
    return value is not None and operands[0] is not None and bool(_ORDERED[operator](value, operands[0]))


def _sortable(field: Mapping[str, Any]) -> tuple[bool, Any]:
    """What is empty comes before everything else."""
    value = _value(field)
    return (True, value) if value is not None else (False, 0)
