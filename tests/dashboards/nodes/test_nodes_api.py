"""Heartbeats over HTTP: who may send them, what they are answered, who sees what of nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboards.access.visitor import LOCAL, Role, Visitor
from dashboards.nodes.book import NodeBook
from edge.serving import token
from edge.settings import section
from flows.gateway import GatewaySettings
from tests.dashboards.doors import accounts, door, stranger
from tests.dashboards.nodes.asking import ADMIN, VIEWER, Asked, asked
from tests.edge.fake_clock import FakeClock
from tests.flows.stage_site import folder_site

HUB = """
nodes: {pi1: {}, pi2: {}}
cameras:
  gate: {node: pi1, source: 'rtsp://u:{GATE_PASSWORD}@gate.local/s'}
  barn: {node: pi1, source: 'scene:'}
  yard: {node: pi2, source: 'rtsp://u:yard-secret@yard.local/s'}
"""
SETTINGS = {
    "nodes": {"pi1": {}, "pi2": {}},
    "cameras": {
        name: {"node": node, "source": "scene:"}
        for name, node in {"gate": "pi1", "barn": "pi1", "yard": "pi2"}.items()
    },
}
FPS = {"fps": 15.0, "bits_per_s": 1_000_000}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def there(tmp_path: Path, clock: FakeClock) -> Iterator[Asked]:
    site = replace(folder_site(tmp_path / "home", SETTINGS), clock=clock)
    with asked(site, site) as found:
        yield found


def beat(**more: Any) -> dict[str, Any]:
    return {"version": "1", "at_ms": 1, **more}


def test_only_a_nodes_own_key_speaks_for_it(there: Asked) -> None:
    _, own = there.access.keys.add("k1", node="pi1")
    _, other = there.access.keys.add("k2", node="pi2")
    _, admins = there.access.keys.add("k3", Role.ADMIN)
    path = "/nodes/pi1/heartbeat"
    for answer in (
        there.key(other, "POST", path, json=beat()),
        there.key(admins, "POST", path, json=beat()),
        there.by(ADMIN, "POST", path, json=beat()),
        there.by(LOCAL, "POST", path, json=beat()),
        there.key(other, "GET", "/nodes/pi1/config"),
    ):
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
    assert there.key(own, "POST", path, json=beat()).status_code == 200
    gone = there.access.keys.add("k4", node="pi9")[1]
    assert there.key(gone, "POST", "/nodes/pi9/heartbeat", json=beat()).status_code == 404


def test_a_heartbeat_is_answered_with_what_is_new(there: Asked, clock: FakeClock) -> None:
    desk = there.app.state.desk
    _, key = there.access.keys.add("k1", node="pi1")
    assert there.key(key, "GET", "/nodes/pi1/config").status_code == 404
    version = desk.versions.keep(HUB, "anna", "two cameras more")
    desk.book.order("pi1", "gate", paused=True)
    answer = there.key(key, "POST", "/nodes/pi1/heartbeat", json=beat(port=8001)).json()
    assert answer["config_version"] == 1
    assert answer["config_digest"] == version.digest
    assert answer["token"] == token.read(desk.home, "pi1")
    assert answer["now_ms"] == clock.utc_ms()
    assert [(one["camera"], one["paused"]) for one in answer["orders"]] == [("gate", True)]
    told = there.key(key, "GET", "/nodes/pi1/config", params={"version": 1})
    assert list(told.json()["part"]["cameras"]) == ["gate", "barn"]
    assert "{GATE_PASSWORD}" in told.text
    assert "yard" not in told.text
    assert there.key(key, "GET", "/nodes/pi1/config", params={"version": 2}).status_code == 404


def test_a_node_behind_a_proxy_is_where_it_is(tmp_path: Path) -> None:
    site = folder_site(tmp_path / "home", SETTINGS)
    by_proxy = section(GatewaySettings, {"proxies": ["127.0.0.1"]}, "gateway")
    with door(site, by_proxy) as address:
        _, key = accounts(site).keys.add("k1", node="pi1")
        headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": "192.0.2.7"}
        with stranger(address, **headers) as pi1:
            told = pi1.post("/api/v1/nodes/pi1/heartbeat", json=beat(port=8001))
    assert told.status_code == 200
    assert NodeBook(site.home, site.clock).heard()["pi1"].url == "http://192.0.2.7:8001"


def test_nodes_are_shown_with_their_cameras(there: Asked, clock: FakeClock) -> None:
    _, key = there.access.keys.add("k1", node="pi1")
    sent = beat(port=8001, cameras={"gate": FPS, "yard": FPS}, segments=3, bytes=5)
    assert there.key(key, "POST", "/nodes/pi1/heartbeat", json=sent).status_code == 200
    clock.advance(4_000)
    first, second = there.by(ADMIN, "GET", "/nodes").json()["nodes"]
    assert (first["node"], first["state"], first["age_s"]) == ("pi1", "up", 4.0)
    assert first["cameras"]["gate"]["fps"] == 15
    assert first["cameras"]["barn"] is None
    assert "yard" not in first["cameras"]  # it is not its own
    assert (first["segments"], first["address"]) == (3, "http://127.0.0.1:8001")
    assert (second["node"], second["state"], second["heard"]) == ("pi2", "unknown", None)
    clock.advance(11_001)
    assert there.by(ADMIN, "GET", "/nodes/pi1").json()["state"] == "down"


def test_a_viewer_of_one_camera_sees_its_node_and_nothing_of_others(there: Asked) -> None:
    _, key = there.access.keys.add("k1", node="pi1")
    sent = beat(port=8001, cameras={"gate": FPS, "barn": FPS}, segments=3, bytes=5)
    there.key(key, "POST", "/nodes/pi1/heartbeat", json=sent)
    some = Visitor("kim", Role.VIEWER, frozenset({"gate"}))
    (found,) = there.by(some, "GET", "/nodes").json()["nodes"]
    assert list(found["cameras"]) == ["gate"]
    assert [found[name] for name in ("segments", "bytes", "health", "config", "address")] == [
        None
    ] * 5
    hidden, never = (there.by(some, "GET", f"/nodes/{name}") for name in ("pi2", "pi3"))
    assert hidden.status_code == never.status_code == 404
    assert hidden.text.replace("pi2", "pi3") == never.text
    assert there.by(VIEWER, "GET", "/nodes/pi1").json()["address"] is None


def test_versions_are_for_administrators_of_all_cameras(there: Asked) -> None:
    versions = there.app.state.desk.versions
    for number in range(3):
        versions.keep(f"site: s{number}\n", "anna", f"name {number}")
    found = there.by(ADMIN, "GET", "/config/versions", params={"limit": 2}).json()
    assert [(one["version"], one["who"], one["why"]) for one in found["versions"]] == [
        (3, "anna", "name 2"),
        (2, "anna", "name 1"),
    ]
    rest = there.by(ADMIN, "GET", "/config/versions", params={"before": found["next"]}).json()
    assert [one["version"] for one in rest["versions"]] == [1]
    assert rest["next"] is None
    for visitor in (VIEWER, Visitor("kim", Role.ADMIN, frozenset({"gate"}))):
        assert there.by(visitor, "GET", "/config/versions").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"at_ms": -1},
        {"cameras": {"../x": {}}},
        {"cameras": {"gate": {"fps": "x" * 400}}},
        {"port": 70_000},
        {"config": {"trouble": "x" * 400}},
        {"more": 1},
    ],
)
def test_a_heartbeat_that_is_none_is_refused(there: Asked, wrong: dict[str, Any]) -> None:
    _, key = there.access.keys.add("k1", node="pi1")
    answer = there.key(key, "POST", "/nodes/pi1/heartbeat", json=beat() | wrong)
    assert answer.status_code == 400
    assert there.app.state.desk.book.heard() == {}
