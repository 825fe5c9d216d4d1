"""The short form of `make torture ARGS=disk`."""

from __future__ import annotations

from pathlib import Path

from infra.faults import disk


def test_whatever_a_full_disk_drops_is_a_gap_and_recording_goes_on(tmp_path: Path) -> None:
    verdict = disk.run(tmp_path, seed=1, seconds=6, mount=False, say=lambda _: None)
    assert verdict.broken == []
    assert verdict.figures["disk"] == "injected"
    assert verdict.figures["segments_dropped"] > 0
