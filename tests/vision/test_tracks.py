from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.vision.detector import Box
from flows.vision.path import MOST, Place, thinned
from flows.vision.tracks import MotionIndex, SeenAt, Track, tracks

LOOK_MS = 400


def seen(at_ms: int, x: float, y: float = 0.3, w: float = 0.1, label: str = "person") -> SeenAt:
    return SeenAt("s", at_ms, label, 0.8, Box(x, y, w, 0.5), 0.5)


def followed(sightings: Iterable[SeenAt]) -> list[Track]:
    ordered = sorted(sightings, key=lambda s: s.at_ms)
    return tracks(ordered, MotionIndex([]), lambda _: 0)


def going(start: float, pace: float, looks: int, *, y: float = 0.3) -> list[SeenAt]:
    """One seen `looks` times, `pace` parts of the picture further each time."""
    return [seen(n * LOOK_MS, start + n * pace, y) for n in range(looks)]


@pytest.mark.parametrize("hidden", [0, 1, 2, 3])
@pytest.mark.parametrize("pace", [0.03, 0.05, 0.07])
def test_two_who_cross_keep_their_tracks(pace: float, hidden: int) -> None:
    looks = 16
    right = going(0.5 - pace * 7.5, pace, looks)
    left = going(0.5 + pace * 7.5, -pace, looks, y=0.31)
    middle = [(looks - hidden) // 2 <= n < (looks + hidden) // 2 for n in range(looks)]
    shown = [one for one, is_hidden in zip(left, middle, strict=True) if not is_hidden]
    found = followed(right + shown)
    assert len(found) == 2
    for track in found:
        ys = {one.box.y for one in track.seen}
        assert ys in ({0.3}, {0.31})


def test_one_who_stops_between_two_looks_is_the_same() -> None:
    way = going(0.1, 0.06, 6)
    stopped = [replace(seen(6 * LOOK_MS + n * 1_000, 0.46), moved=0.0) for n in range(5)]
    (track,) = followed(way + stopped)
    assert track.arrived


def test_what_is_faster_than_its_own_width_is_followed() -> None:
    (track,) = followed(going(0.05, 0.13, 6))
    assert track.arrived


def test_what_is_seen_now_here_now_there_is_not_one_thing() -> None:
    found = followed(seen(n * LOOK_MS, 0.1 if n % 2 else 0.7) for n in range(8))
    assert len(found) == 2
    assert not any(track.arrived for track in found)


def test_a_queue_that_moves_up_is_not_taken_for_one_another() -> None:
    queue = [going(x, 0.04, 8) for x in (0.05, 0.17, 0.29, 0.41)]
    found = followed(one for person in queue for one in person)
    assert sorted(len(track.seen) for track in found) == [8, 8, 8, 8]
    assert all(t.seen[-1].box.x - t.seen[0].box.x == pytest.approx(0.28) for t in found)


places = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=200)


@settings(deadline=None)
@given(places)
def test_a_way_is_told_in_few_of_its_places_with_its_ends(drawn: list[tuple[float, float]]) -> None:
    way = [Place(n * LOOK_MS, x, y) for n, (x, y) in enumerate(drawn)]
    told = thinned(way)
    assert len(told) <= MOST
    assert (told[0].at_ms, told[-1].at_ms) == (way[0].at_ms, way[-1].at_ms)
    assert {p.at_ms for p in told} <= {p.at_ms for p in way}
    assert [p.at_ms for p in told] == sorted(p.at_ms for p in told)


@pytest.mark.parametrize(
    "where", [lambda n: (n / 100, 0.5), lambda n: (min(n, 50) / 100, 0.5), lambda _: (0.5, 0.5)]
)
def test_a_plain_way_takes_no_more_places_than_it_has_turns(
    where: Callable[[int], tuple[float, float]],
) -> None:
    assert len(thinned([Place(n * LOOK_MS, *where(n)) for n in range(100)])) <= 3
