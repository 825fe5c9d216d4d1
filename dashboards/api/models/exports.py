"""Exports as the gateway tells them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dashboards.api.models.common import Answer, Bytes, CameraName, Moment, Next
from dashboards.exports import Expected, Export, Kept, State
from edge.clock import to_iso

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", examples=["3f9a51c2d07be864"])]


class ExportFile(Answer):
    """A file; what is not footage (manifest, sums) has no camera and no times."""

    name: Annotated[str, Field(examples=["gate_20261101_100000Z.mp4"])]
    size_bytes: Bytes
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    camera: CameraName | None
    start_utc: Annotated[Moment | None, Field(description="Of its first picture.")]
    end_utc: Annotated[Moment | None, Field(description="Of its last picture.")]


class ExportTold(Answer):
    """One export. `progress` is 0 to 1; `error` says why it failed, or is tried again."""

    id: Id
    name: str
    cameras: list[CameraName]
    start_utc: Moment
    end_utc: Moment
    made_by: str
    made_utc: Moment
    state: State
    progress: Annotated[float, Field(ge=0, le=1)]
    error: str | None
    expected_bytes: Annotated[int, Field(ge=0, description="What it would come to, about.")]
    size_bytes: Bytes
    missing_ms: Annotated[
        dict[str, int],
        Field(description="Of each camera that lacks some, how much of the time is in no file."),
    ]
    files: list[ExportFile]


class ExportPage(Answer):
    """Exports, newest first."""

    exports: list[ExportTold]
    next: Next


class CameraEstimate(Answer):
    """What one camera comes to, about."""

    camera: CameraName
    segments: int
    size_bytes: Bytes


class Estimate(Answer):
    """What an export would come to, about."""

    cameras: list[CameraEstimate]
    size_bytes: Bytes


def estimate(found: list[Expected]) -> Estimate:
    """As told."""
    cameras = [
        CameraEstimate(camera=one.camera, segments=one.segments, size_bytes=one.size_bytes)
        for one in found
    ]
    return Estimate(cameras=cameras, size_bytes=sum(one.size_bytes for one in found))


def told(export: Export) -> ExportTold:
    """As told."""
    return ExportTold(
        id=export.id,
        name=export.name,
        cameras=list(export.cameras),
        start_utc=to_iso(export.start_ms),
        end_utc=to_iso(export.end_ms),
        made_by=export.who,
        made_utc=to_iso(export.made_ms),
        state=export.state,
        progress=export.progress,
        error=export.error,
        expected_bytes=export.expected_bytes,
        size_bytes=export.size_bytes,
        missing_ms=export.missing_ms,
        files=[_file(file) for file in export.files],
    )


def _file(file: Kept) -> ExportFile:
    return ExportFile(
        name=file.name,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        camera=file.camera or None,
        start_utc=None if file.start_ms is None else to_iso(file.start_ms),
        end_utc=None if file.end_ms is None else to_iso(file.end_ms),
    )
