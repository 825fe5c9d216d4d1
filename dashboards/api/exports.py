"""Exports: asked for, followed, downloaded, deleted."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dashboards.api.gate import ADDRESS, Archived, Asking, Operating, Tell
from dashboards.api.models.exports import Estimate, ExportPage, ExportTold, estimate, told
from dashboards.api.parameters import Camera, Cursor, Page, PageLimit, Time, refused
from dashboards.api.schema import file, problems
from dashboards.api.serving import SIGNED_S, elsewhere, ranged
from dashboards.exports import Export, Exports, Kept, exports_of, may_remove
from dashboards.exports.runner import content_type, folder
from dashboards.exports.zipped import Member, Zip
from edge.errors import BadSettings, ObjectMissing
from flows.stages.export import LONGEST_NAME, MOST_CAMERAS, Wanted, check
from flows.store import LIVECAM, ObjectStore

routes = APIRouter(tags=["exports"])

FILE = file("video/mp4", "text/plain", json=True)
ZIP = file("application/zip")
Wished = Annotated[str | None, Header(alias="Range", description="One byte range.")]
ExportId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{16}$", examples=["3f9a51c2d07be864"], description="Its id.")
]
FileName = Annotated[
    str,
    Path(
        max_length=120,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        examples=["manifest.json"],
        description="One of the export's files.",
    ),
]
Inline = Annotated[bool, Query(description="To be shown, not saved.")]


class ExportWanted(BaseModel):
    """What to export: at most 24 hours of 20 cameras."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "cameras": ["gate", "yard"],
                    "start": "2026-11-01T10:00:00Z",
                    "end": "2026-11-01T10:01:30Z",
                    "name": "the parcel",
                }
            ]
        },
    )

    cameras: Annotated[list[Camera], Field(min_length=1, max_length=MOST_CAMERAS)]
    start: Time
    end: Time
    name: Annotated[
        str, StringConstraints(max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")
    ] = ""


def _exports(archive: Archived) -> Exports:
    return exports_of(archive.following)


Kind = Annotated[Exports, Depends(_exports)]


def _one(id: ExportId, exports: Kind, asking: Asking) -> Export:  # noqa: A002
    return exports.book.find(id, asking)


One = Annotated[Export, Depends(_one)]


@routes.get("/exports")
def every(exports: Kind, asking: Asking, limit: PageLimit = 50, after: Page = None) -> ExportPage:
    """Exports whose cameras the visitor may all see, newest first."""
    before = None if after is None else exports.book.number(after.id, after.start_ms)
    found = exports.book.newest(asking, limit + 1, before)
    last = found[limit - 1] if len(found) > limit else None
    # Not its number, which would tell how many there are that one may not see.
    following = None if last is None else str(Cursor(last.made_ms, last.id))
    return ExportPage(exports=[told(one) for one in found[:limit]], next=following)


@routes.get("/estimate", responses=problems(422))
def estimated(
    archive: Archived,
    exports: Kind,
    asking: Operating,
    camera: Annotated[
        list[Camera],
        Query(min_length=1, max_length=MOST_CAMERAS, description="Whose; may be repeated."),
    ],
    start: Annotated[Time, Query(description="ISO 8601.")],
    end: Annotated[Time, Query(description="ISO 8601, at most 24 hours after start.")],
) -> Estimate:
    """What an export would come to, before it is asked for; 404 where there is no footage."""
    wanted = _checked(Wanted(tuple(camera), start, end, who=asking.name))
    return estimate(exports.expected(archive.site, wanted))


@routes.post(
    "/exports", status_code=HTTPStatus.ACCEPTED, responses=problems(422), response_model=ExportTold
)
def ask(
    archive: Archived,
    exports: Kind,
    asking: Operating,
    wanted: ExportWanted,
    request: Request,
    answer: Response,
) -> ExportTold:
    """Queue an export; `Location` is where to follow it. 404 where there is no footage."""
    asked = _checked(
        Wanted(tuple(wanted.cameras), wanted.start, wanted.end, wanted.name, asking.name)
    )
    made = exports.ask(archive.site, asked, request.scope.get(ADDRESS, ""))
    answer.headers["Location"] = f"{request.url.path.rstrip('/')}/{made.id}"
    return told(made)


def _checked(wanted: Wanted) -> Wanted:
    try:
        check(wanted)
    except BadSettings as error:
        raise refused("end", f"{error.message}") from None
    return wanted


@routes.get("/exports/{id}")
def one(export: One) -> ExportTold:
    """How far it is, and its files once it is done."""
    return told(export)


@routes.delete("/exports/{id}", status_code=HTTPStatus.NO_CONTENT)
def remove(export: One, exports: Kind, asking: Operating, request: Request) -> None:
    """Delete it with its files: whoever made it may, and administrators."""
    if not may_remove(export, asking):
        raise HTTPException(HTTPStatus.FORBIDDEN, "only whoever made it may delete it")
    exports.remove(export, asking.name, request.scope.get(ADDRESS, ""))


@routes.get(
    "/exports/{id}/files/{name}",
    response_class=Response,
    responses=FILE | problems(416),
)
def download(
    archive: Archived,
    export: One,
    tell: Tell,
    name: FileName,
    wished: Wished = None,
    inline: Inline = False,
) -> Response:
    """One file: 302 to the store where it signs addresses, else its bytes."""
    file = next((file for file in export.files if file.name == name), None)
    if file is None:
        raise ObjectMissing("there is no such file in the export")
    _told(tell, export, file.name, wished)
    store, saved = archive.site.store, None if inline else file.name
    key = folder(export.id) + file.name
    signed = store.presign(LIVECAM, key, "", seconds=SIGNED_S, file=saved or "")
    if signed:
        return elsewhere(signed)
    read = partial(_read, store, export, file)
    return ranged(
        read,
        file.size_bytes,
        wished,
        media_type=content_type(file.name),
        file=saved,
        headers={"ETag": f'"{file.sha256}"'},
    )


@routes.get(
    "/exports/{id}/archive.zip",
    response_class=Response,
    responses=ZIP | problems(416),
)
def zipped(archive: Archived, export: One, tell: Tell, wished: Wished = None) -> Response:
    """All of its files in one, nothing compressed."""
    if not export.files:
        raise ObjectMissing("the export has no files yet")
    _told(tell, export, "archive.zip", wished)
    store = archive.site.store
    members = [
        Member(file.name, file.size_bytes, file.crc32, partial(_read, store, export, file))
        for file in export.files
    ]
    whole = Zip(members, export.made_ms)
    name = f"livecam-{export.id}.zip"
    return ranged(whole.read, whole.size_bytes, wished, media_type="application/zip", file=name)


def _read(store: ObjectStore, export: Export, file: Kept, offset: int, size: int) -> bytes:
    return store.read(LIVECAM, folder(export.id) + file.name, offset=offset, size=size)


def _told(tell: Tell, export: Export, name: str, wished: str | None) -> None:
    """Write a download down; what a player takes in pieces as one row a minute."""
    whole = wished is None or wished.strip().startswith("bytes=0-")
    (tell if whole else tell.piece)("export downloaded", f"{export.id}/{name}")
