"""What is recorded in which mode, and what the account says of the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.camera.yard import CYCLE_S, STAND_S, WALK_S, phase_of
from edge.clock import to_ms
from edge.errors import CameraUnreachable
from edge.modes.activity import LEVELS, MOVES
from edge.modes.pause import pause, pause_file, paused, resume
from edge.modes.plan import Hours, Mode, Plan, Wanted
from edge.segment import Cause, Gap
from tests.edge.fake_clock import FakeClock
from tests.edge.life import Life, Packets, after
from tests.edge.recording import causes, marks

MOTION = Plan(mode=Mode.MOTION, before_ms=1_000, after_ms=1_000)
# The drawn figure walks, stands, and walks out again; until then what is still is being learned.
WALKS_S = ((0.0, WALK_S), (WALK_S + STAND_S, 2 * WALK_S + STAND_S))
LEARNED_S = 4 * CYCLE_S


@pytest.fixture
def life(tmp_path: Path) -> Life:
    return Life(tmp_path)


def recorded(life: Life) -> list[tuple[int, int]]:
    """Seconds after the start that segments cover, those that touch made one."""
    found: list[tuple[int, int]] = []
    for segment in life.segments:
        span = (segment.start_ms - life.began, segment.end_ms - life.began)
        if found and found[-1][1] == span[0]:
            span = (found.pop()[0], span[1])
        found.append(span)
    return found


def not_wanted(life: Life) -> list[Gap]:
    return [i for i in life.items if isinstance(i, Gap) and i.cause is Cause.NOT_WANTED]


def walks(cycles: range) -> list[tuple[int, int]]:
    """When the figure walks, in ms after the start."""
    begun = [phase_of("gate") + n * CYCLE_S for n in cycles]
    return [(round((t + a) * 1000), round((t + b) * 1000)) for t in begun for a, b in WALKS_S]


def test_what_moves_is_kept_with_its_margins_and_the_rest_is_accounted_for(life: Life) -> None:
    life.run(9 * CYCLE_S, plan=MOTION, segment_ms=10_000)
    kept = recorded(life)
    for start, end in walks(range(4, 8)):
        assert any(a <= start and b >= end for a, b in kept), (start, kept)
    assert set(causes(life.items)) == {"not_wanted"}
    later = [gap for gap in not_wanted(life) if gap.start_ms >= life.began + LEARNED_S * 1000]
    assert sum(gap.end_ms - gap.start_ms for gap in later) >= 3_000
    assert life.items[-1].end_ms - life.began >= 9 * CYCLE_S * 1000 - 1_000


def test_pictures_of_the_pre_roll_are_whole_and_in_order(life: Life) -> None:
    life.run(6 * CYCLE_S, plan=MOTION, segment_ms=60_000)
    for item in life.spool.sealed():
        found = marks(item.path)
        numbers = [mark.frame for mark in found]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert abs(found[0].utc_ms - item.segment.start_ms) <= 500
        assert abs(found[-1].utc_ms - item.segment.end_ms) <= 500


def test_starts_and_ends_of_motion_are_told(life: Life) -> None:
    life.run(4 * CYCLE_S, plan=MOTION)
    assert [move.moving for move in life.moves] == [True, False] * (len(life.moves) // 2)
    assert len(life.moves) >= 2
    times = [move.at_ms for move in life.moves]
    assert times == sorted(times)


def test_every_segment_carries_a_value_a_second_once_sizes_tell(life: Life) -> None:
    life.run(5 * CYCLE_S, segment_ms=10_000)
    assert life.segments[0].activity == ""
    known = [segment for segment in life.segments[:-1] if segment.activity]
    assert len(known) >= 5
    for segment in known:
        assert abs(len(segment.activity) - segment.wall_ms / 1000) <= 1.5, segment
    told = "".join(segment.activity for segment in life.segments)
    assert any(LEVELS.index(value) >= MOVES for value in told)
    assert any(LEVELS.index(value) < MOVES for value in told)


def test_hours_that_are_off_are_written_down_by_the_minute(life: Life) -> None:
    life.run(200, plan=Plan(mode=Mode.OFF))
    gaps = not_wanted(life)
    assert all(gap.end_ms - gap.start_ms <= 61_000 and gap.detail == "off" for gap in gaps)
    assert len(gaps) == 4
    assert not life.segments


def test_a_paused_camera_is_disabled_until_it_is_resumed(life: Life, tmp_path: Path) -> None:
    folder = tmp_path / "recorder"
    pause(folder, "gate", life.clock.utc_ms())
    pause(folder, "gate", life.clock.utc_ms() + 9)  # since then already
    assert paused(folder) == {"gate": life.clock.utc_ms()}
    life.run(70, pause=pause_file(folder, "gate"))
    assert causes(life.items) == ["disabled", "disabled"]
    assert {i.detail for i in life.items if isinstance(i, Gap)} == {"paused"}
    assert resume(folder, "gate")
    assert not resume(folder, "gate")
    life.run(5, pause=pause_file(folder, "gate"))
    assert len(life.segments) >= 1


def test_a_pause_seals_what_was_recorded_and_an_end_of_it_connects_again(
    life: Life, tmp_path: Path
) -> None:
    folder = tmp_path / "recorder"

    def pausing(packets: Packets) -> Packets:
        for n, packet in enumerate(packets):
            if n == 60:
                pause(folder, "gate", life.clock.utc_ms())
            yield packet

    life.run(20, pausing, pause=pause_file(folder, "gate"))
    kinds = [type(item).__name__ for item in life.items]
    assert kinds == ["Segment", "Gap"]
    assert life.items[0].end_ms - life.began <= 6_000


def test_a_plan_by_the_hour_switches_while_it_records(life: Life) -> None:
    now = datetime.fromtimestamp(life.began / 1000, UTC)
    minute = now.hour * 60 + now.minute
    off = Hours(
        days=tuple(range(7)),
        from_min=(minute + 1) % 1440,
        to_min=(minute + 2) % 1440,
        mode=Mode.OFF,
    )
    life.run(150, plan=Plan(hours=(off,), time_zone="UTC"), segment_ms=60_000)
    missing = not_wanted(life)
    length = sum(gap.end_ms - gap.start_ms for gap in missing)
    assert abs(length - 60_000) <= 2_500
    assert abs(missing[0].start_ms % 60_000) <= 2_000


def test_an_outage_in_motion_mode_has_its_own_cause(life: Life) -> None:
    gone = CameraUnreachable("gone", camera="gate")
    life.run(120, after(900, gone), gone, gone, plan=MOTION)
    assert "camera_unreachable" in causes(life.items)


def test_hours_hold_across_midnight_on_the_day_they_begin() -> None:
    night = Hours(days=(4,), from_min=22 * 60, to_min=6 * 60, mode=Mode.MOTION)
    assert night.hold(4, 23 * 60)
    assert night.hold(5, 5 * 60)
    assert not night.hold(4, 5 * 60)
    assert not night.hold(5, 23 * 60)


def test_hours_are_those_of_the_time_zone() -> None:
    plan = Plan(
        hours=(Hours(days=(0,), from_min=8 * 60, to_min=9 * 60, mode=Mode.OFF),),
        time_zone="Asia/Tokyo",
    )
    assert plan.at(to_ms(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))) is Mode.OFF  # Monday there
    assert plan.at(to_ms(datetime(2026, 11, 23, 8, 30, tzinfo=UTC))) is Mode.CONTINUOUS


def test_a_pause_counts_within_a_second(tmp_path: Path) -> None:
    clock, file = FakeClock(), pause_file(tmp_path, "gate")
    wanted = Wanted(Plan(), clock, file)
    assert wanted.mode() is Mode.CONTINUOUS
    pause(tmp_path, "gate", clock.utc_ms())
    clock.sleep(1)
    assert wanted.mode() is Mode.PAUSED
