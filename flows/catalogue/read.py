"""Reading the catalogue: what the command line, the gateway and the dashboards ask.

Every function takes a `Site`, or anything with its `store`; times are ms since the epoch,
`start_ms` included and `end_ms` not; rows come as polars frames with the table's columns but
for `day`, in order of time. A table that was never made reads as empty. Of a site that shows only
some cameras none else is told of, not by name either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol, TypeVar

import polars as pl

from edge.clock import to_day
from edge.segment import SUFFIX, SegmentName
from flows.catalogue import pages, preferred
from flows.catalogue.delta import scan
from flows.catalogue.opened import Opened, batches, collect, day_of, opened, touched
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

T = TypeVar("T")

# What `livecam search --json` prints, in this order.
SEGMENT_COLUMNS = (
    *("id", "status", "camera", "node", "start_utc", "end_utc", "received_utc", "media_ms"),
    *("wall_ms", "key", "version_id", "size_bytes", "sha256", "codec", "width", "height", "fps"),
    *("rung", "fallback", "synchronised"),
)
# Pictures may go on after a segment's time by the wall clock: cameras drift.
_LOOSE_MS = 60_000
_NOT_TOLD = {"rung": "", "fallback": False}  # null in the table
EVENT_COLUMNS = ("id", "camera", "label", "start_utc", "end_utc", "score", "count")


class HasStore(Protocol):
    """What reading needs of a site."""

    @property
    def store(self) -> ObjectStore: ...

    @property
    def only(self) -> frozenset[str] | None: ...


def rows(
    site: HasStore,
    table: Table,
    *,
    cameras: Sequence[str] | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    where: pl.Expr | None = None,
    columns: Sequence[str] | None = None,
    as_they_lie: bool = False,
    enough: pages.Enough | None = None,
) -> pl.DataFrame:
    """Rows of any table that overlap the stretch, as `collect` answers them.

    With `enough`, the first of them, as soon as that many are.
    """
    table_now = opened(site.store, table)
    collected = partial(
        collect,
        site.store,
        table,
        cameras=_seen(site, table, cameras),
        start_ms=start_ms,
        end_ms=end_ms,
        where=where,
        columns=columns,
        as_they_lie=as_they_lie,
    )

    def look() -> pl.DataFrame:
        files = table_now.files(site.store)
        if enough is None:
            return collected(touched(files, table, start_ms, end_ms))
        return pages.first(batches(files, table, start_ms, end_ms), collected, enough)

    return _again(table_now, look)


def _seen(site: HasStore, table: Table, cameras: Sequence[str] | None) -> Sequence[str] | None:
    """Of the cameras that are asked for, all where that is None, those that may be seen."""
    if site.only is None or "camera" not in table.schema:
        return cameras
    return sorted(site.only if cameras is None else site.only.intersection(cameras))


def _among(site: HasStore, names: Iterable[str]) -> set[str]:
    return {name for name in names if site.only is None or name in site.only}


def _again(table_now: Opened, look: Callable[[], T]) -> T:
    try:
        return look()
    except (pl.exceptions.ComputeError, OSError):
        # A file that a vacuum or a rebuild took away since the table was opened.
        table_now.forget()
        return look()


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
    most: int | None = None,
    after: pages.Place | None = None,
) -> pl.DataFrame:
    """Segments whose footage is there; with `all` the expired and set aside too.

    With `most` the first so many at least, `after` a place in their order; `columns` then hold
    `id` and `start_utc`.
    """
    wanted = [] if all else [pl.col("status") == str(Status.STORED)]
    wanted += [] if after is None else [pages.behind(after)]
    found = rows(
        site,
        SEGMENTS,
        cameras=_one(camera),
        start_ms=pages.begins(start_ms, after),
        end_ms=end_ms,
        where=pl.all_horizontal(wanted) if wanted else None,
        columns=columns,
        enough=None if most is None else lambda found: len(found) >= most,
    )
    told = {name: value for name, value in _NOT_TOLD.items() if name in found.columns}
    return found.with_columns(pl.col(name).fill_null(value) for name, value in told.items())


def of_segment(
    site: HasStore,
    table: Table,
    segment_id: str,
    *,
    where: pl.Expr | None = None,
    columns: Sequence[str] | None = None,
) -> pl.DataFrame:
    """The row of `segments`, or rows of `analyses`, of one segment, whenever it was recorded.

    It is looked for where its name says; one whose clock was corrected is in its name's day.
    Raises BadName for what is no segment's id.
    """
    name = SegmentName.from_file(segment_id + SUFFIX)
    own = pl.col("id" if table is SEGMENTS else "segment_id") == segment_id
    own = own if where is None else own & where
    start_ms, cameras = name.start_ms, _seen(site, table, [name.camera])
    found = rows(
        site,
        table,
        cameras=cameras,
        start_ms=start_ms,
        end_ms=start_ms + 1,
        where=own,
        columns=columns,
    )
    if not found.is_empty():
        return found
    day, files = to_day(start_ms), opened(site.store, table).files(site.store)
    uris = [uri for uri in files["uri"].to_list() if day_of(uri) == day]
    return collect(site.store, table, uris, cameras=cameras, where=own, columns=columns)


def events(
    site: HasStore,
    camera: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    label: str | None = None,
    confidence: float = 0.0,
    columns: Sequence[str] | None = None,
    most: int | None = None,
    after: pages.Place | None = None,
) -> pl.DataFrame:
    """Events, of one label or all, that scored at least `confidence`; `most` as of segments.

    Of several models' the first in the camera's order answers; `rows` tells all of them.
    """
    where = pl.col("score") >= confidence
    if label is not None:
        where &= pl.col("label") == label
    if after is not None:
        where &= pages.behind(after)
    wanted = columns or [name for name in EVENTS.schema if name != "day"]
    shown = partial(preferred.shown, known=preferred.promotions(site))
    found = rows(
        site,
        EVENTS,
        cameras=_one(camera),
        start_ms=pages.begins(start_ms, after),
        end_ms=end_ms,
        where=where,
        columns=list(dict.fromkeys([*wanted, *preferred.OF_EVENT])),
        enough=None if most is None else lambda found: len(shown(found)) >= most,
    )
    return shown(found).select(wanted)


def newest_events(site: HasStore) -> pl.DataFrame:
    """When the newest event of each camera and label began: `camera`, `label`, `start_utc`."""
    table_now = opened(site.store, EVENTS)
    each = _again(table_now, partial(table_now.newest, site.store)).values()
    names = ("camera", "label", "start_utc", *preferred.OF_EVENT)
    empty = pl.DataFrame(schema={name: EVENTS.schema[name] for name in names})
    told = [one.with_columns(pl.col("other_models").str.split(",")) for one in each]
    found = pl.concat([empty, *told], how="diagonal")
    seen = _seen(site, EVENTS, None)
    if seen is not None:
        found = found.filter(pl.col("camera").is_in(seen))
    shown = preferred.shown(found, preferred.promotions(site))
    return shown.group_by("camera", "label").agg(pl.col("start_utc").max())


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
    """Where and when something moved, as the camera's preferred model's analyses tell."""
    return _answering(site, MOTION, camera, start_ms, end_ms)


def detections(
    site: HasStore,
    camera: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> pl.DataFrame:
    """Every object that the preferred model found in a picture, with its lineage (C5)."""
    return _answering(site, DETECTIONS, camera, start_ms, end_ms)


def _answering(
    site: HasStore, table: Table, camera: str | None, start_ms: int | None, end_ms: int | None
) -> pl.DataFrame:
    """Findings but those of analyses that do not answer for their segment."""
    found = rows(site, table, cameras=_one(camera), start_ms=start_ms, end_ms=end_ms)
    if found.is_empty():
        return found
    analysed = rows(
        site,
        ANALYSES,
        cameras=_one(camera),
        start_ms=None if start_ms is None else start_ms - _LOOSE_MS,
        end_ms=None if end_ms is None else end_ms + _LOOSE_MS,
        columns=preferred.OF_ANALYSIS,
    )
    of = ["segment_id", "model_digest", "config_digest"]
    away = preferred.superseded(analysed, preferred.promotions(site))
    return found.join(away, of, how="anti", maintain_order="left")


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
    """The newest segment of each camera, whatever its status, by camera: SEGMENT_COLUMNS."""
    newest: dict[str, str] = {}
    files = opened(site.store, SEGMENTS).cameras(site.store)
    for uri, names in files.items():
        for name in _among(site, names if camera is None else names & {camera}):
            newest[name] = max(newest.get(name, ""), day_of(uri))
    empty = pl.DataFrame(schema={c: SEGMENTS.schema[c] for c in SEGMENT_COLUMNS})
    found = [
        _newest(
            site,
            [uri for uri in files if day_of(uri) == day],
            [name for name, last in newest.items() if last == day],
        )
        for day in sorted(set(newest.values()))
    ]
    return pl.concat([empty, *found]).sort("camera")


def _newest(site: HasStore, uris: list[str], names: list[str]) -> pl.DataFrame:
    """One day's last row of each camera: first when that was, by one column, then the rows."""
    lazy = scan(site.store, uris, SEGMENTS.schema).filter(pl.col("camera").is_in(names))
    last = lazy.group_by("camera").agg(pl.col("start_utc").max()).collect()
    found = collect(
        site.store,
        SEGMENTS,
        uris,
        cameras=names,
        where=pl.col("start_utc").is_in(last["start_utc"].implode()),
        columns=SEGMENT_COLUMNS,
    )
    return found.join(last, ["camera", "start_utc"], how="semi").unique("camera", keep="last")


def cameras(site: HasStore) -> list[str]:
    """Every camera that ever stored a segment or told of a gap."""
    tables_now = (opened(site.store, table) for table in (SEGMENTS, GAPS))
    tables = (_again(one, partial(one.cameras, site.store)) for one in tables_now)
    return sorted(_among(site, (n for files in tables for names in files.values() for n in names)))


def began(site: HasStore) -> dict[str, int]:
    """When each camera's account begins (ms): its first recorded segment or its first gap."""
    first: dict[str, int] = {}
    for table in (SEGMENTS, GAPS):
        table_now = opened(site.store, table)
        for each in _again(table_now, partial(table_now.began, site.store)).values():
            for camera, start_ms in each.items():
                first[camera] = min(start_ms, first.get(camera, start_ms))
    return {camera: first[camera] for camera in _among(site, first)}


def changed_segments(
    site: HasStore, since_ms: int, columns: Sequence[str]
) -> tuple[pl.DataFrame, int]:
    """Stored segments in files written since a moment, and the moment the newest was written.

    Every segment that came, or came back, since then is among them, and others may be.
    """
    files = opened(site.store, SEGMENTS).files(site.store)
    if files.is_empty():
        return pl.DataFrame(schema={c: SEGMENTS.schema[c] for c in columns}), 0
    new = files.filter(pl.col("modification_time") >= since_ms)["uri"].to_list()
    stored = pl.col("status") == str(Status.STORED)
    seen = _seen(site, SEGMENTS, None)
    found = collect(site.store, SEGMENTS, new, cameras=seen, where=stored, columns=columns)
    newest: int = files["modification_time"].max()  # type: ignore[assignment]
    return found, newest


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
