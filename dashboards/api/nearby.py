"""What of a camera lies next to a moment, however far away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import polars as pl

from dashboards.archive import Archive
from flows.catalogue import read

HOUR_MS = 3_600_000
# Mostly it is near, and a day is read in a tenth of the time of a year.
REACHES_MS = (HOUR_MS, 24 * HOUR_MS, 31 * 24 * HOUR_MS, None)

Look = Callable[[int | None, int | None], pl.DataFrame]


def nearby(
    archive: Archive,
    camera: str,
    at_ms: int,
    of: Literal["footage", "event"],
    *,
    backwards: bool = False,
) -> dict[str, Any] | None:
    """`{start_ms, end_ms, label}` of what is nearest, None where there is nothing.

    An event is one that begins after the moment, or before it. Footage may hold the moment.
    """
    columns = ("start_utc", "end_utc") if of == "footage" else ("start_utc", "end_utc", "label")
    reader = read.segments if of == "footage" else read.events

    def look(start_ms: int | None, end_ms: int | None) -> pl.DataFrame:
        found = reader(archive.site, camera, start_ms, end_ms, columns=columns)
        found = found.select(
            pl.col("start_utc").dt.epoch("ms").alias("start_ms"),
            pl.col("end_utc").dt.epoch("ms").alias("end_ms"),
            *([pl.col("label")] if of == "event" else []),
        )
        begins = pl.col("start_ms") < at_ms if backwards else pl.col("start_ms") > at_ms
        return found.filter(begins) if of == "event" else found

    for found in _wider(look, at_ms, backwards=backwards):
        if not found.is_empty():
            row = found.row(-1 if backwards else 0, named=True)
            return {"label": None, **row}
    return None


def _wider(look: Look, at_ms: int, *, backwards: bool) -> Iterator[pl.DataFrame]:
    for reach_ms in REACHES_MS:
        if backwards:
            yield look(None if reach_ms is None else max(at_ms - reach_ms, 0), at_ms)
        else:
            yield look(at_ms, None if reach_ms is None else at_ms + reach_ms)
