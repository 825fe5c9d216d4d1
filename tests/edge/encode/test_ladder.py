"""The ladder: sizes keep their shape; down at once, up slowly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.encode import LADDER, Conditions, Limits, Rung, ladder_of
from edge.encode.ladder import Place, step

LIMITS = Limits()
WELL = Conditions(runway_s=100_000, temperature_c=50)
SHORT = Conditions(runway_s=600, temperature_c=50)


def walk(seen: Conditions, seconds: int, place: Place, start_s: int = 0, lag_s: float = 0) -> Place:
    """Looks every two seconds."""
    for at_s in range(start_s, start_s + seconds, 2):
        place = step(place, len(LADDER), seen, lag_s, at_s * 1_000, LIMITS)
    return place


def test_a_source_has_its_own_size_and_the_smaller_rungs() -> None:
    assert ladder_of(1080) == LADDER
    assert ladder_of(720) == LADDER[1:]
    assert ladder_of(360) == (Rung(480, 2_000),)
    assert ladder_of(2160) == (Rung(2160, 32_000), *LADDER)
    assert LADDER[1].size_of(1920, 1080) == (1280, 720)
    assert LADDER[2].size_of(1920, 1080) == (854, 480)
    assert LADDER[0].size_of(641, 361) == (640, 360)
    assert LADDER[1].name == "720p 4000k"


@given(st.integers(16, 8_000), st.integers(16, 8_000))
def test_no_picture_is_made_larger_and_all_keep_their_shape(width: int, height: int) -> None:
    for rung in ladder_of(height):
        wide, high = rung.size_of(width, height)
        assert wide % 2 == high % 2 == 0
        assert wide <= width
        assert high <= height
        assert abs(wide * height - width * high) <= 2 * max(width, height)


@pytest.mark.parametrize(
    ("seen", "lag_s", "reason"),
    [
        (SHORT, 0.0, "the spool lasts 10 more minutes"),
        (WELL, 1.5, "encoding is 1.5 s behind"),
        (Conditions(temperature_c=81), 0.0, "the machine is at 81 °C"),
    ],
)
def test_each_trouble_moves_down_at_once(seen: Conditions, lag_s: float, reason: str) -> None:
    place = step(Place(), len(LADDER), seen, lag_s, 5_000, LIMITS)
    assert (place.rung, place.reason) == (1, reason)


def test_trouble_that_lasts_moves_on_down_to_the_last_rung_and_no_further() -> None:
    assert walk(SHORT, 10, Place()).rung == 1
    assert walk(SHORT, 14, Place()).rung == 2
    assert walk(SHORT, 600, Place()).rung == 2


def test_the_way_up_is_slow_and_one_rung_at_a_time() -> None:
    low = walk(SHORT, 60, Place())
    assert walk(WELL, 120, low, 60).rung == 2
    assert walk(WELL, 124, low, 60).rung == 1
    assert walk(WELL, 240, low, 60).rung == 1
    assert walk(WELL, 250, low, 60).rung == 0


def test_what_is_neither_bad_nor_fair_holds_the_rung() -> None:
    low = walk(SHORT, 60, Place())
    between = Conditions(runway_s=2 * 3_600, temperature_c=50)
    assert walk(between, 3_600, low, 60).rung == 2
    waiting = walk(WELL, 100, low, 60)
    assert walk(WELL, 100, walk(between, 2, waiting, 160), 162).rung == 2


def test_what_nobody_can_tell_is_no_reason_to_move() -> None:
    assert walk(Conditions(), 3_600, Place()) == Place()
    assert walk(Conditions(), 600, walk(SHORT, 60, Place()), 60).rung == 0
