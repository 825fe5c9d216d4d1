"""Rows page by page: in the order of `start_utc` and `id`, out of no more files than it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import polars as pl

Batch = tuple[list[str], datetime | None]
Collected = Callable[[list[str]], pl.DataFrame]
Enough = Callable[[pl.DataFrame], bool]
# A row's start (ms) and id: where a page ended.
Place = tuple[int, str]


def first(batches: Iterable[Batch], collected: Collected, enough: Enough) -> pl.DataFrame:
    """Rows of so many batches that enough begin before all that is left."""
    found = collected([])
    for uris, later_utc in batches:
        both = pl.concat([found, collected(uris)])
        found = both.unique("id", keep="any").sort("start_utc", "id")
        sure = found if later_utc is None else found.filter(pl.col("start_utc") < later_utc)
        if enough(sure):
            return sure
    return found


def behind(after: Place) -> pl.Expr:
    """Whether a row comes after that place."""
    start_ms, id_ = pl.col("start_utc").dt.epoch("ms"), pl.col("id")
    return (start_ms > after[0]) | ((start_ms == after[0]) & (id_ > after[1]))


def begins(start_ms: int | None, after: Place | None) -> int | None:
    """From when on rows behind that place may lie; one may be of a moment only."""
    return start_ms if after is None else max(start_ms or 0, after[0] - 1)
