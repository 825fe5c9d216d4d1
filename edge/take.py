"""One connection's packets, from the first keyframe on, cut into segments."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from fractions import Fraction
from time import sleep
from typing import Any, Protocol

import av

from edge.camera import Feed
from edge.counts import Counts
from edge.errors import BadMedia, Retryable, SpoolFull
from edge.ledger import Ledger
from edge.modes.gate import MotionGate
from edge.modes.plan import Mode
from edge.modes.preroll import PreRoll
from edge.placement import Placement
from edge.segment import Cause
from edge.sequence import Sequence
from edge.spool import Recording
from edge.subscribers import Fan

log = logging.getLogger(__name__)

LARGEST_BYTES = 4 << 30  # a single PUT takes 5 GiB
ROOM_BYTES = 32 << 20
_HOLD_MS, _WAITED_MS = 500, 20
_BEAT_MS = 1_000
_TICK = Fraction(1, av.time_base)
_PIECE_MS = 60_000  # what is not wanted is written down so often
_CONNECTION = "connection"  # where a feed counts what was lost on the way, as `lost`
# Written a few times a second, and where the feed allows it read so too: on a node that is asleep
# between two packets, the second of a batch costs a third of the first. E4 has room for it beside
# a fragment's second. Whoever is behind by more than _BEHIND_MS reads on, until he is not; and
# while somebody watches, no picture waits.
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
    """Records an open feed until it ends; `began` says whether a keyframe was seen.

    A segment starts when its keyframe's picture was taken (`Placement`). What `gate` does not
    want is held in memory for `before_ms`, and recorded once it is wanted after all.
    """

    def __init__(
        self,
        feed: Feed,
        ledger: Ledger,
        gate: MotionGate,
        *,
        source: str,
        segment_ms: int,
        watch: Watch,
        counts: Counts | None = None,
        fan: Fan | None = None,
    ) -> None:
        self._feed, self._ledger, self._watch = feed, ledger, watch
        self._counts, self._fan = counts or Counts(), fan or Fan()
        self._lost_before = self._counts.lost.get(_CONNECTION, 0)
        self._source, self._segment_ms = source, segment_ms
        self._gate, self._preroll = gate, PreRoll(gate.before_ms)
        self._holding = False  # packets go to the pre-roll
        self._video = feed.video
        self._account = ledger.account
        self._now = ledger.account.monotonic_ms
        self._placed = Placement(feed.video.time_base or _TICK)
        self._sequence = Sequence(feed.video.codec_context.name)
        self._due_ms = 0
        self._recording: Recording | None = None
        self._write: Callable[[av.Packet[Any]], None] | None = None
        self._held: list[tuple[av.Packet[Any], int]] = []
        self._arrived_ms = 0  # when the packet that is being written came
        self._heard = False
        self.began = False

    def run(self) -> None:
        """Record until the feed raises, the watch says stop, or the camera is not to be read.

        `close` is still to be called.
        """
        source = iter(self._feed.packets())
        self._settle(source)
        # The one loop that runs for every packet, on a processor that slept before: few steps.
        now, watch, held, video = self._now, self._watch, self._held, self._feed.video.index
        keeps, placed, fan = self._feed.keeps, self._placed, self._fan
        batch_ms = beat_ms = 0
        for packet in source:
            arrived_ms = now()
            held.append((packet, arrived_ms))
            # With a keyframe, the fragment before it reaches the disk.
            if arrived_ms >= batch_ms or (packet.is_keyframe and packet.stream_index == video):
                self._write_held()
                batch_ms = arrived_ms + (0 if fan.watched else _BATCH_MS)
                if arrived_ms >= beat_ms:
                    watch.beat()
                    beat_ms = arrived_ms + _BEAT_MS
                    self._check_size()
                    if not self._gate.connects():
                        return
                if keeps and placed.behind_ms < _BEHIND_MS and not fan.watched:
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
        end_ms = min(self._placed.end_ms, self._account.now())
        if self._recording is not None:
            self._seal(max(end_ms, self._start_ms() + 1) if whole else None)
        elif self._holding and whole:
            self._not_wanted(end_ms)
        self._ledger.wait()

    def _write_held(self) -> None:
        """Write the packets at hand; those before the first keyframe are left out."""
        held, video, counts = self._held[:], self._feed.video.index, self._counts
        note, judge, offer = self._placed.note, self._gate.add, self._fan.offer
        self._held.clear()
        for packet, arrived_ms in held:
            self._feed.mend(packet, arrived_ms)
            counts.bytes += packet.size
            if packet.stream_index == video:
                counts.pictures += 1
                note(packet, self._account.utc_at(arrived_ms))
                judge(arrived_ms, packet.size, packet.is_keyframe)
                offer(packet, arrived_ms)
            else:
                self._heard = True
        if lost := getattr(self._feed, "lost", 0):
            counts.lost[_CONNECTION] = self._lost_before + lost
        for packet, self._arrived_ms in held:
            if packet.is_keyframe and packet.stream_index == video:
                self._keyframe(packet, self._account.utc_at(self._arrived_ms))
            if self._write is not None:
                self._write(packet)
        self._gate.notice()
        if self._holding:
            self._look_up()

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

    def _keyframe(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Begin the first segment here, or the next one if it is due; or hold what follows."""
        start_ms = min(self._placed.start_of(packet), arrived_ms)
        another = self._follow_stream(packet)
        if self._sequence.changed_by(packet):
            raise StreamChanged("the camera changed its picture", camera=self._ledger.camera)
        wanted = self._gate.wants(self._arrived_ms)
        if self._recording is not None:
            if wanted and start_ms < self._due_ms and not another:
                return
            self._seal(max(start_ms, self._start_ms() + 1))
            self._placed.follow_camera()
            start_ms += self._follow_clock()
        if wanted and not self._holding:
            self._begin(start_ms)
        else:
            self._hold(start_ms)

    def _hold(self, start_ms: int) -> None:
        """Keep a GOP in memory; nothing moves, as far as is known."""
        if not self._holding:
            self._ledger.gap(start_ms, Cause.WAITING_KEYFRAME)
        self._holding, self._write = True, self._add_to_preroll
        self._preroll.begin(start_ms, self._arrived_ms)

    def _add_to_preroll(self, packet: av.Packet[Any]) -> None:
        self._preroll.add(packet, self._arrived_ms)

    def _look_up(self) -> None:
        """Record what is held where it is wanted by now, or write down that it was not."""
        if self._preroll.full or self._gate.wants(self._arrived_ms):
            self._wake()
            return
        held_ms = self._preroll.start_ms
        if held_ms is not None and held_ms - self._start_ms() >= _PIECE_MS:
            self._not_wanted(held_ms)
            self._preroll.move(self._follow_clock())

    def _wake(self) -> None:
        gops = self._preroll.take(self._gate.activity.since_ms)
        self._holding = False
        self._not_wanted(gops[0].start_ms)
        self._begin(gops[0].start_ms)
        assert self._write is not None
        for packet, self._arrived_ms in (held for gop in gops for held in gop.packets):
            self._write(packet)

    def _not_wanted(self, until_ms: int) -> None:
        self._ledger.gap(until_ms, *Mode.MOTION.missing)

    def _follow_stream(self, packet: av.Packet[Any]) -> bool:
        """Whether a keyframe is the first of another stream, which the feed tells of itself."""
        video = self._feed.video
        if video is self._video or packet.stream is not video:
            return False
        self._video, self._sequence = video, Sequence(video.codec_context.name)
        # What is still must be learned anew, and is recorded meanwhile.
        self._gate.activity.rebase()
        if self._holding:
            self._not_wanted(self._placed.start_of(packet))
            self._preroll.clear()
            self._holding = False
        return True

    def _follow_clock(self) -> int:
        moved = self._ledger.follow_clock()
        self._placed.move(moved)
        return moved

    def _begin(self, start_ms: int) -> None:
        ledger = self._ledger
        ledger.spool.make_room(ROOM_BYTES, ledger.camera)
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
            synchronised=ledger.account.synchronised,
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
            self._ledger.seal(recording, end_ms, self._told(recording, end_ms))
        except BadMedia as error:
            log.warning("%s: a segment holds no picture: %s", self._ledger.camera, error.message)

    def _told(self, recording: Recording, end_ms: int | None) -> str:
        """A value for each second of a segment; nothing where sizes don't tell what moves."""
        at, activity = self._account.monotonic_at, self._gate.activity
        start_ms = at(recording.header.start_ms)
        if activity.blind or activity.sure_ms is None or activity.sure_ms > start_ms:
            return ""
        until_ms = self._account.now() if end_ms is None else end_ms
        return activity.values(start_ms, at(until_ms))

    def _check_size(self) -> None:
        """Without a keyframe for hours: end the segment while one PUT still takes it."""
        if self._recording is not None and self._recording.size_bytes >= LARGEST_BYTES:
            self.close()
