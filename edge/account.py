"""A camera's account: every millisecond is in a segment or in a gap, once (E3).

A cursor, in UTC milliseconds, says up to when time is accounted for. Segments and gaps begin at
the cursor and move it to their end, so that they tile by construction. Times come from one
reading of UTC at the start and from monotonic time since, so that they do not step.
"""

from __future__ import annotations

from typing import Protocol

from edge.clock import Clock
from edge.clocks.boots import Boot, Notes, Quality, quality_of
from edge.clocks.reckoning import STEP_MS, Change, Reckoning
from edge.segment import Cause, Gap

__all__ = ["STEP_MS", "Account", "Change", "End"]


class End(Protocol):
    """Where the account stood when it was last written down."""

    @property
    def end_ms(self) -> int: ...

    @property
    def monotonic_ms(self) -> int: ...

    @property
    def boot_id(self) -> str: ...


class Account:
    """The account of one camera. Nothing here writes: `settle` after it is durable."""

    def __init__(self, camera: str, node: str, clock: Clock) -> None:
        self._camera, self._node, self._clock = camera, node, clock
        self._reckoning = Reckoning(camera, node)
        self.monotonic_ms = clock.monotonic_ms
        self.notes = self._fresh()
        self.cursor_ms = self.now()

    def _raw(self) -> int:
        return self._clock.utc_ms() - self._clock.monotonic_ms()

    def _fresh(self) -> Notes:
        raw_ms = self._raw()
        return Notes(
            boot_id=self._clock.boot_id(),
            began_ms=self._clock.monotonic_ms(),
            zero_ms=raw_ms,
            raw_ms=raw_ms,
            quality=quality_of(self._clock),
        )

    @property
    def synchronised(self) -> bool:
        """Whether an NTP service stood for the reading that names stand on."""
        return self.notes.quality is Quality.SYNCHRONISED

    def now(self) -> int:
        """UTC milliseconds by the anchor: never steps."""
        return self.notes.zero_ms + self._clock.monotonic_ms()

    def monotonic_at(self, utc_ms: int) -> int:
        """The monotonic time of a moment of this account."""
        return utc_ms - self.notes.zero_ms

    def utc_at(self, monotonic_ms: int) -> int:
        """This account's time of a moment."""
        return self.notes.zero_ms + monotonic_ms

    def resume(self, end: End | None, notes: Notes | None) -> Change:
        """How to go on where the account was left; then `look` says what UTC did meanwhile."""
        self.notes = fresh = self._fresh()
        if end is None:
            return Change(fresh, fresh.zero_ms + fresh.began_ms, opens=True)
        if notes is not None and notes.boot_id == fresh.boot_id:
            if end.boot_id == fresh.boot_id:
                return Change(notes, notes.zero_ms + end.monotonic_ms, idle=True)
            change = self._reckoning.open(notes)  # which was cut short
            return Change(change.notes, change.cursor_ms, gap=change.gap, opens=True, idle=True)
        if end.boot_id == fresh.boot_id:
            return Change(_found(fresh, end), end.end_ms, opens=True, idle=True)
        number = 0 if notes is None else notes.number
        told = {"before": _before(end, notes), "number": number}
        return self._reckoning.begin(fresh.model_copy(update=told))

    def look(self) -> Change | None:
        """What is to be done where UTC was set, or is known better now; None: nothing.

        Called between segments.
        """
        at_ms = self.monotonic_at(self.cursor_ms)
        return self._reckoning.look(self.notes, self._raw(), quality_of(self._clock), at_ms)

    def follow(self, change: Change) -> None:
        """Take over what was written down of a change, but for its `gap`."""
        self.notes, self.cursor_ms = change.notes, change.cursor_ms

    def gap(self, until_ms: int, cause: Cause, detail: str = "") -> Gap | None:
        """The time from the cursor until then; None where there is none."""
        if until_ms <= self.cursor_ms:
            return None
        return Gap(
            camera=self._camera,
            node=self._node,
            start_ms=self.cursor_ms,
            end_ms=until_ms,
            cause=cause,
            detail=detail,
            boot_id=self.notes.boot_id,
            monotonic_ms=self.monotonic_at(until_ms),
        )

    def settle(self, start_ms: int, end_ms: int) -> None:
        """Move the cursor over a segment or gap that is durable."""
        if start_ms != self.cursor_ms or end_ms < start_ms:
            raise ValueError(f"{start_ms} to {end_ms} does not follow {self.cursor_ms}")
        self.cursor_ms = end_ms

    def pass_over(self, end_ms: int) -> None:
        """Move the cursor past what recovery found and accounted for."""
        self.cursor_ms = max(self.cursor_ms, end_ms)


def _found(fresh: Notes, end: End) -> Notes:
    """Of a boot whose notes were lost, or that a version without them began."""
    zero_ms = end.end_ms - end.monotonic_ms
    told = {"zero_ms": zero_ms, "raw_ms": zero_ms, "began_ms": end.monotonic_ms}
    return fresh.model_copy(update={**told, "quality": min(fresh.quality, Quality.SET)})


def _before(end: End, notes: Notes | None) -> tuple[Boot, ...]:
    """The boots before this one; the last of them ended with the account."""
    if notes is not None and notes.boot_id == end.boot_id:
        return notes.ended(end.monotonic_ms)
    known = () if notes is None else notes.before
    for number, boot in enumerate(known):
        if boot.boot_id == end.boot_id:
            return (*known[:number], boot.model_copy(update={"ended_ms": end.monotonic_ms}))
    # Nothing is known of it but its end, which is not to be moved.
    fixed = Boot(
        boot_id="", began_ms=0, ended_ms=0, zero_ms=end.end_ms, quality=Quality.SYNCHRONISED
    )
    return (fixed,)
