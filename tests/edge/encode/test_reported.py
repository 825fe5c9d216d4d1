"""What moves a rung comes from the recorder's own report."""

from __future__ import annotations

from pathlib import Path

from edge import health
from edge.encode import Conditions
from edge.encode.reported import Reported
from edge.report import FRESH_MS, SUFFIX, CameraReport, Left, NodeReport, Reporter
from tests.edge.fake_clock import FakeClock


def test_runway_and_heat_are_the_reports_and_an_old_one_tells_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    told = NodeReport(
        node="pi1",
        at_ms=clock.utc_ms(),
        health=health.read(tmp_path).model_copy(update={"temperature_c": 61.0}),
        cameras={"gate": CameraReport(bits_per_s=8_000_000)},
        room_bytes=600_000_000,
    )
    (tmp_path / f"pi1{SUFFIX}").write_text(told.model_dump_json())
    assert Reported(tmp_path, "pi1", clock)() == Conditions(runway_s=600, temperature_c=61)
    assert Reported(tmp_path, "pi1", clock, "gate")().runway_s == 600
    assert Reported(tmp_path, "pi2", clock)() == Conditions()
    clock.advance(FRESH_MS + 1)
    assert Reported(tmp_path, "pi1", clock)() == Conditions()
    assert Reported(tmp_path / "none", "pi1", clock)() == Conditions()


def test_a_share_may_be_shorter_than_the_spool(tmp_path: Path) -> None:
    clock = FakeClock()
    fares = {name: CameraReport(bits_per_s=8_000_000) for name in ("gate", "yard")}

    def told(left: Left) -> list[float | None]:
        with Reporter(tmp_path, "pi1", tmp_path, 0, clock, lambda: left) as reporter:
            reporter.tick(lambda: fares)
            asked = [Reported(tmp_path, "pi1", clock, name) for name in fares]
            return [one().runway_s for one in asked]

    assert told(Left(600_000_000, cameras={"gate": 60_000_000})) == [60, 300]
    assert told(Left(30_000_000, cameras={"gate": 60_000_000})) == [15, 15]
    # Where quality is not what gives way, little room is no reason to move.
    assert told(Left(30_000_000, lowers=False)) == [None, None]
