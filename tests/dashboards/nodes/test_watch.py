"""What becomes news: each trouble once it lasts, its end, and what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboards.exports.book import Book
from dashboards.nodes.desk import Desk, desk_of
from dashboards.nodes.watch import STORE_DISK, Watch
from edge.health import Health
from edge.modes.plan import Mode
from edge.report import CameraReport
from edge.serving.beat import Beat
from flows.config_file import file as config_file
from flows.feed import About
from flows.site import Following, Site
from flows.stages.export import Wanted
from tests.dashboards import footage
from tests.edge.fake_clock import FakeClock
from tests.flows.stage_site import folder_site

SETTINGS = {
    "nodes": {"pi1": {}, "pi2": {}},
    "cameras": {
        "gate": {"node": "pi1", "source": "scene:"},
        "yard": {"node": "pi2", "source": "scene:"},
    },
}
COMES = CameraReport(fps=15, bits_per_s=1_000_000)
GB = 1_000_000_000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    return replace(folder_site(tmp_path / "home", SETTINGS), clock=clock)


@pytest.fixture
def desk(site: Site) -> Desk:
    return desk_of(site)


@pytest.fixture
def watch(site: Site, desk: Desk) -> Watch:
    return Watch(Following(site), desk)


def health(free: int = 500 * GB) -> Health:
    return Health(
        load_1m=0,
        cpus=4,
        memory_total_bytes=None,
        memory_free_bytes=None,
        disk_total_bytes=1_000 * GB,
        disk_free_bytes=free,
        temperature_c=None,
    )


def beat(cameras: Mapping[str, CameraReport], free: int = 500 * GB, **more: Any) -> Beat:
    room = {"room_bytes": 100 * GB, **more}
    return Beat(version="1", at_ms=0, health=health(free), cameras=dict(cameras), **room)


def told(desk: Desk) -> list[tuple[str, str]]:
    return [
        (one.kind.value, one.node or ",".join(one.cameras) or str(one.message.get("store", "")))
        for one in desk.feed.after(None)
        if one.facts.get("disk") != STORE_DISK  # this machine's own may be full
    ]


def hear(watch: Watch, desk: Desk, clock: FakeClock, seconds: int, one: Beat) -> None:
    """Beats of pi1 every 5 s."""
    for _ in range(seconds // 5):
        desk.book.take("pi1", one, "127.0.0.1")
        watch.quick()
        clock.advance(5_000)


def test_a_node_is_down_once_and_back_once(watch: Watch, desk: Desk, clock: FakeClock) -> None:
    watch.quick()  # of nodes that were never heard nothing is known
    hear(watch, desk, clock, 5, beat({"gate": COMES}))
    for _ in range(10):
        clock.advance(2_000)
        watch.quick()
    assert told(desk) == [("node_down", "pi1")]
    hear(watch, desk, clock, 10, beat({"gate": COMES}))
    assert told(desk) == [("node_down", "pi1"), ("node_back", "pi1")]
    assert "since" in desk.feed.after(None, {"gate"})[1].facts


def test_a_gateway_that_was_away_gives_nodes_time_to_tell(
    site: Site, desk: Desk, clock: FakeClock
) -> None:
    desk.book.take("pi1", beat({"gate": COMES}), "127.0.0.1")
    clock.advance(3_600_000)
    watch = Watch(Following(site), desk)
    watch.quick()
    clock.advance(14_000)
    watch.quick()
    assert [kind for kind, _ in told(desk) if kind.startswith("node")] == []
    clock.advance(2_000)
    watch.quick()
    assert [kind for kind, _ in told(desk) if kind.startswith("node")] == ["node_down"]


@pytest.mark.parametrize(
    "away",
    [
        CameraReport(fps=0),
        CameraReport(fps=15, fallback=True),
    ],
)
def test_a_camera_is_down_when_that_lasts(
    watch: Watch, desk: Desk, clock: FakeClock, away: CameraReport
) -> None:
    hear(watch, desk, clock, 10, beat({"gate": COMES}))
    hear(watch, desk, clock, 10, beat({"gate": away}))
    hear(watch, desk, clock, 5, beat({"gate": COMES}))  # it was not for long
    assert told(desk) == []
    hear(watch, desk, clock, 30, beat({"gate": away}))
    hear(watch, desk, clock, 10, beat({"gate": COMES}))
    kinds = [("camera_down", "pi1"), ("camera_back", "pi1")]
    assert told(desk) == kinds
    assert desk.feed.after(None, {"gate"})[0].message["camera"] == "gate"


@pytest.mark.parametrize(
    "fine",
    [
        {"gate": CameraReport(fps=None)},
        {"gate": CameraReport(fps=0, mode=Mode.PAUSED)},
        {"gate": CameraReport(fps=0, mode=Mode.OFF)},
        {},
    ],
)
def test_what_may_be_right_is_no_news(
    watch: Watch, desk: Desk, clock: FakeClock, fine: dict[str, CameraReport]
) -> None:
    hear(watch, desk, clock, 60, beat(fine))
    assert told(desk) == []


def test_a_node_without_a_recorder_records_none_of_its_cameras(
    watch: Watch, desk: Desk, clock: FakeClock
) -> None:
    hear(watch, desk, clock, 30, Beat(version="1", at_ms=0))
    (found,) = desk.feed.after(None, {"gate"})
    assert (found.kind, found.cameras) == ("camera_down", ("gate",))
    assert "no recorder" in found.facts["reason"]


def test_room_is_low_once_and_its_end_is_told_when_it_is_well_over(
    watch: Watch, desk: Desk, clock: FakeClock
) -> None:
    for free, bytes_waiting in ((20, 0), (40, 0), (60, 0), (500, 450), (500, 300), (500, 100)):
        one = beat({"gate": COMES}, free * GB, bytes=bytes_waiting * GB)
        hear(watch, desk, clock, 5, one)
    assert [kind for kind, _ in told(desk)] == ["disk_low", "disk_back", "disk_low", "disk_back"]


def test_a_store_that_is_away_is_told_once_and_its_return(
    site: Site, desk: Desk, clock: FakeClock
) -> None:
    watch = Watch(Following(site), desk)
    watch._store(site)
    away = site.home.store.rename(site.home.root / "away")
    for _ in range(4):
        clock.advance(5_000)
        watch._store(site)
    away.rename(site.home.store)
    clock.advance(5_000)
    watch._store(site)
    assert [kind for kind, _ in told(desk)] == ["store_down", "store_back"]


def test_events_are_told_as_they_are_folded(site: Site, desk: Desk, clock: FakeClock) -> None:
    old = footage.store(site, "gate", clock.utc_ms() - 60_000, 2)
    footage.event(site, old, old.start_ms, old.end_ms)
    watch = Watch(Following(site), desk)
    watch._events(site)
    assert told(desk) == []  # it was before there was a feed
    clock.advance(10_000)
    new = footage.store(site, "gate", clock.utc_ms() - 5_000, 2)
    id = footage.event(site, new, new.start_ms, new.end_ms)  # noqa: A001
    for _ in range(3):
        watch._events(site)
    (found,) = desk.feed.after(None, {"gate"})
    assert found.message["event"] == id
    assert found.message["camera"] == "gate"
    assert (found.message["label"], found.message["score"]) == ("person", 0.9)


def test_of_a_node_that_does_not_beat_the_store_tells(
    site: Site, desk: Desk, clock: FakeClock
) -> None:
    watch = Watch(Following(site), desk)
    footage.store(site, "gate", clock.utc_ms() - 30_000, 2)
    watch._late(site)
    assert told(desk) == []
    clock.advance(180_000)
    watch._late(site)
    footage.store(site, "gate", clock.utc_ms() - 30_000, 2)
    watch._late(site)
    assert told(desk) == [("camera_down", "pi1"), ("camera_back", "pi1")]


def test_exports_are_told_when_they_are_done(site: Site, watch: Watch, desk: Desk) -> None:
    book = Book(site.home, site.clock)
    first = book.add(Wanted(("gate",), 0, 1_000, "burglary", "ann", "e1"), 5)
    watch.quick()
    book.done(first, [], {})
    other = book.add(Wanted(("yard",), 0, 1_000, "", "ann", "e2"), 5)
    book.failed(other, "the disk is full")
    for _ in range(2):
        watch.quick()
    assert {kind for kind, _ in told(desk)} == {"export_done", "export_failed"}
    assert [one.facts["export"] for one in desk.feed.after(None, {"gate"})] == ["e1"]


def test_of_what_the_site_has_no_more_nothing_is_remembered(
    site: Site, desk: Desk, clock: FakeClock
) -> None:
    hear(Watch(Following(site), desk), desk, clock, 30, Beat(version="1", at_ms=0))
    assert desk.feed.troubled(About.CAMERA)
    other = folder_site(site.home.root, {"nodes": {"pi2": {}}, "cameras": {}})
    Watch(Following(replace(other, clock=clock)), desk).quick()
    assert desk.feed.troubled(About.CAMERA) == {}


def test_an_edit_by_hand_becomes_a_version(
    site: Site, desk: Desk, tmp_path: Path, livecam_home: Path
) -> None:
    path = tmp_path / "livecam.yaml"
    path.write_text("site: one\n")
    watch = Watch(Following(site), desk, path)
    watch.quick()
    path.write_text("site: two\n")
    for _ in range(2):  # it must have rested
        watch.quick()
    assert [one.text for one in desk.versions.before()] == ["site: two\n", "site: one\n"]
    assert config_file.current(desk.home, path) == desk.versions.newest()


def test_the_stores_disk_has_a_name_that_no_node_has() -> None:
    assert " " in STORE_DISK
