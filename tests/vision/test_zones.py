from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.vision.detector import Box
from flows.vision.zones import Zones, contains, from_json, polygon, raster

DRIVE = polygon([[0, 0.5], [1, 0.5], [1, 1], [0, 1]])
DOOR = polygon([[0.4, 0.4], [0.6, 0.4], [0.6, 0.7], [0.4, 0.7]])

parts = st.integers(0, 40).map(lambda n: n / 40)
corners = st.lists(st.tuples(parts, parts), min_size=3, max_size=8)


def test_one_stands_where_his_feet_are() -> None:
    zones = Zones({"drive": DRIVE, "door": DOOR})
    assert zones.touched(Box(0.45, 0.1, 0.1, 0.5)) == ("door", "drive")
    assert zones.touched(Box(0.45, 0.1, 0.1, 0.35)) == ("door",)
    assert zones.touched(Box(0.45, 0.5, 0.1, 0.35)) == ("drive",)
    assert zones.touched(Box(0.1, 0.1, 0.1, 0.2)) == ()


def test_who_is_cut_off_by_the_picture_s_edge_stands_on_it() -> None:
    zones = Zones({"drive": DRIVE})
    assert zones.touched(Box(0.4, 0.3, 0.2, 0.7)) == ("drive",)
    assert zones.touched(Box(0.9, 0.3, 0.2, 0.7)) == ("drive",)
    assert zones.touched(Box(-0.2, 0.3, 0.2, 0.7)) == ("drive",)


def test_a_class_with_zones_of_its_own_counts_in_those_only() -> None:
    zones = Zones({"drive": DRIVE, "door": DOOR}, {"car": ("drive",)})
    assert zones.count("car", ["door", "drive"])
    assert not zones.count("car", ["door"])
    assert zones.count("person", [])


@settings(deadline=None)
@given(corners)
def test_a_mask_holds_the_pixels_whose_middle_lies_within(corners: Any) -> None:
    mask = raster([corners], 32, 18)
    expected = [
        [contains(corners, (x + 0.5) / 32, (y + 0.5) / 18) for x in range(32)] for y in range(18)
    ]
    np.testing.assert_array_equal(mask, expected)


def test_a_mask_of_several_holds_all_of_them() -> None:
    mask = raster([DRIVE, DOOR], 100, 100)
    assert mask.sum() == 50 * 100 + 20 * 10
    assert not raster([], 4, 4).any()


@given(st.dictionaries(st.text(min_size=1), corners, min_size=1))
def test_zones_are_read_as_they_were_spelled(drawn: Any) -> None:
    zones = Zones({name: tuple(points) for name, points in drawn.items()}, {"car": ("a", "b")})
    assert from_json(zones.to_json()) == zones
    assert from_json(Zones().to_json()) == Zones()
