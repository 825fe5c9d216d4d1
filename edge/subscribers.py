"""One owner a camera, many subscribers: each has a queue of its own, and loses its own packets."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, NamedTuple

import av

from edge.counts import Counts

# Some four seconds of a camera of 30 pictures a second.
MOST_PACKETS, MOST_BYTES = 128, 16 << 20


class Stream(NamedTuple):
    """How packets are to be read; `extradata` may be empty where packets carry what it says."""

    codec: str
    extradata: bytes
    width: int
    height: int


class Offered(NamedTuple):
    """A picture's packet, as it came from the camera at a monotonic time."""

    stream: Stream
    data: bytes
    keyframe: bool
    arrived_ms: int


class Subscriber:
    """A bounded queue, filled by the camera's owner and emptied by one other thread.

    After a loss it goes on with a keyframe: what lies between could not be shown.
    """

    def __init__(self, name: str, most_packets: int, most_bytes: int) -> None:
        self.name, self.lost = name, 0
        self._most_packets, self._most_bytes = most_packets, most_bytes
        self._bytes, self._broken, self._began = 0, True, False
        self._queue: deque[Offered] = deque()
        self._ready = threading.Condition()

    def put(self, one: Offered) -> bool:
        """Take it, or lose it (False); never waits for who reads.

        What comes before the first keyframe is no loss.
        """
        with self._ready:
            full = len(self._queue) >= self._most_packets
            full = full or self._bytes + len(one.data) > self._most_bytes
            if full or (self._broken and not one.keyframe):
                self._broken = True
                self.lost += self._began
                return not self._began
            self._broken, self._began = False, True
            self._queue.append(one)
            self._bytes += len(one.data)
            self._ready.notify()
            return True

    def begin(self, newest: Offered) -> None:
        """Show the newest keyframe at once; what came between it and the next is not had."""
        self.put(newest)
        self._broken, self._began = True, False

    def get(self, seconds: float) -> Offered | None:
        """The next one, or None where none comes for so long."""
        with self._ready:
            if not self._queue:
                self._ready.wait(seconds)
            if not self._queue:
                return None
            one = self._queue.popleft()
            self._bytes -= len(one.data)
            return one


class Fan:
    """Hands a camera's pictures to whoever subscribed. `counts` hears of what they lose.

    Without subscribers an offer costs a comparison: of the newest keyframe a reference is kept.
    """

    def __init__(self, counts: Counts | None = None) -> None:
        self._counts = counts or Counts()
        self._subscribers: tuple[Subscriber, ...] = ()
        self._lock = threading.Lock()
        self._newest: tuple[av.Packet[Any], Any, int] | None = None
        self._stream: tuple[Any, Stream] | None = None

    def offer(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """A video packet that is about to be written; for the camera's owner alone."""
        if packet.is_keyframe:
            self._newest = packet, packet.stream, arrived_ms
        if self._subscribers:
            self._hand(packet, arrived_ms)

    def forget(self) -> None:
        """The connection has ended: its last keyframe is nobody's any more."""
        self._newest = None

    def subscribe(
        self, name: str, most_packets: int = MOST_PACKETS, most_bytes: int = MOST_BYTES
    ) -> Subscriber:
        """A queue that begins with the newest keyframe, where there is one, and the next."""
        subscriber = Subscriber(name, most_packets, most_bytes)
        with self._lock:
            newest = self._newest
            if newest is not None:
                packet, video, arrived_ms = newest
                subscriber.begin(Offered(_stream(video), bytes(packet), True, arrived_ms))
            self._subscribers = (*self._subscribers, subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        with self._lock:
            self._subscribers = tuple(one for one in self._subscribers if one is not subscriber)

    def _hand(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        if self._stream is None or self._stream[0] is not packet.stream:
            self._stream = packet.stream, _stream(packet.stream)
        one = Offered(self._stream[1], bytes(packet), packet.is_keyframe, arrived_ms)
        for subscriber in self._subscribers:
            if not subscriber.put(one):
                lost = self._counts.lost
                lost[subscriber.name] = lost.get(subscriber.name, 0) + 1


def _stream(video: av.VideoStream) -> Stream:
    context = video.codec_context
    return Stream(context.name, bytes(context.extradata or b""), context.width, context.height)
