"""Whether a connected camera's footage is wanted now, and word of what moves before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge.modes.activity import Activity
from edge.modes.plan import Mode, Wanted


@dataclass(frozen=True, slots=True)
class Motion:
    """Something began to move at `at_ms` (monotonic), or all is still since then."""

    moving: bool
    at_ms: int


class MotionGate:
    """Fed with every video packet by `add`, asked a few times a second. Times are monotonic ms.

    In the mode `motion` footage is wanted while something moves and `after_ms` longer, and
    wherever packet sizes cannot tell: until half a minute of stillness was seen, and of a camera
    that fills a fixed bitrate.
    """

    def __init__(self, wanted: Wanted, tell: Callable[[Motion], None]) -> None:
        self._wanted, self._tell = wanted, tell
        self.before_ms = wanted.plan.before_ms
        self.activity = Activity(wanted.plan.sensitivity)
        self.add = self.activity.add
        self._moving, self._keeps = False, True

    def wants(self, now_ms: int) -> bool:
        """Whether what arrives now is to be kept."""
        if self._wanted.mode() is not Mode.MOTION:
            return True
        activity = self.activity
        self._keeps = (
            activity.moving
            or activity.unsure
            or activity.blind
            or now_ms < activity.last_ms + self._wanted.plan.after_ms
            or (self._keeps and activity.changed)
        )
        return self._keeps

    def connects(self) -> bool:
        """Whether the camera is to be read at all."""
        return self._wanted.mode().connects

    def notice(self) -> None:
        """Tell a start or an end of motion that has not been told yet."""
        activity = self.activity
        if activity.moving != self._moving:
            self._moving = activity.moving
            self._tell(
                Motion(self._moving, activity.since_ms if self._moving else activity.last_ms)
            )

    def end(self, now_ms: int) -> None:
        """The connection is over: what moved is out of sight."""
        if self._moving:
            self._moving = False
            self._tell(Motion(moving=False, at_ms=now_ms))
