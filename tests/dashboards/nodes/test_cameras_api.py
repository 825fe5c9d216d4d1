"""Cameras by the API: written into livecam.yaml as a person would, told to who may know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from dashboards.access.visitor import LOCAL, Role, Visitor
from edge.modes.pause import paused
from edge.report import CameraReport, Reporter
from edge.serving.beat import Beat
from flows.config_file.versions import Versions
from flows.deeds import Deeds
from flows.site import Following
from tests.dashboards import footage
from tests.dashboards.nodes.asking import ADMIN, OPERATOR, VIEWER, Asked, asked
from tests.edge.fake_clock import FakeClock
from tests.flows.stage_site import folder_site

TEXT = """# our cameras
nodes: {pi1: {}, pi2: {}}
cameras:
  gate:  # by the road
    node: pi1
    source: 'rtsp://ann:gate-secret@gate.local/s?key=gate-secret'
    notify: ['json://host/gate-secret']
  yard: {node: pi2, source: 'scene:?fps=5', record: {segment: 1m}}
"""
SOME = Visitor("kim", Role.ADMIN, frozenset({"gate"}))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "livecam.yaml"
    found.write_text(TEXT)
    monkeypatch.setenv("LIVECAM_CONFIG", str(found))
    return found


@pytest.fixture
def there(path: Path, livecam_home: Path) -> Iterator[Asked]:
    site = replace(folder_site(livecam_home, yaml.safe_load(TEXT)), clock=FakeClock())
    with asked(Following(site, path), site) as found:
        yield found


def listed(there: Asked, visitor: Visitor) -> dict[str, dict[str, object]]:
    answer = there.by(visitor, "GET", "/cameras")
    assert "secret" not in answer.text
    return {one["camera"]: one for one in answer.json()["cameras"]}


def test_cameras_are_listed_with_how_they_fare(there: Asked) -> None:
    desk, site = there.app.state.desk, there.app.state.archive.site
    start_ms = site.clock.utc_ms() - 60_000
    footage.store(site, "gate", start_ms, 2)
    footage.store(site, "shed", start_ms, 2)
    fares = {"gate": CameraReport(fps=15, bits_per_s=9)}
    desk.book.take("pi1", Beat(version="1", at_ms=0, cameras=fares), "127.0.0.1")
    found = listed(there, ADMIN)
    assert {name: one["state"] for name, one in found.items()} == {
        "gate": "recording",
        "shed": "not_configured",
        "yard": "unknown",
    }
    assert found["gate"]["source"] == "rtsp://gate.local/s"
    assert (found["gate"]["fps"], found["gate"]["node"]) == (15, "pi1")
    assert found["gate"]["newest"] == "2026-09-21T14:12:22.000Z"
    assert found["yard"]["settings"] == {"record": {"segment": "1m"}}
    assert listed(there, VIEWER)["gate"]["source"] is None
    assert list(listed(there, SOME)) == ["gate"]


def test_a_camera_is_added_changed_and_removed_in_place(there: Asked, path: Path) -> None:
    new = {"name": "barn", "source": "scene:", "node": "pi1", "record": {"segment": "30s"}}
    assert there.by(ADMIN, "POST", "/cameras", json=new).status_code == 201
    assert there.by(ADMIN, "POST", "/cameras", json=new).status_code == 409
    change = {"record": {"mode": "motion"}, "retain": {"days": 7}}
    assert there.by(ADMIN, "PATCH", "/cameras/barn", json=change).status_code == 200
    document = yaml.safe_load(path.read_text())
    assert document["cameras"]["barn"] == {
        "node": "pi1",
        "source": "scene:",
        "record": {"segment": "30s", "mode": "motion"},
        "retain": {"days": 7},
    }
    gone = {"record": {"mode": None}, "retain": None}
    assert there.by(ADMIN, "PATCH", "/cameras/barn", json=gone).status_code == 200
    assert there.by(ADMIN, "DELETE", "/cameras/barn").json()["done"] == "removed"
    assert path.read_text() == TEXT
    assert there.by(ADMIN, "DELETE", "/cameras/barn").status_code == 404
    kept = Versions(there.app.state.desk.home, FakeClock()).before()
    assert [(one.who, one.why) for one in kept] == [
        ("ann", "camera barn removed"),
        ("ann", "camera barn changed"),
        ("ann", "camera barn changed"),
        ("ann", "camera barn added"),
        ("", "edited by hand"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "gopher://x"},
        {"source": "scene:", "node": "pi9"},
        {"source": "scene:", "record": {"segmnt": "1m"}},
        {"source": "scene:", "record": {"segment": "1h"}},
        {"source": "clip:-x"},
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    there: Asked, path: Path, wrong: dict[str, object]
) -> None:
    answer = there.by(ADMIN, "POST", "/cameras", json={"name": "barn", "node": "pi1", **wrong})
    assert answer.status_code == 422
    assert path.read_text() == TEXT
    assert there.by(ADMIN, "PATCH", "/cameras/gate", json=wrong).status_code == 422


def test_what_is_too_deep_is_refused(there: Asked, path: Path) -> None:
    deep: object = 1
    for _ in range(300):
        deep = {"x": deep}
    answer = there.by(ADMIN, "PATCH", "/cameras/gate", json={"record": deep})
    assert answer.status_code == 400
    assert path.read_text() == TEXT


def test_who_may_do_what(there: Asked) -> None:
    new = {"name": "barn", "source": "scene:", "node": "pi1"}
    for visitor, status in {LOCAL: 403, VIEWER: 403, OPERATOR: 403, SOME: 403}.items():
        assert there.by(visitor, "POST", "/cameras", json=new).status_code == status
    for visitor in (LOCAL, VIEWER, OPERATOR):
        assert there.by(visitor, "PATCH", "/cameras/gate", json={}).status_code == 403
        assert there.by(visitor, "DELETE", "/cameras/gate").status_code == 403
        assert there.by(visitor, "POST", "/cameras/gate/test", json={}).status_code == 403
    assert there.by(VIEWER, "POST", "/cameras/gate/pause").status_code == 403
    for method, more in (("PATCH", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/test")):
        hidden, never = (
            there.by(SOME, method, f"/cameras/{name}{more}", json={}) for name in ("yard", "none")
        )
        assert hidden.status_code == never.status_code == 404
        assert hidden.text.replace("yard", "none") == never.text


def test_a_pause_is_at_once_here_and_an_order_elsewhere(there: Asked) -> None:
    desk = there.app.state.desk
    home, clock = desk.home, desk.clock
    home.spool.mkdir(parents=True)
    with Reporter(home.recorder, "pi1", home.spool, 0, clock) as reporter:
        reporter.tick(dict)
        for camera in ("gate", "yard"):
            answer = there.by(OPERATOR, "POST", f"/cameras/{camera}/pause")
            assert answer.json() == {"camera": camera, "done": "paused"}
        assert list(paused(home.recorder)) == ["gate"]
        (order,) = desk.book.take("pi2", Beat(version="1", at_ms=0), "127.0.0.1")
        assert (order.camera, order.paused) == ("yard", True)
        assert listed(there, VIEWER)["gate"]["state"] == "paused"
        there.by(OPERATOR, "POST", "/cameras/gate/resume")
    assert paused(home.recorder) == {}
    told = [(deed.who, deed.action, deed.object) for deed in Deeds(home, clock).newest(3)]
    assert told[0] == ("ann", "resume camera", "gate")


@pytest.mark.full
def test_a_camera_is_tried(there: Asked) -> None:
    found = there.by(ADMIN, "POST", "/cameras/yard/test", json={}).json()
    assert (found["works"], found["width"], found["height"]) == (True, 640, 360)
    assert found["jpeg"]


def test_a_source_is_tried_before_it_is_added(there: Asked) -> None:
    new = there.by(ADMIN, "POST", "/cameras/barn/test", json={"source": "gopher://x"})
    assert new.json()["works"] is False
    missing = {"source": "rtsp://u:{NOT_SET_HERE}@x/s"}
    told = there.by(ADMIN, "POST", "/cameras/barn/test", json=missing).json()
    assert "NOT_SET_HERE" in told["trouble"]


def test_who_sees_one_camera_gets_at_no_secret_and_no_file(there: Asked, path: Path) -> None:
    wanted: dict[str, object] = {"source": "rtsp://elsewhere/{STORE_SECRET}"}
    for values in (wanted, {"source": "clip:/srv/yard.mp4"}):
        for method, name, status in (
            ("PATCH", "/cameras/gate", 422),
            ("POST", "/cameras/gate/test", 422),
            ("POST", "/cameras/yard/test", 404),
        ):
            assert there.by(SOME, method, name, json=values).status_code == status
    assert path.read_text() == TEXT
