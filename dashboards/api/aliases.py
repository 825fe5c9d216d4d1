"""The same data under other names, for programs that expect those."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards.api import catalogue, nodes, playback
from dashboards.api.gate import Archived
from dashboards.api.models.catalogue import SegmentPage
from dashboards.api.models.common import answers
from dashboards.api.parameters import (
    DAY_MS,
    LONGEST_DAYS,
    MOST_ROWS,
    Camera,
    CameraPath,
    Cursor,
    Time,
    opened,
    refused,
)
from dashboards.api.playback import Mime, listed
from dashboards.archive import Archive
from flows.catalogue import read

routes = APIRouter(tags=["aliases"])

HOUR_MS = 3_600_000
MOST_CAMERAS = 100

Label = Annotated[str, StringConstraints(max_length=64, pattern=r"^[\w .-]+$")]

routes.add_api_route(
    "/videos", catalogue.segments, responses=answers(SegmentPage), response_model=None
)
routes.add_api_route(
    "/videos/{id}/stream",
    playback.media,
    response_class=Response,
    responses=playback.FOOTAGE,
)
routes.add_api_route("/nodes/status", nodes.nodes)


class Sought(BaseModel):
    """What to search: segments of these cameras and times, in which such a thing was seen."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {
                    "cameras": ["gate"],
                    "from": "2026-11-01T10:00:00Z",
                    "to": "2026-11-01T11:00:00Z",
                    "label": "person",
                    "confidence": 0.5,
                }
            ]
        },
    )

    cameras: Annotated[list[Camera], Field(max_length=MOST_CAMERAS)] | None = None
    start: Annotated[Time | None, Field(alias="from")] = None
    end: Annotated[Time | None, Field(alias="to")] = None
    label: Label | None = None
    confidence: Annotated[float, Field(ge=0, le=1, strict=True)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS, strict=True)] = 100
    cursor: Annotated[str, Field(max_length=400)] | None = None


@routes.post("/videos/search", responses=answers(SegmentPage), response_model=None)
def search(archive: Archived, sought: Sought) -> JSONResponse:
    """Segments, oldest first; with `label` or `confidence` those that an event of it touches."""
    if sought.start is not None and sought.end is not None and sought.end <= sought.start:
        raise refused("to", "must be after from")
    after = None if sought.cursor is None else opened(sought.cursor)
    found = _sought(archive, sought, after)
    return catalogue.paged(archive, found, sought.limit)


def _sought(archive: Archive, sought: Sought, after: Cursor | None) -> pl.DataFrame:
    start_ms = sought.start if after is None else max(sought.start or 0, after.start_ms)
    columns = ("id", "camera", "start_utc", "end_utc")
    found = read.segments(
        archive.site, None, sought.start, sought.end, columns=columns, after=after
    )
    rows = archive.sure(found)
    if sought.cameras is not None:
        rows = rows.filter(pl.col("camera").is_in(sought.cameras))
    if sought.label is None and sought.confidence is None:
        return rows
    events = read.events(
        archive.site,
        None,
        start_ms,
        sought.end,
        label=sought.label,
        confidence=sought.confidence or 0.0,
        columns=("camera", "start_utc", "end_utc"),
    )
    return touched(rows, events)


def touched(rows: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Those rows that an event of their camera overlaps, in the order they came."""
    # Of the events that begin before a row's end the one that reaches furthest decides.
    reached = events.sort("start_utc").with_columns(
        reached_utc=pl.col("end_utc").cum_max().over("camera")
    )
    near = (
        rows.with_row_index("place")
        .sort("end_utc")
        .join_asof(
            reached.select("camera", "start_utc", "reached_utc").rename({"start_utc": "begun_utc"}),
            left_on="end_utc",
            right_on="begun_utc",
            by="camera",
            allow_exact_matches=False,
            check_sortedness=False,  # it can't be, by camera; both were sorted above
        )
    )
    return (
        near.filter(pl.col("reached_utc") > pl.col("start_utc"))
        .sort("place")
        .drop("place", "begun_utc", "reached_utc")
    )


@routes.get("/hls/{camera}.m3u8", response_class=Response, responses=playback.PLAYLIST)
def hls(
    archive: Archived,
    camera: CameraPath,
    request: Request,
    start: Annotated[Time | None, Query(description="ISO 8601; an hour before the end.")] = None,
    end: Annotated[Time | None, Query(description="ISO 8601; now.")] = None,
    mime: Mime = None,
) -> Response:
    """HLS of a camera's stretch, the last hour where nothing is said."""
    until = archive.site.clock.utc_ms() if end is None else end
    since = max(until - HOUR_MS, 0) if start is None else start
    if not 0 < until - since <= LONGEST_DAYS * DAY_MS:
        raise refused("end", f"must be after start, by at most {LONGEST_DAYS} days")
    # A whole path: this playlist is at two addresses.
    media = f"{request.scope.get('root_path', '')}/v1/segments/{{}}/media"
    return listed(archive, camera, since, until, mime, media)


class _Within:
    """What is asked here, asked of another app under its own address."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app, self._root = app, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._root + scope["path"]
        moved = {"path": path, "raw_path": path.encode(), "root_path": self._root}
        await self._app({**scope, **moved}, receive, send)


def at_the_root(api: ASGIApp, root: str = "/api") -> Mount:
    """`/hls` beside `/api`, where `api` is mounted."""
    return Mount("/hls", app=_Within(api, root))
