"""Playlists and the bytes that they name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from dashboards.api.gate import Archived
from dashboards.api.parameters import CameraPath, Named, Stretched
from dashboards.api.serving import footage, served
from flows.media.playlist import CONTENT_TYPE, playlist, ranges

routes = APIRouter()

Wanted = Annotated[str | None, Header(alias="Range")]
Mime = Annotated[
    str | None,
    Query(max_length=100, pattern=r"^[\w.,-]+$", description="Only footage of these codecs."),
]
# Relative, so that it holds under whatever address the gateway is reached by.
MEDIA = "../segments/{}/media"


@routes.get("/playlists/{camera}.m3u8")
def camera_playlist(
    archive: Archived, camera: CameraPath, when: Stretched, mime: Mime = None
) -> Response:
    """HLS of a camera's stretch; ENDLIST when all of it has passed."""
    stored = archive.playable(camera, when.start_ms, when.end_ms, mime)
    text = playlist(
        ranges(stored, when.start_ms, when.end_ms),
        ended=when.end_ms <= archive.site.clock.utc_ms(),
        address=MEDIA,
    )
    return Response(text, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-cache"})


@routes.get("/segments/{id}/media")
def media(archive: Archived, name: Named, wanted: Wanted = None) -> Response:
    """What a playlist's ranges name: authorised here, signed for a minute, one at a time."""
    return footage(archive.site.store, archive.pinned(name), wanted)


@routes.get("/segments/{id}/file")
def file(archive: Archived, name: Named, wanted: Wanted = None) -> Response:
    """The segment as a download under its own name."""
    return served(archive.site.store, archive.pinned(name), wanted, file=name.file)
