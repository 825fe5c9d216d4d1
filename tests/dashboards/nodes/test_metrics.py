"""`/metrics`: what Prometheus reads, to those who may, of cameras that they may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dashboards.access.access import Access
from dashboards.access.visitor import Role
from dashboards.nodes.desk import Desk, desk_of
from edge.report import CameraReport
from edge.serving.beat import Beat
from flows.feed import About
from tests.dashboards import footage
from tests.dashboards.doors import account, accounts, door, unmade, visiting
from tests.flows.stage_site import folder_site

SETTINGS = {
    "nodes": {"pi1": {}, "pi2": {}},
    "cameras": {
        "gate": {"node": "pi1", "source": "scene:"},
        "yard": {"node": "pi2", "source": "scene:"},
    },
}


@dataclass
class There:
    address: str
    access: Access
    desk: Desk

    def metrics(self, name: str, cameras: list[str] | None = None) -> dict[str, float]:
        """By key: `name{labels}` → value."""
        _, word = self.access.keys.add(name, Role.VIEWER, cameras)
        return read(httpx.get(f"{self.address}/metrics", headers=bearer(word), timeout=60))


def bearer(word: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {word}"}


def read(answer: httpx.Response) -> dict[str, float]:
    assert answer.status_code == 200
    return {
        ",".join([one.name, *one.labels.values()]): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


@pytest.fixture
def there(tmp_path: Path) -> Iterator[There]:
    site = folder_site(tmp_path / "home", SETTINGS)
    access, desk = accounts(site), desk_of(site)
    now_ms = site.clock.utc_ms()
    for camera in ("gate", "yard"):
        footage.store(site, camera, now_ms - 20_000, 2)
        desk.feed.saw(camera, "person", now_ms - 9_000, now_ms - 8_000)
    desk.feed.saw("gate", "car", now_ms, now_ms)
    fares = {"gate": CameraReport(fps=15)}
    desk.book.take("pi1", Beat(version="1", at_ms=0, cameras=fares, bytes=7), "127.0.0.1")
    with door(site) as address:
        yield There(address, access, desk)


def test_a_key_reads_how_everything_is(there: There) -> None:
    there.desk.feed.judge(About.STORE, "store", "away")
    found = there.metrics("all")
    assert found["livecam_camera_up,gate,pi1"] == 1
    assert 15 < found["livecam_camera_newest_age_seconds,yard,pi2"] < 120
    assert (found["livecam_node_up,pi1"], found["livecam_node_up,pi2"]) == (1, 0)
    assert found["livecam_events_total,gate,person"] == 1
    assert found["livecam_events_total,gate,car"] == 1
    assert found["livecam_spool_bytes,pi1"] == 7
    assert found["livecam_store_up"] == 0
    assert found["livecam_exports,done"] == 0
    assert found["livecam_live_viewers"] == 0
    assert found["livecam_notifications_sent_total"] == 0
    assert 0 <= found["livecam_camera_recorded_ratio,gate"] <= 1


def test_requests_are_counted_by_route(there: There) -> None:
    _, word = there.access.keys.add("asks", Role.VIEWER)
    for path in ("/api/v1/cameras", "/api/v1/nodes/pi1", "/api/v1/nodes/pi9", "/api/v1/none"):
        httpx.get(there.address + path, headers=bearer(word), timeout=60)
    found = there.metrics("all")
    counted = {name: count for name, count in found.items() if "http_requests_total" in name}
    assert sum(counted.values()) == 4
    assert any("nodes/{id}" in name and name.endswith("404") for name in counted)
    assert not any("pi9" in name for name in counted)


def test_who_may_see_some_cameras_reads_of_those_alone(there: There) -> None:
    found = there.metrics("some", ["gate"])
    assert "livecam_events_total,gate,person" in found
    assert not [name for name in found if "yard" in name or "pi2" in name]
    assert "livecam_spool_bytes,pi1" not in found
    assert not [name for name in found if "http" in name]


def test_people_who_are_no_administrators_read_nothing(there: There, tmp_path: Path) -> None:
    account(there.access, "vera", Role.OPERATOR)
    with visiting(there.address, there.access, "vera") as vera:
        assert vera.get("/metrics").status_code == 403
    with visiting(there.address, there.access, "anna") as anna:
        assert anna.get("/metrics").status_code == 200
    assert httpx.get(f"{there.address}/metrics").status_code in (303, 401)


def test_without_an_account_this_machine_reads(tmp_path: Path) -> None:
    site = folder_site(tmp_path / "home", SETTINGS)
    unmade(site)
    with door(site) as address:
        assert "livecam_node_up,pi1" in read(httpx.get(f"{address}/metrics", timeout=60))
