"""Small clips for the tests, drawn and encoded here, and what can be read back of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from edge.mp4 import boxes

SIZE = (96, 64)
SOUND_RATE = 16_000


@dataclass(frozen=True)
class Clip:
    """How a clip is made; `gop` in frames, `container` by its suffix."""

    seconds: float = 4
    fps: int = 15
    gop: int = 15
    b_frames: int = 0
    codec: str = "libx264"
    audio: str | None = None
    size: tuple[int, int] = SIZE

    def write(self, path: Path) -> Path:
        with av.open(str(path), "w") as out:
            video = cast(
                av.VideoStream,
                out.add_stream(self.codec, rate=self.fps, options=self._options()),
            )
            video.width, video.height = self.size
            video.pix_fmt = "yuv420p"
            video.time_base = Fraction(1, self.fps)
            sound = None
            if self.audio:
                sound = cast(av.AudioStream, out.add_stream(self.audio, rate=SOUND_RATE))
            for number in range(round(self.seconds * self.fps)):
                out.mux(video.encode(_picture(number, self.size)))
                if sound is not None:
                    for frame in _sounds(number, self.fps):
                        out.mux(sound.encode(frame))
            out.mux(video.encode(None))
            if sound is not None:
                out.mux(sound.encode(None))
        return path

    def _options(self) -> dict[str, str]:
        cut = f"scenecut=0:keyint={self.gop}:min-keyint={self.gop}:bframes={self.b_frames}"
        if self.codec == "libx265":
            return {"preset": "ultrafast", "x265-params": f"{cut}:log-level=none:pools=1"}
        return {"preset": "ultrafast", "x264-params": f"{cut}:b-adapt=0:threads=1"}


def _picture(number: int, size: tuple[int, int]) -> VideoFrame:
    rows = np.arange(size[1], dtype=np.uint16)[:, None] * 3
    columns = np.arange(size[0], dtype=np.uint16)[None, :] * 2
    noise = np.random.default_rng(number).integers(0, 24, (size[1], size[0]))
    grey = ((rows + columns + number * 5 + noise) % 256).astype(np.uint8)
    frame = VideoFrame.from_ndarray(np.repeat(grey[:, :, None], 3, axis=2), format="rgb24")
    frame.pts = number
    return frame


def _sounds(number: int, fps: int) -> Iterator[AudioFrame]:
    count = SOUND_RATE // fps
    wave = np.sin(np.arange(count) * 0.1) * 0.1
    frame = AudioFrame.from_ndarray(wave.astype(np.float32)[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts = SOUND_RATE, number * count
    yield frame


def packets(path: Path, kind: str = "video") -> list[av.Packet[Any]]:
    """The packets of a file's first stream of a kind, in decode order."""
    with av.open(str(path)) as file:
        stream = getattr(file.streams, kind)[0]
        return [packet for packet in file.demux(stream) if packet.size]


def payloads(path: Path, kind: str = "video") -> list[bytes]:
    return [bytes(packet) for packet in packets(path, kind)]


def units_of(packet: bytes) -> list[bytes]:
    """The NAL units of a packet, whether they have start codes or lengths before them."""
    if packet.startswith((b"\0\0\0\1", b"\0\0\1")):
        parts = packet.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
        return [part.rstrip(b"\0") for part in parts if part]
    found = []
    while packet:
        size = int.from_bytes(packet[:4], "big")
        found.append(packet[4 : 4 + size].rstrip(b"\0"))
        packet = packet[4 + size :]
    return found


def decoded(path: Path) -> int:
    """How many pictures a decoder makes of a file."""
    with av.open(str(path)) as file:
        return sum(1 for _ in file.decode(video=0))


def kinds(path: Path) -> list[bytes]:
    """The kinds of a file's top-level boxes."""
    return [box.kind for box in boxes(path.read_bytes())]


def presentation(path: Path) -> list[float]:
    """Seconds of each picture from the first, in decode order."""
    read = packets(path)
    first = min(p.pts for p in read if p.pts is not None)
    return [float((p.pts - first) * p.time_base) for p in read if p.pts is not None]
