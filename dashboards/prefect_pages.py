"""/prefect: Prefect's own pages, for administrators of all cameras.

Its server stays on loopback, or behind a string that no browser knows: its API is asked from here.
Its pages are those of the installed package, told to live below /prefect.
"""

from __future__ import annotations

import mimetypes
from functools import cached_property
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboards.api.problems import problem
from dashboards.proxied import METHODS, Proxied, handed_on, refusal
from edge.errors import BadName, LivecamError
from flows import reach
from flows.runs import api_of, auth_of
from flows.site import Following

ROOT = "/prefect"
# Prefect writes where its pages are served into its files, in the place of this.
_PLACE = b"/PREFECT_UI_SERVE_BASE_REPLACE_PLACEHOLDER"


class PrefectPages:
    """The routes, for one site's server."""

    def __init__(self, following: Following) -> None:
        self._following, self._server = following, Proxied()

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
        if (refused := refusal(request)) is not None:
            return refused
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
        if (refused := refusal(request)) is not None:
            return refused
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
        if (refused := refusal(request)) is not None:
            return refused
        site = self._following.now
        try:
            api = api_of(site.settings, site.home)
            auth = reach.headers(auth_of(site.settings, site.home))
        except LivecamError as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.hint)
        path, query = request.path_params["path"], request.url.query
        try:
            return handed_on(await self._server.ask(request, api, path, auth, query))
        except BadName as error:
            return problem(HTTPStatus.BAD_REQUEST, error.message)
        except httpx.HTTPError:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "Prefect does not answer")

    @cached_property
    def _folder(self) -> Path | None:
        """Where the package's pages lie; importing it would take a second."""
        found = find_spec("prefect")
        places = (found.submodule_search_locations if found else None) or []
        folders = (Path(place).resolve() / "server" / "ui-v2" for place in places)
        return next((folder for folder in folders if (folder / "index.html").is_file()), None)
