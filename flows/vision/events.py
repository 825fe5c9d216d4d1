"""Sightings of one camera told as events: who came, from when to when, how many at once.

Pure: the answer depends on the set of what is given, never on its order, so it can be
computed again whenever another segment has arrived.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from flows.vision.detector import Box
from flows.vision.path import Place, thinned
from flows.vision.tracks import (
    LEAVES,
    MISS_MS,
    STANDS_MS,
    STILL_MS,
    MotionAt,
    MotionIndex,
    SeenAt,
    Track,
    order,
    stands,
    tracks,
)

__all__ = ["Event", "MotionAt", "Place", "SeenAt", "boundary_gap_ms", "events"]

# A hole in the recording longer than this ends what is open: it could have left unseen.
HOLE_MS = 3_000
# Half in the picture a person moves before he is found: the bounds follow the motion
# that touches the first and the last box, across breaks of SLACK_MS, so far at most.
LEAD_MS, SLACK_MS = 3_000, 1_000
# One who stood still when he was seen last is there until something moves where he stands; but
# for so long at most, unless he is found again: he may have left unseen.
STAYS_MS = 30_000
# What moves in less of his box than this is not he.
_STIRS = 0.1
# How near to where it was seen motion must be to be its own, in parts of the picture.
_NEAR = 0.05
# Seen this soon after recording began, it was there before.
_AT_ONCE_MS = 1_500

# Two stretches further apart than this, with nothing seen and nothing moving between,
# have nothing to do with each other: a track lives STILL_MS at most, bounds reach LEAD_MS.
# But one who stood still when he was seen last may have to do with what `links` tell.
boundary_gap_ms = STILL_MS + 2 * (LEAD_MS + SLACK_MS) + HOLE_MS


@dataclass(frozen=True, slots=True)
class Event:
    """An interval in which at least one `label` was there, and at most `count` at once.

    Times are ms since the epoch. `score` is the best sighting's, found in
    `best_segment_id` at `best_at_ms` in `best_box`. `zones` are those touched, by name; `path`
    is the way of one of them, at most MOST places in the order of time.
    """

    label: str
    start_ms: int
    end_ms: int
    score: float
    count: int
    best_segment_id: str
    best_at_ms: int
    best_box: Box
    zones: tuple[str, ...] = ()
    path: tuple[Place, ...] = ()


def events(
    seen: Sequence[SeenAt],
    motion: Sequence[MotionAt],
    covered: Sequence[tuple[int, int]],
    confidence: float,
) -> list[Event]:
    """What the sightings and the motion of one camera add up to, by start and label.

    `covered` are the recorded intervals, ms since the epoch, in any order; a hole longer
    than HOLE_MS ends what is open. Sightings under `confidence` count for nothing. What
    never moved by itself makes no event, however often it is seen, nor does what never counted.
    """
    stretches, index = _joined(covered), MotionIndex(motion)
    labels: dict[str, list[SeenAt]] = {}
    for one in seen:
        if one.score >= confidence:
            labels.setdefault(one.label, []).append(one)
    told = [e for found in labels.values() for e in _of_label(found, index, stretches)]
    return sorted(told, key=lambda e: (e.start_ms, e.label, e.end_ms))


def _of_label(
    found: list[SeenAt], motion: MotionIndex, stretches: list[tuple[int, int]]
) -> Iterable[Event]:
    found.sort(key=attrgetter("at_ms"))
    starts = [start for start, _ in stretches]

    def stretch_of(at_ms: int) -> int:
        return max(bisect_right(starts, at_ms) - 1, 0)

    visits = [
        _Visit(track, _first(track, stretches), stretches[track.stretch])
        for track in tracks(found, motion, stretch_of)
        if track.arrived and any(one.counts for one in track.seen)
    ]
    visits.sort(key=lambda v: (v.start.at_ms, v.end.at_ms, order(v.start)))
    return _told(_together(visits, motion), motion)


@dataclass(slots=True)
class _Visit:
    track: Track
    start: SeenAt
    stretch: tuple[int, int]

    @property
    def end(self) -> SeenAt:
        return self.track.last


def _first(track: Track, stretches: list[tuple[int, int]]) -> SeenAt:
    """Where the visit begins: nothing arrives without moving, unless it was there before."""
    if track.seen[0].at_ms - stretches[track.stretch][0] <= _AT_ONCE_MS:
        return track.seen[0]
    return track.moved


@dataclass(slots=True)
class _Group:
    """Visits that are one event; the last of them is over by `until_ms`."""

    visits: list[_Visit]
    until_ms: int

    def with_(self, others: Iterable["_Group"]) -> "_Group":
        for other in others:
            self.visits += other.visits
            self.until_ms = max(self.until_ms, other.until_ms)
        return self

    def holds(self, visit: _Visit, motion: MotionIndex) -> bool:
        """Whether it goes on with this visit, which begins after all of its own."""
        if visit.start.at_ms - self.until_ms <= MISS_MS:
            return True
        return any(
            stands(one.end) and _set_off(one.end, visit.start, motion) for one in self.visits
        )


def _together(visits: list[_Visit], motion: MotionIndex) -> list[list[_Visit]]:
    """Visits that overlap, or of one who was lost and found again, make one event.

    While one who was lost stands there, others who come and go are part of it.
    """
    groups: list[_Group] = []
    for visit in visits:
        at = len(groups)
        for number in reversed(range(len(groups))):
            same = visit.stretch == groups[number].visits[0].stretch
            if not same or visit.start.at_ms - groups[number].until_ms > STANDS_MS:
                break
            if groups[number].holds(visit, motion):
                at = number
        groups.append(_Group([visit], visit.end.at_ms))
        groups[at:] = [groups[at].with_(groups[at + 1 :])]
    return [group.visits for group in groups]


def _set_off(last: SeenAt, first: SeenAt, motion: MotionIndex) -> bool:
    """Whether one who stood there went off just now, by the motion that leads to this one.

    Detectors miss him as long as he stands, and know him again when he has walked a little.
    """
    _, way = _lead(first, motion)
    if not way.overlap(last.box) or first.at_ms - last.at_ms > STANDS_MS:
        return False
    needed = LEAVES * last.box.area
    pieces = motion.between(last.at_ms + 1, first.at_ms)
    goes = next((m.start_ms for m in pieces if m.box.overlap(last.box) >= needed), None)
    return goes is not None and goes >= first.at_ms - LEAD_MS


def _told(groups: list[list[_Visit]], motion: MotionIndex) -> list[Event]:
    bounds = [_bounds(group, motion) for group in groups]
    # The motion between two events belongs to one of them: they never overlap.
    for i, (group, following) in enumerate(pairwise(groups)):
        (start, end), (begin, stop) = bounds[i], bounds[i + 1]
        if end > begin:
            last = max(v.end.at_ms for v in group)
            middle = (last + min(v.start.at_ms for v in following)) // 2
            bounds[i], bounds[i + 1] = (start, min(end, middle)), (max(begin, middle), stop)
    ends = _stayed(groups, bounds, motion)
    return [
        _event(group, start, end)
        for group, (start, _), end in zip(groups, bounds, ends, strict=True)
    ]


def _stayed(
    groups: list[list[_Visit]], bounds: list[tuple[int, int]], motion: MotionIndex
) -> list[int]:
    """The ends of events, moved on while one who stood stays, up to where another begins."""
    begins = [*(start for start, _ in bounds), 2**62][1:]
    return [
        max([end, *(_stays(v.end, min(begin, v.stretch[1]), motion) for v in group)])
        for group, (_, end), begin in zip(groups, bounds, begins, strict=True)
    ]


def _bounds(group: list[_Visit], motion: MotionIndex) -> tuple[int, int]:
    start = min(_led_in(v.start, motion) for v in group)
    end = max(_led_out(v.end, motion) for v in group)
    begin, stop = group[0].stretch
    return max(start, begin), min(end, stop)


def _led_out(last: SeenAt, motion: MotionIndex, since_ms: int | None = None) -> int:
    """The end of the motion that goes on from where it was seen last, and stood until then."""
    began = last.at_ms if since_ms is None else since_ms
    end, box = began, last.box.grown(_NEAR)
    for piece in motion.between(began, began + LEAD_MS):
        if piece.start_ms <= end + SLACK_MS and piece.end_ms > end and piece.box.overlap(box):
            end, box = piece.end_ms, box.union(piece.box)
    return min(end, began + LEAD_MS)


def _stays(last: SeenAt, until_ms: int, motion: MotionIndex) -> int:
    """When one who stood still when he was seen last has gone: nothing leaves without moving."""
    if not stands(last):
        return last.at_ms
    longest = min(last.at_ms + STAYS_MS, until_ms)
    needed = _STIRS * last.box.area
    pieces = motion.between(last.at_ms + 1, longest)
    stirs = next((m.start_ms for m in pieces if m.box.overlap(last.box) >= needed), None)
    if stirs is None:
        return longest
    return min(_led_out(last, motion, max(stirs, last.at_ms)), until_ms)


def _led_in(first: SeenAt, motion: MotionIndex) -> int:
    """The start of the motion that leads to where it was seen first."""
    return _lead(first, motion)[0]


def _lead(first: SeenAt, motion: MotionIndex) -> tuple[int, Box]:
    """When the motion that leads to a first sighting began, and the box of all of it."""
    start, box = first.at_ms, first.box.grown(_NEAR)
    pieces = motion.between(start - LEAD_MS, start)
    for piece in sorted(pieces, key=lambda m: (-m.end_ms, -m.start_ms, m.box.x, m.box.y)):
        if piece.end_ms >= start - SLACK_MS and piece.start_ms < start and piece.box.overlap(box):
            start, box = piece.start_ms, box.union(piece.box)
    return max(start, first.at_ms - LEAD_MS), box


def _event(group: list[_Visit], start_ms: int, end_ms: int) -> Event:
    at_once = Counter(one.at_ms for visit in group for one in visit.track.seen)
    # Seen in two pictures: detectors double somebody in a single one now and then.
    count = sorted(at_once.values())[-2:][0]
    best, whose = min(
        ((one, v) for v in group for one in v.track.seen),
        key=lambda pair: (-pair[0].score, order(pair[0])),
    )
    return Event(
        best.label,
        start_ms,
        end_ms,
        best.score,
        count,
        best.segment_id,
        best.at_ms,
        best.box,
        tuple(sorted({name for v in group for one in v.track.seen for name in one.zones})),
        _way(whose, group),
    )


def _way(whose: _Visit, group: list[_Visit]) -> tuple[Place, ...]:
    """The way of one of them, and of those who were seen while he was not: he, found again."""
    chain = [whose]
    for other in sorted(group, key=lambda v: (-len(v.track.seen), v.start.at_ms, order(v.start))):
        if all(other.end.at_ms < v.start.at_ms or v.end.at_ms < other.start.at_ms for v in chain):
            chain.append(other)
    seen = sorted((one for v in chain for one in v.track.seen), key=order)
    return thinned([Place(one.at_ms, *one.box.centre) for one in seen])


def _joined(covered: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The recorded intervals as stretches without a hole longer than HOLE_MS."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(covered):
        if joined and start - joined[-1][1] <= HOLE_MS:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined or [(-(2**62), 2**62)]
