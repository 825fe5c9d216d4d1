"""Streams whose packets are kept as they are: what comes by HTTP, or from a device."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any, cast

import av
from av.container import InputContainer

from edge.camera.failures import refuse
from edge.camera.steady import Steady, completed
from edge.clock import Clock
from edge.errors import CameraFrozen, CameraUnreachable

_WAITED_MS, _HOLD_MS = 20, 500

Packets = Iterator["av.Packet[Any]"]


class CopyFeed:
    """An open stream whose packets are kept as they are. It owns `container`."""

    rung = ""

    def __init__(
        self,
        camera: str,
        container: InputContainer,
        clock: Clock,
        opened_ms: int,
        patience_ms: int,
        *,
        keeps: bool,
    ) -> None:
        self.keeps = keeps
        self._camera, self._container, self._clock = camera, container, clock
        self._opened_ms = self._heard_ms = opened_ms
        self._patience_ms = patience_ms
        self._steady = Steady()
        self.video = container.streams.video[0]
        sound = next(iter(container.streams.audio), None)
        # MPEG-TS says in each packet, not once and for all, how its sound is to be read.
        self.audio = sound if sound is not None and sound.codec_context.extradata else None

    def packets(self) -> Packets:
        """Packets as they arrive, those of a playlist piece by piece.

        Raises CameraFrozen after 5 s without a byte, or 30 s without a packet, CameraUnreachable at
        the stream's end.
        """
        streams = [self.video] if self.audio is None else [self.video, self.audio]
        demuxed = cast(Packets, self._container.demux(streams))
        source = completed(demuxed, self.video.index)
        try:
            yield from self._since_opened(source)
            yield from source
        except av.FFmpegError as error:
            self._refuse_silence()
            # What has no length of its own ends so, in libav's words.
            if error.errno != errno.EIO:
                refuse(self._camera, error)
        self._refuse_silence()
        raise CameraUnreachable("the camera ended the connection", camera=self._camera)

    def _refuse_silence(self) -> None:
        # libav ends a playlist that it was made to leave as if it had come to its end.
        if self._clock.monotonic_ms() - self._heard_ms >= self._patience_ms:
            raise CameraFrozen("nothing arrives from the camera", camera=self._camera) from None

    def _since_opened(self, source: Packets) -> list[av.Packet[Any]]:
        """The first packets, from the last keyframe on that was due when the camera was opened.

        A piece of a playlist begins before anybody asked for it, when the time was accounted
        for otherwise.
        """
        held: list[av.Packet[Any]] = []
        began_ms = asked_ms = self._clock.monotonic_ms()
        for packet in source:
            held.append(packet)
            now_ms = self._clock.monotonic_ms()
            if len(held) > 1 and (now_ms - asked_ms >= _WAITED_MS or now_ms - began_ms >= _HOLD_MS):
                break
            asked_ms = now_ms
        return held[_first_due(held, self.video, self._clock.monotonic_ms() - self._opened_ms) :]

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Undo jumps of the camera's clock."""
        self._heard_ms = arrived_ms
        self._steady.mend(packet, arrived_ms)

    def close(self) -> None:
        """Disconnect; harmless to repeat."""
        self._container.close()


def _first_due(held: list[av.Packet[Any]], video: av.VideoStream, open_ms: int) -> int:
    """Which packet begins at most `open_ms` before the newest one, or is the next one before."""
    times = [p.pts for p in held if p.stream_index == video.index and p.pts is not None]
    since = max(times, default=0) - open_ms / 1000 / float(video.time_base or 1)
    first = 0
    for n, packet in enumerate(held):
        if packet.stream_index == video.index and packet.is_keyframe and packet.pts is not None:
            first = n if packet.pts <= since else first
    return first
