"""The kernel's devices: memory for pictures, a Pi 4's encoder, and which video devices there are.

Files are memfds, so that mapping them is real; what differs from a file is answered here.
"""

from __future__ import annotations

import builtins
import fcntl
import io
import os
import select
from typing import Any

import videodev2 as v4l2

from .board import BOARD
from .codec import Codec

HEAP = "/dev/dma_heap/"
CODEC = "/dev/video11"
# picamera2 tells a Pi 5 from the older ones by the image processor that it finds.
_ISP = ("/dev/video20", b"pispbe") if BOARD.pi == 5 else ("/dev/video13", b"bcm2835-isp")
_DMA_HEAP, _DMA_BUF = ord("H"), ord("b")

_devices: dict[int, Device] = {}
_real_open, _real_os_open = builtins.open, os.open
_real_exists, _real_ioctl, _real_poll = os.path.exists, fcntl.ioctl, select.poll


class Device(io.FileIO):
    """An open device; `codec` where it is the encoder."""

    def __init__(self, card: bytes, codec: Codec | None = None) -> None:
        super().__init__(os.memfd_create("device"), "r+")
        self.card, self.codec = card, codec
        _devices[self.fileno()] = self
        if codec:
            codec.memory = self.fileno()

    def close(self) -> None:
        if not self.closed:
            _devices.pop(self.fileno(), None)
            if self.codec:
                self.codec.close()
        super().close()

    def control(self, request: int, argument: Any) -> int:
        if request == v4l2.VIDIOC_QUERYCAP:
            argument.card = (type(argument.card))(*self.card)
            return 0
        assert self.codec is not None
        return self.codec.control(request, argument)


def _exists(path: Any) -> bool:
    if isinstance(path, str) and path.startswith("/dev/video"):
        return path == _ISP[0] or (path == CODEC and _has_codec())
    return _real_exists(path)


def _has_codec() -> bool:
    return BOARD.pi < 5 and BOARD.codec


def _open(path: Any, *args: Any, **options: Any) -> Any:
    if isinstance(path, str) and path.startswith("/dev/video"):
        if not _exists(path):
            raise FileNotFoundError(2, "No such file or directory", path)
        return Device(b"bcm2835-codec-encode", Codec()) if path == CODEC else Device(_ISP[1])
    return _real_open(path, *args, **options)


def _os_open(path: Any, flags: int, *args: Any, **options: Any) -> int:
    if isinstance(path, str) and path.startswith(HEAP):
        if not BOARD.heap:
            raise FileNotFoundError(2, "No such file or directory", path)
        return os.memfd_create("heap")
    return _real_os_open(path, flags, *args, **options)


def _ioctl(file: Any, request: int, argument: Any = 0, *args: Any) -> Any:
    number = file if isinstance(file, int) else file.fileno()
    if number in _devices:
        return _devices[number].control(request, argument)
    kind = (request >> 8) & 0xFF
    if kind == _DMA_HEAP:
        argument.fd = os.memfd_create("pictures")
        os.ftruncate(argument.fd, argument.len)
    if kind in {_DMA_HEAP, _DMA_BUF}:
        return 0
    return _real_ioctl(file, request, argument, *args)


class _Poll:
    """`select.poll` for the encoder, which is asked instead of its file."""

    def __init__(self) -> None:
        self._poll, self._number = _real_poll(), -1
        self._codec: Codec | None = None

    def register(self, file: Any, events: int) -> None:
        self._number = file if isinstance(file, int) else file.fileno()
        device = _devices.get(self._number)
        self._codec = device.codec if device else None
        if self._codec is None:
            self._poll.register(file, events)

    def poll(self, ms: float | None = None) -> list[tuple[int, int]]:
        if self._codec is None:
            return self._poll.poll(ms)
        events = self._codec.wait((ms or 0) / 1000)
        return [(self._number, events)] if events else []


def install() -> None:
    """From here on, this process sees the board's devices."""
    builtins.open, os.open, os.path.exists = _open, _os_open, _exists  # type: ignore[assignment]
    fcntl.ioctl, select.poll = _ioctl, _Poll  # type: ignore[assignment,misc]
