"""Who judges what is drawn: the `jsonschema` package, with all the formats, and whose fault it finds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from contracts.contract import Contract
from contracts.dialect import CHECKED
from contracts.keywords import redundant_keywords
from contracts.model import Clause, Json, Schema
from contracts.patterns import JUDGE
from contracts.schema import Same
from strategies.errors import StrategyError
from strategies.quiet import Quiet
from strategies.request import stands_for

_OWN = {  # formats for which jsonschema would need packages that the project does without
    "time": r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)",
    "hostname": r"(?=.{1,253}$)(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*",
    "duration": r"P(?=.)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)",
    "json-pointer": r"(/([^~/]|~[01])*)*",
    "relative-json-pointer": r"(0|[1-9]\d*)(#|(/([^~/]|~[01])*)*)",
    "uri-reference": r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*",
    "byte": r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "idn-email": r"[^@\s]+@[^@\s]+",
}
_MOST = 40  # errors that are looked at


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return not isinstance(value, str) or pattern.fullmatch(value) is not None


FORMATS = FormatChecker(sorted(CHECKED - _OWN.keys()))
for _name, _pattern in _OWN.items():
    FORMATS.checks(_name)(Quiet(_matches, re.compile(_pattern)))


@FORMATS.checks("regex", (re.error, RecursionError, OverflowError))  # of which jsonschema knows the first
def _is_regex(value: object) -> bool:
    return not isinstance(value, str) or bool(re.compile(value))


def judge(schema: Schema) -> Draft202012Validator:
    """The validator of a schema, made once for each object."""
    return _validator(Same(schema))


@cache
def _validator(of: Same) -> Draft202012Validator:
    return JUDGE(of.schema, format_checker=FORMATS)  # type: ignore[no-any-return]


def keeps(schema: Schema, value: Json) -> bool:
    """Whether a value is valid under a schema; raises StrategyError for one that asks itself about the same value."""
    try:
        return judge(schema).is_valid(value)
    except RecursionError:
        raise StrategyError("its references lead back to itself without end, or nest too deeply") from None


Places = frozenset[tuple[tuple[str | int, ...], ...]]  # of errors: in the instance, and in the schema


def breaks_alone(contract: Contract, clause: Clause, parts: Mapping[str, Json], known: Places = frozenset()) -> bool:
    """Whether a request's parts are invalid, and nothing but the clause's keyword, and what contains it, complains.

    What is `known` to be wrong with the request that it was made from counts for nothing.
    """
    errors = [error for error in _errors(contract, parts) if _place(error) not in known]
    return bool(errors) and _all_due_to(clause, errors, contract.request_schema)


def known_errors(contract: Contract, parts: Mapping[str, Json]) -> Places:
    """What is wrong with an accepted request: its endpoint's own ids may break what its file says of them."""
    return frozenset(map(_place, _errors(contract, parts)))


def _errors(contract: Contract, parts: Mapping[str, Json]) -> list[ValidationError]:
    return list(islice(judge(contract.request_schema).iter_errors(parts), _MOST))


def _place(error: ValidationError) -> tuple[tuple[str | int, ...], ...]:
    return tuple(error.absolute_path), tuple(error.absolute_schema_path)


def _all_due_to(clause: Clause, errors: Iterable[ValidationError], root: Schema) -> bool:
    return all(_is_due_to(clause, error, root) for error in errors)


def _is_due_to(clause: Clause, error: ValidationError, root: Schema) -> bool:
    """Whether an error is the clause's own, or that of alternatives of which one fails for the clause alone."""
    if _is_own(clause, error, root):
        return True
    if error.validator not in {"anyOf", "oneOf"}:
        return False
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    return any(_all_due_to(clause, inner, root) for inner in branches.values())


def _is_own(clause: Clause, error: ValidationError, root: Schema) -> bool:
    holder = clause.place[: len(error.absolute_path)]
    if error.validator == "unevaluatedProperties" and holder != clause.place:  # the schema that named it fails below
        return stands_for(holder, error.absolute_path)
    if clause.keyword == "required":
        value, instance = cast("Any", error.validator_value), cast("Any", error.instance)
        missing = [name for name in value if name not in instance] if error.validator == "required" else []
        above = stands_for(clause.place[:-1], error.absolute_path)
        return missing == [clause.place[-1]] and above
    if error.validator == clause.keyword and stands_for(clause.place, error.absolute_path):
        return True
    if error.validator in redundant_keywords(clause.schema) and error.schema is clause.schema:
        return True
    node: Any = root
    for step in error.absolute_schema_path:
        if node is clause.schema and step == clause.keyword:
            return True
        node = node[step]
    return False
