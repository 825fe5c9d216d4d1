"""The door: every request and WebSocket passes here, and is let in as somebody, or is not."""

from __future__ import annotations

import hmac
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

import anyio
from anyio import to_thread
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.access import connection as connections
from dashboards.access.access import CSRF_HEADER, SESSION_COOKIE, Access, Asker
from dashboards.access.connection import Connection, under
from dashboards.access.visitor import LOCAL, Visitor
from dashboards.api.gate import ADDRESS, CONNECTION, SESSION, VISITOR
from dashboards.api.problems import problem
from edge.errors import Retryable
from flows.gateway import GatewaySettings

# Log-in and one-time links with what they are drawn by, and what only says that this runs.
OPEN = ("/login", "/setup", "/access")
LIVENESS = "/api/health"
LOG_IN = "/api/v1/session"
# They name the session's own token as a field, or (Streamlit's) one of its own.
OWN_TOKEN = ("/login", "/setup", "/logout", "/account", "/_stcore")
# Pages of others know no token of ours: there it takes a page of this host, which a browser names.
BY_ORIGIN = ("/prefect", "/minio")
LOOKED_AFTER_S = 2.0
# Of one account or key: a wall of cameras in several windows has fewer, and each takes a file.
MOST_SOCKETS = 256
NO_ACCOUNT = "there is no account yet, and until there is one only this machine may look"
ELSEWHERE = "not from a page of another host"
FIRST = "Run `livecam users link` there: it prints a link that makes the first account"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is not let in, and the way out; `told`: whether the log hears of it."""

    status: HTTPStatus
    detail: str
    hint: str | None = None
    told: str = ""


class Door:
    """ASGI around the whole app. Nothing inside is reached but through it."""

    def __init__(self, app: ASGIApp, access: Access, settings: GatewaySettings) -> None:
        self._app, self._access, self._settings = app, access, settings
        self._sockets: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it in with `VISITOR` in its scope, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        asks = connections.of(scope, self._settings.proxies)
        scope[ADDRESS], scope[CONNECTION] = asks.address, asks
        try:
            found = self._decide(asks)
        except Retryable as error:
            found = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.message)
        if isinstance(found, Refusal):
            await self._refuse(asks, found, scope, receive, send)
        elif isinstance(found, Response):
            await found(scope, receive, send)
        else:
            scope[VISITOR], scope[SESSION] = found.visitor, found.session
            await self._let_in(asks, found.visitor, scope, receive, send)

    def _decide(self, asks: Connection) -> Asker | Refusal | Response:
        allow = self._settings.allow
        if allow and not (connections.within(asks.address, allow) or asks.is_local):
            return Refusal(HTTPStatus.FORBIDDEN, "not from this address", told="address")
        foreign = asks.headers.get("origin") not in self._settings.cors
        if (asks.changes or asks.websocket) and not asks.origin_is_ours and foreign:
            return Refusal(HTTPStatus.FORBIDDEN, ELSEWHERE, told="origin")
        if not self._access.has_users():
            return self._while_none(asks)
        asker = self._access.asker(asks.cookies, asks.authorization)
        if asker is None:
            return self._unknown(asks)
        return self._checked(asks, asker)

    def _while_none(self, asks: Connection) -> Asker | Refusal:
        """Without an account whoever sits at this machine may look; nodes here have keys."""
        if asks.is_local:
            by_key = asks.authorization is not None
            asker = self._access.asker({}, asks.authorization) if by_key else None
            return Asker(LOCAL) if asker is None else self._checked(asks, asker)
        return Refusal(HTTPStatus.FORBIDDEN, NO_ACCOUNT, FIRST, told="no account yet")

    def _unknown(self, asks: Connection) -> Asker | Refusal | Response:
        if under(asks.path, *OPEN) or _logs_in(asks):
            return Asker(NOBODY)
        if asks.path == LIVENESS and not asks.websocket:
            return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})
        if asks.page and asks.authorization is None:
            wanted = quote(f"{asks.path}?{asks.query}" if asks.query else asks.path)
            return RedirectResponse(f"/login?next={wanted}", HTTPStatus.SEE_OTHER)
        told = "key" if asks.authorization is not None else ""
        told = told or ("session" if SESSION_COOKIE in asks.cookies else "")
        return Refusal(HTTPStatus.UNAUTHORIZED, "log in first, or give a key", told=told)

    def _checked(self, asks: Connection, asker: Asker) -> Asker | Refusal:
        node = asker.visitor.node
        if node is not None and not under(asks.path, f"/api/v1/nodes/{node}"):
            return Refusal(HTTPStatus.FORBIDDEN, "a node's key is for that node's own reports")
        asked = asks.changes or asks.websocket
        if asker.session is not None and asked and not asks.origin_is_ours:
            # Whom CORS names comes by a key: its pages are not to use what a browser keeps of ours.
            return Refusal(HTTPStatus.FORBIDDEN, ELSEWHERE, told="origin")
        by_cookie = asker.session is not None and asks.changes
        if not by_cookie or _logs_in(asks) or under(asks.path, *OWN_TOKEN):
            return asker
        if under(asks.path, *BY_ORIGIN) and "origin" in asks.headers:
            return asker
        assert asker.session is not None
        given = asks.headers.get(CSRF_HEADER, "")
        if hmac.compare_digest(given.encode(), asker.session.csrf.encode()):
            return asker
        hint = "Repeat the session's csrf, from /api/v1/session, in the header X-CSRF-Token"
        return Refusal(HTTPStatus.FORBIDDEN, "the session's token is missing", hint, told="csrf")

    async def _refuse(
        self, asks: Connection, refusal: Refusal, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if refusal.told:
            await self._count(asks, "", refusal.told)
        if asks.websocket:
            # Closed before it was accepted: the client is answered 403.
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        await _answer(asks, refusal)(scope, receive, send)

    async def _let_in(
        self, asks: Connection, visitor: Visitor, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if asks.websocket:
            await self._counted(asks, visitor, scope, receive, send)
            return

        async def told(message: Message) -> None:
            # Before it is answered, so that no refusal goes untold.
            refused = message.get("status") == HTTPStatus.FORBIDDEN and visitor is not NOBODY
            if message["type"] == "http.response.start" and refused:
                await self._count(asks, visitor.name, f"{asks.method} {asks.path}")
            await send(message)

        await self._app(scope, receive, told)

    async def _counted(
        self, asks: Connection, visitor: Visitor, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if self._sockets[visitor.name] >= MOST_SOCKETS:
            found = Refusal(HTTPStatus.FORBIDDEN, "too many sockets are open", told="sockets")
            await self._refuse(asks, found, scope, receive, send)
            return
        self._sockets[visitor.name] += 1
        try:
            await self._watched(asks, visitor, scope, receive, send)
        finally:
            self._sockets[visitor.name] -= 1

    async def _watched(
        self, asks: Connection, visitor: Visitor, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """A WebSocket ends with the session, the key or the rights that it was opened by."""
        async with anyio.create_task_group() as tasks:

            async def until_over() -> None:
                # Another process may end it, too: there is no event to wait for.
                while self._still(asks, visitor):  # noqa: ASYNC110
                    await anyio.sleep(LOOKED_AFTER_S)
                with suppress(OSError, RuntimeError):  # it went by itself at this moment
                    await send({"type": "websocket.close", "code": 1008, "reason": ""})
                tasks.cancel_scope.cancel()

            tasks.start_soon(until_over)
            await self._app(scope, receive, send)
            tasks.cancel_scope.cancel()

    def _still(self, asks: Connection, visitor: Visitor) -> bool:
        try:
            found = self._decide(asks)
        except Retryable:
            return False
        return isinstance(found, Asker) and found.visitor == visitor

    async def _count(self, asks: Connection, who: str, what: str) -> None:
        def count() -> None:
            # Refused it is, whether that can be written down now or not.
            with suppress(Retryable):
                self._access.deeds.count(who, "refused", what, address=asks.address)

        await to_thread.run_sync(count)


# Whoever is only on the way in.
NOBODY = Visitor("", LOCAL.role, frozenset())


def _logs_in(asks: Connection) -> bool:
    return asks.path == LOG_IN and asks.method == "POST"


def _answer(asks: Connection, refusal: Refusal) -> Response:
    if not asks.page:
        return problem(refusal.status, refusal.detail, refusal.hint)
    hint = f"{refusal.hint}." if refusal.hint else ""
    return PlainTextResponse(f"Livecam: {refusal.detail}. {hint}".strip(), refusal.status)
