"""How long a detector takes for a picture, over the last few hundred."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Any, Protocol, runtime_checkable

from flows.vision.detector import Detector

KEPT = 512


class Latency:
    """Times of the last KEPT pictures. Safe for many threads at once."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=KEPT)

    def since(self, began: float) -> None:
        """Keep one more: from `began` on the performance counter until now."""
        self._seconds.append(time.perf_counter() - began)

    def clear(self) -> None:
        """Begin anew, so that a first picture's preparations don't count."""
        self._seconds.clear()

    @property
    def count(self) -> int:
        """How many pictures the figures stand on."""
        return len(self._seconds)

    def ms(self, share: float) -> float | None:
        """The time that `share` of them took at most, by nearest rank; None before the first."""
        sorted_s = sorted(self._seconds)
        if not sorted_s:
            return None
        return round(sorted_s[max(0, math.ceil(share * len(sorted_s)) - 1)] * 1000, 3)

    @property
    def p50_ms(self) -> float | None:
        return self.ms(0.5)

    @property
    def p95_ms(self) -> float | None:
        return self.ms(0.95)


@runtime_checkable
class Measured(Detector, Protocol):
    """A detector that says what it runs on, why on that, and how long its pictures take."""

    provider: str
    why: str
    latency: Latency


def figures(detector: Detector) -> dict[str, Any]:
    """What a detector is and, where it tells, what it ran on, why, and how fast it was."""
    row = {"model": detector.name, "sha256": detector.digest[:12]}
    if not isinstance(detector, Measured):
        return row
    latency = detector.latency
    times = {"p50_ms": latency.p50_ms, "p95_ms": latency.p95_ms}
    return {**row, "provider": detector.provider, **times, "why": detector.why}
