"""Whatever a camera's timestamps are, the file's decode times rise."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.timeline import Timeline
from tests.edge.fake_clock import FakeClock
from tests.edge.footage import Clip

SCALE = Fraction(1, 90_000)
TICKS = st.none() | st.integers(-(1 << 40), 1 << 40)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Clip(seconds=0.2).write(tmp_path_factory.mktemp("clip") / "s.ts")


@given(times=st.lists(st.tuples(TICKS, TICKS), min_size=1, max_size=20), live=st.booleans())
def test_any_timestamps_become_ones_that_a_muxer_takes(
    times: list[tuple[int | None, int | None]], live: bool, clip: Path
) -> None:
    with av.open(str(clip)) as file:
        timeline = Timeline(file.streams.video[0], FakeClock().monotonic_ms if live else None)
    last = None
    for pts, dts in times:
        packet = av.Packet(1)
        packet.time_base, packet.pts, packet.dts = SCALE, pts, dts
        timeline.place(packet)
        assert packet.pts is not None
        assert packet.dts is not None
        assert packet.duration
        assert packet.pts >= packet.dts
        if last is None:
            assert packet.pts == 0
        else:
            assert packet.dts > last
        last = packet.dts


def test_good_timestamps_are_only_moved(clip: Path) -> None:
    with av.open(str(clip)) as file:
        timeline = Timeline(file.streams.video[0], FakeClock().monotonic_ms)
    placed = []
    for pts, dts in [(9_000, 3_000), (21_000, 9_000), (15_000, 15_000), (27_000, 21_000)]:
        packet = av.Packet(1)
        packet.time_base, packet.pts, packet.dts = SCALE, pts, dts
        timeline.place(packet)
        placed.append((packet.pts, packet.dts))
    assert placed == [(0, -6_000), (12_000, 0), (6_000, 6_000), (18_000, 12_000)]
    assert timeline.base_in(Fraction(1, 48_000)) == 4_800


def test_a_pause_is_a_pause_when_as_much_time_passed_and_a_set_clock_when_not(clip: Path) -> None:
    clock = FakeClock()
    with av.open(str(clip)) as file:
        timeline = Timeline(file.streams.video[0], clock.monotonic_ms)
    placed = []
    for time, passed_ms in [(0, 0), (6_000, 67), (366_000, 4_000), (666_000, 67), (0, 67)]:
        clock.advance(passed_ms)
        packet = av.Packet(1)
        packet.time_base, packet.pts, packet.dts = SCALE, time, time
        timeline.place(packet)
        placed.append(packet.pts)
    assert placed == [0, 6_000, 366_000, 372_030, 378_060]
