"""What can go wrong in the second service: a layer around it that changes requests and answers, one clause at a time.

It is written from the description that FastAPI generates and knows nothing of contracts: for each keyword that it finds
there, the service is made to take what breaks it (the request is mended on its way in), to refuse what just keeps it,
or to answer what it rules out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from tests.second.service import TOKEN, application

Json = Any
Change = Callable[["Asked"], None]
Answered = Callable[["Told"], None]
NAMES = {"get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE"}


@dataclass
class Asked:
    """A request on its way in; `refuse` answers 422 in the service's place."""

    headers: dict[str, str]
    query: list[tuple[str, str]]
    body: Json
    refuse: bool = False


@dataclass
class Told:
    """An answer on its way out."""

    status: int
    headers: dict[str, str]
    body: Json


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong at one operation: the clause that it breaks, without its contract's stem."""

    clause: str
    says: str
    method: str
    path: str
    asked: Change | None = None
    told: Answered | None = None

    @property
    def id(self) -> str:
        return f"{self.clause}:{self.says}"


def faults() -> dict[str, Fault]:
    """Every fault by its id."""
    described = application().openapi()
    found: dict[str, Fault] = {}
    for path, item in described["paths"].items():
        for method, operation in item.items():
            for clause, says, change in _of(operation, described):
                asked, told = (change, None) if says.split()[0] in {"takes", "refuses"} else (None, change)
                fault = Fault(f"{operation['operationId']}/{clause}", says, NAMES[method], path, asked, told)
                found[fault.id] = fault
    return found


def _of(operation: Json, described: Json) -> Iterator[tuple[str, str, Any]]:
    for status, response in operation["responses"].items():
        yield from _of_status(status)
        schema = _resolved(response.get("content", {}).get("application/json", {}).get("schema", {}), described)
        if response.get("content"):
            yield f"{status}/content-type", "answers another media type", _answer(status, _as_text)
        if status[0] == "2":
            members, place = (_resolved(schema["items"], described), "*/") if "items" in schema else (schema, "")
            yield from _of_attributes(members, f"{status}/{place}", described, status)
        elif status != "422":
            yield f"{status}/detail/required", "answers without it", _answer(status, _without("detail"))
            yield f"{status}/detail/type", "answers a number", _answer(status, _with("detail", 7))
    yield "422/detail/type", "answers a text", _answer("422", _with("detail", "wrong"))
    yield "authentication/HTTPBearer", "takes any token", _takes_any_token
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        yield from _of_body(_resolved(body, described), described)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            yield from _of_query(parameter, described)


def _of_status(status: str) -> Iterator[tuple[str, str, Any]]:
    other = {"200": 201, "201": 200, "204": 200, "401": 403, "404": 400, "422": 406}.get(status)
    if other:
        yield f"status/{status}", f"answers {other}", _answer(status, lambda told: setattr(told, "status", other))


def _of_attributes(schema: Json, place: str, described: Json, status: str) -> Iterator[tuple[str, str, Any]]:
    for name, child in schema.get("properties", {}).items():
        own = _resolved(child, described)
        if name in schema.get("required", []):
            yield f"{place}{name}/required", "answers without it", _answer(status, _without(name))
        for keyword, value in _wrong(own):
            yield f"{place}{name}/{keyword}", f"answers {json.dumps(value)[:20]}", _answer(status, _with(name, value))


def _wrong(schema: Json) -> Iterator[tuple[str, Json]]:
    """Values that break one keyword of an answer's attribute."""
    kinds = [one.get("type") for one in schema.get("anyOf", [])] or [schema.get("type")]
    if "enum" in schema:
        yield "enum", "clausewise"
        return
    if "oneOf" in schema or (schema.get("anyOf") and "null" not in kinds):
        yield ("oneOf" if "oneOf" in schema else "anyOf"), [True]
        return
    flat = next((one for one in schema.get("anyOf", []) if one.get("type") != "null"), schema)
    yield "type", {"string": 7}.get(flat.get("type"), "seven")
    if "format" in flat:
        yield "format", "yesterday"
    if "pattern" in flat:
        yield "pattern", "none"
    for keyword, made in _BEYOND.items():
        if keyword in flat:
            yield keyword, made(flat[keyword])


_BEYOND: dict[str, Callable[[Any], Json]] = {
    "minimum": lambda bound: bound - 1, "maximum": lambda bound: bound + 1, "exclusiveMinimum": lambda bound: bound,
    "minLength": lambda bound: "a" * (bound - 1), "maxLength": lambda bound: "a" * (bound + 1),
    "maxItems": lambda bound: ["a"] * (bound + 1),
}  # fmt: skip


def _of_body(schema: Json, described: Json) -> Iterator[tuple[str, str, Any]]:
    if schema.get("additionalProperties") is False:
        known = set(schema["properties"])
        yield "request/body/additionalProperties", "takes others", lambda asked: _keep(asked, known)
    needed = schema.get("required", [])
    yield "request/body/required", "takes none", lambda asked: _takes_no_body(asked, needed)
    for name, child in schema["properties"].items():
        own = _resolved(child, described)
        flat = next((one for one in own.get("anyOf", []) if one.get("type") != "null"), own)
        if name in schema.get("required", []):
            yield f"request/{name}/required", "takes none", _takes(name, lambda value: value is _NONE, "Clausewise x")
        else:
            yield f"request/{name}/optional", "refuses none", _refuses(name, lambda value: value is _NONE)
        yield from (
            (f"request/{name}/{keyword}", says, change)
            for keyword, says, change in _bounds(name, flat)
            if "anyOf" not in own or "null" in str(own)
        )


def _bounds(name: str, schema: Json) -> Iterator[tuple[str, str, Any]]:
    """Each keyword of an attribute, of what is taken and of what is refused."""
    if "enum" in schema:
        values = schema["enum"]
        yield "enum", "takes others", _takes(name, lambda v: v is not _NONE and v not in values, values[0])
        yield "enum", "refuses its last", _refuses(name, lambda v: v == values[-1])
    for keyword, (measure, wanted) in _MEASURED.items():
        if keyword in schema:
            yield from _bound(name, keyword, schema[keyword], measure, wanted)
    if "pattern" in schema:
        pattern = re.compile(schema["pattern"])
        yield (
            "pattern", "takes others",
            _takes(name, lambda v: isinstance(v, str) and not pattern.search(v), "978-0000000000"),
        )  # fmt: skip
    if "multipleOf" in schema:
        yield (
            "multipleOf", "takes others",
            _takes(name, lambda v: isinstance(v, float) and v % schema["multipleOf"] != 0, 7),
        )  # fmt: skip
    if schema.get("type") == "string" and not schema.keys() & {"format", "enum"}:
        yield (
            "type",
            "takes numbers",
            _takes(name, lambda v: isinstance(v, int | float), {"isbn": "978-0000000000"}.get(name, "Clausewise 7")),
        )


_MEASURED: dict[str, tuple[Any, type]] = {
    "minLength": (len, str), "maxLength": (len, str), "maxItems": (len, list), "minimum": (float, int),
    "maximum": (float, int), "exclusiveMinimum": (float, int),
}  # fmt: skip


def _bound(name: str, keyword: str, bound: float, measure: Any, wanted: type) -> Iterator[tuple[str, str, Any]]:
    kind: Any = (int, float) if wanted is int else wanted
    low = keyword.lower().endswith(("minimum", "minlength"))
    good: Json = {"name": "Clausewise y", "title": "Clausewise y", "labels": ["a"]}.get(name, 7)

    def beyond(value: Json) -> bool:
        if not isinstance(value, kind) or isinstance(value, bool):
            return False
        size = measure(value)
        return bool(size <= bound if keyword == "exclusiveMinimum" else size < bound if low else size > bound)

    yield keyword, "takes more", _takes(name, beyond, good)
    if keyword not in {"exclusiveMinimum", "minLength"} or bound > 1:
        yield (
            keyword, "refuses it met",
            _refuses(name, lambda v: isinstance(v, kind) and not isinstance(v, bool) and measure(v) == bound),
        )  # fmt: skip


def _of_query(parameter: Json, described: Json) -> Iterator[tuple[str, str, Any]]:
    name, own = parameter["name"], _resolved(parameter["schema"], described)
    flat = next((_resolved(one, described) for one in own.get("anyOf", []) if one.get("type") != "null"), own)
    place = f"request/query/{name}"
    yield f"{place}/optional", "refuses none", lambda asked: _refuse(asked, name not in dict(asked.query))
    if flat.get("type") == "integer":
        yield f"{place}/type", "takes texts", _mends_query(name, lambda v: not re.fullmatch(r"-?\d+", v))
        for keyword in ("minimum", "maximum"):
            if keyword in flat:
                low, bound = keyword == "minimum", flat[keyword]
                yield f"{place}/{keyword}", "takes more", _mends_query(name, partial(_is_beyond, low, bound))
                met = str(bound)
                yield (
                    f"{place}/{keyword}",
                    "refuses it met",
                    (lambda asked, met=met: _refuse(asked, dict(asked.query).get(name) == met)),
                )
    if "enum" in flat:
        yield f"{place}/enum", "takes others", _mends_query(name, lambda v: v not in flat["enum"], flat["enum"][0])
    if "maxLength" in flat:
        yield f"{place}/maxLength", "takes more", _mends_query(name, lambda v: len(v) > flat["maxLength"], "a")


def _is_beyond(low: bool, bound: int, value: str) -> bool:
    return re.fullmatch(r"-?\d+", value) is not None and (int(value) < bound if low else int(value) > bound)


_NONE: Any = object()


def _takes(name: str, wrong: Callable[[Json], bool], good: Json) -> Change:
    def change(asked: Asked) -> None:
        if isinstance(asked.body, dict) and wrong(asked.body.get(name, _NONE)):
            fresh = isinstance(good, str) and " " in good
            asked.body = {**asked.body, name: f"{good} {uuid4().hex[:12]}" if fresh else good}

    return change


def _refuses(name: str, edge: Callable[[Json], bool]) -> Change:
    return lambda asked: _refuse(asked, isinstance(asked.body, dict) and edge(asked.body.get(name, _NONE)))


def _refuse(asked: Asked, refused: bool) -> None:
    asked.refuse = asked.refuse or refused


def _keep(asked: Asked, known: set[str]) -> None:
    if isinstance(asked.body, dict):
        asked.body = {name: value for name, value in asked.body.items() if name in known}


def _takes_no_body(asked: Asked, needed: list[str]) -> None:
    whole = {name: f"Clausewise {uuid4().hex}" for name in needed}
    asked.body = whole if asked.body is _NONE else asked.body


def _takes_any_token(asked: Asked) -> None:
    asked.headers["authorization"] = f"Bearer {TOKEN}"


def _mends_query(name: str, wrong: Callable[[str], bool], good: str = "7") -> Change:
    def change(asked: Asked) -> None:
        asked.query = [(n, good if n == name and wrong(v) else v) for n, v in asked.query]

    return change


def _answer(status: str, change: Callable[[Told], None]) -> Answered:
    return lambda told: change(told) if str(told.status) == status else None


def _without(name: str) -> Callable[[Told], None]:
    return lambda told: _each(told, lambda one: {n: v for n, v in one.items() if n != name})


def _with(name: str, value: Json) -> Callable[[Told], None]:
    return lambda told: _each(told, lambda one: {**one, name: value})


def _as_text(told: Told) -> None:
    told.headers["content-type"] = "text/plain"


def _each(told: Told, change: Callable[[Json], Json]) -> None:
    one = told.body
    if isinstance(one, list):
        told.body = [change(member) for member in one]
    elif isinstance(one, dict):
        told.body = change(one)


def _resolved(schema: Json, described: Json) -> Json:
    if "$ref" in schema:
        return described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if any("$ref" in one for one in schema.get("anyOf", [])):
        return {**schema, "anyOf": [_resolved(one, described) for one in schema["anyOf"]]}
    return schema


Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Faulty:
    """The service with one fault, which may be changed while it runs."""

    def __init__(self, app: Any) -> None:
        self.app, self.fault = app, None  # type: tuple[Any, Fault | None]
        self.calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.fault
        self.calls += scope["type"] == "http"
        if scope["type"] != "http" or fault is None or not self._is_about(fault, scope):
            await self.app(scope, receive, send)
            return
        content = await _whole(receive)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        query = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
        asked = Asked(headers, query, _read(content) if content else _NONE)
        before = asked.body
        if fault.asked:
            fault.asked(asked)
        if asked.body is not before:
            content = json.dumps(asked.body).encode()
            asked.headers |= {"content-length": str(len(content)), "content-type": "application/json"}
        changed = {
            **scope, "query_string": urlencode(asked.query).encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in asked.headers.items()],
        }  # fmt: skip
        told = await self._told(changed, content) if not asked.refuse else _refusal()
        body = told.body
        if fault.told:
            told.body = _read(body) if body else None
            fault.told(told)
            body = json.dumps(told.body).encode() if told.body is not None else body
        headers = {**told.headers, "content-length": str(len(body))}
        if told.status == 204:
            headers.pop("content-length")
        start = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": told.status, "headers": start})
        await send({"type": "http.response.body", "body": body})

    def _is_about(self, fault: Fault, scope: Scope) -> bool:
        pattern = re.sub(r"\{\w+\}", "[^/]+", fault.path)
        return scope["method"] == fault.method and re.fullmatch(pattern, scope["path"]) is not None

    async def _told(self, scope: Scope, content: bytes) -> Told:
        told, parts = Told(500, {}, b""), list[bytes]()

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                told.status = message["status"]
                told.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                parts.append(message.get("body", b""))

        await self.app(scope, receive, send)
        told.body = b"".join(parts)
        return told


def _refusal() -> Told:
    detail = [{"loc": ["body"], "msg": "no", "type": "value_error"}]
    return Told(422, {"content-type": "application/json"}, json.dumps({"detail": detail}).encode())


async def _whole(receive: Receive) -> bytes:
    parts = list[bytes]()
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _read(content: bytes) -> Json:
    try:
        return json.loads(content)
    except ValueError:
        return None
