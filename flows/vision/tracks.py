"""Sightings joined over time into tracks: this box now is that box a moment ago.

Pure, and the same for the same set of sightings in whatever order they came.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from flows.vision.assignment import assigned
from flows.vision.detector import Box
from flows.vision.travel import left, travelled

# Unseen for this long, a track that moves is over: visits may be three seconds apart.
MISS_MS = 2_000
# Unseen for this long, a track is over even where nothing moved: he may have left unseen.
STILL_MS = 60_000
# Nothing leaves without moving, so one who stood still is taken to stand there for so long:
# detectors lose people who hold still, and quiet footage is not looked at.
STANDS_MS = 900_000
# How much of a box moves when what is in it goes away; a shift of weight moves less.
LEAVES = 0.6
# What moved in at least this part of a box moved it, and not just its edge.
MOVED = 0.08
# What is on its way shows it within this time; over hours a box that trembles shows it as well.
_ON_ITS_WAY_MS = 10_000
_SAME_IOU, _SAME_INSIDE, _STAYED_IOU = 0.15, 0.6, 0.4
# The motion by which one who stood there is found again began so long before, at most.
_STIRS_MS = 1_500
# Two walkers cross within a second; further than this, in its own sizes, nothing goes meanwhile.
_HOP_MS, _HOP = 1_000, 0.75
# Cut off by a side of the picture; and there for so long, one stands rather than goes.
_SIDE, _STOOD_MS = 0.01, 800
# Two boxes of one label, one mostly within the other, are one thing seen twice.
_DOUBLE = 0.65
# These stay in one piece: what passes before one changes its box, though it stands.
_RIGID = frozenset({"bicycle", "bus", "car", "motorcycle", "truck"})


@dataclass(frozen=True, slots=True)
class SeenAt:
    """One object in one picture at `at_ms` since the epoch; `moved` as in `Seen`.

    `zones` are those it stood in. `counts`: it did not stand outside of those that its label
    is looked for in.
    """

    segment_id: str
    at_ms: int
    label: str
    score: float
    box: Box
    moved: float
    zones: tuple[str, ...] = ()
    counts: bool = True


@dataclass(frozen=True, slots=True)
class MotionAt:
    """Something moved within `box` from `start_ms` to `end_ms` since the epoch."""

    start_ms: int
    end_ms: int
    score: float
    box: Box


@dataclass(slots=True)
class Track:
    """One thing followed; `arrived` once it has shown that it moves by itself.

    `moved` is the sighting with which that began.
    """

    stretch: int
    seen: list[SeenAt] = field(default_factory=list)
    arrived: bool = False
    place: Box | None = None
    checked_ms: int = 0
    _moving: deque[SeenAt] = field(default_factory=deque)

    def add(self, one: SeenAt) -> None:
        """Follows it to here."""
        self.seen.append(one)
        if self.arrived:
            return
        if one.moved < MOVED:
            self.place = one.box
            return
        self._moving.append(one)
        while one.at_ms - self._moving[0].at_ms > _ON_ITS_WAY_MS:
            self._moving.popleft()
        stays = one.label in _RIGID and self.place is not None and not left(self.place, one.box)
        self.arrived = not stays and travelled([(m.at_ms, m.box) for m in self._moving], self.place)

    @property
    def moved(self) -> SeenAt:
        """Where it began to be on its way, once it has arrived."""
        return self._moving[0]

    @property
    def last(self) -> SeenAt:
        """Where it was seen last."""
        return self.seen[-1]

    @property
    def leaving(self) -> bool:
        """Whether it was cut off by a side of the picture, and had not stood there."""
        last = self.seen[-1]
        if last.box.x > _SIDE and last.box.x + last.box.w < 1 - _SIDE:
            return False
        return not (stands(last) and self._stood(last))

    def _stood(self, last: SeenAt) -> bool:
        for one in reversed(self.seen):
            if one.box.iou(last.box) < _STAYED_IOU:
                return False
            if last.at_ms - one.at_ms >= _STOOD_MS:
                return True
        return False


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


def tracks(
    seen: Sequence[SeenAt],
    motion: MotionIndex,
    stretch_of: Callable[[int], int],
) -> list[Track]:
    """Follows the sightings of one label, in the order of time, each sighting once.

    `seen` is sorted by time; `stretch_of` tells the unbroken stretch of recording a time
    lies in: no track goes from one into another.
    """
    done: list[Track] = []
    live: list[Track] = []
    for at_ms, group in groupby(seen, key=attrgetter("at_ms")):
        found, stretch = list(group), stretch_of(at_ms)
        live = _still_open(live, at_ms, stretch, motion, done)
        _follow(found if len(found) == 1 else _once(found), live, motion, stretch)
    return done + live


def order(one: SeenAt) -> tuple[int, float, float, float, float, float, float, str]:
    """A total order of sightings: by time, then best first."""
    box = one.box
    return one.at_ms, -one.score, box.x, box.y, box.w, box.h, one.moved, one.segment_id


def stands(one: SeenAt) -> bool:
    """Whether it stood still just then, so that without any motion it is still there."""
    return one.moved < MOVED


def gone(last: SeenAt, until_ms: int, motion: MotionIndex, share: float = LEAVES) -> bool:
    """Whether so much moved in its box since, a `share` of it, that it must have gone.

    The motion by which it is found again is none: it stands there now. What has gone by a time
    has gone at any later.
    """
    needed = share * last.box.area
    return any(
        m.box.overlap(last.box) >= needed and m.start_ms < until_ms - _STIRS_MS
        for m in motion.between(last.at_ms + 1, until_ms)
    )


def _still_open(
    live: list[Track], at_ms: int, stretch: int, motion: MotionIndex, done: list[Track]
) -> list[Track]:
    keep: list[Track] = []
    for track in live:
        is_open = track.stretch == stretch and _awaited(track, at_ms, motion)
        (keep if is_open else done).append(track)
    return keep


def _awaited(track: Track, at_ms: int, motion: MotionIndex) -> bool:
    unseen_ms = at_ms - track.seen[-1].at_ms
    if unseen_ms <= MISS_MS:
        return True
    if unseen_ms <= STILL_MS:
        # Furniture is remembered as well, or what walks past it would inherit it.
        return track.arrived or len(track.seen) >= 3
    if not track.arrived or unseen_ms > STANDS_MS or not stands(track.seen[-1]):
        return False
    # In a crowd many are lost: now and then those are let go whom nothing can be like any more.
    if at_ms - track.checked_ms < STILL_MS:
        return True
    track.checked_ms = at_ms
    return not gone(track.seen[-1], at_ms, motion)


def _once(found: list[SeenAt]) -> list[SeenAt]:
    kept: list[SeenAt] = []
    for one in sorted(found, key=order):
        if all(max(one.box.inside(k.box), k.box.inside(one.box)) < _DOUBLE for k in kept):
            kept.append(one)
    return kept


def _follow(found: list[SeenAt], live: list[Track], motion: MotionIndex, stretch: int) -> None:
    worth = [[_likeness(track, one, motion) for track in live] for one in found]
    for one, at in zip(found, assigned(worth), strict=True):
        if at < 0:
            live.append(Track(stretch))
        live[at].add(one)


def _likeness(track: Track, one: SeenAt, motion: MotionIndex) -> float:
    """How likely this is what the track follows, 0 for not.

    What nothing moved in did not come from elsewhere: it must be where it was, or close by.
    """
    last = track.seen[-1]
    gap = one.at_ms - last.at_ms
    shared = last.box.overlap(one.box)
    a, b = last.box.w * last.box.h, one.box.w * one.box.h
    iou = shared / (a + b - shared) if shared else 0.0
    if gap > MISS_MS:
        if track.leaving:
            return 0.0
        # Half as likely as what was followed to here a moment ago.
        stirs = stands(last) and not stands(one)
        same = iou >= (_SAME_IOU if stirs else _STAYED_IOU)
        return iou / 2 if same and not gone(last, one.at_ms, motion) else 0.0
    if one.moved >= MOVED:
        # Where it should be by now, or two who cross would turn round, each in the other's place.
        going = _ahead(track, gap)
        ahead = going.iou(one.box)
        if max(ahead, iou) >= _SAME_IOU:
            return max(ahead, iou / 2)
        if not shared:
            return _hopped(going, one, gap) if last.moved >= MOVED else 0.0
    # A visitor on his way a moment ago may have stopped a step further.
    elif iou >= (_SAME_IOU if track.arrived and last.moved >= MOVED else _STAYED_IOU):
        return iou
    return iou if shared >= _SAME_INSIDE * min(a, b) else 0.0


def _hopped(was: Box, one: SeenAt, gap_ms: int) -> float:
    """Less than any overlap: what is thin or fast lies beside where it was a moment ago."""
    now = one.box
    if gap_ms > _HOP_MS or max(was.area, now.area) > 2 * min(was.area, now.area):
        return 0.0
    (ax, ay), (bx, by) = was.centre, now.centre
    hop = max(abs(ax - bx) / (was.w + now.w), abs(ay - by) / (was.h + now.h))
    return max(_SAME_IOU / 2 * (1 - hop / _HOP), 0.0)


def _ahead(track: Track, gap_ms: int) -> Box:
    """Its last box moved on for `gap_ms` at the pace of its last sightings."""
    last = track.seen[-1]
    before = next((one for one in track.seen[-4:-1] if last.at_ms - one.at_ms <= MISS_MS), None)
    if before is None:
        return last.box
    pace = gap_ms / (last.at_ms - before.at_ms)
    (x, y), (x0, y0) = last.box.centre, before.box.centre
    return Box(last.box.x + (x - x0) * pace, last.box.y + (y - y0) * pace, last.box.w, last.box.h)
