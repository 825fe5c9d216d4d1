"""A camera's stretch of time as a timeline draws it: few enough spans for any screen."""

from __future__ import annotations

from typing import Any

import polars as pl

from dashboards.archive import Archive
from flows.catalogue import intervals, read
from flows.catalogue.stand_ins import stand_ins

STORED = ("id", "start_utc", "end_utc", "mime_codecs", "codec")
EVENT = ("id", "label", "start_ms", "end_ms", "score", "count")

# Nothing narrower is told apart on a screen: a day is 2,880 steps of 30 s.
STEPS = 2_880
# Cameras drift and clocks are read in milliseconds: this much between segments is no hole.
JOINED_MS = 1_500


def timeline(archive: Archive, camera: str, start_ms: int, end_ms: int) -> dict[str, Any]:
    """`runs` of one kind of footage, what was `recorded`, `gaps`, `motion`, `events`, `stand_ins`.

    Times are ms since the epoch. A run is what a player takes in one go, holes and all; it
    ends where codecs change or sound comes or goes: `start_ms, end_ms, mime, codec`.
    """
    asked = (archive.site, camera, start_ms, end_ms)
    stored = _with_ms(archive.sure(read.segments(*asked, columns=STORED)))
    gaps, events = _with_ms(read.gaps(*asked)), _with_ms(read.events(*asked))
    return {
        "camera": camera,
        "start_ms": start_ms,
        "end_ms": end_ms,
        "runs": _runs(stored),
        "recorded": _spans(stored, JOINED_MS),
        "gaps": gaps.select("start_ms", "end_ms", "cause").to_dicts(),
        "motion": _spans(_with_ms(intervals.motion(*asked)), (end_ms - start_ms) // STEPS),
        "events": events.select(EVENT).to_dicts(),
        # Recorded, but not by the camera: `fallback` in livecam.yaml.
        "stand_ins": [[one.start_ms, one.end_ms] for one in stand_ins(*asked)],
    }


def _with_ms(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        start_ms=pl.col("start_utc").dt.epoch("ms"), end_ms=pl.col("end_utc").dt.epoch("ms")
    )


def _spans(frame: pl.DataFrame, apart_ms: int) -> list[list[int]]:
    """Stretches `[start_ms, end_ms]` of rows that are at most `apart_ms` from another."""
    reached = pl.col("end_ms").cum_max().shift(1)
    begins = (pl.col("start_ms") - reached > apart_ms).fill_null(value=True)
    spans = (
        frame.with_columns(number=begins.cum_sum())
        .group_by("number", maintain_order=True)
        .agg(pl.col("start_ms").min(), pl.col("end_ms").max())
    )
    return [list(row) for row in spans.select("start_ms", "end_ms").iter_rows()]


def _runs(stored: pl.DataFrame) -> list[dict[str, Any]]:
    # A source buffer takes one set of tracks: the player must begin anew when it changes.
    changed = (pl.col("mime_codecs") != pl.col("mime_codecs").shift(1)).fill_null(value=True)
    return (
        stored.with_columns(number=changed.cum_sum())
        .group_by("number", maintain_order=True)
        .agg(
            pl.col("start_ms").min(),
            pl.col("end_ms").max(),
            pl.col("mime_codecs").first().alias("mime"),
            pl.col("codec").first(),
        )
        .drop("number")
        .to_dicts()
    )
