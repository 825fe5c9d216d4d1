import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.vision.detector import Box
from flows.vision.events import Event, MotionAt, SeenAt, boundary_gap_ms, events
from flows.vision.links import Link, links
from flows.vision.tracks import MotionIndex

T0 = 1_793_527_200_000


def seen(at_s: float, x: float, moved: float, *, y: float = 0.2, score: float = 0.8) -> SeenAt:
    at_ms = T0 + round(at_s * 1000)
    return SeenAt(f"s{at_ms // 30_000}", at_ms, "person", score, Box(x, y, 0.2, 0.6), moved)


def moving(start_s: float, end_s: float, x: float, w: float = 0.3) -> MotionAt:
    start, end = round(start_s * 1000), round(end_s * 1000)
    return MotionAt(T0 + start, T0 + end, 0.1, Box(x, 0.2, w, 0.6))


def walk(start_s: float, x0: float, x1: float, seconds: float = 3) -> list[SeenAt]:
    count = round(seconds / 0.4)
    return [seen(start_s + n * 0.4, x0 + (x1 - x0) * n / count, 0.5) for n in range(count + 1)]


def told(
    sightings: Sequence[SeenAt],
    motion: Sequence[MotionAt] = (),
    covered: Sequence[tuple[float, float]] = ((0, 10_000),),
) -> list[Event]:
    intervals = [(T0 + round(a * 1000), T0 + round(b * 1000)) for a, b in covered]
    return events(sightings, motion, intervals, 0.5)


def spans(found: list[Event]) -> list[tuple[float, float]]:
    return [((e.start_ms - T0) / 1000, (e.end_ms - T0) / 1000) for e in found]


def test_one_who_walks_in_stands_still_across_segments_and_leaves_is_one_event() -> None:
    standing = [seen(13 + n, 0.5, 0.0) for n in range(26)]
    found = told(walk(10, 0.0, 0.5) + standing + walk(39, 0.5, 0.9))
    assert spans(found) == [(10, 42.2)]
    assert found[0].count == 1


def test_one_whom_the_detector_loses_while_he_stands_is_still_one_event() -> None:
    assert spans(told(walk(10, 0.0, 0.5) + walk(45, 0.5, 0.9))) == [(10, 48.2)]


def test_one_who_leaves_unseen_ends_where_he_was_seen_last() -> None:
    assert spans(told(walk(10, 0.0, 0.5))) == [(10, 13.2)]
    another = walk(45, 0.5, 0.9)
    gone = [moving(14, 16, 0.5, 0.5)]
    assert len(told(walk(10, 0.0, 0.5) + another, gone)) == 2


def test_what_stands_there_all_day_is_no_event() -> None:
    assert told([seen(n, 0.5, 0.0) for n in range(900)]) == []


def test_what_a_hand_sets_down_is_no_event() -> None:
    shaken = [seen(10 + n * 0.4, 0.5 + 0.01 * (n % 2), 0.6) for n in range(6)]
    assert told(shaken + [seen(13 + n, 0.5, 0.0) for n in range(60)]) == []


def test_an_arm_that_reaches_in_from_above_is_no_event() -> None:
    boxes = [Box(0.3, 0.0, 0.15 + 0.06 * n, 0.2 + 0.15 * n) for n in range(5)]
    arm = [SeenAt("s", T0 + 10_000 + n * 400, "person", 0.8, b, 0.6) for n, b in enumerate(boxes)]
    assert told(arm) == []


def boxes(*path: Box) -> list[SeenAt]:
    return [SeenAt("s", T0 + 10_000 + n * 400, "person", 0.8, b, 0.6) for n, b in enumerate(path)]


def test_an_arm_that_lets_go_of_what_it_held_is_no_event() -> None:
    arm = [Box(0.0, 0.0, 0.13, 0.6), Box(0.0, 0.0, 0.19, 0.88), Box(0.0, 0.0, 0.21, 0.91)]
    assert told(boxes(*arm, Box(0.08, 0.32, 0.1, 0.56))) == []


def test_an_arm_that_sways_is_no_event() -> None:
    assert told(boxes(*(Box(x, 0.0, 0.18, 0.8) for x in (0.12, 0.06, 0.0, 0.06)))) == []


def test_one_who_rises_out_of_the_lower_edge_has_come_though_he_hardly_goes_further() -> None:
    found = told(boxes(*(Box(0.4, y, 0.2, 1 - y) for y in (0.3, 0.2, 0.1, 0.05))))
    assert [e.count for e in found] == [1]


def test_one_who_rises_until_his_head_is_cut_off_has_come() -> None:
    found = told(boxes(*(Box(0.4, y, 0.2, 1 - y) for y in (0.35, 0.03, 0.0, 0.0))))
    assert [e.count for e in found] == [1]


def test_what_stood_at_the_lower_edge_and_is_taken_from_above_is_no_event() -> None:
    bottle, arm = Box(0.07, 0.31, 0.15, 0.68), Box(0.05, 0.0, 0.2, 0.88)
    shown = [(bottle, 0.0), (bottle, 0.0), (bottle.grown(0.005), 0.1), *[(arm, 0.4)] * 4]
    assert (
        told([SeenAt("s", T0 + n * 400, "person", 0.8, *one) for n, one in enumerate(shown)]) == []
    )


def test_one_who_rests_at_the_lower_edge_before_he_rises_on_has_come() -> None:
    low = [(n * 400, 0.7, moved) for n, moved in enumerate((0.3, 0.0, 0.0, 0.2))]
    rising = [(1_600 + n * 400, y, 0.3) for n, y in enumerate((0.6, 0.5, 0.4, 0.3, 0.2))]
    shown = [
        SeenAt("s", T0 + 10_000 + ms, "person", 0.8, Box(0.4, y, 0.2, 1 - y), moved)
        for ms, y, moved in low + rising
    ]
    assert [e.count for e in told(shown)] == [1]


def test_bounds_follow_the_motion_that_leads_in_and_out_but_not_all_motion() -> None:
    motion = [moving(8.9, 10, 0.0), moving(13.4, 14.5, 0.6), moving(13.4, 16, 0.0, 0.1)]
    assert spans(told(walk(10, 0.1, 0.6), motion)) == [(8.9, 14.5)]
    tree = [moving(n, n + 1, 0.0, 1.0) for n in range(60)]
    assert spans(told(walk(10, 0.1, 0.6), tree)) == [(7, 16.2)]


def test_two_visits_three_seconds_apart_are_two_events() -> None:
    first, second = walk(10, 0.1, 0.8), walk(16.2, 0.0, 0.5)
    motion = [moving(13, 14.2, 0.7), moving(15.4, 16.2, 0.0)]
    assert spans(told(first + second, motion)) == [(10, 14.2), (15.4, 19.4)]


def test_two_at_once_count_two_and_one_seen_twice_counts_one() -> None:
    pair = walk(10, 0.0, 0.3) + walk(10, 0.7, 0.4)
    assert [e.count for e in told(pair)] == [2]
    inner = [
        SeenAt(s.segment_id, s.at_ms, s.label, 0.6, Box(s.box.x, 0.25, 0.1, 0.2), s.moved)
        for s in walk(10, 0.0, 0.5)
    ]
    assert [e.count for e in told(walk(10, 0.0, 0.5) + inner)] == [1]


def test_a_hole_in_the_recording_ends_what_is_open() -> None:
    standing = [seen(13 + n, 0.5, 0.0) for n in range(5)] + [
        seen(25 + n, 0.5, 0.0) for n in range(5)
    ]
    visit = walk(10, 0.0, 0.5) + standing
    assert spans(told(visit, (), [(0, 18), (24, 60)])) == [(10, 18)]
    assert spans(told(visit, (), [(0, 18), (18.5, 29.5)])) == [(10, 29.5)]


def test_one_who_stood_there_when_recording_began_was_there_from_the_start() -> None:
    visit = [seen(n, 0.5, 0.0) for n in range(10)] + walk(10, 0.5, 0.9)
    assert spans(told(visit)) == [(0, 13.2)]


def test_doubtful_sightings_count_for_nothing() -> None:
    assert told([seen(10 + n * 0.4, 0.1 * n, 0.5, score=0.4) for n in range(8)]) == []


STOOD = walk(10, 0.1, 0.5) + [seen(13.5 + n, 0.5, 0.0) for n in range(5)]


def test_one_who_stands_still_unseen_for_ten_minutes_is_one_event() -> None:
    stirs = [moving(619.8, 623, 0.4, 0.5)]
    found = told([*STOOD, seen(620, 0.5, 0.0), *walk(620.4, 0.5, 0.9)], stirs)
    assert spans(found) == [(10, 623.6)]
    # Detectors find him again when he has gone a step.
    assert spans(told(STOOD + walk(620, 0.6, 0.9), stirs)) == [(10, 623.2)]
    fidgets = [MotionAt(T0 + 300_000, T0 + 301_000, 0.1, Box(0.5, 0.2, 0.2, 0.2))]
    assert spans(told(STOOD + walk(620, 0.5, 0.9), fidgets)) == [(10, 623.2)]


def test_one_who_is_known_again_when_he_has_walked_on_is_the_same() -> None:
    leads = [moving(619, 620, 0.45, 0.4), moving(620, 621, 0.6, 0.3)]
    assert spans(told(STOOD + walk(621, 0.8, 0.95), leads)) == [(10, 624.2)]
    # Nothing leads from where he stood to one who comes in elsewhere just then.
    elsewhere = [moving(619, 620, 0.45, 0.25), moving(620, 621, 0.0, 0.1)]
    assert len(told(STOOD + walk(621, 0.0, 0.15), elsewhere)) == 2
    # Others who come and go while he stands are part of his event.
    passer = walk(300, 0.0, 0.2)
    (found,) = told(STOOD + passer + walk(621, 0.8, 0.95), leads)
    assert found.end_ms - T0 == 624_200


def test_one_who_went_is_not_the_next_to_come() -> None:
    second = walk(605, 0.5, 0.9)
    gone = [moving(18.5, 20, 0.5, 0.5)]
    assert len(told(STOOD + second, gone)) == 2
    # Who was on his way when he was seen last has gone, though nobody saw him go.
    assert len(told(walk(10, 0.1, 0.5) + second)) == 2


def test_after_a_quarter_of_an_hour_one_who_comes_is_another() -> None:
    assert [len(told(STOOD + walk(minutes * 60, 0.5, 0.9))) for minutes in (14, 16)] == [1, 2]


def test_one_who_stood_is_there_until_something_moves_there_but_not_for_ever() -> None:
    for end_s, until_s in ((18.9, 18.9), (30, 30), (100, 47.5)):
        assert spans(told(STOOD, covered=[(0, end_s)])) == [(10, until_s)]
    goes, elsewhere = moving(25, 27, 0.5), moving(20, 22, 0.0, 0.3)
    assert spans(told(STOOD, [elsewhere])) == [(10, 47.5)]
    assert spans(told(STOOD, [elsewhere, goes])) == [(10, 27)]
    # Another who comes meanwhile has an event of his own.
    assert spans(told(STOOD + walk(30, 0.0, 0.2), [elsewhere])) == [(10, 30), (30, 33.2)]


def test_what_was_parked_there_comes_when_it_drives_off() -> None:
    parked = [replace(seen(n, 0.5, 0.0), label="car") for n in range(600)]
    passing = [moving(n, n + 2, 0.45, 0.3) for n in range(5, 600, 20)]
    assert told(parked, passing) == []
    drives = [replace(one, label="car") for one in walk(600, 0.5, 0.9)]
    assert [e.label for e in told(parked[3:] + drives)] == ["car"]
    assert spans(told(parked[3:] + drives))[0][0] > 599


def test_a_parked_car_that_people_walk_past_stays_furniture() -> None:
    whole, cut = Box(0.5, 0.4, 0.3, 0.2), Box(0.6, 0.4, 0.2, 0.2)
    shown = [
        SeenAt("s", T0 + 400 * n, "car", 0.8, cut if n % 50 in {21, 22} else whole, moved)
        for n in range(1_000)
        for moved in (0.2 if 20 <= n % 50 < 24 else 0.0,)
    ]
    assert told(shown) == []


def test_a_box_that_trembles_for_hours_is_no_visitor() -> None:
    rare = [seen(n * 30, 0.5 + 0.06 * (n % 2), 0.2) for n in range(60)]
    still = [seen(n, 0.5, 0.0) for n in range(1_800) if n % 30]
    assert told(rare + still) == []


def test_an_event_tells_the_zones_it_touched_and_a_class_counts_in_its_own_only() -> None:
    path = walk(10, 0.0, 0.8)
    drive = [replace(one, zones=("drive",) if one.box.x > 0.5 else ()) for one in path]
    assert [e.zones for e in told(path)] == [()]
    assert [e.zones for e in told(drive)] == [("drive",)]
    outside = [replace(one, counts=False) for one in path]
    assert told(outside) == []
    touched = [replace(one, counts=bool(one.zones)) for one in drive]
    assert spans(told(touched)) == spans(told(path))


def test_an_event_tells_the_way_that_was_gone_in_few_places() -> None:
    standing = [seen(13.4 + n, 0.5, 0.0) for n in range(60)]
    (found,) = told(walk(10, 0.0, 0.5) + standing + walk(73.2, 0.5, 0.9))
    at = [(p.at_ms - T0) / 1000 for p in found.path]
    assert (at[0], at[-1]) == (10, 76.4)
    assert len(at) <= 5
    where = dict(zip(at, [p.x for p in found.path], strict=True))
    assert where[10] == pytest.approx(0.1)
    assert where[76.4] == pytest.approx(1.0)
    # When he stood is told as well.
    still = [second for second, x in where.items() if x == pytest.approx(0.6, abs=0.01)]
    assert min(still) == pytest.approx(13.2, abs=1)
    assert max(still) == pytest.approx(73, abs=1)


def test_one_lost_and_found_has_one_way_and_one_beside_him_has_no_part_in_it() -> None:
    lost = walk(10, 0.0, 0.2) + walk(14.5, 0.5, 0.7)
    beside = walk(10, 0.9, 0.75, seconds=2)
    (found,) = told(lost + beside)
    assert found.count == 2
    assert [p.x for p in found.path] == sorted(p.x for p in found.path)


visits = st.lists(
    st.tuples(st.integers(0, 400), st.floats(0, 0.4), st.floats(0.3, 0.8), st.integers(1, 30)),
    max_size=4,
)


def made(drawn: list[tuple[int, float, float, int]]) -> tuple[list[SeenAt], list[MotionAt]]:
    sightings, motion = [], []
    for at, x0, x1, stands in drawn:
        sightings += walk(at, x0, x1) + [seen(at + 3 + n, x1, 0.0) for n in range(stands)]
        motion += [moving(at - 1, at + 1, x0), moving(at + 2, at + 4, x1)]
    return sightings, motion


@settings(deadline=None)
@given(visits, st.randoms(use_true_random=False))
def test_the_order_and_the_repeating_of_what_arrives_change_nothing(
    drawn: list[tuple[int, float, float, int]], order: random.Random
) -> None:
    sightings, motion = made(drawn)
    expected = told(sightings, motion)
    again, moved = sightings + sightings[::3], motion + motion[::2]
    order.shuffle(again)
    order.shuffle(moved)
    assert told(again, moved) == expected


@settings(deadline=None)
@given(visits, visits, st.booleans())
def test_stretches_further_apart_than_the_gap_can_be_told_apart_unless_one_stood_there(
    earlier: list[tuple[int, float, float, int]],
    later: list[tuple[int, float, float, int]],
    leaves: bool,
) -> None:
    a, motion_a = made(earlier)
    if leaves:
        motion_a += [moving(500, 502, 0.0, 1.0)]
    last = max([s.at_ms for s in a] + [m.end_ms for m in motion_a], default=T0)
    shift = (last - T0 + boundary_gap_ms) // 1000 + 2
    b, motion_b = made([(at + shift, *rest) for at, *rest in later])  # type: ignore[misc]
    whole = told(a + b, motion_a + motion_b, [(-10, 4000)])
    middle = shift - boundary_gap_ms / 2000
    parts = told(a, motion_a, [(-10, middle)]) + told(b, motion_b, [(middle, 4000)])
    linked = links_of(a, b, motion_a + motion_b)
    assert linked or whole == parts
    if leaves:
        assert not linked


def links_of(a: list[SeenAt], b: list[SeenAt], motion: list[MotionAt]) -> list[Link]:
    parts = [sorted(part, key=lambda s: s.at_ms) for part in (a, b) if part]
    clusters = [(part[0].at_ms, part[-1].at_ms) for part in parts]
    return links([one for part in parts for one in part], clusters, MotionIndex(motion))
