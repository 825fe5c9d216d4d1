"""OpenCV's own people detector: needs no weights, so it is what is left without a model.

Histograms of oriented gradients under a linear SVM (Dalal and Triggs, CVPR 2005). About
twenty times as slow as FastestDet and blind to people cut off at the waist.
"""

import hashlib
import math
import threading
import time
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.vision.detector import Box, Detection, without_doubles
from flows.vision.latency import Latency

# The detector's window is 64×128 with the person 96 high; people smaller than that
# in the scaled picture are not found, and every doubling of the width costs fourfold.
WIDTH_PX = 520
_WINDOW = (64, 128)
# The picture's edge goes on for so much of its height above and below, half of that at the
# sides: the window is a third taller than who is in it, so whoever nearly fills the
# picture was in none. Found on a man before a wall: 90 pictures of 110, without it 39.
_MARGIN = 0.2
# A person and the half or the double of him are found together.
_WITHIN = 0.65
# The window keeps 16 pixels clear around the figure; boxes are cut back to the figure.
_INSET_X, _INSET_Y = 12 / 64, 12 / 128


class HogDetector:
    """Persons only. Safe for many threads at once."""

    name = "hog"
    provider = "OpenCV"
    why = "OpenCV: needs neither weights nor ONNX Runtime"

    def __init__(self) -> None:
        coefficients = np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32)
        self.digest = hashlib.sha256(coefficients.tobytes()).hexdigest()
        self.latency = Latency()
        self._coefficients, self._own = coefficients, threading.local()

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        """Persons in a BGR picture, best first; the score is the SVM's margin, see `score`."""
        began = time.perf_counter()
        small = _scaled(picture)
        height = small.shape[0]
        over, beside = round(height * _MARGIN), round(height * _MARGIN / 2)
        wide = cv2.copyMakeBorder(small, over, over, beside, beside, cv2.BORDER_REPLICATE)
        found, margins = self._hog().detectMultiScale(wide, winStride=(8, 8), scale=1.05)
        persons = [
            Detection("person", score(float(margin)), _figure((x - beside, y - over, w, h), small))
            for (x, y, w, h), margin in zip(found, np.ravel(margins), strict=True)
        ]
        kept = _apart(without_doubles(persons, iou=0.45))
        self.latency.since(began)
        return kept

    def _hog(self) -> cv2.HOGDescriptor:
        """This thread's: OpenCV keeps buffers in it."""
        if not hasattr(self._own, "hog"):
            self._own.hog = cv2.HOGDescriptor()
            self._own.hog.setSVMDetector(self._coefficients)
        hog: cv2.HOGDescriptor = self._own.hog
        return hog


def score(margin: float) -> float:
    """The SVM's margin (0 is its own threshold, 1 a clear person) as 0 to 1; 0.5 at 0.25."""
    return 1 / (1 + math.exp(-4 * (margin - 0.25)))


def _apart(found: list[Detection]) -> list[Detection]:
    """The same without boxes that lie mostly within another, or hold one: the surer stays."""
    kept: list[Detection] = []
    for one in found:
        if all(max(one.box.inside(k.box), k.box.inside(one.box)) < _WITHIN for k in kept):
            kept.append(one)
    return kept


def _scaled(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    scale = WIDTH_PX / width
    size = max(WIDTH_PX, _WINDOW[0]), max(round(height * scale), _WINDOW[1])
    if size == (width, height):
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _figure(rect: Sequence[int], picture: NDArray[np.uint8]) -> Box:
    height, width = picture.shape[:2]
    x, y, w, h = (float(v) for v in rect)
    inset_x, inset_y = w * _INSET_X, h * _INSET_Y
    box = Box(x + inset_x, y + inset_y, w - 2 * inset_x, h - 2 * inset_y)
    return Box(box.x / width, box.y / height, box.w / width, box.h / height).clipped()
