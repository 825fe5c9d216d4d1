"""Encoded pictures on their way from picamera2's threads to the reader's."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import NamedTuple

_HELD = 32 << 20  # bytes: half a minute of the best rung, for a reader that hangs


class Coded(NamedTuple):
    """An encoded picture: when the sensor took it, and which encoder of the device it left."""

    data: bytes
    keyframe: bool
    time_us: int
    encoder: int


Put = Callable[[Coded], None]


class Handed:
    """A queue between two threads; `lost` counts pictures of a reader too slow.

    What is lost is lost up to the next keyframe, since nothing between could be shown.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Coded] = queue.SimpleQueue()
        self._put_bytes = self._got_bytes = self.lost = 0
        self._losing = False

    def put(self, coded: Coded) -> None:
        """Never waits: whoever does here holds the camera's buffers."""
        full = self._put_bytes - self._got_bytes > _HELD
        self._losing = full or (self._losing and not coded.keyframe)
        if self._losing:
            self.lost += 1
            return
        self._put_bytes += len(coded.data)
        self._queue.put(coded)

    def get(self, seconds: float) -> Coded:
        """Raises queue.Empty."""
        coded = self._queue.get(timeout=seconds)
        self._got_bytes += len(coded.data)
        return coded


def seam(pending: list[Coded], old: int, new: int, *, ended: bool) -> list[Coded] | None:
    """The pictures of two encoders of one camera in the order to keep, each once.

    Those of `old` up to the first of `new`, which is a keyframe, and then those of `new`. None
    while it is not known whether all of the former are there, unless `old` has `ended`.
    """
    begins_us = next((one.time_us for one in pending if one.encoder == new), None)
    if begins_us is None:
        return None
    before = [one for one in pending if one.encoder == old and one.time_us < begins_us]
    through = ended or any(one.encoder == old and one.time_us >= begins_us for one in pending)
    return [*before, *(one for one in pending if one.encoder == new)] if through else None
