"""What pages and gateway read of a site: the catalogue's rows, remembered for a moment."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

import polars as pl

from edge.clock import to_day, to_utc
from edge.errors import BadName, ObjectMissing
from edge.segment import SegmentName, check_name
from edge.settings import LONGEST_MS
from flows.catalogue import delta
from flows.catalogue.schema import ANALYSES, EVENTS, GAPS, MOTION, SEGMENTS, Status, Table
from flows.site import Site

DAY_MS = 86_400_000
# Rows never change but for their status, and a player asks for one segment's five times.
REMEMBERED_MS = 60_000
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows: of one camera or all, overlapping `[start_ms, end_ms)`, None for open."""

    camera: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Pinned:
    """Where one segment's bytes are: the row's own version (C1)."""

    key: str
    version_id: str
    size_bytes: int
    read_ms: int


class Archive:
    """The catalogue and the store behind it; safe to share between threads."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._pinned: dict[str, Pinned] = {}
        self._lock = Lock()

    def segments(self, asked: Question) -> pl.DataFrame:
        """Stored segments, all columns of the table; what was told is remembered."""
        found = self._rows(SEGMENTS, asked).filter(pl.col("status") == Status.STORED).collect()
        self._remember(found)
        return found

    def events(self, asked: Question, label: str | None, confidence: float) -> pl.DataFrame:
        """Events of a label (any, where None) with at least this score."""
        rows = self._rows(EVENTS, asked).filter(pl.col("score") >= confidence)
        return (rows.filter(pl.col("label") == label) if label else rows).collect()

    def event(self, id: str) -> dict[str, Any]:  # noqa: A002 - the row's own word
        """One event's row. Raises ObjectMissing."""
        rows = self._rows(EVENTS, _event_question(id)).filter(pl.col("id") == id).collect()
        if rows.is_empty():
            raise ObjectMissing("there is no such event")
        return rows.row(0, named=True)

    def row(self, name: SegmentName) -> dict[str, Any]:
        """One stored segment's row. Raises ObjectMissing."""
        asked = Question(name.camera, name.start_ms, name.start_ms + 1)
        rows = self.segments(asked).filter(pl.col("id") == name.id)
        if rows.is_empty():
            raise ObjectMissing("no such segment is stored", camera=name.camera)
        return rows.row(0, named=True)

    def gaps(self, asked: Question) -> pl.DataFrame:
        """Stretches without footage."""
        return self._rows(GAPS, asked).collect()

    def motion(self, asked: Question) -> pl.DataFrame:
        """Stretches in which something moved."""
        return self._rows(MOTION, asked).collect()

    def pinned(self, name: SegmentName) -> Pinned:
        """A stored segment's object. Raises ObjectMissing for what is not stored."""
        found = self._pinned.get(name.id)
        if found is None or found.read_ms < self.site.clock.utc_ms() - REMEMBERED_MS:
            self._pinned.pop(name.id, None)
            self.segments(Question(name.camera, name.start_ms, name.start_ms + 1))
            found = self._pinned.get(name.id)
        if found is None:
            raise ObjectMissing("no such segment is stored", camera=name.camera)
        return found

    def thumbnail_key(self, name: SegmentName) -> str:
        """The segment's picture. Raises ObjectMissing where none was made yet."""
        asked = Question(name.camera, name.start_ms, name.start_ms + 1)
        rows = self._rows(ANALYSES, asked).filter(pl.col("segment_id") == name.id)
        keys = rows.select(pl.col("thumbnail_key").drop_nulls()).collect().to_series().to_list()
        if not keys:
            raise ObjectMissing("the segment has no picture yet", camera=name.camera)
        return str(keys[-1])

    def _remember(self, found: pl.DataFrame) -> None:
        now_ms = self.site.clock.utc_ms()
        rows = found.select("id", "key", "version_id", "size_bytes").iter_rows()
        with self._lock:
            if len(self._pinned) > MOST_REMEMBERED:
                self._pinned.clear()
            self._pinned.update(
                {row[0]: Pinned(row[1], row[2] or "", row[3], now_ms) for row in rows}
            )

    def _rows(self, table: Table, asked: Question) -> pl.LazyFrame:
        opened = delta.find(self.site.store, table)
        if opened is None:
            return pl.LazyFrame(schema=table.schema)
        rows = delta.rows_of(self.site.store, opened, _days(asked))
        if asked.camera is not None:
            rows = rows.filter(pl.col("camera") == asked.camera)
        if asked.start_ms is not None:
            rows = rows.filter(pl.col("end_utc") > to_utc(asked.start_ms))
        if asked.end_ms is not None:
            rows = rows.filter(pl.col("start_utc") < to_utc(asked.end_ms))
        return rows


def _event_question(id: str) -> Question:  # noqa: A002
    """Where an event of this id stands: `<camera>_<label>_<start ms>`."""
    camera, _, rest = id.partition("_")
    start = rest.rpartition("_")[2]
    if not (start.isascii() and start.isdigit() and len(start) < 15):
        raise BadName(f"not an event's id: {id!r}")
    return Question(check_name(camera), int(start), int(start) + 1)


def _days(asked: Question) -> list[str] | None:
    """The partitions that can hold it: a row is filed under the day it starts."""
    if asked.start_ms is None or asked.end_ms is None:
        return None
    first = asked.start_ms - LONGEST_MS
    return sorted({to_day(ms) for ms in (*range(first, asked.end_ms, DAY_MS), asked.end_ms)})
