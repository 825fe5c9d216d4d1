"""Whether cameras were recording, and if not why, hour by hour."""

from __future__ import annotations

import difflib
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from dashboards.api.gate import Archived
from dashboards.api.models.catalogue import Coverage
from dashboards.api.models.common import answers
from dashboards.api.parameters import DAY_MS, Camera, From, Until, refused
from dashboards.archive import Archive
from flows.catalogue.coverage import hours
from flows.stages.account import accounts_of, known_cameras, rows

routes = APIRouter(tags=["catalogue"])

# A month of twenty cameras is 14,400 hours and 6 MB.
LONGEST_DAYS = 31

Cameras = Annotated[list[Camera] | None, Query(description="Only these cameras.")]


@routes.get("/coverage", responses=answers(Coverage), response_model=None)
def coverage(
    archive: Archived, camera: Cameras = None, start: From = None, end: Until = None
) -> JSONResponse:
    """`{"coverage": […]}`: of each camera its hours, then its sum, as `livecam coverage --json`.

    The last 24 hours where nothing is said; hours are whole in UTC.
    """
    end = archive.site.clock.utc_ms() if end is None else end
    start = end - DAY_MS if start is None else start
    if not 0 < end - start <= LONGEST_DAYS * DAY_MS:
        raise refused("to", f"must be after from, by at most {LONGEST_DAYS} days")
    found = accounts_of(archive.site, _known(archive, camera), start, end)
    cuts = hours(start, end)
    told = [row for name in found for row in rows(name, found[name], cuts)]
    # As it is: FastAPI would look at each of a month's 200,000 values, for half a second.
    return JSONResponse({"coverage": told})


def _known(archive: Archive, wanted: list[str] | None) -> list[str]:
    names = known_cameras(archive.site)
    strange = [name for name in wanted or () if name not in names]
    if strange:
        near = difflib.get_close_matches(strange[0], names, n=1, cutoff=0.4)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise refused("camera", f"there is no camera {strange[0]!r}{meant}")
    return sorted(set(wanted)) if wanted else names
