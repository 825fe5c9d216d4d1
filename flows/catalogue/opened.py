"""Tables kept open between questions: files with their statistics, and rows out of few files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import polars as pl
from deltalake import DeltaTable

from edge.clock import to_utc
from edge.errors import LivecamError
from edge.segment import Origin
from flows.catalogue import delta
from flows.catalogue.schema import Table
from flows.store import ObjectStore

T = TypeVar("T")

_NO_FILES = pl.DataFrame(schema={"uri": pl.String})


class Opened:
    """A table kept open: each look takes in only the commits since the last.

    Threads may share it.
    """

    def __init__(self, table: Table) -> None:
        self.table, self._lock = table, threading.Lock()
        self._delta: DeltaTable | None = None
        self._version = -1
        self._files = _NO_FILES
        self._cameras: dict[str, frozenset[str]] = {}
        self._began: dict[str, dict[str, int]] = {}
        self._newest: dict[str, pl.DataFrame] = {}

    def files(self, store: ObjectStore) -> pl.DataFrame:
        """The files as they stand now: `uri`, `modification_time` and statistics; maybe none."""
        with self._lock:
            self._refresh(store)
            if self._delta is None:
                return _NO_FILES
            if self._version != self._delta.version():
                self._files = _statistics(self._delta)
                self._version = self._delta.version()
            return self._files

    def cameras(self, store: ObjectStore) -> dict[str, frozenset[str]]:
        """Which cameras each file holds. A file never changes: each is looked into once."""
        self._cameras = self._each(store, self._cameras, _cameras_in)
        return self._cameras

    def began(self, store: ObjectStore) -> dict[str, dict[str, int]]:
        """When in each file each camera's rows begin (ms), imported footage left out."""
        self._began = self._each(store, self._began, _began_in)
        return self._began

    def newest(self, store: ObjectStore) -> dict[str, pl.DataFrame]:
        """When in each file of `events` the newest of a kind begins: see `_newest_in`."""
        self._newest = self._each(store, self._newest, _newest_in)
        return self._newest

    def _each(
        self, store: ObjectStore, known: dict[str, T], look: Callable[[pl.LazyFrame], T]
    ) -> dict[str, T]:
        """What every file says, those looked into that are not known yet."""
        uris = self.files(store)["uri"].to_list()
        schema = self.table.schema
        return {
            uri: known[uri] if uri in known else look(delta.scan(store, [uri], schema))
            for uri in uris
        }

    def forget(self) -> None:
        """Open the table anew at the next look."""
        with self._lock:
            self._delta = None

    def _refresh(self, store: ObjectStore) -> None:
        if self._delta is not None:
            try:
                with delta.mapped(self.table):
                    self._delta.update_incremental()
            except LivecamError:
                self._delta = None
        if self._delta is None:
            self._delta, self._version = delta.find(store, self.table), -1


def _statistics(opened: DeltaTable) -> pl.DataFrame:
    actions = pl.DataFrame(opened.get_add_actions(flatten=True))
    if actions.is_empty():
        return _NO_FILES
    root = opened.table_uri.rstrip("/")
    return actions.with_columns(uri=pl.lit(root + "/") + pl.col("path"))


def _cameras_in(rows: pl.LazyFrame) -> frozenset[str]:
    return frozenset(rows.select(pl.col("camera").unique()).collect()["camera"].to_list())


def _began_in(rows: pl.LazyFrame) -> dict[str, int]:
    if "origin" in rows.collect_schema():
        rows = rows.filter(pl.col("origin") == str(Origin.RECORDED))
    first = rows.group_by("camera").agg(pl.col("start_utc").min().dt.epoch("ms"))
    return dict(first.collect().iter_rows())


def _newest_in(rows: pl.LazyFrame) -> pl.DataFrame:
    """The newest event of each camera, label and model, and of those that looked there too."""
    kinds = [pl.col(name) for name in ("camera", "label", "analyser", "model_digest")]
    kinds.append(pl.col("other_models").list.join(","))
    return rows.group_by(kinds).agg(pl.col("start_utc").max()).collect()


# By address and server: every S3 store has the same address within its server.
_opened: dict[tuple[str, str], Opened] = {}
_opening = threading.Lock()


def opened(store: ObjectStore, table: Table) -> Opened:
    """The table of that store, opened once in this process."""
    place = store.delta_uri(table.path), store.delta_options().get("aws_endpoint", "")
    with _opening:
        return _opened.setdefault(place, Opened(table))


def collect(
    store: ObjectStore,
    table: Table,
    uris: list[str],
    *,
    cameras: Sequence[str] | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    where: pl.Expr | None = None,
    columns: Sequence[str] | None = None,
    as_they_lie: bool = False,
) -> pl.DataFrame:
    """Rows of some files that overlap the stretch, doubled rows once, in order of time.

    `as_they_lie`: in any order, doubled rows twice, which a month of a site takes a third of.
    """
    first, last = bounds(table)
    lazy = delta.scan(store, uris, table.schema)
    if start_ms is not None:
        lazy = lazy.filter(pl.col(last) > to_utc(start_ms))
    if end_ms is not None:
        lazy = lazy.filter(pl.col(first) < to_utc(end_ms))
    if cameras is not None:
        lazy = lazy.filter(pl.col("camera").is_in(list(cameras)))
    if where is not None:
        lazy = lazy.filter(where)
    wanted = [c for c in columns or table.schema if c != "day"]
    if as_they_lie:
        return lazy.select(wanted).collect()
    lazy = lazy.select(*dict.fromkeys([*wanted, "id", first]))
    found = lazy.collect().unique("id", keep="any").sort(first, "id")
    return found.select(wanted)


def bounds(table: Table) -> tuple[str, str]:
    """The columns that tell when a row begins and ends."""
    names = table.schema
    if "start_utc" in names:
        return "start_utc", "end_utc" if "end_utc" in names else "start_utc"
    at = "at_utc" if "at_utc" in names else "folded_utc"
    return at, at


def touched(
    files: pl.DataFrame, table: Table, start_ms: int | None, end_ms: int | None
) -> list[str]:
    """The files that may hold rows of the stretch, by their statistics."""
    return _touched(files, table, start_ms, end_ms)["uri"].to_list()


def batches(
    files: pl.DataFrame, table: Table, start_ms: int | None, end_ms: int | None
) -> Iterator[tuple[list[str], datetime | None]]:
    """The same files, those whose rows begin earliest first, each time twice as many.

    With each batch the time before which no row of a later one begins; None with the last.
    """
    begins = f"min.{bounds(table)[0]}"
    kept = _touched(files, table, start_ms, end_ms)
    if begins not in kept.columns or kept[begins].has_nulls():
        yield kept["uri"].to_list(), None
        return
    kept, at, count = kept.sort(begins), 0, 1
    while at < len(kept):
        following = at + count
        later = kept[begins][following] if following < len(kept) else None
        yield kept["uri"][at:following].to_list(), later
        at, count = following, 2 * count


def _touched(
    files: pl.DataFrame, table: Table, start_ms: int | None, end_ms: int | None
) -> pl.DataFrame:
    first, last = bounds(table)
    if f"min.{first}" not in files.columns:
        return files
    keep = pl.lit(True)
    if start_ms is not None:
        keep &= pl.col(f"max.{last}").is_null() | (pl.col(f"max.{last}") >= to_utc(start_ms))
    if end_ms is not None:
        keep &= pl.col(f"min.{first}").is_null() | (pl.col(f"min.{first}") <= to_utc(end_ms))
    return files.filter(keep)


def day_of(uri: str) -> str:
    """The partition that a file of a table lies in."""
    return uri.rsplit("/day=", 1)[-1].split("/", 1)[0]
