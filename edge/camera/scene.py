"""`scene:`: a camera that is drawn, so that everything behind it can be tried without one.

Options follow a question mark: `scene:?fps=10&size=1280x720`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from urllib.parse import parse_qsl

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from edge.camera import blocks, lettering
from edge.camera.yard import Yard
from edge.clock import Clock, to_iso
from edge.errors import BadSettings

GOP_S = 1
_TICKS = 1_200_000  # a second, as PyAV reads raw H.264
_LATE_S = 0.5  # a camera that falls further behind drops pictures, as a live one must


class SceneFeed:
    """A drawn stream: one H.264 packet a picture, at the pace of the clock handed in.

    A frame's number counts pictures since the Unix epoch at the nominal rate, modulo 2**32,
    so that it goes on rising when the camera is opened again.
    """

    audio: av.AudioStream | None = None
    keeps = False

    def __init__(self, camera: str, fps: int, width: int, height: int, clock: Clock) -> None:
        self._camera, self._fps, self._clock = camera, fps, clock
        self._yard = Yard(camera, width, height)
        self._gop = -1
        self._first = clock.utc_ms() * fps // 1000
        self._started_ms = clock.monotonic_ms()
        self._source = av.open(io.BytesIO(_sample(fps, width, height)), format="h264")
        self.video = self._source.streams.video[0]
        self._encoder = _encoder(fps, width, height)

    def packets(self) -> Iterator[av.Packet[Any]]:
        """Packets in decode order, one a picture, for as long as the caller takes them."""
        n = 0
        while True:
            n = self._wait(n)
            yield from self._encode(n)
            n += 1

    def _wait(self, n: int) -> int:
        """Sleep until picture n is due; the number that is due now, where far too late."""
        passed_s = (self._clock.monotonic_ms() - self._started_ms) / 1000
        if passed_s > n / self._fps + _LATE_S:
            return int(passed_s * self._fps)
        if passed_s < n / self._fps:
            self._clock.sleep(n / self._fps - passed_s)
        return n

    def _encode(self, n: int) -> list[av.Packet[Any]]:
        utc_ms, number = self._clock.utc_ms(), self._first + n
        picture = self._yard.picture(n / self._fps, number)
        luma = picture[: self._yard.height]
        blocks.draw(luma, self._camera, utc_ms, number)
        self._caption(luma, utc_ms, number)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = n * _TICKS // self._fps
        frame.time_base = Fraction(1, _TICKS)
        # By time, not by count: dropped pictures must not put the next keyframe off.
        gop, self._gop = self._gop, n // (self._fps * GOP_S)
        frame.pict_type = PictureType.NONE if gop == self._gop else PictureType.I
        packets = self._encoder.encode(frame)
        for packet in packets:
            packet.stream = self.video
            packet.time_base = Fraction(1, _TICKS)
            packet.duration = _TICKS // self._fps
        return packets

    def _caption(self, luma: blocks.Picture, utc_ms: int, number: int) -> None:
        scale = max(1, self._yard.width // 320)
        text = f" {self._camera} {to_iso(utc_ms).replace('T', ' ')} {number % 2**32} "
        lettering.write(luma, text, 0, self._yard.height - 9 * scale, scale)

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Its times are right."""

    def close(self) -> None:
        """Stop drawing; harmless to repeat."""
        self._source.close()


class SceneCamera:
    """A drawn camera; every opening starts the scene from its beginning."""

    kind = "scene"

    def __init__(self, camera: str, options: str, clock: Clock) -> None:
        self._camera, self._clock = camera, clock
        self._fps, self._width, self._height = _options(camera, options)

    def open(self) -> SceneFeed:
        return SceneFeed(self._camera, self._fps, self._width, self._height, self._clock)


def _options(camera: str, text: str) -> tuple[int, int, int]:
    """fps, width and height of `?fps=15&size=640x360`. Raises BadSettings."""
    given = dict(parse_qsl(text.removeprefix("?"), keep_blank_values=True))
    fps, size = given.pop("fps", "15"), given.pop("size", "640x360")
    try:
        width, height = (int(side) for side in size.split("x"))
        sound = not given and 1 <= int(fps) <= 60 and width % 160 == 0 and height % 8 == 0
        if sound and 160 <= width <= 3840 and 120 <= height <= 2160:
            return int(fps), width, height
    except ValueError:
        pass
    raise BadSettings(
        "scene: does not know these options",
        camera=camera,
        hint="Write scene: or scene:?fps=15&size=640x360 (a width of whole 160 pixels)",
    )


def _encoder(fps: int, width: int, height: int) -> VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, _TICKS), Fraction(fps)
    encoder.gop_size = fps * GOP_S
    # One thread: a camera is one of many, and slices of threads would cost more than they save.
    encoder.thread_count = 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "27"}
    return encoder


def _sample(fps: int, width: int, height: int) -> bytes:
    """One grey picture as raw H.264: opened, it is the template for stream copy."""
    frame = av.VideoFrame(width, height, "yuv420p")
    frame.pts, frame.time_base = 0, Fraction(1, _TICKS)
    encoder = _encoder(fps, width, height)
    return b"".join(bytes(p) for p in [*encoder.encode(frame), *encoder.encode(None)])
