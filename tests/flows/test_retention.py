"""The retention policy, shown as a table, and its caps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.errors import TooMuch
from flows.retention import (
    DAY_MS,
    Action,
    Decision,
    Hold,
    Stored,
    cap,
    check_cap,
    check_clock,
    decide,
)

NOW = 1_000 * DAY_MS
POLICY = {"a": 0.0, "b": 30.0}


def stored(camera: str, *, captured: float, arrived: float | None = None, id_: str = "s") -> Stored:
    """A 30 s segment that was captured and arrived so many days ago."""
    start = NOW - round(captured * DAY_MS)
    received = NOW - round((captured if arrived is None else arrived) * DAY_MS) + 31_000
    return Stored(id_, camera, f"videos/{camera}/x", "", start, start + 30_000, received, 1)


def one(segment: Stored, holds: tuple[Hold, ...] = ()) -> Decision:
    return decide([segment], POLICY, 30, holds, NOW)[0]


HOLD = Hold("h1", "b", 0, NOW)
RELEASED = Hold("h1", "b", 0, NOW, released_ms=NOW - DAY_MS)

# The policy, for a reader: camera, captured and arrived days ago, holds, action, reason.
TABLE = [
    ("a", 1, 1, (), "expire", "older than 0 days"),
    ("b", 29, 29, (), "keep", "kept for 30 days, until"),
    ("b", 31, 31, (), "expire", "older than 30 days"),
    ("b", 400, 1, (), "keep", "kept for 30 days, until"),
    ("b", -5, 31, (), "expire", "older than 30 days, captured ahead of its arrival"),
    ("b", -5, 1, (), "keep", "captured ahead of its arrival"),
    ("b", 31, 31, (HOLD,), "keep", "held by h1"),
    ("b", 31, 31, (RELEASED,), "expire", "older than 30 days"),
    ("unknown", 31, 31, (), "expire", "older than 30 days"),
]


@pytest.mark.parametrize(("camera", "captured", "arrived", "holds", "action", "reason"), TABLE)
def test_the_policy(
    camera: str, captured: int, arrived: int, holds: tuple[Hold, ...], action: str, reason: str
) -> None:
    decision = one(stored(camera, captured=captured, arrived=arrived), holds)
    assert decision.action == action
    assert reason in decision.reason


def test_a_hold_over_another_camera_or_time_holds_nothing() -> None:
    segment = stored("b", captured=31)
    beside = Hold("h", "b", segment.end_ms, segment.end_ms + 1)
    assert one(segment, (beside, Hold("h", "a", 0, NOW))).action is Action.EXPIRE


def steady(days: int, a_day: int) -> list[Stored]:
    return [
        stored("b", captured=day + number / a_day, id_=f"{day}-{number}")
        for day in range(days)
        for number in range(a_day)
    ]


def test_a_hold_covers_footage_as_it_was_named_before_its_clock_was_corrected() -> None:
    segment = stored("b", captured=400)
    then = Hold("h2", "b", segment.start_ms - 5 * DAY_MS, segment.start_ms - 4 * DAY_MS)
    assert not then.covers(segment)
    assert then.covers(replace(segment, named_ms=segment.start_ms - 4 * DAY_MS - 10_000))


def test_the_default_cap_lets_a_steady_day_pass() -> None:
    decisions = decide(steady(31, 2_880), POLICY, 30, (), NOW)
    allowed = cap(decisions, NOW - DAY_MS, NOW, None)
    wanted = sum(one.action is Action.EXPIRE for one in decisions)
    assert 2_800 < wanted <= allowed


def test_a_shortened_policy_is_above_the_default_cap() -> None:
    decisions = decide(steady(31, 24), {"b": 1.0}, 1, (), NOW)
    with pytest.raises(TooMuch, match=r"livecam retain --max-delete \d+"):
        check_cap(decisions, cap(decisions, NOW - DAY_MS, NOW, None))


def test_before_the_first_run_all_that_ever_came_of_age_may_go() -> None:
    decisions = decide(steady(90, 24), POLICY, 30, (), NOW)
    check_cap(decisions, cap(decisions, None, NOW, None))


def test_a_released_hold_comes_of_age_when_it_is_released() -> None:
    decisions = decide([stored("b", captured=90)], POLICY, 30, (RELEASED,), NOW)
    check_cap(decisions, cap(decisions, NOW - 2 * DAY_MS, NOW, None))


def test_a_set_cap_is_the_cap() -> None:
    decisions = decide(steady(40, 1), POLICY, 30, (), NOW)
    with pytest.raises(TooMuch):
        check_cap(decisions, cap(decisions, None, NOW, 1))


@pytest.mark.parametrize(("store", "latest"), [(NOW + DAY_MS, NOW), (NOW, NOW + DAY_MS)])
def test_an_untrusted_clock_deletes_nothing(store: int, latest: int) -> None:
    with pytest.raises(TooMuch, match="nothing deleted"):
        check_clock(NOW, store_ms=store, latest_ms=latest)
    check_clock(NOW, store_ms=NOW, latest_ms=NOW)
