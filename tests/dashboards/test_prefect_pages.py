"""Prefect's pages through the gateway: for whom, and what its server is told."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flows.site import Site
from infra.waiting import wait_until
from tests.dashboards.doors import accounts, door, lesser, visiting
from tests.servers.prefect_server import PrefectServer
from tests.servers.process import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WORD = "livecam:a-word-of-its-own"


async def _echo(request: Request) -> Response:
    """What a request told."""
    return JSONResponse(
        {
            "path": request.scope["raw_path"].decode(),
            "query": request.url.query,
            "headers": dict(request.headers),
            "body": (await request.body()).decode(),
        },
        status_code=202,
    )


@contextmanager
def echoing() -> Iterator[str]:
    app = Starlette(routes=[Route("/{path:path}", _echo, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, what="the server")
        yield f"http://127.0.0.1:{server.config.port}/api"
    finally:
        server.should_exit = True
        thread.join()


def test_the_server_is_asked_with_its_word_and_nothing_of_ours(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with echoing() as api, door(site) as address:
        monkeypatch.setenv("PREFECT_API_URL", api)
        monkeypatch.setenv("PREFECT_API_AUTH_STRING", WORD)
        access = accounts(site)
        with visiting(address, access, "anna") as anna:
            asked = anna.post("/prefect/api/flows/filter?a=b%20c", json={"x": 1})
            assert asked.status_code == 202
            told = asked.json()
            assert (told["path"], told["query"]) == ("/api/flows/filter", "a=b%20c")
            assert told["body"] == '{"x":1}'
            given = base64.b64encode(WORD.encode()).decode()
            assert told["headers"]["authorization"] == f"Basic {given}"
            assert not {"cookie", "x-csrf-token"} & set(told["headers"])
            # Another host in the path is a path.
            elsewhere = anna.get("/prefect/api//rebound.example/x").json()
            assert elsewhere["path"] == "/api//rebound.example/x"
            assert elsewhere["headers"]["host"] == api.split("/")[2]
            assert anna.post("/prefect/api/deployments/7/create_flow_run").status_code == 202
            told = [one.object for one in access.deeds.newest(9) if "Prefect" in one.action]
            assert told == ["POST deployments/7/create_flow_run"]


def test_its_pages_are_for_administrators_of_all_cameras(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    paths = ("/prefect/", "/prefect/ui-settings", "/prefect/api/health", "/prefect/assets/x.js")
    with door(site) as address:
        access = accounts(site)
        for name in lesser(access):
            with visiting(address, access, name) as client:
                assert [client.get(path).status_code for path in paths] == [403] * 4
        with visiting(address, access, "anna") as anna:
            assert [anna.get(path).status_code for path in paths] == [200, 200, 503, 404]
            assert "/prefect/assets/" in anna.get("/prefect/runs").text
            assert "PLACEHOLDER" not in anna.get("/prefect/").text
            outside = anna.get("/prefect/..%2f..%2f..%2fpyproject.toml")
            assert outside.headers["content-type"].startswith("text/html")
            # Its pages know no token of ours: what changes something must name this host.
            del anna.headers["X-CSRF-Token"]
            asked = [
                anna.post("/prefect/api/x", headers=headers).status_code
                for headers in ({}, {"Origin": "http://rebound.example"}, {"Origin": address})
            ]
            assert asked == [403, 403, 503]


@pytest.mark.full
def test_a_browser_shows_them(
    site: Site,
    prefect_server: PrefectServer,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", prefect_server.url)
    pool = {"name": "a-pool-to-look-at", "type": "process"}
    httpx.post(f"{prefect_server.url}/work_pools/", json=pool, trust_env=False).raise_for_status()
    with door(site) as address:
        _, token = accounts(site).sessions.open("anna")
        context = browser.new_context()
        context.add_cookies([{"name": "livecam", "value": token, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/prefect/runs")
        page.get_by_role("link", name="Work Pools").click(timeout=60_000)
        page.wait_for_url("**/prefect/work-pools*")
        page.get_by_text(pool["name"]).first.wait_for(timeout=60_000)
        context.close()
