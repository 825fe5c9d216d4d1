"""Hours of several cameras, of a few drawn minutes: each minute's bytes under many names."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from edge.camera.blocks import Picture
from edge.camera.yard import CYCLE_S, Yard
from infra.faults.footage import Shared

FPS, SECONDS = 5, 60
MINUTE_MS = SECONDS * 1_000
WIDTH, HEIGHT = 640, 352


class Kind(StrEnum):
    """What is to be seen in a minute."""

    STILL = "still"  # nothing, and its packets' sizes said so when it was recorded
    QUIET = "quiet"  # nothing, which is told by looking
    VISIT = "visit"  # somebody comes, stands and goes
    HALF = "half"  # the same, to be seen from the waist up: FastestDet knows him, HOG does not


# As on a site: most of the time nothing happens.
_SHARES = {Kind.STILL: 90, Kind.QUIET: 4, Kind.VISIT: 4, Kind.HALF: 2}


def minutes(folder: Path) -> Mapping[Kind, Shared]:
    """One of each kind."""
    return {kind: minute(folder / kind, kind) for kind in Kind}


def chosen(made: Mapping[Kind, Shared], chance: random.Random) -> Shared:
    """Any of them, as often as its kind happens."""
    return made[chance.choices(list(_SHARES), list(_SHARES.values()))[0]]


def minute(folder: Path, kind: Kind) -> Shared:
    """One drawn into a spool of its own."""
    folder.mkdir(parents=True)
    clip = _draw(folder / "clip.mp4", kind)
    activity = "0" * SECONDS if kind is Kind.STILL else ""
    return Shared.recorded(folder / "source", clip, MINUTE_MS, activity)


def _draw(path: Path, kind: Kind) -> Path:
    options = {"preset": "ultrafast", "g": str(2 * FPS), "crf": "33"}  # a day is 3 GB else
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS, options=options)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.time_base = Fraction(1, FPS)
        for number, picture in enumerate(_pictures(kind)):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts = number
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path


def _pictures(kind: Kind) -> Iterator[Picture]:
    yard = Yard("yard", WIDTH, HEIGHT)
    for number in range(FPS * SECONDS):
        seconds = number / FPS
        visited = kind in {Kind.VISIT, Kind.HALF} and seconds < CYCLE_S
        picture = yard.picture(seconds if visited else 0, number)
        yield _sunk(picture) if kind is Kind.HALF else picture


def _sunk(picture: Picture) -> Picture:
    """The same with the camera raised: the figure shows its upper half, which HOG is blind to."""
    luma, chroma = picture[:HEIGHT], picture[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    by = HEIGHT * 3 // 8
    lower = np.concatenate([np.repeat(luma[:1], by, axis=0), luma[:-by]])
    planes = [np.concatenate([np.repeat(p[:1], by // 2, axis=0), p[: -by // 2]]) for p in chroma]
    return np.concatenate([lower, np.stack(planes).reshape(HEIGHT // 2, WIDTH)])
