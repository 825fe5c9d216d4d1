"""A camera's account: every millisecond is in a segment or in a gap, once (E3).

A cursor, in UTC milliseconds, says up to when time is accounted for. Segments and gaps begin at
the cursor and move it to their end, so that they tile by construction. Times come from one
reading of UTC at the start and from monotonic time since, so that they do not step.
"""

from __future__ import annotations

from typing import Protocol

from edge.clock import Clock
from edge.segment import Cause, Gap

STEP_MS = 1_000  # a difference between UTC and monotonic time that is worth a clock_jump


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
        self.monotonic_ms = clock.monotonic_ms
        self._zero_ms = 0
        self._anchor()
        self.cursor_ms = self.now()

    def _anchor(self) -> None:
        self._zero_ms = self._clock.utc_ms() - self._clock.monotonic_ms()

    def now(self) -> int:
        """UTC milliseconds by the anchor: never steps."""
        return self._zero_ms + self._clock.monotonic_ms()

    def monotonic_at(self, utc_ms: int) -> int:
        """The monotonic time of a moment of this account."""
        return utc_ms - self._zero_ms

    def utc_at(self, monotonic_ms: int) -> int:
        """This account's time of a moment."""
        return self._zero_ms + monotonic_ms

    def resume(self, end: End | None) -> list[Gap]:
        """Go on where the account was left: the gaps since then, to be settled in order."""
        if end is not None and end.boot_id == self._clock.boot_id():
            return self._resume_boot(end)
        now = self.now()
        if end is None or end.end_ms > now:
            # A clock that was set back, or never set: that time is accounted for already.
            self.cursor_ms = now
            return []
        self.cursor_ms = end.end_ms
        return self._gaps((now, Cause.NODE_DOWN))

    def _resume_boot(self, end: End) -> list[Gap]:
        """Monotonic time tells how long nothing ran, whatever UTC did meanwhile."""
        zero_ms = end.end_ms - end.monotonic_ms
        moved = self._zero_ms - zero_ms
        back_to = end.end_ms
        if abs(moved) <= STEP_MS:
            self._zero_ms = zero_ms
        elif moved < 0:
            back_to += moved  # as in `step`: local time happens twice
        self.cursor_ms = back_to
        passed = max(0, self._clock.monotonic_ms() - end.monotonic_ms)
        gaps = self._gaps((back_to + passed, Cause.RECORDER_DOWN))
        if moved <= STEP_MS:
            return gaps
        return [*gaps, self._gap(back_to + passed, back_to + passed + moved, Cause.CLOCK_JUMP, "")]

    def gap(self, until_ms: int, cause: Cause, detail: str = "") -> Gap | None:
        """The time from the cursor until then; None where there is none."""
        if until_ms <= self.cursor_ms:
            return None
        return self._gap(self.cursor_ms, until_ms, cause, detail)

    def settle(self, start_ms: int, end_ms: int) -> None:
        """Move the cursor over a segment or gap that is durable."""
        if start_ms != self.cursor_ms or end_ms < start_ms:
            raise ValueError(f"{start_ms} to {end_ms} does not follow {self.cursor_ms}")
        self.cursor_ms = end_ms

    def pass_over(self, end_ms: int) -> None:
        """Move the cursor past what recovery found and accounted for."""
        self.cursor_ms = max(self.cursor_ms, end_ms)

    def step(self) -> tuple[int, Gap | None]:
        """Follow UTC where it was set: by how many ms, and the gap that a step ahead leaves.

        Called between segments. After a step back the cursor goes back with it: local time
        happens twice, and both times are kept.
        """
        moved = self._clock.utc_ms() - self.now()
        if abs(moved) <= STEP_MS:
            return 0, None
        self._anchor()
        if moved < 0:
            self.cursor_ms += moved
            return moved, None
        until = self.cursor_ms + moved
        return moved, self._gap(self.cursor_ms, until, Cause.CLOCK_JUMP, "")

    def _gaps(self, *ends: tuple[int, Cause]) -> list[Gap]:
        start, found = self.cursor_ms, []
        for end, cause in ends:
            if end > start:
                found.append(self._gap(start, end, cause, ""))
                start = end
        return found

    def _gap(self, start_ms: int, end_ms: int, cause: Cause, detail: str) -> Gap:
        return Gap(
            camera=self._camera,
            node=self._node,
            start_ms=start_ms,
            end_ms=end_ms,
            cause=cause,
            detail=detail,
        )
