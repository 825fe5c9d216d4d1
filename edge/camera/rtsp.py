"""`rtsp://` and `rtsps://`: an IP camera over TCP or UDP, its packets as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import av
from av.container import InputContainer

from edge.camera.allowed import RTSP
from edge.camera.failures import refuse
from edge.camera.losses import Losses
from edge.camera.silence import Silence, connected_since, open_sockets
from edge.camera.steady import Steady, completed
from edge.errors import CameraFrozen, CameraUnreachable

OPEN_SECONDS, READ_SECONDS = 8.0, 5
# Everything that probing reads is lost when the process is killed: let it be little. A camera
# that tells its picture's size only in its first keyframe gets the longer try.
_PROBE_US = (500_000, 10_000_000)
_OPTIONS = {
    **RTSP,
    "buffer_size": str(1 << 20),  # by UDP: a keyframe of a large picture comes at once
    "allowed_media_types": "video+audio",
}


class RtspFeed:
    """An open connection; `losses` counts what UDP lost, where it is by UDP.

    Nothing is made up for it: pictures that are missing are missing, and the rest keep their times.
    """

    def __init__(
        self,
        camera: str,
        container: InputContainer,
        video: av.VideoStream,
        silence: Silence,
        losses: Losses | None = None,
    ) -> None:
        self._camera, self._container, self._silence = camera, container, silence
        self._losses = losses
        self.rung = ""
        self.keeps = losses is None  # TCP does, in the kernel's buffers
        self._steady = Steady()
        self.video = video
        self.audio = next(iter(container.streams.audio), None)

    @property
    def lost(self) -> int:
        """Packets that never came, so far."""
        return 0 if self._losses is None else self._losses.count

    def packets(self) -> Iterator[av.Packet[Any]]:
        """Packets as they arrive. Raises CameraFrozen after 5 to 10 s without any.

        libav gives up where not a byte comes, `Silence` where bytes come and no packet does.
        """
        streams = [self.video] if self.audio is None else [self.video, self.audio]
        demuxed = cast("Iterator[av.Packet[Any]]", self._container.demux(streams))
        try:
            yield from completed(demuxed, self.video.index)
        except av.FFmpegError as error:
            self._refuse_silence()
            refuse(self._camera, error)
        self._refuse_silence()
        raise CameraUnreachable("the camera ended the connection", camera=self._camera)

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Complete what RTP leaves out, and undo jumps of the camera's clock."""
        self._silence.heard = True
        self._steady.mend(packet, arrived_ms)
        if self._losses is not None:
            self._losses.tell(arrived_ms)

    def _refuse_silence(self) -> None:
        if self._silence.cut:
            raise CameraFrozen("nothing arrives from the camera", camera=self._camera) from None

    def close(self) -> None:
        """Disconnect; harmless to repeat."""
        self._silence.close()
        if self._losses is not None:
            self._losses.close()
        self._container.close()


class RtspCamera:
    """A camera at an address, which holds a password as a rule and is never shown."""

    kind = "rtsp"

    def __init__(
        self, camera: str, url: str, transport: str = "tcp", read_seconds: int = READ_SECONDS
    ) -> None:
        self._camera, self._url, self._transport = camera, url, transport
        self._read_seconds = read_seconds

    def __repr__(self) -> str:
        return f"RtspCamera({self._camera!r})"

    def open(self) -> RtspFeed:
        """Connect within 8 s or so. Raises CameraUnreachable, CameraFrozen, BadSettings."""
        before = open_sockets()
        for probe_us in _PROBE_US:
            container = self._connect(probe_us)
            video = next(iter(container.streams.video), None)
            if video is not None and video.codec_context.width:
                connections = connected_since(before, _port(self._url))
                silence = Silence(connections, self._read_seconds)
                losses = Losses(self._camera) if self._transport == "udp" else None
                return RtspFeed(self._camera, container, video, silence, losses)
            container.close()
        raise CameraUnreachable("the camera sends no video that can be read", camera=self._camera)

    def _connect(self, probe_us: int) -> InputContainer:
        read_us = self._read_seconds * 1_000_000
        options = {
            **_OPTIONS,
            "rtsp_transport": self._transport,
            "analyzeduration": str(probe_us),
            "timeout": str(read_us),
        }
        # None: no reading is timed by PyAV, whose time-out takes the interpreter's lock for each.
        limits = (OPEN_SECONDS + probe_us / 1e6, None)
        try:
            return av.open(self._url, options=options, timeout=limits)
        except av.FFmpegError as error:
            refuse(self._camera, error)


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (322 if parts.scheme == "rtsps" else 554)
