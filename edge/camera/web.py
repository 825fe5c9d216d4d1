"""`http://` and `https://`: MPEG-TS as it comes, HLS as it grows, and rows of JPEGs.

The packets of the first two are copied, JPEGs are encoded here.
"""

from __future__ import annotations

from typing import NoReturn

import av
from av.container import InputContainer

from edge.camera import Feed
from edge.camera.allowed import WEB
from edge.camera.copied import CopyFeed
from edge.camera.failures import refuse
from edge.camera.pictures import PicturesFeed
from edge.clock import Clock
from edge.encode import Means
from edge.errors import CameraUnreachable

OPEN_SECONDS, READ_SECONDS = 8.0, 5.0
# The pieces of a playlist come as a whole, every 2 to 10 s. PyAV's own time-out, which takes the
# interpreter's lock for each reading: those of HTTP are 32 KiB, not RTP packets.
PIECE_SECONDS = 30.0
_PROBE_US = 1_000_000
_OPTIONS = {**WEB, "analyzeduration": str(_PROBE_US), "live_start_index": "-1", "max_reload": "100"}
_FORMATS = {"mpegts", "hls", "mpjpeg"}
_COPIED = {"h264", "hevc"}


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
        # By TCP the kernel keeps what comes, of a playlist the server.
        return CopyFeed(self._camera, container, self._clock, opened_ms, patience_ms, keeps=True)

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
