"""Coverage: every millisecond of a range told once, whatever the rows say."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clock import to_utc
from edge.segment import Cause
from flows.catalogue.coverage import (
    CAUSES,
    GAP_COLUMNS,
    SEGMENT_COLUMNS,
    State,
    Stretch,
    Waits,
    accounted,
    claims,
    holes,
    hours,
    stretches,
    sums,
)
from flows.catalogue.schema import GAPS, SEGMENTS
from flows.catalogue.spans import merged, parted

Row = tuple[int, int, str, str]
TIMES = st.integers(0, 60)
SPANS = st.lists(st.tuples(TIMES, TIMES).filter(lambda span: span[0] < span[1]), max_size=12)
FOOTAGE = st.lists(
    st.tuples(
        TIMES,
        TIMES,
        st.sampled_from(["stored", "expired", "set_aside"]),
        st.sampled_from(["recorded", "imported"]),
    ).filter(lambda row: row[0] < row[1]),
    max_size=8,
)
MISSED = st.lists(
    st.tuples(TIMES, TIMES, st.sampled_from([*map(str, Cause), "of a newer version"])).filter(
        lambda row: row[0] < row[1]
    ),
    max_size=8,
)


def segments(*rows: Row, fallback: bool | None = None) -> pl.DataFrame:
    told = [
        ("a", to_utc(start), to_utc(end), status, origin, fallback)
        for start, end, status, origin in rows
    ]
    schema = {name: SEGMENTS.schema[name] for name in SEGMENT_COLUMNS}
    return pl.DataFrame(told, schema=schema, orient="row")


def gaps(*rows: tuple[int, int, str]) -> pl.DataFrame:
    told = [("a", to_utc(start), to_utc(end), str(cause)) for start, end, cause in rows]
    schema = {name: GAPS.schema[name] for name in GAP_COLUMNS}
    return pl.DataFrame(told, schema=schema, orient="row")


def told(footage: pl.DataFrame, missed: pl.DataFrame, end_ms: int = 60) -> list[Stretch]:
    own = claims(footage, missed).get("a", [])
    return stretches(own, 0, end_ms, now_ms=100_000_000, before=False)


@given(SPANS, SPANS)
def test_spans_part_as_their_milliseconds_do(
    spans: list[tuple[int, int]], by: list[tuple[int, int]]
) -> None:
    def points(of: list[tuple[int, int]]) -> set[int]:
        return {ms for start, end in of for ms in range(start, end)}

    inside, outside = parted(merged(spans), merged(by))
    assert points(inside) == points(spans) & points(by)
    assert points(outside) == points(spans) - points(by)
    assert sum(end - start for start, end in inside + outside) == len(points(spans))


@settings(deadline=None, max_examples=60)
@given(FOOTAGE, MISSED, TIMES, st.integers(1, 40), TIMES, st.booleans(), st.none() | TIMES)
def test_every_millisecond_is_told_once(
    footage: list[Row],
    missed: list[tuple[int, int, str]],
    start: int,
    length: int,
    now: int,
    before: bool,
    oldest: int | None,
) -> None:
    own = claims(segments(*footage), gaps(*missed)).get("a", [])
    end = start + length
    waits = [Waits(now, oldest, gaps=True)]
    found = stretches(own, start, end, now_ms=now, before=before, waits=waits)
    assert [one.start_ms for one in found] == [start, *(one.end_ms for one in found)][:-1]
    assert found[-1].end_ms == end
    cuts = [start, *range(start + 7, end, 7), end]
    each = sums("a", found, cuts)
    [total] = sums("a", found, [start, end])
    assert all(sum(one.by_state.values()) == one.wall_ms for one in each)
    assert sum(total.by_state.values()) == sum(one.wall_ms for one in each) == length
    assert sum(total.by_cause.values()) == total.by_state.get(State.GAP, 0)
    for state in State:
        assert sum(one.by_state.get(state, 0) for one in each) == total.by_state.get(state, 0)


def test_a_stored_segment_outranks_a_gap_but_one_that_was_lost() -> None:
    footage = segments((0, 30, "stored", "recorded"), (30, 60, "expired", "recorded"))
    missed = gaps((10, 20, Cause.NODE_DOWN), (20, 30, Cause.LOST_IN_STORE))
    assert told(footage, missed) == [
        (0, 20, State.RECORDED, ""),
        (20, 30, State.GAP, "lost_in_store"),
        (30, 60, State.EXPIRED, ""),
    ]


def test_every_cause_has_its_place() -> None:
    assert sorted([*CAUSES, Cause.LOST_IN_STORE]) == sorted(Cause)


def test_of_two_gaps_the_one_that_knows_more_is_told() -> None:
    missed = gaps((0, 60, Cause.NODE_DOWN), (20, 40, Cause.CAMERA_FROZEN))
    assert [(one.start_ms, one.cause) for one in told(segments(), missed)] == [
        (0, "node_down"),
        (20, "camera_frozen"),
        (40, "node_down"),
    ]


def test_a_stand_in_is_not_the_camera_s_footage() -> None:
    own = (segments((0, 20, "stored", "recorded")), segments((15, 60, "expired", "recorded")))
    drawn = segments((10, 60, "stored", "recorded"), fallback=True)
    missed = gaps((50, 60, Cause.NODE_DOWN))
    assert told(pl.concat([own[0], drawn]), missed) == [
        (0, 20, State.RECORDED, ""),
        (20, 60, State.STAND_IN, ""),
    ]
    kept = told(pl.concat([*own, segments((10, 60, "expired", "recorded"), fallback=True)]), missed)
    assert [one.state for one in kept] == [State.RECORDED, State.EXPIRED]


def test_imported_footage_hides_no_gap() -> None:
    footage = segments((0, 60, "stored", "imported"))
    missed = gaps((10, 20, Cause.CAMERA_UNREACHABLE))
    states = [(one.start_ms, one.state) for one in told(footage, missed)]
    assert states == [(0, State.IMPORTED), (10, State.GAP), (20, State.IMPORTED)]


def test_what_a_spool_holds_is_pending_and_the_rest_unexplained() -> None:
    hour = 3_600_000
    own = claims(segments((hour, 2 * hour, "stored", "recorded")), gaps())["a"]
    waits = [Waits(told_ms=5 * hour, oldest_ms=3 * hour)]
    found = stretches(own, 0, 8 * hour, now_ms=7 * hour, before=False, waits=waits)
    assert [(one.start_ms // hour, one.state) for one in found] == [
        (0, State.NOT_YET),
        (1, State.RECORDED),
        (2, State.UNEXPLAINED),
        (3, State.PENDING),
        (5, State.UNEXPLAINED),
        (7, State.AHEAD),
    ]


def test_a_camera_never_seen_has_no_time_to_explain() -> None:
    [one] = stretches([], 0, 60, now_ms=100, before=False)
    assert one.state is State.NOT_YET


def test_holes_are_between_what_is_accounted_for() -> None:
    footage = segments((0, 10, "stored", "recorded"), (12, 30, "stored", "imported"))
    own = claims(footage, gaps((20, 30, Cause.DISABLED)))["a"]
    assert holes(accounted(own)) == [(10, 20)]


def test_hours_are_cut_where_they_are_whole() -> None:
    hour = 3_600_000
    assert hours(5, hour + 5) == [5, hour, hour + 5]
    assert hours(0, 2 * hour) == [0, hour, 2 * hour]
    assert hours(0, hour, whole_ms=hour // 2) == [0, hour // 2, hour]


def test_a_clock_that_was_set_shows_where_that_took_no_time() -> None:
    found = told(segments((0, 60, "stored", "recorded")), gaps((30, 30, Cause.CLOCK_JUMP)))
    assert found == [
        Stretch(0, 30, State.RECORDED),
        Stretch(30, 30, State.GAP, Cause.CLOCK_JUMP),
        Stretch(30, 60, State.RECORDED),
    ]
    before, after = sums("a", found, [0, 30, 60])
    assert (before.by_cause, after.by_cause) == ({}, {Cause.CLOCK_JUMP: 0})
    assert after.by_state[State.RECORDED] == 30
