"""What the vendors of the mock share: calls and answers, reading a JSON body, refusing, telling the time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

UNREADABLE: Final = object()
NO_OBJECT = "the body must be an object"


@dataclass(frozen=True)
class Call:
    """A request as vendors see it; header names are in lower case."""

    method: str
    url: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def body(self) -> Any:
        """The body as a JSON value, or UNREADABLE."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return UNREADABLE

    def with_body(self, body: Any) -> Call:
        """The same call with another body; UNREADABLE leaves it as it is."""
        if body is UNREADABLE:
            return self
        return replace(self, content=json.dumps(body, ensure_ascii=False).encode(errors="surrogatepass"))

    def with_header(self, name: str, value: str) -> Call:
        """The same call with one header changed."""
        return replace(self, headers={**self.headers, name: value})


@dataclass(frozen=True)
class Answer:
    """A status with a JSON value, with text, or with nothing (`body` None and no `text`).

    `media_type` stands in for the usual one of JSON or text. `delay` is in seconds; `pieces` says that the body is
    sent in several (RFC 9112 section 7.1); `odd_case` writes header names in capitals; `dialect` writes the JSON.
    """

    status: int
    body: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = ""
    delay: float = 0.0
    pieces: bool = False
    odd_case: bool = False
    dialect: Callable[[Any], str] | None = None

    @property
    def ok(self) -> bool:
        """An answer of success."""
        return 200 <= self.status < 300

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        if self.text is not None:
            return self.text.encode()
        return b"" if self.body is None else (self.dialect or _compact)(self.body).encode()

    @property
    def content_type(self) -> str:
        """The Content-Type header, empty for an answer without a body."""
        usual = "text/plain; charset=utf-8" if self.text is not None else "application/json" if self.content else ""
        return self.media_type or usual


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


Handler = Callable[[Call], Answer]


class RefusedError(Exception):
    """A request that a vendor refuses, with the answer that says so."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def read_object(call: Call, invalid: Callable[[str], RefusedError]) -> dict[str, Any]:
    """The call's body as a JSON object (RFC 8259); raises what the vendor's `invalid` makes of the reason."""
    media_type = call.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise invalid(f"the media type {media_type} is not supported")
    try:
        value = json.loads(call.content.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()  # lone surrogates can be written in JSON, but name no character
    except (ValueError, RecursionError) as error:
        raise invalid("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise invalid(NO_OBJECT)
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
