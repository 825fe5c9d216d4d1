"""A gateway for those who say who they are: people by a header, programs by their real key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards.access.access import Access
from dashboards.access.visitor import Role, Visitor
from dashboards.api import create_api
from dashboards.api.gate import VISITOR
from flows.site import Following, Site
from tests.dashboards.conftest import gateway
from tests.dashboards.rights import named

ADMIN, OPERATOR, VIEWER = (Visitor("ann", role) for role in reversed(Role))


@dataclass
class Asked:
    """A client of one gateway, and what its answers come from."""

    client: httpx.Client
    access: Access
    app: Any

    def by(self, visitor: Visitor, method: str, path: str, **more: Any) -> httpx.Response:
        return self.client.request(method, f"/v1{path}", headers=named(visitor), timeout=60, **more)

    def key(self, word: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {word}"}
        return self.client.request(method, f"/v1{path}", headers=headers, timeout=60, **more)


class _Asking:
    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for name, value in scope.get("headers", ()):
            if name == b"x-visitor":
                who, role, cameras = value.decode().split("/")
                seen = None if cameras == "*" else frozenset(filter(None, cameras.split(",")))
                scope[VISITOR] = Visitor(who, Role(role), seen)
            if name == b"authorization" and (found := self._access.asker({}, value.decode())):
                scope[VISITOR] = found.visitor
        await self._app(scope, receive, send)


@contextmanager
def asked(site: Site | Following, root: Site) -> Iterator[Asked]:
    """The gateway of a site, or of one that follows its file; `root` is it at first."""
    access, api = Access(root.home, root.clock), create_api(site)
    with gateway(root, _Asking(api, access)) as client:
        yield Asked(client, access, api)
