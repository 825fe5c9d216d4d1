"""Pictures to packets as a camera's feed yields them, at a rung that moves."""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from typing import Any

import av
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext

from edge.encode import Conditions, Means, Rung, ladder, ladder_of
from edge.encode.codec import GOP_S, TICKS, encode, open_encoder
from edge.errors import CameraUnreachable

log = logging.getLogger(__name__)

_LOOK_MS = 2_000
_LEAST_KBPS = 150
_BEHIND = 0.2  # of what is seen of the lag: one late picture is no slow encoder


class Encoder:
    """A source's encoder. `video` is the template of the packets last encoded.

    A picture of another size than the one before, or a move on the ladder, begins a new stream:
    its first packet is a keyframe whose `stream` is another than that of the packets before.
    Raises CameraUnreachable where the encoder fails: it is chosen anew when the camera is opened.
    """

    def __init__(
        self,
        camera: str,
        size: tuple[int, int],
        fps: int,
        means: Means,
        *,
        codec: str = "h264",
    ) -> None:
        self._camera, self._fps, self._means, self._codec = camera, fps, means, codec
        self._place = ladder.Place()
        self._look_ms: int | None = None
        self._lag_s = 0.0
        self._gop = -1
        self._size = (0, 0)
        self._opened_ms = 0
        self._source: InputContainer | None = None
        self._encoder: VideoCodecContext | None = None
        self._late: list[av.Packet[Any]] = []
        self._open(size)

    @property
    def rung(self) -> Rung:
        """Of the packets last encoded."""
        return self._rungs[self._place.rung]

    def encode(self, frame: av.VideoFrame, pts: int, lag_s: float = 0) -> list[av.Packet[Any]]:
        """A picture that was seen at `pts` (TICKS, rising); its packets, as a rule one.

        `lag_s` is how far encoding is behind the pictures: with what `means` tell, it moves the
        rung.
        """
        if (frame.width, frame.height) != self._size:
            self._place, self._opened_ms = ladder.Place(), pts * 1_000 // TICKS
            self._open((frame.width, frame.height))
        self._consider(lag_s, pts * 1_000 // TICKS)
        if frame.format.name != "yuv420p" or (frame.width, frame.height) != self._out:
            frame = frame.reformat(*self._out, format="yuv420p", interpolation="BILINEAR")
        # By time, not by count: dropped pictures must not put the next keyframe off.
        gop, self._gop = self._gop, pts // (GOP_S * TICKS)
        try:
            assert self._encoder is not None
            packets = encode(self._encoder, frame, pts, keyframe=gop != self._gop)
        except av.FFmpegError as error:
            raise self._failed(error) from None
        late, self._late = self._late, []
        return late + self._stamped(packets)

    def _stamped(self, packets: list[av.Packet[Any]]) -> list[av.Packet[Any]]:
        for packet in packets:
            self._bytes += packet.size
            packet.stream = self.video
            packet.duration = TICKS // self._fps
        return packets

    def _consider(self, lag_s: float, now_ms: int) -> None:
        self._lag_s += _BEHIND * (lag_s - self._lag_s)
        if self._look_ms is not None and now_ms < self._look_ms:
            return
        first, self._look_ms = self._look_ms is None, now_ms + _LOOK_MS
        if first:
            return
        seen: Conditions = self._means.conditions()
        place = ladder.step(
            self._place, len(self._rungs), seen, self._lag_s, now_ms, self._means.limits
        )
        moved, self._place = place.rung - self._place.rung, place
        if moved > 0:
            # Small pictures can take more than large ones whose detail was too much: noise does.
            took = self._bytes * 8 // max(1, now_ms - self._opened_ms)
            self._kbps[place.rung] = min(self.rung.kbps, max(_LEAST_KBPS, took // 2))
        if moved:
            log.warning("%s: recorded at %s: %s", self._camera, self.rung.name, place.reason)
            self._lag_s, self._opened_ms = 0.0, now_ms
            self._open(self._size)

    def _open(self, size: tuple[int, int]) -> None:
        self._drain()
        if size != self._size:
            self._size, self._rungs = size, ladder_of(size[1])
            # All of them now: while pictures come, there is no time to try encoders out.
            self._kbps = [rung.kbps for rung in self._rungs]
            self._names = [self._choose(*rung.size_of(*size)) for rung in self._rungs]
        self._out = width, height = self.rung.size_of(*size)
        name = self._names[self._place.rung]
        kbps, self._bytes = self._kbps[self._place.rung], 0
        try:
            self._encoder = open_encoder(name, width, height, self._fps, kbps)
            sample = _sample(name, width, height, self._fps, kbps)
        except (av.FFmpegError, ValueError) as error:
            raise self._failed(error) from None
        # The one before is not closed: a segment that began with it may still ask for it.
        self._source = av.open(io.BytesIO(sample), mode="r", format=self._codec)
        self.video = self._source.streams.video[0]
        self._means.now.encodes(name, width, height, self.rung.name)
        self._gop = -1

    def _choose(self, width: int, height: int) -> str:
        return self._means.choose(self._codec, width, height, self._fps)

    def _drain(self) -> None:
        """What the encoder so far still held back."""
        if self._encoder is not None:
            with suppress(av.FFmpegError):  # it is given up
                self._late += self._stamped(self._encoder.encode(None))

    def _failed(self, error: Exception) -> CameraUnreachable:
        reason = getattr(error, "strerror", None) or str(error)
        return CameraUnreachable(f"its encoder fails: {reason.lower()}", camera=self._camera)

    def close(self) -> None:
        """Let go of the template; harmless to repeat."""
        if self._source is not None:
            self._source.close()


def _sample(name: str, width: int, height: int, fps: int, kbps: int) -> bytes:
    """One grey picture as a raw stream: opened, it is the template for stream copy."""
    encoder = open_encoder(name, width, height, fps, kbps)
    packets = encode(encoder, av.VideoFrame(width, height, "yuv420p"), 0, keyframe=True)
    return b"".join(bytes(packet) for packet in [*packets, *encoder.encode(None)])
