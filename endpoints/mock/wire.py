"""What the vendors of the mock share: reading a JSON body, answering, refusing, telling the time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response


@dataclass
class Answer:
    """A status with a JSON value, with text, or with nothing (`body` None and no `text`)."""

    status: int
    body: Any = None
    text: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """The answer as Starlette sends it."""
        if self.text is not None:
            return Response(self.text, self.status, self.headers, media_type="text/plain")
        if self.body is None:
            return Response(None, self.status, self.headers)
        content = json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()
        return Response(content, self.status, self.headers, media_type="application/json")


class RefusedError(Exception):
    """A request that a vendor refuses, with the answer that says so."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


async def read_object(request: Request, invalid: Callable[[str], RefusedError]) -> dict[str, Any]:
    """The request's body as a JSON object (RFC 8259); raises what the vendor's `invalid` makes of the reason."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise invalid(f"the media type {media_type} is not supported")
    try:
        value = json.loads((await request.body()).decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()  # lone surrogates can be written in JSON, but name no character
    except (ValueError, RecursionError) as error:
        raise invalid("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise invalid("the body must be an object")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number


def is_number(value: Any) -> bool:
    """A JSON number: Python counts booleans among its integers, JSON does not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_integer(value: Any) -> bool:
    """A JSON number without a fraction."""
    return is_number(value) and value == int(value)


def now(digits: int = 3) -> str:
    """The time in UTC as RFC 3339 has it, with so many digits of a second's fraction."""
    moment = datetime.now(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{f'{moment:%f}000'[:digits]}Z"
