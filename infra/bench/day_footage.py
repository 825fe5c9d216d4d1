"""A few minutes of what cameras see: the sample clips, and the room of one of them left empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice
from math import inf
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from edge.clock import SystemClock
from edge.importer import import_files
from edge.segment import Segment
from edge.spool import Spool
from infra import samples

SEGMENT_MS = 30_000
ACTIVE, QUIET_MINUTES = 4, 2
QUIET = "quiet"
FIRST_MS = 1_790_000_040_000  # a whole minute
_VISITS, _CARS, _BOTTLES = (
    "one-by-one-person-detection.mp4",
    "car-detection.mp4",
    "bottle-detection.mp4",
)
# From which second on of a clip a minute is taken; what is shorter begins again.
_MINUTES = ((_VISITS, 0), (_CARS, 0), (_VISITS, 60), (_BOTTLES, 0))

# Nobody is in the first clip's first seconds.
_STILL_S = 4
_DRAWN, _DRAWN_FPS = (640, 360), Fraction(10)

Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Piece:
    """Half a minute as a segment: the file, what a recorder would say of it, and its kind."""

    path: Path
    segment: Segment
    kind: str
    of: str


@dataclass(frozen=True, slots=True)
class _Scene:
    """Pictures without end, in YUV 4:2:0 (one and a half times as high), so many a second."""

    kind: str
    fps: Fraction
    pictures: Iterator[Plane]
    of: str


def pieces(folder: Path) -> list[Piece]:
    """Both halves of ACTIVE minutes in which something happens, then of QUIET_MINUTES.

    Without the sample clips all of it is drawn. A keyframe every two seconds, as cameras send.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = samples.folder()
    there = found if found and not samples.missing((_VISITS, _CARS, _BOTTLES)) else None
    scenes = _drawn() if there is None else _clips(there)
    spool = Spool(folder / "spool", "local", SystemClock())
    return [piece for n, scene in enumerate(scenes) for piece in _halves(spool, folder, n, scene)]


def _halves(spool: Spool, folder: Path, number: int, scene: _Scene) -> Iterator[Piece]:
    file = _written(folder / f"minute-{number}.mp4", scene)
    done = import_files(spool, [file], f"made-{number}", FIRST_MS, SEGMENT_MS, lambda *_: False)
    for one in done.refused:
        raise one.error
    for imported in done.imported:
        if imported.segment is None:
            raise AssertionError(f"nothing came of {file.name}: {imported.skipped}")
        path = spool.root / "sealed" / f"{imported.segment.id}.mp4"
        yield Piece(path, imported.segment, scene.kind, scene.of)


def _written(target: Path, scene: _Scene) -> Path:
    with av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=scene.fps)
        stream.codec_context.gop_size = round(2 * scene.fps)
        stream.options = {"preset": "veryfast", "crf": "23", "sc_threshold": "0"}
        for number, picture in enumerate(islice(scene.pictures, round(60 * scene.fps))):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            if not number:
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = "yuv420p"
            frame.pts, frame.time_base = number, 1 / scene.fps
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return target


def _clips(folder: Path) -> Iterator[_Scene]:
    for name, second in _MINUTES:
        clip = folder / name
        yield _Scene(name, _fps(clip), _again(clip, second), "the sample clips, in their own size")
    room = folder / _VISITS
    for seed in range(QUIET_MINUTES):
        yield _Scene(QUIET, _fps(room), _empty(list(_of(room, 0, _STILL_S)), seed), "")


def _fps(clip: Path) -> Fraction:
    with av.open(str(clip)) as source:
        rate = source.streams.video[0].average_rate
    # A rate of 1,790,000 / 60,001 makes no two seconds a whole number of pictures.
    return Fraction(round(float(rate or 25)))


def _again(clip: Path, second: float) -> Iterator[Plane]:
    while True:
        yield from _of(clip, second)


def _of(clip: Path, start_s: float, end_s: float = inf) -> Iterator[Plane]:
    with av.open(str(clip)) as source:
        for frame in source.decode(source.streams.video[0]):
            if frame.time is not None and start_s <= frame.time < end_s:
                yield np.asarray(frame.reformat(format="yuv420p").to_ndarray(), np.uint8)


def _empty(stills: list[Plane], seed: int) -> Iterator[Plane]:
    """What still pictures have in common, and of what they differ by, one shifted at random."""
    rng, middle = np.random.default_rng(seed), np.median(stills, axis=0)
    height = stills[0].shape[0] * 2 // 3
    noise = [np.rint(one - middle)[:height].astype(np.int16) for one in stills]
    while True:
        picture = middle.astype(np.int16)
        places = rng.integers(height), rng.integers(picture.shape[1])
        picture[:height] += np.roll(noise[rng.integers(len(noise))], places, (0, 1))
        yield np.asarray(np.clip(picture, 0, 255), np.uint8)


def _drawn() -> Iterator[_Scene]:
    """A bright square that crosses a yard, and the yard."""
    for number in range(ACTIVE):
        yield _Scene("square", _DRAWN_FPS, _yard(number, 4), "drawn: no sample clips are here")
    for number in range(QUIET_MINUTES):
        yield _Scene(QUIET, _DRAWN_FPS, _yard(ACTIVE + number, 0), "")


def _yard(seed: int, step_px: int) -> Iterator[Plane]:
    rng, (width, height) = np.random.default_rng(seed), _DRAWN
    for number in count():
        picture = np.full((height * 3 // 2, width), 128, np.int16)
        picture[:height] = 90 + rng.normal(0, 2, (height, width))
        if step_px:
            left = step_px * number % (width - height // 4)
            picture[height // 2 : height * 3 // 4, left : left + height // 4] = 230
        yield np.asarray(np.clip(picture, 0, 255), np.uint8)
