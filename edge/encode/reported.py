"""What the node's recorder tells of spool and heat, as its cameras see it."""

from __future__ import annotations

from pathlib import Path

from edge import report
from edge.clock import Clock
from edge.encode import Conditions


class Reported:
    """Reads the node's report in `folder`; an old one, or none, tells nothing."""

    def __init__(self, folder: Path, node: str, clock: Clock, camera: str = "") -> None:
        self._folder, self._node, self._clock = folder, node, clock
        self._camera = camera

    def __call__(self) -> Conditions:
        found = report.read(self._folder, self._clock.utc_ms()).get(self._node)
        if found is None:
            return Conditions()
        lasts_ms = found.runway_ms_of(self._camera) if found.lowers else None
        runway_s = None if lasts_ms is None else lasts_ms / 1_000
        return Conditions(runway_s, found.health.temperature_c)
