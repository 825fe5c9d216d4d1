"""A process that analyses one file and tells the most memory it held: `python -m … FILE`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from flows.vision.analysis import analyse
from tests.flows.detectors import Finder


def peak_mb(file: Path) -> tuple[int, int]:
    """How many MB such a process held at most, and how many pictures it decoded."""
    argv = [sys.executable, "-m", "tests.vision.peak", str(file)]
    root = Path(__file__).parents[2]
    told = subprocess.run(argv, check=True, cwd=root, capture_output=True, timeout=600).stdout
    held_kb, decoded = told.split()
    return int(held_kb) // 1_000, int(decoded)


if __name__ == "__main__":
    found = analyse(Path(sys.argv[1]), Finder("finder", "d"), {"person": 0.5})
    # Of this program alone: getrusage also counts what it was forked from.
    held = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    print(held[1] if held else "", found.decoded_frames)  # noqa: T201
