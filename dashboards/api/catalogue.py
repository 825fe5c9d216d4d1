"""Segments, events, gaps and motion as JSON, page by page."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from dashboards.api.gate import Archived
from dashboards.api.models.catalogue import EventPage, Gaps, Motions, SegmentPage
from dashboards.api.models.common import answers
from dashboards.api.parameters import (
    CameraFilter,
    Cursor,
    From,
    Limit,
    Page,
    Stretched,
    Until,
    refused,
)
from dashboards.api.rows import EVENT, GAP, MOTION, told
from dashboards.archive import Archive
from edge.clock import to_ms
from flows.catalogue import intervals, read
from flows.catalogue.read import SEGMENT_COLUMNS
from flows.catalogue.stand_ins import stand_ins

routes = APIRouter(tags=["catalogue"])

Label = Annotated[
    str | None,
    Query(max_length=64, pattern=r"^[\w .-]+$", description="What was seen.", examples=["person"]),
]
Confidence = Annotated[float, Query(ge=0, le=1, description="How sure at least.")]


def _check(start_ms: int | None, end_ms: int | None) -> None:
    if start_ms is not None and end_ms is not None and end_ms <= start_ms:
        raise refused("to", "must be after from")


def _page(frame: pl.DataFrame, limit: int) -> tuple[pl.DataFrame, str | None]:
    """The first of rows in order of start, and where the next page goes on."""
    page = frame.head(limit)
    start_ms = pl.col("start_utc").dt.epoch("ms")
    last = page.select(start_ms, "id").row(-1) if len(frame) > limit else None
    return page, str(Cursor(*last)) if last else None


@routes.get("/segments", responses=answers(SegmentPage), response_model=None)
def segments(
    archive: Archived,
    camera: CameraFilter = None,
    start: From = None,
    end: Until = None,
    limit: Limit = 100,
    after: Page = None,
) -> JSONResponse:
    """Stored segments, oldest first: `{"segments": […], "next": cursor or null}`."""
    _check(start, end)
    # Two looks: which rows, then the rows. A day of twenty cameras is 58 thousand of them.
    which = read.segments(
        archive.site,
        camera,
        start,
        end,
        columns=("id", "start_utc"),
        most=limit + 1,
        after=after,
    )
    return paged(archive, archive.sure(which), limit, camera)


def paged(
    archive: Archive,
    which: pl.DataFrame,
    limit: int,
    camera: str | None = None,
) -> JSONResponse:
    """The page of segments that `which` (`id`, `start_utc`, in order) begins with.

    `camera`: whose they all are, where they are one's.
    """
    page, following = _page(which, limit)
    if page.is_empty():
        return JSONResponse({"segments": [], "next": None})
    first_ms, last_ms = to_ms(page["start_utc"][0]), to_ms(page["start_utc"][-1])
    found = read.segments(
        archive.site, camera, first_ms, last_ms + 1, columns=SEGMENT_COLUMNS
    ).join(page, "id", how="semi")
    return JSONResponse({"segments": told(found, SEGMENT_COLUMNS), "next": following})


@routes.get("/events", responses=answers(EventPage), response_model=None)
def events(
    archive: Archived,
    camera: CameraFilter = None,
    start: From = None,
    end: Until = None,
    label: Label = None,
    confidence: Confidence = 0.0,
    limit: Limit = 100,
    after: Page = None,
) -> JSONResponse:
    """Events, oldest first: `{"events": […], "next": cursor or null}`."""
    _check(start, end)
    found = read.events(
        archive.site,
        camera,
        start,
        end,
        label=label,
        confidence=confidence,
        columns=EVENT,
        most=limit + 1,
        after=after,
    )
    page, following = _page(archive.sure(found), limit)
    return JSONResponse({"events": _marked(archive, camera, page), "next": following})


def _marked(archive: Archive, camera: str | None, page: pl.DataFrame) -> list[dict[str, Any]]:
    """Events, `fallback` where a stand-in was recorded at that time, not the camera."""
    if page.is_empty():
        return []
    spans = [(to_ms(start), to_ms(end)) for start, end in page["start_utc", "end_utc"].iter_rows()]
    first_ms, last_ms = spans[0][0], max(end_ms for _, end_ms in spans)
    drawn = stand_ins(archive.site, camera, first_ms, last_ms)
    return [
        {**row, "fallback": any(one.covers(row["camera"], *span) for one in drawn)}
        for row, span in zip(told(page, EVENT), spans, strict=True)
    ]


@routes.get("/gaps", responses=answers(Gaps), response_model=None)
def gaps(archive: Archived, when: Stretched, camera: CameraFilter = None) -> JSONResponse:
    """What was not recorded and why, oldest first."""
    found = read.gaps(archive.site, camera, when.start_ms, when.end_ms)
    return JSONResponse({"gaps": told(archive.sure(found), GAP)})


@routes.get("/motion", responses=answers(Motions), response_model=None)
def motion(archive: Archived, when: Stretched, camera: CameraFilter = None) -> JSONResponse:
    """When something moved and in which box, oldest first, joined as `detect.motion` says."""
    found = intervals.motion(archive.site, camera, when.start_ms, when.end_ms)
    return JSONResponse({"motion": told(archive.sure(found), MOTION)})
