"""The plain request with its body written otherwise: no JSON, or JSON as hardly anybody writes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from strategies import Request


def _with_a_name_twice(request: Request) -> Request:
    """The first attribute twice, the first time as null: for most readers the last one counts (RFC 8259 section 4)."""
    text, first = request.content.decode(), json.dumps(next(iter(request.body)), ensure_ascii=False)
    return replace(request, text=f"{{{first}:null,{text[1:]}")


ODD_BODIES: Mapping[str, Callable[[Request], Request]] = {
    "a body of JSON that breaks off": lambda request: replace(request, text=request.content.decode()[:-1]),
    "an empty body": lambda request: replace(request, text=""),
    "a body in UTF-16": lambda request: replace(request, encoding="utf-16"),
    "a body that has an attribute twice": _with_a_name_twice,
}
