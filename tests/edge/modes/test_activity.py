"""Motion by packet sizes: what is one, and all that looks like one and is none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from edge.modes.activity import MOST, Activity
from tests.edge.modes.streams import CBR, CBR_WITH_A_FLOOR, CRF, Packet, View, sizes, sizes_of

START_MS = 1_000_000
CLIP = "one-by-one-person-detection.mp4"


def watched(packets: Iterable[Packet], activity: Activity) -> list[tuple[float, float, float]]:
    """When motion began, when that was known, and when it ended, in seconds."""
    found: list[tuple[float, float, float]] = []
    began, now = None, 0.0
    for at_ms, size, keyframe in packets:
        activity.add(START_MS + at_ms, size, keyframe)
        now = at_ms / 1000
        if activity.moving and began is None:
            began = ((activity.since_ms - START_MS) / 1000, now)
        elif not activity.moving and began is not None:
            found.append((*began, now))
            began = None
    return [*found, (*began, now)] if began else found


def later(packets: list[Packet], by_ms: int, times: float = 1.0) -> Iterator[Packet]:
    return ((at_ms + by_ms, round(size * times), key) for at_ms, size, key in packets)


@pytest.fixture(scope="module")
def walks() -> list[Packet]:
    return sizes(View(60, ((25, 32), (45, 48))), CRF)


@pytest.fixture(scope="module")
def empty() -> list[Packet]:
    return sizes(View(60), CRF)


def test_each_walk_is_told_within_a_second_and_ends(walks: list[Packet]) -> None:
    first, second = watched(walks, Activity())
    assert 24 <= first[0] <= 25 < first[1] <= 26
    assert 32 <= first[2] <= 37
    assert 44 <= second[0] <= 45 < second[1] <= 46


def test_the_same_packets_give_the_same_answers(walks: list[Packet]) -> None:
    one, other = Activity(), Activity()
    assert watched(walks, one) == watched(walks, other)
    assert one.values(START_MS, START_MS + 60_000) == other.values(START_MS, START_MS + 60_000)


def test_a_second_that_moves_is_a_letter_and_a_still_one_a_digit(walks: list[Packet]) -> None:
    activity = Activity()
    watched(walks, activity)
    text = activity.values(START_MS, START_MS + 60_000)
    assert len(text) == 59  # the last second is not over
    assert text[25:32].isalpha()
    assert text[5:24].isdigit()
    assert activity.values(START_MS + 26_500, START_MS + 28_000) == text[26:28]
    assert activity.values(START_MS + 90_000, START_MS + 99_000) == ""


def test_noise_alone_is_no_motion(empty: list[Packet]) -> None:
    assert watched(empty, Activity()) == []


def test_a_fixed_bitrate_that_a_still_picture_does_not_need_shows_motion() -> None:
    packets = sizes(View(50, ((30, 36),)), CBR_WITH_A_FLOOR)
    [(began, _, ended)] = watched(packets, Activity())
    assert 29 <= began <= 30
    assert 36 <= ended <= 41


def test_a_fixed_bitrate_filled_with_noise_is_known_to_tell_nothing() -> None:
    activity = Activity()
    watched(sizes(View(50), CBR), activity)
    assert activity.blind


def test_what_is_not_rate_controlled_is_not_blind(empty: list[Packet]) -> None:
    night = sizes(View(50, noise=lambda _: 9.0), CRF)
    for packets in (empty, night):
        activity = Activity()
        watched(packets, activity)
        assert not activity.blind


def test_night_is_a_step_that_settles_and_walks_show_before_it() -> None:
    view = View(
        90,
        ((15, 19),),
        noise=lambda t: 2.0 if t < 30 else 8.0,
        light=lambda t: 1.0 if t < 30 else 0.5,
    )
    walk, night = watched(sizes(view, CRF), Activity())
    assert 14 <= walk[0] <= 15
    assert night[0] == pytest.approx(30, abs=1)
    assert night[2] <= 70  # learned anew, and quiet from then on


def test_a_light_that_is_switched_is_over_at_once_or_never_seen() -> None:
    view = View(70, ((50, 55),), light=lambda t: 0.6 if t >= 25 else 1.0)
    found = watched(sizes(view, CRF), Activity())
    assert all(ended - began <= 8 for began, _, ended in found if began < 45)
    assert 49 <= found[-1][0] <= 50


@pytest.mark.parametrize("times", [0.5, 3.0])
def test_another_bitrate_is_learned_anew(
    empty: list[Packet], walks: list[Packet], times: float
) -> None:
    activity = Activity()
    watched(empty, activity)
    activity.rebase()
    found = watched(later(walks, 60_000, times), activity)
    assert [round(began) for began, _, _ in found] == [85, 105]


def test_a_bitrate_that_falls_untold_is_learned_within_seconds(
    empty: list[Packet], walks: list[Packet]
) -> None:
    activity = Activity()
    watched(empty, activity)
    found = watched(later(walks, 60_000, 0.5), activity)
    assert [began for began, _, _ in found] == [pytest.approx(85, abs=3), 105]


def test_a_bitrate_that_rises_untold_is_motion_until_it_has_settled(empty: list[Packet]) -> None:
    activity = Activity()
    watched(empty, activity)
    [(began, _, ended)] = watched(later(empty, 60_000, 4.0), activity)
    assert began == pytest.approx(60, abs=1)
    assert ended <= 100


def test_less_sensitive_cameras_ask_for_more(walks: list[Packet]) -> None:
    assert watched(walks, Activity(0.2)) == []
    assert len(watched(walks, Activity(1.5))) >= 2


def test_a_lone_large_packet_is_no_motion(empty: list[Packet]) -> None:
    packets = [
        (at_ms, size * 8 if n == 400 else size, key) for n, (at_ms, size, key) in enumerate(empty)
    ]
    assert watched(packets, Activity()) == []


def test_a_pause_of_the_camera_is_no_motion_and_memory_is_bounded(empty: list[Packet]) -> None:
    activity = Activity()
    for round_ in range(25):
        assert watched(later(empty, round_ * 100_000), activity) == []
    assert len(activity.values(START_MS, START_MS + 2_500_000)) <= MOST


@pytest.mark.sample(CLIP)
def test_every_visit_of_the_sample_moves(samples: Path) -> None:
    truth = json.loads((samples / "truth.json").read_text())[CLIP]["person_s"]
    activity = Activity()
    watched(sizes_of(samples / CLIP), activity)
    text = activity.values(START_MS, START_MS + 140_000)
    for start, end in truth:
        moves = [second for second in range(start - 2, end + 2) if text[second : second + 1] > "9"]
        assert moves
        # Margins of 5 s before and 10 s after join what is no further apart than this.
        assert max(b - a for a, b in pairwise([start, *moves, end])) <= 14
    assert sum(value <= "9" for value in text[:6]) >= 5


def test_another_stillness_must_be_seen_for_a_while(empty: list[Packet]) -> None:
    activity = Activity()
    watched(empty, activity)
    assert not activity.unsure
    darker = list(later(empty, 60_000, 0.2))
    watched(darker[:30], activity)
    assert activity.unsure
    assert activity.since_ms == START_MS + 60_000
    watched(darker[30:], activity)
    assert not activity.unsure


def test_who_stands_still_is_a_change_that_lasts(empty: list[Packet]) -> None:
    activity = Activity()
    watched(empty, activity)
    assert not activity.changed
    watched(list(later(empty, 60_000, 1.1))[:150], activity)
    assert not activity.moving
    assert activity.changed
