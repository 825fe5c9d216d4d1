"""What moves between two pictures a moment apart, told from noise, light and compression."""

from collections import deque
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.vision.detector import Box
from flows.vision.light import FLOOR_LEVELS, counts, levels_in, middle
from flows.vision.zones import Polygon, contains, foot, raster

WIDTH_PX = 320
# Compared over this gap: long enough for a slow walk to show, short enough that a segment
# which starts cold knows within half a second.
GAP_MS = 400
# A difference is taken for noise up to this many standard deviations of what the two
# pictures differ by everywhere, and never below FLOOR_LEVELS.
_SIGMAS = 6.0
# How far a camera's shaking carries an edge in the small picture: a pixel each way.
_NEAR = np.ones((3, 3), np.uint8)
_FILLED = np.ones((9, 9), np.uint8)
# Smaller than this part of the picture is a drawn clock's digits, rain or an insect.
MIN_AREA = 0.002
# What moves so much of a thing's height above it holds it; a head is in its person's box.
HANGS = 0.1
# So much of what is above it moves, where something holds it.
_HOLDS = 0.5
# When more changes at once than anything that walks can cover, the light changed.
_LIGHT_SHARE = 0.6

Grey = NDArray[np.uint8]
Mask = NDArray[np.uint8]
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Eye:
    """Where motion is looked for, and what of it counts.

    Only what moves in `region` counts, and of it only what is larger than `min_area`, in parts of
    that. What lies in a mask counts for nothing, nor, where there are `zones`, what lies in none
    of them. Twice the `sensitivity` takes half the difference for motion.
    """

    region: Box = WHOLE
    sensitivity: float = 1.0
    min_area: float = MIN_AREA
    zones: tuple[Polygon, ...] = ()
    masks: tuple[Polygon, ...] = ()

    @property
    def view(self) -> Box:
        """What is looked at: the region and its surroundings, which tell light from motion."""
        (x, w), (y, h) = (
            _around(self.region.x, self.region.w),
            _around(self.region.y, self.region.h),
        )
        return Box(x, y, w, h)

    @property
    def blinkered(self) -> bool:
        """Whether part of the view is looked away from."""
        return bool(self.zones or self.masks) or self.region != WHOLE

    def sees(self, box: Box) -> bool:
        """Whether what is in the box is where this looks: it stands there, or fills half of it."""
        if self.zones and not any(contains(one, *foot(box)) for one in self.zones):
            return False
        if any(contains(one, *foot(box)) for one in self.masks):
            return False
        (x, y), here = foot(box), self.region
        stands = here.x <= x <= here.x + here.w and here.y <= y <= here.y + here.h
        return stands or box.inside(here) >= 0.5 or here.inside(box) >= 0.5


EVERYWHERE = Eye()


@dataclass(frozen=True, slots=True)
class Change:
    """What moved from `since_ms` to `at_ms`: a mask (255 moved) of the `view` and its boxes.

    Boxes are in parts of the picture, largest first; `score` is the share of the region.
    """

    at_ms: int
    since_ms: int
    mask: Mask
    boxes: tuple[Box, ...]
    score: float
    view: Box = WHOLE

    def by_itself(self, box: Box) -> float:
        """As `share`, but 0 for what hangs on something that moves right above it, like a hand."""
        if not any(one.y < box.y - HANGS * box.h and one.overlap(box) for one in self.boxes):
            return self.share(box)
        # In a crowd others move further back, beside his head: what holds it is right above it.
        above = Box(box.x, box.y - 2 * HANGS * box.h, box.w, HANGS * box.h).clipped()
        return 0.0 if self.share(above) >= _HOLDS else self.share(box)

    def share(self, box: Box) -> float:
        """The part of the box in which something moved, 0 to 1."""
        height, width = self.mask.shape
        x, y = _within(box.x, box.y, self.view)
        w, h = box.w / self.view.w, box.h / self.view.h
        left, right = int(x * width), int(np.ceil((x + w) * width))
        top, bottom = int(y * height), int(np.ceil((y + h) * height))
        part = self.mask[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        return float(np.count_nonzero(part) / part.size) if part.size else 0.0


class Differ:
    """Compares each picture with the one about GAP_MS before it; holds three small pictures."""

    def __init__(self, eye: Eye = EVERYWHERE) -> None:
        self._eye = eye
        self._past: deque[tuple[int, Grey]] = deque()

    def step(self, at_ms: int, grey: Grey) -> Change:
        """What moved between the picture about GAP_MS ago and this one; nothing at first.

        `grey` shows the eye's view, about WIDTH_PX wide.
        """
        now = smooth(grey)
        while len(self._past) > 1 and self._past[1][0] <= at_ms - GAP_MS:
            self._past.popleft()
        if self._past and self._past[0][1].shape == now.shape:
            change = compare(at_ms, *self._past[0], now, self._eye)
        else:
            self._past.clear()
            change = nothing(at_ms, grey)
        self._past.append((at_ms, now))
        return change


def smooth(grey: Grey) -> Grey:
    """A picture as `compare` wants it: without single pixels' noise."""
    return np.asarray(cv2.GaussianBlur(grey, (5, 5), 0), np.uint8)


def nothing(at_ms: int, grey: Grey) -> Change:
    """That nothing moved in a picture."""
    return Change(at_ms, at_ms, np.zeros(grey.shape, np.uint8), (), 0.0)


def compare(at_ms: int, since_ms: int, before: Grey, now: Grey, eye: Eye) -> Change:
    """What moved between two smooth pictures of one size, which show the eye's view."""
    moved = changed(before, now, eye.sensitivity)
    if eye.blinkered:
        if cv2.countNonZero(moved) > _LIGHT_SHARE * moved.size:
            return replace(nothing(at_ms, now), since_ms=since_ms)
        moved = moved & _seen(eye, *moved.shape)
    part = eye.region.area / eye.view.area
    boxes, mask = _blobs(moved, eye.min_area * part)
    share = cv2.countNonZero(mask) / mask.size
    if not boxes or share > _LIGHT_SHARE:
        return replace(nothing(at_ms, now), since_ms=since_ms)
    told = tuple(_outside(box, eye.view) for box in boxes)
    return Change(at_ms, since_ms, mask, told, min(share / part, 1.0), eye.view)


@lru_cache(maxsize=8)
def _seen(eye: Eye, height: int, width: int) -> Mask:
    """What counts of the view: 255, else 0."""
    here = eye.region
    corners = ((0, 0), (1, 0), (1, 1), (0, 1))
    region = tuple((here.x + x * here.w, here.y + y * here.h) for x, y in corners)
    inside, zones, masks = (
        raster([tuple(_within(x, y, eye.view) for x, y in one) for one in polygons], width, height)
        for polygons in ((region,), eye.zones, eye.masks)
    )
    counts = inside & (zones | (not eye.zones)) & ~masks
    return np.asarray(counts * 255, np.uint8)


def changed(before: Grey, now: Grey, sensitivity: float = 1.0) -> Mask:
    """Pixels (255) that differ by more than noise, once light and a shaking camera are out.

    A pixel has changed when it is brighter or darker than all that was near it before: an
    edge that trembles by a pixel then counts for nothing, what walks still does.
    """
    # All in bytes, 16 or 32 pixels an instruction: with floats this was half of all the time.
    expected = cv2.LUT(before, levels_in(before, now))
    # The median of |x| is 0.6745 sigma; at most half of the picture may move for it to hold.
    apart = np.asarray(cv2.absdiff(now, expected)[::3, ::3], np.uint8)
    sigma = middle(counts(apart, 256)) / 0.6745
    least = max(FLOOR_LEVELS, _SIGMAS * sigma) / sensitivity
    over = cv2.subtract(now, cv2.dilate(expected, _NEAR))
    under = cv2.subtract(cv2.erode(expected, _NEAR), now)
    return np.asarray(cv2.threshold(cv2.max(over, under), int(least), 255, cv2.THRESH_BINARY)[1])


def _blobs(moved: Mask, min_area: float) -> tuple[tuple[Box, ...], Mask]:
    """Boxes of what hangs together and is large enough, and a mask of only that."""
    mask = np.zeros_like(moved)
    least = min_area * moved.size
    # Opening drops single pixels (noise), closing joins what a person's flat coat splits.
    if cv2.countNonZero(moved) < least / 4:
        return (), mask
    opened = np.asarray(cv2.morphologyEx(moved, cv2.MORPH_OPEN, _NEAR), np.uint8)
    if not cv2.countNonZero(opened):
        return (), mask
    # Of most pictures only a small part moves: what follows is done for that alone.
    x, y, part = _trimmed(opened)
    closed = np.asarray(cv2.morphologyEx(part, cv2.MORPH_CLOSE, _FILLED), np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8, ltype=cv2.CV_16U)
    areas = stats[:, cv2.CC_STAT_AREA].tolist()
    kept = [i for i in range(1, len(areas)) if areas[i] >= least]
    kept.sort(key=lambda i: (-areas[i], i))
    mask[y : y + part.shape[0], x : x + part.shape[1]] = _only(kept, labels, closed, len(areas))
    height, width = moved.shape
    boxes = (stats[i, :4].tolist() for i in kept)
    told = tuple(
        Box((x + left) / width, (y + top) / height, w / width, h / height)
        for left, top, w, h in boxes
    )
    return told, mask


def _trimmed(mask: Mask) -> tuple[int, int, Mask]:
    """The part of a mask that anything is in, and where it begins.

    With so much around it that closing comes to the same: its kernel is laid on twice.
    """
    x, y, w, h = cv2.boundingRect(mask)
    around = len(_FILLED)
    left, top = max(x - around, 0), max(y - around, 0)
    return left, top, mask[top : y + h + around, left : x + w + around]


def _only(kept: list[int], labels: cv2.typing.MatLike, closed: Mask, count: int) -> Mask:
    """A mask of those that are kept."""
    if len(kept) == count - 1:
        return closed
    keep = np.zeros(count, np.uint8)
    keep[kept] = 255
    return keep.take(np.asarray(labels, np.uint16))


def _around(start: float, length: float) -> tuple[float, float]:
    """A side of a region, and as much beside it: at least half of the picture's side."""
    wide = min(max(2 * length, 0.5), 1.0)
    return min(max(start - (wide - length) / 2, 0.0), 1.0 - wide), wide


def _outside(box: Box, view: Box) -> Box:
    """A box in parts of a view, in parts of the picture."""
    x, y = view.x + box.x * view.w, view.y + box.y * view.h
    return Box(x, y, box.w * view.w, box.h * view.h)


def _within(x: float, y: float, view: Box) -> tuple[float, float]:
    """A point in parts of the picture, in parts of a view."""
    return (x - view.x) / view.w, (y - view.y) / view.h
