"""The short form of `make torture ARGS=kill`."""

from __future__ import annotations

from pathlib import Path

from infra.faults import kill


def test_a_killed_recorder_loses_at_most_two_seconds_and_no_sealed_byte(tmp_path: Path) -> None:
    verdict = kill.run(tmp_path, seed=20261101, times=4, cameras=3, rtsp=False, say=lambda _: None)
    assert verdict.broken == []
    assert verdict.figures["kills"] == 4
    assert verdict.figures["recovered"] > 0
