"""What retention will take and when, of all segments at once: its decisions as columns.

`flows.stages.retain.preview` tells the same segment by segment, with reasons; of a month of
twenty cameras that is 1.7 million objects, which no page can wait for.
"""

from __future__ import annotations

import polars as pl

from flows.catalogue import read
from flows.catalogue.schema import SEGMENTS, Status
from flows.retention import AHEAD_MS, DAY_MS, Hold
from flows.site import Site
from flows.stages.holds import holds

_COLUMNS = ("id", "camera", "start_utc", "end_utc", "received_utc", "size_bytes", "status")
_NAMED = r"_(\d{8}_\d{6}\.\d{3})Z_[0-9a-f]{16}$"


def foreseen(site: Site) -> pl.DataFrame:
    """A row a segment whose footage is there: `id, camera, start_ms, due_ms, size_bytes, held`.

    `due_ms` is when it may go, and has no meaning while it is `held`. In no order. Raises Damaged
    where holds cannot be read (D1).
    """
    stored = pl.col("status") != str(Status.EXPIRED)
    rows = read.rows(site, SEGMENTS, columns=_COLUMNS, where=stored)
    over = holds(site)
    return rows.with_columns(
        *(pl.col(f"{name}_utc").dt.epoch("ms").alias(f"{name}_ms") for name in _TIMES),
        pl.col("id")
        .str.extract(_NAMED)
        .str.to_datetime("%Y%m%d_%H%M%S%.3f")
        .dt.epoch("ms")
        .alias("named_ms"),
    ).select(
        "id",
        "camera",
        "start_ms",
        _due(site, [one for one in over if one.released_ms is not None]).alias("due_ms"),
        "size_bytes",
        _covered([one for one in over if one.released_ms is None]).alias("held"),
    )


_TIMES = ("start", "end", "received")


def _due(site: Site, released: list[Hold]) -> pl.Expr:
    """When each may go by its age, and not before the last hold over it was released."""
    policy = site.settings
    days = {name: float(policy.retain_for(name).days) for name in policy.camera_nodes}
    kept = pl.col("camera").replace_strict(
        days, default=float(policy.retain.days), return_dtype=pl.Float64
    )
    ahead = pl.col("end_ms") > pl.col("received_ms") + AHEAD_MS
    since = (
        pl.when(ahead)
        .then(pl.col("received_ms"))
        .otherwise(pl.max_horizontal("end_ms", "received_ms"))
    )
    due = since + (kept * DAY_MS).round().cast(pl.Int64)
    for hold in released:
        until = pl.when(_covered([hold])).then(pl.lit(hold.released_ms))
        due = pl.max_horizontal(due, until)
    return due


def _covered(over: list[Hold]) -> pl.Expr:
    """Whether any of them covers a segment, as it lies or as it was named."""
    found = pl.lit(value=False)
    length = pl.col("end_ms") - pl.col("start_ms")
    for hold in over:
        starts = (pl.col("start_ms"), pl.col("named_ms"))
        each = [(ms + length > hold.start_ms) & (ms < hold.end_ms) for ms in starts]
        found |= (pl.col("camera") == hold.camera) & (each[0] | each[1].fill_null(value=False))
    return found
