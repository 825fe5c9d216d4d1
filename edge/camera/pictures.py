"""Sources of pictures, of JPEGs or raw ones: decoded and encoded here, placed by their arrival."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any, cast

import av
from av.container import InputContainer

from edge.camera.failures import refuse
from edge.clock import Clock
from edge.encode import Means
from edge.encode.codec import TICKS
from edge.encode.encoder import Encoder
from edge.errors import CameraFrozen, CameraUnreachable

_ASSUMED_FPS = 25  # multipart/x-mixed-replace tells none
_WAITED_MS = 3
_UNREADABLE_MS = 5_000
_LARGEST = 8192 * 8192  # pixels: what would be decoded takes 1.5 bytes each


class PicturesFeed:
    """An open source of pictures. It owns `container`.

    Pictures that cannot be decoded are left out. Where none can for 5 s, it ends.
    """

    audio: av.AudioStream | None = None
    keeps = False

    def __init__(
        self,
        camera: str,
        container: InputContainer,
        clock: Clock,
        means: Means,
        patience_ms: int,
    ) -> None:
        self._camera, self._container, self._clock = camera, container, clock
        self._patience_ms = patience_ms
        self._source = container.streams.video[0]
        context = self._source.codec_context
        context.options = {"max_pixels": str(_LARGEST)}
        context.thread_count = 1
        fps = round(self._source.average_rate or _ASSUMED_FPS)
        self._encoder = Encoder(camera, (context.width, context.height), max(1, fps), means)
        self._began_ms = self._waited_ms = self._read_ms = clock.monotonic_ms()
        self._last = -1

    @property
    def video(self) -> av.VideoStream:
        return self._encoder.video

    @property
    def rung(self) -> str:
        return self._encoder.rung.name

    def packets(self) -> Iterator[av.Packet[Any]]:
        """A packet a picture, as they arrive.

        Raises CameraFrozen when nothing arrives for too long, CameraUnreachable at the end.
        """
        asked_ms = self._clock.monotonic_ms()
        try:
            for packet in cast("Iterator[av.Packet[Any]]", self._container.demux(self._source)):
                now_ms = self._clock.monotonic_ms()
                if now_ms - asked_ms >= _WAITED_MS:
                    self._waited_ms = now_ms
                for picture in self._decoded(packet, now_ms):
                    yield from self._encode(picture, now_ms)
                asked_ms = self._clock.monotonic_ms()
        except av.FFmpegError as error:
            self._refuse_silence(asked_ms)
            if error.errno != errno.EIO:
                refuse(self._camera, error)
        self._refuse_silence(asked_ms)
        raise CameraUnreachable("the camera ended the connection", camera=self._camera)

    def _refuse_silence(self, asked_ms: int) -> None:
        if self._clock.monotonic_ms() - asked_ms >= self._patience_ms:
            raise CameraFrozen("nothing arrives from the camera", camera=self._camera) from None

    def _decoded(self, packet: av.Packet[Any], now_ms: int) -> list[av.VideoFrame]:
        try:
            pictures = packet.decode() if packet.size else []
        except (av.InvalidDataError, av.ArgumentError):
            pictures = []
        if pictures:
            self._read_ms = now_ms
        elif now_ms - self._read_ms > _UNREADABLE_MS:
            raise CameraUnreachable("its pictures cannot be read", camera=self._camera)
        return pictures

    def _encode(self, picture: av.VideoFrame, now_ms: int) -> list[av.Packet[Any]]:
        # Two that come in the same millisecond are still two.
        self._last = max(self._last + 1, (now_ms - self._began_ms) * TICKS // 1_000)
        # Whoever never waits for a picture is behind by so long.
        return self._encoder.encode(picture, self._last, (now_ms - self._waited_ms) / 1_000)

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Its times are right."""

    def close(self) -> None:
        """Let go of the source; harmless to repeat."""
        self._encoder.close()
        self._container.close()
