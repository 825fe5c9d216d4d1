"""One node's history, and what is wrong with what it wrote down.

Judged by boot and monotonic time, and in UTC as the node's corrections place it. Each picture
carries its number, to be found again.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from edge.clocks.correction import Correction, Timeline
from edge.segment import Cause, Gap, Segment
from edge.spool import SealedSegment, Spool
from infra.faults import footage

KILLED_MS = 2_000  # E4
BEGAN_MS = 1_790_000_000_000
_NEAR_MS = 1_500  # how far a segment's start may be from its first picture's arrival
_OFF_MS = 3_000  # that, a step too small to be one, and what drifts in an hour
_MARK = b"\x06\xf0\x08"  # a SEI of eight bytes that no decoder knows

Action = tuple[str, int]


class Machine:
    """A machine's clocks; `drift` is UTC's against monotonic time, in millionths.

    NTP stands for UTC until someone sets it by hand, or a boot takes it from a chip.
    """

    def __init__(self) -> None:
        self.true_ms, self.boots, self.drift, self.vouched = BEGAN_MS, 1, 0, True
        self._monotonic, self._utc = Fraction(60_000), Fraction(BEGAN_MS)

    def begin(self, how: str) -> None:
        """The first boot of a new machine: "by NTP", "by a chip" or "in 1970"."""
        self.vouched = how == "by NTP"
        if how == "in 1970":
            self._utc = Fraction(60_000)

    def utc_ms(self) -> int:
        return int(self._utc)

    def monotonic_ms(self) -> int:
        return int(self._monotonic)

    def boot_id(self) -> str:
        return f"boot-{self.boots}"

    def sleep(self, seconds: float) -> None:
        self.advance(max(1, round(seconds * 1000)))

    def advance(self, ms: int) -> None:
        self.true_ms += ms
        self._monotonic += ms
        self._utc += Fraction(ms * (1_000_000 + self.drift), 1_000_000)

    def synchronised(self) -> bool:
        return self.vouched

    def step(self, ms: int) -> None:
        self._utc = max(Fraction(0), self._utc + ms)
        self.vouched = False

    def reboot(self, down_ms: int, *, unset: bool) -> None:
        self.advance(down_ms)
        self.boots += 1
        self.vouched = False
        self._monotonic = Fraction(20_000)
        if unset:  # and no two boots are as quick, to the millisecond
            self._utc = Fraction(20_000 + self.true_ms % 7919)

    def synchronise(self) -> None:
        self._utc, self.vouched = Fraction(self.true_ms), True


@dataclass
class Told:
    """What a recorder wrote down, in order, and when that was on the corrected timeline."""

    boot: str
    life: int
    item: Segment | Gap


class Sent(NamedTuple):
    """When a picture was taken."""

    boot: str
    life: int
    monotonic_ms: int
    true_ms: int


@dataclass
class History:
    """One node's story: its script, what it sent, and what was written down of it."""

    script: list[Action]
    machine: Machine = field(default_factory=Machine)
    told: list[Told] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    ends: dict[int, tuple[str, int, bool]] = field(default_factory=dict)  # boot, ms, killed
    began: dict[str, int] = field(default_factory=dict)  # of each boot: its first life's start
    life: int = 0
    over: bool = False

    def tell(self, item: Segment | Gap) -> None:
        if not self.over:
            self.told.append(Told(self.machine.boot_id(), self.life, item))

    def adopt(self, spool: Spool) -> None:
        """Take in what was durable before the kill, and could not be told any more."""
        known = {told.item.id for told in self.told}
        found = [item.segment for item in spool.sealed() if item.segment.id not in known]
        for segment in sorted(found, key=lambda segment: segment.monotonic_ms):
            self.told.append(Told(self.machine.boot_id(), self.life, segment))


def wrong(
    history: History, sealed: Sequence[SealedSegment], corrections: Sequence[Correction]
) -> Iterator[str]:
    """Every law that a history broke, by what its last spool holds."""
    timeline = Timeline(corrections)
    yield from _wrong_pictures(history, sealed, timeline)
    yield from _overlaps([item.segment for item in sealed], timeline)
    yield from _holes([told.item for told in history.told], timeline)
    yield from _wrong_sums(history)


def _wrong_pictures(
    history: History, sealed: Sequence[SealedSegment], timeline: Timeline
) -> Iterator[str]:
    """Every picture is in one segment, near its time; before a kill some may be missing.

    Near its true time where NTP stands for that.
    """
    seen: dict[int, str] = {}
    for item in sealed:
        numbers = _numbers(item.path)
        for number in numbers:
            if number in seen:
                yield f"picture {number} is in two segments"
            seen[number] = item.segment.id
        segment, (boot, _, at_ms, true_ms) = item.segment, history.sent[numbers[0]]
        if boot != segment.boot_id or abs(at_ms - segment.monotonic_ms) > _NEAR_MS:
            yield f"{segment.id} is placed {segment.monotonic_ms - at_ms} ms off"
        off_ms = timeline.of(segment)[0] - true_ms
        if _vouched(segment, timeline) and abs(off_ms) > _OFF_MS:
            yield f"{segment.id} is corrected to a time that is {off_ms} ms off"
    for number, (_, life, at_ms, _) in enumerate(history.sent):
        _, end_ms, killed = history.ends[life]
        if number not in seen and not (killed and end_ms - at_ms <= KILLED_MS):
            yield f"picture {number} is lost, {end_ms - at_ms} ms before the end of its life"


def _numbers(path: Path) -> list[int]:
    data = footage.payload(path.read_bytes())
    found, at = [], data.find(_MARK)
    while at >= 0:
        found.append(struct.unpack_from(">Q", data, at + len(_MARK))[0])
        at = data.find(_MARK, at + len(_MARK) + 8)
    return found


def _vouched(segment: Segment, timeline: Timeline) -> bool:
    holds = timeline.holds(segment.boot_id, segment.monotonic_ms)
    return bool(segment.synchronised if holds is None else holds.synchronised)


def _overlaps(segments: Sequence[Segment], timeline: Timeline) -> Iterator[str]:
    """No moment is recorded twice, in any boot's time and in UTC."""
    placed = sorted((s.boot_id, s.monotonic_ms, s.monotonic_ms + s.wall_ms) for s in segments)
    in_utc = sorted(("UTC", *timeline.of(segment)) for segment in segments)
    for (clock, _, end), (other, start, _) in pairwise([*placed, *in_utc]):
        if clock == other and start < end:
            yield f"{end - start} ms of {clock} are in two segments"


def _holes(items: Sequence[Segment | Gap], timeline: Timeline) -> Iterator[str]:
    """E3, in UTC: from the first moment to the last all is in something."""
    spans = sorted((*timeline.of(item), item.id) for item in items)
    reached = spans[0][1]
    for start, end, name in spans:
        if start > reached:
            yield f"{start - reached} ms before {name} are in nothing"
        reached = max(reached, end)


def _wrong_sums(history: History) -> Iterator[str]:
    """E3, exactly: in each boot all items but a clock's jumps add up to the time that passed.

    From the start of its first recorder to the end of its last segment, whose monotonic time is
    known; what that recorder found of the boot before does not count.
    """
    for boot, began_ms in history.began.items():
        items = [told.item for told in history.told if told.boot == boot]
        while items and not isinstance(items[-1], Segment):
            items.pop()
        own = [i for i in items if not (isinstance(i, Segment) and i.boot_id != boot)]
        # Not the last one told: of what was recovered at once, UTC says the order.
        ends = [i.monotonic_ms + i.wall_ms for i in own if isinstance(i, Segment)]
        if ends and isinstance(own[-1], Segment):
            passed = max(ends) - began_ms
            added = sum(i.end_ms - i.start_ms for i in own if not _outside(i))
            if passed != added:
                yield f"{boot}: {added} ms are accounted for, {passed} ms passed"


def _outside(item: Segment | Gap) -> bool:
    return isinstance(item, Gap) and item.cause in {Cause.CLOCK_JUMP, Cause.NODE_DOWN}


def marked(number: int) -> bytes:
    """A unit that carries a picture's number, to be put behind its data."""
    unit = _MARK + struct.pack(">Q", number)
    return struct.pack(">I", len(unit)) + unit
