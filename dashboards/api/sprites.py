"""Sprite sheets of a camera's minutes, and the WebVTT that tells players where each second is."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from dashboards import sprites
from dashboards.api.gate import Archived
from dashboards.api.parameters import DAY_MS, CameraPath, Stretched, Time, refused
from dashboards.api.schema import content, problems

routes = APIRouter(tags=["pictures"])

# A local day has up to 25 hours; a cue a second makes that 8 MB.
LONGEST_MS = DAY_MS + DAY_MS // 24
# The rest of a minute may be on its way.
FRESH = "private, max-age=60"

SHEET = content("image/jpeg", "Sixty tiles.") | {304: {"description": "As known."}} | problems(422)
CUES = content("text/vtt", "WebVTT.")

At = Annotated[Time, Query(description="ISO 8601; any moment of the minute.")]
Known = Annotated[str | None, Header(alias="If-None-Match", description="The `ETag` known.")]


@routes.get("/sprites/{camera}.jpg", response_class=Response, responses=SHEET)
def sheet(archive: Archived, camera: CameraPath, at: At, known: Known = None) -> Response:
    """A minute of UTC in sixty tiles of 160×90 px, ten a row: 404 where nothing was recorded."""
    start_ms = sprites.minute_of(at)
    rows = sprites.stored(archive, camera, start_ms)
    headers = {"Cache-Control": FRESH, "ETag": sprites.tag(rows)}
    if known == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    data = sprites.sheet(archive, rows, start_ms)
    return Response(data, media_type="image/jpeg", headers=headers)


@routes.get("/sprites/{camera}.vtt", response_class=Response, responses=CUES)
def index(archive: Archived, camera: CameraPath, when: Stretched) -> Response:
    """WebVTT thumbnails of a stretch of at most 25 hours, timed from `start`."""
    if when.end_ms - when.start_ms > LONGEST_MS:
        raise refused("end", "at most 25 hours after start")
    text = sprites.webvtt(archive, camera, when.start_ms, when.end_ms)
    return Response(text, media_type="text/vtt", headers={"Cache-Control": FRESH})
