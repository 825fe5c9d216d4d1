"""CSI cameras through the real picamera2, recorder and spool, on both kinds of board.

Replaced are libcamera, whose sensor draws numbered pictures, and the kernel's devices.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.faults.recording import wait_until
from tests.edge.recording import Record, assert_tiles, causes, marks

CAMERAS = {"front": "picamera:0?size=960x720&fps=10", "back": "picamera:1?size=640x360&fps=10"}


@pytest.mark.parametrize(("pi", "encoder"), [(4, "H264Encoder"), (5, "LibavH264Encoder")])
def test_both_cameras_are_recorded_and_no_picture_is_missing(
    pi: int, encoder: str, board: Callable[..., None], tmp_path: Path
) -> None:
    board(pi=pi)
    record = Record(tmp_path / "home", CAMERAS)
    record.start()
    try:
        for camera in CAMERAS:
            record.wait_for("segment", 3, camera=camera, s=120)
        assert record.stop() == 0
    finally:
        record.kill()
    for number, camera in enumerate(CAMERAS):
        segments = record.segments(camera)
        seen = [mark for item in segments for mark in marks(item.path)]
        assert {mark.camera for mark in seen} == {f"csi{number}"}
        assert [mark.frame for mark in seen] == list(range(len(seen)))
        assert {item.segment.source for item in segments} == {"picamera"}
        assert_tiles(record.account(camera))
    log = record.log.read_text()
    assert f"960x720 encoded at 4000 kbit/s by {encoder}\n" in log


def test_a_sensor_that_stops_is_opened_anew_and_the_time_between_is_a_gap(
    board: Callable[..., None], tmp_path: Path
) -> None:
    board(pi=5, freeze_at=40)
    record = Record(tmp_path / "home", {"front": "picamera:0?size=640x360&fps=10"})
    record.start()
    try:

        def frozen() -> bool:
            return any(row.get("cause") == "camera_frozen" for row in record.rows())

        wait_until(frozen, seconds=120, what="a gap")
        told = sum(row["kind"] == "segment" for row in record.rows())
        record.wait_for("segment", told + 2, s=120)
        assert record.stop() == 0
    finally:
        record.kill()
    account = record.account("front")
    assert_tiles(account)
    assert "camera_frozen" in causes(account)
    seen = [mark.frame for item in record.segments("front") for mark in marks(item.path)]
    assert seen == [*range(40), *range(41, len(seen) + 1)]
    assert "nothing arrives from the camera" in record.log.read_text()
