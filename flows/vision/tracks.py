"""Sightings joined over time into tracks: this box now is that box a moment ago.

Pure, and the same for the same set of sightings in whatever order they came.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from flows.vision.detector import Box

# Unseen for this long, a track that moves is over: visits may be three seconds apart.
MISS_MS = 2_000
# Unseen for this long, a track is over even where nothing moved. Nothing leaves without
# moving, so until then he is taken to stand there; detectors lose people who hold still.
STILL_MS = 60_000
# How much of a box moves when what is in it goes away; a shift of weight moves less.
LEAVES = 0.6
# What moved in at least this part of a box moved it, and not just its edge.
MOVED = 0.08
# How far it must have gone to be on its way, in parts of its own size.
TRAVEL = 0.25
_SAME_IOU, _SAME_INSIDE, _STAYED_IOU = 0.15, 0.6, 0.4
# Two boxes of one label, one mostly within the other, are one thing seen twice.
_DOUBLE = 0.65
_CUT = 0.02


@dataclass(frozen=True, slots=True)
class SeenAt:
    """One object in one picture at `at_ms` since the epoch; `moved` as in `Seen`."""

    segment_id: str
    at_ms: int
    label: str
    score: float
    box: Box
    moved: float


@dataclass(frozen=True, slots=True)
class MotionAt:
    """Something moved within `box` from `start_ms` to `end_ms` since the epoch."""

    start_ms: int
    end_ms: int
    score: float
    box: Box


@dataclass(slots=True)
class Track:
    """One thing followed; `arrived` once it has shown that it moves by itself."""

    stretch: int
    seen: list[SeenAt] = field(default_factory=list)
    moving: list[SeenAt] = field(default_factory=list)
    arrived: bool = False

    def add(self, one: SeenAt) -> None:
        """Follows it to here."""
        self.seen.append(one)
        if not self.arrived and one.moved >= MOVED:
            self.moving.append(one)
            self.arrived = travelled(self.moving)

    @property
    def last(self) -> SeenAt:
        """Where it was seen last."""
        return self.seen[-1]


class MotionIndex:
    """Finds the motion of a moment without walking through all of it."""

    def __init__(self, motion: Sequence[MotionAt]) -> None:
        self._pieces = sorted(
            set(motion), key=lambda m: (m.start_ms, m.end_ms, m.box.x, m.box.y, m.box.w, m.box.h)
        )
        self._starts = [m.start_ms for m in self._pieces]
        self._longest = max((m.end_ms - m.start_ms for m in self._pieces), default=0)

    def between(self, start_ms: int, end_ms: int) -> list[MotionAt]:
        """What moved at some time from start to end, both included, by its start."""
        first = bisect_left(self._starts, start_ms - self._longest)
        last = bisect_right(self._starts, end_ms)
        return [m for m in self._pieces[first:last] if m.end_ms >= start_ms]


def travelled(moving: Sequence[SeenAt]) -> bool:
    """Whether these sightings, in each of which it moved, show one thing on its way.

    At least three over 0.7 s, and TRAVEL of its own size between two places: what a hand
    sets down, or what is called a person while light plays on it, stays where it is.
    What is cut off by the picture's upper edge shows no head and may be an arm that
    reaches in, which grows, shrinks and sways; it counts once it crosses by its width.
    """
    if len(moving) < 3 or moving[-1].at_ms - moving[0].at_ms < 700:
        return False
    here = moving[-1].box
    return any(_went(one.box, here) for one in moving[:-1])


def _went(a: Box, b: Box) -> bool:
    """Whether one thing in these two boxes changed its place, whatever cuts it off."""
    if a.y > _CUT and b.y > _CUT:
        return _shift(a, b) >= TRAVEL or _rise(a, b) >= TRAVEL
    if a.y > _CUT:
        return _rise(a, b) >= TRAVEL
    # A hand that lets go of what it held is cut off at first, and then is not.
    return b.y <= _CUT and _crossing(a, b) >= 1.0


def _shift(a: Box, b: Box) -> float:
    """How far its middle went, in parts of its own mean width or height."""
    (ax, ay), (bx, by) = a.centre, b.centre
    return max(2 * abs(ax - bx) / (a.w + b.w), 2 * abs(ay - by) / (a.h + b.h))


def _rise(a: Box, b: Box) -> float:
    """How far its top rose out of the picture's lower edge, in parts of its mean height."""
    return 2 * (a.y - b.y) / (a.h + b.h) if a.y + a.h >= 1 - _CUT else 0.0


def _crossing(a: Box, b: Box) -> float:
    """How far both its sides went the same way, in parts of its mean width."""
    left, right = b.x - a.x, b.x + b.w - a.x - a.w
    return 2 * min(abs(left), abs(right)) / (a.w + b.w) if left * right > 0 else 0.0


def tracks(
    seen: Sequence[SeenAt], motion: MotionIndex, stretch_of: Callable[[int], int]
) -> list[Track]:
    """Follows the sightings of one label, in the order of time, each sighting once.

    `seen` is sorted by time; `stretch_of` tells the unbroken stretch of recording a time
    lies in: no track goes from one into another.
    """
    done: list[Track] = []
    live: list[Track] = []
    for at_ms, group in groupby(seen, key=attrgetter("at_ms")):
        found, stretch = list(group), stretch_of(at_ms)
        live = _still_open(live, at_ms, stretch, done)
        for one in found if len(found) == 1 else _once(found):
            _follow(one, live, motion, stretch)
    return done + live


def order(one: SeenAt) -> tuple[int, float, float, float, float, float, float, str]:
    """A total order of sightings: by time, then best first."""
    box = one.box
    return one.at_ms, -one.score, box.x, box.y, box.w, box.h, one.moved, one.segment_id


def _still_open(live: list[Track], at_ms: int, stretch: int, done: list[Track]) -> list[Track]:
    keep: list[Track] = []
    for track in live:
        # Furniture is remembered as well, or what walks past it would inherit it.
        patience = STILL_MS if track.arrived or len(track.seen) >= 3 else MISS_MS
        is_open = track.stretch == stretch and at_ms - track.seen[-1].at_ms <= patience
        (keep if is_open else done).append(track)
    return keep


def _once(found: list[SeenAt]) -> list[SeenAt]:
    kept: list[SeenAt] = []
    for one in sorted(found, key=order):
        if all(max(one.box.inside(k.box), k.box.inside(one.box)) < _DOUBLE for k in kept):
            kept.append(one)
    return kept


def _follow(one: SeenAt, live: list[Track], motion: MotionIndex, stretch: int) -> None:
    best, closest = None, 0.0
    for track in live:
        near = _likeness(track, one, motion)
        if near > closest:
            best, closest = track, near
    if best is None:
        best = Track(stretch)
        live.append(best)
    best.add(one)


def _likeness(track: Track, one: SeenAt, motion: MotionIndex) -> float:
    """How likely this is what the track follows, 0 for not.

    What nothing moved in did not come from elsewhere: it must be where it was.
    """
    last = track.seen[-1]
    gap = one.at_ms - last.at_ms
    shared = last.box.overlap(one.box)
    if shared <= 0.0 or gap <= 0:  # without a gap it has its sighting of this picture
        return 0.0
    a, b = last.box.w * last.box.h, one.box.w * one.box.h
    iou = shared / (a + b - shared)
    if gap > MISS_MS:
        # Half as likely as what was followed to here a moment ago.
        return iou / 2 if iou >= _STAYED_IOU and not _left(last, one.at_ms, motion) else 0.0
    if one.moved >= MOVED:
        # Where it should be by now, or a flicker beside a walker would carry him on.
        ahead = _ahead(track, gap).iou(one.box)
        iou = max(iou, ahead)
    if iou >= (_SAME_IOU if one.moved >= MOVED else _STAYED_IOU):
        return iou
    return iou if shared >= _SAME_INSIDE * min(a, b) else 0.0


def _ahead(track: Track, gap_ms: int) -> Box:
    """Its last box moved on for `gap_ms` at the pace of its last two sightings."""
    last = track.seen[-1]
    if len(track.seen) < 2 or last.at_ms - track.seen[-2].at_ms > MISS_MS:
        return last.box
    before = track.seen[-2]
    pace = gap_ms / (last.at_ms - before.at_ms)
    (x, y), (x0, y0) = last.box.centre, before.box.centre
    return Box(last.box.x + (x - x0) * pace, last.box.y + (y - y0) * pace, last.box.w, last.box.h)


def _left(last: SeenAt, until_ms: int, motion: MotionIndex) -> bool:
    """Whether so much moved in its box since that it must have gone."""
    needed = LEAVES * last.box.area
    return any(m.box.overlap(last.box) >= needed for m in motion.between(last.at_ms + 1, until_ms))
