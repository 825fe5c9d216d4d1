"""What retention will take, and when: the plan alone, as `livecam retain --dry-run`."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query

from dashboards.api.gate import Archived
from dashboards.api.models.holds import CameraStock, Going, RetentionPage
from dashboards.api.parameters import DAY_MS, CameraFilter, Cursor, Page, PageLimit, Time
from edge.clock import from_iso, to_iso
from flows.stages.foreseen import foreseen

routes = APIRouter(tags=["retention"])

# Who keeps footage for a million years means for ever; no calendar goes on so far.
NEVER_MS = from_iso("9998-12-31")

At = Annotated[Time | None, Query(description="ISO 8601: as it will be then; now if left out.")]


@routes.get("/retention")
def retention(
    archive: Archived,
    camera: CameraFilter = None,
    at: At = None,
    limit: PageLimit = 50,
    after: Page = None,
) -> RetentionPage:
    """What goes next and what that frees, soonest first; nothing is deleted by asking."""
    at_ms = archive.site.clock.utc_ms() if at is None else at
    plan = archive.sure(foreseen(archive.site))
    plan = plan.with_columns(pl.col("due_ms").clip(upper_bound=NEVER_MS))
    if camera is not None:
        plan = plan.filter(pl.col("camera") == camera)
    going = plan.filter(~pl.col("held")).sort("due_ms", "id")
    if after is not None:
        same = (pl.col("due_ms") == after.start_ms) & (pl.col("id") > after.id)
        going = going.filter((pl.col("due_ms") > after.start_ms) | same)
    page = going.head(limit)
    last = page.select("due_ms", "id").row(-1) if len(going) > limit else None
    return RetentionPage(
        at_utc=to_iso(at_ms),
        cameras=_cameras(plan, at_ms),
        segments=[_going(row, at_ms) for row in page.iter_rows(named=True)],
        next=None if last is None else str(Cursor(*last)),
    )


def _cameras(plan: pl.DataFrame, at_ms: int) -> list[CameraStock]:
    free, size = ~pl.col("held"), pl.col("size_bytes")
    due = free & (pl.col("due_ms") <= at_ms)
    rows = (
        plan.group_by("camera")
        .agg(
            pl.len().alias("segments"),
            size.sum(),
            due.sum().alias("due_segments"),
            size.filter(due).sum().alias("due_bytes"),
            size.filter(pl.col("held")).sum().alias("held_bytes"),
            pl.col("due_ms").filter(free).min().alias("next_ms"),
        )
        .sort("camera")
    )
    return [_stock(row) for row in rows.iter_rows(named=True)]


def _stock(row: dict[str, Any]) -> CameraStock:
    next_ms = row.pop("next_ms")
    return CameraStock(**row, next_due_utc=None if next_ms is None else to_iso(next_ms))


def _going(row: dict[str, Any], at_ms: int) -> Going:
    return Going(
        id=row["id"],
        camera=row["camera"],
        start_utc=to_iso(row["start_ms"]),
        due_utc=to_iso(row["due_ms"]),
        size_bytes=row["size_bytes"],
        held=row["held"],
        days_left=round(max(row["due_ms"] - at_ms, 0) / DAY_MS, 2),
    )
