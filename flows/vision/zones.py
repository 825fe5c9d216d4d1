"""Parts of the picture that people name: polygons, as masks of pixels, and who stood in which."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from flows.vision.detector import Box

Point = tuple[float, float]
# Corners in parts of the picture from its top left, in order; the last joins the first.
Polygon = tuple[Point, ...]

# Smaller than this part of the picture is no area: its points lie on one line.
_LEAST_AREA = 1e-5
# Who is cut off by the picture's lower edge stands below it; he counts as on it.
_EDGE = 1e-6


def polygon(value: object) -> Polygon:
    """`[[0, 0.5], [1, 0.5], [1, 1]]` as it stands in the configuration. Raises ValueError."""
    if not isinstance(value, list | tuple):
        raise ValueError("a polygon is a list of points such as [[0, 0.5], [1, 0.5], [1, 1]]")
    points = tuple(_point(one) for one in value)
    if len(points) < 3:
        raise ValueError(f"a polygon has at least 3 points, not {len(points)}")
    if _area(points) < _LEAST_AREA:
        raise ValueError("its points enclose nothing")
    return points


def _point(value: object) -> Point:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"not a point: {value!r}; write [x, y], both from 0 to 1")
    x, y = value
    for part in (x, y):
        number = isinstance(part, int | float) and not isinstance(part, bool)
        if not number or not isfinite(part) or not 0 <= part <= 1:
            raise ValueError(f"not a part of the picture: {part!r}; points are [x, y], 0 to 1")
    return float(x), float(y)


def _area(points: Polygon) -> float:
    """By the shoelace formula; 0 too for a figure of eight of equal halves, which is no zone."""
    around = pairwise([*points, points[0]])
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in around)) / 2


def contains(points: Polygon, x: float, y: float) -> bool:
    """Whether a point lies within, by the even-odd rule."""
    inside = False
    for (ax, ay), (bx, by) in pairwise([*points, points[0]]):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


def raster(polygons: Iterable[Polygon], width: int, height: int) -> NDArray[np.bool_]:
    """A mask of height×width, true where a pixel's middle lies in any of the polygons."""
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height)[:, None] + 0.5) / height
    mask = np.zeros((height, width), np.bool_)
    for points in polygons:
        inside = np.zeros_like(mask)
        for (ax, ay), (bx, by) in pairwise([*points, points[0]]):
            if ay != by:
                inside ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) * (bx - ax) / (by - ay))
        mask |= inside
    return mask


def foot(box: Box) -> Point:
    """Where what is in the box stands: the middle of its lower edge, within the picture."""
    x, y = box.x + box.w / 2, box.y + box.h
    return min(max(x, _EDGE), 1 - _EDGE), min(max(y, _EDGE), 1 - _EDGE)


@dataclass(frozen=True, slots=True)
class Zones:
    """Named polygons, and which labels count only where they touched one of those named."""

    polygons: Mapping[str, Polygon] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def touched(self, box: Box) -> tuple[str, ...]:
        """The zones in which it stands, by name."""
        if not self.polygons:
            return ()
        x, y = foot(box)
        return tuple(sorted(n for n, points in self.polygons.items() if contains(points, x, y)))

    def count(self, label: str, touched: Iterable[str]) -> bool:
        """Whether one of this label counts that stood in these."""
        wanted = self.only.get(label)
        return not wanted or not set(wanted).isdisjoint(touched)

    def to_json(self) -> str:
        """Spelled one way; "" for none."""
        if not self.polygons:
            return ""
        told = {"polygons": self.polygons, "only": self.only}
        return json.dumps(told, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> Zones:
    """What `to_json` spelled."""
    if not text:
        return Zones()
    told = json.loads(text)
    polygons = {name: tuple((x, y) for x, y in p) for name, p in told["polygons"].items()}
    return Zones(polygons, {label: tuple(names) for label, names in told["only"].items()})
