"""When a live camera's pictures were taken, told by its PTS and by when packets arrive."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av

_FAR_MS = 10_000  # a packet later than this is a camera whose clock was set
_WINDOW_MS = 10_000  # longer than a piece of HLS, whose packets come together


class Placement:
    """Where PTS 0 of a stream lies in UTC: told by the packet that arrived with the least delay.

    What probing held back, and what the network does, doesn't move it. All times in ms.
    """

    def __init__(self, tick: Fraction) -> None:
        self._num, self._den = tick.numerator * 1000, tick.denominator
        self._base_ms: int | None = None
        # How much later than that one the quickest of this window came, and of the one before.
        self._least_ms = self._before_ms = self._window_ms = 0
        self._last_ms = 0
        self.behind_ms = 0  # how much later than the quickest of both the last one came

    @property
    def end_ms(self) -> int:
        """UTC of the latest picture's end."""
        return (self._base_ms or 0) + self._last_ms

    def note(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """A video packet arrived then (UTC); called for every one, in order."""
        if packet.pts is not None:
            pts_ms = packet.pts * self._num // self._den
            late_ms = arrived_ms - pts_ms - (self._base_ms or 0)
            if self._base_ms is None or late_ms < 0 or late_ms > _FAR_MS:
                self._base_ms = arrived_ms - pts_ms
                late_ms = self._before_ms = self._least_ms = 0
            if arrived_ms >= self._window_ms:
                self._before_ms, self._least_ms = self._least_ms, late_ms
                self._window_ms = arrived_ms + _WINDOW_MS
            self._least_ms = min(self._least_ms, late_ms)
            self.behind_ms = late_ms - min(self._before_ms, self._least_ms)
            self._last_ms = pts_ms + (packet.duration or 0) * self._num // self._den

    def start_of(self, packet: av.Packet[Any]) -> int:
        """UTC of a picture."""
        pts_ms = 0 if packet.pts is None else packet.pts * self._num // self._den
        return (self._base_ms or 0) + pts_ms

    def follow_camera(self) -> None:
        """A camera's clock is never quite ours: go on from the quickest packet of late."""
        drift_ms = min(self._before_ms, self._least_ms)
        self._base_ms = (self._base_ms or 0) + drift_ms
        self._before_ms -= drift_ms
        self._least_ms -= drift_ms

    def move(self, by_ms: int) -> None:
        """UTC was set."""
        if self._base_ms is not None:
            self._base_ms += by_ms
