"""A pass over pictures: what moves in them, what is in them, which tells most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.media.frames import Picture
from flows.media.still import THUMBNAIL_WIDTH_PX, jpeg
from flows.vision.detector import Box, Detection, Detector
from flows.vision.motion import WIDTH_PX, Change, Differ, Eye, Grey, nothing

# Workers are spread over segments; OpenCV's own threads on pictures this small only wake
# each other, and their time would be missing from `cpu_ms`.
cv2.setNumThreads(1)

# Five pictures a second tell a walker's entry to a fifth of one.
MOTION_EVERY_MS = 200
# How often objects are looked for: while something moves, while something that was
# found stands still, and when there is nothing (a person set down between two looks). From 300 to
# 1000 ms while something moves find the same visits in the sample clip and six variants of it.
MOVING_EVERY_MS, STILL_EVERY_MS, IDLE_EVERY_MS = 800, 1000, 5000
# How somebody comes tells him from furniture: for so long after something begins to move, and
# after somebody more is found, each picture counts.
COMING_MS = 1_000
# Motion is told in pieces of at most this, so that a piece's box says where it was then.
PIECE_MS = 1000
OBJECTS_WIDTH_PX = 640
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


@dataclass(slots=True)
class Best:
    """The most telling picture so far, kept small."""

    worth: float = -1.0
    picture: NDArray[np.uint8] | None = None

    def offer(self, picture: Picture, worth: float) -> None:
        """A picture that tells so much."""
        # A tenth more, or a slow rise of motion would convert every picture.
        if worth > self.worth * 1.1 or self.picture is None:
            self.worth, self.picture = worth, picture.bgr(THUMBNAIL_WIDTH_PX)

    def jpeg(self) -> bytes:
        """It as a file; nothing where no picture was offered."""
        return b"" if self.picture is None else jpeg(self.picture)


@dataclass(slots=True)
class Pieces:
    """Joins what moved from picture to picture into pieces, one place at a time."""

    done: list[Motion] = field(default_factory=list)
    open: list[Motion] = field(default_factory=list)

    def add(self, change: Change) -> None:
        """What moved since the last."""
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
        """Every piece, in order of time."""
        every = [*self.done, *self.open]
        return sorted(every, key=lambda m: (m.start_ms, m.end_ms, m.box.x, m.box.y))


def _grown(piece: Motion, change: Change, boxes: Iterable[Box]) -> Motion:
    box, score, end = piece.box, piece.score, piece.end_ms
    for one in boxes:
        box, score, end = box.union(one), max(score, one.area), change.at_ms
    return Motion(piece.start_ms, end, score, box)


class Look:
    """What is found from picture to picture: when to look for motion, when for objects.

    `objects` are the labels that are looked for and the least score of each; without a detector
    there are none. Pictures come in order of time, those of one stretch after `begin`.
    """

    def __init__(self, detector: Detector | None, objects: Mapping[str, float], eye: Eye) -> None:
        self._detector, self._objects, self._eye = detector, objects, eye
        view = eye.view
        self._part = (view.x, view.y, view.w, view.h)
        self._differ = Differ(eye)
        self._next_motion, self._looked, self._since = 0, -IDLE_EVERY_MS, 0
        self._found: list[Box] = []
        self._last: tuple[Picture, Change] | None = None
        self.moving = False
        self.seen: list[Seen] = []
        self.pieces = Pieces()
        self.best = Best()

    def begin(self) -> None:
        """The next picture does not follow on the one before: what is in it is looked for."""
        self._differ = Differ(self._eye)
        self._looked = -IDLE_EVERY_MS
        self.moving = False

    def end(self) -> None:
        """The last picture of a stretch: whoever is in it stands there from now on."""
        if self._last is not None and self._last[0].at_ms > self._looked:
            self._objects_in(*self._last)
        self._last = None

    def grey(self, picture: Picture) -> Grey:
        """What is looked at of a picture."""
        return picture.grey(WIDTH_PX, self._part)

    def wants(self, at_ms: int) -> bool:
        """Whether a picture of that time would be looked at."""
        return at_ms + _JITTER_MS >= self._next_motion

    def at(self, picture: Picture) -> None:
        """The next picture of a stretch."""
        if not self.wants(picture.at_ms):
            return
        self._next_motion = max(self._next_motion, picture.at_ms - _JITTER_MS) + MOTION_EVERY_MS
        change = self._differ.step(picture.at_ms, self.grey(picture))
        if change.boxes and not self.moving and not self._found:
            self._since = change.at_ms
        self.moving = bool(change.boxes)
        self.pieces.add(change)
        self.best.offer(picture, change.score * 0.5)
        self._last = picture, change
        if self._due(change):
            self._objects_in(picture, change)

    def still(self, picture: Picture) -> None:
        """A picture of a stretch in which nothing moves."""
        self.best.offer(picture, 0.0)
        change = nothing(picture.at_ms, np.zeros((1, 1), np.uint8))
        if self._due(change):
            self._objects_in(picture, change)

    def _due(self, change: Change) -> bool:
        every = STILL_EVERY_MS if self._found else IDLE_EVERY_MS
        if not all(self._fidget(box) for box in change.boxes):
            coming = change.at_ms - self._since <= COMING_MS
            every = MOTION_EVERY_MS if coming else MOVING_EVERY_MS
        return change.at_ms + _JITTER_MS >= self._looked + every

    def _fidget(self, moved: Box) -> bool:
        """Whether this is no more than someone we know of shifting where he stands."""
        return any(
            moved.inside(found) > _FIDGET_INSIDE and moved.area < _FIDGET_SHARE * found.area
            for found in self._found
        )

    def _objects_in(self, picture: Picture, change: Change) -> None:
        if self._detector is None:
            return
        self._looked = picture.at_ms
        found = [d for d in self._detector.detect(picture.bgr(OBJECTS_WIDTH_PX)) if self._wanted(d)]
        if not self._found or len(found) > len(self._found):
            self._since = picture.at_ms
        self._found = [d.box for d in found]
        for one in found:
            moved = change.by_itself(one.box)
            self.seen.append(
                Seen(picture.at_ms, one.label, round(one.score, 4), one.box, round(moved, 4))
            )
            self.best.offer(picture, one.score * (0.5 + min(moved, 0.5)) + 0.5)

    def _wanted(self, one: Detection) -> bool:
        return one.score >= self._objects.get(one.label, 2.0) and self._eye.sees(one.box)
