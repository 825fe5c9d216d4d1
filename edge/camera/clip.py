"""`clip:PATH`: a file that plays as a camera, at its own pace, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import av
from av.container import InputContainer

from edge.camera.allowed import FILE
from edge.clock import Clock
from edge.errors import CameraUnreachable

_LATE_S = 2.0  # further behind than this it does not catch up, but goes on from now


class ClipFeed:
    """A file being played; `time` goes on rising from one round to the next."""

    keeps = False
    rung = ""

    def __init__(self, camera: str, path: Path, clock: Clock) -> None:
        self._camera, self._path, self._clock = camera, path, clock
        self._container = _open(camera, path)
        if not self._container.streams.video:
            raise CameraUnreachable("the clip has no video", camera=camera, path=path)
        self.video = self._container.streams.video[0]
        self.audio = next(iter(self._container.streams.audio), None)
        self._offset_s = 0.0
        self._end_s = 0.0
        self._began_ms = clock.monotonic_ms()
        self._first_s: float | None = None

    def packets(self) -> Iterator[av.Packet[Any]]:
        """Packets when they are due. Raises CameraUnreachable when the file is gone or broken."""
        container = self._container
        while True:
            try:
                yield from self._round(container)
            except av.FFmpegError as error:
                raise CameraUnreachable(
                    f"the clip cannot be read: {error.strerror}", camera=self._camera
                ) from None
            if self._end_s <= self._offset_s:
                raise CameraUnreachable("the clip is empty", camera=self._camera, path=self._path)
            self._offset_s = self._end_s
            if container is not self._container:
                container.close()
            container = _open(self._camera, self._path)

    def _round(self, container: InputContainer) -> Iterator[av.Packet[Any]]:
        audio = container.streams.audio[0:1]
        demuxed = container.demux([container.streams.video[0], *audio])
        for packet in cast("Iterator[av.Packet[Any]]", demuxed):
            if packet.size:
                self._place(packet)
                yield packet

    def _place(self, packet: av.Packet[Any]) -> None:
        """Give a packet its time in this round, and wait until it is due."""
        tick_s = float(packet.time_base)
        self._move(packet, self._offset_s, tick_s)
        # As a camera would: a picture is sent when it was seen, those before it (B) follow it.
        due = packet.pts if packet.pts is not None else packet.dts
        if due is None:
            # Raw H.264 has no times: pictures follow one another at its nominal rate.
            rate = float(self.video.average_rate or self.video.base_rate or 25)
            packet.pts = packet.dts = due = round(max(self._end_s, self._offset_s) / tick_s)
            packet.duration = packet.duration or round(1 / rate / tick_s)
        late_s = self._wait(due * tick_s)
        if late_s > _LATE_S:
            # What was not played is over, as for a live camera: time goes on from now.
            self._offset_s += late_s
            self._move(packet, late_s, tick_s)
            due += round(late_s / tick_s)
        self._end_s = max(self._end_s, (due + (packet.duration or 1)) * tick_s)

    def _move(self, packet: av.Packet[Any], by_s: float, tick_s: float) -> None:
        ticks = round(by_s / tick_s)
        packet.pts = None if packet.pts is None else packet.pts + ticks
        packet.dts = None if packet.dts is None else packet.dts + ticks

    def _wait(self, due_s: float) -> float:
        """Sleep until a moment of the timeline; by how many seconds it has passed already."""
        if self._first_s is None:
            self._first_s = due_s
        passed_s = (self._clock.monotonic_ms() - self._began_ms) / 1000
        ahead_s = due_s - self._first_s - passed_s
        if ahead_s > 0:
            self._clock.sleep(ahead_s)
        return max(0.0, -ahead_s)

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Its times are right."""

    def close(self) -> None:
        """Stop playing; harmless to repeat."""
        self._container.close()


class ClipCamera:
    """A file as a camera; every opening plays it from its beginning."""

    kind = "clip"

    def __init__(self, camera: str, path: Path, clock: Clock) -> None:
        self._camera, self._path, self._clock = camera, path, clock

    def open(self) -> ClipFeed:
        return ClipFeed(self._camera, self._path, self._clock)


def _open(camera: str, path: Path) -> InputContainer:
    try:
        return av.open(str(path.absolute()), options=FILE)
    except av.FFmpegError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise CameraUnreachable(
            f"the clip cannot be opened: {reason}",
            camera=camera,
            path=path,
            hint="Name a video file in source: clip:PATH",
        ) from None
