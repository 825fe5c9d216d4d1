"""A CSI camera moves between its streams, and beyond them: what is recorded stays in order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import groupby, pairwise
from queue import Empty

import pytest

from edge.camera.picamera_handed import Coded, Handed, seam
from edge.camera.picamera_rungs import Rungs
from edge.encode import Conditions, Limits, Means
from tests.edge.camera.picamera.conftest import ROOT

MOVING = "tests.edge.camera.picamera.moving"
PICTURES = 170
OLD, NEW = 1, 2
# Of a camera's two streams, one takes over from the other while both are encoded; to have other
# sizes, it stops: what it has taken and nobody has encoded yet, in four buffers, is lost.
BUFFERS = 4


@pytest.mark.parametrize("pi", [pytest.param(4, marks=pytest.mark.full), 5])
def test_a_hot_camera_goes_down_the_ladder_and_up_again(
    pi: int, board: Callable[..., None]
) -> None:
    board(pi=pi)
    done = subprocess.run(
        [sys.executable, "-m", MOVING, str(PICTURES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    seen = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    runs = [(rung, len(list(run))) for rung, run in groupby(one["rung"] for one in seen)]
    down, up = ["1080p 8000k", "720p 4000k", "480p 2000k"], ["720p 4000k", "1080p 8000k"]
    assert [rung for rung, _ in runs] == down + up
    heights = {(one["rung"], one["height"]) for one in seen}
    assert heights == {("1080p 8000k", 960), ("720p 4000k", 720), ("480p 2000k", 480)}
    missing = [(b["rung"], b["n"] - a["n"] - 1) for a, b in pairwise(seen) if b["n"] != a["n"] + 1]
    # Down to the third rung, and up to the first, the streams are made anew.
    assert len(missing) <= 2
    assert all(0 < lost <= BUFFERS for _, lost in missing)
    assert {rung for rung, _ in missing} <= {"480p 2000k", "1080p 8000k"}
    assert all(a["pts"] < b["pts"] for a, b in pairwise(seen))


def coded(encoder: int, *times_us: int) -> list[Coded]:
    return [Coded(b"", False, time_us, encoder) for time_us in times_us]


def told(found: list[Coded] | None) -> list[tuple[int, int]] | None:
    return None if found is None else [(one.encoder, one.time_us) for one in found]


def test_no_picture_is_lost_or_doubled_where_one_encoder_follows_another() -> None:
    expected = [(OLD, 10), (NEW, 20), (NEW, 30)]
    whole = coded(OLD, 10, 20, 30) + coded(NEW, 20, 30)
    assert told(seam(whole, OLD, NEW, ended=False)) == expected
    other = coded(OLD, 10) + coded(NEW, 20) + coded(OLD, 20) + coded(NEW, 30)
    assert told(seam(other, OLD, NEW, ended=False)) == expected
    ahead = coded(NEW, 20, 30) + coded(OLD, 10, 20)
    assert told(seam(ahead, OLD, NEW, ended=False)) == expected


def test_the_seam_waits_until_the_one_before_is_through() -> None:
    assert seam(coded(OLD, 10, 20), OLD, NEW, ended=False) is None
    assert seam(coded(OLD, 10) + coded(NEW, 20), OLD, NEW, ended=False) is None
    ended = seam(coded(OLD, 10) + coded(NEW, 20), OLD, NEW, ended=True)
    assert told(ended) == [(OLD, 10), (NEW, 20)]


def test_a_reader_that_hangs_loses_whole_groups_of_pictures_and_the_camera_never_waits() -> None:
    handed, large = Handed(), bytes(8 << 20)
    for n in range(8):
        handed.put(Coded(large, n % 2 == 0, n, OLD))
    assert handed.lost == 3  # the first five are more than is held, the sixth to eighth too much
    kept = [handed.get(0).time_us for _ in range(5)]
    with pytest.raises(Empty):
        handed.get(0)
    for n in range(9, 12):
        handed.put(Coded(b"", n % 2 == 0, n, OLD))
    assert kept == [0, 1, 2, 3, 4]
    assert (handed.get(0).time_us, handed.lost) == (10, 4)


def rungs_at(fps: float, seconds: int) -> Rungs:
    """After so many seconds of pictures, of 10 a second that were asked for."""
    rungs = Rungs((1920, 1080), Means(conditions=Conditions, limits=Limits(settle_ms=0)))
    for n in range(round(seconds * fps)):
        rungs.consider(Coded(bytes(1000), n == 0, round(n * 1_000_000 / fps), OLD), 10)
    return rungs


def test_an_encoder_that_misses_every_third_picture_goes_down() -> None:
    assert rungs_at(10, 10).rung == 0
    assert rungs_at(9.5, 10).rung == 0
    assert rungs_at(6.6, 10).rung == 2


def test_two_rungs_at_a_time_are_streams() -> None:
    rungs = rungs_at(10, 4)
    assert rungs.streams() == ((1920, 1080), (1280, 720))
    assert (rungs.stream(), rungs.kbps()) == ("main", 8_000)
    low = rungs_at(6.6, 10)
    assert not low.within_streams()
    assert low.streams() == ((1280, 720), (854, 480))
    assert (low.within_streams(), low.stream()) == (True, "lores")
    only = Rungs((640, 360), Means())
    assert only.streams() == ((640, 360), None)
