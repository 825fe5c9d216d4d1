"""Cameras: where packets come from. One file a kind, chosen by the source's scheme."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import av


class Feed(Protocol):
    """An open camera.

    `video` and `audio` are PyAV streams that serve as templates for stream copy; `audio` may
    be declared and never heard. `video` may become another: its packets' `stream` tells, from a
    keyframe on, which begins a segment. `keeps` says that what comes while nobody reads is kept, a
    second of it at least: whoever reads may nap.
    """

    keeps: bool

    @property
    def audio(self) -> av.AudioStream | None: ...

    @property
    def video(self) -> av.VideoStream: ...

    @property
    def rung(self) -> str:
        """Of the ladder, where pictures are encoded here, or of two streams; else nothing."""

    def packets(self) -> Iterator[av.Packet[Any]]:
        """Packets in decode order, as they arrive, of the two streams above.

        None is empty. Raises CameraFrozen when nothing arrives for too long,
        CameraUnreachable when the connection ends.
        """

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Put a packet's times right, in place, by when it arrived (monotonic ms).

        To be called once for each, in their order. Only then has it a `pts`.
        """

    def close(self) -> None:
        """Let go of the connection; harmless to repeat."""


class Camera(Protocol):
    """A source that can be opened, again and again."""

    kind: str  # rtsp, clip, scene: what a segment's metadata says of its source

    def open(self) -> Feed:
        """Connect. Raises CameraUnreachable (retry) or BadSettings (never will)."""
