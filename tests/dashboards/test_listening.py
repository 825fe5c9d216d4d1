"""Where the gateway listens before there is an account, and after."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboards.listening import bound, served, server_of
from edge.errors import MissingPart
from infra.waiting import wait_until
from tests.servers.process import free_port


async def _where(request: Request) -> Response:
    assert request.client is not None
    return PlainTextResponse(request.client.host)


@contextmanager
def listening(port: int, others: tuple[str, int], may: threading.Event) -> Iterator[None]:
    """A server on loopback, and at `others` once that may be."""
    server = server_of(Starlette(routes=[Route("/", _where)]))
    own = bound(("127.0.0.1", port), shared=others[1] == port)

    def run() -> None:
        asyncio.run(served(server, own, others, may.is_set))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: server.started, what="the gateway")
        yield
    finally:
        server.should_exit = True
        thread.join()


def answers(host: str, port: int) -> bool:
    try:
        return httpx.get(f"http://{host}:{port}/", trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("same", [True, False])
def test_others_are_let_in_without_a_restart(same: bool) -> None:
    may, port = threading.Event(), free_port()
    elsewhere = port if same else free_port()
    # Of all loopback addresses 127.0.0.1 alone is listened on; the rest stand for others here.
    with listening(port, ("0.0.0.0", elsewhere), may):
        assert answers("127.0.0.1", port)
        assert not answers("127.0.0.2", elsewhere)
        may.set()
        wait_until(lambda: answers("127.0.0.2", elsewhere), what="the second address")
        assert answers("127.0.0.1", port)
    assert not answers("127.0.0.1", port)
    assert not answers("127.0.0.2", elsewhere)


def test_a_port_that_is_taken_is_said_so() -> None:
    port = free_port()
    with bound(("127.0.0.1", port), shared=False) as first:
        first.listen()
        with pytest.raises(MissingPart, match=str(port)):
            bound(("127.0.0.1", port), shared=False)


def test_what_others_cannot_have_leaves_this_machine_served(
    caplog: pytest.LogCaptureFixture,
) -> None:
    may, port = threading.Event(), free_port()
    may.set()
    with bound(("127.0.0.2", port), shared=False) as taken:
        taken.listen()
        with listening(port, ("127.0.0.2", port), may):
            wait_until(lambda: "nobody else" in caplog.text, what="the warning")
            assert answers("127.0.0.1", port)
