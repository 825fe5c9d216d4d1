"""A recorder in a thread on a real clock, and what it left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.camera import Camera
from edge.clock import SystemClock
from edge.recorder import Recorder
from edge.segment import Gap, Segment
from edge.spool import Spool
from infra.waiting import wait_until


class Recorded:
    """Records `camera` while it is `running`; `items` in the order in which they were told."""

    def __init__(self, folder: Path, camera: Camera, segment_ms: int = 60_000) -> None:
        clock = SystemClock()
        self.spool = Spool(folder / "spool", "local", clock)
        self.items: list[Segment | Gap] = []
        self._over = threading.Event()
        self._recorder = Recorder(
            "gate",
            camera,
            self.spool,
            segment_ms=segment_ms,
            clock=clock,
            watch=self,
            report=self.items.append,
        )

    def stopping(self) -> bool:
        return self._over.is_set()

    def beat(self) -> None:
        return

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._recorder.run)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    @property
    def segments(self) -> list[Segment]:
        return [item for item in self.items if isinstance(item, Segment)]

    def wait_for(self, what: str, count: int = 1, *, seconds: float = 60) -> None:
        """Until so many segments of a rung, or of a source, are sealed."""

        def enough() -> bool:
            return sum(what in {one.rung, one.source} for one in self.segments) >= count

        wait_until(enough, seconds=seconds, what=f"{count} of {what}")
