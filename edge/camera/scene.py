"""`scene:`: a camera that is drawn, so that everything behind it can be tried without one.

Options follow a question mark: `scene:?fps=10&size=1280x720`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import av

from edge.camera import blocks, lettering
from edge.camera.yard import Yard
from edge.clock import Clock, to_iso
from edge.encode import Means
from edge.encode.codec import TICKS
from edge.encode.encoder import Encoder
from edge.errors import BadSettings

_LATE_S = 0.5  # a camera that falls further behind drops pictures, as a live one must


class SceneFeed:
    """A drawn stream: one H.264 packet a picture, at the pace of the clock handed in.

    A frame's number counts pictures since the Unix epoch at the nominal rate, modulo 2**32,
    so that it goes on rising when the camera is opened again.
    """

    audio: av.AudioStream | None = None
    keeps = False

    def __init__(
        self, camera: str, fps: int, width: int, height: int, clock: Clock, means: Means
    ) -> None:
        self._camera, self._fps, self._clock = camera, fps, clock
        self._yard = Yard(camera, width, height)
        self._first = clock.utc_ms() * fps // 1000
        self._started_ms = clock.monotonic_ms()
        self._encoder = Encoder(camera, (width, height), fps, means)

    @property
    def video(self) -> av.VideoStream:
        return self._encoder.video

    @property
    def rung(self) -> str:
        return self._encoder.rung.name

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
        lag_s = (self._clock.monotonic_ms() - self._started_ms) / 1000 - n / self._fps
        return self._encoder.encode(frame, n * TICKS // self._fps, lag_s)

    def _caption(self, luma: blocks.Picture, utc_ms: int, number: int) -> None:
        scale = max(1, self._yard.width // 320)
        text = f" {self._camera} {to_iso(utc_ms).replace('T', ' ')} {number % 2**32} "
        lettering.write(luma, text, 0, self._yard.height - 9 * scale, scale)

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Its times are right."""

    def close(self) -> None:
        """Stop drawing; harmless to repeat."""
        self._encoder.close()


class SceneCamera:
    """A drawn camera; every opening starts the scene from its beginning."""

    kind = "scene"

    def __init__(self, camera: str, options: str, clock: Clock, means: Means | None = None) -> None:
        self._camera, self._clock, self._means = camera, clock, means or Means()
        self._fps, self._width, self._height = _options(camera, options)

    def open(self) -> SceneFeed:
        size = self._width, self._height
        return SceneFeed(self._camera, self._fps, *size, self._clock, self._means)


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
