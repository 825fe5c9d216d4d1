"""A camera's newest keyframe as a JPEG."""

from __future__ import annotations

import threading
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av

from edge.clock import Clock
from edge.errors import BadMedia
from edge.live import follow
from edge.subscribers import Offered

WIDTH_PX = 640
_KEPT_MS, _PATIENCE_S = 1_000, 3.0
_QUALITY = 5  # of libav's MJPEG, 1 (best) to 31


class Still(NamedTuple):
    """A JPEG, and when (UTC, ms) its picture came from the camera."""

    jpeg: bytes
    at_ms: int


def to_jpeg(keyframe: Offered, width: int | None = None) -> bytes:
    """A keyframe's packet as a JPEG at most `width` pixels wide. Raises BadMedia."""
    decoder = av.CodecContext.create(keyframe.stream.codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    if keyframe.stream.extradata:
        decoder.extradata = keyframe.stream.extradata
    try:
        packets = (av.Packet(keyframe.data), None)
        frames = [frame for packet in packets for frame in decoder.decode(packet)]
    except av.FFmpegError:
        frames = []
    if not frames:
        raise BadMedia("its newest keyframe cannot be decoded")
    return _jpeg(frames[0], width)


def _jpeg(frame: av.VideoFrame, width: int | None) -> bytes:
    wide = min(frame.width, width or frame.width)
    high = max(frame.height * wide // frame.width, 1)
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = wide, high, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": str(_QUALITY), "qmax": str(_QUALITY)}
    shown = frame.reformat(wide, high, "yuvj420p", dst_color_range="JPEG")
    shown.pts = 0
    return b"".join(bytes(one) for one in (*encoder.encode(shown), *encoder.encode(None)))


class Stills:
    """Cameras' newest pictures; however many ask, each camera's is made once a second at most."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self._kept: dict[str, tuple[Still, int]] = {}
        self._locks: dict[str, threading.Lock] = {}

    def of(self, camera: str) -> Still:
        """Raises CameraUnreachable where no picture comes, and BadMedia."""
        with self._locks.setdefault(camera, threading.Lock()):
            now_ms = self._clock.monotonic_ms()
            kept = self._kept.get(camera)
            if kept is None or now_ms - kept[1] >= _KEPT_MS:
                kept = self._kept[camera] = self._made(camera), now_ms
            return kept[0]

    def _made(self, camera: str) -> Still:
        with closing(follow(self._folder, camera, _PATIENCE_S)) as packets:
            newest = next(packets)
        age_ms = max(self._clock.monotonic_ms() - newest.arrived_ms, 0)
        return Still(to_jpeg(newest, WIDTH_PX), self._clock.utc_ms() - age_ms)
