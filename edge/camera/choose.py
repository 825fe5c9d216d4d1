"""Which kind of camera a source names."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from edge.camera import Camera
from edge.camera.allowed import RTSP_WORDS
from edge.clock import Clock, SystemClock
from edge.encode import Means
from edge.errors import BadSettings

_KNOWN = (
    "Write source: rtsp://…, rtsps://…, http://…, https://…, v4l2:DEVICE, picamera:0, clip:PATH"
    " or scene:"
)
_NOT_PRINTED = re.compile(r"[\s\x00-\x1f\x7f]")


class Sourced(Protocol):
    """What is asked of settings; `edge.settings.CameraSettings` has it."""

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def transport(self) -> str: ...


def camera_for(settings: Sourced, clock: Clock | None = None, means: Means | None = None) -> Camera:
    """The camera that a source's scheme names; nothing is opened.

    `means` are for sources of pictures; without, the processor encodes them at their best rung.
    Raises BadSettings naming the camera for a source that cannot be meant.
    """
    scheme, _, rest = settings.source.partition(":")
    clock = clock or SystemClock()
    if scheme == "scene":
        from edge.camera.scene import SceneCamera  # numpy, which the others can do without

        return SceneCamera(settings.name, rest, clock, means)
    if scheme == "clip":
        from edge.camera.clip import ClipCamera

        return ClipCamera(settings.name, _clip_path(settings.name, rest), clock)
    if scheme in {"rtsp", "rtsps"}:
        from edge.camera.rtsp import RtspCamera

        address = _address(settings.name, settings.source)
        return RtspCamera(settings.name, address, settings.transport)
    if scheme in {"http", "https"}:
        from edge.camera.web import WebCamera

        address = _address(settings.name, settings.source)
        return WebCamera(settings.name, address, clock, means)
    if scheme == "v4l2":
        from edge.camera.v4l2 import V4l2Camera, read_source

        return V4l2Camera(settings.name, read_source(settings.name, rest), clock, means)
    if scheme == "picamera":
        from edge.camera import picamera

        wanted = picamera.read_source(settings.name, rest)
        return picamera.PicameraCamera(settings.name, wanted, clock, means)
    raise BadSettings("its source is of no kind that is known", camera=settings.name, hint=_KNOWN)


def _clip_path(camera: str, text: str) -> Path:
    """The file, in the working folder or else beside the configuration."""
    if not text or text.startswith("-") or re.match(r"[a-zA-Z0-9+.,-]+:", text):
        raise BadSettings(
            "its clip is not the path of a file", camera=camera, hint="Write source: clip:PATH"
        )
    path = Path(text).expanduser()
    config = os.environ.get("LIVECAM_CONFIG")
    if not path.exists() and not path.is_absolute() and config:
        beside = Path(config).absolute().parent / path
        path = beside if beside.exists() else path
    return path.absolute()


def _address(camera: str, url: str) -> str:
    """The address as it is. The message never shows it: it may hold a password."""
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound or _NOT_PRINTED.search(url):
        raise BadSettings(
            "its address cannot be meant",
            camera=camera,
            hint=f"Write {url.partition(':')[0]}://USER:PASSWORD@HOST/PATH,"
            " special signs of the password as %XX",
        )
    if parts.scheme.startswith("rtsp") and (found := RTSP_WORDS & set(parts.query.split("&"))):
        raise BadSettings(
            f"its address ends in a word to the program that reads it: {min(found)}",
            camera=camera,
            hint="Leave it out; `record: {transport: udp}` chooses UDP",
        )
    return url
