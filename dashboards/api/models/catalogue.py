"""Rows of the catalogue as the gateway tells them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dashboards.api.models.common import Answer, Bytes, CameraName, Moment, Next
from edge.segment import Cause
from flows.catalogue.coverage import State
from flows.catalogue.schema import Status

Part = Annotated[float, Field(ge=0, le=1, description="Of the picture, from its top left.")]
Share = Annotated[float, Field(ge=0, le=1)]
Ms = Annotated[int, Field(ge=0, description="In milliseconds.")]


class SegmentTold(Answer):
    """A stored segment, with the columns of `livecam search --segments`."""

    id: Annotated[str, Field(examples=["gate_20261101_100000.000Z_0123456789abcdef"])]
    status: Status
    camera: CameraName
    node: str
    start_utc: Moment
    end_utc: Moment
    received_utc: Moment
    media_ms: Ms
    wall_ms: Ms
    key: str
    version_id: str | None
    size_bytes: Bytes
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    codec: str
    width: int
    height: int
    fps: float
    rung: str
    fallback: Annotated[bool, Field(description="A stand-in's, not the camera's own.")]
    synchronised: Annotated[bool | None, Field(description="Whether NTP stands for its times.")]


class SegmentPage(Answer):
    """Segments, oldest first."""

    segments: list[SegmentTold]
    next: Next


class EventTold(Answer):
    """An interval in which something was seen; `count` is the largest number at once."""

    id: Annotated[str, Field(examples=["gate_person_0123456789abcdef_1793527200000"])]
    camera: CameraName
    label: Annotated[str, Field(examples=["person"])]
    start_utc: Moment
    end_utc: Moment
    score: Share
    count: int
    zones: Annotated[list[str] | None, Field(description="That it touched.")]
    fallback: Annotated[bool, Field(description="Seen in a stand-in's pictures.")]


class EventPage(Answer):
    """Events, oldest first."""

    events: list[EventTold]
    next: Next


class GapTold(Answer):
    """What was not recorded, and why."""

    camera: CameraName
    start_utc: Moment
    end_utc: Moment
    cause: Cause
    detail: str | None


class Gaps(Answer):
    """Gaps, oldest first."""

    gaps: list[GapTold]


class MotionTold(Answer):
    """When something moved, and in which box."""

    camera: CameraName
    start_utc: Moment
    end_utc: Moment
    score: Share | None
    x: Part | None
    y: Part | None
    w: Part | None
    h: Part | None


class Motions(Answer):
    """Motion, oldest first."""

    motion: list[MotionTold]


class CoverageTold(Answer):
    """How an hour of a camera was spent, or the sum of all; states add up to `wall_ms`."""

    of: Literal["hour", "sum"]
    camera: CameraName
    start_utc: Moment
    end_utc: Moment
    wall_ms: Ms
    recorded_ms: Ms
    expired_ms: Ms
    stand_in_ms: Ms
    gap_ms: Ms
    imported_ms: Ms
    pending_ms: Ms
    not_yet_ms: Ms
    ahead_ms: Ms
    unexplained_ms: Ms
    causes: Annotated[dict[str, int], Field(description="Of gaps, by cause, in milliseconds.")]


assert {f"{state}_ms" for state in State} < set(CoverageTold.model_fields)


class Coverage(Answer):
    """Of each camera its hours, then its sum."""

    coverage: list[CoverageTold]


class HealthTold(Answer):
    """Whether the gateway and its store answer. Who is nobody known is told `status` alone."""

    status: Literal["ok"]
    site: str | None = None
    store: Literal["folder", "s3"] | None = None
    cameras: list[str] | None = None
    time: Moment | None = None
