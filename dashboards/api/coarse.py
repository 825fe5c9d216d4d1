"""Spans of time in as few as a screen can tell apart; times in ms since the epoch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from flows.catalogue.coverage import Stretch

# As many events a screen may hold one by one.
MOST_EVENTS = 1_000


def joined(frame: pl.DataFrame, apart_ms: int) -> pl.DataFrame:
    """Rows in order of `start_ms`, with the `number` of the stretch that each belongs to.

    A stretch is of rows that are at most `apart_ms` from another.
    """
    reached = pl.col("end_ms").cum_max().shift(1)
    begins = (pl.col("start_ms") - reached > apart_ms).fill_null(value=True)
    return frame.with_columns(number=begins.cum_sum())


def spans(frame: pl.DataFrame, apart_ms: int) -> list[list[int]]:
    """Stretches `[start_ms, end_ms]` of rows that are at most `apart_ms` from another."""
    found = (
        joined(frame, apart_ms)
        .group_by("number", maintain_order=True)
        .agg(pl.col("start_ms").min(), pl.col("end_ms").max())
    )
    return [list(row) for row in found.select("start_ms", "end_ms").iter_rows()]


def coarse_gaps(told: Iterable[Stretch], from_ms: int, step_ms: int) -> list[dict[str, Any]]:
    """`{start_ms, end_ms, cause, missing_ms}` in order of time.

    Gaps of one cause that are shorter than a step and begin in the same one are told together:
    `missing_ms` says how much of that time is missing.
    """
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for number, (start, end, _, cause) in enumerate(told):
        short = end - start < step_ms
        # A long one stands for itself: no step has a negative number.
        key = cause, (start - from_ms) // step_ms if short else -1 - number
        one = found.setdefault(
            key, {"start_ms": start, "end_ms": end, "cause": cause, "missing_ms": 0}
        )
        one["end_ms"] = max(one["end_ms"], end)
        one["missing_ms"] += end - start
    return sorted(found.values(), key=lambda one: (one["start_ms"], one["end_ms"]))


def coarse_events(events: pl.DataFrame, step_ms: int) -> pl.DataFrame:
    """The same events, or, of more than MOST_EVENTS, the best of each label and step."""
    if len(events) <= MOST_EVENTS or not step_ms:
        return events
    of = ("label", "step")
    return (
        events.with_columns(step=pl.col("start_ms") // step_ms)
        .sort("score", descending=True, maintain_order=True)
        .unique(of, keep="first", maintain_order=True)
        .sort("start_ms", "id")
        .drop("step")
    )
