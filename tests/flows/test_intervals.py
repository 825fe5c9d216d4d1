"""Motion told as intervals, as each camera's settings want them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from edge.clock import to_ms
from flows.catalogue import facts, fold, intervals, journal
from flows.catalogue.journal import Kind
from flows.settings import parse
from flows.site import Site
from tests.flows.story import LENGTH_MS, NOW_MS, START_MS, result, segment

# Seconds since START_MS, over the end of a segment: two close together, a flicker, one further off.
PIECES = (
    (7.0, 8.0, 0.1),
    (9.5, 10.5, 0.4),
    (16.0, 16.4, 0.02),
    (19.0, 19.8, 0.05),
    (21.5, 23, 0.2),
)


@pytest.fixture
def moved(folder: Site) -> Site:
    for camera in ("camera0", "camera1"):
        every = [segment(camera, n) for n in range(3)]
        stored = [facts.stored(s, version_id="", received_ms=1) for s in every]
        journal.write(folder.store, Kind.SEGMENTS, stored, NOW_MS)
        found = [{**result(s, n), "seen": [], "motion": pieces(n)} for n, s in enumerate(every)]
        journal.write(folder.store, Kind.RESULTS, found, NOW_MS)
    fold.fold(folder)
    return folder


def pieces(number: int) -> list[dict[str, Any]]:
    begin = number * LENGTH_MS
    return [
        {
            "start_ms": round(start * 1_000) - begin,
            "end_ms": round(end * 1_000) - begin,
            "score": score,
            "x": score,
            "y": 0.2,
            "w": 0.1,
            "h": 0.1,
        }
        for start, end, score in PIECES
        if begin <= start * 1_000 < begin + LENGTH_MS
    ]


def with_settings(site: Site, **motion: Any) -> Site:
    one = {"source": "scene:", "detect": {"motion": motion}}
    return replace(site, settings=parse({"cameras": {"camera0": one}}))


def seconds(found: pl.DataFrame, camera: str = "camera0") -> list[tuple[float, float]]:
    own = found.filter(pl.col("camera") == camera).select("start_utc", "end_utc")
    return [
        ((to_ms(start) - START_MS) / 1_000, (to_ms(end) - START_MS) / 1_000)
        for start, end in own.iter_rows()
    ]


def test_pieces_close_together_are_one_and_a_flicker_is_none(moved: Site) -> None:
    found = intervals.motion(moved)
    assert seconds(found) == seconds(found, "camera1") == [(7, 10.5), (19, 23)]
    first = found.row(0, named=True)
    assert first["score"] == 0.4
    assert [first[n] for n in "xywh"] == [0.1, 0.2, pytest.approx(0.4), pytest.approx(0.1)]


def test_each_camera_has_its_own_idea_of_them(moved: Site) -> None:
    found = intervals.motion(with_settings(moved, merge="0s", min_length="0s"))
    assert len(seconds(found)) == len(PIECES)
    assert seconds(found, "camera1") == [(7, 10.5), (19, 23)]
    found = intervals.motion(with_settings(moved, merge="10s"))
    assert seconds(found) == [(7, 23)]
    assert seconds(intervals.motion(with_settings(moved, min_length="5s"))) == []


def test_an_interval_is_found_by_any_part_of_it(moved: Site) -> None:
    for start, end in ((9, 10), (10.4, 15), (6, 7.5)):
        asked = START_MS + round(start * 1_000), START_MS + round(end * 1_000)
        assert seconds(intervals.motion(moved, "camera0", *asked)) == [(7, 10.5)]
    assert intervals.motion(moved, "camera0", START_MS + 11_000, START_MS + 15_000).is_empty()
    assert intervals.motion(moved, "elsewhere").is_empty()
