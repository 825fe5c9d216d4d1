"""Pictures: what the analysis kept of a segment, and the best moment of an event."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from threading import Semaphore
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response

from dashboards.api.gate import Archived
from dashboards.api.parameters import Named
from dashboards.archive import Archive
from edge.clock import to_ms
from edge.errors import BadMedia, ObjectExists, ObjectMissing
from edge.segment import SUFFIX, SegmentName
from flows.media.still import THUMBNAIL_WIDTH_PX, still
from flows.store import FOOTAGE, LIVECAM

routes = APIRouter()

WIDTH_PX = 480
JPEG = "image/jpeg"
HEADERS = {"Cache-Control": "private, max-age=3600"}

# Decoding takes a core: two cores must go on serving a player meanwhile.
_decoding = Semaphore(1)


@routes.get("/segments/{id}/thumbnail.jpg")
def segment_picture(archive: Archived, name: Named) -> Response:
    """The picture that the analysis kept, or the first one where it kept none."""
    return Response(_kept(archive, name), media_type=JPEG, headers=HEADERS)


@routes.get("/events/{id}/thumbnail.jpg")
def event_picture(archive: Archived, id: Annotated[str, Path(max_length=200)]) -> Response:  # noqa: A002
    """The event's best moment; its segment's picture where the footage can't be had."""
    return Response(_best(archive, archive.event(id)), media_type=JPEG, headers=HEADERS)


def _best(archive: Archive, event: Mapping[str, Any]) -> bytes:
    name = SegmentName.from_file(f"{event['segment_id']}{SUFFIX}")
    try:
        start_ms = to_ms(archive.row(name)["start_utc"])
        return _moment(archive, name, to_ms(event["best_utc"]) - start_ms)
    except (ObjectMissing, BadMedia):
        return _kept(archive, name)


def _kept(archive: Archive, name: SegmentName) -> bytes:
    key, store = archive.thumbnail_key(name), archive.site.store
    try:
        return store.read(LIVECAM, key)
    except ObjectMissing:
        made = _moment(archive, name, 0, THUMBNAIL_WIDTH_PX)
        with suppress(ObjectExists):
            store.create(LIVECAM, key, made, content_type=JPEG)
        return made


def _moment(archive: Archive, name: SegmentName, at_ms: int, width: int = WIDTH_PX) -> bytes:
    row = archive.row(name)
    parts = [r for r in row["ranges"] or [] if r["start_ms"] <= at_ms]
    if not parts:
        raise ObjectMissing("no footage of that moment", camera=name.camera)
    part = parts[-1]
    where = (FOOTAGE, row["key"], row["version_id"] or "")
    store = archive.site.store
    head = store.read(*where, size=row["init_bytes"])
    body = store.read(*where, offset=part["offset_bytes"], size=part["size_bytes"])
    with _decoding:
        return still(head + body, at_ms - part["start_ms"], width)
