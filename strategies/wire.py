"""A request as it goes over the wire: its parameters in OpenAPI's styles, its body in the contract's media type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from contracts.contract import Contract
from contracts.model import Json, Schema
from contracts.operations import FORM, MULTIPART, is_json, style_of
from strategies.request import ABSENT, Path, Request

BOUNDARY = "clausewise-4f1c0a7d2be94d5f"  # stands in no value that is drawn
_BINARY = {"binary", "base64"}
_PLAIN = re.compile(r"[!-~]([ -~]*[!-~])?")  # what a header can hold
_SEPARATORS = {"form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass(frozen=True)
class Written:
    """A request's parts as text: path values by name, the query in order, headers, and the body with its media type."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, Any] = field(default_factory=dict)
    content: bytes = b""
    media_type: str = ""


def written(contract: Contract, request: Request) -> Written:
    """The request as it is sent; a lone surrogate goes as the bytes that it would be, and is no UTF-8."""
    described = {(parameter["in"], parameter["name"]): parameter for parameter in contract.parameters}
    query: list[tuple[str, str]] = []
    for name, value in request.query.items():
        query += _pairs(name, value, described.get(("query", name), {"in": "query"}))
    path = {name: _simple(value, described.get(("path", name), {"in": "path"})) for name, value in request.path.items()}
    headers = {
        name: value if value is ABSENT else _simple(value, described.get(("header", name), {"in": "header"}))
        for name, value in request.headers.items()
    }
    cookies = [f"{name}={as_text(value)}" for name, value in request.cookies.items()]
    headers |= {"Cookie": "; ".join(cookies)} if cookies else {}
    content, media_type = _body(contract, request)
    return Written(path, tuple(query), headers, content, media_type)


def is_writable(contract: Contract, path: Path, value: Json) -> bool:
    """Whether a broken value arrives as what it is: a path has no empty segment, an empty list is not there at all.

    So does an object's attribute that nobody described, where it is written beside the parameter's own name.
    """
    texts = value if isinstance(value, list) else [value]
    if value is ABSENT:
        return path[0] != "path"
    if isinstance(value, Mapping):
        own = (one for one in contract.parameters if (one["in"], one["name"]) == path)
        return bool(value) and any("content" in one or style_of(one)[0] == "deepObject" for one in own)
    if not texts or value is None:
        return False
    shown = [as_text(text) for text in texts]
    if path[0] in {"query", "body"}:
        return True
    return all(
        _PLAIN.fullmatch(text) and not set(text) & set('/\\,;"%?#') and text not in {".", ".."} for text in shown
    )


def as_text(value: Json) -> str:
    """A scalar as URLs and forms have it; anything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _simple(value: Json, parameter: Mapping[str, Any]) -> str:
    if "content" in parameter:
        return json.dumps(value)
    _, explode = style_of({"style": "simple", **parameter})
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    if isinstance(value, Mapping):
        return ",".join(f"{n}{'=' if explode else ','}{as_text(v)}" for n, v in value.items())
    return as_text(value)


def _pairs(name: str, value: Json, parameter: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """One value of a query or of a form, in the style that it has there."""
    if "content" in parameter:
        yield name, json.dumps(value)
        return
    style, explode = style_of(parameter)
    if isinstance(value, list):
        if explode:
            yield from ((name, as_text(member)) for member in value)
        elif value:
            yield name, _SEPARATORS.get(style, ",").join(map(as_text, value))
    elif isinstance(value, Mapping):
        if style == "deepObject":
            yield from ((f"{name}[{inner}]", as_text(member)) for inner, member in value.items())
        elif explode:
            yield from ((inner, as_text(member)) for inner, member in value.items())
        else:
            yield name, ",".join(f"{inner},{as_text(member)}" for inner, member in value.items())
    else:
        yield name, as_text(value)


def _body(contract: Contract, request: Request) -> tuple[bytes, str]:
    media_type, body = contract.media_type, request.body
    if request.is_odd:
        return request.content, media_type
    if body is ABSENT:
        return b"", ""
    if is_json(media_type) or not isinstance(body, Mapping):
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return text.encode(errors="surrogatepass"), media_type or "application/json"
    if media_type == FORM:
        pairs = [pair for name, value in body.items() for pair in _pairs(name, value, _encoding(contract, name))]
        return urlencode(pairs, quote_via=quote, errors="surrogatepass").encode(), FORM
    properties = contract.body_schema.get("properties", {})
    parts = [part for name, value in body.items() for part in _parts(name, value, properties.get(name, {}))]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode(), f"{MULTIPART}; boundary={BOUNDARY}"


def _encoding(contract: Contract, name: str) -> Mapping[str, Any]:
    said = contract.content.get("encoding", {}).get(name, {})
    return {"in": "query", **{key: said[key] for key in ("style", "explode") if key in said}}


def _parts(name: str, value: Json, schema: Schema) -> Iterator[bytes]:
    """The parts of a multipart body: one for each member of a list, files under a name, objects as JSON."""
    members = value if isinstance(value, list) else [value]
    described = schema.get("items", {}) if isinstance(value, list) else schema
    for member in members:
        head = f'Content-Disposition: form-data; name="{name}"'
        if _is_file(described):
            head += '; filename="clausewise.txt"\r\nContent-Type: ' + str(
                described.get("contentMediaType", "text/plain")
            )
        elif isinstance(member, Mapping | list):
            head += "\r\nContent-Type: application/json"
        yield f"--{BOUNDARY}\r\n{head}\r\n\r\n{as_text(member)}\r\n".encode(errors="surrogatepass")


def _is_file(schema: Schema) -> bool:
    return schema.get("format") in _BINARY or "contentMediaType" in schema
