"""A disk of a few segments for tests: what the spool holds counts, and what others take."""

from __future__ import annotations

from pathlib import Path

import av

from edge.quota import Policy
from edge.segment import Segment
from edge.spool import Spool
from edge.spool.room import MARGIN_BYTES, save
from tests.edge.fake_clock import FakeClock

START_MS = 1_700_000_000_000
LENGTH_MS = 2_000


class Disk:
    """Free are `room_bytes` beside the margin, less what is sealed and what others `took`."""

    def __init__(self, root: Path, clip: Path, room_bytes: int = 1 << 40) -> None:
        self.clock = FakeClock(utc_ms=START_MS + 3_600_000)
        self.room_bytes, self.took = room_bytes, 0
        self.spool = Spool(root, "local", self.clock, self.free_bytes)
        self._clip = clip

    def free_bytes(self) -> int:
        return MARGIN_BYTES + self.room_bytes - self.took - self.held()

    def held(self, camera: str = "") -> int:
        files = (self.spool.root / "sealed").glob(f"{camera}*.mp4")
        return sum(path.stat().st_size for path in files)

    def record(self, camera: str, *numbers: int) -> list[Segment]:
        """Segments of one size each, the number-th of their camera."""
        return [self._record(camera, START_MS + n * LENGTH_MS) for n in numbers]

    def _record(self, camera: str, start_ms: int) -> Segment:
        with av.open(str(self._clip)) as file:
            video = file.streams.video[0]
            begun = self.spool.begin(
                camera, start_ms=start_ms, monotonic_ms=0, source="clip", video=video
            )
            for packet in file.demux(video):
                if packet.size:
                    begun.write(packet)
            return begun.seal(LENGTH_MS)

    def keep(self, **facts: object) -> None:
        """Keep the spool by another policy from now on."""
        save(self.spool.root, Policy.model_validate(facts))

    def names(self, camera: str) -> list[str]:
        return [item.segment.id for item in self.spool.sealed() if item.segment.camera == camera]
