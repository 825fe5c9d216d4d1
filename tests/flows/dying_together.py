"""A process killed with two segments in hand: `python -m tests.flows.dying_together HOME`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Barrier

import numpy as np
from numpy.typing import NDArray

from flows.stages.analyse import analyse
from flows.vision.detector import Detection
from tests.flows.detectors import Finder
from tests.flows.stage_site import folder_site


class Killing(Finder):
    """Takes its process with it once two threads ask."""

    def __init__(self) -> None:
        super().__init__("fastestdet", "d")
        self._both = Barrier(2, timeout=60)

    def detect(self, _: NDArray[np.uint8]) -> list[Detection]:
        self._both.wait()
        os._exit(9)


if __name__ == "__main__":
    analyse(folder_site(Path(sys.argv[1])), "dying", detector=Killing(), threads=2)
