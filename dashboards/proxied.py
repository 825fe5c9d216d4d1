"""Servers that no browser reaches: asked from here, for administrators of all cameras."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import quote

import httpx
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse

from dashboards.access.visitor import Role
from dashboards.api.gate import visitor
from dashboards.api.problems import problem
from edge.errors import BadName

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
PATIENCE_S = 30
_ASKED = ("accept", "accept-encoding", "content-type", "range")
_ANSWERED = (
    *("content-type", "content-encoding", "content-length", "content-range"),
    *("accept-ranges", "content-disposition"),
)


class Proxied:
    """Asks one of them; for one event loop."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(
            # Making the usual one reads every certificate of the machine.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,
            timeout=PATIENCE_S,
            # A connection for each: nobody tells us when it would be time to close them.
            limits=httpx.Limits(max_keepalive_connections=0),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    async def ask(
        self, request: Request, base: str, path: str, headers: Mapping[str, str], query: str = ""
    ) -> httpx.Response:
        """`request`, at `path` below `base`, with `headers` and without anything that is ours.

        Its body is still to be read. Raises BadName for what is no address, httpx.HTTPError.
        """
        told = {**_some(request.headers, _ASKED), **headers}
        asked = self._client.build_request(
            request.method,
            _below(base, path, query),
            headers=httpx.Headers(told, encoding="latin-1"),
            content=await request.body(),
        )
        return await self._client.send(asked, stream=True)

    async def post(self, url: str, words: Mapping[str, str]) -> httpx.Response:
        """A question of our own. Raises httpx.HTTPError."""
        return await self._client.post(url, json=words)


def _below(base: str, path: str, query: str) -> httpx.URL:
    url = httpx.URL(base)
    raw_path = f"{url.path.rstrip('/')}/{quote(path)}{'?' if query else ''}{query}"
    try:
        # Not joined: `//elsewhere` would name another host.
        return url.copy_with(raw_path=raw_path.encode())
    except httpx.InvalidURL:
        raise BadName("that is no address") from None


def handed_on(answer: httpx.Response, headers: Mapping[str, str] | None = None) -> Response:
    """The answer piece by piece, with those of its headers that say what it is.

    What failed there failed behind us: 502.
    """
    # As the bytes came: what one server writes in its headers, another may not be able to.
    answer.headers.encoding = "latin-1"
    told = {**_some(answer.headers, _ANSWERED), **(headers or {})}
    failed = answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    status = HTTPStatus.BAD_GATEWAY if failed else answer.status_code
    return StreamingResponse(_pieces(answer), status, told)


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()


def _some(headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}


def refusal(connection: HTTPConnection) -> Response | None:
    """What everybody else is answered."""
    asking = visitor(connection)
    if asking.role.may(Role.ADMIN) and asking.cameras is None:
        return None
    return problem(HTTPStatus.FORBIDDEN, "that wants an administrator of all cameras")
