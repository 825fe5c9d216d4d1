"""Cameras as they are now through the gateway: from their node, for those who may see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from dashboards.access.visitor import Role, Visitor
from dashboards.api import create_api
from dashboards.api.live import streams
from dashboards.nodes.book import NodeBook
from edge.clock import from_iso, to_iso
from edge.serving import place, token
from edge.serving.beat import Beat
from edge.subscribers import Fan
from flows.settings import parse
from flows.site import Site
from tests.dashboards import footage
from tests.dashboards.rights import believing, named
from tests.edge.fake_clock import FakeClock
from tests.edge.serving import live

SITE = {"cameras": {"gate": {"source": "scene:"}, "yard": {"source": "scene:"}}}
ONE = Visitor("kim", Role.VIEWER, frozenset({"gate"}))
NONE = Visitor("lee", Role.ADMIN, frozenset())
T0 = from_iso("2026-11-01T10:00:00Z")


class Gateway:
    """A site's gateway, which takes everybody for whom they say they are."""

    def __init__(self, port: int) -> None:
        self._port = port

    def get(self, path: str, visitor: Visitor = ONE) -> httpx.Response:
        address = f"http://127.0.0.1:{self._port}/api/v1{path}"
        return httpx.get(address, headers=named(visitor), trust_env=False)

    def watch(self, camera: str, visitor: Visitor = ONE) -> Connection:
        address = f"ws://127.0.0.1:{self._port}/ws/stream/{camera}"
        return connect(address, additional_headers=named(visitor), compression=None, proxy=None)


@pytest.fixture
def site(site: Site) -> Site:
    """A site of two cameras, with a clock of its own."""
    return replace(site, settings=parse(SITE), clock=FakeClock())


@pytest.fixture
def gateway(site: Site) -> Iterator[Gateway]:
    api = create_api(site)
    app = Starlette(routes=[*streams(api), Mount("/api", api)])
    with live.running(believing(app)) as port:
        yield Gateway(port)


@contextmanager
def node(site: Site) -> Iterator[Fan]:
    """The node of both cameras, of which `gate` is recorded now."""
    folder: Path = site.home.recorder
    with (
        live.recorded(folder) as fan,
        live.node(folder, lambda: token.read(site.home, "local")) as port,
        place.told(site.home, "local", port),
    ):
        yield fan


def told(socket: Connection) -> dict[str, Any]:
    """The next line of JSON."""
    while not isinstance(text := socket.recv(timeout=60), str):
        pass
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_camera_comes_from_its_node_and_is_said_to_be_away_with_it(
    site: Site, gateway: Gateway
) -> None:
    with gateway.watch("gate") as socket:
        assert told(socket) == {"trouble": "node_away"}
        with node(site):
            while (said := told(socket)) == {"trouble": "node_away"}:
                pass
            assert said["width"] == 320
            pieces = [socket.recv(timeout=60) for _ in range(6)]
            assert len(live.marks(b"".join(map(bytes, pieces)))) == 5  # type: ignore[arg-type]
        assert told(socket) == {"trouble": "node_away"}


def test_a_camera_that_one_may_not_see_is_closed_as_one_that_never_was(
    site: Site, gateway: Gateway
) -> None:
    with node(site):
        refused = []
        for camera, visitor in (("yard", ONE), ("nobody", ONE), ("gate", NONE), ("x%2F..", ONE)):
            with pytest.raises(InvalidStatus) as error:
                gateway.watch(camera, visitor)
            answer = error.value.response
            refused.append((answer.status_code, bytes(answer.body or b"")))
        assert set(refused) == {(403, b"")}


def test_a_tile_s_picture_is_the_camera_s_or_the_newest_stored(
    site: Site, gateway: Gateway
) -> None:
    made = footage.store(site, "gate", T0, 2)
    stored = gateway.get("/cameras/gate/snapshot.jpg")
    assert stored.headers["livecam-source"] == "stored"
    assert stored.headers["livecam-taken"] == to_iso(made.start_ms)
    assert stored.content.startswith(b"\xff\xd8")
    with node(site):
        site.clock.sleep(10)
        answer = gateway.get("/cameras/gate/snapshot.jpg")
    assert answer.headers["livecam-source"] == "live"
    assert from_iso(answer.headers["livecam-taken"]) > made.start_ms
    assert answer.headers["cache-control"] == "no-store"


def test_of_what_one_may_not_see_there_is_no_picture(site: Site, gateway: Gateway) -> None:
    footage.store(site, "yard", T0, 2)

    def refused(camera: str) -> dict[str, Any]:
        answer = gateway.get(f"/cameras/{camera}/snapshot.jpg")
        assert answer.status_code == 404
        found: dict[str, Any] = answer.json()
        return found | {"camera": found["camera"].replace(camera, "…")}

    assert refused("yard") == refused("nobody")
    assert gateway.get("/cameras/yard/snapshot.jpg", replace(ONE, cameras=None)).is_success
    assert gateway.get("/cameras/..%2Fyard/snapshot.jpg").status_code in {400, 404}


def test_many_who_watch_a_camera_cost_its_node_one_connection(site: Site, gateway: Gateway) -> None:
    with node(site) as fan, ExitStack() as stack:
        for _ in range(4):
            socket = stack.enter_context(gateway.watch("gate"))
            while "mime" not in told(socket):
                pass
        assert len(fan._subscribers) == 1


def test_a_node_elsewhere_is_found_by_where_its_heartbeats_come_from(
    site: Site, gateway: Gateway
) -> None:
    folder = site.home.recorder
    with live.recorded(folder), live.node(folder, lambda: token.read(site.home, "local")) as port:
        beat = Beat(version="1", at_ms=0, port=port)
        NodeBook(site.home, site.clock).take("local", beat, "127.0.0.1")
        answer = gateway.get("/cameras/gate/snapshot.jpg")
        assert answer.headers["livecam-source"] == "live"
        site.clock.sleep(60)  # silent for so long, it is down
        assert gateway.get("/cameras/gate/snapshot.jpg").status_code == 404
