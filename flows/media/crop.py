"""A part of one picture of a video file, as a JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.media.opening import Source
from flows.media.still import jpeg, shown
from flows.vision.detector import Box

# What is found is shown with so much around it, in parts of the picture on each side.
MARGIN = 0.08
_LEAST_PX = 32
# Closer than that, few pixels would be blown up to a card's size.
_LEAST_SIDE = 0.15
_FRAME, _FRAME_PX = (60, 200, 60), 2


def crop(source: Source, at_ms: int, box: Box, width: int) -> bytes:
    """What is in the box of the picture shown `at_ms` after the first, framed, with a margin.

    At most `width` pixels wide; never smaller than it was. Raises BadMedia.
    """
    return jpeg(_cut(shown(source, at_ms).bgr().copy(), box, box.grown(MARGIN), width))


def closer(source: Source, at_ms: int, box: Box, width: int) -> bytes:
    """As `crop`, but in the picture's own shape: as much around the box as that takes."""
    return jpeg(_cut(shown(source, at_ms).bgr().copy(), box, _around(box), width))


def _around(box: Box) -> Box:
    side = min(max(box.w, box.h, _LEAST_SIDE) + 2 * MARGIN, 1.0)
    x, y = box.centre
    half, most = side / 2, 1.0 - side
    return Box(min(max(x - half, 0.0), most), min(max(y - half, 0.0), most), side, side)


def _cut(picture: NDArray[np.uint8], box: Box, region: Box, width: int) -> NDArray[np.uint8]:
    height, across = picture.shape[:2]
    left, top, right, bottom = _pixels(region, across, height)
    corners = _pixels(box, across, height)
    # Still to be seen where a large part is shown small.
    thick = max(_FRAME_PX, (right - left) // width * _FRAME_PX)
    cv2.rectangle(picture, corners[:2], corners[2:], _FRAME, thick)
    part = picture[top : max(bottom, top + _LEAST_PX), left : max(right, left + _LEAST_PX)]
    scale = width / part.shape[1]
    if scale >= 1:
        return part
    size = width, max(round(part.shape[0] * scale), 1)
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)


def _pixels(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    left, top = int(box.x * width), int(box.y * height)
    return left, top, round((box.x + box.w) * width), round((box.y + box.h) * height)
