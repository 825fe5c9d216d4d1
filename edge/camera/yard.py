"""The drawn scene: an empty yard, and a figure of ellipses and limbs that visits it.

A pure function of time. Pictures are planar YUV 4:2:0 as one array (H * 3 / 2, W), the layout
of PyAV's `yuv420p`. The figure's proportions are such that stock person detectors know it.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edge.camera.blocks import Picture

Mask = npt.NDArray[np.float32]

CYCLE_S = 24.0
WALK_S, STAND_S = 4.0, 6.0  # in, a stop, and out again: a visit of 14 s
FIGURE = 160 / 360  # of the picture's height
_STRIDE_S = 1.1
_NOISES = 8  # grains that take turns: fresh noise for each picture costs more than the encoder


class Pose(NamedTuple):
    """Where the figure is: `x` of its middle in widths of the picture, its step in radians."""

    x: float
    step: float


def pose(seconds: float, phase_s: float) -> Pose | None:
    """The figure at this time; None while the yard is empty."""
    t = (seconds - phase_s) % CYCLE_S if seconds >= phase_s else CYCLE_S
    if t < WALK_S:
        return Pose(-0.08 + 0.58 * t / WALK_S, 2 * math.pi * t / _STRIDE_S)
    if t < WALK_S + STAND_S:
        return Pose(0.5, 0.35)
    t -= WALK_S + STAND_S
    if t < WALK_S:
        return Pose(0.5 + 0.58 * t / WALK_S, 0.35 + 2 * math.pi * t / _STRIDE_S)
    return None


def phase_of(camera: str) -> float:
    """Seconds until the first visit: 2 to 4, so that two cameras differ."""
    return 2.0 + zlib.crc32(camera.encode()) % 1000 / 500


class Yard:
    """Draws the yard `width` by `height` (multiples of 16) as seen by `camera`."""

    def __init__(self, camera: str, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.phase_s = phase_of(camera)
        random = np.random.default_rng(zlib.crc32(camera.encode()))
        luma, chroma = _ground(width, height, random)
        self._empty = [
            np.concatenate([_grained(luma, random), chroma]).astype(np.uint8)
            for _ in range(_NOISES)
        ]

    def picture(self, seconds: float, frame: int) -> Picture:
        """The yard so many seconds after the camera was switched on; the caller's to keep."""
        picture = self._empty[frame % _NOISES].copy()
        standing = pose(seconds, self.phase_s)
        if standing:
            self._figure(picture, standing)
        return picture

    def _figure(self, picture: Picture, standing: Pose) -> None:
        tall = self.height * FIGURE
        reach = round(tall * 0.32)
        foot, middle = round(self.height * 0.90), round(standing.x * self.width)
        top, left = foot - round(tall * 1.02), middle - reach
        left, right = max(left & ~1, 0), min((middle + reach) & ~1, self.width)
        top, bottom = top & ~1, (foot + 4) & ~1
        if left >= right:
            return
        y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
        x, y = (x - middle) / tall, (y - foot) / tall
        for part in _body(standing.step, tall):
            rows, columns = part.within(top - foot, left - middle, y.shape, tall)
            if rows.start < rows.stop and columns.start < columns.stop:
                shape = part.cover(x[rows, columns], y[rows, columns])
                self._paint(picture, shape, part.colour, top + rows.start, left + columns.start)

    def _paint(
        self, picture: Picture, shape: Mask, colour: tuple[int, int, int], top: int, left: int
    ) -> None:
        tall, wide = shape.shape
        _blend(picture[top : top + tall, left : left + wide], shape, colour[0])
        half = self.width // 2
        for plane, value in enumerate(colour[1:]):
            # A chroma plane of W/2 by H/2, its rows two to a row of the array.
            view = picture[self.height :].reshape(2, self.height // 2, half)[plane]
            part = view[top // 2 : (top + tall) // 2, left // 2 : (left + wide) // 2]
            _blend(part, shape[::2, ::2], value)


def _blend(target: Picture, shape: Mask, value: int) -> None:
    target[...] = target + shape * (value - target.astype(np.float32))


def _ground(
    width: int, height: int, random: np.random.Generator
) -> tuple[Mask, npt.NDArray[np.uint8]]:
    """A wall, a lighter ground with coarse mottling, and their colours."""
    mottled = np.kron(random.normal(0, 3, (height // 8, width // 8)), np.ones((8, 8)))[
        :height, :width
    ]
    rows = np.arange(height)[:, None] / height
    shade = np.where(rows < 0.45, 128.0, 150.0 + 25 * (rows - 0.45))
    bricks = np.where((np.arange(height) % 24 < 2)[:, None] & (rows < 0.45), -8.0, 0.0)
    luma = np.broadcast_to(shade + bricks, (height, width)) + mottled
    blue = np.where(rows[::2] < 0.45, 122, 118) * np.ones((1, width // 2))
    red = np.where(rows[::2] < 0.45, 132, 130) * np.ones((1, width // 2))
    chroma = np.concatenate([blue.ravel(), red.ravel()]).reshape(height // 2, width)
    return luma.astype(np.float32), chroma.astype(np.uint8)


def _grained(luma: Mask, random: np.random.Generator) -> Mask:
    grained = luma + random.normal(0, 1.5, luma.shape)
    return np.clip(grained, 16, 235).astype(np.float32)


_SKIN, _HAIR, _COAT, _SLEEVE = (165, 112, 150), (38, 128, 128), (62, 150, 112), (52, 148, 114)
_TROUSERS, _SHOE = (40, 134, 124), (24, 128, 128)


Colour = tuple[int, int, int]


class _Part(NamedTuple):
    """A piece of the figure, in its heights: the box around it, what it covers, its colour."""

    box: tuple[float, float, float, float]  # left, top, right, bottom
    cover: Callable[[Mask, Mask], Mask]
    colour: Colour

    def within(
        self, top: int, left: int, area: tuple[int, ...], tall: float
    ) -> tuple[slice, slice]:
        """Rows and columns of an area, beginning at these pixels, that the box takes: even ones."""
        x0, y0, x1, y1 = self.box
        rows = _span(y0 * tall - top, y1 * tall - top, area[0])
        return rows, _span(x0 * tall - left, x1 * tall - left, area[1])


def _span(begin: float, end: float, limit: int) -> slice:
    # Two pixels more on either side, for the soft edge.
    return slice(max(0, int(begin - 2) & ~1), min(limit, (int(end) + 4) & ~1))


def _body(step: float, tall: float) -> list[_Part]:
    """The figure's parts from back to front; coverage is 0…1, colours are Y, U, V.

    Coordinates in heights of the figure, feet at y = 0, upwards negative.
    """
    swing = math.sin(step)
    parts: list[_Part] = []

    def limb(x0: float, y0: float, x1: float, y1: float, r: float, colour: Colour) -> None:
        box = (min(x0, x1) - r, min(y0, y1) - r, max(x0, x1) + r, max(y0, y1) + r)
        cover = partial(_capsule, ends=(x0, y0, x1, y1), radius=r, tall=tall)
        parts.append(_Part(box, cover, colour))

    def oval(y: float, wide: float, high: float, colour: Colour) -> None:
        cover = partial(_ellipse, centre=(0.0, y), radii=(wide, high), tall=tall)
        parts.append(_Part((-wide, y - high, wide, y + high), cover, colour))

    for side in (-1, 1):
        s = side * swing
        knee, ankle = 0.035 * side + 0.05 * s, 0.045 * side + 0.085 * s
        limb(0.035 * side, -0.50, knee, -0.27, 0.052, _TROUSERS)
        limb(knee, -0.27, ankle, -0.05, 0.040, _TROUSERS)
        limb(ankle, -0.03, ankle + 0.03, -0.022, 0.022, _SHOE)
        elbow, hand = 0.135 * side - 0.03 * s, 0.145 * side - 0.06 * s
        limb(0.105 * side, -0.79, elbow, -0.62, 0.034, _SLEEVE)
        limb(elbow, -0.62, hand, -0.46, 0.028, _SLEEVE)
        limb(hand, -0.45, hand, -0.435, 0.024, _SKIN)
    oval(-0.66, 0.115, 0.19, _COAT)
    limb(-0.075, -0.79, 0.075, -0.79, 0.045, _COAT)
    limb(-0.05, -0.51, 0.05, -0.51, 0.055, _COAT)
    limb(0.0, -0.86, 0.0, -0.83, 0.032, _SKIN)
    oval(-0.94, 0.058, 0.070, _HAIR)
    oval(-0.92, 0.047, 0.056, _SKIN)
    return parts


def _capsule(
    x: Mask, y: Mask, ends: tuple[float, float, float, float], radius: float, tall: float
) -> Mask:
    x0, y0, x1, y1 = ends
    dx, dy = x1 - x0, y1 - y0
    along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
    away = np.hypot(x - x0 - along * dx, y - y0 - along * dy)
    covered: Mask = np.clip((radius - away) * tall + 0.5, 0, 1)
    return covered


def _ellipse(
    x: Mask, y: Mask, centre: tuple[float, float], radii: tuple[float, float], tall: float
) -> Mask:
    away = np.hypot((x - centre[0]) / radii[0], (y - centre[1]) / radii[1])
    covered: Mask = np.clip((1 - away) * min(radii) * tall + 0.5, 0, 1)
    return covered
