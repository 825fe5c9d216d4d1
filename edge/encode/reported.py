"""What the node's recorder tells of spool and heat, as its cameras see it."""

from __future__ import annotations

from pathlib import Path

from edge import report
from edge.clock import Clock
from edge.encode import Conditions


class Reported:
    """Reads the node's report in `folder`; an old one, or none, tells nothing."""

    def __init__(self, folder: Path, node: str, clock: Clock) -> None:
        self._folder, self._node, self._clock = folder, node, clock

    def __call__(self) -> Conditions:
        found = report.read(self._folder, self._clock.utc_ms()).get(self._node)
        if found is None:
            return Conditions()
        known = found.runway_ms is not None and found.lowers
        runway_s = (found.runway_ms or 0) / 1_000 if known else None
        return Conditions(runway_s, found.health.temperature_c)
