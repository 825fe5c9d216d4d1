"""What moves between two pictures a moment apart, told from noise, light and compression."""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.vision.detector import Box

WIDTH_PX = 320
# Compared over this gap: long enough for a slow walk to show, short enough that a segment
# which starts cold knows within half a second.
GAP_MS = 400
# A difference is taken for noise up to this many standard deviations of what the two
# pictures differ by everywhere, and never below eight levels of 255 (8-bit compression).
_SIGMAS = 6.0
_FLOOR_LEVELS = 8.0
# How far a camera's shaking carries an edge in the small picture: a pixel each way.
_NEAR = np.ones((3, 3), np.uint8)
# Smaller than this part of the picture is a drawn clock's digits, rain or an insect.
MIN_AREA = 0.002
# What moves so much of a thing's height above it holds it; a head is in its person's box.
HANGS = 0.1
# When more changes at once than anything that walks can cover, the light changed.
_LIGHT_SHARE = 0.6

Grey = NDArray[np.uint8]
Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Change:
    """What moved up to `at_ms`: a mask (255 moved) and its boxes, largest first."""

    at_ms: int
    since_ms: int
    mask: Mask
    boxes: tuple[Box, ...]
    score: float

    def by_itself(self, box: Box) -> float:
        """As `share`, but 0 for what hangs on something that moves above it, like a hand."""
        above = box.y - HANGS * box.h
        hangs = any(one.y < above and one.overlap(box) for one in self.boxes)
        return 0.0 if hangs else self.share(box)

    def share(self, box: Box) -> float:
        """The part of the box in which something moved, 0 to 1."""
        height, width = self.mask.shape
        left, right = int(box.x * width), int(np.ceil((box.x + box.w) * width))
        top, bottom = int(box.y * height), int(np.ceil((box.y + box.h) * height))
        part = self.mask[max(top, 0) : bottom, max(left, 0) : right]
        return float(np.count_nonzero(part) / part.size) if part.size else 0.0


class Differ:
    """Compares each picture with the one about GAP_MS before it; holds three small pictures."""

    def __init__(self) -> None:
        self._past: deque[tuple[int, NDArray[np.float32]]] = deque()

    def step(self, at_ms: int, grey: Grey) -> Change:
        """What moved between the picture about GAP_MS ago and this one; nothing at first."""
        now = cv2.GaussianBlur(grey, (5, 5), 0).astype(np.float32)
        while len(self._past) > 1 and self._past[1][0] <= at_ms - GAP_MS:
            self._past.popleft()
        if not self._past or self._past[0][1].shape != now.shape:
            self._past.clear()
            change = _nothing(at_ms, grey)
        else:
            change = _compare(at_ms, *self._past[0], now)
        self._past.append((at_ms, now))
        return change


def _nothing(at_ms: int, grey: Grey) -> Change:
    return Change(at_ms, at_ms, np.zeros(grey.shape, np.uint8), (), 0.0)


def _compare(
    at_ms: int, since_ms: int, before: NDArray[np.float32], now: NDArray[np.float32]
) -> Change:
    moved = changed(before, now)
    boxes, mask = _blobs(moved)
    share = float(np.count_nonzero(mask)) / mask.size
    if share > _LIGHT_SHARE:
        return Change(at_ms, since_ms, np.zeros_like(mask), (), 0.0)
    return Change(at_ms, since_ms, mask, boxes, share)


def changed(before: NDArray[np.float32], now: NDArray[np.float32]) -> Mask:
    """Pixels (255) that differ by more than noise, once light and a shaking camera are out.

    A pixel has changed when it is brighter or darker than all that was near it before: an
    edge that trembles by a pixel then counts for nothing, what walks still does.
    """
    gain, offset = _light(before, now)
    expected = before * gain + offset
    sample = cv2.absdiff(now, expected)[::3, ::3]
    # The median of |x| is 0.6745 sigma; at most half of the picture may move for it to hold.
    sigma = float(np.median(sample)) / 0.6745
    threshold = max(_FLOOR_LEVELS, _SIGMAS * sigma)
    over = now - cv2.dilate(expected, _NEAR) > threshold
    under = cv2.erode(expected, _NEAR) - now > threshold
    return np.asarray((over | under).astype(np.uint8) * 255)


def _light(before: NDArray[np.float32], now: NDArray[np.float32]) -> tuple[float, float]:
    """Gain and offset that carry most of one picture onto the other (auto exposure, clouds).

    Quartiles of both, so that what moves in less than a quarter of the picture counts
    for nothing; the gain is kept near 1, where a flat picture would make it anything.
    """
    low, middle, high = _quantiles(before)
    low_now, middle_now, high_now = _quantiles(now)
    spread = float(high - low)
    gain = float(high_now - low_now) / spread if spread > 8 else 1.0
    gain = min(max(gain, 0.5), 2.0)
    return gain, float(middle_now - middle * gain)


def _quantiles(picture: NDArray[np.float32]) -> tuple[float, float, float]:
    # A plain sort of every 16th pixel: numpy's own percentile took a tenth of all the time.
    pixels = np.sort(picture[::4, ::4], axis=None)
    last = pixels.size - 1
    return float(pixels[last // 5]), float(pixels[last // 2]), float(pixels[last * 4 // 5])


def _blobs(moved: Mask) -> tuple[tuple[Box, ...], Mask]:
    """Boxes of what hangs together and is large enough, and a mask of only that."""
    # Opening drops single pixels (noise), closing joins what a person's flat coat splits.
    if np.count_nonzero(moved) < MIN_AREA * moved.size / 4:
        return (), np.zeros_like(moved)
    opened = cv2.morphologyEx(moved, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    height, width = moved.shape
    least = MIN_AREA * height * width
    kept = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= least]
    kept.sort(key=lambda i: (-int(stats[i, cv2.CC_STAT_AREA]), i))
    mask = np.isin(labels, kept).astype(np.uint8) * 255 if kept else np.zeros_like(moved)
    boxes = tuple(
        Box(x / width, y / height, w / width, h / height)
        for x, y, w, h in (tuple(int(v) for v in stats[i, :4]) for i in kept)
    )
    return boxes, np.asarray(mask, np.uint8)
