"""E3: whatever happens, segments and gaps tile a camera's time."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.account import Account
from edge.segment import Cause, Gap
from tests.edge.fake_clock import FakeClock


@dataclass
class Ended:
    """What a spool keeps of the account."""

    end_ms: int
    monotonic_ms: int
    boot_id: str


class Story:
    """Plays a recorder's life on an account, and keeps what it would have written."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.account = Account("gate", "pi1", self.clock)
        self.began = self.account.cursor_ms
        self.spans: list[tuple[int, int, str]] = []

    def write(self, gap: Gap | None) -> None:
        if gap is not None:
            self.account.settle(gap.start_ms, gap.end_ms)
            self.spans.append((gap.start_ms, gap.end_ms, gap.cause))

    def record(self, ms: int) -> None:
        """Wait a little for a keyframe, then a segment of so many milliseconds."""
        self.clock.advance(ms // 7)
        self.write(self.account.gap(self.account.now(), Cause.WAITING_KEYFRAME))
        start = self.account.cursor_ms
        self.clock.advance(ms)
        end = max(self.account.now(), start + 1)
        self.account.settle(start, end)
        self.spans.append((start, end, "segment"))

    def outage(self, ms: int) -> None:
        self.clock.advance(ms)
        self.write(self.account.gap(self.account.now(), Cause.CAMERA_UNREACHABLE))

    def clock_set(self, ms: int) -> None:
        self.clock.step(ms)
        self.write(self.account.step()[1])

    def restart(self, ms: int, reboot: bool) -> None:
        now = self.account.cursor_ms
        ended = Ended(now, self.account.monotonic_at(now), self.clock.boot)
        self.clock.advance(ms)
        if reboot:
            self.clock.boot += "+"
        self.account = Account("gate", "pi1", self.clock)
        for gap in self.account.resume(ended):
            self.write(gap)


MS = st.integers(0, 100_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(1, 100_000)),  # no picture lasts no time
        st.tuples(st.just("outage"), MS),
        st.tuples(st.just("restart"), MS),
        st.tuples(st.just("reboot"), MS),
        st.tuples(st.just("clock_set"), st.integers(0, 10_000_000)),
    ),
    max_size=30,
)


@given(STEPS)
def test_segments_and_gaps_tile_the_time_since_the_first_start(
    steps: list[tuple[str, int]],
) -> None:
    story = Story()
    for what, ms in steps:
        if what == "reboot":
            story.restart(ms, reboot=True)
        elif what == "restart":
            story.restart(ms, reboot=False)
        else:
            getattr(story, what)(ms)
    ends = [story.began, *(end for _, end, _ in story.spans)]
    assert [start for start, _, _ in story.spans] == ends[:-1]
    assert all(end > start for start, end, _ in story.spans)
    assert ends[-1] == story.account.cursor_ms
    # What is not accounted for yet is what passed since the last event.
    assert story.account.cursor_ms <= story.account.now() + 1


def test_the_cause_tells_a_restart_from_a_reboot_and_from_a_clock_that_was_set() -> None:
    story = Story()
    story.restart(5_000, reboot=False)
    story.restart(6_000, reboot=True)
    story.clock_set(3_600_000)
    assert [(end - start, cause) for start, end, cause in story.spans] == [
        (5_000, "recorder_down"),
        (6_000, "node_down"),
        (3_600_000, "clock_jump"),
    ]


def test_a_clock_set_ahead_while_nothing_ran_is_told_from_the_time_that_passed() -> None:
    story = Story()
    story.clock.step(60_000)
    story.restart(5_000, reboot=False)
    assert [(end - start, cause) for start, end, cause in story.spans] == [
        (5_000, "recorder_down"),
        (60_000, "clock_jump"),
    ]


def test_a_clock_set_back_takes_the_account_back_and_leaves_no_gap() -> None:
    story = Story()
    story.record(10_000)
    before = story.account.cursor_ms
    story.clock.step(-3_600_000)
    assert story.account.step() == (-3_600_000, None)
    assert story.account.cursor_ms == before - 3_600_000
    assert story.account.now() == story.clock.utc_ms()


def test_a_small_difference_is_no_step() -> None:
    story = Story()
    story.clock.step(900)
    assert story.account.step() == (0, None)


def test_an_account_that_was_left_far_in_the_future_begins_anew() -> None:
    story = Story()
    ended = Ended(story.clock.utc_ms() + 3_600_000, story.clock.monotonic_ms(), story.clock.boot)
    assert story.account.resume(ended) == []
    assert story.account.cursor_ms == story.clock.utc_ms()


def test_a_clock_set_back_while_nothing_ran_hides_none_of_that_time() -> None:
    story = Story()
    story.record(10_000)
    before = story.account.cursor_ms
    story.clock.step(-3_600_000)
    story.restart(5_000, reboot=False)
    assert story.spans[-1] == (before - 3_600_000, before - 3_595_000, "recorder_down")
    assert story.account.cursor_ms == story.account.now() == story.clock.utc_ms()


def test_a_small_difference_over_a_restart_moves_no_time() -> None:
    story = Story()
    story.record(10_000)
    story.clock.step(-900)
    story.restart(5_000, reboot=False)
    assert story.spans[-1][1] - story.spans[-1][0] == 5_000
    assert story.account.now() == story.clock.utc_ms() + 900


def test_what_does_not_follow_is_refused() -> None:
    account = Account("gate", "pi1", FakeClock())
    with pytest.raises(ValueError, match="does not follow"):
        account.settle(account.cursor_ms + 1, account.cursor_ms + 2)
