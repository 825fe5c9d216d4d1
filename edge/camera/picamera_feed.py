"""The packets of a CSI camera's encoder, as a camera's feed yields them, at a rung that moves."""

from __future__ import annotations

import io
import logging
import queue
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn

import av
from av.container import InputContainer

from edge.camera.picamera_handed import Coded, Handed, Put, seam
from edge.camera.picamera_rungs import Rungs
from edge.encode import Means
from edge.encode.codec import TICKS
from edge.errors import CameraFrozen, CameraUnreachable

if TYPE_CHECKING:
    from edge.camera.picamera_device import Device

PATIENCE_S = 5.0
# Pictures that two encoders may be apart: the camera's few buffers let them be four at most.
_APART = 30

Open = Callable[[tuple[int, int], "tuple[int, int] | None", int, Put], "Device"]

log = logging.getLogger(__name__)


class PicameraFeed:
    """An open CSI camera, encoded from its main stream or from the smaller one beside it.

    A move between these two loses no picture: both are encoded until the second has begun. A move
    beyond them sets the camera up anew, which takes it about half a second.
    Raises CameraFrozen where it sends nothing.
    """

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
        self._handed = Handed()
        self._rungs = Rungs(size, means)
        self._device = opened(*self._rungs.streams(), fps, self._handed.put)
        self._source: InputContainer | None = None
        self._rung_of: dict[int, int] = {}
        self._coming: int | None = None  # an encoder that takes over
        self._ended = False  # whether the one before it is gone already
        try:
            self._encoder = self._begin()
            self._first = self._next()
            self._show(self._first)
        except BaseException:
            self.close()
            raise

    @property
    def video(self) -> av.VideoStream:
        return self._video

    @property
    def rung(self) -> str:
        return self._rungs.name(self._rung_of[self._shown])

    @property
    def lost(self) -> int:
        """Pictures that nobody took in time."""
        return self._handed.lost

    def packets(self) -> Iterator[av.Packet[Any]]:
        """A packet a picture. Raises CameraFrozen when none comes for 5 s."""
        for coded in self._coded():
            if coded.encoder != self._shown:
                self._show(coded)
            yield self._packet(coded)
            if self._coming is None:
                self._consider(coded)

    def _coded(self) -> Iterator[Coded]:
        yield self._first
        pending: list[Coded] = []
        while True:
            one = self._next()
            if self._coming is None:
                # One that was ended may still tell what the other has told.
                if one.encoder == self._encoder:
                    yield one
                continue
            pending.append(one)
            joined = seam(pending, self._encoder, self._coming, ended=self._ended)
            if joined is None:
                self._refuse_silence(pending)
                continue
            self._take_over(self._coming)
            pending.clear()
            yield from joined

    def _next(self) -> Coded:
        try:
            return self._handed.get(PATIENCE_S)
        except queue.Empty:
            raise CameraFrozen("nothing arrives from the camera", camera=self._camera) from None

    def _refuse_silence(self, pending: list[Coded]) -> None:
        if len(pending) > _APART:
            raise CameraUnreachable("one of its two encoders is silent", camera=self._camera)

    def _consider(self, coded: Coded) -> None:
        """Move on the ladder, where that is due."""
        reason = self._rungs.consider(coded, self._device.fps)
        if not reason:
            return
        log.warning("%s: recorded at %s: %s", self._camera, self._rungs.name(), reason)
        self._ended = not self._rungs.within_streams()
        if self._ended:
            try:
                self._device.shape(*self._rungs.streams())
            except Exception as error:  # noqa: BLE001 # picamera2's own, pybind11's, the kernel's
                self._refuse(error)
        self._coming = self._begin()

    def _begin(self) -> int:
        """Begin the encoder of the rung that was chosen."""
        try:
            number = self._device.begin(self._rungs.stream(), self._rungs.kbps())
        except Exception as error:  # noqa: BLE001 # picamera2's own, pybind11's, the kernel's
            self._refuse(error)
        self._rung_of[number] = self._rungs.rung
        return number

    def _take_over(self, coming: int) -> None:
        if not self._ended:
            self._device.end(self._encoder)
        self._encoder, self._coming = coming, None

    def _show(self, coded: Coded) -> None:
        """Make the template of an encoder's packets from the first of them."""
        try:
            # The one before is not closed: a segment that began with it may still ask for it.
            self._source = av.open(io.BytesIO(coded.data), mode="r", format="h264")
            self._video = self._source.streams.video[0]
        except (av.FFmpegError, IndexError):
            told = "its encoder's first picture is no keyframe of H.264"
            raise CameraUnreachable(told, camera=self._camera) from None
        self._shown = coded.encoder
        context = self._video.codec_context
        size, name = (context.width, context.height), f"picamera2 {self._device.by}"
        self._means.now.chosen(*size, self._device.fell)
        self._means.now.encodes(name, *size, self.rung)

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
