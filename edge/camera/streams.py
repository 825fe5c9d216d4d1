"""A camera's main and sub stream: recorded from one of them, by the same rules as the ladder.

The other stream is opened before the first is closed, and recorded from its first keyframe on,
at the times of the first: what overlaps is in both files and once in the account.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import av

from edge.camera import Camera, Feed
from edge.camera.opening import Opening
from edge.clock import Clock
from edge.encode import Means
from edge.encode.ladder import Place, step
from edge.errors import CameraUnreachable, LivecamError

log = logging.getLogger(__name__)

NAMES = ("main", "sub")
_LOOK_MS = 2_000
# Of a stream that cannot be opened: while the one in use goes on, there is no hurry.
_AGAIN_MS = 60_000
# A camera's clock runs fast or slow by less than one in a thousand.
_DRIFT = 1_000


class TwoStreams:
    """`main` and `sub` of one camera. Where it stands on them outlives a connection."""

    def __init__(self, name: str, main: Camera, sub: Camera, clock: Clock, means: Means) -> None:
        self.kind = main.kind
        self._name, self._both, self._clock, self._means = name, (main, sub), clock, means
        self._place = Place()
        self._next = 0

    def __repr__(self) -> str:
        return f"TwoStreams({self._name!r})"

    def open(self) -> Feed:
        """The stream of the rung; after a failure the other one, in turns.

        Raises what opening it raises.
        """
        at, self._next = self._next, 1 - self._next
        feed = self._both[at].open()
        self._next = self._place.rung
        return StreamsFeed(self, at, feed)

    def look(self, now_ms: int) -> int:
        """Which stream is to be recorded, by what is seen now."""
        seen, limits = self._means.conditions(), self._means.limits
        place = step(self._place, len(NAMES), seen, 0.0, now_ms, limits)
        if place.rung != self._place.rung:
            log.warning("%s: to its %s stream: %s", self._name, NAMES[place.rung], place.reason)
        self._place, self._next = place, place.rung
        return place.rung

    def begin(self, at: int) -> Opening:
        """Open a stream beside the one that is read."""
        return Opening(self._name, self._both[at], self._clock)

    def tell(self, at: int) -> None:
        """Say which one is recorded."""
        self._means.now.change(rung=NAMES[at])

    def refuse(self, at: int, error: LivecamError) -> None:
        log.warning("%s: its %s stream: %s", self._name, NAMES[at], error.message)


class _Zero:
    """When a stream's PTS 0 was, in monotonic ms: as its quickest packet of late tells it."""

    def __init__(self) -> None:
        self.ms: float | None = None
        self._noted_ms = 0

    def note(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        if packet.pts is None:
            return
        late = arrived_ms - float(packet.pts * packet.time_base) * 1_000
        if self.ms is None:
            self.ms = late
        else:
            self.ms = min(self.ms + (arrived_ms - self._noted_ms) / _DRIFT, late)
        self._noted_ms = arrived_ms


class StreamsFeed:
    """One of two streams, and the other from a keyframe on, when that is to be recorded."""

    def __init__(self, streams: TwoStreams, at: int, feed: Feed) -> None:
        self._streams, self._at, self._feed = streams, at, feed
        self.keeps = feed.keeps
        self._zero, self._shift_ms = _Zero(), 0.0
        self._look_ms = self._again_ms = 0
        self._opening: Opening | None = None
        self._taken: Opening | None = None  # read, but its first packet not mended yet
        self._left: Feed | None = None
        self._lost = 0
        streams.tell(at)

    @property
    def video(self) -> av.VideoStream:
        return self._feed.video

    @property
    def audio(self) -> av.AudioStream | None:
        return self._feed.audio

    @property
    def rung(self) -> str:
        return NAMES[self._at]

    @property
    def lost(self) -> int:
        """Packets of either that never came, so far."""
        return self._lost + getattr(self._feed, "lost", 0)

    def packets(self) -> Iterator[av.Packet[Any]]:
        """Packets of the stream in use; raises what it raises."""
        source = iter(self._feed.packets())
        while True:
            for packet in source:
                yield packet
                if self._opening is not None and self._opening.over:
                    other = self._take_over(self._opening)
                    if other is not None:
                        source = other
                        break
            else:
                return

    def _take_over(self, opening: Opening) -> Iterator[av.Packet[Any]] | None:
        """The other stream's packets, where it can follow this one."""
        self._opening = None
        error = opening.failed or self._misfit(opening)
        if error is not None:
            self._streams.refuse(1 - self._at, error)
            opening.give_up()
            self._again_ms = self._look_ms + _AGAIN_MS
            return None
        self._taken = opening
        return opening.packets()

    def _misfit(self, opening: Opening) -> LivecamError | None:
        assert opening.feed is not None
        one, other = self.video, opening.feed.video
        if (one.time_base, one.index) == (other.time_base, other.index):
            return None
        return CameraUnreachable("it counts time in other units than the one before")

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Put its times right, of the second stream by the first one's."""
        if self._taken is not None and packet is self._taken.held[0][0]:
            self._change(self._taken)
        self._feed.mend(packet, arrived_ms)
        if self._shift_ms:
            _move(packet, self._shift_ms)
        if packet.stream_index == self._feed.video.index:
            self._zero.note(packet, arrived_ms)
        if arrived_ms >= self._look_ms:
            self._look_ms = arrived_ms + _LOOK_MS
            self._look(arrived_ms)

    def _change(self, taken: Opening) -> None:
        """From this packet on it is the other stream."""
        assert taken.feed is not None
        fresh, index = _Zero(), taken.feed.video.index
        for packet, arrived_ms in taken.held:
            if packet.stream_index == index:
                fresh.note(packet, arrived_ms)
        if fresh.ms is not None and self._zero.ms is not None:
            self._shift_ms = fresh.ms - self._zero.ms
        self._taken, self._lost = None, self.lost
        # Its last packets are still to be written: it is closed at the next look.
        self._left, self._feed, self._at = self._feed, taken.feed, 1 - self._at
        self._streams.tell(self._at)

    def _look(self, now_ms: int) -> None:
        if self._left is not None:
            # A camera may take its time to say good-bye.
            threading.Thread(target=self._left.close, name="leaving", daemon=True).start()
            self._left = None
        if self._taken is not None:
            return
        wanted = self._streams.look(now_ms)
        if self._opening is not None and wanted == self._at:
            self._opening.give_up()
            self._opening = None
        elif self._opening is None and wanted != self._at and now_ms >= self._again_ms:
            self._opening = self._streams.begin(wanted)

    def close(self) -> None:
        """Disconnect from both; harmless to repeat."""
        for opening in (self._opening, self._taken):
            if opening is not None:
                opening.give_up()
        if self._left is not None:
            self._left.close()
        self._feed.close()


def _move(packet: av.Packet[Any], by_ms: float) -> None:
    ticks = round(by_ms / 1_000 / packet.time_base)
    if packet.pts is not None:
        packet.pts += ticks
    if packet.dts is not None:
        packet.dts += ticks
