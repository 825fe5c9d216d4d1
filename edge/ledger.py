"""The account and the spool together: written first, settled then, reported when durable."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from edge.account import Account, Change
from edge.clock import Clock, to_iso
from edge.clocks.boots import ClockFolder
from edge.errors import SpoolFull
from edge.segment import Cause, Gap, Segment
from edge.spool import Recording, Spool

log = logging.getLogger(__name__)

Report = Callable[[Segment | Gap], None]


_UNSEALED = 2  # segments that may wait for a slow disk while the next is recorded


class Ledger:
    """What one camera's recorder writes down. Every method may raise SpoolFull.

    A segment is sealed beside the packets' path: a disk may take seconds to say that it is
    durable (1.4 s seen), and what arrives meanwhile would be lost to a kill (E4). The file is
    whole before, and its index says where it ends, so that recovery would seal it just so.
    """

    def __init__(self, camera: str, spool: Spool, clock: Clock, report: Report) -> None:
        self.camera, self.spool = camera, spool
        self.account = Account(camera, spool.node, clock)
        self._clocks = ClockFolder(spool.root)
        self._report = report
        self._sealer = ThreadPoolExecutor(1, "seal")
        self._sealing: deque[Future[None]] = deque()

    def resume(self) -> None:
        """Recover what a crash left, and account for the time since; under the camera's lock."""
        self.recover()
        end = self.spool.account_end(self.camera)
        change = self.account.resume(end, self._clocks.notes(self.camera))
        self._take_over(change)
        if change.idle:
            self.gap(self.account.now(), Cause.RECORDER_DOWN)
        if end is not None:
            # Where UTC lies behind what is accounted for, no gap says that this boot began.
            cursor_ms = self.account.cursor_ms
            self.spool.accounted(self.camera, cursor_ms, self.account.monotonic_at(cursor_ms))
        self.follow_clock()

    def recover(self) -> None:
        """Seal or set apart what an interrupted recording left."""
        self.wait()
        for item in self.spool.recover(self.camera):
            self.account.pass_over(item.end_ms)
            self._tell(item)

    def gap(self, until_ms: int, cause: Cause, detail: str = "") -> None:
        """Account for the time from the cursor until then; nothing where there is none."""
        gap = self.account.gap(until_ms, cause, detail)
        if gap is not None:
            self._write(gap)

    def seal(self, recording: Recording, end_ms: int | None, activity: str = "") -> None:
        """Seal a recording that ends then; None: with the last picture in its file.

        The account goes on at once; `wait` returns when it is sealed.
        """
        self._wait_for_all_but(_UNSEALED - 1)
        start_ms = recording.header.start_ms
        segment = recording.complete(None if end_ms is None else end_ms - start_ms, activity)
        self.account.settle(start_ms, segment.end_ms)
        self._sealing.append(self._sealer.submit(self._store, recording, segment))

    def _store(self, recording: Recording, segment: Segment) -> None:
        recording.store(segment)
        self._tell(segment)

    def wait(self) -> None:
        """Return when all is sealed that can be; raise what went wrong."""
        self._wait_for_all_but(0)

    def _wait_for_all_but(self, count: int) -> None:
        failed: SpoolFull | None = None
        while len(self._sealing) > count:
            try:
                self._sealing.popleft().result()
            except SpoolFull as error:
                failed, count = error, 0
        if failed is not None:
            raise failed

    def close(self) -> None:
        """End the thread that seals, when it has; harmless to repeat."""
        self._sealer.shutdown()

    def follow_clock(self) -> int:
        """Follow UTC where it was set or is known better; by how many ms names move from here."""
        change = self.account.look()
        if change is None:
            return 0
        if change.gap is not None:
            log.warning("%s: %s", self.camera, change.gap.detail)
        self._take_over(change)
        return change.moved_ms

    def _take_over(self, change: Change) -> None:
        """Write a change down, in the order in which a crash leaves it to be made again."""
        self.wait()
        for correction in change.corrections:
            self._clocks.tell(correction)
        for gap in change.aside:
            self.spool.gap(gap, gap.monotonic_ms)
            self._tell(gap)
        if change.opens:
            self._clocks.keep(self.camera, change.notes)
        if change.gap is not None:
            self.spool.gap(change.gap, change.gap.monotonic_ms)
        if not change.opens:
            self._clocks.keep(self.camera, change.notes)
        self.account.follow(change)
        if change.gap is not None:
            self.account.settle(change.gap.start_ms, change.gap.end_ms)
            self._tell(change.gap)

    def _write(self, gap: Gap) -> None:
        self.wait()  # what is told and written down is in order
        self.spool.gap(gap, self.account.monotonic_at(gap.end_ms))
        self.account.settle(gap.start_ms, gap.end_ms)
        self._tell(gap)

    def _tell(self, item: Segment | Gap) -> None:
        if isinstance(item, Gap):
            length = (item.end_ms - item.start_ms) / 1000
            start = to_iso(item.start_ms)
            log.info("%s: gap of %.1f s from %s, %s", item.camera, length, start, item.cause)
        else:
            how = "recovered" if item.recovered else "sealed"
            log.info("%s: %s %s", item.camera, how, item.name.file)
        self._report(item)
