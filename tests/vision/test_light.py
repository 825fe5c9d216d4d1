"""Light that changes is nobody: lamps, the evening, and a camera that goes over to infrared."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from flows.vision.analysis import Analysis, analyse
from flows.vision.events import Event, MotionAt, SeenAt, events
from flows.vision.hog import HogDetector
from tests.vision.drawn import FPS, HEIGHT, WIDTH, Picture, film, walker, yard

Scene = NDArray[np.float32]
Light = Callable[[float, Scene], Scene]
PERSON = {"person": 0.5}
# What a switch may be told as: motion from the picture before it to the first that is as before.
SLACK_MS = 1_000

_rows, _columns = np.mgrid[0:HEIGHT, 0:WIDTH]
_AWAY = np.hypot(_columns / WIDTH - 0.5, _rows / HEIGHT - 0.5)[..., None].astype(np.float32)
_CORNER = np.exp(-(((_columns / WIDTH - 0.7) ** 2 + (_rows / WIDTH - 0.05) ** 2) / 0.22**2))
_CORNER_LAMP = (0.35 + 0.75 * _CORNER[..., None]).astype(np.float32)
_GRAIN = np.random.default_rng(1).normal(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32)


def hall() -> Scene:
    """A yard with what stands about in it, in many shades and colours, without noise."""
    draw = np.random.default_rng(2)
    scene = yard(0, noise=0).astype(np.float32)
    for _ in range(10):
        x, y = draw.integers(0, (WIDTH - 60, HEIGHT - 60))
        w, h = draw.integers(20, (120, 90))
        scene[y : y + h, x : x + w] = draw.integers(30, 220, 3)
    return scene


def footage(
    path: Path,
    seconds: float,
    light: Light,
    *,
    walks_s: tuple[float, float] = (0, 0),
    noise: Callable[[float], float] = lambda _: 3.0,
    every_s: float = 1 / FPS,
    gop: int = FPS,
) -> Path:
    """Films the hall in a light that may be another at each second; somebody may cross it."""

    def pictures() -> Iterator[Picture]:
        (begins_s, ends_s), empty = walks_s, hall()
        for n in range(round(seconds / every_s)):
            at_s, scene = n * every_s, empty
            if begins_s <= at_s < ends_s:
                shown = scene.astype(np.uint8)
                walker(shown, 1.2 * (at_s - begins_s) / (ends_s - begins_s) - 0.1, at_s * 6)
                scene = shown.astype(np.float32)
            # One grain laid elsewhere in each picture: drawing it anew is most of the time.
            grain = np.roll(_GRAIN, (n * 97 % HEIGHT, n * 61 % WIDTH), (0, 1))
            yield np.clip(light(at_s, scene) + noise(at_s) * grain, 0, 255).astype(np.uint8)

    times_ms = [round(1_000 * n * every_s) for n in range(round(seconds / every_s))]
    return film(path, pictures(), times_ms=times_ms, gop=gop)


def told(found: Analysis) -> list[Event]:
    seen = [SeenAt("s", s.at_ms, s.label, s.score, s.box, s.moved) for s in found.seen]
    motion = [MotionAt(m.start_ms, m.end_ms, m.score, m.box) for m in found.motion]
    return events(seen, motion, [(0, found.duration_ms)], 0.5)


def strays(found: Analysis, *switches_s: float) -> list[tuple[int, int]]:
    """What is told as motion elsewhere than at the switches."""
    times = [(m.start_ms, m.end_ms) for m in found.motion]
    near = [(1_000 * s - SLACK_MS, 1_000 * s + SLACK_MS) for s in switches_s]
    return [(a, b) for a, b in times if not any(low <= a and b <= high for low, high in near)]


def room(at_s: float, scene: Scene) -> Scene:
    """All of the room is lit from 6 to 14 s."""
    return scene * (1.0 if 6 <= at_s < 14 else 0.4)


def corner(at_s: float, scene: Scene) -> Scene:
    """A lamp in one corner, from 6 to 14 s; too bright until the camera has seen to it."""
    if not 6 <= at_s < 14:
        return scene * 0.35
    lit: Scene = scene * _CORNER_LAMP * (1 + 0.5 * math.exp(-2 * (at_s - 6)))
    return lit


def infrared(at_s: float, scene: Scene) -> Scene:
    """By night from 8 to 22 s: dark for half a second each time, then in a light of its own.

    What is bright by day need not be so in infrared, and the lamp lights the middle most.
    """
    if 8 <= at_s < 8.5 or 22 <= at_s < 22.5:
        return scene * 0 + 8
    if not 8 <= at_s < 22:
        return scene
    blue = scene @ np.array([[0.1], [0.2], [0.7]], np.float32)
    lit: Scene = (60 + 0.8 * np.abs(blue - 90)) * (1.15 - _AWAY)
    return lit.repeat(3, 2)


@pytest.mark.parametrize("gop", [FPS, 4 * FPS])
@pytest.mark.parametrize("light", [room, corner])
def test_a_lamp_switched_on_and_off_is_nobody(tmp_path: Path, light: Light, gop: int) -> None:
    path = footage(tmp_path / "lamp.mp4", 20, light, gop=gop)
    for detector in (None, HogDetector()):
        found = analyse(path, detector, PERSON)
        assert strays(found, 6, 14) == []
        assert told(found) == []


@pytest.mark.full
def test_one_who_walks_by_night_is_told_and_day_and_night_are_not(tmp_path: Path) -> None:
    path = tmp_path / "night.mp4"
    grain = {True: 8.0, False: 2.0}
    footage(path, 28, infrared, walks_s=(12, 18), noise=lambda s: grain[8 <= s < 22])
    alone, found = analyse(path, None, PERSON), analyse(path, HogDetector(), PERSON)
    for motion in (alone, found):
        walks = strays(motion, 8, 22)
        assert abs(walks[0][0] - 12_000) <= SLACK_MS
        assert abs(walks[-1][1] - 18_000) <= SLACK_MS
    (visit,) = told(found)
    assert abs(visit.start_ms - 12_000) <= 1_500
    assert abs(visit.end_ms - 18_000) <= 1_500


def test_dusk_is_no_motion(tmp_path: Path) -> None:
    path = tmp_path / "dusk.mp4"
    seconds = 120
    footage(
        path,
        seconds,
        lambda s, scene: np.asarray(scene * (1 - 0.85 * s / seconds), np.float32),
        noise=lambda s: 2 + 6 * s / seconds,
        every_s=0.5,
    )
    assert analyse(path, None, PERSON).motion == ()
