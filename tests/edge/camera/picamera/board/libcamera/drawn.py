"""What the sensor sees: the drawn yard, each picture with its number, in the camera's buffers."""

from __future__ import annotations

import mmap
import time
from typing import cast

import av
import numpy as np
import numpy.typing as npt

from edge.camera import blocks
from edge.camera.yard import Yard

from ._libcamera import CameraConfiguration, Request, StreamConfiguration

Plane = npt.NDArray[np.uint8]


class Drawn:
    """Draws into a request's buffers; `number` is the next picture's."""

    def __init__(self, name: str) -> None:
        self._name, self.number = name, 0
        self._yard: Yard | None = None

    def fill(self, request: Request, configuration: CameraConfiguration) -> None:
        """The first stream is drawn, the others are made from it, as an image processor does."""
        main = configuration.at(0)
        picture = self._draw(*main.size)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        for stream, buffer in request.buffers.items():
            wanted = stream.configuration
            if wanted is not main:
                picture = cast(Plane, frame.reformat(*wanted.size, format="yuv420p").to_ndarray())
            with mmap.mmap(buffer.planes[0].fd, wanted.frame_size) as memory:
                memory[:] = laid_out(picture, wanted)
        self.number += 1

    def _draw(self, width: int, height: int) -> Plane:
        if self._yard is None or (self._yard.width, self._yard.height) != (width, height):
            self._yard = Yard(self._name, width, height)
        picture = self._yard.picture(self.number / 15, self.number)
        blocks.draw(picture[:height], self._name, time.time_ns() // 1_000_000, self.number)
        return picture


def laid_out(picture: Plane, wanted: StreamConfiguration) -> bytes:
    """Planes whose rows end with padding, of the luma's stride and half of it."""
    (width, height), stride = wanted.size, wanted.stride
    luma = np.zeros((height, stride), np.uint8)
    luma[:, :width] = picture[:height]
    chroma = np.zeros((height, stride // 2), np.uint8)
    chroma[:, : width // 2] = picture[height:].reshape(height, width // 2)
    return luma.tobytes() + chroma.tobytes()
