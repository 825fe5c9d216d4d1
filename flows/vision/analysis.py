"""One file's pictures turned into what was seen in it: objects, motion, a thumbnail."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.media.footage import Footage, footage
from flows.media.frames import Tally, pictures
from flows.media.sprites import Strip
from flows.vision.cascade import Cascade
from flows.vision.detector import Detector
from flows.vision.look import Look, Motion, Seen
from flows.vision.motion import EVERYWHERE, Eye
from flows.vision.moving import Moving
from flows.vision.survey import SHORT_MS, Survey

Progress = Callable[[float], None]

__all__ = ["Analysis", "Motion", "Seen", "analyse"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one segment shows, and what finding it cost.

    `thumbnail` is a JPEG at most 320 px wide of the most telling moment. `frames` counts
    the file's pictures, `decoded_frames` the decodings; `cpu_ms` is this thread's. From its first
    picture to the end of the last it is `duration_ms`. `sprites` are sheets, one a minute.
    """

    seen: tuple[Seen, ...]
    motion: tuple[Motion, ...]
    thumbnail: bytes
    frames: int
    decoded_frames: int
    cpu_ms: int
    duration_ms: int
    sprites: tuple[bytes, ...] = ()


# Of footage that is known to be still, and was not looked at.
NOTHING = Analysis((), (), b"", 0, 0, 0, 0)


def analyse(
    path: Path,
    detector: Detector | None,
    objects: Mapping[str, float],
    eye: Eye = EVERYWHERE,
    progress: Progress = lambda _: None,
    *,
    sprites: bool = False,
) -> Analysis:
    """Looks through one file for motion, and for `objects`: labels and the least score of each.

    What its packets and keyframes tell to be still is not decoded. `progress` is told the part
    of the file that is done, 0 to 1. With `sprites`, what is decoded makes sheets, too, unless
    some of it is damaged. The answer depends on the file, the detector and the
    arguments alone; memory does not grow with the file's length. Raises BadMedia for what is no
    video.
    """
    began = time.thread_time()
    tally = Tally()
    look = Look(detector, objects, eye)
    strip = Strip()
    with footage(path, tally, rough_ms=math.inf if detector is None else SHORT_MS) as film:
        if sprites:
            film.watch = strip.see
        if film.gops:
            for at_ms in _pass(film, look, eye, motion_alone=detector is None):
                progress(at_ms / film.duration_ms)
        duration_ms = film.duration_ms
    if not tally.decoded:
        tally, strip = Tally(), Strip()
        duration_ms = _every(path, look, tally)
    sheets = () if tally.damaged else tuple(strip.sheets(duration_ms))
    return Analysis(
        tuple(look.seen),
        tuple(look.pieces.closed()),
        look.best.jpeg(),
        tally.frames,
        tally.decoded,
        round((time.thread_time() - began) * 1000),
        duration_ms,
        sheets,
    )


def _pass(film: Footage, look: Look, eye: Eye, *, motion_alone: bool) -> Iterator[int]:
    survey = Survey(film, eye, look.grey)
    if motion_alone:
        return Moving(film, survey, look, whole=not eye.blinkered).run()
    return Cascade(film, survey, look).run()


def _every(path: Path, look: Look, tally: Tally) -> int:
    """Every picture, of a file whose stretches can't be decoded apart; when the last was (ms)."""
    at_ms = 0
    look.begin()
    for picture in pictures(path, tally):
        look.at(picture)
        at_ms = picture.at_ms
    return at_ms
