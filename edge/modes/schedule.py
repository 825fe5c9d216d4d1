"""`record.mode`, `record.schedule` and `record.motion`: a camera's plan as people write it."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from edge.modes.plan import Hours, Mode
from edge.values import Duration, Section

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_BEFORE_MS, LONGEST_AFTER_MS = 60_000, 3_600_000
_DAY_MINUTES = 24 * 60


def _mode(value: object) -> Mode:
    # YAML reads a bare `off` as false.
    name = "off" if value is False else str(value)
    if name not in {Mode.CONTINUOUS, Mode.MOTION, Mode.OFF}:
        raise ValueError(f"not a mode: {name!r}; write continuous, motion or off")
    return Mode(name)


def _days(value: object) -> tuple[int, ...]:
    """`mon-fri`, `sat,sun`, `fri-mon`, or a list of such; 0 is Monday."""
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        start, end = _day(first), _day(last or first)
        found.update((start + n) % 7 for n in range((end - start) % 7 + 1))
    return tuple(sorted(found))


def _day(text: str) -> int:
    if text not in DAYS:
        raise ValueError(f"not a day of the week: {text!r}; write mon-fri or sat,sun")
    return DAYS.index(text)


def _hours(value: object) -> tuple[int, int]:
    """`22-06`, `08:30-18:00`, `00-24`, in minutes from midnight."""
    text = str(value)
    first, dash, last = text.replace(" ", "").partition("-")
    start, end = _minute(first, text), _minute(last, text)
    if not dash or start in {end, _DAY_MINUTES}:
        raise ValueError(f"not a stretch of hours: {text!r}; write 22-06 or 08:30-18:00")
    return start, end


def _minute(text: str, whole: str) -> int:
    hours, _, minutes = text.partition(":")
    if not hours.isdecimal() or not (minutes or "0").isdecimal():
        raise ValueError(f"not a stretch of hours: {whole!r}; write 22-06 or 08:30-18:00")
    found = int(hours) * 60 + int(minutes or 0)
    if int(minutes or 0) > 59 or found > _DAY_MINUTES:
        raise ValueError(f"no such hour in {whole!r}: a day has 00:00 to 24:00")
    return found


def _zone(name: str) -> str:
    try:
        if name:
            ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f"no such time zone: {name!r}; write one like Europe/Berlin") from None
    return name


def _up_to(limit_ms: int) -> AfterValidator:
    def check(ms: int) -> int:
        if not 0 <= ms <= limit_ms:
            raise ValueError(f"0 s to {limit_ms // 1000} s")
        return ms

    return AfterValidator(check)


ModeName = Annotated[Mode, BeforeValidator(_mode)]
ZoneName = Annotated[str, AfterValidator(_zone)]
HoursOfDay = Annotated[tuple[int, int], BeforeValidator(_hours)]  # minutes from midnight


class ScheduleEntry(Section):
    """One of `record.schedule:`; the first that holds counts, where none does `record.mode`."""

    days: Annotated[tuple[int, ...], BeforeValidator(_days)] = tuple(range(7))
    hours: HoursOfDay = (0, _DAY_MINUTES)
    mode: ModeName

    def to_hours(self) -> Hours:
        start, end = self.hours
        return Hours(days=self.days, from_min=start, to_min=end, mode=self.mode)


class MotionSettings(Section):
    """`record.motion:`; what the mode `motion` keeps, and how little it takes for motion."""

    before: Annotated[Duration, _up_to(LONGEST_BEFORE_MS)] = 5_000
    after: Annotated[Duration, _up_to(LONGEST_AFTER_MS)] = 10_000
    sensitivity: Annotated[float, Field(ge=0.1, le=10)] = 1.0  # 2: half as much is enough
