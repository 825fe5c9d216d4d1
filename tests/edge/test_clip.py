"""Clips as cameras, and which camera a source names."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest

from edge.camera.choose import camera_for
from edge.camera.clip import ClipCamera
from edge.errors import BadSettings, CameraUnreachable
from tests.edge.fake_clock import FakeClock

FPS = 10


class Source(NamedTuple):
    """What `camera_for` asks of settings."""

    name: str
    source: str
    transport: str = "tcp"


def clip(path: Path, *, b_frames: int = 0, seconds: int = 2, container: str = "mp4") -> Path:
    """H.264 of noise, drawn here; B-frames where asked for."""
    random = np.random.default_rng(1)
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.options = {"bf": str(b_frames), "g": str(FPS), "b_strategy": "0"}
        for n in range(seconds * FPS):
            frame = av.VideoFrame.from_ndarray(random.integers(0, 255, (120, 160, 3), np.uint8))
            frame.pts, frame.time_base = n, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_clip_plays_in_a_loop_at_its_own_pace(tmp_path: Path, b_frames: int) -> None:
    clock = FakeClock()
    camera = ClipCamera("gate", clip(tmp_path / "a.mp4", b_frames=b_frames), clock)
    began = clock.monotonic_ms()
    taken = list(islice(camera.open().packets(), 7 * 2 * FPS))
    assert clock.monotonic_ms() - began == pytest.approx(14_000, abs=400)
    decode_times = [packet.dts for packet in taken if packet.dts is not None]
    assert decode_times == sorted(set(decode_times))
    shown = sorted(float((p.pts or 0) * p.time_base) for p in taken)
    steps = np.diff(shown)
    assert steps.max() == pytest.approx(1 / FPS, abs=0.01)
    assert steps.min() == pytest.approx(1 / FPS, abs=0.01)


def test_a_clip_that_fell_far_behind_goes_on_from_now(tmp_path: Path) -> None:
    clock = FakeClock()
    packets = ClipCamera("gate", clip(tmp_path / "a.mp4"), clock).open().packets()
    began = clock.monotonic_ms()
    for n, packet in enumerate(islice(packets, 60)):
        assert (packet.pts or 0) * packet.time_base * 1000 == pytest.approx(
            clock.monotonic_ms() - began, abs=20
        )
        if n == 30:
            clock.advance(30_000)


def test_a_clip_without_times_plays_at_its_nominal_rate(tmp_path: Path) -> None:
    clock = FakeClock()
    camera = ClipCamera("gate", clip(tmp_path / "a.h264", container="h264"), clock)
    began = clock.monotonic_ms()
    taken = list(islice(camera.open().packets(), 50))
    times = [packet.pts or 0 for packet in taken]
    assert times == sorted(set(times))
    assert clock.monotonic_ms() - began > 1_000


@pytest.mark.parametrize("text", ["", "not a video", "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"])
def test_a_file_that_is_no_video_is_refused_naming_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_text(text)
    with pytest.raises(CameraUnreachable, match=r"gate.*a\.mp4"):
        ClipCamera("gate", path, FakeClock()).open()


def test_a_clip_that_is_gone_is_refused_naming_it(tmp_path: Path) -> None:
    with pytest.raises(CameraUnreachable, match=r"no such file.*a\.mp4"):
        ClipCamera("gate", tmp_path / "a.mp4", FakeClock()).open()


def test_a_source_names_its_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"scene:": "scene", "clip:a.mp4": "clip", "rtsps://u:p@camera/x": "rtsp"}
    assert {s: camera_for(Source("gate", s)).kind for s in kinds} == kinds
    clip(tmp_path / "beside.mp4")
    monkeypatch.setenv("LIVECAM_CONFIG", str(tmp_path / "livecam.yaml"))
    feed = camera_for(Source("gate", "clip:beside.mp4"), FakeClock()).open()
    feed.close()


@pytest.mark.parametrize(
    "source",
    [
        "concat:a|b",
        "-i",
        "gate.mp4",
        "file:///etc/passwd",
        "clip:",
        "clip:-y",
        "clip:concat:a|b",
        "clip:http://camera/x.mp4",
        "rtsp://",
        "rtsp://user:pw@camera:port/x",
        "rtsp://user:pw@camera/a b",
        "scene:?speed=2",
    ],
)
def test_a_source_that_cannot_be_meant_is_refused_naming_the_camera(source: str) -> None:
    with pytest.raises(BadSettings, match="gate") as refused:
        camera_for(Source("gate", source))
    assert "pw" not in str(refused.value)
