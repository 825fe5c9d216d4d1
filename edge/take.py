"""One connection's packets, from the first keyframe on, cut into segments."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from time import sleep
from typing import Any, Protocol

import av

from edge.camera import Feed
from edge.counts import Counts
from edge.errors import BadMedia, Retryable, SpoolFull
from edge.ledger import Ledger
from edge.segment import Cause
from edge.spool import Recording

log = logging.getLogger(__name__)

LARGEST_BYTES = 4 << 30  # a single PUT takes 5 GiB
ROOM_BYTES = 32 << 20
_FAR_MS = 10_000  # a packet later than this is a camera whose clock was set
_HOLD_MS, _WAITED_MS = 500, 20
_WINDOW_MS = 10_000  # longer than a piece of HLS, whose packets come together
_BEAT_MS = 1_000
_CONNECTION = "connection"  # where a feed counts what was lost on the way, as `lost`
# Written a few times a second, and where the feed allows it read so too: on a node that is asleep
# between two packets, the second of a batch costs a third of the first. E4 has room for it beside
# a fragment's second. Whoever is behind by more than _BEHIND_MS reads on, until he is not.
_BATCH_MS, _NAP_S, _BEHIND_MS = 250, 0.23, 50

Packets = Iterator["av.Packet[Any]"]


class StreamChanged(Retryable):
    """The camera sends another size or codec from here on: open it anew."""


class Watch(Protocol):
    """How a recorder is asked to stop, and shows that it lives."""

    def stopping(self) -> bool:
        """Whether to seal what is open and end."""

    def beat(self) -> None:
        """Called about once a second while packets arrive."""


class Take:
    """Records an open feed until it ends; `recording` says whether a keyframe was seen.

    Where a segment starts comes from its keyframe's PTS, against the packet that arrived with
    the least delay: what probing held back, and what the network does, doesn't move it.
    """

    def __init__(
        self,
        feed: Feed,
        ledger: Ledger,
        *,
        source: str,
        segment_ms: int,
        watch: Watch,
        counts: Counts | None = None,
    ) -> None:
        self._feed, self._ledger, self._watch = feed, ledger, watch
        self._counts = counts or Counts()
        self._lost_before = self._counts.lost.get(_CONNECTION, 0)
        self._source, self._segment_ms = source, segment_ms
        self._video = feed.video
        self._account = ledger.account
        self._now = ledger.account.monotonic_ms
        tick = feed.video.time_base or av.time_base
        self._num, self._den = tick.numerator * 1000, tick.denominator
        self._base_ms: int | None = None  # UTC of PTS 0, as the quickest packet tells it
        # How much later than that one the quickest of this window came, and of the one before.
        self._least_ms = self._before_ms = self._window_ms = 0
        self._behind_ms = 0  # how much later than the quickest of both the last one came
        self._last_ms = 0  # the latest picture's end, in the same PTS
        self._due_ms = 0
        self._recording: Recording | None = None
        self._write: Callable[[av.Packet[Any]], None] | None = None
        self._held: list[tuple[av.Packet[Any], int]] = []
        self._arrived_ms = 0  # when the packet that is being written came
        self._heard = False
        self._sets: frozenset[bytes] = frozenset()
        self.began = False

    def run(self) -> None:
        """Record until the feed raises or the watch says stop; `close` is still to be called."""
        source = iter(self._feed.packets())
        self._settle(source)
        # The one loop that runs for every packet, on a processor that slept before: few steps.
        now, watch, held, video = self._now, self._watch, self._held, self._feed.video.index
        keeps = self._feed.keeps
        batch_ms = beat_ms = 0
        for packet in source:
            arrived_ms = now()
            held.append((packet, arrived_ms))
            # With a keyframe, the fragment before it reaches the disk.
            if arrived_ms >= batch_ms or (packet.is_keyframe and packet.stream_index == video):
                self._write_held()
                batch_ms = arrived_ms + _BATCH_MS
                if arrived_ms >= beat_ms:
                    watch.beat()
                    beat_ms = arrived_ms + _BEAT_MS
                    self._check_size()
                if keeps and self._behind_ms < _BEHIND_MS:
                    sleep(_NAP_S)
            if watch.stopping():
                return

    def close(self, *, whole: bool = True) -> None:
        """Seal what is open, up to its last picture; `whole`: what was written is in the file."""
        if whole:
            try:
                self._write_held()
            except SpoolFull:
                self.close(whole=False)
                raise
        if self._recording is not None:
            end_ms = (self._base_ms or 0) + self._last_ms
            self._seal(
                max(min(end_ms, self._account.now()), self._start_ms() + 1) if whole else None
            )
        self._ledger.wait()

    def _write_held(self) -> None:
        """Write the packets at hand; those before the first keyframe are left out."""
        held, video, counts = self._held[:], self._feed.video.index, self._counts
        self._held.clear()
        for packet, arrived_ms in held:
            self._feed.mend(packet, arrived_ms)
            counts.bytes += packet.size
            if packet.stream_index == video:
                counts.pictures += 1
                self._time(packet, self._account.utc_at(arrived_ms))
            else:
                self._heard = True
        if lost := getattr(self._feed, "lost", 0):
            counts.lost[_CONNECTION] = self._lost_before + lost
        for packet, self._arrived_ms in held:
            if packet.is_keyframe and packet.stream_index == video:
                self._keyframe(packet, self._account.utc_at(self._arrived_ms))
            if self._write is not None:
                self._write(packet)

    def _settle(self, source: Packets) -> None:
        """Hold the first packets until one had to be waited for: they came in a burst.

        Only then is it known how old the burst is, and whether the audio track is mute.
        """
        began_ms = asked_ms = 0
        for packet in source:
            arrived_ms = self._now()
            began_ms = began_ms or arrived_ms
            waited = bool(self._held) and arrived_ms - asked_ms >= _WAITED_MS
            self._held.append((packet, arrived_ms))
            if waited and packet.stream_index == self._feed.video.index:
                return
            if arrived_ms - began_ms >= _HOLD_MS or self._watch.stopping():
                return
            asked_ms = self._now()

    def _time(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Note when a video packet arrived."""
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
            self._behind_ms = late_ms - min(self._before_ms, self._least_ms)
            self._last_ms = pts_ms + (packet.duration or 0) * self._num // self._den

    def _keyframe(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Begin the first segment here, or the next one if it is due."""
        pts_ms = 0 if packet.pts is None else packet.pts * self._num // self._den
        start_ms = min((self._base_ms or 0) + pts_ms, arrived_ms)
        another = self._follow_stream(packet)
        self._refuse_change(packet)
        if self._recording is not None:
            if start_ms < self._due_ms and not another:
                return
            self._seal(max(start_ms, self._start_ms() + 1))
            self._follow_camera()
            start_ms += self._follow_clock()
        self._begin(start_ms)

    def _follow_stream(self, packet: av.Packet[Any]) -> bool:
        """Whether a keyframe is the first of another stream, which the feed tells of itself."""
        video = self._feed.video
        if video is self._video or packet.stream is not video:
            return False
        self._video, self._sets = video, frozenset()
        return True

    def _follow_camera(self) -> None:
        """A camera's clock is never quite ours: go on from the quickest packet of late."""
        drift_ms = min(self._before_ms, self._least_ms)
        self._base_ms = (self._base_ms or 0) + drift_ms
        self._before_ms -= drift_ms
        self._least_ms -= drift_ms

    def _follow_clock(self) -> int:
        moved = self._ledger.follow_clock()
        if self._base_ms is not None:
            self._base_ms += moved
        return moved

    def _begin(self, start_ms: int) -> None:
        ledger = self._ledger
        ledger.spool.make_room(ROOM_BYTES)
        ledger.gap(start_ms, Cause.WAITING_KEYFRAME)
        start_ms = ledger.account.cursor_ms
        self._recording = ledger.spool.begin(
            ledger.camera,
            start_ms=start_ms,
            monotonic_ms=ledger.account.monotonic_at(start_ms),
            source=self._source,
            video=self._video,
            audio=self._feed.audio if self._heard else None,
            rung=self._feed.rung,
            live_ms=lambda: self._arrived_ms,
        )
        self._write = self._recording.write
        self._due_ms = (start_ms // self._segment_ms + 1) * self._segment_ms
        self._heard = False  # a track that falls silent is not declared again
        self.began = True

    def _start_ms(self) -> int:
        return self._ledger.account.cursor_ms

    def _seal(self, end_ms: int | None) -> None:
        recording, self._recording, self._write = self._recording, None, None
        if recording is None:
            return
        try:
            self._ledger.seal(recording, end_ms)
        except BadMedia as error:
            log.warning("%s: a segment holds no picture: %s", self._ledger.camera, error.message)

    def _check_size(self) -> None:
        """Without a keyframe for hours: end the segment while one PUT still takes it."""
        if self._recording is not None and self._recording.size_bytes >= LARGEST_BYTES:
            self.close()

    def _refuse_change(self, packet: av.Packet[Any]) -> None:
        """Raise StreamChanged where a keyframe brings other parameter sets than the first did."""
        head = bytes(memoryview(packet)[:_HEAD_BYTES])
        sets = parameter_sets(head, self._feed.video.codec_context.name)
        if self._sets and sets - self._sets:
            raise StreamChanged("the camera changed its picture", camera=self._ledger.camera)
        self._sets |= sets


_HEAD_BYTES = 512
_SPS = {"h264": (7, 0x1F, 0), "hevc": (33, 0x3F, 1)}  # NAL type, its mask, its shift


def parameter_sets(head: bytes, codec: str) -> frozenset[bytes]:
    """The sequence parameter sets among the NAL units (Annex B) that a packet begins with."""
    if codec not in _SPS or head[:3] not in {b"\0\0\1", b"\0\0\0"}:
        return frozenset()
    kind, mask, shift = _SPS[codec]
    # The last one may be cut off; some cameras send a set twice.
    units = head.split(b"\0\0\1")[1:-1]
    return frozenset(u.rstrip(b"\0") for u in units if u and u[0] >> shift & mask == kind)
