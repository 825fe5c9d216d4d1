"""`http://` and `https://`: MPEG-TS as it comes, HLS as it grows, and rows of JPEGs.

The packets of the first two are copied, JPEGs are encoded here.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any, NoReturn, cast

import av
from av.container import InputContainer

from edge.camera import Feed
from edge.camera.allowed import WEB
from edge.camera.failures import refuse
from edge.camera.pictures import PicturesFeed
from edge.camera.steady import Steady, completed
from edge.clock import Clock
from edge.encode import Means
from edge.errors import CameraFrozen, CameraUnreachable

OPEN_SECONDS, READ_SECONDS = 8.0, 5.0
# The pieces of a playlist come as a whole, every 2 to 10 s. PyAV's own time-out, which takes the
# interpreter's lock for each reading: those of HTTP are 32 KiB, not RTP packets.
PIECE_SECONDS = 30.0
_PROBE_US = 1_000_000
_OPTIONS = {**WEB, "analyzeduration": str(_PROBE_US), "live_start_index": "-1", "max_reload": "100"}
_FORMATS = {"mpegts", "hls", "mpjpeg"}
_COPIED = {"h264", "hevc"}
_WAITED_MS, _HOLD_MS = 20, 500

Packets = Iterator["av.Packet[Any]"]


class CopyFeed:
    """An open stream whose packets are kept as they are."""

    keeps = True  # by TCP, in the kernel's buffers; by playlist, on the server
    rung = ""

    def __init__(
        self,
        camera: str,
        container: InputContainer,
        clock: Clock,
        opened_ms: int,
        patience_ms: int,
    ) -> None:
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


class WebCamera:
    """A camera at an address, which may hold a password and is never shown."""

    kind = "http"

    def __init__(
        self,
        camera: str,
        url: str,
        clock: Clock,
        means: Means | None = None,
        read_seconds: float = READ_SECONDS,
        piece_seconds: float = PIECE_SECONDS,
    ) -> None:
        self._camera, self._url, self._clock = camera, url, clock
        self._means = means or Means()
        self._read_seconds, self._piece_seconds = read_seconds, piece_seconds

    def __repr__(self) -> str:
        return f"WebCamera({self._camera!r})"

    def open(self) -> Feed:
        """Connect within 9 s or so. Raises CameraUnreachable, CameraFrozen, BadSettings."""
        opened_ms = self._clock.monotonic_ms()
        container = self._connect()
        try:
            return self._feed(container, opened_ms)
        except BaseException:
            container.close()
            raise

    def _feed(self, container: InputContainer, opened_ms: int) -> Feed:
        video = next(iter(container.streams.video), None)
        if container.format.name not in _FORMATS or video is None:
            self._refuse_content()
        codec, patience_s = video.codec_context, min(self._read_seconds, self._piece_seconds)
        if codec.name not in {*_COPIED, "mjpeg"} or not codec.width:
            self._refuse_content()
        patience_ms = round(patience_s * 1_000)
        if codec.name == "mjpeg":
            return PicturesFeed(self._camera, container, self._clock, self._means, patience_ms)
        return CopyFeed(self._camera, container, self._clock, opened_ms, patience_ms)

    def _refuse_content(self) -> NoReturn:
        raise CameraUnreachable(
            "the camera sends no video that can be kept",
            camera=self._camera,
            hint="MPEG-TS and HLS of H.264 or H.265 are, and MJPEG",
        )

    def _connect(self) -> InputContainer:
        read_us = round(self._read_seconds * 1_000_000)
        options = {**_OPTIONS, "rw_timeout": str(read_us)}
        limits = (OPEN_SECONDS + _PROBE_US / 1e6, self._piece_seconds)
        try:
            return av.open(self._url, options=options, timeout=limits)
        except av.ArgumentError:
            # libav's only word for an address that is not on the list of what is allowed.
            raise CameraUnreachable(
                "it sends us on to an address that is neither http nor https, which is refused",
                camera=self._camera,
            ) from None
        except av.FFmpegError as error:
            refuse(self._camera, error)
