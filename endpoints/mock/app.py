"""The mock as one ASGI application: every vendor at its own paths, each with state of its own.

Beside the vendors' paths stands the mock's own control: GET tells which switches are on, how many calls there
were, and what the environment of the mock's target file is; PUT `{"on": [ID, …]}` switches without a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from endpoints.mock import attio, kaiten, kintone, zendesk
from endpoints.mock.faults import FAULTS
from endpoints.mock.manners import MANNERS, renewed
from endpoints.mock.switches import Switchboard, UnknownSwitchError
from endpoints.mock.wire import Answer, Call, Handler, RefusedError

CONTROL = "/clausewise-mock"
ENVIRONMENT = {
    "KAITEN_TOKEN": kaiten.TOKEN,
    "KAITEN_TOKEN_FORBIDDEN": kaiten.TOKEN_FORBIDDEN,
    "KAITEN_TOKEN_TARIFF": kaiten.TOKEN_BASIC,
    "ZENDESK_TOKEN": zendesk.TOKEN,
    "ATTIO_TOKEN": attio.TOKEN,
    "ATTIO_TOKEN_NARROW_SCOPE": attio.TOKEN_NARROW,
    "KINTONE_TOKEN": "kintone-full",
    "KINTONE_USER": kintone.USER,
    "KINTONE_PASSWORD": kintone.PASSWORD,
    "KINTONE_SESSION": kintone.SESSION,
    "KINTONE_TOKEN_WITHOUT_ADD": "kintone-no-add",
    "KINTONE_TOKEN_WITHOUT_EDIT_RECORDS": "kintone-no-edit",
    "KINTONE_TOKEN_WITHOUT_EDIT_FIELDS": "kintone-no-fields",
    "KINTONE_TOKEN_WITHOUT_MANAGE_APP": "kintone-no-manage",
}  # what the mock's target file takes from the environment; a mock has no secrets
ENVIRONMENT |= {  # by the names of before, which other target files for the mock may still have
    "KAITEN_TOKEN_BASIC": kaiten.TOKEN_BASIC,
    "ATTIO_TOKEN_NARROW": attio.TOKEN_NARROW,
    "KINTONE_TOKEN_NO_ADD": ENVIRONMENT["KINTONE_TOKEN_WITHOUT_ADD"],
    "KINTONE_TOKEN_NO_EDIT": ENVIRONMENT["KINTONE_TOKEN_WITHOUT_EDIT_RECORDS"],
}


def create_app(switched_on: Iterable[str] = (), drift_at: int = 1) -> Starlette:
    """A fresh mock: empty, with the tokens of ENVIRONMENT; its switches begin with the call of number `drift_at`.

    Raises UnknownSwitchError.
    """
    board = Switchboard({**FAULTS, **MANNERS})
    board.switch(switched_on, drift_at)

    async def control(request: Request) -> Response:
        if request.method == "PUT":
            try:
                board.switch((await request.json())["on"])
            except (ValueError, TypeError, KeyError) as error:
                said = str(error) if isinstance(error, UnknownSwitchError) else 'the body must be {"on": [ID, …]}'
                return JSONResponse({"error": said}, 400)
        return JSONResponse({"on": board.on, "calls": board.calls, "environment": renewed(ENVIRONMENT, board.on)})

    routes = [Route(CONTROL, control, methods=["GET", "PUT"])]
    for contract, verb, method, path, handler in _operations():
        routes.append(Route(path, _endpoint(board, contract, verb, handler), methods=[method]))
    return Starlette(routes=routes)


def _operations() -> list[tuple[str, str, str, str, Handler]]:
    """Contract, verb, method, path and handler of everything that the vendors do."""
    spaces, people = kaiten.Kaiten(), attio.Attio()
    objects, apps = zendesk.Zendesk(), kintone.Kintone()
    directory = "/api/latest/company/custom-directories/{directory_id}/records"
    things = "/api/v2/custom_objects/{custom_object_key}/records"
    operations: list[tuple[str, str, str, str, Handler]] = [
        ("kaiten-create-space", "create", "POST", "/api/latest/spaces", spaces.create_space),
        ("kaiten-create-space", "list", "GET", "/api/latest/spaces", spaces.list_spaces),
        ("kaiten-create-space", "read", "GET", "/api/latest/spaces/{id}", spaces.read_space),
        ("kaiten-create-space", "delete", "DELETE", "/api/latest/spaces/{id}", spaces.delete_space),
        ("kaiten-create-record", "create", "POST", directory, spaces.create_record),
        ("kaiten-create-record", "list", "GET", directory, spaces.list_records),
        ("kaiten-create-record", "read", "GET", f"{directory}/{{id}}", spaces.read_record),
        ("kaiten-create-record", "delete", "DELETE", f"{directory}/{{id}}", spaces.delete_record),
        ("kaiten-create-record", "describe", "GET", directory.replace("records", "fields"), spaces.describe_fields),
        ("zendesk-create-record", "create", "POST", things, objects.create),
        ("zendesk-create-record", "list", "GET", things, objects.list_records),
        ("zendesk-create-record", "read", "GET", f"{things}/{{id}}", objects.read),
        ("zendesk-create-record", "delete", "DELETE", f"{things}/{{id}}", objects.delete),
        ("zendesk-create-record", "describe", "GET", things.replace("records", "fields"), objects.describe_fields),
        ("attio-create-record", "create", "POST", "/v2/objects/{object}/records", people.create),
        ("attio-create-record", "list", "POST", "/v2/objects/{object}/records/query", people.list_records),
        ("attio-create-record", "read", "GET", "/v2/objects/{object}/records/{id}", people.read),
        ("attio-create-record", "delete", "DELETE", "/v2/objects/{object}/records/{id}", people.delete),
        ("attio-create-record", "describe", "GET", "/v2/objects/{object}/attributes", people.describe_attributes),
        (
            "attio-create-record", "describe", "GET", "/v2/objects/{object}/attributes/{attribute}/options",
            people.describe_options,
        ),
    ]  # fmt: skip
    for prefix in ("/k/v1", "/k/guest/{space}/v1"):
        operations += [
            ("kintone-add-records", "create", "POST", f"{prefix}/records.json", apps.add),
            ("kintone-add-records", "find", "GET", f"{prefix}/records.json", apps.find),
            ("kintone-add-records", "delete", "DELETE", f"{prefix}/records.json", apps.delete),
            ("kintone-add-records", "read", "GET", f"{prefix}/record.json", apps.read),
            ("kintone-add-records", "add one", "POST", f"{prefix}/record.json", apps.add_one),
            ("kintone-add-records", "describe", "GET", f"{prefix}/app/form/fields.json", apps.describe_form),
        ]
    return operations


def _endpoint(
    board: Switchboard, contract: str, verb: str, handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    def answered(call: Call) -> Answer:
        try:
            return handler(call)
        except RefusedError as refused:
            return refused.answer

    async def respond(request: Request) -> Response:
        call = Call(
            request.method,
            f"{request.url.scheme}://{request.url.netloc}{request.url.path}",
            request.path_params,
            request.query_params,
            request.headers,
            request.cookies,
            await request.body(),
        )
        answer = board.handled(contract, verb, call, answered)
        if answer.delay:
            await asyncio.sleep(answer.delay)
        return _response(answer)

    return respond


def _response(answer: Answer) -> Response:
    """The answer as Starlette sends it."""
    headers: dict[str, Any] = dict(answer.headers)
    if answer.content_type:
        headers["Content-Type"] = answer.content_type
    response = Response(answer.content, answer.status, headers)
    if answer.pieces and answer.content:
        del response.headers["content-length"]
        response = StreamingResponse(_pieces(answer.content), answer.status, headers)
    if answer.odd_case:
        response.raw_headers = [(name.upper(), value) for name, value in response.raw_headers]
    return response


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    middle = len(content) // 2
    for piece in (content[:middle], content[middle:]):
        yield piece
