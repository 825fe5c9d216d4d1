"""/prefect: Prefect's own pages, for administrators of all cameras.

Its server stays on loopback, or behind a string that no browser knows: its API is asked from here.
Its pages are those of the installed package, told to live below /prefect.
"""

from __future__ import annotations

import mimetypes
import ssl
from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from dashboards.access.visitor import Role
from dashboards.api.gate import visitor
from dashboards.api.problems import problem
from edge.errors import LivecamError
from flows import reach
from flows.runs import api_of, auth_of
from flows.site import Following

ROOT = "/prefect"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
PATIENCE_S = 30
# Prefect writes where its pages are served into its files, in the place of this.
_PLACE = b"/PREFECT_UI_SERVE_BASE_REPLACE_PLACEHOLDER"
_ASKED = ("accept", "accept-encoding", "content-type")
_ANSWERED = ("content-type", "content-encoding", "content-length")


class PrefectPages:
    """The routes, for one site's server."""

    def __init__(self, following: Following) -> None:
        self._following = following
        # Making the usual one reads every certificate of the machine, for each request.
        self._verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{ROOT}/ui-settings", self.settings),
            Route(f"{ROOT}/api/{{path:path}}", self.api, methods=METHODS),
            Route(ROOT, lambda _: RedirectResponse(f"{ROOT}/")),
            Route(f"{ROOT}/{{path:path}}", self.file),
        ]

    async def settings(self, request: Request) -> Response:
        """What its pages ask first: where the API is, and that nobody need log in there."""
        if (refusal := _refusal(request)) is not None:
            return refusal
        told = {
            "api_url": f"{str(request.base_url).rstrip('/')}{ROOT}/api",
            "csrf_enabled": False,
            "auth": None,
            "flags": [],
            "default_ui": "v2",
            "available_uis": ["v2"],
            "v1_base_url": None,
            "v2_base_url": ROOT,
        }
        return JSONResponse(told)

    async def file(self, request: Request) -> Response:
        """One of its files; the page itself for whatever else, since it looks at the path."""
        if (refusal := _refusal(request)) is not None:
            return refusal
        if self._folder is None:
            return problem(HTTPStatus.NOT_FOUND, "Prefect's pages are not installed")
        path = request.path_params["path"]
        found = (self._folder / path).resolve()
        if not (found.is_relative_to(self._folder) and found.is_file()):
            if path.startswith("assets/"):
                return problem(HTTPStatus.NOT_FOUND, "no such file")
            found = self._folder / "index.html"
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        body = found.read_bytes()
        if found.suffix in (".html", ".js", ".css"):
            body = body.replace(_PLACE, ROOT.encode())
        # Files below assets/ hold their digest in their names.
        kept = "private, max-age=86400" if path.startswith("assets/") else "no-cache"
        return Response(body, media_type=kind, headers={"Cache-Control": kept})

    async def api(self, request: Request) -> Response:
        """Ask the server, with its string and without anything that is ours."""
        if (refusal := _refusal(request)) is not None:
            return refusal
        site = self._following.now
        try:
            api = httpx.URL(api_of(site.settings, site.home))
            auth = reach.headers(auth_of(site.settings, site.home))
        except LivecamError as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.hint)
        # Not joined: `//elsewhere` would name another host.
        path = f"{api.path}/{quote(request.path_params['path'])}?{request.url.query}"
        client = httpx.AsyncClient(verify=self._verify, trust_env=False, timeout=PATIENCE_S)
        asked = client.build_request(
            request.method,
            api.copy_with(raw_path=path.rstrip("?").encode()),
            headers={**_some(request.headers, _ASKED), **auth},
            content=await request.body(),
        )
        try:
            answer = await client.send(asked, stream=True)
        except httpx.HTTPError:
            await client.aclose()
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "Prefect does not answer")
        return StreamingResponse(
            _pieces(client, answer), answer.status_code, _some(answer.headers, _ANSWERED)
        )

    @cached_property
    def _folder(self) -> Path | None:
        """Where the package's pages lie; importing it would take a second."""
        found = find_spec("prefect")
        places = (found.submodule_search_locations if found else None) or []
        folders = (Path(place).resolve() / "server" / "ui-v2" for place in places)
        return next((folder for folder in folders if (folder / "index.html").is_file()), None)


async def _pieces(client: httpx.AsyncClient, answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()
        await client.aclose()


def _some(headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}


def _refusal(request: Request) -> Response | None:
    asking = visitor(request)
    if asking.role.may(Role.ADMIN) and asking.cameras is None:
        return None
    return problem(HTTPStatus.FORBIDDEN, "that wants an administrator of all cameras")
