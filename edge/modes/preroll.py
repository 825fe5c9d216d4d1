"""What came before something moved: whole GOPs, in memory until they are wanted or too old."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import av

# Beside a camera process' own 60 MB. 8 Mbit/s fill it in half a minute.
MOST_BYTES = 32 << 20
# Motion is known a second or two after it began, another stillness after six.
_LATE_MS = 7_000
# Who comes in is a while in the picture before he is more than noise.
_UNSEEN_MS = 1_000

Arrived = tuple["av.Packet[Any]", int]  # and when, by the monotonic clock


@dataclass(slots=True)
class Gop:
    """A keyframe and what follows it; `start_ms` is UTC of its first picture."""

    start_ms: int
    arrived_ms: int
    packets: list[Arrived] = field(default_factory=list)
    bytes: int = 0


class PreRoll:
    """Holds what arrived during the last `before_ms`, from the keyframe before that on."""

    def __init__(self, before_ms: int) -> None:
        self._before_ms = before_ms
        self._gops: deque[Gop] = deque()
        self._bytes = 0

    @property
    def start_ms(self) -> int | None:
        """UTC of the first picture that is held; None where there is none."""
        return self._gops[0].start_ms if self._gops else None

    @property
    def full(self) -> bool:
        """One GOP alone is more than may be held: only recording bounds it."""
        return self._bytes > MOST_BYTES

    def begin(self, start_ms: int, arrived_ms: int) -> None:
        """A keyframe comes next; what is too old by then is forgotten."""
        self._gops.append(Gop(start_ms, arrived_ms))
        self._forget(arrived_ms - self._before_ms - _LATE_MS)

    def add(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Hold a packet of the GOP that was begun last."""
        gop = self._gops[-1]
        gop.packets.append((packet, arrived_ms))
        gop.bytes += packet.size
        self._bytes += packet.size
        while self.full and len(self._gops) > 1:
            self._drop()

    def take(self, since_ms: int) -> list[Gop]:
        """All from `before_ms` before then (monotonic); nothing is held afterwards."""
        self._forget(since_ms - self._before_ms - _UNSEEN_MS)
        taken = list(self._gops)
        self.clear()
        return taken

    def clear(self) -> None:
        """Forget all."""
        self._gops.clear()
        self._bytes = 0

    def move(self, by_ms: int) -> None:
        """UTC was set: what is held keeps its place in it."""
        for gop in self._gops:
            gop.start_ms += by_ms

    def _forget(self, until_ms: int) -> None:
        while len(self._gops) > 1 and self._gops[1].arrived_ms <= until_ms:
            self._drop()

    def _drop(self) -> None:
        self._bytes -= self._gops.popleft().bytes
