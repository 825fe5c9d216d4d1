"""One owner a camera, many subscribers: each has a queue of its own, and loses its own packets."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import av

from edge.counts import Counts

# Some four seconds of a camera of 30 pictures a second.
MOST_PACKETS, MOST_BYTES = 128, 16 << 20
# Longer groups of pictures are not kept: who comes late sees the keyframe, and waits for the next.
_LONGEST_PACKETS, _LONGEST_BYTES = 512, 8 << 20
_90K = 90_000


class Stream(NamedTuple):
    """How packets are to be read; `extradata` may be empty where packets carry what it says."""

    codec: str
    extradata: bytes
    width: int
    height: int


class Offered(NamedTuple):
    """A picture's packet, as it came from the camera at a monotonic time.

    When it is shown and decoded is told in ticks of 1/90,000 s by the camera's clock, which begins
    anew with each connection.
    """

    stream: Stream
    data: bytes
    keyframe: bool
    arrived_ms: int
    pts_90k: int
    dts_90k: int


class _Kept(NamedTuple):
    """The same before its bytes are copied: by whoever reads, not by whoever records."""

    stream: Stream
    packet: av.Packet[Any]
    keyframe: bool
    arrived_ms: int
    pts_90k: int
    dts_90k: int


class Subscriber:
    """A bounded queue, filled by the camera's owner and emptied by one other thread.

    After a loss it goes on with a keyframe: what lies between could not be shown.
    """

    def __init__(self, name: str, most_packets: int, most_bytes: int) -> None:
        self.name, self.lost = name, 0
        self._most_packets, self._most_bytes = most_packets, most_bytes
        self._bytes, self._broken, self._began = 0, True, False
        self._queue: deque[_Kept] = deque()
        self._ready = threading.Condition()

    def put(self, one: _Kept) -> bool:
        """Take it, or lose it (False); never waits for who reads.

        What comes before the first keyframe is no loss.
        """
        with self._ready:
            full = len(self._queue) >= self._most_packets
            full = full or self._bytes + one.packet.size > self._most_bytes
            if full or (self._broken and not one.keyframe):
                self._broken = True
                self.lost += self._began
                return not self._began
            self._broken, self._began = False, True
            self._queue.append(one)
            self._bytes += one.packet.size
            self._ready.notify()
            return True

    def begin(self, group: Sequence[_Kept], *, whole: bool) -> None:
        """Show what came since the newest keyframe at once.

        Where that is not the `whole` of it, the next keyframe goes on.
        """
        self._most_packets += len(group)
        self._most_bytes += sum(one.packet.size for one in group)
        for one in group:
            self.put(one)
        if not whole:
            self._broken, self._began = True, False

    def get(self, seconds: float) -> Offered | None:
        """The next one, or None where none comes for so long."""
        with self._ready:
            if not self._queue:
                self._ready.wait(seconds)
            if not self._queue:
                return None
            one = self._queue.popleft()
            self._bytes -= one.packet.size
        return Offered(one.stream, bytes(one.packet), *one[2:])


class Fan:
    """Hands a camera's pictures to whoever subscribed. `counts` hears of what they lose.

    Of the pictures since the newest keyframe references are kept, so that who comes sees them move
    at once.
    """

    def __init__(self, counts: Counts | None = None) -> None:
        self._counts = counts or Counts()
        self._subscribers: tuple[Subscriber, ...] = ()
        self._lock = threading.Lock()
        self._group: list[_Kept] = []
        self._bytes, self._whole = 0, True
        self._video: Any = None
        self._stream = Stream("", b"", 0, 0)
        self._ticks = Fraction(1)

    @property
    def watched(self) -> bool:
        """Whether somebody waits for each picture."""
        return bool(self._subscribers)

    def offer(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """A video packet that is about to be written; for the camera's owner alone."""
        if packet.stream is not self._video:
            self._video, self._stream = packet.stream, _stream(packet.stream)
            self._ticks = Fraction(packet.time_base or Fraction(1, _90K)) * _90K
        one = self._kept(packet, arrived_ms)
        with self._lock:
            self._keep(one)
            subscribers = self._subscribers
            for subscriber in subscribers:
                if not subscriber.put(one):
                    lost = self._counts.lost
                    lost[subscriber.name] = lost.get(subscriber.name, 0) + 1

    def forget(self) -> None:
        """The connection has ended: its last pictures are nobody's any more."""
        with self._lock:
            self._group = []

    def subscribe(
        self, name: str, most_packets: int = MOST_PACKETS, most_bytes: int = MOST_BYTES
    ) -> Subscriber:
        """A queue that begins with what came since the newest keyframe, where there is one."""
        subscriber = Subscriber(name, most_packets, most_bytes)
        with self._lock:
            if self._group:
                subscriber.begin(self._group, whole=self._whole)
            self._subscribers = (*self._subscribers, subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        with self._lock:
            self._subscribers = tuple(one for one in self._subscribers if one is not subscriber)

    def _keep(self, one: _Kept) -> None:
        if one.keyframe:
            self._group, self._bytes, self._whole = [one], one.packet.size, True
        elif self._group and self._whole:
            self._bytes += one.packet.size
            if len(self._group) < _LONGEST_PACKETS and self._bytes <= _LONGEST_BYTES:
                self._group.append(one)
            else:
                self._group, self._whole = self._group[:1], False

    def _kept(self, packet: av.Packet[Any], arrived_ms: int) -> _Kept:
        # The writer gives packets the file's times: read here, before it does.
        pts, dts, ticks = packet.pts, packet.dts, self._ticks
        if pts is None:
            pts = dts
        shown = arrived_ms * 90 if pts is None else pts * ticks.numerator // ticks.denominator
        decoded = shown if dts is None else dts * ticks.numerator // ticks.denominator
        return _Kept(self._stream, packet, packet.is_keyframe, arrived_ms, shown, decoded)


def _stream(video: av.VideoStream) -> Stream:
    context = video.codec_context
    return Stream(context.name, bytes(context.extradata or b""), context.width, context.height)
