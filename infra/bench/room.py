"""Ten minutes of the sample clip's room in 1080p: its visits, far apart, in its own noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FPS, SECONDS = 1920, 1080, 15, 600
# A keyframe every two seconds, as cameras send them.
GOP = 2 * FPS
# So much of the clip around each visit comes along, and is nobody's.
_AROUND_S = 1.5
# Nobody is in the clip's first seconds.
_STILL_S = 4

Span = tuple[float, float]
Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Visit:
    """From where in the clip (seconds), and from which picture up to which of the film."""

    clip_s: float
    first: int
    end: int

    def shows(self, number: int) -> float:
        """The second of the clip that a picture of the film shows."""
        return self.clip_s + (number - self.first) / FPS


def film(clip: Path, visits: Sequence[Span], target: Path) -> tuple[Path, list[Span]]:
    """Writes the film; answers it and when somebody is in it (seconds).

    Visits stand at even distances. Between them the room goes slowly from how it was left to how
    it is found, with noise drawn from what its own still pictures differ by.
    """
    placed = _placed(visits)
    around = round(_AROUND_S * FPS)
    _write(_pictures(clip, placed), target)
    return target, [((v.first + around) / FPS, (v.end - around) / FPS) for v in placed]


def _placed(visits: Sequence[Span]) -> list[_Visit]:
    step = SECONDS * FPS // len(visits)
    firsts = [n * step + step // 2 for n in range(len(visits))]
    lengths = [round((end - start + 2 * _AROUND_S) * FPS) for start, end in visits]
    return [
        _Visit(start - _AROUND_S, first, first + length)
        for (start, _), first, length in zip(visits, firsts, lengths, strict=True)
    ]


def _write(pictures: Iterator[Plane], target: Path) -> None:
    with av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = GOP
        stream.options = {"preset": "veryfast", "crf": "23", "sc_threshold": "0"}
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _pictures(clip: Path, visits: Sequence[_Visit]) -> Iterator[Plane]:
    rng, noise = np.random.default_rng(7), _noise(clip)
    edges = [(_first(clip, v.clip_s), _first(clip, v.shows(v.end))) for v in visits]
    left, since = edges[0][0], 0
    for visit, (found, leaves) in zip(visits, edges, strict=True):
        yield from _empty(left, found, visit.first - since, noise, rng)
        yield from _shown(clip, visit)
        left, since = leaves, visit.end
    yield from _empty(left, left, SECONDS * FPS - since, noise, rng)


def _empty(
    left: Plane, found: Plane, count: int, noise: list[NDArray[np.int8]], rng: np.random.Generator
) -> Iterator[Plane]:
    for number in range(count):
        mixed = cv2.addWeighted(left, 1 - number / count, found, number / count, 0)
        picture = np.asarray(mixed, np.uint8)
        picture[:HEIGHT] = _noisy(picture[:HEIGHT], noise, rng)
        yield picture


def _noisy(luma: Plane, noise: list[NDArray[np.int8]], rng: np.random.Generator) -> Plane:
    drawn = noise[rng.integers(len(noise))]
    drawn = np.roll(drawn, (rng.integers(HEIGHT), rng.integers(WIDTH)), (0, 1))
    return np.asarray(np.clip(luma.astype(np.int16) + drawn, 0, 255), np.uint8)


def _noise(clip: Path) -> list[NDArray[np.int8]]:
    """What the clip's first, still pictures differ by from their middle, tiled, not enlarged."""
    with av.open(str(clip)) as source:
        stills = [f.to_ndarray(format="gray") for f in _until(source, _STILL_S)]
    middle = np.median(stills, axis=0)
    across, down = -(-WIDTH // stills[0].shape[1]), -(-HEIGHT // stills[0].shape[0])
    return [
        np.tile(np.rint(one - middle).astype(np.int8), (down, across))[:HEIGHT, :WIDTH]
        for one in stills
    ]


def _until(source: av.container.InputContainer, end_s: float) -> Iterator[av.VideoFrame]:
    for frame in source.decode(source.streams.video[0]):
        if frame.time is None or frame.time >= end_s:
            return
        yield frame


def _first(clip: Path, at_s: float) -> Plane:
    return next(_from(clip, at_s))[1]


def _shown(clip: Path, visit: _Visit) -> Iterator[Plane]:
    number = visit.first
    for at_s, picture in _from(clip, visit.clip_s):
        while number < visit.end and visit.shows(number) <= at_s + 1e-6:
            yield picture
            number += 1
        if number == visit.end:
            return


def _from(clip: Path, at_s: float) -> Iterator[tuple[float, Plane]]:
    """The clip's pictures from a moment on, enlarged, each with its second."""
    with av.open(str(clip)) as source:
        stream = source.streams.video[0]
        source.seek(round(max(at_s, 0) / float(stream.time_base or 1)), stream=stream)
        for frame in source.decode(stream):
            if frame.time is not None and frame.time >= at_s - 1e-6:
                large = frame.reformat(WIDTH, HEIGHT, "yuv420p", interpolation="BICUBIC")
                yield frame.time, np.asarray(large.to_ndarray(), np.uint8)
