"""The packets of a CSI camera's encoder, as a camera's feed yields them."""

from __future__ import annotations

import io
import queue
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn

import av
from av.container import InputContainer

from edge.encode import Means, ladder_of
from edge.encode.codec import TICKS
from edge.errors import CameraFrozen, CameraUnreachable

if TYPE_CHECKING:
    from edge.camera.picamera_device import Coded, Device, Put

PATIENCE_S = 5.0
_HELD = 32 << 20  # bytes: half a minute of the best rung, of a reader that hangs

Open = Callable[[tuple[int, int], "tuple[int, int] | None", int, "Put"], "Device"]


class Handed:
    """Encoded pictures from the encoder's thread to the reader's; `lost` of a reader too slow.

    What is lost is lost up to the next keyframe, since nothing between could be shown.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Coded] = queue.SimpleQueue()
        self._put_bytes = self._got_bytes = self.lost = 0
        self._losing = False

    def put(self, coded: Coded) -> None:
        """Never waits: whoever does here holds the camera's buffers."""
        full = self._put_bytes - self._got_bytes > _HELD
        self._losing = full or (self._losing and not coded.keyframe)
        if self._losing:
            self.lost += 1
            return
        self._put_bytes += len(coded.data)
        self._queue.put(coded)

    def get(self, seconds: float) -> Coded:
        """Raises queue.Empty."""
        coded = self._queue.get(timeout=seconds)
        self._got_bytes += len(coded.data)
        return coded


class PicameraFeed:
    """An open CSI camera. Raises CameraFrozen where it sends nothing."""

    audio: av.AudioStream | None = None
    keeps = True

    def __init__(
        self,
        camera: str,
        size: tuple[int, int],
        fps: int,
        means: Means,
        opened: Open,
        refuse: Callable[[Exception], NoReturn],
    ) -> None:
        self._camera, self._means, self._refuse = camera, means, refuse
        self._rungs = ladder_of(size[1])
        self._handed = Handed()
        lores = self._rungs[1].size_of(*size) if len(self._rungs) > 1 else None
        self._device = opened(size, lores, fps, self._handed.put)
        self._source: InputContainer | None = None
        try:
            self._encoder = self._begin("main", self._rungs[0].kbps)
            self._first = self._next()
            self._open_template(self._first)
        except BaseException:
            self.close()
            raise

    @property
    def video(self) -> av.VideoStream:
        return self._video

    @property
    def rung(self) -> str:
        return self._rungs[0].name

    @property
    def lost(self) -> int:
        """Pictures that nobody took in time."""
        return self._handed.lost

    def packets(self) -> Iterator[av.Packet[Any]]:
        """A packet a picture. Raises CameraFrozen when none comes for 5 s."""
        coded = self._first
        while True:
            yield self._packet(coded)
            coded = self._next()

    def _begin(self, stream: str, kbps: int) -> int:
        try:
            return self._device.begin(stream, kbps)
        except Exception as error:  # noqa: BLE001 # picamera2's own, pybind11's, the kernel's
            self._refuse(error)

    def _next(self) -> Coded:
        try:
            return self._handed.get(PATIENCE_S)
        except queue.Empty:
            raise CameraFrozen("nothing arrives from the camera", camera=self._camera) from None

    def _open_template(self, coded: Coded) -> None:
        try:
            self._source = av.open(io.BytesIO(coded.data), mode="r", format="h264")
            self._video = self._source.streams.video[0]
        except (av.FFmpegError, IndexError):
            told = "its encoder's first picture is no keyframe of H.264"
            raise CameraUnreachable(told, camera=self._camera) from None

    def _packet(self, coded: Coded) -> av.Packet[Any]:
        packet: av.Packet[Any] = av.Packet(coded.data)
        packet.pts = packet.dts = coded.time_us * TICKS // 1_000_000
        packet.duration = TICKS // self._device.fps
        packet.time_base = Fraction(1, TICKS)
        packet.is_keyframe = coded.keyframe
        packet.stream = self._video
        return packet

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Its times are the sensor's."""

    def close(self) -> None:
        """Stop the camera; harmless to repeat."""
        self._device.close()
        if self._source is not None:
            self._source.close()
