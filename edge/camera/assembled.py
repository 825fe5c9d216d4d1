"""A camera as it is recorded: its source, its sub stream, its stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol

from edge.camera import Camera
from edge.camera.choose import Sourced, camera_for
from edge.camera.fallback import FallbackCamera, Waits
from edge.camera.streams import TwoStreams
from edge.clock import Clock, SystemClock
from edge.encode import Means


class Assembled(Sourced, Protocol):
    """What is asked of settings: `sub` is an address or "", `fallback` a source or ""."""

    @property
    def sub(self) -> str: ...

    @property
    def fallback(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _One:
    name: str
    source: str
    transport: str


def _seldom() -> Iterator[float]:
    return repeat(30.0)


def assemble(
    settings: Assembled,
    clock: Clock | None = None,
    means: Means | None = None,
    waits: Waits = _seldom,
) -> Camera:
    """The camera of a configuration; nothing is opened.

    Raises BadSettings naming the camera for what cannot be meant. `waits` says how long to wait
    before each attempt to open a camera whose stand-in is recorded.
    """
    clock, means = clock or SystemClock(), means or Means()
    camera = camera_for(settings, clock, means)
    if settings.sub:
        sub = camera_for(_One(settings.name, settings.sub, settings.transport), clock, means)
        camera = TwoStreams(settings.name, camera, sub, clock, means)
    if settings.fallback:
        stand_in = camera_for(_One(settings.name, settings.fallback, ""), clock, means)
        camera = FallbackCamera(settings.name, camera, stand_in, clock, waits, means.now)
    return camera
