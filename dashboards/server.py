"""One address for everything: Streamlit's pages at `/`, the gateway at `/api`."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from flows.site import Site, open_site

HOST = "127.0.0.1"
APP = Path(__file__).with_name("app.py")
LOGGERS = ("uvicorn.access", "streamlit", "httpx")

# Streamlit reads its options on import and from no file of ours.
OPTIONS = {
    "BROWSER_GATHER_USAGE_STATS": "false",
    "CLIENT_SHOW_ERROR_DETAILS": "none",
    "CLIENT_TOOLBAR_MODE": "minimal",
    "LOGGER_LEVEL": "warning",
    "SERVER_FILE_WATCHER_TYPE": "none",
    "SERVER_HEADLESS": "true",
    "SERVER_RUN_ON_SAVE": "false",
    "THEME_LIGHT_PRIMARY_COLOR": "#0f766e",
    "THEME_DARK_PRIMARY_COLOR": "#2dd4bf",
    "THEME_DARK_BACKGROUND_COLOR": "#0e1116",
    "THEME_DARK_SECONDARY_BACKGROUND_COLOR": "#171b22",
    "THEME_BASE_RADIUS": "medium",
}


def create_app(site: Site) -> Any:
    """The ASGI app: a Streamlit App with the gateway mounted."""
    for name, value in OPTIONS.items():
        os.environ.setdefault(f"STREAMLIT_{name}", value)
    import streamlit as st
    from starlette.routing import Mount

    from dashboards.api import create_api

    return st.App(APP, routes=[Mount("/api", create_api(site))])


def serve(port: int) -> None:
    """Serve until SIGINT or SIGTERM. Prints nothing unless something is wrong."""
    import uvicorn

    app = create_app(open_site())
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Players hold connections open; at the end they need not be waited for.
    uvicorn.run(
        app,
        host=HOST,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
