"""search-day and search-label: the catalogue beside indexed SQLite, on thirty days of a site.

Twenty cameras with 30 s segments make 1,728,000 rows in thirty days; the events table gets as
many rows, of which one in fifty has the label asked for. Both sides answer whole rows.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles

import polars as pl

from edge.clock import SystemClock
from edge.home import Home
from flows.catalogue import read
from flows.catalogue.schema import EVENTS, SEGMENTS, Table
from flows.settings import FlowSettings
from flows.site import Site
from flows.store.folder import FolderStore
from infra.bench import Goal, Row, months
from infra.bench.months import A_DAY, CAMERAS, DAY_MS, FIRST_MS, LABEL, camera_and_day

DAYS = 30
ROUNDS = 30


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Both rows: p95 in ms over ROUNDS searches each."""
    site = Site(FlowSettings(), Home(folder), FolderStore(folder / "store"), SystemClock())
    site.store.prepare()  # type: ignore[attr-defined]
    say(f"writing {CAMERAS * DAYS * A_DAY:,} segments and as many events")
    database = sqlite3.connect(folder / "peer.sqlite")
    for day in range(DAYS):
        _write(site, database, SEGMENTS, months.segments(day))
        _write(site, database, EVENTS, months.events(day))
    for table in (SEGMENTS, EVENTS):
        database.execute(f"create index {table.name}_time on {table.name} (camera, start_ms)")
    database.execute("create index events_label on events (label, start_ms)")
    database.execute("analyze")
    say("searching a camera's day")
    yield _row("search-day", 50, p95(lambda n: _day(site, n)), p95(lambda n: _day_of(database, n)))
    say("searching a label over thirty days")
    ours, peer = p95(lambda _: _label(site)), p95(lambda _: _label_of(database))
    yield _row("search-label", 300, ours, peer)


def _row(name: str, goal_ms: float, ours: float, peer: float) -> Row:
    return Row(name, ours, peer, "indexed SQLite", "ms p95", Goal(goal_ms, "ours"))


def p95(search: Callable[[int], int], rounds: int = ROUNDS) -> float:
    """How long a search takes, in ms; it is handed its number, and answers how many it found."""
    search(0)
    times = []
    for number in range(rounds):
        began = time.perf_counter()
        if not search(number):
            raise AssertionError("the search found nothing")
        times.append((time.perf_counter() - began) * 1_000)
    return quantiles(times, n=20)[-1]


def _day(site: Site, number: int) -> int:
    camera, start = camera_and_day(number, DAYS)
    found = read.segments(site, camera, start, start + DAY_MS, columns=read.SEGMENT_COLUMNS)
    return len(months.plain(found))


def _day_of(database: sqlite3.Connection, number: int) -> int:
    camera, start = camera_and_day(number, DAYS)
    sql = """select * from segments where camera = ? and start_ms >= ? and start_ms < ?
             order by start_ms"""
    return len(database.execute(sql, (camera, start, start + DAY_MS)).fetchall())


def _label(site: Site) -> int:
    end = FIRST_MS + DAYS * DAY_MS
    found = read.events(site, None, FIRST_MS, end, label=LABEL, columns=read.EVENT_COLUMNS)
    return len(months.plain(found))


def _label_of(database: sqlite3.Connection) -> int:
    end = FIRST_MS + DAYS * DAY_MS
    sql = (
        "select * from events where label = ? and start_ms >= ? and start_ms < ? order by start_ms"
    )
    return len(database.execute(sql, (LABEL, FIRST_MS, end)).fetchall())


def _write(site: Site, database: sqlite3.Connection, table: Table, made: pl.DataFrame) -> None:
    months.write(site, table, made)
    columns = [*read_columns(table), "start_ms"]
    flat = months.plain(made.select(columns))
    names = ", ".join(columns)
    # Names are this file's own; values travel as parameters.
    database.execute(f"create table if not exists {table.name} ({names})")
    marks = ", ".join("?" * len(columns))
    database.executemany(f"insert into {table.name} values ({marks})", flat)  # noqa: S608
    database.commit()


def read_columns(table: Table) -> tuple[str, ...]:
    """The columns a search answers with."""
    return read.SEGMENT_COLUMNS if table is SEGMENTS else read.EVENT_COLUMNS
