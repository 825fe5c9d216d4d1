"""What a node learns of its clock later, and where that places what it wrote down before.

Segments and gaps are named by the best clock there was, and keep their names. What they are is a
boot and monotonic time of it; a correction says where that boot's monotonic 0 lies in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.segment import Cause, Gap, Name, Segment

Whole = Annotated[int, Field(gt=-(2**53), lt=2**53)]
Boot = Annotated[str, Field(min_length=1, max_length=64)]

Span = tuple[int, int]


class Correction(BaseModel):
    """What a camera wrote down from `since_ms` to before `until_ms` of a boot, at its right time.

    Both are monotonic time, and so is where an item begins; `zero_ms` is UTC of its 0. Of
    several that speak of an item the one with the highest `number` holds. `synchronised`: an NTP
    service vouches for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: Name
    node: Name
    boot_id: Boot
    since_ms: Whole
    until_ms: Whole
    zero_ms: Whole
    number: Annotated[int, Field(ge=0, lt=2**53)]
    at_ms: Annotated[int, Field(ge=0, lt=2**53)]
    synchronised: bool = False

    @property
    def id(self) -> str:
        return f"{self.camera}_{self.boot_id}_{self.number}_{self.until_ms}_{self.zero_ms}"


class Timeline:
    """A camera's corrections, to be asked where an item lies."""

    def __init__(self, corrections: Iterable[Correction] = ()) -> None:
        self._by_boot: dict[str, list[Correction]] = {}
        for one in sorted(corrections, key=_order, reverse=True):
            self._by_boot.setdefault(one.boot_id, []).append(one)

    def holds(self, boot_id: str, begins_ms: int) -> Correction | None:
        """The correction that holds for what begins then (monotonic); None where none does."""
        found = self._by_boot.get(boot_id, ())
        return next((one for one in found if one.since_ms <= begins_ms < one.until_ms), None)

    def zeros(self, boot_id: str) -> set[int]:
        """Where that boot's time 0 was ever said to lie."""
        return {one.zero_ms for one in self._by_boot.get(boot_id, ())}

    def at(self, boot_id: str, monotonic_ms: int) -> int | None:
        """UTC of a moment between two items; None where it is as it was named."""
        found = self._by_boot.get(boot_id, ())
        holds = next((one for one in found if one.since_ms <= monotonic_ms <= one.until_ms), None)
        return None if holds is None else holds.zero_ms + monotonic_ms

    def segment(self, named_ms: int, wall_ms: int, boot_id: str, monotonic_ms: int) -> Span:
        """Start and end of a segment, which was named `named_ms` and began at `monotonic_ms`."""
        holds = self.holds(boot_id, monotonic_ms)
        start_ms = named_ms if holds is None else holds.zero_ms + monotonic_ms
        return start_ms, start_ms + wall_ms

    def gap(self, gap: Gap) -> Span:
        """Start and end of a gap; one that a correction undid has no length."""
        if gap.monotonic_ms is None:
            return gap.start_ms, gap.end_ms
        if gap.from_monotonic_ms is None and gap.cause is not Cause.CLOCK_JUMP:
            lasts_ms = gap.end_ms - gap.start_ms
            begins_ms = gap.monotonic_ms - lasts_ms
            return self.segment(gap.start_ms, lasts_ms, gap.boot_id, begins_ms)
        moved_ms = self.at(gap.boot_id, gap.monotonic_ms)
        end_ms = gap.end_ms if moved_ms is None else moved_ms
        if gap.from_monotonic_ms is None:  # no time passes while a clock is set
            return (gap.start_ms if moved_ms is None else end_ms), end_ms
        from_ms = self.at(gap.from_boot_id, gap.from_monotonic_ms)
        return min(gap.start_ms if from_ms is None else from_ms, end_ms), end_ms

    def of(self, item: Segment | Gap) -> Span:
        """Start and end of a segment or gap."""
        if isinstance(item, Gap):
            return self.gap(item)
        return self.segment(item.start_ms, item.wall_ms, item.boot_id, item.monotonic_ms)


def by_camera(corrections: Sequence[Correction]) -> Mapping[str, Timeline]:
    """Each camera's timeline."""
    told: dict[str, list[Correction]] = {}
    for one in corrections:
        told.setdefault(one.camera, []).append(one)
    return {camera: Timeline(own) for camera, own in told.items()}


def _order(one: Correction) -> tuple[int, int, int]:
    return one.number, one.until_ms, one.zero_ms
