"""One address for everything: Streamlit's pages at `/`, the gateway at `/api`, behind the door."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flows.gateway import GatewaySettings
from flows.site import Following, Site
from flows.store import FOOTAGE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

APP = Path(__file__).with_name("app.py")


def create_app(site: Site | Following) -> ASGIApp:
    """The ASGI app: a Streamlit App with the gateway mounted, and the door around both."""
    import streamlit as st

    following = site if isinstance(site, Following) else Following(site)
    inner = st.App(APP, routes=gateway_routes(following))
    return guarded(inner, following, following.now.settings.gateway)


def gateway_routes(following: Following) -> list[BaseRoute]:
    """All but Streamlit's pages."""
    from starlette.routing import Mount, Route

    from dashboards.access.access import access_of
    from dashboards.access.pages import Pages
    from dashboards.api import create_api
    from dashboards.api.aliases import at_the_root
    from dashboards.api.feed import events
    from dashboards.api.live import streams
    from dashboards.api.metrics import metrics
    from dashboards.minio_pages import MinioPages
    from dashboards.prefect_pages import PrefectPages

    api = create_api(following)
    site = following.now
    pages = Pages(access_of(site.home), site.settings.site)
    return [
        *streams(api),
        *events(api),
        *metrics(api, following),
        Mount("/api", api),
        at_the_root(api),
        *PrefectPages(following).routes,
        *MinioPages(following).routes,
        *pages.routes,
        Route("/review", _first_page),
    ]


async def _first_page(request: Request) -> Response:
    """Streamlit knows its first page by `/` alone, and calls it not found by its name."""
    from starlette.responses import RedirectResponse

    return RedirectResponse(request.url.replace(scheme="", netloc="", path="/"))


def guarded(inner: ASGIApp, following: Following, settings: GatewaySettings) -> ASGIApp:
    """`inner` behind the door: who asks is known inside, and what may be asked is bounded."""
    from starlette.middleware.cors import CORSMiddleware

    from dashboards.access.access import access_of
    from dashboards.access.bounds import BodyLimit, Headed
    from dashboards.access.door import Door
    from dashboards.api.paths import PlainPaths

    app: ASGIApp = Door(inner, access_of(following.now.home), settings)
    app = PlainPaths(BodyLimit(app))
    if settings.cors:
        # No cookies: a script of another host comes by a key of its own.
        app = CORSMiddleware(
            app, allow_origins=settings.cors, allow_methods=["*"], allow_headers=["Authorization"]
        )
    return Headed(app, _stores(following.now))


def _stores(site: Site) -> list[str]:
    """Where a browser is sent for footage: the origin of the addresses that the store signs."""
    signed = site.store.presign(FOOTAGE, "videos/x", "", seconds=1)
    if signed is None:
        return []
    parts = urlsplit(signed)
    return [f"{parts.scheme}://{parts.netloc}"]


def serve(port: int) -> None:
    """Serve until SIGINT or SIGTERM. Prints nothing unless something is wrong."""
    from streamlit.logger import set_log_level

    from dashboards.access.access import access_of
    from dashboards.listening import run
    from dashboards.nodes.desk import desk_of
    from dashboards.nodes.notices import noticed
    from dashboards.nodes.watch import watching

    following = Following.open()
    app = create_app(following)
    # Streamlit takes uvicorn's loggers over on import, and logs every request.
    set_log_level("WARNING")
    site = following.now
    with watching(following, desk_of(site)), noticed(following, desk_of(site)):
        run(app, port, site.settings.gateway.listens, access_of(site.home).has_users)
