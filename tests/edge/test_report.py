"""What a recorder reports every few seconds of its machine and its cameras."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge import health, report
from edge.clock import SystemClock
from edge.counts import Counts, Pulse
from edge.report import CameraReport, NodeReport, Reporter
from infra.waiting import wait_until
from tests.edge.fake_clock import FakeClock
from tests.edge.recording import Record


def reported(recorder: Record) -> NodeReport | None:
    return report.read(recorder.home / "recorder", SystemClock().utc_ms()).get("local")


def test_a_recorder_reports_its_cameras_and_its_machine(tmp_path: Path) -> None:
    scene = "scene:?size=320x176&fps=10"
    recorder = Record(tmp_path / "node", {"gate": scene, "gone": "clip:gone.mp4"})
    recorder.start()
    try:

        def told() -> bool:
            found = reported(recorder)
            return found is not None and bool(found.cameras["gate"].fps)

        wait_until(told, what="a report of a camera")
        found = reported(recorder)
        assert found is not None
        assert 5 < (found.cameras["gate"].fps or 0) < 12
        assert found.cameras["gate"].bits_per_s > 10_000
        assert found.cameras["gate"].memory_bytes > 10_000_000
        assert not found.cameras["gone"].bits_per_s
        assert found.runway_ms
        assert found.trouble is None
        recorder.config.write_text("cameras: [")
        wait_until(lambda: (reported(recorder) or found).trouble, what="the trouble")
        assert recorder.stop() == 0
        assert reported(recorder) is None
        assert not list((recorder.home / "recorder").glob(f"*{report.SUFFIX}*"))
    finally:
        recorder.kill()


def test_an_old_report_or_one_of_another_version_is_none(tmp_path: Path) -> None:
    clock = FakeClock()
    with Reporter(tmp_path, "pi1", tmp_path, 0, clock) as reporter:
        reporter.tick(lambda: {"gate": CameraReport(fps=15, bits_per_s=8_000)})
        found = report.read(tmp_path, clock.utc_ms())["pi1"]
        assert found.cameras["gate"].fps == 15
        assert found.runway_ms == found.room_bytes
        assert report.read(tmp_path, clock.utc_ms() + 60_000) == {}
        (path,) = tmp_path.iterdir()
        path.write_text(json.dumps({**json.loads(path.read_text()), "more": 1}))
        assert report.read(tmp_path, clock.utc_ms()) == {}


def test_a_meter_tells_rates_between_two_readings(tmp_path: Path) -> None:
    meter = health.Meter()
    wait_until(lambda: meter.read(tmp_path).cpu is not None, what="ticks that passed")
    seen = meter.read(tmp_path)
    assert seen.received_bytes_per_s is None or seen.received_bytes_per_s >= 0
    assert seen.disk_free_bytes <= seen.disk_total_bytes


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("0\n", ()),
        ("0x50005", ("under_voltage", "throttled")),
        ("e0008", ("hot",)),
        ("", None),
    ],
)
def test_throttling_is_named(text: str, named: tuple[str, ...] | None) -> None:
    assert health.throttles(text) == named


def test_a_heartbeat_is_read_back() -> None:
    counts = Counts(pictures=7, bytes=1_000, lost={"connection": 2, "live": 1})
    pulse = counts.pulse(5)
    assert pulse == Pulse(5, 7, 1_000, 3)
    assert Pulse.from_line(pulse.to_line()) == pulse
