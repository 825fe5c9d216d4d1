"""Cameras: listed, added, changed, removed, paused, tried."""

from __future__ import annotations

import base64
import threading
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from dashboards.access.visitor import Role
from dashboards.api.gate import Administering, Archived, Asking, Operating, Owning, Tell
from dashboards.api.nodes import Desked
from dashboards.api.parameters import Camera, CameraPath
from dashboards.archive import Archive
from dashboards.nodes import cameras as configured
from dashboards.nodes.cameras import CameraNow, State
from edge.clock import to_iso
from edge.errors import LivecamError, ObjectMissing
from edge.modes.plan import Mode
from edge.segment import NAME_PATTERN
from edge.settings import find_file
from flows.config_file import cameras as edits
from flows.config_file import file
from flows.media import trial

routes = APIRouter(tags=["cameras"])

Source = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, pattern=r"^[^\x00-\x1f\x7f]*$"),
    Field(examples=["rtsp://user:{GATE_PASSWORD}@gate.local/stream"]),
]
MOST_DEPTH = 8


def _shallow(value: Any, depth: int = MOST_DEPTH) -> Any:
    """No section is deeper; what is would exhaust whoever reads it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        if not depth:
            raise ValueError("it is too deep")
        _shallow(one, depth - 1)
    return value


Part = Annotated[dict[str, Any], Field(max_length=50), AfterValidator(_shallow)]
NodeName = Annotated[str, Field(pattern=NAME_PATTERN, examples=["pi1"])]


class CameraView(BaseModel):
    """A camera. Its sources (without passwords) and settings are for administrators."""

    camera: str = Field(examples=["gate"])
    node: str | None
    state: State = Field(description="As its recorder told within the last seconds.")
    mode: Mode | None
    fps: float | None
    bits_per_s: int | None
    newest: str | None = Field(description="The end of its newest footage in the store.")
    source: str | None = None
    sub: str | None = None
    fallback: bool | None = None
    settings: dict[str, Any] | None = Field(None, description="Of livecam.yaml, where it differs.")


class CameraList(BaseModel):
    """In order of name."""

    cameras: list[CameraView]


class CameraChange(BaseModel):
    """Keys of livecam.yaml; null takes one out, and the site's own counts again."""

    model_config = ConfigDict(extra="forbid")

    node: NodeName | None = None
    source: Source | None = None
    sub: Source | None = None
    fallback: Source | None = None
    record: Part | None = Field(None, examples=[{"segment": "1m", "mode": "motion"}])
    retain: Part | None = Field(None, examples=[{"days": 7}])
    detect: Part | None = Field(None, examples=[{"confidence": 0.6}])
    notify: Part | list[Source] | None = None


class NewCamera(CameraChange):
    """A camera to be added."""

    name: Camera = Field(examples=["yard"])
    source: Source


class Try(BaseModel):
    """What to open instead of the configured source."""

    model_config = ConfigDict(extra="forbid")

    source: Source | None = None


class Tried(BaseModel):
    """What came of it: a picture, or why there is none."""

    works: bool
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    jpeg: str | None = Field(None, description="The picture, in base64.")
    trouble: str | None = None


class Changed(BaseModel):
    """What was done. Who records it takes it over within seconds."""

    camera: str
    done: Literal["added", "changed", "removed", "paused", "resumed"]


@routes.get("/cameras")
def cameras(archive: Archived, asking: Asking, desk: Desked) -> CameraList:
    """The cameras that one may see: the configured ones, and those of which there is footage."""
    found = configured.cameras(archive.site, desk)
    return CameraList(cameras=[_view(one, asking.role) for one in found])


@routes.post("/cameras", status_code=HTTPStatus.CREATED)
def add(asking: Owning, wanted: NewCamera) -> Changed:
    """Add a camera to livecam.yaml; its node records it within seconds."""
    entry = wanted.model_dump(exclude_unset=True, exclude={"name"})
    name = wanted.name
    file.change(
        lambda text: edits.added(text, name, entry), name, asking.name, f"camera {name} added"
    )
    return Changed(camera=name, done="added")


@routes.patch("/cameras/{camera}")
def change(
    archive: Archived, asking: Administering, camera: CameraPath, wanted: CameraChange
) -> Changed:
    """Change a camera's keys in livecam.yaml; only what is named is another."""
    _known(archive, camera)
    values = wanted.model_dump(exclude_unset=True)
    file.change(
        lambda text: edits.changed(text, camera, values, alone=asking.cameras is not None),
        camera,
        asking.name,
        f"camera {camera} changed",
    )
    return Changed(camera=camera, done="changed")


@routes.delete("/cameras/{camera}")
def remove(archive: Archived, asking: Administering, camera: CameraPath) -> Changed:
    """Take a camera out of livecam.yaml. Its footage stays as long as it is retained."""
    _known(archive, camera)
    file.change(
        lambda text: edits.removed(text, camera), None, asking.name, f"camera {camera} removed"
    )
    return Changed(camera=camera, done="removed")


@routes.post("/cameras/{camera}/pause")
def pause(archive: Archived, desk: Desked, _: Operating, tell: Tell, camera: CameraPath) -> Changed:
    """Record no more of a camera until it is resumed; its time is accounted for as paused."""
    _known(archive, camera)
    configured.set_paused(archive.site, desk, camera, stop=True)
    tell("pause camera", camera)
    return Changed(camera=camera, done="paused")


@routes.post("/cameras/{camera}/resume")
def resume(
    archive: Archived, desk: Desked, _: Operating, tell: Tell, camera: CameraPath
) -> Changed:
    """Record a paused camera again."""
    _known(archive, camera)
    configured.set_paused(archive.site, desk, camera, stop=False)
    tell("resume camera", camera)
    return Changed(camera=camera, done="resumed")


@routes.post("/cameras/{camera}/test")
def test(archive: Archived, asking: Administering, camera: CameraPath, wanted: Try) -> Tried:
    """Open a camera from this machine for a moment, at most 20 s: what comes, and a picture.

    With a `source` it need not be configured, where one may see all cameras.
    """
    if wanted.source is None or asking.cameras is not None:
        _known(archive, camera)
    if wanted.source is not None and asking.cameras is not None:
        edits.check_alone(edits.entries(find_file()).get(camera, {}), {"source": wanted.source})
    if not _trying.acquire(blocking=False):
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, "others are being tried; wait a moment")
    try:
        found = trial.attempt(camera, *configured.source_of(camera, wanted.source))
    except LivecamError as error:
        trouble = f"{error.message}. {error.hint}" if error.hint else error.message
        return Tried(works=False, trouble=trouble)
    finally:
        _trying.release()
    return Tried(
        works=True,
        codec=found.codec,
        width=found.width,
        height=found.height,
        fps=found.fps,
        jpeg=base64.b64encode(found.jpeg).decode(),
    )


# Each is a process that decodes.
_trying = threading.BoundedSemaphore(2)


def _known(archive: Archive, camera: str) -> None:
    """Raises ObjectMissing where there is no such camera for whoever asks."""
    site = archive.site
    if camera in site.cameras or (site.sees(camera) and camera in edits.entries(find_file())):
        return
    raise ObjectMissing(f"there is no camera {camera!r}")


def _view(one: CameraNow, role: Role) -> CameraView:
    told = CameraView(
        camera=one.name,
        node=one.node,
        state=one.state,
        mode=one.mode,
        fps=one.fps,
        bits_per_s=one.bits_per_s,
        newest=None if one.newest_ms is None else to_iso(one.newest_ms),
    )
    if role is not Role.ADMIN:
        return told
    own = {"source": one.source, "sub": one.sub, "fallback": one.fallback}
    return told.model_copy(update={**own, "settings": one.settings})
