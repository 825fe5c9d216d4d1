"""Time as the recorder sees it: UTC for names, monotonic time for durations, the boot's id."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from edge.clocks import ntp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Where time comes from; handed in, so that tests own it."""

    def utc_ms(self) -> int:
        """Wall clock, milliseconds since the epoch; may step."""

    def monotonic_ms(self) -> int:
        """Milliseconds since some moment of this boot; never steps."""

    def boot_id(self) -> str:
        """Changes exactly when the machine restarts."""

    def sleep(self, seconds: float) -> None:
        """Wait, or advance a clock that is not real."""


@runtime_checkable
class Vouched(Protocol):
    """A clock of which something says whether it is right."""

    def synchronised(self) -> bool:
        """Whether an NTP service keeps its UTC right, as far as is known."""


class SystemClock:
    """The machine's own clocks."""

    def utc_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def boot_id(self) -> str:
        path = Path("/proc/sys/kernel/random/boot_id")
        return path.read_text().strip() if path.exists() else "unknown"

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def synchronised(self) -> bool:
        state = ntp.read()
        return state is not None and state.synchronised


def to_utc(ms: int) -> datetime:
    """Milliseconds since the epoch as an aware UTC time."""
    return EPOCH + timedelta(milliseconds=ms)


def to_ms(when: datetime) -> int:
    """An aware time as whole milliseconds since the epoch, rounded down."""
    return (when - EPOCH) // timedelta(milliseconds=1)


def to_iso(ms: int) -> str:
    """RFC 3339 with milliseconds and `Z`: the one spelling of a time in JSON."""
    return f"{to_utc(ms):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def from_iso(text: str) -> int:
    """Milliseconds of an ISO 8601 time; one without a zone is UTC.

    Raises ValueError for anything else.
    """
    when = datetime.fromisoformat(text)
    return to_ms(when if when.tzinfo else when.replace(tzinfo=UTC))


def to_day(ms: int) -> str:
    """The UTC day, `YYYY-MM-DD`."""
    return f"{to_utc(ms):%Y-%m-%d}"
