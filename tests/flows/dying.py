"""A process that backfills and is killed: `python -m tests.flows.dying HOME SEGMENTS`."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.clock import SystemClock
from flows.stages.backfill import Stretch, backfill
from flows.vision.detector import Detection
from tests.flows.detectors import Finder
from tests.flows.stage_site import folder_site


class Counting(SystemClock):
    """Knows how many segments are done with: after each there is a rest."""

    def __init__(self) -> None:
        self.segments = 0

    def sleep(self, seconds: float) -> None:
        self.segments += 1
        super().sleep(seconds)


class Dying(Finder):
    """Takes its process with it after so many segments, and nothing is cleared away."""

    def __init__(self, clock: Counting, segments: int) -> None:
        super().__init__("other", "e", score=0.8)
        self._clock, self._last = clock, segments

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        if self._clock.segments == self._last:
            os._exit(9)
        return super().detect(picture)


def killed(home: Path, segments: int) -> bool:
    """Whether such a process came to its end by being killed, and not by being done."""
    argv = [sys.executable, "-m", "tests.flows.dying", str(home), str(segments)]
    ended = subprocess.run(argv, timeout=120, check=False, cwd=Path(__file__).parents[2])
    assert ended.returncode in {0, 9}
    return ended.returncode == 9


if __name__ == "__main__":
    clock = Counting()
    site = replace(folder_site(Path(sys.argv[1])), clock=clock)
    backfill(site, "dying", Dying(clock, int(sys.argv[2])), Stretch(), threads=1)
