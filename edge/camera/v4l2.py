"""`v4l2:/dev/video0`: a camera of this machine. H.264 is copied, JPEGs and raw pictures encoded.

Options follow a question mark: `v4l2:/dev/video0?input=mjpeg&size=1280x720&fps=30`. Without
`input`, what costs least of what the camera offers is taken.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, NoReturn
from urllib.parse import parse_qsl

import av
from av.container import InputContainer

from edge.camera import Feed
from edge.camera.copied import CopyFeed
from edge.camera.failures import refuse
from edge.camera.pictures import PicturesFeed
from edge.clock import Clock
from edge.encode import Means
from edge.errors import BadSettings, CameraUnreachable

READ_SECONDS = 5
INPUTS = {"h264": "h264", "mjpeg": "mjpeg", "raw": "yuyv422"}
_DEVICE = re.compile(r"/dev/(video\d{1,3}|v4l/by-(id|path)/[\w.:+-]+)")
_SIZE = re.compile(r"[1-9]\d{1,3}x[1-9]\d{1,3}")
_HINT = "Write source: v4l2:/dev/video0?input=mjpeg&size=1280x720&fps=30 (input: h264, mjpeg, raw)"

_REASONS = {
    errno.ENOENT: ("is not there", "Is it plugged in? 'ls /dev/video*' shows what is"),
    errno.EACCES: ("may not be opened by this user", "Add the user to the group video"),
    errno.EPERM: ("may not be opened by this user", "Add the user to the group video"),
    errno.EBUSY: ("is used by another program", "End what else shows this camera"),
    errno.ENOTTY: ("is no camera", _HINT),
    errno.ENODEV: ("is gone", "Is it plugged in?"),
}

Open = Callable[[str, Mapping[str, str]], InputContainer]


class Wanted(NamedTuple):
    """What a source asks for; None: as the camera has it."""

    device: str
    input: str | None = None
    size: str | None = None
    fps: str | None = None

    def options(self, offered: str) -> dict[str, str]:
        """libav's words for it, with one of INPUTS."""
        asked = {"video_size": self.size, "framerate": self.fps}
        known = {name: value for name, value in asked.items() if value is not None}
        return {"input_format": INPUTS[offered], **known}


def read_source(camera: str, text: str) -> Wanted:
    """A source's part behind `v4l2:`. Raises BadSettings."""
    device, _, query = text.partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    wanted = Wanted(
        device, given.pop("input", None), given.pop("size", None), given.pop("fps", None)
    )
    sound = (
        _DEVICE.fullmatch(device) is not None
        and not given
        and wanted.input in {None, *INPUTS}
        and (wanted.size is None or _SIZE.fullmatch(wanted.size) is not None)
        and (wanted.fps is None or (wanted.fps.isdecimal() and 1 <= int(wanted.fps) <= 240))
    )
    if not sound:
        raise BadSettings("its device or options cannot be meant", camera=camera, hint=_HINT)
    return wanted


def open_device(device: str, options: Mapping[str, str]) -> InputContainer:
    """The lowest layer: raises av.FFmpegError."""
    return av.open(device, mode="r", format="v4l2", options=dict(options))


class V4l2Camera:
    """A device of this machine; `opened` is the lowest layer."""

    kind = "v4l2"

    def __init__(
        self,
        camera: str,
        wanted: Wanted,
        clock: Clock,
        means: Means | None = None,
        opened: Open = open_device,
    ) -> None:
        self._camera, self._wanted, self._clock = camera, wanted, clock
        self._means, self._opened = means or Means(), opened

    def open(self) -> Feed:
        """Raises CameraUnreachable, in words for what is often wrong."""
        opened_ms = self._clock.monotonic_ms()
        container = self._first()
        patience_ms = READ_SECONDS * 1_000
        try:
            if container.streams.video[0].codec_context.name == "h264":
                return CopyFeed(
                    self._camera, container, self._clock, opened_ms, patience_ms, keeps=False
                )
            return PicturesFeed(self._camera, container, self._clock, self._means, patience_ms)
        except BaseException:
            container.close()
            raise

    def _first(self) -> InputContainer:
        """The first of the inputs that the camera offers: the cheapest, or the one asked for."""
        inputs = [self._wanted.input] if self._wanted.input else list(INPUTS)
        for name in inputs:
            try:
                return self._opened(self._wanted.device, self._wanted.options(name))
            except av.FFmpegError as error:
                if error.errno != errno.EINVAL:
                    self._refuse(error)
        raise CameraUnreachable(
            f"{self._wanted.device} offers no {' nor '.join(inputs)} of this size and rate",
            camera=self._camera,
            hint=_HINT,
        )

    def _refuse(self, error: av.FFmpegError) -> NoReturn:
        told = _REASONS.get(error.errno or 0)
        if told is None:
            refuse(self._camera, error)
        raise CameraUnreachable(
            f"{self._wanted.device} {told[0]}", camera=self._camera, hint=told[1]
        ) from None
