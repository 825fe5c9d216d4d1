"""One segment on its way into the spool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av

from edge.errors import BadMedia
from edge.part import PART, PartHeader, index_path
from edge.segment import Segment
from edge.spool.layout import Layout
from edge.writer import SegmentWriter, Written


class Recording:
    """A segment being written: `write` packets, then `seal` or `discard`.

    `seal` is `complete`, which is quick, and `store`, which waits for the disk and may be called
    by another thread: a live stream's next segment begins between the two.

    `sealed` is told of the segment when it is durable; `live_ms` is a live stream's clock.
    """

    def __init__(
        self,
        layout: Layout,
        header: PartHeader,
        video: av.VideoStream,
        audio: av.AudioStream | None,
        sealed: Callable[[Segment], None],
        live_ms: Callable[[], int] | None = None,
    ) -> None:
        self.header = header
        self.path = layout.recording / f"{header.stem}{PART}"
        self._layout = layout
        self._sealed = sealed
        self._writer = SegmentWriter(self.path, header, video, audio, live_ms)
        #: Takes one packet; the writer's own method, since this is the inner loop.
        self.write: Callable[[av.Packet[Any]], None] = self._writer.write

    @property
    def size_bytes(self) -> int:
        """What is in the file so far."""
        return self._writer.size_bytes

    def fits(self, packet: av.Packet[Any]) -> bool:
        """False for a keyframe whose parameter sets changed: begin a new segment with it."""
        return self._writer.fits(packet)

    def seal(self, wall_ms: int | None = None) -> Segment:
        """Make it a sealed segment; `wall_ms` None means its media time.

        Raises BadMedia when it holds no picture (its files are gone then), and SpoolFull, after
        which it can be called again once there is room.
        """
        segment = self.complete(wall_ms)
        self.store(segment)
        return segment

    def complete(self, wall_ms: int | None = None, activity: str = "") -> Segment:
        """Its last bytes are in the file, as `kill -9` would leave it. Raises as `seal` does."""
        try:
            segment = to_segment(self.header, self._writer.complete(), wall_ms, activity=activity)
        except BadMedia:
            self.abandon()
            raise
        self._writer.note_end(segment.wall_ms)
        return segment

    def store(self, segment: Segment) -> None:
        """Carry what `complete` answered over to sealed/, durably. Raises SpoolFull."""
        self._writer.close()
        self._layout.seal(self.path, segment)
        index_path(self.path).unlink(missing_ok=True)
        self._sealed(segment)

    def discard(self, reason: str) -> None:
        """Give it up: its bytes go to quarantine with the reason, or away if there are none."""
        self._writer.close()
        if self._writer.size_bytes:
            self._layout.set_apart(self.path, reason, header=self.header.model_dump(mode="json"))
        self._remove()

    def abandon(self) -> None:
        """Give up what can be made again from its source: nothing is kept."""
        self._writer.close()
        self._remove()

    def _remove(self) -> None:
        self.path.unlink(missing_ok=True)
        index_path(self.path).unlink(missing_ok=True)


def to_segment(
    header: PartHeader,
    written: Written,
    wall_ms: int | None = None,
    *,
    recovered: bool = False,
    activity: str = "",
) -> Segment:
    """The segment of a finished file."""
    return Segment(
        camera=header.camera,
        node=header.node,
        start_ms=header.start_ms,
        media_ms=written.media_ms,
        wall_ms=written.media_ms if wall_ms is None else wall_ms,
        size_bytes=written.size_bytes,
        sha256=written.sha256,
        codec=written.codec,
        mime_codecs=written.mime_codecs,
        width=written.width,
        height=written.height,
        fps=written.fps,
        audio=written.audio,
        time_scale=written.time_scale,
        fragments=written.fragments,
        origin=header.origin,
        source=header.source,
        rung=header.rung,
        boot_id=header.boot_id,
        monotonic_ms=header.monotonic_ms,
        synchronised=header.synchronised,
        recovered=recovered,
        activity=activity,
    )
