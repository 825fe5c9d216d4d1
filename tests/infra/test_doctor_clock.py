"""What `doctor` says of the clock."""

from __future__ import annotations

import pytest

from edge.clocks.ntp import ClockState
from infra.checks import Level
from infra.checks.clock import clock


@pytest.mark.parametrize(
    ("state", "level", "told"),
    [
        (None, Level.OK, "does not tell"),
        (ClockState(synchronised=False), Level.WARN, "not synchronised"),
        (ClockState(synchronised=True, offset_ms=0.25, error_ms=12), Level.OK, "+0.2 ms"),
        (ClockState(synchronised=True, offset_ms=-4_000, error_ms=9), Level.WARN, "-4000.0 ms"),
    ],
)
def test_doctor_says_how_right_the_clock_is(
    state: ClockState | None, level: Level, told: str
) -> None:
    found = clock(state)
    assert found.level is level
    assert told in found.told
    assert (found.way_out is None) == (level is Level.OK)
