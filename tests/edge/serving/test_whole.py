"""Who holds a connection open without a request is let go; who only waits for an answer is not."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from edge.serving import whole
from infra.waiting import wait_until
from tests.servers.process import free_port

PATIENCE_S = 1.0
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


async def _late(request: Request) -> Response:
    with suppress(ClientDisconnect):
        await request.body()
    await asyncio.sleep(2 * PATIENCE_S)
    return PlainTextResponse("done")


async def _echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(whole, "WHOLE_S", PATIENCE_S)
    app = Starlette(
        routes=[Route("/", _late, methods=["POST"]), WebSocketRoute("/echo", _echo)],
    )
    found = free_port()
    config = uvicorn.Config(app, port=found, http=whole.WholeRequests, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, what="the server")
        yield found
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(HEAD, id="half a head"),
        pytest.param(HEAD + b"Content-Length: 9\r\n\r\nhalf", id="half a body"),
    ],
)
def test_half_a_request_ends(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as asked:
        asked.sendall(sent)
        assert asked.recv(1) == b""


def test_a_head_that_drips_ends(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as asked:
        asked.sendall(HEAD)

        def ended() -> bool:
            try:
                asked.sendall(b"X: y\r\n")
            except ConnectionError:
                return True
            return False

        wait_until(ended, what="the end")


def test_a_whole_request_may_be_answered_late_and_another_follow(port: int) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as asked:
        for _ in range(2):
            asked.request("POST", "/", b"body")
            assert asked.getresponse().read() == b"done"


def test_a_websocket_stays_open(port: int) -> None:
    with connect(f"ws://127.0.0.1:{port}/echo", proxy=None) as told:
        with pytest.raises(TimeoutError):
            told.recv(timeout=2 * PATIENCE_S)
        told.send("hello")
        assert told.recv(timeout=60) == "hello"
