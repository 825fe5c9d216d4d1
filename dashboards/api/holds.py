"""Holds: made, listed, ended."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from dashboards import held
from dashboards.api.gate import ADDRESS, Archived, Operating
from dashboards.api.models.holds import HoldPage, HoldTold, Released, placed, told
from dashboards.api.parameters import Camera, CameraFilter, Cursor, Page, PageLimit, Time, refused
from edge.errors import ObjectMissing
from flows.catalogue import read
from flows.retention import Hold
from flows.stages.holds import ID_PATTERN

routes = APIRouter(tags=["holds"])

Past = Annotated[bool, Query(description="Those that were released, too.")]
HoldPath = Annotated[
    str, Path(pattern=ID_PATTERN, examples=["5d1b2c9e04af"], description="A hold's id.")
]


class Over(BaseModel):
    """A stretch of a camera's time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "camera": "gate",
                    "start": "2026-11-01T10:00:00Z",
                    "end": "2026-11-01T11:00:00Z",
                }
            ]
        },
    )

    camera: Camera
    start: Time
    end: Time

    def checked(self) -> tuple[str, int, int]:
        """What is said together; a stretch ends after it begins."""
        if self.end <= self.start:
            raise refused("end", "must be after start")
        return self.camera, self.start, self.end


class HoldWanted(Over):
    """What to hold, and why."""

    reason: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


@routes.get("/holds")
def holds(
    archive: Archived,
    camera: CameraFilter = None,
    released: Past = False,
    limit: PageLimit = 50,
    after: Page = None,
) -> HoldPage:
    """Holds in force, the newest first; with `released` the past ones too."""
    columns = ("start", "end", "placed", "released")
    times = {f"{name}_ms": pl.col(f"{name}_utc").dt.epoch("ms") for name in columns}
    rows = archive.sure(read.holds(archive.site, camera, released=released))
    rows = rows.with_columns(**times).sort("placed_ms", "id", descending=True)
    if after is not None:
        at = pl.col("placed_ms")
        same = (at == after.start_ms) & (pl.col("id") < after.id)
        rows = rows.filter((at < after.start_ms) | same)
    page = rows.head(limit)
    last = page.row(-1, named=True) if len(rows) > limit else None
    following = None if last is None else str(Cursor(last["placed_ms"], last["id"]))
    return HoldPage(holds=[told(row) for row in page.iter_rows(named=True)], next=following)


@routes.post("/holds", status_code=HTTPStatus.CREATED)
def place(archive: Archived, asking: Operating, wanted: HoldWanted, request: Request) -> HoldTold:
    """Hold a stretch of a camera's footage: retention leaves it, however old. In force at once."""
    over, site = wanted.checked(), archive.site
    address = request.scope.get(ADDRESS, "")
    made = held.place(site, asking, *over, reason=wanted.reason, address=address)
    return placed(made, site.clock.utc_ms(), wanted.reason)


@routes.post("/releases")
def release(archive: Archived, asking: Operating, over: Over, request: Request) -> Released:
    """End holds over exactly this stretch."""
    address = request.scope.get(ADDRESS, "")
    touched = held.release(archive.site, asking, *over.checked(), address=address)
    return Released(released=[one.id for one in touched])


@routes.delete("/holds/{id}", status_code=HTTPStatus.NO_CONTENT)
def end(archive: Archived, asking: Operating, id: HoldPath, request: Request) -> None:  # noqa: A002
    """End one hold, whatever others stand over the same time."""
    held.end(archive.site, asking, _one(archive, id), request.scope.get(ADDRESS, ""))


def _one(archive: Archived, id: str) -> Hold:  # noqa: A002
    rows = archive.sure(read.holds(archive.site)).filter(pl.col("id") == id)
    if rows.is_empty():
        raise ObjectMissing("there is no such hold")
    times = rows.select("id", "camera", *(_ms(name) for name in ("start", "end")))
    return Hold(*times.row(0))


def _ms(name: str) -> pl.Expr:
    return pl.col(f"{name}_utc").dt.epoch("ms").alias(f"{name}_ms")
