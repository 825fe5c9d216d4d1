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
from deltalake import write_deltalake

from edge.clock import SystemClock, from_iso
from edge.home import Home
from flows.catalogue import delta, read
from flows.catalogue.schema import EVENTS, SEGMENTS, UTC_TIME, Table
from flows.settings import FlowSettings
from flows.site import Site
from flows.store.folder import FolderStore
from infra.bench import Goal, Row

CAMERAS, DAYS, SEGMENT_MS = 20, 30, 30_000
A_DAY = 86_400_000 // SEGMENT_MS
FIRST_MS = from_iso("2026-10-01")
ROUNDS = 30
LABEL = "person"


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Both rows: p95 in ms over ROUNDS searches each."""
    site = Site(FlowSettings(), Home(folder), FolderStore(folder / "store"), SystemClock())
    site.store.prepare()  # type: ignore[attr-defined]
    say(f"writing {CAMERAS * DAYS * A_DAY:,} segments and as many events")
    database = sqlite3.connect(folder / "peer.sqlite")
    for day in range(DAYS):
        _write(site, database, SEGMENTS, segments(day))
        _write(site, database, EVENTS, events(day))
    for table in (SEGMENTS, EVENTS):
        database.execute(f"create index {table.name}_time on {table.name} (camera, start_ms)")
    database.execute("create index events_label on events (label, start_ms)")
    database.execute("analyze")
    say("searching a camera's day")
    yield _row(
        "search-day", 50, _p95(lambda n: _day(site, n)), _p95(lambda n: _day_of(database, n))
    )
    say("searching a label over thirty days")
    ours, peer = _p95(lambda _: _label(site)), _p95(lambda _: _label_of(database))
    yield _row("search-label", 300, ours, peer)


def _row(name: str, goal_ms: float, ours: float, peer: float) -> Row:
    return Row(name, ours, peer, "indexed SQLite", "ms p95", Goal(goal_ms, "ours"))


def _p95(search: Callable[[int], int]) -> float:
    search(0)
    times = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        if not search(number):
            raise AssertionError("the search found nothing")
        times.append((time.perf_counter() - began) * 1_000)
    return quantiles(times, n=20)[-1]


def _camera_and_day(number: int) -> tuple[str, int]:
    return f"camera-{number % CAMERAS:02}", FIRST_MS + number * 7 % DAYS * 86_400_000


def _day(site: Site, number: int) -> int:
    camera, start = _camera_and_day(number)
    found = read.segments(site, camera, start, start + 86_400_000, columns=read.SEGMENT_COLUMNS)
    return len(_plain(found))


def _plain(found: pl.DataFrame) -> list[tuple[object, ...]]:
    """Rows as the peer answers them: times as whole milliseconds."""
    return found.with_columns(pl.selectors.datetime().dt.epoch("ms")).rows()


def _day_of(database: sqlite3.Connection, number: int) -> int:
    camera, start = _camera_and_day(number)
    sql = """select * from segments where camera = ? and start_ms >= ? and start_ms < ?
             order by start_ms"""
    return len(database.execute(sql, (camera, start, start + 86_400_000)).fetchall())


def _label(site: Site) -> int:
    end = FIRST_MS + DAYS * 86_400_000
    found = read.events(site, None, FIRST_MS, end, label=LABEL, columns=read.EVENT_COLUMNS)
    return len(_plain(found))


def _label_of(database: sqlite3.Connection) -> int:
    end = FIRST_MS + DAYS * 86_400_000
    sql = (
        "select * from events where label = ? and start_ms >= ? and start_ms < ? order by start_ms"
    )
    return len(database.execute(sql, (LABEL, FIRST_MS, end)).fetchall())


def _base(day: int, offset_ms: int) -> pl.DataFrame:
    start = FIRST_MS + day * 86_400_000
    cameras = pl.DataFrame({"camera": [f"camera-{n:02}" for n in range(CAMERAS)]})
    slots = pl.DataFrame({"slot": range(A_DAY)})
    at_ms = pl.col("slot").cast(pl.Int64) * SEGMENT_MS + start + offset_ms
    return cameras.join(slots, how="cross").with_columns(start_ms=at_ms)


def _utc(ms: pl.Expr) -> pl.Expr:
    return (ms * 1_000).cast(UTC_TIME)


def segments(day: int) -> pl.DataFrame:
    """A day's segments as the fold would have them, with all their ranges."""
    rows = _base(day, 0)
    digest = pl.col("camera").hash(day).cast(pl.String) + pl.col("slot").hash().cast(pl.String)
    ranges = [
        {
            "offset_bytes": 1_000 + n * 250_000,
            "size_bytes": 250_000,
            "start_ms": n * 4_000,
            "media_ms": 4_000,
        }
        for n in range(7)
    ]
    known = {
        "status": pl.lit("stored"),
        "node": pl.lit("pi") + (pl.col("camera").str.slice(-2).cast(pl.Int64) // 2).cast(pl.String),
        "start_utc": _utc(pl.col("start_ms")),
        "end_utc": _utc(pl.col("start_ms") + SEGMENT_MS),
        "received_utc": _utc(pl.col("start_ms") + SEGMENT_MS + 5_000),
        "media_ms": pl.lit(SEGMENT_MS, pl.Int64),
        "wall_ms": pl.lit(SEGMENT_MS, pl.Int64),
        "version_id": digest.str.slice(0, 32),
        "size_bytes": pl.lit(2_000_000, pl.Int64),
        "sha256": digest.str.pad_start(64, "0"),
        "codec": pl.lit("h264"),
        "mime_codecs": pl.lit("avc1.64001f"),
        "width": pl.lit(1920, pl.Int64),
        "height": pl.lit(1080, pl.Int64),
        "fps": pl.lit(15.0),
        "origin": pl.lit("recorded"),
        "init_bytes": pl.lit(1_000, pl.Int64),
        "ranges": pl.lit(pl.Series([ranges], dtype=SEGMENTS.schema["ranges"])).first(),
        "reason": pl.lit(None, pl.String),
        "day": _utc(pl.col("start_ms")).dt.strftime("%Y-%m-%d"),
    }
    stamp = _utc(pl.col("start_ms")).dt.strftime("%Y%m%d_%H%M%S.000Z")
    named = rows.with_columns(
        id=pl.col("camera") + "_" + stamp + "_" + digest.str.slice(0, 16)
    ).with_columns(**known)
    key = pl.lit("videos/") + pl.col("camera") + "/" + pl.col("day") + "/" + pl.col("id") + ".mp4"
    return _whole(named.with_columns(key=key), SEGMENTS)


def events(day: int) -> pl.DataFrame:
    """A day's events, one in fifty of them of LABEL."""
    rows = _base(day, 3_000)
    label = pl.when(pl.col("slot") % 50 == 0).then(pl.lit(LABEL)).otherwise(pl.lit("car"))
    known = {
        "label": label,
        "start_utc": _utc(pl.col("start_ms")),
        "end_utc": _utc(pl.col("start_ms") + 12_000),
        "score": pl.lit(0.8),
        "count": pl.lit(1, pl.Int64),
        "segment_id": pl.col("camera") + "_" + pl.col("start_ms").cast(pl.String),
        "best_utc": _utc(pl.col("start_ms") + 4_000),
        **{name: pl.lit(0.25) for name in ("x", "y", "w", "h")},
        "analyser": pl.lit("fastestdet"),
        "model_digest": pl.lit("31cb14c017fce347"),
        "config_digest": pl.lit("0" * 16),
        "code_version": pl.lit("0.1.0"),
        "flow_run_id": pl.lit("bench"),
        "day": _utc(pl.col("start_ms")).dt.strftime("%Y-%m-%d"),
    }
    named = rows.with_columns(**known)
    made = named.with_columns(
        id=pl.col("camera") + "_" + pl.col("label") + "_" + pl.col("start_ms").cast(pl.String)
    )
    return _whole(made, EVENTS)


def _whole(made: pl.DataFrame, table: Table) -> pl.DataFrame:
    """All of a table's columns; null, as of footage from long ago, where nothing is made up."""
    missing = {n: pl.lit(None, t) for n, t in table.schema.items() if n not in made.columns}
    return made.with_columns(**missing).select(*table.schema, "start_ms")


def _write(site: Site, database: sqlite3.Connection, table: Table, made: pl.DataFrame) -> None:
    delta.open_table(site.store, table)
    held = made.drop("start_ms").sort("camera", "start_utc")
    write_deltalake(
        site.store.delta_uri(table.path),
        held.to_arrow(),
        mode="append",
        writer_properties=delta.WRITER,
    )
    columns = [*read_columns(table), "start_ms"]
    flat = made.select(columns).with_columns(pl.selectors.datetime().dt.epoch("ms"))
    names = ", ".join(columns)
    # Names are this file's own; values travel as parameters.
    database.execute(f"create table if not exists {table.name} ({names})")
    marks = ", ".join("?" * len(columns))
    database.executemany(f"insert into {table.name} values ({marks})", flat.iter_rows())  # noqa: S608
    database.commit()


def read_columns(table: Table) -> tuple[str, ...]:
    """The columns a search answers with."""
    return read.SEGMENT_COLUMNS if table is SEGMENTS else read.EVENT_COLUMNS
