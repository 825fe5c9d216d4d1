"""What finds objects in one picture: the types every detector and its readers share."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in parts of the picture, 0 to 1 from its top left corner."""

    x: float
    y: float
    w: float
    h: float

    @property
    def area(self) -> float:
        """Its share of the picture, 0 to 1."""
        return self.w * self.h

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle, as x and y in parts of the picture."""
        return self.x + self.w / 2, self.y + self.h / 2

    def overlap(self, other: "Box") -> float:
        """The area both share, in parts of the picture; 0 where they only touch."""
        # Comparisons, not min and max: following tracks spends most of its time here.
        left = self.x if self.x > other.x else other.x  # noqa: FURB136
        width = (e if (e := self.x + self.w) < (f := other.x + other.w) else f) - left
        if width <= 0:
            return 0.0
        top = self.y if self.y > other.y else other.y  # noqa: FURB136
        height = (e if (e := self.y + self.h) < (f := other.y + other.h) else f) - top
        return width * height if height > 0 else 0.0

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        shared = self.overlap(other)
        return shared / (self.area + other.area - shared) if shared else 0.0

    def inside(self, other: "Box") -> float:
        """The share of this box that lies in the other, 0 to 1."""
        shared = self.overlap(other)
        return shared / self.area if shared else 0.0

    def grown(self, margin: float) -> "Box":
        """Wider by `margin` parts of the picture on each side, cut at the picture's edge."""
        return Box(
            self.x - margin, self.y - margin, self.w + 2 * margin, self.h + 2 * margin
        ).clipped()

    def clipped(self) -> "Box":
        """The part of it that lies in the picture."""
        left, top = min(max(self.x, 0.0), 1.0), min(max(self.y, 0.0), 1.0)
        right, bottom = min(max(self.x + self.w, 0.0), 1.0), min(max(self.y + self.h, 0.0), 1.0)
        return Box(left, top, right - left, bottom - top)

    def union(self, other: "Box") -> "Box":
        """The smallest box that holds both."""
        left, top = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.w, other.x + other.w)
        bottom = max(self.y + self.h, other.y + other.h)
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class Detection:
    """One object in one picture; `score` is the detector's own confidence, 0 to 1."""

    label: str
    score: float
    box: Box


class Detector(Protocol):
    """Finds objects in a picture. `digest` says which weights gave an answer (law C5).

    Many threads may ask at once.
    """

    name: str
    digest: str

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        """Every object in a BGR picture (H×W×3), best first, each named once."""
        ...


def without_doubles(found: list[Detection], iou: float) -> list[Detection]:
    """Non-maximum suppression within a label: best first, none overlapping a better one."""
    kept: list[Detection] = []
    for one in sorted(found, key=lambda d: (-d.score, d.label, d.box.x, d.box.y)):
        if all(k.label != one.label or k.box.iou(one.box) < iou for k in kept):
            kept.append(one)
    return kept
