"""/minio: the console of the site's own MinIO, to look, for administrators of all cameras.

Its server stays on loopback. Neither its key nor its token reaches a browser, and only what reads
is asked of it; the key could do no more.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from http import HTTPStatus

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboards.api.gate import ADDRESS, visitor
from dashboards.api.problems import problem, status_of
from dashboards.minio_console import Console
from dashboards.proxied import METHODS, handed_on, refusal
from edge.errors import LivecamError
from flows import deeds
from flows.site import Following

ROOT = "/minio"
# What its pages ask that reads. Sharing is not among it: that signs addresses for hours.
_READS = re.compile(
    r"v1/(session|login|admin/info|license/acknowledge|buckets(/[^/.][^/]*"
    r"(/(versioning|rewind/[^/.][^/]*|objects(/(download|metadata))?))?)?)"
)
_QUOTA = re.compile(r"v1/buckets/[^/.][^/]*/quota")
_FETCHES = re.compile(r"v1/buckets/([^/.][^/]*)/objects/download(-multiple)?")
# An object may hold a page with scripts, that a node made: opened here, it is nobody's.
_POWERLESS = {"Content-Security-Policy": "sandbox; default-src 'none'"}


class MinioPages:
    """The routes, for one site's server."""

    def __init__(self, following: Following) -> None:
        self._following, self._console = following, Console(following)

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            WebSocketRoute(f"{ROOT}/ws/objectManager", self.objects),
            Route(f"{ROOT}/api/{{path:path}}", self.api, methods=METHODS),
            Route(ROOT, lambda _: RedirectResponse(f"{ROOT}/")),
            # Nobody logs in there: it is where "sign out" leads.
            Route(f"{ROOT}/login", lambda _: RedirectResponse(f"{ROOT}/")),
            Route(f"{ROOT}/{{path:path}}", self.file),
        ]

    async def file(self, request: Request) -> Response:
        """One of its files; the page itself, told where it lives, for whatever else."""
        if (refused := refusal(request)) is not None:
            return refused
        path = request.path_params["path"]
        try:
            # Not the browser's query, which may name another place, or hold a session.
            answer = await self._console.file(request, path, f"cp=y&cpb={ROOT}")
        except LivecamError as error:
            return _trouble(error)
        # Files below static/ hold their digest in their names.
        kept = "private, max-age=86400" if path.startswith("static/") else "no-cache"
        return handed_on(answer, {"Cache-Control": kept})

    async def api(self, request: Request) -> Response:
        """What its pages ask, as far as it reads; what is fetched is told."""
        if (refused := refusal(request)) is not None:
            return refused
        path, posts = request.path_params["path"], request.method == "POST"
        if posts and path == "v1/logout":
            return Response(status_code=HTTPStatus.NO_CONTENT)
        if _QUOTA.fullmatch(path):
            return JSONResponse({})  # there is none, and asking takes rights over the server
        fetched = _FETCHES.fullmatch(path)
        looks = request.method in ("GET", "HEAD") and _READS.fullmatch(path)
        if not looks and not (posts and fetched and fetched[2]):
            return problem(HTTPStatus.FORBIDDEN, "the console is there to look, it changes nothing")
        try:
            if fetched:
                await self._tell(request, fetched[1])
            answer = await self._console.ask(request, f"api/{path}")
        except LivecamError as error:
            return _trouble(error)
        return handed_on(answer, {"Cache-Control": "no-store", **_POWERLESS})

    async def objects(self, socket: WebSocket) -> None:
        """Its lists of objects come over a WebSocket."""
        if refusal(socket) is None:
            with suppress(LivecamError):
                await self._console.relay(socket, "ws/objectManager")
        with suppress(WebSocketDisconnect, RuntimeError):  # it went by itself
            await socket.close()

    async def _tell(self, request: Request, bucket: str) -> None:
        """Write down who fetches what; a film that is fetched in pieces as one row a minute."""
        whole = request.headers.get("range", "bytes=0-").startswith("bytes=0-")
        named = request.query_params.get("prefix") or (await request.body()).decode(
            errors="replace"
        )
        told = deeds.tell if whole else deeds.count
        tell = partial(told, self._following.now.home, visitor(request).name)
        where = request.scope.get(ADDRESS, "")
        await to_thread.run_sync(partial(tell, "fetch", f"{bucket}/{named}", address=where))


def _trouble(error: LivecamError) -> Response:
    return problem(status_of(error), error.message, error.hint)
