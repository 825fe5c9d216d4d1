"""How many bytes a spool holds of each camera, by names and sizes alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge.part import PART
from edge.segment import SUFFIX
from edge.spool.layout import Layout

# A look that took so long is good for so many times as long: of a spool of 100,000 files a
# second of reading folders, which twenty cameras' processes would do at each of their segments.
_GOOD_FOR = 300


@dataclass(slots=True)
class Held:
    """Bytes by camera: sealed, which may be dropped, and being written, which may not."""

    sealed: dict[str, int] = field(default_factory=dict)
    writing: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.sealed.values()) + sum(self.writing.values())

    @property
    def all(self) -> dict[str, int]:
        """Both."""
        return {camera: self.of(camera) for camera in {*self.sealed, *self.writing}}

    def of(self, camera: str) -> int:
        return self.sealed.get(camera, 0) + self.writing.get(camera, 0)

    def drop(self, camera: str, size_bytes: int) -> None:
        self.sealed[camera] = max(0, self.sealed.get(camera, 0) - size_bytes)


class Scales:
    """Weighs a spool, as seldom as it is costly."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._held, self._until = Held(), float("-inf")

    def lately(self) -> Held:
        """As it was a moment ago: the longer ago the more there is."""
        return self._held if time.monotonic() < self._until else self.now()

    def now(self) -> Held:
        began = time.monotonic()
        self._held = Held(
            _by_camera(self._layout.sealed, SUFFIX), _by_camera(self._layout.recording, PART)
        )
        ended = time.monotonic()
        self._until = ended + (ended - began) * _GOOD_FOR
        return self._held


def _by_camera(folder: Path, suffix: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for camera, size_bytes in _sizes(folder, suffix):
        found[camera] = found.get(camera, 0) + size_bytes
    return found


def _sizes(folder: Path, suffix: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(suffix):
                try:
                    # Both names begin with the camera's, which holds no `_`.
                    yield entry.name.partition("_")[0], entry.stat().st_size
                except FileNotFoundError:
                    continue
