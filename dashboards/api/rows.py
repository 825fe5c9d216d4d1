"""Catalogue rows as the gateway tells them: the columns of `livecam search`, times as ISO."""

from __future__ import annotations

from typing import Any

import polars as pl

from flows.catalogue.read import EVENT_COLUMNS
from flows.media.playlist import ISO

EVENT = (*EVENT_COLUMNS, "zones")
GAP = ("camera", "start_utc", "end_utc", "cause", "detail")
MOTION = ("camera", "start_utc", "end_utc", "score", "x", "y", "w", "h")


def told(frame: pl.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """These columns, one mapping a row, times as `edge.clock.to_iso` spells them."""
    times = pl.col(pl.Datetime).dt.strftime(ISO)
    return frame.select(columns).with_columns(times).to_dicts()
