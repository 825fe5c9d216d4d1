"""A process that backfills and is killed: `python -m tests.flows.dying HOME PICTURES`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flows.stages.backfill import Stretch, backfill
from flows.vision.detector import Detection
from tests.flows.detectors import Finder
from tests.flows.stage_site import folder_site


class Dying(Finder):
    """Takes its process with it after so many pictures, and nothing is cleared away."""

    def __init__(self, pictures: int) -> None:
        super().__init__("other", "e", score=0.8)
        self._left = pictures

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        if self._left == 0:
            os._exit(9)
        self._left -= 1
        return super().detect(picture)


def killed(home: Path, pictures: int) -> bool:
    """Whether such a process came to its end by being killed, and not by being done."""
    argv = [sys.executable, "-m", "tests.flows.dying", str(home), str(pictures)]
    ended = subprocess.run(argv, timeout=120, check=False, cwd=Path(__file__).parents[2])
    assert ended.returncode in {0, 9}
    return ended.returncode == 9


if __name__ == "__main__":
    site = folder_site(Path(sys.argv[1]))
    backfill(site, "dying", Dying(int(sys.argv[2])), Stretch())
