"""Visits told from batches: across quiet footage, with the zones and the way, in any order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import to_ms
from flows.audit.evidence import gather
from flows.audit.tables import c4
from flows.catalogue import facts, fold, journal, read
from flows.catalogue.journal import Fact, Kind
from flows.site import Site
from flows.vision.zones import Zones, polygon
from tests.flows.orders import a_few, assert_order_is_nothing
from tests.flows.story import LENGTH_MS, NOW_MS, START_MS, result, segment

CAMERA, MINUTES = "camera0", 10
# A segment in which something moves where he stands, if it does.
LEAVES = 30
# The story's nine segments: he comes in the second and goes in the sixth. In between he stands.
STANDING = 3
DRIVE = polygon([[0.4, 0.5], [1, 0.5], [1, 1], [0.4, 1]])


def stretched(number: int) -> int:
    """The story with many more segments in which he stands than it has."""
    more = MINUTES * 60_000 // LENGTH_MS
    return number if number <= STANDING else max(STANDING, number - more)


def analysed(number: int, *, leaves: bool = False, zones: str = "") -> Fact:
    """What was found in a segment; in the midst of his standing nothing was, or that he left."""
    told = stretched(number)
    fact = {**result(segment(CAMERA, told), told), "zones": zones}
    fact["segment_id"] = segment(CAMERA, number).id
    if number > STANDING and told == STANDING:
        fact |= {"seen": [], "motion": [], "decoded_frames": 0}
    if leaves and number == LEAVES:
        where = {"x": 0.4, "y": 0.2, "w": 0.4, "h": 0.6}
        fact["motion"] = [{"start_ms": 0, "end_ms": 1_000, "score": 0.1, **where}]
    return fact


NUMBERS = range(9 + MINUTES * 60_000 // LENGTH_MS)


def write(site: Site, *, leaves: bool = False, zones: str = "") -> Sequence[str]:
    every = [segment(CAMERA, n) for n in NUMBERS]
    stored = [facts.stored(s, version_id="", received_ms=NOW_MS) for s in every]
    found = [analysed(n, leaves=leaves, zones=zones) for n in NUMBERS]
    told = [(Kind.SEGMENTS, stored[n : n + 23]) for n in range(0, len(stored), 23)]
    told += [(Kind.RESULTS, found[n : n + 13]) for n in range(0, len(found), 13)]
    return [
        journal.write(site.store, kind, batch, NOW_MS + n) for n, (kind, batch) in enumerate(told)
    ]


def seconds(event: dict[str, Any]) -> tuple[float, float]:
    start_ms, end_ms = to_ms(event["start_utc"]), to_ms(event["end_utc"])
    return (start_ms - START_MS) / 1_000, (end_ms - START_MS) / 1_000


@pytest.fixture
def visits(folder: Site) -> list[dict[str, Any]]:
    write(folder)
    fold.fold(folder)
    assert c4(gather(folder)).keys == ()
    return read.events(folder).to_dicts()


def test_one_who_stands_unseen_for_ten_minutes_is_one_event(
    visits: list[dict[str, Any]],
) -> None:
    (visit,) = visits
    assert seconds(visit) == (12, MINUTES * 60 + 56)
    assert visit["count"] == 1


def test_its_way_is_told_with_it(visits: list[dict[str, Any]]) -> None:
    way = [(to_ms(place["at_utc"]) - START_MS, place["x"]) for place in visits[0]["path"]]
    assert way[0] == (12_000, pytest.approx(0.1))
    assert way[-1][0] == MINUTES * 60_000 + 55_600
    assert [x for _, x in way] == sorted(x for _, x in way)
    assert visits[0]["zones"] == []


def test_one_who_comes_where_another_went_is_another(folder: Site) -> None:
    write(folder, leaves=True)
    fold.fold(folder)
    assert read.events(folder).height == 2


def test_a_better_look_at_where_he_stood_parts_the_visits_again(folder: Site) -> None:
    write(folder)
    fold.fold(folder)
    again = {**analysed(LEAVES, leaves=True), "config_digest": "d" * 64}
    again["analysed_ms"] += 60_000
    journal.write(folder.store, Kind.RESULTS, [again], NOW_MS + 1_000)
    fold.fold(folder)
    assert read.events(folder).height == 2
    assert c4(gather(folder)).keys == ()


def test_zones_are_those_that_held_when_footage_was_analysed(folder: Site) -> None:
    zones = Zones({"drive": DRIVE, "nowhere": polygon([[0, 0], [0.1, 0], [0.1, 0.1]])})
    write(folder, zones=zones.to_json())
    fold.fold(folder)
    (visit,) = read.events(folder).to_dicts()
    assert visit["zones"] == ["drive"]
    assert c4(gather(folder)).keys == ()


@pytest.mark.parametrize(("only", "told"), [("drive", 1), ("nowhere", 0)])
def test_a_class_with_zones_makes_events_in_those_only(folder: Site, only: str, told: int) -> None:
    corner = polygon([[0, 0], [0.1, 0], [0.1, 0.1]])
    zones = Zones({"drive": DRIVE, "nowhere": corner}, {"person": (only,)})
    write(folder, zones=zones.to_json())
    fold.fold(folder)
    assert read.events(folder).height == told


@a_few
@given(order=st.randoms(use_true_random=False), size=st.integers(1, 4), leaves=st.booleans())
def test_batches_in_any_order_come_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, order: random.Random, size: int, leaves: bool
) -> None:
    zones = Zones({"drive": DRIVE}, {"person": ("drive",)}).to_json()
    root = tmp_path_factory.mktemp("order")
    told = partial(write, leaves=leaves, zones=zones)
    assert_order_is_nothing(root, told, order, size)
