"""Pictures: of a segment, of the best moment of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from dashboards import kept
from dashboards.api.gate import Archived
from dashboards.api.parameters import Named
from dashboards.api.schema import content, problems
from dashboards.archive import Archive
from edge.clock import to_ms
from edge.errors import BadMedia, ObjectMissing
from edge.segment import SUFFIX, SegmentName
from flows.media.parts import Row, moment
from flows.media.still import still

routes = APIRouter(tags=["pictures"])

WIDTH_PX = 480
JPEG = "image/jpeg"
PICTURE = content(JPEG, "A picture.") | problems(422)
HEADERS = {"Cache-Control": "private, max-age=3600"}


EventId = Annotated[
    str,
    Path(
        max_length=200,
        description="An event's id.",
        examples=["gate_person_0123456789abcdef_1793527200000"],
    ),
]


def _event(archive: Archived, id: EventId) -> Row:  # noqa: A002 - the path's own word
    return archive.event(id)


Event = Annotated[Row, Depends(_event)]


@routes.get("/segments/{id}/thumbnail.jpg", response_class=Response, responses=PICTURE)
def segment_picture(archive: Archived, name: Named) -> Response:
    """The picture that the analysis kept, or the first one where it kept none."""
    return Response(_thumbnail(archive, name), media_type=JPEG, headers=HEADERS)


@routes.get("/events/{id}/thumbnail.jpg", response_class=Response, responses=PICTURE)
def event_picture(archive: Archived, event: Event) -> Response:
    """The event's best moment; its segment's picture where the footage can't be had."""
    return Response(_best(archive, event, _whole), media_type=JPEG, headers=HEADERS)


@routes.get("/events/{id}/crop.jpg", response_class=Response, responses=PICTURE)
def event_crop(archive: Archived, event: Event) -> Response:
    """What the event is about in its best moment, kept once made; else as its picture."""
    return Response(_best(archive, event, _crop), media_type=JPEG, headers=HEADERS)


def _thumbnail(archive: Archive, name: SegmentName) -> bytes:
    return kept.thumbnail(archive.site.store, archive.thumbnail_key(name), archive.row(name))


def best_picture(archive: Archive, event: str) -> bytes:
    """An event's best moment as JPEG, for whoever sends it along. Raises LivecamError."""
    return _best(archive, archive.event(event), _whole)


def _best(archive: Archive, event: Row, make: Callable[[Archive, Row, Row], bytes]) -> bytes:
    name = SegmentName.from_file(f"{event['segment_id']}{SUFFIX}")
    try:
        return make(archive, event, archive.row(name))
    except (ObjectMissing, BadMedia):
        return _thumbnail(archive, name)


def _whole(archive: Archive, event: Row, row: Row) -> bytes:
    at_ms = to_ms(event["best_utc"]) - to_ms(row["start_utc"])
    data, within_ms = moment(archive.site.store, row, at_ms)
    with kept.decoding:
        return still(data, within_ms, WIDTH_PX)


def _crop(archive: Archive, event: Row, row: Row) -> bytes:
    return kept.best_crop(archive.site.store, event, row)
