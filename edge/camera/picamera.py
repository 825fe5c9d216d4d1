"""`picamera:0`: a CSI camera of this Raspberry Pi, by picamera2.

Options follow a question mark: `picamera:1?size=1280x720&fps=30`. The number is that of
`rpicam-hello --list-cameras`.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, NoReturn
from urllib.parse import parse_qsl

from edge.camera import Feed
from edge.camera.picamera_handed import Put
from edge.clock import Clock
from edge.encode import Means
from edge.errors import BadSettings, CameraUnreachable, LivecamError, MissingPart

if TYPE_CHECKING:
    from edge.camera.picamera_device import Device

READ_SECONDS = 5
_HINT = "Write source: picamera:0 or picamera:0?size=1920x1080&fps=15 (even sides)"
_LIST = "'rpicam-hello --list-cameras' shows what is connected; check the ribbon cable at both ends"
_INSTALL = "On a Raspberry Pi: sudo apt install python3-picamera2, then make clean install"
_MEMORY = "Give cameras more memory: dtoverlay=vc4-kms-v3d,cma-512 in /boot/firmware/config.txt"
_NUMBER = re.compile(r"\d{1,2}")
_SIZE = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})")

# What the kernel says through libcamera's and picamera2's exceptions, in numbers and in words.
_REASONS = {
    errno.EBUSY: ("is used by another program", "End what else shows this camera"),
    errno.ENOMEM: ("finds too little memory for its pictures", _MEMORY),
    errno.EACCES: ("may not be opened by this user", "Add the user to the groups video and render"),
    errno.ENOENT: ("lacks a device of the kernel", "'livecam doctor' reads this Pi's settings"),
}
_WORDS = {
    "busy": errno.EBUSY,
    "cannot allocate memory": errno.ENOMEM,
    "failed to allocate": errno.ENOMEM,
    "permission denied": errno.EACCES,
    "dmaheap": errno.ENOENT,
}


class Wanted(NamedTuple):
    """What a source asks for."""

    number: int
    size: tuple[int, int] = (1920, 1080)
    fps: int = 15


Open = Callable[[int, tuple[int, int], "tuple[int, int] | None", int, Put], "Device"]


def read_source(camera: str, text: str) -> Wanted:
    """A source's part behind `picamera:`. Raises BadSettings."""
    number, _, query = text.partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    fps, size = given.pop("fps", "15"), _SIZE.fullmatch(given.pop("size", "1920x1080"))
    if _NUMBER.fullmatch(number) and size and not given and fps.isdecimal():
        width, height = int(size[1]), int(size[2])
        if 1 <= int(fps) <= 120 and width % 2 == height % 2 == 0 and min(width, height) >= 64:
            return Wanted(int(number), (width, height), int(fps))
    raise BadSettings("its number or options cannot be meant", camera=camera, hint=_HINT)


def open_device(
    number: int, size: tuple[int, int], lores: tuple[int, int] | None, fps: int, put: Put
) -> Device:
    """The lowest layer. Raises MissingPart, CameraUnreachable, and what libcamera raises."""
    # It tells a page at each opening, and a camera that is missing is opened again for ever.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:WARN")
    try:
        from edge.camera import picamera_device as lowest
    except ImportError as error:
        raise MissingPart(f"picamera2 is not here: {error}", hint=_INSTALL) from None
    except Exception as error:  # noqa: BLE001 # of packages built for another numpy, say
        told = f"picamera2 cannot be loaded: {type(error).__name__}: {error}"
        raise MissingPart(told, hint=_INSTALL) from None
    if number >= (there := lowest.count()):
        told = f"there is no camera number {number}: this machine has {there or 'none'}"
        raise CameraUnreachable(told, hint=_LIST)
    return lowest.open_device(number, size, lores, fps, put)


class PicameraCamera:
    """A CSI camera; `opened` is the lowest layer."""

    kind = "picamera"

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
        """Raises MissingPart or CameraUnreachable, in words for what is often wrong."""
        from edge.camera.picamera_feed import PicameraFeed

        wanted = self._wanted
        return PicameraFeed(
            self._camera, wanted.size, wanted.fps, self._means, self._device, self._refuse
        )

    def _device(
        self, size: tuple[int, int], lores: tuple[int, int] | None, fps: int, put: Put
    ) -> Device:
        try:
            return self._opened(self._wanted.number, size, lores, fps, put)
        except LivecamError as error:
            error.camera = self._camera
            raise
        except Exception as error:  # noqa: BLE001 # picamera2's own, pybind11's, the kernel's
            self._refuse(error)

    def _refuse(self, error: Exception) -> NoReturn:
        told = _REASONS.get(_number_of(error) or 0)
        name = f"picamera:{self._wanted.number}"
        if told is None:
            message = f"{name} cannot be opened: {_innermost(error)}"
            raise CameraUnreachable(message, camera=self._camera, hint=_LIST) from None
        raise CameraUnreachable(f"{name} {told[0]}", camera=self._camera, hint=told[1]) from None


def _chain(error: BaseException | None) -> list[BaseException]:
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _innermost(error: Exception) -> str:
    last = _chain(error)[-1]
    return f"{last}".strip().lower() or type(last).__name__


def _number_of(error: Exception) -> int | None:
    """The kernel's number for what is wrong: pybind11 leaves only its words of libcamera's."""
    for one in reversed(_chain(error)):
        if isinstance(one, OSError) and one.errno in _REASONS:
            return one.errno
        for word, number in _WORDS.items():
            if word in str(one).lower():
                return number
    return None
