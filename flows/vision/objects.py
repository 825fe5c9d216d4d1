"""Objects by ONNX Runtime: opens any network of a family that `decoders` can read."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import BadModel
from flows.vision.decoders import DECODERS, detections, prepare
from flows.vision.descriptor import Model, other_bytes
from flows.vision.detector import Detection
from flows.vision.latency import Latency
from flows.vision.models import FASTESTDET
from flows.vision.onnx_file import read_network
from flows.vision.providers import open_session, told

# Below this nothing is reported; what an event needs is decided later, per camera.
FLOOR = 0.3


class OnnxDetector:
    """A model on the first provider that really opens; `provider` and `why` say which.

    Raises BadModel for a file with another digest than `model`'s, with anything outside its
    own bytes, or with other shapes than `model` claims. Safe for many threads at once.
    """

    def __init__(self, path: Path, model: Model = FASTESTDET, *, threads: int = 1) -> None:
        weights = read_network(path)
        self.name, self.path, self.model = model.name, path, model
        self.digest = hashlib.sha256(weights).hexdigest()
        if self.digest != model.sha256:
            raise other_bytes(path, model, self.digest)
        opened = open_session(weights, path, threads)
        self.provider, self.why = opened.provider, opened.why
        self.latency = Latency()
        self._session = opened.session
        self._input, self._output = _checked(opened.session, model)

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        """Objects of the network's classes in a BGR picture scoring over FLOOR, best first.

        Raises BadModel where it fails, or answers another shape than it claims.
        """
        began = time.perf_counter()
        blob, placed = prepare(picture, self.model)
        try:
            (output,) = self._session.run([self._output], {self._input: blob})
        except Exception as error:  # noqa: BLE001  its exceptions share no public base
            raise BadModel(f"model {self.name} fails: {told(error)}", path=self.path) from None
        found = detections(np.asarray(output, np.float32), self.model, placed, FLOOR)
        self.latency.since(began)
        return found


def input_side(path: Path) -> int | None:
    """The side of the square picture that a network takes; None where it takes any.

    Raises BadModel for a file that is no network, or none that takes pictures.
    """
    session = open_session(read_network(path), path, 1).session
    shape = _input_shape(session, path.name)
    return shape[2] if isinstance(shape[2], int) else None


def _checked(session: Any, model: Model) -> tuple[str, str]:
    """The names of input and output; BadModel where their shapes are not those claimed."""
    shape = _input_shape(session, model.name)
    wanted = (1, 3, model.side, model.side)
    if not _may_be(shape, wanted):
        raise BadModel(f"model {model.name} takes {_told(shape)}, not {_told(wanted)}")
    output = session.get_outputs()[0]
    claimed = DECODERS[model.decoder].shape(model.side, len(model.classes))
    if not _may_be(output.shape, claimed):
        raise BadModel(
            f"model {model.name} answers {_told(output.shape)}, but {model.decoder} with "
            f"{len(model.classes)} classes answers {_told(claimed)}"
        )
    return str(session.get_inputs()[0].name), str(output.name)


def _input_shape(session: Any, name: str) -> Sequence[int | str | None]:
    inputs = session.get_inputs()
    shape = list(inputs[0].shape) if len(inputs) == 1 else []
    if len(shape) != 4 or not _may_be(shape[:2], (1, 3)) or inputs[0].type != "tensor(float)":
        said = ", ".join(f"{one.type} {_told(one.shape)}" for one in inputs) or "nothing"
        raise BadModel(f"model {name} takes {said}, not one tensor(float) 1×3×side×side")
    return shape


def _may_be(shape: Sequence[int | str | None], wanted: Sequence[int]) -> bool:
    """Whether a shape, with names or nothing where it is open, can come out as `wanted`."""
    # A network that tells no shape at all is judged by its first answer.
    if not shape:
        return True
    if len(shape) != len(wanted):
        return False
    return all(not isinstance(s, int) or s == w for s, w in zip(shape, wanted, strict=True))


def _told(shape: Sequence[int | str | None]) -> str:
    return "×".join("?" if one is None else str(one) for one in shape) or "no shape"
