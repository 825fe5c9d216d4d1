"""When a camera is recorded: always, where something moves, or not at all, by hour of the week."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from edge.clock import Clock
from edge.segment import Cause

_LOOK_MS = 500


class Mode(StrEnum):
    """How a camera is recorded now. A person pauses; a plan does not."""

    CONTINUOUS = "continuous"
    MOTION = "motion"
    OFF = "off"
    PAUSED = "paused"

    @property
    def connects(self) -> bool:
        """Whether the camera is read at all."""
        return self in {Mode.CONTINUOUS, Mode.MOTION}

    @property
    def missing(self) -> tuple[Cause, str]:
        """Why time is not recorded in this mode, as a gap says it (E3)."""
        if self is Mode.PAUSED:
            return Cause.DISABLED, "paused"
        return Cause.NOT_WANTED, "off" if self is Mode.OFF else "no motion"


class Hours(BaseModel):
    """A stretch of chosen days, in minutes from midnight; 0 is Monday.

    One that ends before it begins runs into the next day, and belongs to the day it begins on.
    """

    model_config = ConfigDict(frozen=True)

    days: tuple[int, ...]
    from_min: int
    to_min: int
    mode: Mode

    def hold(self, day: int, minute: int) -> bool:
        """Whether a minute of a day of the week lies in it."""
        if self.from_min < self.to_min:
            return day in self.days and self.from_min <= minute < self.to_min
        evening = day in self.days and minute >= self.from_min
        return evening or ((day - 1) % 7 in self.days and minute < self.to_min)


class Plan(BaseModel):
    """One camera's modes: the first of `hours` that holds now, or `mode`.

    Hours are those of `time_zone`, a name of the time zone database; "" is the machine's own.
    """

    model_config = ConfigDict(frozen=True)

    mode: Mode = Mode.CONTINUOUS
    hours: tuple[Hours, ...] = ()
    time_zone: str = ""
    before_ms: int = 5_000
    after_ms: int = 10_000
    sensitivity: float = 1.0

    def at(self, utc_ms: int) -> Mode:
        """The mode of a moment."""
        if not self.hours:
            return self.mode
        zone = ZoneInfo(self.time_zone) if self.time_zone else None
        when = datetime.fromtimestamp(utc_ms / 1000, zone)
        minute = when.hour * 60 + when.minute
        return next((h.mode for h in self.hours if h.hold(when.weekday(), minute)), self.mode)


class Wanted:
    """What is wanted of a camera now: what its plan says, unless its file of a pause is there."""

    def __init__(self, plan: Plan, clock: Clock, pause: Path | None = None) -> None:
        self.plan = plan
        self._clock, self._pause = clock, pause
        self._mode, self._due_ms = plan.mode, clock.monotonic_ms()

    def mode(self) -> Mode:
        """Looked up twice a second; what is asked more often costs next to nothing."""
        now_ms = self._clock.monotonic_ms()
        if now_ms >= self._due_ms:
            self._due_ms = now_ms + _LOOK_MS
            paused = self._pause is not None and self._pause.exists()
            self._mode = Mode.PAUSED if paused else self.plan.at(self._clock.utc_ms())
        return self._mode
