"""The address of a mock, and what answers there: wrong in any way, it gets one sentence."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from contracts.errors import UserError
from endpoints.embedded import control, environment_of
from tests.helpers import reply, serving, the_first

ADDRESSES = [
    "", " ", "x", "http://", "http://[", "http://[::1", "http://127.0.0.1:99999", "http://127.0.0.1:x", "http://127.0.0.1:9",
    "ftp://127.0.0.1", "http://\x00", "http://a\nb", "http://127.0.0.1:9/\ud800", "//x", "http://u:p@127.0.0.1:9",
    "http://\u2603.invalid", f"http://{'a' * 70}.x", "file:///etc/passwd", "http://127.0.0.1:9/p?x#y", "http://..:9",
    "http:///x", "127.0.0.1:9", "http://127.0.0.1:-1", "http://%zz:9", "\u202ehttp://x", "http://127.0.0.1:9\r\nX: y",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_where_no_mock_is(address: str) -> None:
    with pytest.raises(UserError, match=r"no mock answers at .*; `python -m endpoints serve` starts one") as raised:
        environment_of(address)
    assert raised.value.message.isprintable()


@pytest.mark.parametrize(
    "body",
    the_first([
        None, [], 1, "x", {}, {"on": 1}, {"on": []}, {"on": [], "environment": []}, {"on": [], "environment": {"A": 1}},
        {"error": {}}, {"on": [1], "environment": {}}, b"<html>", b"\xff", b"[" * 100_000, b"1" * 10_000,
    ]),
)  # fmt: skip
def test_something_else_answers_there(body: Any) -> None:
    def answering(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        reply(handler, 200, body)

    with serving(answering) as url:
        for switches in (None, ["x"]):
            with pytest.raises(UserError, match="no mock") as raised:
                control(url, switches)
            assert raised.value.message.isprintable()


def test_a_redirect_is_not_followed() -> None:
    def answering(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        reply(handler, 302, Location="http://127.0.0.1:9/")

    with serving(answering) as url, pytest.raises(UserError, match="no mock answers"):
        environment_of(url)
