"""CSI cameras through the real picamera2, recorder and spool, on both kinds of board.

Replaced are libcamera, whose sensor draws numbered pictures, and the kernel's devices.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from infra.waiting import wait_until
from tests.edge.recording import Record, assert_tiles, causes, marks

BUFFERS = 4
CAMERAS = {"front": "picamera:0?size=960x720&fps=10", "back": "picamera:1?size=640x360&fps=10"}


@pytest.mark.parametrize(
    ("pi", "encoder"),
    [pytest.param(4, "H264Encoder", marks=pytest.mark.full), (5, "LibavH264Encoder")],
)
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


@pytest.mark.parametrize(
    "facts",
    [{"pi": 5, "freeze_at": 40}, pytest.param({"pi": 4, "fail_at": 40}, marks=pytest.mark.full)],
)
def test_a_camera_that_stops_is_opened_anew_and_the_time_between_is_a_gap(
    facts: dict[str, int], board: Callable[..., None], tmp_path: Path
) -> None:
    board(**facts)
    record = Record(tmp_path / "home", {"front": "picamera:0?size=640x360&fps=10"})
    record.start()
    try:

        def frozen() -> bool:
            return any(row.get("cause") == "camera_frozen" for row in record.rows())

        wait_until(frozen, seconds=120, what="a gap")
        told = sum(row["kind"] == "segment" for row in record.rows())
        record.wait_for("segment", told + 1, s=120)
        assert record.stop() == 0
    finally:
        record.kill()
    account = record.account("front")
    assert_tiles(account)
    assert "camera_frozen" in causes(account)
    seen = [mark.frame for item in record.segments("front") for mark in marks(item.path)]
    [(before, after)] = [(a, b) for a, b in pairwise(seen) if b != a + 1]
    assert (seen[0], before) == (0, 39 if facts["pi"] == 5 else 38)
    assert after - before <= 1 + BUFFERS
    assert "nothing arrives from the camera" in record.log.read_text()


def test_a_busy_camera_is_tried_until_it_is_free(
    board: Callable[..., None], tmp_path: Path
) -> None:
    held = tmp_path / "held"
    held.touch()
    board(pi=5, busy=str(held))
    record = Record(tmp_path / "home", {"front": "picamera:0?size=640x360&fps=10"})
    record.start()
    try:
        said = "front: picamera:0 is used by another program. End what else shows this camera; next"
        wait_until(lambda: said in record.log.read_text(), seconds=120, what="a refusal")
        held.unlink()
        record.wait_for("segment", 1, s=120)
        assert record.stop() == 0
    finally:
        record.kill()
    assert_tiles(record.account("front"))
    assert "camera_unreachable" in causes(record.account("front"))
