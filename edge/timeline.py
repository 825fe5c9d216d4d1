"""Timestamps as an MP4 can hold them: from 0, decode times rising, no packet lost."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av

# A live stream is called frozen long before it can be silent for this long: its clock jumped.
_LIVE_JUMP_SECONDS = 10
_ASSUMED_FPS = 25
# Further back than this is a clock that was set, not packets out of order.
_REORDERED_FRAMES = 50


class Timeline:
    """Moves a stream's timestamps to begin at its first packet's PTS, and mends what is broken.

    `live`: a jump ahead of more than 10 s is the camera's clock, not a pause.
    """

    def __init__(self, video: av.VideoStream, *, live: bool) -> None:
        self._scale = Fraction(video.time_base or Fraction(1, 90_000))
        rate = video.average_rate or video.base_rate or _ASSUMED_FPS
        self._frame = max(1, round(1 / (rate * self._scale)))
        self._delay = self._frame if video.codec_context.has_b_frames else 0
        self._jump = round(_LIVE_JUMP_SECONDS / self._scale) if live else None
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
        ahead = dts - self._last
        if ahead <= 0 or pts < dts or self._is_far(ahead):
            pts, dts = self._mend(pts, dts)
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
            if pts is not None and (pts < dts or self._is_far(pts - dts)):
                dts = pts
        return (dts if pts is None else pts), dts, self._shift

    def _is_far(self, ahead: int) -> bool:
        return self._jump is not None and ahead > self._jump

    def _mend(self, pts: int, dts: int) -> tuple[int, int]:
        """Decode times that rise, for a packet whose own don't; presentation never before.

        Presentation time says whether the source's clock was set, since a decode time can be
        wrong on its own: then this packet and all that follow go on from here.
        """
        if self._last - pts > self._frame * _REORDERED_FRAMES or self._is_far(pts - self._last):
            move = self._last + self._frame - dts
            self._shift = (self._shift or 0) + move
            return max(pts + move, dts + move), dts + move
        dts = max(self._last + 1, min(self._last + self._frame, pts))
        return max(pts, dts), dts
