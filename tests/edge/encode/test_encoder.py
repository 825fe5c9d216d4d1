"""The encoder: a keyframe a second, a clean cut for each rung, a stream anew for each size."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from edge.camera import blocks
from edge.camera.scene import SceneCamera
from edge.encode import Conditions, Means
from edge.encode.codec import TICKS
from edge.encode.encoder import Encoder
from edge.errors import CameraUnreachable
from edge.recorder import Recorder
from edge.segment import Segment
from edge.spool import Spool
from tests.edge.fake_clock import FakeClock
from tests.edge.life import Until
from tests.edge.recording import assert_tiles, marks

FPS = 15


def picture(width: int = 640, height: int = 360) -> av.VideoFrame:
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_second_begins_with_a_keyframe_and_the_template_names_the_codec(codec: str) -> None:
    encoder = Encoder("gate", (640, 360), FPS, Means(), codec=codec)
    packets = [p for n in range(31) for p in encoder.encode(picture(), n * TICKS // FPS)]
    assert [n for n, p in enumerate(packets) if p.is_keyframe] == [0, 15, 30]
    assert [p.pts for p in packets] == [n * TICKS // FPS for n in range(31)]
    assert encoder.video.codec_context.name == codec
    assert all(
        p.stream is encoder.video and p.time_base == encoder.video.time_base for p in packets
    )
    encoder.close()


def test_pictures_of_another_size_begin_a_stream_of_their_own() -> None:
    encoder = Encoder("gate", (640, 360), FPS, Means())
    before = encoder.video
    encoder.encode(picture(), 0)
    (packet,) = encoder.encode(picture(1280, 720), TICKS // FPS)
    assert packet.is_keyframe
    assert packet.stream is encoder.video is not before
    assert (encoder.video.width, encoder.rung.name) == (1280, "720p 4000k")


def test_pictures_in_other_formats_are_taken() -> None:
    encoder = Encoder("gate", (640, 360), FPS, Means())
    for n, name in enumerate(("yuyv422", "rgb24", "yuvj420p", "gray")):
        assert encoder.encode(picture().reformat(format=name), n * TICKS // FPS)


def test_an_encoder_that_fails_is_the_cameras_failure() -> None:
    with pytest.raises(CameraUnreachable, match=r"its encoder fails.*gate"):
        Encoder("gate", (640, 360), FPS, Means(choose=lambda *_: "h264_none"))


class Recorded:
    """A scene of 720 lines through the real recorder, on a clock of its own."""

    def __init__(self, folder: Path, conditions: Callable[[int], Conditions], seconds: int) -> None:
        clock = FakeClock()
        began_ms = clock.monotonic_ms()
        means = Means(conditions=lambda: conditions((clock.monotonic_ms() - began_ms) // 1_000))
        self.items: list[Any] = []
        self.spool = Spool(folder, "local", clock, lambda: 1 << 40)
        Recorder(
            "gate",
            SceneCamera("gate", "?fps=5&size=1280x720", clock, means),
            self.spool,
            segment_ms=60_000,
            clock=clock,
            watch=Until(clock, seconds),
            report=self.items.append,
        ).run()


@pytest.mark.full
def test_a_scene_goes_down_the_ladder_and_up_again_without_losing_a_picture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def runway(at_s: int) -> Conditions:
        return Conditions(runway_s=600 if 20 <= at_s < 60 else 90_000)

    with caplog.at_level(logging.WARNING):
        recorded = Recorded(tmp_path, runway, seconds=220)
    segments = [item for item in recorded.items if isinstance(item, Segment)]
    assert_tiles(recorded.items)
    assert [s.rung for s, after in pairwise(segments) if s.rung != after.rung] == [
        "720p 4000k",
        "480p 2000k",
    ]
    assert {s.rung: (s.width, s.height) for s in segments} == {
        "720p 4000k": (1280, 720),
        "480p 2000k": (854, 480),
    }
    rates: dict[str, list[float]] = {}
    for one in segments[1:-1]:
        rates.setdefault(one.rung, []).append(one.size_bytes / one.wall_ms)
    assert max(rates["480p 2000k"]) < 0.75 * min(rates["720p 4000k"])
    seen: list[blocks.Mark] = []
    for item in recorded.spool.sealed():
        assert abs(item.segment.media_ms - item.segment.wall_ms) <= 200
        seen += marks(item.path)
    numbers = [mark.frame for mark in seen]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert caplog.messages == [
        "gate: recorded at 480p 2000k: the spool lasts 10 more minutes",
        "gate: recorded at 720p 4000k: all has been well for a while",
    ]
