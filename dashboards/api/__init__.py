"""The gateway: search, playback and health over HTTP, for one site, on loopback."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from dashboards.api import (
    aliases,
    cameras,
    catalogue,
    coverage,
    deeds,
    exports,
    feed,
    health,
    holds,
    keys,
    live,
    metrics,
    nodes,
    pictures,
    playback,
    problems,
    retention,
    schema,
    session,
    sprites,
    timelines,
    users,
)
from dashboards.api.remembered import Remembered
from dashboards.archive import Archive
from dashboards.exports import exports_of
from dashboards.nodes.desk import desk_of
from flows.site import Following, Site

PLAYER = Path(__file__).parents[1] / "player"
HLS = PLAYER / "node_modules" / "hls.js" / "dist"


class _Revalidated(StaticFiles):
    """Files that a browser asks about each time: a new version plays at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_api(site: Site | Following) -> FastAPI:
    """An ASGI app to be mounted at `/api`; every failure is problem+json."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    api.state.archive = Archive(site)
    problems.install(api)
    schema.install(api)
    api.add_middleware(Remembered, clock=api.state.archive.site.clock)
    live.install(api, site)
    exports_of(api.state.archive.following)  # goes on with what a restart broke off
    metrics.install(api)
    api.state.desk = desk_of(api.state.archive.site)
    for part in (holds, retention):
        api.include_router(part.routes, prefix="/v1")
    for part in (catalogue, coverage, exports, live, nodes, playback, pictures, sprites, timelines):
        api.include_router(part.routes, prefix="/v1")
    for part in (cameras, feed):
        api.include_router(part.routes, prefix="/v1")
    for part in (session, users, keys, deeds):
        api.include_router(part.routes, prefix="/v1")
    api.include_router(aliases.routes)
    api.include_router(health.routes)
    if HLS.is_dir():  # it is npm's and may not be there: the player gets 404 and does without
        api.mount("/player/hls", _Revalidated(directory=HLS))
    api.mount("/player", _Revalidated(directory=PLAYER))
    return api
