"""A camera's time line, and what is next on it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from dashboards.api.gate import Archived
from dashboards.api.nearby import nearby
from dashboards.api.parameters import DAY_MS, LONGEST_DAYS, CameraPath, Stretch, Time, refused
from dashboards.api.timeline import timeline as drawn

routes = APIRouter()

# A month and the hour by which some are longer.
LONGEST_MS = 31 * DAY_MS + DAY_MS // 24
MOST_STEPS = 4_096

Span = tuple[int, int]


class Run(BaseModel):
    """Stored footage of one kind; `mime` is what a browser asks of it, `fps` pictures a second."""

    start_ms: int
    end_ms: int
    mime: str
    codec: str
    fps: float | None


class Missing(BaseModel):
    """A gap, or several short ones of a cause; `missing_ms` is what they take of that time."""

    start_ms: int
    end_ms: int
    cause: str
    missing_ms: int


class Untold(BaseModel):
    """Time without footage of which no gap tells."""

    start_ms: int
    end_ms: int
    state: Literal["pending", "not_yet", "unexplained"]


class Seen(BaseModel):
    """An event, or the best of a label in one step."""

    id: str
    label: str
    start_ms: int
    end_ms: int
    score: float
    count: int


class Timeline(BaseModel):
    """Times in ms since the epoch; spans in order of time; `step_ms` 0: as they are."""

    camera: str
    start_ms: int
    end_ms: int
    step_ms: int
    runs: list[Run]
    recorded: list[Span]
    expired: list[Span] = Field(description="Recorded, and deleted by retention.")
    gaps: list[Missing]
    untold: list[Untold]
    motion: list[Span]
    events: list[Seen]
    stand_ins: list[Span] = Field(description="Recorded, but not by the camera.")
    holds: list[Span]


class Found(BaseModel):
    """A stretch of time, or an event with its label; null where there is none."""

    start_ms: int
    end_ms: int
    label: str | None = None


class Nearby(BaseModel):
    found: Found | None


Steps = Annotated[
    int | None,
    Query(ge=1, le=MOST_STEPS, description="How many spans can be told apart.", examples=[1024]),
]


def _stretch(
    start: Annotated[Time, Query(description="ISO 8601.", examples=["2026-11-01T00:00:00Z"])],
    end: Annotated[
        Time,
        Query(
            description=f"ISO 8601, after start by at most {LONGEST_DAYS} days, or 31 in `steps`.",
            examples=["2026-11-02T00:00:00Z"],
        ),
    ],
    steps: Steps = None,
) -> Stretch:
    most_ms = LONGEST_DAYS * DAY_MS if steps is None else LONGEST_MS
    if end <= start:
        raise refused("end", "must be after start")
    if end - start > most_ms:
        days = most_ms // DAY_MS
        raise refused("end", f"at most {days} days after start")
    return Stretch(start, end)


Asked = Annotated[Stretch, Depends(_stretch)]


@routes.get("/timelines/{camera}", responses={HTTPStatus.OK: {"model": Timeline}})
def timeline(
    archive: Archived, camera: CameraPath, when: Asked, steps: Steps = None
) -> JSONResponse:
    """All that the player's timeline draws of a stretch."""
    # As it is: FastAPI would look at each of some thousand spans.
    return JSONResponse(drawn(archive, camera, when.start_ms, when.end_ms, steps))


@routes.get("/timelines/{camera}/next", responses={HTTPStatus.OK: {"model": Nearby}})
def following(
    archive: Archived,
    camera: CameraPath,
    at: Annotated[Time, Query(description="ISO 8601.", examples=["2026-11-01T10:00:00Z"])],
    of: Annotated[Literal["footage", "event"], Query(description="What to look for.")] = "event",
    backwards: Annotated[bool, Query(description="The last before, not the first after.")] = False,
) -> JSONResponse:
    """The footage that holds a moment, or the nearest; the event that begins next."""
    return JSONResponse({"found": nearby(archive, camera, at, of, backwards=backwards)})
