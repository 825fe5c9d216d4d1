"""scan: when something moves in a file, beside DVR-Scan on the same file.

CPU-seconds after start-up on both sides, and how well each tells the seconds in which somebody
comes or goes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from edge.errors import BadMedia
from infra import samples
from infra.bench import Goal, Row
from infra.bench.room import Span, film

VISITS, CARS = "one-by-one-person-detection.mp4", "car-detection.mp4"
TRUTH = "truth.json"
RUNS = 3
PEER = "DVR-Scan 1.8.2"
# Somebody comes or goes within so many seconds of each bound.
AROUND_S = 2


@dataclass(frozen=True, slots=True)
class Told:
    """What one of the two says of a file, and the CPU-seconds that took."""

    motion: tuple[Span, ...]
    cpu_s: float


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """CPU and F1 on the clip of visits, on that of cars, and on ten minutes of a quiet room."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = _clips()
    visits = [
        (float(a), float(b)) for a, b in json.loads((clips / TRUTH).read_text())[VISITS]["person_s"]
    ]
    peer = _peer()
    say("drawing ten minutes of the clip's room")
    quiet, moved = film(clips / VISITS, visits, folder / "room.mp4")
    for name, path, truth, goal in (
        ("quiet", quiet, moved, 0.02),
        ("visits", clips / VISITS, visits, 0.05),
        ("cars", clips / CARS, (), 0.12),
    ):
        say(f"scanning {path.name}")
        ours, theirs = _ours(path), _theirs(peer, path)
        yield Row(f"scan-{name}", ours.cpu_s, theirs.cpu_s, PEER, "CPU-s", Goal(goal, "ratio"))
        if truth:
            score, other = f1(ours.motion, truth), f1(theirs.motion, truth)
            best = Goal(1.0, "ratio", at_least=True)
            yield Row(f"scan-{name}-f1", score, other, PEER, "F1", best)


def f1(told: Sequence[Span], truth: Sequence[Span]) -> float:
    """How well these tell the seconds around each bound of the true spans, 0 to 1.

    A second is told that any of them touches. Within a true span, and not around its bounds,
    somebody stands or walks as he likes: those seconds are left out.
    """
    bounds = {s for span in truth for at in span for s in _seconds(at - AROUND_S, at + AROUND_S)}
    within = {s for a, b in truth for s in _seconds(a, b)} - bounds
    found = {s for a, b in told for s in _seconds(a, b)} - within
    right = len(found & bounds)
    return 2 * right / (len(found) + len(bounds)) if right else 0.0


def _seconds(start_s: float, end_s: float) -> range:
    return range(int(start_s), -int(-end_s // 1))


def _clips() -> Path:
    lacking = samples.missing((VISITS, CARS, TRUTH))
    found = samples.folder()
    if found is None or lacking:
        raise BadMedia(
            f"the bench needs {', '.join(lacking)}",
            hint="Name their folder in LIVECAM_SAMPLES, or fetch the clips by `make footage`",
        )
    return found


def _peer() -> str:
    script = samples.ROOT / "infra" / "setup" / "dvr_scan.sh"
    ran = subprocess.run(
        ["sh", str(script)],
        cwd=samples.ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "VENV_PYTHON": sys.executable},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()[-1]


def _ours(path: Path) -> Told:
    command = [sys.executable, "-m", "infra.cli", "scan", str(path), "--json"]
    told = [json.loads(_output(command)[0]) for _ in range(RUNS)]
    motion = tuple((one["start_s"], one["end_s"]) for one in told[0]["motion"])
    return Told(motion, median(one["cpu_s"] for one in told))


def _theirs(program: str, path: Path) -> Told:
    """By its defaults; `--version` is its start-up."""
    starts = median(_output([program, "--version"])[1] for _ in range(RUNS))
    command = [program, "--input", str(path), "--scan-only", "--quiet"]
    output, cpu_s = _output(command)
    times = [_parsed(one) for one in output.strip().split(",") if one]
    return Told(tuple(zip(times[::2], times[1::2], strict=True)), cpu_s - starts)


def _output(command: Sequence[str]) -> tuple[str, float]:
    """What a command prints, and its CPU-seconds."""
    before = _children_s()
    ran = subprocess.run(
        command,
        cwd=samples.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # progress, and a page of versions
        text=True,
        check=True,
    )
    return ran.stdout, _children_s() - before


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _parsed(clock: str) -> float:
    hours, minutes, seconds = clock.strip().split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
