"""Where rows lie in UTC once their boot's clock is corrected: by what they are, not by their name.

All of it follows from ids, boots, monotonic times and the corrections known, so that folding in
any order, and again, comes to the same rows. Ids, keys and days stay as they were named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import polars as pl

from edge.clock import to_day, to_utc
from edge.clocks.correction import Timeline, by_camera
from edge.segment import SUFFIX, SegmentName
from flows.catalogue import delta, facts
from flows.catalogue.journal import Fact
from flows.catalogue.schema import CORRECTIONS, SEGMENTS, Table
from flows.store import ObjectStore

Timelines = Mapping[str, Timeline]
Span = tuple[int, int]

_FROM = ("boot_id", "monotonic_ms", "from_boot_id", "from_monotonic_ms")
_OF_SEGMENT = ("id", "camera", "wall_ms", "boot_id", "monotonic_ms", "synchronised")
_OF_GAP = ("id", "camera", "node", *_FROM)
_LAST_MS = 253_402_300_799_000  # 9999
_TIMES = ("start_utc", "end_utc")


def timelines(store: ObjectStore, cameras: Collection[str]) -> Timelines:
    """What is corrected of these cameras; one of which nothing is has none."""
    table = delta.find(store, CORRECTIONS) if cameras else None
    if table is None:
        return {}
    rows = delta.rows_of(store, table).filter(pl.col("camera").is_in(list(cameras))).collect()
    return by_camera([facts.correction_of(row) for row in rows.iter_rows(named=True)])


def named_ms(segment_id: str) -> int:
    """When a segment starts by its name."""
    return SegmentName.from_file(segment_id + SUFFIX).start_ms


def segments(rows: pl.DataFrame, known: Timelines) -> pl.DataFrame:
    """Rows of `segments` with the times that hold by now, and whether NTP stands for them."""
    held = [i for i, camera in enumerate(rows["camera"]) if camera in known]
    if not held:
        return rows
    placed = [_segment(row, known) for row in rows[held].iter_rows(named=True)]
    return _with(rows, placed, "synchronised")


def span(row: Fact, timeline: Timeline) -> Span:
    """Start and end of a row of `segments`."""
    boot_id, monotonic_ms = row["boot_id"] or "", row["monotonic_ms"] or 0
    return timeline.segment(named_ms(row["id"]), row["wall_ms"], boot_id, monotonic_ms)


def _segment(row: facts.Row, known: Timelines) -> facts.Row:
    timeline = known[row["camera"]]
    start_ms, end_ms = span(row, timeline)
    holds = timeline.holds(row["boot_id"] or "", row["monotonic_ms"] or 0)
    told = row["synchronised"] if holds is None else holds.synchronised
    return {"id": row["id"], **_times(start_ms, end_ms), "synchronised": told}


def gaps(rows: pl.DataFrame, known: Timelines) -> pl.DataFrame:
    """Rows of `gaps` with the times that hold by now."""
    held = [i for i, camera in enumerate(rows["camera"]) if camera in known]
    if not held:
        return rows
    placed = []
    for row in rows[held].iter_rows(named=True):
        start_ms, end_ms = known[row["camera"]].gap(facts.gap_of(row))
        placed.append({"id": row["id"], **_times(start_ms, end_ms)})
    return _with(rows, placed)


def _times(start_ms: int, end_ms: int) -> facts.Row:
    """A forged length must not bring a row out of what a table can hold."""
    within = (min(max(ms, 0), _LAST_MS) for ms in (start_ms, end_ms))
    return dict(zip(_TIMES, map(to_utc, within), strict=True))


def _with(rows: pl.DataFrame, placed: list[facts.Row], *more: str) -> pl.DataFrame:
    """The rows with these columns as `placed` tells of some of them."""
    columns = (*_TIMES, *more)
    schema = pl.Schema({"id": pl.String(), **{name: SEGMENTS.schema[name] for name in columns}})
    found = pl.DataFrame(placed, schema=schema, orient="row").with_columns(found=pl.lit(True))
    joined = rows.join(found.unique("id"), "id", how="left", suffix="_now", maintain_order="left")
    now = {c: pl.when("found").then(f"{c}_now").otherwise(c) for c in columns}
    return joined.with_columns(**now).select(rows.columns)


def of_boots(store: ObjectStore, table: Table, boots: Collection[tuple[str, str]]) -> pl.DataFrame:
    """Rows of `segments` or `gaps` that are of a boot (camera and its id), wherever they lie."""
    found = delta.widened(store, table)
    wanted = _OF_SEGMENT if table is SEGMENTS else _OF_GAP
    if found is None:
        return pl.DataFrame(schema={c: table.schema[c] for c in (*wanted, *_TIMES)})
    of = pl.DataFrame(list(boots), schema={"camera": pl.String, "boot_id": pl.String}, orient="row")
    rows = delta.rows_of(store, found).select(*wanted, *_TIMES)
    own = rows.join(of.lazy(), on=["camera", "boot_id"], how="semi")
    if table is SEGMENTS:
        return own.collect().unique("id")
    since = of.lazy().rename({"boot_id": "from_boot_id"})
    began = rows.join(since, on=["camera", "from_boot_id"], how="semi")
    return pl.concat([own, began]).collect().unique("id")


def differing(had: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The rows of `now` that are not as they were; both have the same ids and columns."""
    return now.join(had, on=now.columns, how="anti", nulls_equal=True)


def with_days(rows: pl.DataFrame, starts: Iterable[int]) -> pl.DataFrame:
    """The rows with the partition of each, by when it was named to start."""
    return rows.with_columns(day=pl.Series([to_day(ms) for ms in starts], dtype=pl.String))


def candidates(rows: pl.DataFrame, known: Timelines) -> dict[str, list[Span]]:
    """All stretches where segments of corrected boots ever lay, by camera, of those that moved."""
    spans: dict[str, list[Span]] = {}
    for row in rows.iter_rows(named=True):
        zeros = known[row["camera"]].zeros(row["boot_id"]) if row["camera"] in known else ()
        starts = {named_ms(row["id"]), *(zero + row["monotonic_ms"] for zero in zeros)}
        if len(starts) > 1:
            own = spans.setdefault(row["camera"], [])
            own += [(start, start + row["wall_ms"]) for start in sorted(starts)]
    return spans


def update(store: ObjectStore, table: Table, rows: pl.DataFrame) -> None:
    """Give rows, found by id and day, the other columns' values. Raises CommitConflict."""
    if rows.is_empty():
        return
    opened = delta.open_table(store, table)
    columns = {name: f"s.{name}" for name in rows.columns if name not in {"id", "day"}}
    differs = " or ".join(f"(s.{c} is distinct from t.{c})" for c in columns)
    delta.execute(
        opened, table, delta.merge(opened, rows).when_matched_update(columns, predicate=differs)
    )
