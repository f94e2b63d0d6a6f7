"""Values by Schemathesis' own generator, for schemas that are too tangled for ours."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis.errors import HypothesisException

from contracts.export import portable
from contracts.model import Json, Schema
from contracts.schema import Same
from strategies.quiet import QUIETLY
from strategies.validity import keeps

_WANTED, _TRIED = 3, 40


def foreign_values(schema: Schema) -> list[Json]:
    """A few values that are valid under a schema; none when Schemathesis finds none either."""
    return _values(Same(schema))


class _EnoughError(Exception):
    """As many values were found as are wanted."""


@cache
def _values(known: Same) -> list[Json]:
    import schemathesis  # takes long to import, so only where it is needed

    found: list[Json] = []
    described = {"openapi": "3.1.0", "info": {"title": "a schema", "version": "1"}, **_described(known.schema)}
    try:
        strategy = schemathesis.openapi.from_dict(described)["/"]["POST"].as_strategy()

        @settings(QUIETLY, max_examples=_TRIED, phases=[Phase.generate])
        @given(strategy)
        def look(case: Any) -> None:
            if case.body not in found and keeps(known.schema, case.body):
                found.append(case.body)
            if len(found) == _WANTED:
                raise _EnoughError  # noqa: TRY301 - out of Hypothesis, that is

        look()
    except _EnoughError:
        pass
    except (HypothesisException, schemathesis.errors.SchemathesisError, ValueError, TypeError, RecursionError):
        pass  # whatever it makes of the schema, nothing can be drawn from it
    return found


def _described(schema: Schema) -> dict[str, Any]:
    """A description of one operation whose body has the schema, circles in it said by references."""
    named: dict[str, Json] = {}
    body = portable(schema, named)
    content = {"application/json": {"schema": body}}
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"200": {"description": "ok"}}}
    return {"paths": {"/": {"post": operation}}, "components": {"schemas": named}}
