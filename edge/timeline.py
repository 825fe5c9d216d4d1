"""Timestamps as an MP4 can hold them: from 0, decode times rising, no packet lost."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av

# More than this ahead of the time that passed is a clock that was set. Seen: an RTSP camera
# with sound jumps 3 s as soon as its first RTCP report ties its clocks together.
_JUMP_MS = 1_000
_ASSUMED_FPS = 25
# Further back than this is a clock that was set, not packets out of order.
_REORDERED_FRAMES = 50


class Timeline:
    """Moves a stream's timestamps to begin at its first packet's PTS, and mends what is broken.

    `monotonic_ms` is the clock of a live stream, whose packets are placed as they arrive: one
    that jumps ahead of it has set its own. In a file a jump ahead is a pause.
    """

    def __init__(
        self, video: av.VideoStream, monotonic_ms: Callable[[], int] | None = None
    ) -> None:
        self._scale = Fraction(video.time_base or Fraction(1, 90_000))
        rate = video.average_rate or video.base_rate or _ASSUMED_FPS
        self._frame = max(1, round(1 / (rate * self._scale)))
        self._delay = self._frame if video.codec_context.has_b_frames else 0
        self._jump = round(_JUMP_MS / 1000 / self._scale) if monotonic_ms else None
        self._now_ms = monotonic_ms or _no_time
        self._arrived_ms = self._now_ms()
        self._shift: int | None = None
        self._last = 0

    def base_in(self, time_base: Fraction) -> int:
        """The source's time that is the file's 0, in another stream's ticks."""
        return round(-(self._shift or 0) * self._scale / time_base)

    def place(self, packet: av.Packet[Any]) -> None:
        """Give a video packet the file's timestamps, in the stream's own time base."""
        pts, dts = packet.pts, packet.dts
        shift = self._shift
        if shift is None or pts is None or dts is None:
            pts, dts, shift = self._complete(pts, dts)
        pts += shift
        dts += shift
        now_ms = self._now_ms()
        passed_ms, self._arrived_ms = now_ms - self._arrived_ms, now_ms
        ahead = dts - self._last
        if ahead <= 0 or pts < dts or (self._jump is not None and ahead > self._jump):
            pts, dts = self._mend(pts, dts, round(passed_ms / 1000 / self._scale))
        packet.pts, packet.dts = pts, dts
        if not packet.duration:
            packet.duration = self._frame
        self._last = dts

    def _complete(self, pts: int | None, dts: int | None) -> tuple[int, int, int]:
        """Fill in what a packet lacks; the first one sets the shift."""
        if self._shift is None:
            pts = next((t for t in (pts, dts) if t is not None), 0)
            dts = pts - self._delay if dts is None or dts > pts else dts
            self._shift = -pts
            self._last = dts - pts - 1
            return pts, dts, self._shift
        if dts is None:
            dts = self._last + self._frame - self._shift
            far = self._jump is not None and pts is not None and pts - dts > self._jump
            if pts is not None and (pts < dts or far):
                dts = pts
        return (dts if pts is None else pts), dts, self._shift

    def _mend(self, pts: int, dts: int, passed: int) -> tuple[int, int]:
        """Decode times that rise, for a packet whose own don't; presentation never before.

        Presentation time says whether the source's clock was set, since a decode time can be
        wrong on its own: then this packet and all that follow go on from here, `passed` ticks
        after the last one.
        """
        ahead = pts - self._last
        back = ahead < -self._frame * _REORDERED_FRAMES
        if back or (self._jump is not None and ahead - passed > self._jump):
            move = self._last + max(self._frame, passed) - dts
            self._shift = (self._shift or 0) + move
            return max(pts + move, dts + move), dts + move
        if dts <= self._last:
            dts = max(self._last + 1, min(self._last + self._frame, pts))
        return max(pts, dts), dts


def _no_time() -> int:
    return 0
