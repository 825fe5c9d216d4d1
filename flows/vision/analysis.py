"""One segment's pictures turned into what was seen in it: objects, motion, a thumbnail."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.media.frames import Picture, Tally, pictures
from flows.media.still import jpeg
from flows.vision.detector import Box, Detection, Detector
from flows.vision.motion import WIDTH_PX, Change, Differ

# Workers are spread over segments; OpenCV's own threads on pictures this small only wake
# each other, and their time would be missing from `cpu_ms`.
cv2.setNumThreads(1)

# Five pictures a second tell a walker's entry to a fifth of one.
MOTION_EVERY_MS = 200
# How often objects are looked for: while something moves, while something that was
# found stands still, and when there is nothing (a person set down between two looks).
MOVING_EVERY_MS, STILL_EVERY_MS, IDLE_EVERY_MS = 400, 1000, 5000
# Motion is told in pieces of at most this, so that a piece's box says where it was then.
PIECE_MS = 1000
OBJECTS_WIDTH_PX = 640
THUMBNAIL_WIDTH_PX = 320
# What moves within a box just found, in less than a third of it, needs no new look at once.
_FIDGET_INSIDE, _FIDGET_SHARE = 0.8, 0.33
# Pictures come a little early or late of a regular rate.
_JITTER_MS = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """One object in one picture, `at_ms` after the segment's first picture.

    `moved` is the share of its box in which something moved just then, 0 to 1, and 0 for
    what was moved by something above it.
    """

    at_ms: int
    label: str
    score: float
    box: Box
    moved: float


@dataclass(frozen=True, slots=True)
class Motion:
    """Something moved from `start_ms` to `end_ms` after the first picture, within `box`.

    `score` is the largest share of the picture that moved at once. One stretch of motion
    in one place is told in pieces of about PIECE_MS that touch.
    """

    start_ms: int
    end_ms: int
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one segment shows, and what finding it cost.

    `thumbnail` is a JPEG at most 320 px wide of the most telling moment. `frames` counts
    the file's pictures, `decoded_frames` those decoded; `cpu_ms` is this thread's.
    """

    seen: tuple[Seen, ...]
    motion: tuple[Motion, ...]
    thumbnail: bytes
    frames: int
    decoded_frames: int
    cpu_ms: int


def analyse(path: Path, detector: Detector, objects: frozenset[str], confidence: float) -> Analysis:
    """Looks through one file for `objects` scoring at least `confidence`, and for motion.

    The answer depends on the file, the detector and the arguments alone. Memory does not
    grow with the file's length. Raises BadMedia for what is no video.
    """
    began = time.thread_time()
    tally = Tally()
    look = _Look(detector, objects, confidence)
    for picture in pictures(path, tally):
        look.at(picture)
    return Analysis(
        tuple(look.seen),
        tuple(look.pieces.closed()),
        look.best.jpeg(),
        tally.frames,
        tally.decoded,
        round((time.thread_time() - began) * 1000),
    )


@dataclass(slots=True)
class _Best:
    """The most telling picture so far, kept small."""

    worth: float = -1.0
    picture: NDArray[np.uint8] | None = None

    def offer(self, picture: Picture, worth: float) -> None:
        # A tenth more, or a slow rise of motion would convert every picture.
        if worth > self.worth * 1.1 or self.picture is None:
            self.worth, self.picture = worth, picture.bgr(THUMBNAIL_WIDTH_PX)

    def jpeg(self) -> bytes:
        assert self.picture is not None
        return jpeg(self.picture)


@dataclass(slots=True)
class _Pieces:
    """Joins what moved from picture to picture into pieces, one place at a time."""

    done: list[Motion] = field(default_factory=list)
    open: list[Motion] = field(default_factory=list)

    def add(self, change: Change) -> None:
        kept: list[Motion] = []
        boxes = [(b, b.area) for b in change.boxes]
        for piece in self.open:
            mine = [b for b in boxes if b[0].overlap(piece.box)]
            boxes = [b for b in boxes if b not in mine]
            grown = _grown(piece, change, [b for b, _ in mine])
            keep = mine and grown.end_ms - grown.start_ms < PIECE_MS
            (kept if keep else self.done).append(grown)
        for box, area in boxes:
            kept.append(Motion(change.since_ms, change.at_ms, area, box))
        self.open = kept

    def closed(self) -> list[Motion]:
        every = [*self.done, *self.open]
        return sorted(every, key=lambda m: (m.start_ms, m.end_ms, m.box.x, m.box.y))


def _grown(piece: Motion, change: Change, boxes: Iterable[Box]) -> Motion:
    box, score, end = piece.box, piece.score, piece.end_ms
    for one in boxes:
        box, score, end = box.union(one), max(score, one.area), change.at_ms
    return Motion(piece.start_ms, end, score, box)


class _Look:
    """The pass over one segment: when to look for motion, when for objects."""

    def __init__(self, detector: Detector, objects: frozenset[str], confidence: float) -> None:
        self._detector, self._objects, self._confidence = detector, objects, confidence
        self._differ = Differ()
        self._next_motion = self._looked = 0
        self._found: list[Box] = []
        self.seen: list[Seen] = []
        self.pieces = _Pieces()
        self.best = _Best()

    def at(self, picture: Picture) -> None:
        if picture.at_ms + _JITTER_MS < self._next_motion:
            return
        self._next_motion = max(self._next_motion, picture.at_ms - _JITTER_MS) + MOTION_EVERY_MS
        change = self._differ.step(picture.at_ms, picture.grey(WIDTH_PX))
        self.pieces.add(change)
        self.best.offer(picture, change.score * 0.5)
        if picture.at_ms == 0 or self._due(change):
            self._objects_in(picture, change)

    def _due(self, change: Change) -> bool:
        every = STILL_EVERY_MS if self._found else IDLE_EVERY_MS
        if not all(self._fidget(box) for box in change.boxes):
            every = MOVING_EVERY_MS
        return change.at_ms + _JITTER_MS >= self._looked + every

    def _fidget(self, moved: Box) -> bool:
        """Whether this is no more than someone we know of shifting where he stands."""
        return any(
            moved.inside(found) > _FIDGET_INSIDE and moved.area < _FIDGET_SHARE * found.area
            for found in self._found
        )

    def _objects_in(self, picture: Picture, change: Change) -> None:
        self._looked = picture.at_ms
        found = [d for d in self._detector.detect(picture.bgr(OBJECTS_WIDTH_PX)) if self._wanted(d)]
        self._found = [d.box for d in found]
        for one in found:
            moved = change.by_itself(one.box)
            self.seen.append(
                Seen(picture.at_ms, one.label, round(one.score, 4), one.box, round(moved, 4))
            )
            self.best.offer(picture, one.score * (0.5 + min(moved, 0.5)) + 0.5)

    def _wanted(self, one: Detection) -> bool:
        return one.label in self._objects and one.score >= self._confidence
