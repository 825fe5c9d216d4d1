"""A video file opened once: what its packets tell, then only those pictures that are asked for.

To look at packets costs a hundredth of decoding them, and a keyframe can be decoded alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

import av
import av.container
import av.video.frame
import av.video.stream
import numpy as np
from numpy.typing import NDArray

from flows.media.frames import Picture, Tally
from flows.media.opening import Source, bad, check_size, opened, video

# A pause longer than this in a file's timestamps is a clock that was set.
_MAX_STEP_MS = 60_000


@dataclass(frozen=True, slots=True)
class Gop:
    """A keyframe and what hangs on it, from its time up to the next one's.

    Times are ms from the file's first picture; `dts` is the keyframe's, in the stream's base.
    """

    number: int
    start_ms: int
    end_ms: int
    dts: int


@dataclass(frozen=True, slots=True)
class Packets:
    """Each packet's time (ms from the file's first picture), size in bytes and kind, as sent."""

    at_ms: NDArray[np.int64]
    sizes: NDArray[np.int64]
    keys: NDArray[np.bool_]


class Footage:
    """The pictures of one open file, in memory that does not grow with its length.

    `gops` is empty where single ones cannot be decoded apart: without keyframes to begin at,
    or with timestamps that go back, jump or are missing. Such a file is read by `pictures()` of
    `flows.media.frames`.
    """

    def __init__(
        self,
        container: av.container.InputContainer,
        source: Source,
        tally: Tally,
        *,
        rough_ms: float = 0,
    ) -> None:
        self._container, self._source, self._tally = container, source, tally
        self._stream = video(container, source)
        self._base = (self._stream.time_base or Fraction(1, 1000)) * 1000
        self._first = 0
        #: Told of each picture that is decoded.
        self.watch: Callable[[Picture], None] = lambda _: None
        self.packets, self.gops = self._outline()
        self.duration_ms = _end_ms(np.sort(self.packets.at_ms))
        if all(gop.end_ms - gop.start_ms <= rough_ms for gop in self.gops):
            # A quarter of H.264's decoding; blocks show, and grow up to the next keyframe.
            self._stream.codec_context.options = {"skip_loop_filter": "all"}

    def keyframe(self, gop: Gop) -> Picture | None:
        """The picture that a GOP begins with; None where it is damaged."""
        self._stream.codec_context.skip_frame = "DEFAULT"
        for packet in self._from(gop):
            found = list(self._shown(packet, last=True))
            return found[0] if found else None
        return None

    def pictures(
        self, first: Gop, last: Gop, wanted: Callable[[int], bool] = lambda _: True
    ) -> Iterator[Picture]:
        """Every sound picture of the GOPs from `first` to `last`, in the order shown.

        Those that nobody asks for at their ms, and no other leans on, are left out.
        """
        decoder, before = self._stream.codec_context, None
        for packet in self._from(first):
            if packet.is_keyframe and (packet.dts or 0) > last.dts:
                break
            if before is not None:
                decoder.skip_frame = "DEFAULT" if wanted(self._ms(before.pts)) else "NONREF"
                yield from self._within(self._shown(before), first, last)
            before = packet
        if before is not None:
            decoder.skip_frame = "DEFAULT"
            yield from self._within(self._shown(before, last=True), first, last)

    def _within(self, found: Iterator[Picture], first: Gop, last: Gop) -> Iterator[Picture]:
        # A picture that leans on the GOP before is shown with it, and comes out broken here.
        return (one for one in found if first.start_ms <= one.at_ms < last.end_ms)

    def _from(self, gop: Gop) -> Iterator[av.Packet[av.video.stream.VideoStream]]:
        """The packets from a GOP's keyframe on."""
        begun = False
        try:
            self._container.seek(gop.dts, stream=self._stream, backward=True)
            for packet in self._container.demux(self._stream):
                begun = begun or (packet.is_keyframe and packet.dts == gop.dts)
                if begun and packet.size:
                    yield packet
        except av.error.FFmpegError:
            self._tally.damaged += 1

    def _shown(
        self, packet: av.Packet[av.video.stream.VideoStream], *, last: bool = False
    ) -> Iterator[Picture]:
        """What a packet shows; with the last one also what the decoder still held."""
        try:
            yield from map(self._picture, self._decoded(packet))
            if last:
                yield from map(self._picture, self._decoded(None))
        except av.error.FFmpegError:
            self._tally.damaged += 1
        finally:
            if last:
                self._stream.codec_context.flush_buffers()

    def _decoded(
        self, packet: av.Packet[av.video.stream.VideoStream] | None
    ) -> list[av.video.frame.VideoFrame]:
        frames = self._stream.codec_context.decode(packet)
        self._tally.decoded += len(frames)
        return frames

    def _picture(self, frame: av.video.frame.VideoFrame) -> Picture:
        check_size(frame.width, frame.height, self._source)
        picture = Picture(self._ms(frame.pts), frame, bool(frame.key_frame))
        self.watch(picture)
        return picture

    def _ms(self, pts: int | None) -> int:
        return round(((pts or 0) - self._first) * self._base)

    def _outline(self) -> tuple[Packets, tuple[Gop, ...]]:
        rows, steady = [], True
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    steady = steady and packet.pts is not None and packet.dts is not None
                    rows.append((packet.pts or 0, packet.dts or 0, packet.size, packet.is_keyframe))
        except av.error.FFmpegError:
            self._tally.damaged += 1  # torn: what came before stands
        if not rows:
            raise bad("a video stream without one picture", self._source)
        self._tally.frames = len(rows)
        return self._told(np.array(rows, np.int64), steady)

    def _told(self, rows: NDArray[np.int64], steady: bool) -> tuple[Packets, tuple[Gop, ...]]:
        pts, dts, sizes, keys = rows.T
        self._first = int(pts.min())
        at_ms = np.rint((pts - self._first) * float(self._base)).astype(np.int64)
        packets = Packets(at_ms, sizes, keys.astype(bool))
        order = np.sort(at_ms)
        steps = np.diff(order)
        if not steady or (np.diff(dts) <= 0).any() or (steps <= 0).any():
            return packets, ()
        if not keys[0] or (steps > _MAX_STEP_MS).any():
            return packets, ()
        starts = [*at_ms[packets.keys].tolist(), _end_ms(order)]
        spans = zip(starts, starts[1:], dts[packets.keys].tolist(), strict=False)
        return packets, tuple(Gop(n, *one) for n, one in enumerate(spans))


def _end_ms(order: NDArray[np.int64]) -> int:
    """When the last of these times' pictures ends: it is shown as long as most are."""
    return int(order[-1]) + (int(np.median(np.diff(order))) if len(order) > 1 else 1)


@contextmanager
def footage(source: Source, tally: Tally, *, rough_ms: float = 0) -> Iterator[Footage]:
    """A file or its bytes, opened; BadMedia where it is no video. `tally` counts as it is read.

    Where no GOP is longer than `rough_ms`, pictures cost less and show their blocks: enough to
    see what moves, and, as long as blocks have no time to grow, what it is.
    """
    with opened(source) as container:
        yield Footage(container, source, tally, rough_ms=rough_ms)
