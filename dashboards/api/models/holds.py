"""Holds, and what retention will take, as the gateway tells them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from dashboards.api.models.common import Answer, Bytes, CameraName, Moment, Next
from edge.clock import to_iso
from flows.retention import Hold
from flows.stages.holds import ID_PATTERN

HoldId = Annotated[str, Field(pattern=ID_PATTERN, examples=["5d1b2c9e04af"])]


class HoldTold(Answer):
    """A stretch of a camera's time that retention leaves, until `released_utc`."""

    id: HoldId
    camera: CameraName
    start_utc: Moment
    end_utc: Moment
    placed_utc: Moment
    released_utc: Moment | None
    reason: str


class HoldPage(Answer):
    """Holds, the newest first."""

    holds: list[HoldTold]
    next: Next


class Released(Answer):
    """Holds that were ended, over exactly the stretch; what reached beyond goes on as another."""

    released: list[HoldId]


class Going(Answer):
    """A segment that retention will take at `due_utc`; `held`: not while a hold stands."""

    id: str
    camera: CameraName
    start_utc: Moment
    due_utc: Moment
    size_bytes: Bytes
    held: bool
    days_left: Annotated[float, Field(ge=0, description="0 for what is due.")]


class CameraStock(Answer):
    """What a camera stores, and what of it is due and held."""

    camera: CameraName
    segments: int
    size_bytes: Bytes
    due_segments: int
    due_bytes: Bytes
    held_bytes: Bytes
    next_due_utc: Moment | None


class RetentionPage(Answer):
    """Segments in the order in which they go; held ones are told of in `cameras` alone."""

    at_utc: Moment
    cameras: list[CameraStock]
    segments: list[Going]
    next: Next


def told(row: dict[str, Any]) -> HoldTold:
    """A row of `holds`, its times in ms."""
    released = row["released_ms"]
    return HoldTold(
        id=row["id"],
        camera=row["camera"],
        start_utc=to_iso(row["start_ms"]),
        end_utc=to_iso(row["end_ms"]),
        placed_utc=to_iso(row["placed_ms"]),
        released_utc=None if released is None else to_iso(released),
        reason=row["reason"] or "",
    )


def placed(hold: Hold, placed_ms: int, reason: str) -> HoldTold:
    """A hold that was just made."""
    return HoldTold(
        id=hold.id,
        camera=hold.camera,
        start_utc=to_iso(hold.start_ms),
        end_utc=to_iso(hold.end_ms),
        placed_utc=to_iso(placed_ms),
        released_utc=None,
        reason=reason,
    )
