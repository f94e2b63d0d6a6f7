"""Running the mock: a socket of its own on loopback, and uvicorn on it."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterable

import uvicorn

from endpoints.mock.app import create_app


def serve(
    port: int,
    *,
    announce: Callable[[str], None],
    switched_on: Iterable[str] = (),
    drift_at: int = 1,
    until_stdin_closes: bool = False,
) -> None:
    """Serve the mock on loopback until interrupted; port 0 takes a free one.

    Raises OSError when the port is taken, and UnknownSwitchError for a name in `switched_on` that nothing has.

    `announce` gets the base URL once connections are taken. With `until_stdin_closes` the server also ends when
    its standard input does, so that it cannot outlive the process that started it.
    """
    app = create_app(switched_on, drift_at)
    # With its protocol named, asyncio turns Nagle's algorithm off; otherwise every answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(128)
    config = uvicorn.Config(
        app, log_level="error", access_log=False, proxy_headers=False, lifespan="off", timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    if until_stdin_closes:
        threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    announce(f"http://127.0.0.1:{listening.getsockname()[1]}")
    server.run(sockets=[listening])


def _stop_at_end_of_input(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True
