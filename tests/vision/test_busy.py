"""A square with people who cross it and people who stand: somebody is told of in every second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from flows.vision.analysis import analyse
from flows.vision.detector import Detector
from flows.vision.events import Event, MotionAt, SeenAt, events
from flows.vision.hog import HogDetector
from flows.vision.models import best_detector
from tests.vision.drawn import FPS, WIDTH, Picture, film, walker, yard

SECONDS = 20


@dataclass(frozen=True)
class Walker:
    """Crosses from one side to the other, and may stand in between. `near`: 0 far, 1 close."""

    comes_s: float
    near: float
    leftwards: bool = False
    stands_at: float = 0.0
    stands_s: float = 0.0

    @property
    def tall(self) -> int:
        return round(125 + 45 * self.near)

    @property
    def ground(self) -> float:
        return 0.7 + 0.25 * self.near

    def at(self, seconds: float) -> float | None:
        """Where his feet are, None while he is not in the picture."""
        pace = 0.7 * self.tall / WIDTH  # 0.7 of his height a second, 1.2 m
        walked, arrives = seconds - self.comes_s, (self.stands_at + 0.1) / pace
        if self.stands_s and walked > arrives:
            walked = max(arrives, walked - self.stands_s)
        x = walked * pace - 0.1
        return (1 - x if self.leftwards else x) if walked >= 0 and x <= 1.1 else None


PEOPLE = (
    Walker(-3, 0.9),
    Walker(-1.5, 0.1, leftwards=True),
    Walker(3, 0.5, stands_at=0.3, stands_s=7),
    Walker(6, 0.8, leftwards=True),
    Walker(8, 0.2),
    Walker(9, 1.0, leftwards=True),
    Walker(12, 0.6, leftwards=True, stands_at=0.4, stands_s=4),
    Walker(15, 0.7),
)


def square() -> Iterator[Picture]:
    for n in range(SECONDS * FPS):
        picture = yard(n)
        for number, one in sorted(enumerate(PEOPLE), key=lambda each: each[1].ground):
            x, later = one.at(n / FPS), one.at((n + 1) / FPS)
            if x is not None:
                step = 0.4 if x == later else n / FPS * 6 + number
                walker(picture, x, step, one.tall, one.ground)
        yield picture


def told(film: Path, detector: Detector) -> list[Event]:
    found = analyse(film, detector, {"person": 0.5})
    seen = [SeenAt("s", s.at_ms, s.label, s.score, s.box, s.moved) for s in found.seen]
    motion = [MotionAt(m.start_ms, m.end_ms, m.score, m.box) for m in found.motion]
    return events(seen, motion, [(0, SECONDS * 1_000)], 0.5)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda _: HogDetector(), id="hog", marks=pytest.mark.full),
        pytest.param(
            best_detector, id="fastestdet", marks=pytest.mark.sample("fastestdet-352.onnx")
        ),
    ],
)
def test_somebody_is_told_of_in_every_second_of_a_busy_square(
    tmp_path: Path, make: Callable[[Path], Detector]
) -> None:
    found = told(film(tmp_path / "square.mp4", square()), make(tmp_path))
    middles = np.arange(SECONDS) + 0.5
    there = [[x for one in PEOPLE if (x := one.at(s)) is not None and 0 < x < 1] for s in middles]
    covered = [
        any(e.start_ms <= 1_000 * s <= e.end_ms for e in found)
        for s, some in zip(middles, there, strict=True)
        if some
    ]
    assert len(covered) >= SECONDS - 2
    assert np.mean(covered) >= 0.95
    most = max(len(some) for some in there)
    assert most - 2 <= max(e.count for e in found) <= most
