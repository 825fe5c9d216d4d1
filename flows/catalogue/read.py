"""Reading the catalogue: what the command line, the gateway and the dashboards ask.

Every function takes a `Site`, or anything with its `store`; times are ms since the epoch,
`start_ms` included and `end_ms` not; rows come as polars frames with the table's columns but
for `day`, in order of time. A table that was never made reads as empty.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

import polars as pl
from deltalake import DeltaTable

from edge.clock import to_utc
from edge.errors import LivecamError
from flows.catalogue import delta
from flows.catalogue.schema import (
    ANALYSES,
    DETECTIONS,
    EVENTS,
    EXPIRIES,
    GAPS,
    HOLDS,
    MOTION,
    SEGMENTS,
    SET_ASIDE,
    Status,
    Table,
)
from flows.store import ObjectStore

# What `livecam search --json` prints, in this order.
SEGMENT_COLUMNS = (
    *("id", "status", "camera", "node", "start_utc", "end_utc", "received_utc", "media_ms"),
    *("wall_ms", "key", "version_id", "size_bytes", "sha256", "codec", "width", "height", "fps"),
)
EVENT_COLUMNS = ("id", "camera", "label", "start_utc", "end_utc", "score", "count")


class HasStore(Protocol):
    """What reading needs of a site."""

    @property
    def store(self) -> ObjectStore: ...


class _Opened:
    """A table kept open: each look takes in only the commits since the last."""

    def __init__(self, table: Table) -> None:
        self._table, self._lock = table, threading.Lock()
        self._delta: DeltaTable | None = None
        self._version = -1
        self._files = pl.DataFrame()

    def files(self, store: ObjectStore) -> pl.DataFrame | None:
        """The table's files with their statistics as they stand now; None without a table."""
        with self._lock:
            self._refresh(store)
            if self._delta is None:
                return None
            if self._version != self._delta.version():
                self._files = _statistics(self._delta)
                self._version = self._delta.version()
            return self._files

    def _refresh(self, store: ObjectStore) -> None:
        if self._delta is not None:
            try:
                with delta.mapped(self._table):
                    self._delta.update_incremental()
            except LivecamError:
                self._delta = None
        if self._delta is None:
            self._delta, self._version = delta.find(store, self._table), -1

    def forget(self) -> None:
        """Open the table anew at the next look."""
        with self._lock:
            self._delta = None


def _statistics(opened: DeltaTable) -> pl.DataFrame:
    actions = pl.DataFrame(opened.get_add_actions(flatten=True))
    root = opened.table_uri.rstrip("/")
    return actions.with_columns(uri=pl.lit(root + "/") + pl.col("path"))


_opened: dict[str, _Opened] = {}
_opening = threading.Lock()


def _table(store: ObjectStore, table: Table) -> _Opened:
    with _opening:
        return _opened.setdefault(store.delta_uri(table.path), _Opened(table))


def rows(
    site: HasStore,
    table: Table,
    *,
    cameras: Sequence[str] | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    where: pl.Expr | None = None,
    columns: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Rows of any table that overlap the stretch, doubled rows once, in order of time."""
    opened = _table(site.store, table)
    try:
        return _rows(site.store, opened, table, cameras, start_ms, end_ms, where, columns)
    except (FileNotFoundError, pl.exceptions.ComputeError, OSError):
        # A file that a vacuum or a rebuild took away since the table was opened.
        opened.forget()
        return _rows(site.store, opened, table, cameras, start_ms, end_ms, where, columns)


def _rows(
    store: ObjectStore,
    opened: _Opened,
    table: Table,
    cameras: Sequence[str] | None,
    start_ms: int | None,
    end_ms: int | None,
    where: pl.Expr | None,
    columns: Sequence[str] | None,
) -> pl.DataFrame:
    files = opened.files(store)
    first, last = _bounds(table)
    uris = [] if files is None else _touched(files, first, last, start_ms, end_ms)
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
    lazy = lazy.select(*dict.fromkeys([*wanted, "id", first]))
    found = lazy.collect().unique("id", keep="any").sort(first, "id")
    return found.select(wanted)


def _bounds(table: Table) -> tuple[str, str]:
    """The columns that tell when a row begins and ends."""
    names = table.schema
    if "start_utc" in names:
        return "start_utc", "end_utc" if "end_utc" in names else "start_utc"
    return "at_utc", "at_utc"


def _touched(
    files: pl.DataFrame, first: str, last: str, start_ms: int | None, end_ms: int | None
) -> list[str]:
    """The files that may hold rows of the stretch, by their statistics."""
    if f"min.{first}" not in files.columns:
        return files["uri"].to_list() if "uri" in files.columns else []
    keep = pl.lit(True)
    if start_ms is not None:
        keep &= pl.col(f"max.{last}").is_null() | (pl.col(f"max.{last}") >= to_utc(start_ms))
    if end_ms is not None:
        keep &= pl.col(f"min.{first}").is_null() | (pl.col(f"min.{first}") <= to_utc(end_ms))
    return files.filter(keep)["uri"].to_list()


def _one(camera: str | None) -> list[str] | None:
    return None if camera is None else [camera]


def segments(
    site: HasStore,
    camera: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    all: bool = False,  # noqa: A002
    columns: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Segments whose footage is there; with `all` the expired and set aside too."""
    stored = None if all else pl.col("status") == str(Status.STORED)
    return rows(
        site,
        SEGMENTS,
        cameras=_one(camera),
        start_ms=start_ms,
        end_ms=end_ms,
        where=stored,
        columns=columns,
    )


def events(
    site: HasStore,
    camera: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    label: str | None = None,
    confidence: float = 0.0,
    columns: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Events, of one label or all, that scored at least `confidence`."""
    where = pl.col("score") >= confidence
    if label is not None:
        where &= pl.col("label") == label
    return rows(
        site,
        EVENTS,
        cameras=_one(camera),
        start_ms=start_ms,
        end_ms=end_ms,
        where=where,
        columns=columns,
    )


def gaps(
    site: HasStore,
    camera: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> pl.DataFrame:
    """Stretches without footage, each with its cause; a stored segment outranks one (E3)."""
    return rows(site, GAPS, cameras=_one(camera), start_ms=start_ms, end_ms=end_ms)


def motion(
    site: HasStore,
    camera: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> pl.DataFrame:
    """Where and when something moved."""
    return rows(site, MOTION, cameras=_one(camera), start_ms=start_ms, end_ms=end_ms)


def detections(
    site: HasStore,
    camera: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> pl.DataFrame:
    """Every object found in a picture, with its lineage (C5)."""
    return rows(site, DETECTIONS, cameras=_one(camera), start_ms=start_ms, end_ms=end_ms)


def analyses(
    site: HasStore,
    camera: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> pl.DataFrame:
    """Which segments were analysed, by what, in which run (C5)."""
    return rows(site, ANALYSES, cameras=_one(camera), start_ms=start_ms, end_ms=end_ms)


def expiries(site: HasStore, camera: str | None = None) -> pl.DataFrame:
    """Segments that retention took, each with the reason and its plan (D3)."""
    return rows(site, EXPIRIES, cameras=_one(camera))


def holds(site: HasStore, camera: str | None = None, *, released: bool = False) -> pl.DataFrame:
    """Holds in force; with `released` the past ones too."""
    where = None if released else pl.col("released_utc").is_null()
    return rows(site, HOLDS, cameras=_one(camera), where=where)


def set_aside(site: HasStore, *, state: str | None = "set_aside") -> pl.DataFrame:
    """What could not be processed, with the reason; `state` None tells of every state."""
    return rows(site, SET_ASIDE, where=None if state is None else pl.col("state") == state)


def latest(site: HasStore, camera: str | None = None) -> pl.DataFrame:
    """The newest segment of each camera, whatever its status."""
    found = rows(site, SEGMENTS, cameras=_one(camera))
    return found.sort("start_utc", "id").unique("camera", keep="last").sort("camera")


def cameras(site: HasStore) -> list[str]:
    """Every camera that ever stored a segment or told of a gap."""
    names: set[str] = set()
    for table in (SEGMENTS, GAPS):
        files = _table(site.store, table).files(site.store)
        if files is not None and "uri" in files.columns:
            lazy = delta.scan(site.store, files["uri"].to_list(), table.schema)
            names.update(lazy.select(pl.col("camera").unique()).collect()["camera"].to_list())
    return sorted(names)


def covered(site: HasStore, camera: str, start_ms: int, end_ms: int) -> bool:
    """Whether footage of the camera covers all of the stretch, expired footage included."""
    found = segments(site, camera, start_ms, end_ms, all=True, columns=("start_utc", "end_utc"))
    reached = start_ms
    for start, end in zip(
        found["start_utc"].dt.epoch("ms"), found["end_utc"].dt.epoch("ms"), strict=True
    ):
        if start > reached:
            return False
        reached = max(reached, end)
    return reached >= end_ms
