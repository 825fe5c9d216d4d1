"""One file told by itself: when something moved, who came and went. No site, no store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.vision.analysis import Analysis, analyse
from flows.vision.detector import Detector
from flows.vision.events import MotionAt, SeenAt, events
from flows.vision.motion import EVERYWHERE, Eye

MERGE_MS = 2_000


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start_ms` to `end_ms` after the first picture; `label` is None for motion.

    `score` is 0 to 1: of motion the largest part of what was looked at that moved at once, of an
    object the best sighting's.
    """

    start_ms: int
    end_ms: int
    score: float
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a file shows and what it cost to find out; `analysis` holds the single pieces."""

    motion: tuple[Interval, ...]
    objects: tuple[Interval, ...]
    analysis: Analysis
    cpu_s: float
    wall_s: float


def scan(
    path: Path,
    detector: Detector | None,
    objects: Mapping[str, float],
    *,
    eye: Eye = EVERYWHERE,
    merge_ms: int = MERGE_MS,
    progress: Callable[[float], None] = lambda _: None,
) -> Scanned:
    """Looks through a file; `progress` is told the part of it that is done, 0 to 1.

    Motion intervals less than `merge_ms` apart are one. Raises BadMedia.
    """
    cpu, wall = time.process_time(), time.monotonic()
    found = analyse(path, detector, objects, eye, progress)
    motion = tuple(joined(found, merge_ms))
    visits = tuple(_visits(found, objects))
    return Scanned(motion, visits, found, time.process_time() - cpu, time.monotonic() - wall)


def joined(found: Analysis, merge_ms: int) -> Iterable[Interval]:
    """The pieces of motion as intervals that are at least `merge_ms` apart, in order."""
    last: Interval | None = None
    for one in found.motion:
        if last is None or one.start_ms - last.end_ms >= merge_ms:
            if last is not None:
                yield last
            last = Interval(one.start_ms, one.end_ms, one.score)
        else:
            end_ms = max(last.end_ms, one.end_ms)
            last = Interval(last.start_ms, end_ms, max(last.score, one.score))
    if last is not None:
        yield last


def _visits(found: Analysis, objects: Mapping[str, float]) -> Iterable[Interval]:
    seen = [SeenAt("", s.at_ms, s.label, s.score, s.box, s.moved) for s in found.seen]
    motion = [MotionAt(m.start_ms, m.end_ms, m.score, m.box) for m in found.motion]
    whole = [(0, found.duration_ms)]
    for one in events(seen, motion, whole, min(objects.values(), default=0.0)):
        yield Interval(one.start_ms, one.end_ms, one.score, one.label)
