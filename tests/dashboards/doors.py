"""The gateway behind its door, on a port of its own, and who stands before it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from argon2.profiles import CHEAPEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from dashboards.access.access import Access, access_of
from dashboards.access.passwords import Passwords
from dashboards.access.visitor import Role
from dashboards.server import gateway_routes, guarded
from flows.gateway import GatewaySettings
from flows.site import Following, Site
from infra.waiting import wait_until
from tests.servers.process import free_port

PASSWORD = "correct horse battery"


async def _page(request: Request) -> Response:
    return PlainTextResponse("a page")


async def _echo(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


@contextmanager
def door(site: Site | Following, settings: GatewaySettings | None = None) -> Iterator[str]:
    """Everything but Streamlit, with a page at `/` and an echo at `/ws/echo`; its address."""
    following = site if isinstance(site, Following) else Following(site)
    routes = [*gateway_routes(following), WebSocketRoute("/ws/echo", _echo), Route("/", _page)]
    app = guarded(Starlette(routes=routes), following, settings or GatewaySettings())
    config = uvicorn.Config(app, port=free_port(), log_config=None, proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, what="the gateway")
        yield f"http://127.0.0.1:{config.port}"
    finally:
        server.should_exit = True
        thread.join()


def unmade(site: Site) -> Access:
    """A site on which nobody ever made an account, whatever was before."""
    access = access_of(site.home)
    with access.database.writing() as kept:
        for table in ("users", "recovery", "sessions", "devices", "keys", "links", "tries"):
            kept.execute(f"DELETE FROM {table}")
    access.users._any = False
    access.deeds.newest(1)  # tells what was counted so far
    return access


def accounts(site: Site) -> Access:
    """The site's accounts, with cheap passwords: `anna` alone, an administrator."""
    access = unmade(site)
    access.passwords = access.links._passwords = Passwords(CHEAPEST)
    access.links.use(access.links.make(), "anna", PASSWORD)
    return access


def account(access: Access, name: str, role: Role, cameras: list[str] | None = None) -> None:
    """One more account with the same password."""
    access.users.add(name, role, cameras)
    access.links.use(access.links.make(name), "", PASSWORD)


def lesser(access: Access) -> list[str]:
    """Accounts that may less than an administrator of all cameras."""
    account(access, "otto", Role.OPERATOR)
    account(access, "adam", Role.ADMIN, ["gate"])
    return ["otto", "adam"]


@contextmanager
def visiting(address: str, access: Access, name: str) -> Iterator[httpx.Client]:
    """Asks as somebody who is logged in, and repeats the session's token."""
    session, token = access.sessions.open(name)
    headers = {"X-CSRF-Token": session.csrf}
    cookies = {"livecam": token}
    with httpx.Client(
        base_url=address, headers=headers, cookies=cookies, trust_env=False
    ) as client:
        yield client


@contextmanager
def stranger(address: str, **headers: str) -> Iterator[httpx.Client]:
    """Asks as nobody."""
    with httpx.Client(base_url=address, headers=headers, trust_env=False) as client:
        yield client
