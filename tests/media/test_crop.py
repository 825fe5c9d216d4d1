"""What an event is about, cut out of its picture in the picture's own shape."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from flows.media.crop import closer
from flows.vision.detector import Box
from tests.dashboards import footage

SHAPE = footage.SIZE[0] / footage.SIZE[1]


@pytest.mark.parametrize(
    "box",
    [Box(0.4, 0.2, 0.1, 0.5), Box(0.0, 0.9, 0.1, 0.1), Box(0.95, 0.0, 0.05, 0.02), Box(0, 0, 1, 1)],
)
def test_it_has_the_picture_s_shape_and_all_of_the_box(box: Box) -> None:
    data = closer(footage.movie("gate", 0, 0.2), 0, box, 100)
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    height, width = found.shape[:2]
    assert width <= 100
    assert abs(width / height - SHAPE) < 0.1
    green = (found[..., 1].astype(int) - found[..., 2] > 60).any(axis=0)
    assert green.any()  # the frame around what is meant
