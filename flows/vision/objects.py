"""Objects by a network of a family that `decoders` can read, whatever opened it."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import BadModel
from flows.vision.decoders import detections, prepare
from flows.vision.descriptor import Model, other_bytes
from flows.vision.detector import Detection
from flows.vision.latency import Latency
from flows.vision.models import FASTESTDET
from flows.vision.network import Network, told
from flows.vision.weights import kind_of, read_weights

# Below this nothing is reported; what an event needs is decided later, per camera.
FLOOR = 0.3


class NetworkDetector:
    """A model's network, opened where it runs best; `provider` and `why` say where that is.

    Raises BadModel for a file with another digest than `model`'s, with anything outside its
    own bytes, or with other shapes than `model` claims. Safe for many threads at once.
    """

    def __init__(self, path: Path, model: Model = FASTESTDET, *, threads: int = 1) -> None:
        weights = read_weights(path)
        self.name, self.path, self.model = model.name, path, model
        self.digest = hashlib.sha256(weights).hexdigest()
        if self.digest != model.sha256:
            raise other_bytes(path, model, self.digest)
        self._network = _opened(weights, path, threads, model)
        self.provider, self.why = self._network.provider, self._network.why
        self.latency = Latency()

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        """Objects of the network's classes in a BGR picture scoring over FLOOR, best first.

        Raises BadModel where it fails, or answers another shape than it claims.
        """
        began = time.perf_counter()
        blob, placed = prepare(picture, self.model)
        try:
            output = self._network.run(blob)
        except Exception as error:  # noqa: BLE001  no library of these has a base of its own
            raise BadModel(f"model {self.name} fails: {told(error)}", path=self.path) from None
        found = detections(np.asarray(output, np.float32), self.model, placed, FLOOR)
        self.latency.since(began)
        return found


def input_side(path: Path) -> int | None:
    """The side of the square picture that a network takes; None where it takes any.

    Raises BadModel for a file that is no network, or none that takes pictures.
    """
    return _opened(read_weights(path), path, 1, None).side


def _opened(weights: bytes, path: Path, threads: int, model: Model | None) -> Network:
    if kind_of(weights) == "torchscript":
        from flows.vision import torch_network

        return torch_network.open_network(weights, path, threads)
    from flows.vision import onnx_network

    return onnx_network.open_network(weights, path, threads, model)
