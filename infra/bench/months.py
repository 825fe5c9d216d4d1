"""Days of a large site as the fold would leave them: twenty cameras, segments of 30 s."""

from __future__ import annotations

import polars as pl
from deltalake import write_deltalake

from edge.clock import from_iso
from flows.catalogue import delta
from flows.catalogue.schema import DETECTIONS, EVENTS, SEGMENTS, UTC_TIME, Table
from flows.site import Site

CAMERAS, SEGMENT_MS = 20, 30_000
DAY_MS = 86_400_000
A_DAY = DAY_MS // SEGMENT_MS
FIRST_MS = from_iso("2026-10-01")
LABEL = "person"
DETECTIONS_A_SEGMENT = 3
_LINEAGE = {
    "analyser": pl.lit("fastestdet"),
    "model_digest": pl.lit("31cb14c017fce347"),
    "config_digest": pl.lit("0" * 16),
    "code_version": pl.lit("0.1.0"),
    "flow_run_id": pl.lit("bench"),
}


def write(site: Site, table: Table, made: pl.DataFrame) -> None:
    """Append a day's rows, as one commit."""
    delta.open_table(site.store, table)
    held = made.sort("camera", "start_ms").drop("start_ms")
    write_deltalake(
        site.store.delta_uri(table.path),
        held.to_arrow(),
        mode="append",
        writer_properties=delta.WRITER,
    )


def plain(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    """Rows as other databases answer them: times as whole milliseconds."""
    return rows.with_columns(pl.selectors.datetime().dt.epoch("ms")).rows()


def camera_and_day(number: int, days: int) -> tuple[str, int]:
    """Another camera and day for each number: the start of the day in ms."""
    return f"camera-{number % CAMERAS:02}", FIRST_MS + number * 7 % days * DAY_MS


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
        **_LINEAGE,
        "day": _utc(pl.col("start_ms")).dt.strftime("%Y-%m-%d"),
    }
    named = rows.with_columns(**known)
    made = named.with_columns(
        id=pl.col("camera") + "_" + pl.col("label") + "_" + pl.col("start_ms").cast(pl.String)
    )
    return _whole(made, EVENTS)


def detections(day: int) -> pl.DataFrame:
    """A day's detections, DETECTIONS_A_SEGMENT in each segment."""
    many = pl.DataFrame({"number": range(DETECTIONS_A_SEGMENT)})
    rows = _base(day, 3_000).join(many, how="cross")
    known = {
        "segment_id": pl.col("camera") + "_" + pl.col("start_ms").cast(pl.String),
        "at_utc": _utc(pl.col("start_ms") + pl.col("number") * 1_000),
        "label": pl.lit(LABEL),
        "score": pl.lit(0.8),
        **{name: pl.lit(0.25) for name in ("x", "y", "w", "h", "moved")},
        **_LINEAGE,
        "day": _utc(pl.col("start_ms")).dt.strftime("%Y-%m-%d"),
        "at_ms": 3_000 + pl.col("number").cast(pl.Int64) * 1_000,
    }
    named = rows.with_columns(**known).with_columns(
        id=pl.col("segment_id") + "/" + pl.col("number").cast(pl.String)
    )
    return _whole(named, DETECTIONS)


def _whole(made: pl.DataFrame, table: Table) -> pl.DataFrame:
    """All of a table's columns; null, as of footage from long ago, where nothing is made up."""
    missing = {n: pl.lit(None, t) for n, t in table.schema.items() if n not in made.columns}
    return made.with_columns(**missing).select(*table.schema, "start_ms")
