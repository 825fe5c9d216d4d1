"""Pieces of motion told as intervals, as each camera's `detect.motion` wants them."""

from __future__ import annotations

import polars as pl

from flows.catalogue import read
from flows.catalogue.schema import BOX
from flows.settings import MovingSettings
from flows.site import Site


def motion(
    site: Site, camera: str | None = None, start_ms: int | None = None, end_ms: int | None = None
) -> pl.DataFrame:
    """When something moved, in order: `camera start_utc end_utc score x y w h`.

    Pieces less than `merge` apart are one, with the largest score and the box around all of it;
    what is shorter than `min_length` then is none. Intervals that reach out of the time asked
    for are told as far as the camera's `merge` around it.
    """
    detects = (site.settings.detect, *site.settings.camera_detect.values())
    around_ms = max(one.motion.merge + one.motion.min_length for one in detects)
    begin = None if start_ms is None else max(start_ms - around_ms, 0)
    pieces = read.motion(site, camera, begin, None if end_ms is None else end_ms + around_ms)
    found = pl.concat(
        [_joined(pieces.clear(), MovingSettings())]
        + [
            _joined(own, site.settings.detect_for(str(own["camera"][0])).motion)
            for own in pieces.partition_by("camera")
        ]
    )
    start, end = pl.col("start_utc").dt.epoch("ms"), pl.col("end_utc").dt.epoch("ms")
    after = pl.lit(value=True) if start_ms is None else end > start_ms
    before = pl.lit(value=True) if end_ms is None else start < end_ms
    return found.filter(after, before).sort("start_utc", "camera")


def _joined(pieces: pl.DataFrame, wanted: MovingSettings) -> pl.DataFrame:
    """One camera's."""
    merge, least = (pl.duration(milliseconds=ms) for ms in (wanted.merge, wanted.min_length))
    reached = pl.col("end_utc").cum_max().shift(1)
    begins = (pl.col("start_utc") - reached >= merge).fill_null(value=True)
    joined = (
        pieces.sort("start_utc", "end_utc")
        .with_columns(number=begins.cum_sum())
        .group_by("number", maintain_order=True)
        .agg(
            pl.col("camera").first(),
            pl.col("start_utc").min(),
            pl.col("end_utc").max(),
            pl.col("score").max(),
            pl.col("x", "y").min(),
            right=(pl.col("x") + pl.col("w")).max(),
            bottom=(pl.col("y") + pl.col("h")).max(),
        )
        .with_columns(w=pl.col("right") - pl.col("x"), h=pl.col("bottom") - pl.col("y"))
    )
    long = joined.filter(pl.col("end_utc") - pl.col("start_utc") >= least)
    return long.select("camera", "start_utc", "end_utc", "score", *BOX)
