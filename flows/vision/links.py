"""Which sightings far apart in time may be of one who stood there in between.

What lies between two clusters of sightings, longer than a track lives that moves, matters to none
of them, unless somebody stood there all the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flows.vision.events import LEAD_MS, MotionAt, SeenAt
from flows.vision.tracks import LEAVES, STANDS_MS, MotionIndex, gone, stands

# A place is no larger than so many times the smallest box seen standing in it.
_WIDE = 2.0
# What moved in so much of a place moved in LEAVES of each of those boxes.
_LEAVES = 1 - (1 - LEAVES) / _WIDE


@dataclass(frozen=True, slots=True)
class Link:
    """One of `label` stood still in a place from `since_ms` to `last_ms`, and is there again.

    Not all that is somebody is told as an event: where it need not `count`, none may tell of it.
    """

    label: str
    since_ms: int
    last_ms: int
    until_ms: int
    counts: bool


@dataclass(slots=True)
class _Place:
    """Where one of a label stood still, again and again: the box around all of those boxes."""

    since_ms: int
    last: SeenAt
    least_area: float
    counts: bool
    #: The cluster that somebody here is known to be seen in, and whether he must have left.
    known_in: int = -1
    left: bool = False

    def joined(self, one: SeenAt) -> bool:
        """Whether he stood here, too; then the place holds his box from now on."""
        if self.last.label != one.label:
            return False
        box = self.last.box.union(one.box)
        least_area = min(self.least_area, one.box.area)
        if box.area > _WIDE * least_area:
            return False
        self.last, self.least_area = replace(one, box=box), least_area
        self.counts = self.counts and one.counts
        return True

    def waits_for(self, one: SeenAt, motion: MotionIndex, just: Sequence[MotionAt]) -> bool:
        """Whether it may be one who stood here. False for good, once he must have left.

        `just` is what moved in the last LEAD_MS: if it moved him, he may be anywhere near.
        """
        box = self.last.box
        if self.last.label != one.label:
            return False
        goes = any(m.box.overlap(box) >= LEAVES / _WIDE * box.area for m in just)
        if not goes and box.overlap(one.box) <= 0:
            return False
        until_ms = one.at_ms - LEAD_MS if goes else one.at_ms
        late = one.at_ms - self.last.at_ms > STANDS_MS
        self.left = self.left or late or gone(self.last, until_ms, motion, _LEAVES)
        return not self.left


def links(
    seen: Sequence[SeenAt], clusters: Sequence[tuple[int, int]], motion: MotionIndex
) -> list[Link]:
    """Wherever one track may go from a cluster to a later one.

    `seen` is sorted by time; `clusters` are the spans of time that sightings lie in, in order.
    It is told of more than tracks do join: of what is furniture, and of what is hardly alike.
    """
    found: list[Link] = []
    earlier: list[_Place] = []
    places: list[_Place] = []
    number = 0
    for one in seen:
        if one.at_ms > clusters[number][1]:
            number += 1
            earlier = [place for place in [*earlier, *places] if not place.left]
            places = []
        open_places = [p for p in earlier if p.known_in < number and not p.left]
        just = motion.between(one.at_ms - LEAD_MS, one.at_ms) if open_places else []
        for place in open_places:
            if place.waits_for(one, motion, just):
                place.known_in = number
                times = place.since_ms, place.last.at_ms, one.at_ms
                found.append(Link(one.label, *times, place.counts))
        if stands(one) and not any(place.joined(one) for place in places):
            places = [p for p in places if one.at_ms - p.last.at_ms <= STANDS_MS]
            places.append(_Place(one.at_ms, one, one.box.area, one.counts))
    return found
