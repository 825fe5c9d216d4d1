"""How cameras fare now: from a node's recorder to the hub's pages and `status`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboards import state
from dashboards.spools import STALE_MS, recording, spools
from edge.clock import Clock, SystemClock
from edge.home import Home
from edge.modes.plan import Mode
from edge.report import CameraReport, Reporter
from flows.settings import parse
from flows.site import Site, open_site
from flows.stages.ingest import ingest
from infra.cli.status import status
from tests.dashboards.spooled import two_wait
from tests.flows.archive import FakeClock
from tests.flows.stage_site import folder_site, seal_some

CAMERAS = {
    "gate": {"node": "pi1", "source": "scene:"},
    "yard": {"node": "pi2", "source": "scene:"},
}
GATE = CameraReport(fps=15, bits_per_s=4_000_000, lost=3, memory_bytes=80_000_000)


def report(
    home: Home, node: str, clock: Clock, trouble: str | None = None, gate: CameraReport = GATE
) -> None:
    """As a recorder leaves it that is killed just now: of one camera of its, and of another's."""
    home.spool.mkdir(parents=True, exist_ok=True)
    reporter = Reporter(home.recorder, node, home.spool, 0, clock)
    reporter.tick(lambda: {"gate": gate, "yard": GATE, "hall": GATE}, trouble)


@pytest.fixture
def hub(livecam_home: Path) -> Site:
    settings = parse({"nodes": {"pi1": {}, "pi2": {}}, "cameras": CAMERAS})
    return replace(open_site(settings, Home(livecam_home)), clock=FakeClock())


def test_a_hub_shows_how_a_camera_elsewhere_fares(hub: Site, tmp_path: Path) -> None:
    pi1 = Home(tmp_path / "pi1")
    report(pi1, "pi1", hub.clock)
    two_wait(hub, pi1)
    ingest(hub)
    found = spools(hub)
    assert recording(found, "gate") == GATE
    assert recording(found, "yard") is None  # pi2's: not pi1's to tell
    later = FakeClock(hub.clock.utc_ms() + STALE_MS + 60_000)
    assert recording(spools(replace(hub, clock=later)), "gate") is None


def test_status_tells_what_comes_now_and_which_file_is_not_in_force(livecam_home: Path) -> None:
    seal_some(folder_site(livecam_home), count=1)
    report(Home(livecam_home), "local", SystemClock(), "unknown key 'sorce' in cameras.gate")
    done = CliRunner().invoke(status, ["--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    (hall,) = found["cameras"]
    assert hall["now"] == GATE.model_dump()
    assert any("'sorce'" in line for line in found["trouble"])
    text = CliRunner().invoke(status, catch_exceptions=False).stdout
    assert "15 fps, 4.00 Mbit/s, 3 packets lost" in text


@pytest.mark.parametrize(
    ("gate", "late"),
    [
        (GATE, True),
        (GATE.model_copy(update={"mode": Mode.MOTION}), False),
        (GATE.model_copy(update={"mode": Mode.MOTION, "fps": 0.0}), True),
        (GATE.model_copy(update={"mode": Mode.PAUSED, "fps": 0.0}), False),
        (GATE.model_copy(update={"mode": Mode.OFF, "fps": 0.0, "fallback": True}), True),
    ],
)
def test_a_camera_of_which_nothing_is_wanted_is_not_late(
    hub: Site, tmp_path: Path, gate: CameraReport, late: bool
) -> None:
    pi1 = Home(tmp_path / "pi1")
    report(pi1, "pi1", hub.clock, gate=gate)
    two_wait(hub, pi1)
    ingest(hub)
    told = {camera.name: camera for camera in state.cameras(hub, spools(hub))}
    assert told["gate"].is_late is late
    assert told["gate"].stands_in is gate.fallback
