"""Records one camera for as long as it is asked to: connects, takes, and accounts for outages."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import suppress

from edge.camera import Camera, Feed
from edge.clock import Clock
from edge.counts import Counts
from edge.errors import CameraFrozen, LivecamError, SpoolFull
from edge.ledger import Ledger, Report
from edge.modes.gate import Motion, MotionGate
from edge.modes.plan import Plan, Wanted
from edge.segment import Cause
from edge.spool import Spool
from edge.subscribers import Fan
from edge.take import ROOM_BYTES, StreamChanged, Take, Watch

log = logging.getLogger(__name__)

BACK_OFF_S, BACK_OFF_CAP_S = 1.0, 30.0
LOCK_WAIT_S = 30.0
_NAP_S = 0.2
# An outage is written down piece by piece, none longer than a minute: this, and one more
# back-off and attempt to connect.
_PIECE_MS = 15_000
_IDLE_PIECE_MS = 60_000


def _untold(_: Motion) -> None:
    return


def back_off() -> Iterator[float]:
    """Seconds to wait after each failure: 1, 2, 4, 8, 16, then 30, each with a fifth of jitter."""
    wait_s = BACK_OFF_S
    while True:
        yield min(wait_s, BACK_OFF_CAP_S) * random.uniform(0.8, 1.0)
        wait_s *= 2


class Recorder:
    """One camera's recorder; the process around it is its own."""

    def __init__(
        self,
        name: str,
        camera: Camera,
        spool: Spool,
        *,
        segment_ms: int,
        clock: Clock,
        watch: Watch,
        report: Report,
        counts: Counts | None = None,
        fan: Fan | None = None,
        wanted: Wanted | None = None,
        moves: Callable[[Motion], None] = _untold,
    ) -> None:
        self._name, self._camera, self._spool = name, camera, spool
        self._segment_ms, self._clock, self._watch = segment_ms, clock, watch
        self._counts, self._fan = counts or Counts(), fan or Fan()
        self._wanted, self._moves = wanted or Wanted(Plan(), clock), moves
        self._ledger = Ledger(name, spool, clock, report)
        self._cause: Cause | None = None  # of the outage that lasts
        self._waits = back_off()

    def run(self) -> None:
        """Record until the watch says stop; what is open then is sealed."""
        with self._spool.lock(self._name, wait_seconds=LOCK_WAIT_S):
            try:
                if self._resume():
                    while not self._watch.stopping():
                        if self._wanted.mode().connects:
                            self._connect()
                        else:
                            self._idle()
                    self._finish()
            finally:
                self._ledger.close()

    def _resume(self) -> bool:
        # Nothing is recorded before the time until now stands in the account: E3.
        while not self._watch.stopping():
            try:
                self._ledger.resume()
            except SpoolFull as error:
                log.warning("%s: %s", self._name, error)
                self._make_room()
                self._wait(next(self._waits))
            else:
                return True
        return False

    def _finish(self) -> None:
        if self._cause is not None:
            try:
                self._ledger.gap(self._ledger.account.now(), self._cause)
            except SpoolFull:
                log.warning("%s: no room to write the last gap down", self._name)

    def _make_room(self) -> None:
        try:
            self._spool.make_room(ROOM_BYTES, self._name)
        except SpoolFull as error:
            log.warning("%s: %s", self._name, error)

    def _idle(self) -> None:
        """Read nothing while nothing is wanted; every minute of it stands in the account."""
        account, mode = self._ledger.account, self._wanted.mode()
        try:
            self._end_outage(account.now())
            until_ms = account.now() + _IDLE_PIECE_MS
            while self._wanted.mode() is mode and not self._watch.stopping():
                if account.now() >= until_ms:
                    break
                self._wait(_NAP_S)
            self._ledger.gap(account.now(), *mode.missing)
        except SpoolFull as error:
            self._fail(Cause.DISK_FULL_DROPPED, error)

    def _connect(self) -> None:
        asked_ms = self._ledger.account.now()
        try:
            self._spool.make_room(ROOM_BYTES, self._name)  # for want of it no camera is bothered
            feed = self._camera.open()
        except SpoolFull as error:
            self._fail(Cause.DISK_FULL_DROPPED, error)
            return
        except LivecamError as error:
            self._fail(Cause.CAMERA_UNREACHABLE, error)
            return
        try:
            self._end_outage(asked_ms)
            self._take(feed)
        except SpoolFull as error:
            self._fail(Cause.DISK_FULL_DROPPED, error)
        finally:
            feed.close()

    def _take(self, feed: Feed) -> None:
        """Record a connection to its end. Raises SpoolFull."""
        gate = MotionGate(self._wanted, self._moves)
        take = Take(
            feed,
            self._ledger,
            gate,
            source=self._camera.kind,
            segment_ms=self._segment_ms,
            watch=self._watch,
            counts=self._counts,
            fan=self._fan,
        )
        log.info("%s: connected", self._name)
        try:
            take.run()
        except SpoolFull:
            self._forget_failures(take)
            take.close(whole=False)
            raise
        except StreamChanged as error:
            log.warning("%s", error)
            take.close()
        except LivecamError as error:
            take.close()
            self._forget_failures(take)
            frozen = isinstance(error, CameraFrozen)
            self._fail(Cause.CAMERA_FROZEN if frozen else Cause.CAMERA_UNREACHABLE, error)
        else:
            take.close()
            self._forget_failures(take)
        finally:
            gate.end(self._clock.monotonic_ms())
            self._fan.forget()

    def _forget_failures(self, take: Take) -> None:
        if take.began:
            self._waits = back_off()

    def _fail(self, cause: Cause, error: LivecamError) -> None:
        """Account for what is missing so far, and wait before the next attempt."""
        wait_s = next(self._waits)
        told = f"{error.message}. {error.hint}" if error.hint else error.message
        log.warning("%s: %s; next attempt in %.0f s", self._name, told, wait_s)
        try:
            self._write_down(cause)
        except SpoolFull:
            log.warning("%s: no room to write the gap down yet", self._name)
            self._cause = self._cause or cause
        self._wait(wait_s)

    def _write_down(self, cause: Cause) -> None:
        if cause is Cause.DISK_FULL_DROPPED:
            with suppress(SpoolFull):  # told already; the gap has room in the reserve
                self._spool.make_room(ROOM_BYTES, self._name)
            self._ledger.recover()
        now_ms, account = self._ledger.account.now(), self._ledger.account
        if self._cause not in {None, cause}:
            self._ledger.gap(now_ms, self._cause or cause)
        # A camera that froze is known to have been frozen until now, whatever comes next.
        if cause is Cause.CAMERA_FROZEN or now_ms - account.cursor_ms >= _PIECE_MS:
            self._ledger.gap(now_ms, cause)
            self._ledger.follow_clock()
        self._cause = cause

    def _end_outage(self, until_ms: int) -> None:
        if self._cause is not None:
            self._ledger.gap(until_ms, self._cause)
            self._cause = None
        self._ledger.follow_clock()

    def _wait(self, seconds: float) -> None:
        until_ms = self._clock.monotonic_ms() + round(seconds * 1000)
        while not self._watch.stopping():
            left_ms = until_ms - self._clock.monotonic_ms()
            if left_ms <= 0:
                return
            self._watch.beat()
            self._clock.sleep(min(_NAP_S, left_ms / 1000))
