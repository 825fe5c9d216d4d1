"""Bodies of bounded size, and the headers that tell browsers what our pages may do."""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.access.connection import under
from dashboards.api.problems import problem

MOST_BYTES = 1 << 20
OWN_PAGES = ("/login", "/setup", "/logout", "/account", "/access")
STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


class BodyLimit:
    """ASGI: 413 for a body of more than MOST_BYTES, once that much has come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what comes as long as it is little."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > MOST_BYTES:
            await _too_much(scope, receive, send)
            return
        got, answered = 0, False

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            # To the app it looks as if the client had left: it frees what it holds.
            return message if got <= MOST_BYTES else {"type": "http.disconnect"}

        async def answer(message: Message) -> None:
            nonlocal answered
            if got <= MOST_BYTES or answered:
                answered = True
                await send(message)

        with suppress(ClientDisconnect):
            await self._app(scope, counted, answer)
        if got > MOST_BYTES and not answered:
            await _too_much(scope, receive, send)


async def _too_much(scope: Scope, receive: Receive, send: Send) -> None:
    answer = problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "a body has 1 MiB at most")
    # The rest of it is not read.
    answer.headers["Connection"] = "close"
    await answer(scope, receive, send)


class Headed:
    """ASGI: the security headers of every answer; `stores` are the origins footage comes from."""

    def __init__(self, app: ASGIApp, stores: list[str]) -> None:
        self._app, self._policy = app, _policy(stores)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add them."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), path)
            await send(message)

        await self._app(scope, receive, headed)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        own = under(path, *OWN_PAGES)
        headers.setdefault("Content-Security-Policy", STRICT if own else self._policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        # Not "no-referrer": forms would then come from the origin "null".
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("X-Frame-Options", "DENY" if own else "SAMEORIGIN")
        if own:
            headers.setdefault("Cache-Control", "no-store")


def _policy(stores: list[str]) -> str:
    """Streamlit styles by attributes and loads our components from blobs; hls.js works so."""
    scripts, elsewhere = " ".join(_inline_scripts()), " ".join(stores)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob: 'unsafe-eval' {scripts}".strip(),
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: {elsewhere}".strip(),
            f"media-src 'self' data: blob: {elsewhere}".strip(),
            f"connect-src 'self' {elsewhere}".strip(),
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


def _inline_scripts() -> list[str]:
    """The digests of the scripts that Streamlit's own page holds."""
    import streamlit

    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text()
    digests = (hashlib.sha256(text.encode()).digest() for text in _INLINE.findall(page))
    return [f"'sha256-{base64.b64encode(one).decode()}'" for one in digests]
