"""Recorders of a few cameras on one small disk, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from edge.camera import Camera
from edge.camera.clip import ClipCamera
from edge.clock import SystemClock
from edge.counts import Counts
from edge.encode import Means
from edge.encode.reported import Reported
from edge.errors import SpoolFull
from edge.recorder import Recorder
from edge.report import CameraReport, Left, Reporter
from edge.segment import Gap, Segment
from edge.spool import Spool
from edge.spool.room import MARGIN_BYTES
from infra.faults.small_disk import SmallDisk

FLOOD, CALM, DRAWN = "flood", ("calm-a", "calm-b"), "drawn"
SEGMENT_MS = 2_000
_NODE = "local"


class _Watch:
    """Asks a run of recorders to stop."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def stopping(self) -> bool:
        return self.asked.is_set()

    def beat(self) -> None:
        """Nobody listens."""


class Cameras:
    """Started and stopped together; `told` is what they told, of all runs, in order.

    `drawn` is where the node's report goes that a camera encoded here goes by; without, there is
    none.
    """

    def __init__(self, disk: SmallDisk, clips: Mapping[str, Path], drawn: Path | None) -> None:
        self._disk, self._clock = disk, SystemClock()
        self._cameras: dict[str, Camera] = {
            name: ClipCamera(name, clip, self._clock) for name, clip in clips.items()
        }
        self._reports = drawn
        if drawn is not None:
            self._cameras[DRAWN] = _drawn(drawn, self._clock)
        self._counts = {name: Counts() for name in self._cameras}
        self._threads: list[threading.Thread] = []
        self._watch = _Watch()
        self.told: list[Segment | Gap] = []
        self.stored: list[Segment] = []
        self.restarts = 0

    @property
    def names(self) -> list[str]:
        return list(self._cameras)

    def start(self, *names: str) -> None:
        """Start some, or all."""
        self._watch = watch = _Watch()
        threads = [
            threading.Thread(target=self._record, args=(name, watch))
            for name in names or self._cameras
        ]
        if self._reports is not None:
            threads.append(threading.Thread(target=self._report, args=(self._reports, watch)))
        for thread in threads:
            thread.start()
        self._threads = threads

    def stop(self) -> None:
        """Have all seal and end. Raises TimeoutError for one that does not."""
        self._watch.asked.set()
        for thread in self._threads:
            thread.join(60)
        if any(thread.is_alive() for thread in self._threads):
            raise TimeoutError("a recorder does not end")

    def _spool(self) -> Spool:
        return Spool(self._disk.root, _NODE, self._clock, self._disk.free_bytes)

    def _record(self, name: str, watch: _Watch) -> None:
        """A camera's process, started again where it ends before it is asked to."""
        while not watch.stopping():
            try:
                Recorder(
                    name,
                    self._cameras[name],
                    self._spool(),
                    segment_ms=SEGMENT_MS,
                    clock=self._clock,
                    watch=watch,
                    report=self.told.append,
                    counts=self._counts[name],
                ).run()
            except SpoolFull:
                self.restarts += 1
                watch.asked.wait(0.5)

    def _report(self, folder: Path, watch: _Watch) -> None:
        """What a node's supervisor tells of its cameras."""
        before = {name: counts.bytes for name, counts in self._counts.items()}

        def fares() -> dict[str, CameraReport]:
            now = {name: counts.bytes for name, counts in self._counts.items()}
            rates = {name: (now[name] - before[name]) * 8 // 5 for name in now}
            before.update(now)
            return {name: CameraReport(bits_per_s=rate) for name, rate in rates.items()}

        spool, clock = self._spool(), self._clock

        def room() -> Left:
            return Left(spool.left_bytes(), cameras=spool.left_of_cameras())

        with Reporter(folder, _NODE, spool.root, MARGIN_BYTES, clock, room) as reporter:
            while not watch.asked.wait(1):
                reporter.tick(fares)


def _drawn(reports: Path, clock: SystemClock) -> Camera:
    from edge.camera.scene import SceneCamera

    means = Means(conditions=Reported(reports, _NODE, clock))
    return SceneCamera(DRAWN, "?size=1280x720&fps=5", clock, means)
