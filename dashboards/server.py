"""One address for everything: Streamlit's pages at `/`, the gateway at `/api`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.site import Following, Site

HOST = "127.0.0.1"
APP = Path(__file__).with_name("app.py")


def create_app(site: Site | Following) -> Any:
    """The ASGI app: a Streamlit App with the gateway mounted."""
    import streamlit as st
    from starlette.routing import Mount

    from dashboards.api import create_api
    from dashboards.api.live import streams

    api = create_api(site)
    return st.App(APP, routes=[*streams(api), Mount("/api", api)])


def serve(port: int) -> None:
    """Serve until SIGINT or SIGTERM. Prints nothing unless something is wrong."""
    import uvicorn
    from streamlit.logger import set_log_level

    app = create_app(Following.open())
    # Streamlit takes uvicorn's loggers over on import, and logs every request.
    set_log_level("WARNING")
    # Players hold connections open; at the end they need not be waited for.
    uvicorn.run(
        app,
        host=HOST,
        port=port,
        log_config=None,
        access_log=False,
        ws_per_message_deflate=False,  # pictures don't shrink
        timeout_graceful_shutdown=2,
    )
