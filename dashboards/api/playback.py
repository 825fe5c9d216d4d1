"""Playlists and the bytes that they name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from dashboards.api.gate import Archived
from dashboards.api.parameters import CameraPath, Named, Stretched
from dashboards.api.schema import content, file, problems
from dashboards.api.serving import VIDEO, footage, served
from dashboards.archive import Archive
from flows.media.playlist import CONTENT_TYPE, playlist, ranges

routes = APIRouter(tags=["playback"])

PLAYLIST = content(CONTENT_TYPE, "An HLS playlist.")
FOOTAGE = file(VIDEO) | problems(416, 422)

Wanted = Annotated[str | None, Header(alias="Range", description="One byte range.")]
Mime = Annotated[
    str | None,
    Query(max_length=100, pattern=r"^[\w.,-]+$", description="Only footage of these codecs."),
]
# Relative, so that it holds under whatever address the gateway is reached by.
MEDIA = "../segments/{}/media"


@routes.get("/playlists/{camera}.m3u8", response_class=Response, responses=PLAYLIST)
def camera_playlist(
    archive: Archived, camera: CameraPath, when: Stretched, mime: Mime = None
) -> Response:
    """HLS of a camera's stretch; ENDLIST when all of it has passed."""
    return listed(archive, camera, when.start_ms, when.end_ms, mime, MEDIA)


def listed(
    archive: Archive, camera: str, start_ms: int, end_ms: int, mime: str | None, address: str
) -> Response:
    """The playlist of a stretch; `address` is a segment's, with `{}` for its id."""
    stored = archive.playable(camera, start_ms, end_ms, mime)
    text = playlist(
        ranges(stored, start_ms, end_ms),
        ended=end_ms <= archive.site.clock.utc_ms(),
        address=address,
    )
    return Response(text, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-cache"})


@routes.get("/segments/{id}/media", response_class=Response, responses=FOOTAGE)
def media(archive: Archived, name: Named, wanted: Wanted = None) -> Response:
    """What a playlist's ranges name: authorised here, signed for a minute, one at a time."""
    return footage(archive.site.store, archive.pinned(name), wanted)


@routes.get("/segments/{id}/file", response_class=Response, responses=FOOTAGE)
def download(archive: Archived, name: Named, wanted: Wanted = None) -> Response:
    """The segment as a download under its own name."""
    return served(archive.site.store, archive.pinned(name), wanted, file=name.file)
