"""Addresses that name nothing, whatever they lead to."""

from __future__ import annotations

import re
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards.api.problems import problem

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class PlainPaths:
    """ASGI: 404 for a path with control characters: routes match them in part, or not at all."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is plain."""
        if scope["type"] == "http" and _CONTROL.search(scope["path"]):
            answer = problem(HTTPStatus.NOT_FOUND, "no address has control characters")
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)
