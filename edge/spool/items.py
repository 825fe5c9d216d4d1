"""What lies in a spool, as its readers see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from edge.quota import Policy
from edge.segment import Gap, Segment


@dataclass(frozen=True, slots=True)
class SealedSegment:
    """A sealed segment and its two files."""

    segment: Segment
    path: Path
    sidecar: Path


@dataclass(frozen=True, slots=True)
class SealedGap:
    """A durable gap and its file."""

    gap: Gap
    path: Path


class Account(BaseModel):
    """Up to when a camera's time is accounted for: UTC and, in that boot, monotonic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    end_ms: int
    monotonic_ms: int
    boot_id: str


@dataclass(frozen=True, slots=True)
class CameraDepth:
    """What waits for upload of one camera; `oldest_ms` is its oldest segment's start.

    `since_ms`: when the file that waits longest was written.
    """

    segments: int = 0
    bytes: int = 0
    oldest_ms: int | None = None
    since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Depth:
    """What waits for upload, and the room that is left; `shares` of cameras that have one.

    `quota_bytes`: how much may wait in all before something gives way, by `policy`.
    """

    segments: int
    bytes: int
    oldest_ms: int | None
    free_bytes: int
    quota_bytes: int
    gaps: int
    cameras: Mapping[str, CameraDepth]
    policy: Policy
    shares: Mapping[str, int]

    @property
    def since_ms(self) -> int | None:
        """When the file that waits longest was written; None where nothing waits."""
        return min((c.since_ms for c in self.cameras.values() if c.since_ms), default=None)
