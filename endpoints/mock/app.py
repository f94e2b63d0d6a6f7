"""The mock as one ASGI application: every vendor at its own paths, each with state of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from endpoints.mock import attio, kaiten, kintone, zendesk
from endpoints.mock.wire import Answer, RefusedError

Handler = Callable[[Request], Awaitable[Answer]]

ENVIRONMENT = {
    "KAITEN_TOKEN": kaiten.TOKEN,
    "KAITEN_TOKEN_FORBIDDEN": kaiten.TOKEN_FORBIDDEN,
    "KAITEN_TOKEN_BASIC": kaiten.TOKEN_BASIC,
    "ZENDESK_TOKEN": zendesk.TOKEN,
    "ATTIO_TOKEN": attio.TOKEN,
    "ATTIO_TOKEN_NARROW": attio.TOKEN_NARROW,
    "KINTONE_TOKEN": "kintone-full",
    "KINTONE_LOGIN": kintone.LOGIN,
    "KINTONE_SESSION": kintone.SESSION,
    "KINTONE_TOKEN_NO_ADD": "kintone-no-add",
    "KINTONE_TOKEN_NO_EDIT": "kintone-no-edit",
    "KINTONE_TOKEN_NO_FIELDS": "kintone-no-fields",
    "KINTONE_TOKEN_NO_MANAGE": "kintone-no-manage",
}  # what the mock's target file takes from the environment; a mock has no secrets


def create_app() -> Starlette:
    """A fresh mock: empty, with the tokens of ENVIRONMENT."""
    spaces, people = kaiten.Kaiten(), attio.Attio()
    objects, apps = zendesk.Zendesk(), kintone.Kintone()
    directory = "/api/latest/company/custom-directories/{directory_id}/records"
    routes: list[tuple[str, str, Handler]] = [
        ("POST", "/api/latest/spaces", spaces.create_space),
        ("GET", "/api/latest/spaces/{id}", spaces.read_space),
        ("DELETE", "/api/latest/spaces/{id}", spaces.delete_space),
        ("POST", directory, spaces.create_record),
        ("GET", f"{directory}/{{id}}", spaces.read_record),
        ("DELETE", f"{directory}/{{id}}", spaces.delete_record),
        ("POST", "/api/v2/custom_objects/{custom_object_key}/records", objects.create),
        ("GET", "/api/v2/custom_objects/{custom_object_key}/records/{id}", objects.read),
        ("DELETE", "/api/v2/custom_objects/{custom_object_key}/records/{id}", objects.delete),
        ("POST", "/v2/objects/{object}/records", people.create),
        ("GET", "/v2/objects/{object}/records/{id}", people.read),
        ("DELETE", "/v2/objects/{object}/records/{id}", people.delete),
    ]
    for prefix in ("/k/v1", "/k/guest/{space}/v1"):
        routes += [
            ("POST", f"{prefix}/records.json", apps.add),
            ("GET", f"{prefix}/records.json", apps.find),
            ("DELETE", f"{prefix}/records.json", apps.delete),
            ("GET", f"{prefix}/record.json", apps.read),
        ]
    return Starlette(routes=[Route(path, _endpoint(handler), methods=[method]) for method, path, handler in routes])


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            answer = await handler(request)
        except RefusedError as refused:
            answer = refused.answer
        return answer.response()

    return respond
