"""Reading: what a stretch holds, tables that were never made, tables that changed meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl
import pytest

from edge.clock import to_day, to_ms
from flows.catalogue import delta, facts, fold, journal, opened, read
from flows.catalogue.journal import Kind
from flows.catalogue.schema import EVENTS, SEGMENTS, TABLES, Table
from flows.site import Site
from flows.stages.rebuild import rebuild
from flows.store import ObjectStore
from tests.flows import story
from tests.flows.story import DAY, LENGTH_MS, START_MS

Reader = Callable[..., pl.DataFrame]


@pytest.fixture
def told(folder: Site) -> Site:
    """A site that holds the story of one camera."""
    story.write(folder, cameras=1)
    fold.fold(folder)
    return folder


def test_tables_that_were_never_made_read_as_empty(folder: Site) -> None:
    for table in TABLES:
        found = read.rows(folder, table)
        assert found.is_empty()
        assert found.columns == [c for c in table.schema if c != "day"]
    assert read.cameras(folder) == []
    assert read.latest(folder).is_empty()
    assert not read.covered(folder, "hall", 0, 1)


def test_a_stretch_holds_what_overlaps_it(told: Site) -> None:
    second = START_MS + LENGTH_MS
    found = read.segments(told, "camera0", second, second + 1)
    assert found["id"].to_list() == [story.segment("camera0", 1).id]
    assert read.segments(told, "camera0", second - 1, second + 1, all=True).height == 2
    assert read.segments(told, "nobody", second, second + 1).is_empty()


def test_status_tells_where_footage_is(told: Site) -> None:
    shown = read.segments(told, all=True).select("status").to_series().to_list()
    assert shown == ["expired", *["stored"] * 5, "expired", *["stored"] * 2]
    assert read.segments(told).height == 7


def test_one_who_stands_still_across_segments_is_one_event(told: Site) -> None:
    found = read.events(told, "camera0", label="person").to_dicts()
    assert len(found) == 1
    assert found[0]["count"] == 1
    assert found[0]["start_utc"].timestamp() * 1_000 == pytest.approx(
        START_MS + story.COMES * 1_000, abs=1_000
    )
    assert found[0]["end_utc"].timestamp() * 1_000 == pytest.approx(
        START_MS + story.LEFT * 1_000, abs=1_000
    )
    assert read.events(told, label="car").is_empty()
    assert read.events(told, confidence=0.9).is_empty()


def test_covered_asks_for_all_of_a_stretch(told: Site) -> None:
    end = START_MS + 9 * LENGTH_MS
    assert read.covered(told, "camera0", START_MS, end)
    assert not read.covered(told, "camera0", START_MS - 1, end)
    assert not read.covered(told, "camera0", START_MS, end + 1)


def test_a_table_kept_open_sees_what_came_and_what_a_rebuild_made(told: Site) -> None:
    before = read.segments(told, all=True)
    more = story.segment("camera0", 9)
    fact = facts.stored(more, version_id="", received_ms=story.NOW_MS)
    journal.write(told.store, Kind.SEGMENTS, [fact], story.NOW_MS)
    fold.fold(told, everything=True)
    after = read.segments(told, all=True)
    assert after.height == before.height + 1
    assert read.latest(told)["id"].to_list() == [more.id]
    rebuild(told)
    assert read.segments(told, all=True).equals(after)


@pytest.fixture
def scattered(folder: Site) -> Site:
    """Three cameras' story in many files whose times overlap, some rows in two of them."""
    keys = story.write(folder, cameras=3)
    random.Random(7).shuffle(keys)
    for at in range(0, len(keys), 4):
        fold.fold_keys(folder, keys[at : at + 4])
    for table in (SEGMENTS, EVENTS):
        rows = read.rows(folder, table).with_columns(day=pl.lit(DAY))
        delta.insert(delta.open_table(folder.store, table), table, rows)
    return folder


def paged(reader: Reader, site: Site, most: int) -> list[str]:
    """Ids of every page, one after the other."""
    found: list[str] = []
    after = None
    while not (page := reader(site, most=most, after=after).head(most)).is_empty():
        found += page["id"].to_list()
        after = to_ms(page["start_utc"][-1]), found[-1]
    return found


def test_pages_come_to_the_whole(scattered: Site) -> None:
    for reader in (partial(read.segments, all=True), read.events):
        whole = reader(scattered)["id"].to_list()
        assert len(whole) >= 3
        for most in (1, 2, 5, 100):
            assert paged(reader, scattered, most) == whole


def test_the_newest_events_are_those_that_are_shown(scattered: Site) -> None:
    ends = read.events(scattered).group_by("camera", "label").agg(pl.col("start_utc").max())
    assert read.newest_events(scattered).sort("camera").equals(ends.sort("camera"))
    one = replace(scattered, only=frozenset({"camera1", "elsewhere"}))
    assert read.newest_events(one).rows() == [r for r in ends.rows() if r[0] == "camera1"]


def test_the_first_rows_are_read_from_the_first_files(
    told: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fact = facts.stored(story.segment("camera0", 50_000), version_id="", received_ms=story.NOW_MS)
    journal.write(told.store, Kind.SEGMENTS, [fact], story.NOW_MS)
    fold.fold(told)
    asked: list[str] = []

    def collect(store: ObjectStore, table: Table, uris: list[str], **how: Any) -> pl.DataFrame:
        asked.extend(uris)
        return opened.collect(store, table, uris, **how)

    monkeypatch.setattr(read, "collect", collect)
    assert read.segments(told, most=1)["id"][0] == read.segments(told)["id"][0]
    days = [opened.day_of(uri) for uri in asked]
    assert days.count(to_day(START_MS + 50_000 * LENGTH_MS)) == 1


def test_many_commits_leave_few_files(folder: Site) -> None:
    story.write(folder, cameras=1)
    fold.fold(folder)
    for number in range(10, 10 + 2 * delta.TIDY_EVERY):
        one = story.segment("camera0", number)
        fact = facts.stored(one, version_id="", received_ms=story.NOW_MS)
        rows = delta.frame(SEGMENTS, [facts.segment_row(fact)])
        delta.insert(delta.open_table(folder.store, SEGMENTS), SEGMENTS, rows)
    table = delta.open_table(folder.store, SEGMENTS)
    files = pl.DataFrame(table.get_add_actions(flatten=True))
    assert files.group_by("partition.day").len()["len"].max() <= delta.TIDY_EVERY + 1  # type: ignore[operator]
    assert read.segments(folder, all=True).height == 9 + 2 * delta.TIDY_EVERY
