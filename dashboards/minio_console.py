"""MinIO's console, asked with a token that stays here."""

from __future__ import annotations

from http import HTTPStatus

import anyio
import httpx
from starlette.requests import Request
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from dashboards.proxied import Proxied
from edge.errors import ObjectMissing, StoreUnavailable
from edge.serving.sockets import until_one_ends
from flows.site import Following
from flows.store.access import Key, console_of, read_keys

_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
# The console's own last for 12 h. A refusal of a young one is about what was asked.
_OLD_MS, _YOUNG_MS = 3_600_000, 10_000
_LARGEST_BYTES, _OPEN_S = 16 << 20, 5.0
_UP = "'livecam up' starts it"


class Console:
    """That of the site's own MinIO, logged in to with the key that only reads; for one event loop.

    Every call raises ObjectMissing where the site runs no MinIO, StoreUnavailable while it is away
    or knows no such key, BadName for what is no address.
    """

    def __init__(self, following: Following) -> None:
        self._following, self._server = following, Proxied()
        self._one = anyio.Lock()
        self._token, self._token_ms = "", 0
        self._token_of: tuple[str, Key] | None = None

    async def file(self, request: Request, path: str, query: str) -> httpx.Response:
        """One of its files, which it gives to whoever asks."""
        return await self._with("", request, path, query)

    async def ask(self, request: Request, path: str) -> httpx.Response:
        """`request`, at `path`; asked again where the token was no longer good."""
        token = await self._good()
        answer = await self._with(token, request, path, request.url.query)
        old = token != self._token or self._age_ms() > _YOUNG_MS
        if answer.status_code in _REFUSED and old:
            await answer.aclose()
            token = await self._good(instead_of=token)
            answer = await self._with(token, request, path, request.url.query)
        return answer

    async def relay(self, socket: WebSocket, path: str) -> None:
        """Accept, and hand on what both sides say until one of them leaves."""
        token, address = await self._good(), self._address().replace("http", "ws", 1)
        try:
            async with connect(
                f"{address}/{path}",
                additional_headers={"Cookie": f"token={token}"},
                compression=None,
                proxy=None,
                max_size=_LARGEST_BYTES,
                open_timeout=_OPEN_S,
            ) as console:
                await socket.accept()
                await until_one_ends(_there(socket, console), _back(console, socket))
        except (OSError, TimeoutError, WebSocketException):
            raise _away() from None

    def _address(self) -> str:
        site = self._following.now
        if not site.settings.store.own:
            what = "a folder" if site.settings.store.kind == "folder" else "another's server"
            raise ObjectMissing(f"this site runs no MinIO: its store is {what}")
        found = console_of(site.home)
        if found is None:
            raise _away()
        return found

    async def _with(self, token: str, request: Request, path: str, query: str) -> httpx.Response:
        headers = {"Cookie": f"token={token}"} if token else {}
        try:
            return await self._server.ask(request, self._address(), path, headers, query)
        except httpx.HTTPError:
            raise _away() from None

    def _age_ms(self) -> int:
        return self._following.now.clock.monotonic_ms() - self._token_ms

    async def _good(self, instead_of: str = "") -> str:
        """A token; however many ask, one logs in."""
        async with self._one:
            wanted = self._address(), self._key()
            stale = self._token == instead_of or self._age_ms() > _OLD_MS
            if stale or self._token_of != wanted:
                self._token = await self._log_in(*wanted)
                self._token_ms = self._following.now.clock.monotonic_ms()
                self._token_of = wanted
            return self._token

    def _key(self) -> Key:
        keys = read_keys(self._following.now.home)
        if keys is None or keys.reader is None:
            raise StoreUnavailable("the site's MinIO has no key to look at it by", hint=_UP)
        return keys.reader

    async def _log_in(self, address: str, key: Key) -> str:
        words = {"accessKey": key.access_key, "secretKey": key.secret_key}
        try:
            answer = await self._server.post(f"{address}/api/v1/login", words)
        except httpx.HTTPError:
            raise _away() from None
        token = answer.cookies.get("token")
        if token is None:
            raise StoreUnavailable("the site's MinIO refuses the key to look at it by", hint=_UP)
        return token


async def _there(socket: WebSocket, console: ClientConnection) -> None:
    async for text in socket.iter_text():
        await console.send(text)


async def _back(console: ClientConnection, socket: WebSocket) -> None:
    async for text in console:
        await socket.send_text(str(text))


def _away() -> StoreUnavailable:
    return StoreUnavailable("the site's MinIO does not answer", hint=_UP)
