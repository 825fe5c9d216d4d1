"""A site with numbered footage, and its gateway."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from dashboards.api import create_api
from edge.home import Home
from flows.settings import FlowSettings
from flows.site import Site, open_site
from infra.waiting import wait_until
from tests.servers.process import free_port


@pytest.fixture
def site(livecam_home: Path) -> Site:
    """An empty site on the folder store."""
    return open_site(FlowSettings(), Home(livecam_home))


@contextmanager
def gateway(site: Site, app: ASGIApp | None = None) -> Iterator[httpx.Client]:
    """The site's gateway, or `app`, on a port of its own, in this process."""
    asked = app or create_api(site)
    config = uvicorn.Config(asked, port=free_port(), log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, what="the gateway")
        address = f"http://127.0.0.1:{config.port}"
        with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    """Asks the site's gateway."""
    with gateway(site) as found:
        yield found
