"""Corrections carried out on the tables: segments and gaps, and what was found in footage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from edge.clock import to_day
from flows.catalogue import delta, facts, placing
from flows.catalogue.journal import Fact
from flows.catalogue.placing import Span
from flows.catalogue.schema import ANALYSES, DETECTIONS, GAPS, MOTION, SEGMENTS, Table
from flows.store import ObjectStore

Starts = Mapping[str, int]  # of segments, by id

# A picture may be of the day after its segment's name.
_LONGEST_MS = 2 * 3_600_000
# How long after its segment's first picture a row begins, where not with it.
_OFFSETS = {DETECTIONS.name: "at_ms", MOTION.name: "start_ms"}


def carry_out(store: ObjectStore, told: Iterable[Fact]) -> dict[str, list[Span]]:
    """Move all rows of the boots that these facts speak of; answers where footage moved.

    Findings before their segments, so that a crash between repeats both. Raises CommitConflict.
    """
    boots = {(fact["camera"], fact["boot_id"]) for fact in told}
    if not boots:
        return {}
    known = placing.timelines(store, {camera for camera, _ in boots})
    had = placing.of_boots(store, SEGMENTS, boots)
    now = placing.segments(had, known)
    moved = placing.candidates(now, known)
    follow(store, starts_in(now))
    _update(store, SEGMENTS, had, now)
    gaps = placing.of_boots(store, GAPS, boots)
    _update(store, GAPS, gaps, placing.gaps(gaps, known))
    return moved


def _update(store: ObjectStore, table: Table, had: pl.DataFrame, now: pl.DataFrame) -> None:
    rows = placing.differing(had, now)
    if table is SEGMENTS:
        named = [placing.named_ms(one) for one in rows["id"]]
        rows = rows.select("id", "start_utc", "end_utc", "synchronised")
    else:
        named = [facts.gap_of(row).start_ms for row in rows.iter_rows(named=True)]
        rows = rows.select("id", "start_utc", "end_utc")
    placing.update(store, table, placing.with_days(rows, named))


def starts_in(rows: pl.DataFrame) -> Starts:
    """When each segment of these rows starts."""
    return dict(zip(rows["id"], rows["start_utc"].dt.epoch("ms"), strict=True))


def moved_starts(store: ObjectStore, segment_ids: Sequence[str]) -> Starts:
    """When those of the segments start that were corrected; others do as they are named."""
    table = delta.find(store, SEGMENTS) if segment_ids else None
    if table is None:
        return {}
    days = {to_day(placing.named_ms(one)) for one in segment_ids}
    rows = delta.rows_of(store, table, days).select("id", "start_utc")
    found = starts_in(rows.filter(pl.col("id").is_in(list(segment_ids))).collect())
    return {one: start for one, start in found.items() if start != placing.named_ms(one)}


def shifted(table: Table, rows: pl.DataFrame, starts: Starts) -> pl.DataFrame:
    """Rows of findings with the times that follow from when their segments start.

    `starts` may lack segments: their rows stay as they are.
    """
    if rows.is_empty() or not starts:
        return rows
    offset = _OFFSETS.get(table.name)
    first = "at_utc" if table is DETECTIONS else "start_utc"
    begun = rows["segment_id"].replace_strict(starts, default=None, return_dtype=pl.Int64)
    named = [placing.named_ms(one) for one in rows["segment_id"]]
    rows = rows.with_columns(begun=begun, named=pl.Series(named, dtype=pl.Int64))
    if offset is None:
        at = pl.col("begun")
    else:
        told = pl.coalesce(pl.col(offset), pl.col(first).dt.epoch("ms") - pl.col("named"))
        rows = rows.with_columns(told.alias(offset))
        at = pl.col("begun") + pl.col(offset)
    by = (at - pl.col(first).dt.epoch("ms")).fill_null(0) * 1_000
    times = [name for name in ("at_utc", "start_utc", "end_utc") if name in rows.columns]
    moved = rows.with_columns((pl.col(name) + pl.duration(microseconds=by)) for name in times)
    return moved.drop("begun", "named")


def follow(store: ObjectStore, starts: Starts) -> None:
    """Let all that was found in these segments lie where they do. Raises CommitConflict."""
    if not starts:
        return
    named = [placing.named_ms(one) for one in starts]
    days = {to_day(ms + more) for ms in named for more in (0, _LONGEST_MS)}
    for table in (DETECTIONS, MOTION, ANALYSES):
        offset = _OFFSETS.get(table.name)
        found = delta.widened(store, table)
        if found is None:
            continue
        rows = delta.rows_of(store, found, days)
        had = rows.filter(pl.col("segment_id").is_in(list(starts))).collect().unique("id")
        times = [name for name in ("at_utc", "start_utc", "end_utc") if name in had.columns]
        wanted = ["id", "segment_id", *times, *([offset] if offset else [])]
        had = had.select(wanted)
        now = placing.differing(had, shifted(table, had, starts))
        after = now[offset].to_list() if offset else [0] * now.height
        began = [
            placing.named_ms(one) + ms for one, ms in zip(now["segment_id"], after, strict=True)
        ]
        placing.update(store, table, placing.with_days(now.drop("segment_id"), began))
