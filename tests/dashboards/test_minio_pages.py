"""MinIO's console through the gateway: for whom, what it may be asked, what a browser shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import streamlit as st
from starlette.requests import Request
from starlette.types import Message
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from dashboards import view
from dashboards.access.access import Access
from dashboards.access.visitor import Role, Visitor
from dashboards.minio_console import Console
from edge.home import Home
from flows.settings import FlowSettings, StoreSettings
from flows.site import Following, Site, open_site
from flows.store import LIVECAM
from flows.store.access import console_of, read_keys
from tests.dashboards.doors import accounts, door, lesser, stranger, unmade, visiting
from tests.dashboards.pages import shown
from tests.edge.fake_clock import FakeClock
from tests.servers import site_minio

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BUCKETS = "/minio/api/v1/buckets"
DOWNLOAD = f"{BUCKETS}/{LIVECAM}/objects/download"
NAME, BYTES = "thumbnails/gate=1.bin", bytes(range(256)) * 12_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """That of a site whose MinIO runs, and holds an object."""
    folder = tmp_path_factory.mktemp("site")
    home = Home(folder / "home")
    with site_minio.running(home, folder, {"store": {"kind": "s3"}}):
        open_site(SETTINGS, home).store.create(LIVECAM, NAME, BYTES)
        yield home


SETTINGS = FlowSettings(store=StoreSettings(kind="s3"))


@pytest.fixture
def s3_site(home: Home) -> Site:
    return open_site(SETTINGS, home)


def objects(address: str, access: Access, name: str, **headers: str) -> list[str]:
    """What the console's page is told of a bucket's thumbnails, over its WebSocket."""
    _, token = access.sessions.open(name)
    where = address.replace("http", "ws") + "/minio/ws/objectManager"
    given = {"Cookie": f"livecam={token}", **headers}
    with connect(where, additional_headers=given, proxy=None) as socket:
        wanted = {"bucket_name": LIVECAM, "prefix": "thumbnails/", "mode": "objects"}
        socket.send(json.dumps({**wanted, "date": "", "request_id": 1}))
        found: list[str] = []
        while not (told := json.loads(socket.recv(timeout=60))).get("request_end"):
            found += [one["name"] for one in told["data"]]
        return found


def test_it_is_for_administrators_of_all_cameras(site: Site) -> None:
    paths = ("/minio/", "/minio/static/x.js", f"{BUCKETS}", DOWNLOAD, "/minio/api/v1/login")
    with door(site) as address:
        unmade(site)
        with stranger(address) as here:
            assert [here.get(path).status_code for path in paths] == [403] * 5
        access = accounts(site)
        for name in lesser(access):
            with visiting(address, access, name) as client:
                assert [client.get(path).status_code for path in paths] == [403] * 5
                assert client.delete(f"{BUCKETS}/footage").status_code == 403
            with pytest.raises(InvalidStatus, match="403"):
                objects(address, access, name)
        with stranger(address) as nobody:
            seen = [nobody.get(path).headers.get("location") for path in paths]
            assert all(where.startswith("/login?next=/minio/") for where in seen if where)
            assert all(seen)


def test_where_the_site_runs_no_minio_that_is_said(site: Site, tmp_path: Path) -> None:
    own = replace(site, settings=SETTINGS)
    theirs = StoreSettings(kind="s3", endpoint="http://127.0.0.1:9")
    cases = {
        "its store is a folder": (site, 404),
        "its store is another's server": (replace(site, settings=FlowSettings(store=theirs)), 404),
        "MinIO does not answer": (own, 503),
    }
    for said, (asked, status) in cases.items():
        with door(asked) as address, visiting(address, accounts(asked), "anna") as anna:
            for path in ("/minio/", f"{BUCKETS}"):
                answer = anna.get(path)
                assert answer.status_code == status
                assert answer.headers["content-type"] == "application/problem+json"
                assert said in answer.json()["detail"]
            with pytest.raises(InvalidStatus, match="403"):
                objects(address, accounts(asked), "anna")


def test_it_is_asked_with_a_token_that_no_browser_sees(s3_site: Site) -> None:
    with door(s3_site) as address:
        access = accounts(s3_site)
        with visiting(address, access, "anna") as anna:
            page = anna.get("/minio/browser/livecam?cpb=/elsewhere&cp=y")
            assert '<base href="/minio/"/>' in page.text
            assert anna.get("/minio", follow_redirects=True).text == page.text
            told = anna.get("/minio/api/v1/session")
            assert (told.status_code, told.json()["status"]) == (200, "ok")
            names = {one["name"] for one in anna.get(BUCKETS).json()["buckets"]}
            assert names == {"footage", "livecam"}
            fetched = anna.get(DOWNLOAD, params={"prefix": NAME})
            assert fetched.content == BYTES
            assert "sandbox" in fetched.headers["content-security-policy"]
            part = anna.get(DOWNLOAD, params={"prefix": NAME}, headers={"Range": "bytes=1-2"})
            assert (part.status_code, part.content) == (206, b"\1\2")
            several = anna.post(f"{DOWNLOAD}-multiple", json=[NAME], headers={"Origin": address})
            assert several.content[:2] == b"PK"
            assert not any("set-cookie" in one.headers for one in (page, told, fetched, part))
            # What may hold an address that is good for hours, or another session.
            for path in ("share?prefix=x", "legalhold", "..%2f..%2fusers"):
                assert anna.get(f"{BUCKETS}/livecam/objects/{path}").status_code == 403
        assert objects(address, access, "anna") == [NAME]
        with pytest.raises(InvalidStatus, match="403"):
            objects(address, access, "anna", Origin="http://rebound.example")
        deeds = [(one.who, one.action, one.object) for one in access.deeds.newest(20)]
        assert deeds.count(("anna", "fetch", f"livecam/{NAME}")) == 2  # whole, and in pieces


def test_bad_input_is_no_failure_of_ours(s3_site: Site) -> None:
    with door(s3_site) as address, visiting(address, accounts(s3_site), "anna") as anna:
        asked = (
            anna.get(f"/minio/{'!' * 30_000}"),
            anna.get(f"{BUCKETS}/%80%ff/objects"),
            anna.get(DOWNLOAD, params={"prefix": NAME}, headers={"Range": "bytes=9-2"}),
            anna.get("/minio/..%2f..%2fetc/passwd", headers={b"Accept": b"\xff\xfe"}),
            anna.get("/minio//rebound.example/x"),
        )
        assert [one.status_code for one in asked] == [400, 502, 502, 200, 200]
        assert all("<title>MinIO Console</title>" in one.text for one in asked[-2:])


def test_it_changes_nothing(s3_site: Site) -> None:
    with door(s3_site) as address, visiting(address, accounts(s3_site), "anna") as anna:
        asked = (
            anna.delete(f"{BUCKETS}/livecam/objects", params={"prefix": NAME}),
            anna.post(f"{BUCKETS}/livecam/delete-objects", json=[{"path": NAME}]),
            anna.post(f"{BUCKETS}/livecam/objects/upload", files={"1": b"x"}),
            anna.post(BUCKETS, json={"name": "another"}),
            anna.put(f"{BUCKETS}/footage/versioning", json={"enabled": False}),
            anna.post("/minio/api/v1/login", json={"accessKey": "a", "secretKey": "b"}),
        )
        assert [one.status_code for one in asked] == [403] * len(asked)
        assert anna.post("/minio/api/v1/logout", json={}).status_code == 204
        assert anna.get("/minio/api/v1/session").status_code == 200
    assert s3_site.store.read(LIVECAM, NAME) == BYTES


def test_the_console_itself_lets_that_key_change_nothing(home: Home) -> None:
    keys = read_keys(home)
    assert keys is not None
    assert keys.reader is not None
    words = {"accessKey": keys.reader.access_key, "secretKey": keys.reader.secret_key}
    with httpx.Client(base_url=f"{console_of(home)}/api/v1", trust_env=False) as client:
        assert client.post("/login", json=words).status_code == 204
        at = {"prefix": NAME}
        asked = (
            client.delete("/buckets/livecam/objects", params=at),
            client.post("/buckets/livecam/delete-objects", json=[{"path": NAME}]),
            client.post("/buckets/livecam/objects/upload", params=at, files={"1": ("1", b"x")}),
            client.put("/buckets/footage/versioning", json={"enabled": False}),
            client.post("/buckets", json={"name": "another"}),
        )
        assert {one.status_code for one in asked} <= {403, 500}, [one.text for one in asked]
    assert open_site(SETTINGS, home).store.read(LIVECAM, NAME) == BYTES


async def _session(console: Console) -> int:
    """How the console answers who it thinks we are."""
    scope = {"type": "http", "method": "GET", "headers": [], "path": "/", "query_string": b""}

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    answer = await console.ask(Request(scope, receive), "api/v1/session")
    await answer.aclose()
    return answer.status_code


def test_a_token_that_is_refused_or_old_is_replaced(s3_site: Site) -> None:
    clock = FakeClock()
    console = Console(Following(replace(s3_site, clock=clock)))

    async def talk() -> None:
        assert await _session(console) == 200
        first = console._token
        assert await _session(console) == 200
        assert console._token == first
        # As after the server's data were lost and made anew: this one is of another server.
        console._token = "x"
        assert await _session(console) in (401, 403)  # a young one is taken at its word
        clock.advance(20_000)
        assert await _session(console) == 200
        second = console._token
        clock.advance(2 * 3_600_000)
        assert await _session(console) == 200
        assert len({first, second, console._token, "x"}) == 4

    asyncio.run(talk())


@pytest.mark.full
def test_its_lists_end_with_the_session(s3_site: Site) -> None:
    with door(s3_site) as address:
        access = accounts(s3_site)
        session, token = access.sessions.open("anna")
        with connect(
            f"{address.replace('http', 'ws')}/minio/ws/objectManager",
            additional_headers={"Cookie": f"livecam={token}"},
            proxy=None,
        ) as socket:
            access.sessions.end(session.id)
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=60)


def test_a_browser_at_the_store_s_own_port_is_told_of_no_console(home: Home) -> None:
    keys = read_keys(home)
    assert keys is not None
    agent = {"User-Agent": "Mozilla/5.0"}
    assert httpx.get(keys.endpoint, headers=agent, trust_env=False).status_code == 403


@pytest.mark.parametrize("own", [True, False])
def test_health_leads_there_where_it_is(
    own: bool, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own:
        (tmp_path / "livecam.yaml").write_text("store: {kind: s3}")
        monkeypatch.setenv("LIVECAM_CONFIG", str(tmp_path / "livecam.yaml"))
        monkeypatch.setenv("LIVECAM_HOME", str(home.root))
    st.cache_data.clear()
    st.cache_resource.clear()
    monkeypatch.setattr(view, "visitor", lambda: Visitor("mina", Role.ADMIN))
    links = [one.proto.url for one in shown("health").get("link_button")]
    assert links == (["/prefect/", "/minio/"] if own else ["/prefect/"])


@pytest.mark.full
def test_a_browser_lists_and_downloads(s3_site: Site, browser: Browser) -> None:
    with door(s3_site) as address:
        _, token = accounts(s3_site).sessions.open("anna")
        context = browser.new_context()
        context.add_cookies([{"name": "livecam", "value": token, "url": address}])
        page, said = context.new_page(), list[str]()
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.goto(f"{address}/minio/")
        page.locator("#acknowledge-confirm").click()
        page.get_by_text("livecam", exact=True).click()
        page.get_by_text("thumbnails", exact=True).click()
        page.get_by_text("gate=1.bin", exact=True).click()
        with page.expect_download() as fetched:
            page.get_by_role("button", name="Download").first.click()
        assert fetched.value.suggested_filename == "gate=1.bin"
        assert fetched.value.path().read_bytes() == BYTES
        assert page.url.startswith(f"{address}/minio/browser/livecam/")
        page.get_by_text("Sign Out").click()
        page.get_by_text("footage", exact=True).first.wait_for()  # it was never theirs to log in
        assert [one.get("name") for one in context.cookies()] == ["livecam"]
        assert said == []
        context.close()
