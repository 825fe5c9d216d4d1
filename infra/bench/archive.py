"""serve-archive: a camera's day among ten million segments, beside indexed SQLite and DuckDB.

All three answer whole rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from edge.clock import SystemClock
from edge.home import Home
from flows.catalogue import read
from flows.catalogue.schema import SEGMENTS
from flows.settings import FlowSettings
from flows.site import Site
from flows.store.folder import FolderStore
from infra.bench import Row, months
from infra.bench.months import A_DAY, CAMERAS, DAY_MS, camera_and_day
from infra.bench.search import p95

DAYS = 174
COLUMNS = (*read.SEGMENT_COLUMNS, "start_ms")
DAY = """select * from segments where camera = ? and start_ms >= ? and start_ms < ?
         order by start_ms"""


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """The p95 in ms, beside each peer's."""
    import duckdb

    home = Home(folder)
    site = Site(FlowSettings(), home, FolderStore(home.store), SystemClock())
    site.store.prepare()  # type: ignore[attr-defined]
    lite, duck = sqlite3.connect(folder / "peer.sqlite"), duckdb.connect(folder / "peer.duckdb")
    say(f"writing {CAMERAS * DAYS * A_DAY:,} segments, three times")
    for day in range(DAYS):
        made = months.segments(day)
        months.write(site, SEGMENTS, made)
        _lite(lite, made, first=day == 0)
        _duck(duck, made, first=day == 0)
    for one in (lite, duck):
        one.execute("create index segments_time on segments (camera, start_ms)")
    say("searching them")
    ours = p95(lambda number: _ours(site, number))
    for name, peer in (("SQLite", lite), ("DuckDB", duck)):
        took = p95(lambda number, of=peer: _theirs(of, number))  # type: ignore[misc]
        yield Row(f"serve-archive-{name.lower()}", ours, took, f"indexed {name}", "ms p95")


def _lite(peer: sqlite3.Connection, made: pl.DataFrame, *, first: bool) -> None:
    if first:
        peer.execute(f"create table segments ({', '.join(COLUMNS)})")
    marks = ", ".join("?" * len(COLUMNS))
    rows = months.plain(made.select(COLUMNS))
    peer.executemany(f"insert into segments values ({marks})", rows)  # noqa: S608
    peer.commit()


def _duck(peer: Any, made: pl.DataFrame, *, first: bool) -> None:
    peer.register("made", made.select(COLUMNS).to_arrow())
    peer.execute(f"{'create table segments as' if first else 'insert into segments'} from made")


def _ours(site: Site, number: int) -> int:
    camera, start_ms = camera_and_day(number, DAYS)
    columns = read.SEGMENT_COLUMNS
    found = read.segments(site, camera, start_ms, start_ms + DAY_MS, columns=columns)
    return len(months.plain(found))


def _theirs(peer: Any, number: int) -> int:
    camera, start_ms = camera_and_day(number, DAYS)
    return len(peer.execute(DAY, (camera, start_ms, start_ms + DAY_MS)).fetchall())
