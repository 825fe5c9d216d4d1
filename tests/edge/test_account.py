"""E3: whatever happens, segments and gaps tile a camera's time once its clock is corrected."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.account import Account, Change
from edge.clocks.correction import Correction, Timeline
from edge.segment import Cause, Gap, Segment
from tests.edge.fake_clock import FakeClock, VouchedClock

HOUR_MS = 3_600_000


@dataclass
class Ended:
    """What a spool keeps of the account."""

    end_ms: int
    monotonic_ms: int
    boot_id: str


class Story:
    """Plays a recorder's life on an account, and keeps what it would have written."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.account = Account("gate", "pi1", self.clock)
        self.items: list[Segment | Gap] = []
        self.corrections: list[Correction] = []

    def write(self, gap: Gap | None) -> None:
        if gap is not None:
            self.account.settle(gap.start_ms, gap.end_ms)
            self.items.append(gap)

    def record(self, ms: int) -> None:
        """Wait a little for a keyframe, then a segment of so many milliseconds."""
        self.clock.advance(ms // 7)
        self.write(self.account.gap(self.account.now(), Cause.WAITING_KEYFRAME))
        start = self.account.cursor_ms
        self.clock.advance(ms)
        end = max(self.account.now(), start + 1)
        self.items.append(self.segment(start, end))
        self.account.settle(start, end)

    def segment(self, start_ms: int, end_ms: int) -> Segment:
        wall_ms = end_ms - start_ms
        return Segment(
            camera="gate",
            node="pi1",
            start_ms=start_ms,
            wall_ms=wall_ms,
            media_ms=wall_ms,
            size_bytes=1,
            sha256="0" * 64,
            codec="h264",
            mime_codecs="avc1",
            width=1,
            height=1,
            fps=1,
            time_scale=1000,
            boot_id=self.clock.boot,
            monotonic_ms=self.account.monotonic_at(start_ms),
        )

    def outage(self, ms: int) -> None:
        self.clock.advance(ms)
        self.write(self.account.gap(self.account.now(), Cause.CAMERA_UNREACHABLE))

    def clock_set(self, ms: int) -> None:
        self.clock.step(ms)
        self.look()

    def synchronise(self, off_ms: int) -> None:
        """NTP finds the clock that much behind, and sets it."""
        assert isinstance(self.clock, VouchedClock)
        self.clock.vouched = True
        self.clock_set(off_ms)

    def look(self) -> None:
        change = self.account.look()
        if change is not None:
            self.take_over(change)

    def take_over(self, change: Change) -> None:
        self.corrections += change.corrections
        self.items += change.aside
        self.account.follow(change)
        self.write(change.gap)

    def restart(self, ms: int, *, reboot: bool, off_ms: int = 0) -> None:
        """Nothing runs for so long; a reboot's clock is off, and nothing stands for it."""
        now = self.account.cursor_ms
        ended = Ended(now, self.account.monotonic_at(now), self.clock.boot)
        notes = self.account.notes
        self.clock.advance(ms)
        if reboot:
            self.clock.reboot()
            self.clock.step(off_ms)
            if isinstance(self.clock, VouchedClock):
                self.clock.vouched = False
        self.account = Account("gate", "pi1", self.clock)
        change = self.account.resume(ended, notes)
        self.take_over(change)
        if change.idle:
            self.write(self.account.gap(self.account.now(), Cause.RECORDER_DOWN))
        self.look()

    def placed(self, *, footage: bool = False) -> list[tuple[int, int]]:
        """Where everything lies on the corrected timeline, in order; but what has no length."""
        timeline = Timeline(self.corrections)
        spans = [timeline.of(i) for i in self.items if not (footage and isinstance(i, Gap))]
        return sorted(span for span in spans if span[0] < span[1])

    def told(self) -> list[tuple[int, str]]:
        """How long each item lasts on the corrected timeline, and what it is."""
        timeline = Timeline(self.corrections)
        spans = [(timeline.of(i), i.cause if isinstance(i, Gap) else "footage") for i in self.items]
        return [(end - start, what) for (start, end), what in spans]


def holes(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found, reached = [], spans[0][0] if spans else 0
    for start, end in spans:
        if start > reached:
            found.append((reached, start))
        reached = max(reached, end)
    return found


MS = st.integers(0, 100_000)
STEP = st.integers(-10_000_000, 10_000_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(1, 100_000), st.just(0)),
        st.tuples(st.just("outage"), MS, st.just(0)),
        st.tuples(st.just("restart"), MS, st.just(0)),
        st.tuples(st.just("reboot"), MS, st.one_of(st.just(0), STEP, st.just(-HOUR_MS * 500_000))),
        st.tuples(st.just("clock_set"), st.just(0), STEP),
        st.tuples(st.just("synchronise"), st.just(0), STEP),
    ),
    max_size=30,
)


@given(STEPS)
def test_segments_and_gaps_tile_the_corrected_time_since_the_first_start(
    steps: list[tuple[str, int, int]],
) -> None:
    story = Story(VouchedClock())
    for what, ms, off_ms in steps:
        match what:
            case "reboot":
                # Before 1970 no clock goes.
                story.restart(ms, reboot=True, off_ms=max(off_ms, -story.clock.utc_ms()))
            case "restart":
                story.restart(ms, reboot=False)
            case "clock_set" | "synchronise":
                getattr(story, what)(max(off_ms, -story.clock.utc_ms()))
            case _:
                getattr(story, what)(ms)
    assert holes(story.placed()) == []
    footage = story.placed(footage=True)
    assert [(a, b) for a, b in pairwise(footage) if b[0] < a[1]] == []


def test_the_cause_tells_a_restart_from_a_reboot_and_from_a_clock_that_was_set() -> None:
    story = Story()
    story.restart(5_000, reboot=False)
    story.restart(6_000, reboot=True)
    story.clock_set(HOUR_MS)
    assert story.told() == [
        (5_000, "recorder_down"),
        (6_000, "node_down"),
        (HOUR_MS, "clock_jump"),
    ]


def test_a_clock_set_ahead_while_nothing_ran_is_told_from_the_time_that_passed() -> None:
    story = Story()
    story.clock.step(60_000)
    story.restart(5_000, reboot=False)
    assert story.told() == [(5_000, "recorder_down"), (60_000, "clock_jump")]


def test_a_clock_set_back_corrects_what_was_named_before_and_shows_as_a_jump() -> None:
    story = Story()
    story.record(10_000)
    end = story.account.cursor_ms
    story.clock_set(-HOUR_MS)
    story.record(7_000)
    assert story.told() == [
        (1_428, "waiting_keyframe"),
        (10_000, "footage"),
        (0, "clock_jump"),
        (1_000, "waiting_keyframe"),
        (7_000, "footage"),
    ]
    assert story.placed(footage=True)[0][1] == end - HOUR_MS
    assert story.account.now() == story.clock.utc_ms()
    jump = story.items[2]
    assert isinstance(jump, Gap)
    assert jump.detail == "the clock was set back by 3600000 ms"


def test_a_clock_set_back_while_nothing_ran_hides_none_of_that_time() -> None:
    story = Story()
    story.record(10_000)
    story.clock.step(-HOUR_MS)
    story.restart(5_000, reboot=False)
    assert story.told()[2:] == [(5_000, "recorder_down"), (0, "clock_jump")]
    assert story.placed()[-1][1] == story.account.now() == story.clock.utc_ms()


def test_a_boot_in_1970_goes_on_from_the_account_and_is_put_right_by_ntp() -> None:
    story = Story(VouchedClock())
    story.record(70_000)
    end = story.account.cursor_ms
    story.restart(600_000, reboot=True, off_ms=20_000 - story.clock.utc_ms())
    assert not story.account.synchronised
    story.record(7_000)
    assert story.placed(footage=True)[1][0] == end + 1_000
    story.synchronise(end + 608_000 - story.clock.utc_ms())
    assert story.account.synchronised
    story.record(14_000)
    assert [what for what in story.told() if what[0]] == [
        (10_000, "waiting_keyframe"),
        (70_000, "footage"),
        (1_000, "waiting_keyframe"),
        (7_000, "footage"),
        (600_000, "node_down"),
        (2_000, "waiting_keyframe"),
        (14_000, "footage"),
    ]
    assert story.told().count((0, "clock_jump")) == 2
    assert story.placed(footage=True)[1] == (end + 601_000, end + 608_000)


def test_a_first_boot_in_1970_leaves_no_gap_of_fifty_years() -> None:
    story = Story(VouchedClock(utc_ms=20_000))
    story.record(7_000)
    story.restart(60_000, reboot=True, off_ms=-68_000)
    story.record(7_000)
    story.restart(60_000, reboot=True, off_ms=1_790_000_000_000)
    story.record(7_000)
    assert story.placed()[0][0] > 1_789_999_000_000
    assert holes(story.placed()) == []
    assert max(length for length, _ in story.told()) < 100_000


def test_names_keep_to_ntp_when_someone_sets_the_clock_by_hand() -> None:
    story = Story(VouchedClock())
    story.synchronise(0)
    story.record(10_000)
    assert isinstance(story.clock, VouchedClock)
    story.clock.vouched = False
    before = story.account.now()
    story.clock_set(HOUR_MS)
    assert story.account.now() == before
    assert story.told()[-1] == (0, "clock_jump")
    story.synchronise(-HOUR_MS)
    assert story.account.now() == before == story.clock.utc_ms()


def test_a_small_difference_is_no_step() -> None:
    story = Story()
    story.clock.step(900)
    assert story.account.look() is None


def test_an_account_that_was_left_far_in_the_future_is_brought_back() -> None:
    story = Story(FakeClock(utc_ms=4_070_908_800_000))
    story.record(10_000)
    story.restart(5_000, reboot=True, off_ms=-100_000 * HOUR_MS)
    assert story.account.cursor_ms == story.clock.utc_ms()
    assert story.placed(footage=True)[-1][1] == story.clock.utc_ms()


def test_a_clock_that_was_kept_over_a_shutdown_goes_on_from_the_account() -> None:
    story = Story()
    story.record(10_000)
    end = story.account.cursor_ms
    story.restart(5_000, reboot=True, off_ms=-65_000)
    assert story.account.cursor_ms == story.account.now() == end
    story.restart(120_000, reboot=True)
    assert story.told()[-1] == (60_000, "node_down")


def test_a_small_difference_over_a_restart_moves_no_time() -> None:
    story = Story()
    story.record(10_000)
    story.clock.step(-900)
    story.restart(5_000, reboot=False)
    assert story.told()[-1] == (5_000, "recorder_down")
    assert story.account.now() == story.clock.utc_ms() + 900


def test_an_account_without_notes_is_one_of_an_older_version() -> None:
    story = Story()
    story.record(10_000)
    ended = Ended(story.account.cursor_ms, story.account.monotonic_ms(), story.clock.boot)
    story.clock.advance(5_000)
    same = Account("gate", "pi1", story.clock).resume(ended, None)
    assert (same.cursor_ms, same.idle) == (ended.end_ms, True)
    story.clock.boot += "+"
    other = Account("gate", "pi1", story.clock).resume(ended, None)
    assert other.gap is not None
    assert (other.gap.cause, other.gap.end_ms - other.gap.start_ms) == ("node_down", 5_000)


def test_a_boot_whose_opening_was_cut_short_is_opened_again() -> None:
    story = Story()
    story.record(10_000)
    at = story.account
    ended = Ended(at.cursor_ms, at.monotonic_at(at.cursor_ms), story.clock.boot)
    story.clock.advance(60_000)
    story.clock.reboot()
    first = Account("gate", "pi1", story.clock).resume(ended, at.notes)
    story.clock.advance(2_000)
    again = Account("gate", "pi1", story.clock).resume(ended, first.notes)
    assert (again.gap, again.cursor_ms, again.idle) == (first.gap, first.cursor_ms, True)
    assert first.gap is not None
    assert (first.gap.cause, first.gap.end_ms - first.gap.start_ms) == ("node_down", 60_000)


def test_nothing_is_named_before_1970() -> None:
    story = Story(FakeClock(utc_ms=5_000))
    story.record(70_000)
    story.restart(5_000, reboot=True)
    story.record(70_000)
    story.clock_set(1_000 - story.clock.utc_ms())
    assert holes(story.placed()) == []
    assert story.placed()[0][0] == 0
    footage = story.placed(footage=True)
    assert footage[0][1] <= footage[1][0]


def test_what_was_accounted_for_between_two_boots_is_not_moved() -> None:
    """As while a camera is disabled: of the boot that wrote its account no notes are kept."""
    story = Story()
    story.record(10_000)
    story.clock.reboot()
    ended = Ended(story.clock.utc_ms(), story.clock.monotonic_ms(), story.clock.boot)
    story.clock.reboot()
    story.clock.step(-48 * HOUR_MS)
    change = Account("gate", "pi1", story.clock).resume(ended, story.account.notes)
    assert change.corrections == ()
    assert change.cursor_ms == ended.end_ms


def test_what_does_not_follow_is_refused() -> None:
    account = Account("gate", "pi1", FakeClock())
    with pytest.raises(ValueError, match="does not follow"):
        account.settle(account.cursor_ms + 1, account.cursor_ms + 2)
