"""Spools of this machine and of nodes elsewhere, as pages and `status` tell of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dashboards import state
from dashboards.spools import STALE_MS, spools
from edge.health import read as read_health
from edge.home import Home
from edge.receipt import State, Waiting
from edge.segment import Cause, Gap
from edge.spool import Spool
from flows.settings import FlowSettings, parse
from flows.site import Site, open_site
from flows.stages.ingest import ingest
from flows.stages.nodes import About, keep, newest
from flows.stages.upload import upload
from tests.dashboards.spooled import two_wait
from tests.flows.archive import FakeClock
from tests.flows.stage_site import seal, seal_some

CAMERAS = {
    "gate": {"node": "pi1", "source": "scene:"},
    "yard": {"node": "pi2", "source": "scene:"},
}


@pytest.fixture
def hub(livecam_home: Path) -> Site:
    settings = parse({"nodes": {"pi1": {}, "pi2": {}}, "cameras": CAMERAS})
    return replace(open_site(settings, Home(livecam_home)), clock=FakeClock())


def test_a_hub_shows_what_waits_on_a_node_elsewhere(hub: Site, tmp_path: Path) -> None:
    sealed = two_wait(hub, Home(tmp_path / "pi1"))
    ingest(hub)
    [one] = spools(hub)
    assert (one.nodes, one.here, one.is_stale) == (("pi1",), False, False)
    assert one.state.segments == 2
    assert one.per_minute > 0
    gate, yard = state.cameras(hub, [one])
    assert (gate.waiting.segments, gate.waiting.oldest_ms) == (2, sealed[1].start_ms)
    assert yard.waiting == Waiting()


def test_a_node_that_fell_silent_is_told_as_it_was(hub: Site, tmp_path: Path) -> None:
    two_wait(hub, Home(tmp_path / "pi1"))
    ingest(hub)
    clock = FakeClock(hub.clock.utc_ms() + STALE_MS + 60_000)
    [one] = spools(replace(hub, clock=clock))
    assert one.is_stale
    assert one.age_ms >= STALE_MS


def test_a_node_may_not_speak_of_another_s_cameras(hub: Site, tmp_path: Path) -> None:
    two_wait(hub, Home(tmp_path / "pi1"))
    ingest(hub)
    fact = dict(newest(hub, About.STATE)["pi1"])
    forged = {**fact, "cameras": {"yard": {"segments": 9}}, "received_ms": fact["received_ms"] + 1}
    keep(hub, "pi1", About.STATE, forged)
    keep(hub, "pi9", About.STATE, {**fact, "node": "pi9"})
    [one] = spools(hub)
    assert one.state.cameras == {}


def test_this_machine_s_own_spool_is_read_as_it_is(hub: Site) -> None:
    sealed = seal_some(hub, "gate", node="pi1")
    own = Spool(hub.home.spool, "pi1", hub.clock)
    upload(hub, own, limit=2)
    ingest(hub)
    seal(hub, "gate", sealed[-1].end_ms, node="pi1", shade=30)
    account(own, hub)
    [one] = spools(hub)
    assert (one.nodes, one.here, one.age_ms) == (("pi1",), True, 0)
    assert one.state.segments == 2  # the node told of one
    assert one.state.uploaded_segments == 2


def account(spool: Spool, site: Site) -> None:
    """What a recorder writes of its camera at its start."""
    now_ms = site.clock.utc_ms()
    spool.gap(
        Gap(camera="gate", node="pi1", start_ms=now_ms - 1, end_ms=now_ms, cause=Cause.DISABLED)
    )


def test_footage_imported_on_the_hub_hides_no_node(hub: Site, tmp_path: Path) -> None:
    two_wait(hub, Home(tmp_path / "pi1"))
    ingest(hub)
    seal(hub, "gate", 0, node="pi1", shade=30)
    (hub.home.spool / "account" / "gate.json").unlink()
    assert [(one.nodes, one.here) for one in spools(hub)] == [((), True), (("pi1",), False)]
    assert state.cameras(hub, spools(hub))[0].waiting.segments == 3


def test_a_hub_without_a_spool_and_nodes_that_never_told_show_none(hub: Site) -> None:
    hub.store.prepare()  # type: ignore[attr-defined]
    assert spools(hub) == []
    (hub.home.spool / "sealed").mkdir(parents=True)
    assert spools(hub) == []
    [alone] = spools(replace(hub, settings=FlowSettings(nodes=("local",))))
    assert (alone.nodes, alone.state.segments) == (("local",), 0)


def test_the_runway_is_none_without_a_stream() -> None:
    health = read_health(Path.cwd())
    told = State(node="pi1", at_ms=0, free_bytes=9, quota_bytes=6, health=health)
    assert told.runway_ms is None
    cameras = {"a": Waiting(segments=1, bytes=2)}
    fills = told.model_copy(update={"bytes_per_s": 2.0, "cameras": cameras})
    assert fills.runway_ms == 2_000


def test_whoever_may_not_see_a_camera_is_told_nothing_of_its_spool(
    hub: Site, tmp_path: Path
) -> None:
    two_wait(hub, Home(tmp_path / "pi1"))
    ingest(hub)
    [whole] = spools(hub)
    assert whole.state.uploaded_segments
    [own] = spools(replace(hub, only=frozenset({"gate"})))
    assert own.state.cameras == whole.state.cameras
    assert own.state.uploaded_segments == 0  # of which cameras is not known
    assert spools(replace(hub, only=frozenset({"elsewhere"}))) == []
