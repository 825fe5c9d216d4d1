"""Packet sizes as cameras send them: a drawn room, its sensor's noise, encoded by libx264."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

WIDTH, HEIGHT, FPS, GOP = 192, 112, 12, 24
CRF = {"crf": "26"}
# A fixed bitrate: filled with noise where nothing bounds the quantiser, else only where it must.
CBR = {"b": "160k", "maxrate": "160k", "bufsize": "160k"}
CBR_WITH_A_FLOOR = {**CBR, "qmin": "26"}

Packet = tuple[int, int, bool]  # ms, bytes, keyframe
Grey = npt.NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """`visits`: seconds in which somebody walks through; noise and light by the second."""

    seconds: int
    visits: tuple[tuple[int, int], ...] = ()
    noise: Callable[[float], float] = lambda _: 3.0
    light: Callable[[float], float] = lambda _: 1.0

    def frames(self) -> Iterator[VideoFrame]:
        room, random = _room(), np.random.default_rng(0)
        for number in range(self.seconds * FPS):
            t = number / FPS
            picture = room.copy()
            for start, end in self.visits:
                if start <= t < end:
                    _walk(picture, (t - start) / (end - start), t)
            noise = random.normal(0, self.noise(t), room.shape)
            grey = np.clip(picture * self.light(t) + noise, 0, 255).astype(np.uint8)
            yield VideoFrame.from_ndarray(grey, format="gray")


def sizes(view: View, options: dict[str, str]) -> list[Packet]:
    """The packets of a view, two seconds a GOP."""
    cut = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=0:rc-lookahead=0:threads=1"
    with av.open(io.BytesIO(), "w", format="matroska") as out:
        chosen = {"preset": "veryfast", **options, "x264-params": cut}
        video = out.add_stream("libx264", rate=FPS, options=chosen)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.time_base = Fraction(1, FPS)
        found: list[Packet] = []
        for number, frame in enumerate(view.frames()):
            picture = frame.reformat(format="yuv420p")
            picture.pts = number
            found += _told(video.encode(picture))
        return found + list(_told(video.encode(None)))


def sizes_of(path: Path) -> list[Packet]:
    """The video packets of a file."""
    with av.open(str(path)) as file:
        return list(_told(p for p in file.demux(file.streams.video[0]) if p.size))


def _told(packets: Iterable[av.Packet[Any]]) -> Iterator[Packet]:
    for packet in packets:
        at_ms = round((packet.dts or 0) * packet.time_base * 1000)
        yield at_ms, packet.size, packet.is_keyframe


def _room() -> Grey:
    random = np.random.default_rng(1)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    room = 100 + 50 * np.sin(x / 19) * np.cos(y / 13)
    for _ in range(30):
        left, top = random.integers(0, WIDTH - 20), random.integers(0, HEIGHT - 20)
        width, height = random.integers(5, 30, 2)
        room[top : top + height, left : left + width] = random.integers(20, 220)
    return cast(Grey, room.astype(np.float32))


def _walk(picture: Grey, way: float, t: float) -> None:
    """A body and two swinging legs."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    centre = WIDTH * (0.1 + 0.8 * way)
    body = ((x - centre) / 9) ** 2 + ((y - HEIGHT * 0.5) / 26) ** 2 < 1
    picture[body] = 40 + 30 * np.sin((y[body] + x[body] - centre) / 3)
    for side in (1, -1):
        leg = abs(x - centre - side * 9 * np.sin(t * 8)) < 3
        picture[leg & (y > HEIGHT * 0.7) & (y < HEIGHT * 0.95)] = 30
