"""Where the gateway listens: on loopback, and for others once there is an account."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from edge.errors import MissingPart, Retryable
from edge.serving.whole import WholeRequests

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HOST = "127.0.0.1"
LOOKED_AFTER_S = 1.0
# Players hold connections open; at the end they need not be waited for.
GRACE_S = 2
Address = tuple[str, int]

log = logging.getLogger(__name__)


def run(app: ASGIApp, port: int, others: Address | None, may_others: Callable[[], bool]) -> None:
    """Serve on loopback until SIGINT or SIGTERM; at `others` too, from when they may come.

    Raises MissingPart where the port is taken.
    """
    server = server_of(app)
    own = bound((HOST, port), shared=others is not None and others[1] == port)
    loops = server.config.get_loop_factory()
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=loops) as runner:
        runner.run(served(server, own, others, may_others))


def server_of(app: ASGIApp) -> uvicorn.Server:
    """A server that says nothing, and believes nobody about where a request comes from."""
    config = uvicorn.Config(
        app,
        http=WholeRequests,
        log_config=None,
        access_log=False,
        # The door judges by the connection's own address, and by proxies that are named.
        proxy_headers=False,
        server_header=False,
        ws_per_message_deflate=False,  # pictures don't shrink
        timeout_graceful_shutdown=GRACE_S,
    )
    return uvicorn.Server(config)


async def served(
    server: uvicorn.Server,
    own: socket.socket,
    others: Address | None,
    may_others: Callable[[], bool],
) -> None:
    """Serve at `own` until the server is told to end, and at `others` once they may come."""
    tasks = []
    if others is not None:
        tasks.append(asyncio.create_task(_later(server, own, others, may_others)))
    try:
        await server.serve(sockets=[own])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _later(
    server: uvicorn.Server, own: socket.socket, others: Address, may_others: Callable[[], bool]
) -> None:
    """Have the same server listen there as well, once it may: no restart for the first account."""
    # The account may be made by another process: there is no event to wait for.
    while not (server.started and _asked(may_others)):  # noqa: ASYNC110
        await asyncio.sleep(LOOKED_AFTER_S)
    try:
        found = bound(others, shared=own.getsockname()[1] == others[1])
    except MissingPart as error:
        log.warning("nobody else can reach the gateway: %s", error)
        return
    config = server.config

    def protocol() -> asyncio.Protocol:
        made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]
            config=config, server_state=server.server_state, app_state=server.lifespan.state
        )
        return made

    loop = asyncio.get_running_loop()
    # It ends with the others of this list.
    server.servers.append(await loop.create_server(protocol, sock=found, backlog=config.backlog))


def _asked(may_others: Callable[[], bool]) -> bool:
    try:
        return may_others()
    except Retryable:
        return False


def bound(address: Address, *, shared: bool) -> socket.socket:
    """A socket there; `shared` with another of ours at the same port. Raises MissingPart."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        # Linux hands a connection to the socket that names its address: loopback's stays ours.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind(address)
    except OSError as error:
        made.close()
        raise MissingPart(
            f"cannot listen on {address[0]} port {address[1]}: {error.strerror}",
            hint="End what listens there, or name another address",
        ) from None
    return made
