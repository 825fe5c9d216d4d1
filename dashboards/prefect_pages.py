"""/prefect: Prefect's own pages, for administrators of all cameras.

Its server stays on loopback, or behind a string that no browser knows: its API is asked from here.
Its pages are those of the installed package, told to live below /prefect.
"""

from __future__ import annotations

import mimetypes
import re
from functools import cached_property, partial
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path

import httpx
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboards.api.gate import ADDRESS, visitor
from dashboards.api.problems import problem
from dashboards.proxied import METHODS, Proxied, handed_on, refusal
from edge.errors import BadName, LivecamError
from flows import deeds, reach
from flows.runs import api_of, auth_of
from flows.site import Following

ROOT = "/prefect"
# Prefect writes where its pages are served into its files, in the place of this.
_PLACE = b"/PREFECT_UI_SERVE_BASE_REPLACE_PLACEHOLDER"
# What its pages ask by POST, to look.
_READS = re.compile(
    r"(.*/)?(filter|counts?|count-[^/]+(/[^/]+)?|paginate|history|lateness|validate|next-runs"
    r"|get_runs|get_scheduled_flow_runs|concurrency_status)/?"
)


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
        """Ask the server, with its string and without anything that is ours; changes are told."""
        if (refused := refusal(request)) is not None:
            return refused
        site = self._following.now
        try:
            api = api_of(site.settings, site.home)
            auth = reach.headers(auth_of(site.settings, site.home))
            await self._tell(request)
        except LivecamError as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.hint)
        path, query = request.path_params["path"], request.url.query
        try:
            return handed_on(await self._server.ask(request, api, path, auth, query))
        except BadName as error:
            return problem(HTTPStatus.BAD_REQUEST, error.message)
        except httpx.HTTPError:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "Prefect does not answer")

    async def _tell(self, request: Request) -> None:
        path, posts = request.path_params["path"], request.method == "POST"
        if request.method in ("GET", "HEAD") or (posts and _READS.fullmatch(path)):
            return
        home, who = self._following.now.home, visitor(request).name
        what, address = f"{request.method} {path}", request.scope.get(ADDRESS, "")
        tell = partial(deeds.tell, home, who, "change in Prefect", what, address=address)
        await to_thread.run_sync(tell)

    @cached_property
    def _folder(self) -> Path | None:
        """Where the package's pages lie; importing it would take a second."""
        found = find_spec("prefect")
        places = (found.submodule_search_locations if found else None) or []
        folders = (Path(place).resolve() / "server" / "ui-v2" for place in places)
        return next((folder for folder in folders if (folder / "index.html").is_file()), None)
