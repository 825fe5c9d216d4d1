"""What the kernel tells of the clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import health
from edge.clocks import ntp
from edge.clocks.ntp import ClockState, Kernel


@pytest.mark.parametrize(
    ("kernel", "state"),
    [
        (Kernel(5, 0, 16_000_000, 0x40), ClockState(synchronised=False)),
        (Kernel(0, 0, 16_000_000, 0x40), ClockState(synchronised=False)),
        (
            Kernel(0, 1_500_000, 20_500, 0x2001),
            ClockState(synchronised=True, offset_ms=1.5, error_ms=20.5),
        ),
        (
            Kernel(0, -250, 4_000, 0x1),
            ClockState(synchronised=True, offset_ms=-0.25, error_ms=4),
        ),
    ],
)
def test_the_kernels_figures_are_read(kernel: Kernel, state: ClockState) -> None:
    assert ntp.of(kernel) == state


def test_this_machines_clock_is_in_its_health(tmp_path: Path) -> None:
    state = ntp.read()
    assert state is None or state.synchronised == (state.error_ms is not None)
    assert ntp.words(state)
    found = health.read(tmp_path)
    assert health.Health.model_validate_json(found.model_dump_json()) == found
