"""Timestamps of a live connection, mended where the protocol left them out or set them anew.

RTP tells no absolute time until the first sender report: the first packet comes without a PTS,
and when the report arrives, libav may move all that follow by seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from operator import attrgetter
from typing import Any

import av

_LOOK_AHEAD = 32  # packets; no codec reorders further than 16 pictures
_JUMP_MS = 1_000


def completed(packets: Iterable[av.Packet[Any]], video: int) -> Iterator[av.Packet[Any]]:
    """The same packets, without empty ones, the first of the video's given what they lack."""
    source = iter(packets)
    held = list(_first(source, video))
    _complete([packet for packet in held if packet.stream_index == video])
    return chain(held, filter(attrgetter("size"), source))


class Steady:
    """Undoes the later jumps of a connection's streams, each by its own clock."""

    def __init__(self) -> None:
        self._streams: dict[int, _Stream] = {}

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Move a packet's times, in place."""
        index = packet.stream_index
        stream = self._streams.get(index)
        if stream is None:
            stream = self._streams[index] = _Stream(packet)
        stream.place(packet, arrived_ms)


def _first(source: Iterator[av.Packet[Any]], video: int) -> Iterator[av.Packet[Any]]:
    """Packets until one of the video's has a DTS."""
    for packet in islice((packet for packet in source if packet.size), _LOOK_AHEAD):
        yield packet
        if packet.stream_index == video and packet.dts is not None:
            return


def _complete(packets: list[av.Packet[Any]]) -> None:
    """Count back from the first DTS: it is the earliest PTS of those that have one."""
    known = [packet.pts for packet in packets if packet.pts is not None]
    if not known or packets[-1].dts is None:
        return
    earliest = min(known)
    for packet in packets:
        if packet.pts is None:
            packet.pts = earliest = earliest - (packet.duration or 1)
    for before, packet in zip(packets[-2::-1], packets[:0:-1], strict=True):
        if before.dts is None and packet.dts is not None:
            before.dts = packet.dts - (before.duration or 1)


class _Stream:
    """One stream's clock: PTS may not run a second ahead of, or behind, the time that passed."""

    def __init__(self, first: av.Packet[Any]) -> None:
        self._ticks = (first.time_base.denominator or 1) / 1000 / (first.time_base.numerator or 1)
        self._shift = self._before = 0
        self._last: int | None = None
        self._last_dts: int | None = None
        self._arrived_ms = 0

    def place(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        pts = packet.pts
        if pts is None:
            return
        if self._last is not None:
            ahead = (pts + self._shift - self._last) / self._ticks
            late = ahead - (arrived_ms - self._arrived_ms) - _JUMP_MS
            if ahead < -_JUMP_MS or (late > 0 and late > 4 * (packet.duration or 0) / self._ticks):
                self._before = self._shift
                self._shift = self._last + (packet.duration or 1) - pts
        if self._shift or self._before:
            packet.pts = pts + self._shift
            if packet.dts is not None:
                dts = min(self._nearer(packet.dts), packet.pts)
                if self._last_dts is not None and dts <= self._last_dts:
                    dts = self._last_dts + 1
                # A B-frame that straddles the jump is shown a few ticks late.
                packet.pts, packet.dts = max(packet.pts, dts), dts
        self._last, self._last_dts, self._arrived_ms = packet.pts, packet.dts, arrived_ms

    def _nearer(self, dts: int) -> int:
        # DTS follow by as many packets as the codec reorders: until then by the shift before.
        was = self._last_dts if self._last_dts is not None else dts + self._shift
        return min(dts + self._shift, dts + self._before, key=lambda out: abs(out - was))
