"""Small footage drawn here, and the files that recording it leaves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer

from edge import mp4
from edge.clock import Clock
from edge.segment import Segment
from edge.spool import Recording, Spool

START_MS = 1_790_000_000_000
CAMERA = "yard"


class Standing:
    """A clock that stands still, so that a run can be made again."""

    def __init__(self, utc_ms: int = START_MS + 3_600_000) -> None:
        self._utc_ms = utc_ms

    def utc_ms(self) -> int:
        return self._utc_ms

    def monotonic_ms(self) -> int:
        return self._utc_ms - START_MS

    def boot_id(self) -> str:
        return "boot"

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here waits for {seconds} s")


def clip(
    path: Path,
    *,
    seconds: float = 8,
    fps: int = 15,
    gop: int = 20,
    b_frames: int = 2,
    size: tuple[int, int] = (96, 64),
    bitrate: int | None = None,
) -> Path:
    """An H.264 file of moving noise; `gop` in frames, `bitrate` in bits a second."""
    cut = f"scenecut=0:keyint={gop}:min-keyint={gop}:bframes={b_frames}:b-adapt=0:threads=1"
    if bitrate:
        cut += ":nal-hrd=cbr:force-cfr=1"
    options = {"preset": "ultrafast", "x264-params": cut}
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=fps, options=options)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.time_base = Fraction(1, fps)
        if bitrate:
            video.bit_rate = bitrate
            video.options |= {"maxrate": str(bitrate), "bufsize": str(bitrate)}
        for picture in _pictures(round(seconds * fps), size):
            out.mux(video.encode(picture))
        out.mux(video.encode(None))
    return path


def _pictures(count: int, size: tuple[int, int]) -> Iterator[av.VideoFrame]:
    width, height = size
    noise = np.random.default_rng(1).integers(40, 200, (height * 3 // 2 + 64, width), np.uint8)
    for number in range(count):
        moved = noise[number % 64 :][: height * 3 // 2]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(moved), "yuv420p")
        frame.pts = number
        yield frame


def packets(source: InputContainer) -> list[av.Packet[Any]]:
    """All packets of an open file's video."""
    return [packet for packet in source.demux(source.streams.video[0]) if packet.size]


@contextmanager
def recording(
    root: Path, file: Path, clock: Clock, count: int | None = None
) -> Iterator[Recording]:
    """A recording in a spool at `root` that was given a file's first packets, not yet sealed."""
    with av.open(str(file)) as source:
        video = source.streams.video[0]
        begun = Spool(root, "local", clock).begin(
            CAMERA, start_ms=START_MS, monotonic_ms=500, source="clip", video=video
        )
        for packet in packets(source)[:count]:
            begun.write(packet)
        yield begun


@dataclass(frozen=True, slots=True)
class Shared:
    """A sealed segment, and its file, which any number of others share on disk."""

    segment: Segment
    path: Path

    @classmethod
    def recorded(cls, folder: Path, clip: Path, until_ms: int, activity: str = "") -> Shared:
        """A clip's first `until_ms`, recorded into the spool in `folder`; `activity` by second."""
        with recording(folder, clip, Standing()) as begun:
            segment = begun.complete(until_ms, activity)
            begun.store(segment)
        return cls(segment, folder / "sealed" / segment.name.file)

    def seal(self, spool: Spool, camera: str, start_ms: int) -> Segment:
        """The same footage as another camera's at another time, whole as a seal leaves it."""
        moved = self.segment.model_copy(
            update={"camera": camera, "start_ms": start_ms, "monotonic_ms": start_ms}
        )
        target = spool.root / "sealed" / moved.name.file
        target.with_suffix(".json").write_text(moved.model_dump_json())
        os.link(self.path, target)
        return moved


def payload(data: bytes) -> bytes:
    """What the `mdat` boxes of a file hold: the packets, wherever they were moved in time."""
    return b"".join(data[box.body : box.end] for box in mp4.boxes(data) if box.kind == b"mdat")
