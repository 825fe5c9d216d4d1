"""Objects by ONNX Runtime: opens a FastestDet network and reads what it answers."""

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.errors import BadModel
from flows.vision.coco import COCO
from flows.vision.detector import Box, Detection, without_doubles

PROVIDERS = ("CUDAExecutionProvider", "TensorrtExecutionProvider", "CPUExecutionProvider")
# Below this nothing is reported; what an event needs is decided later, per camera.
FLOOR = 0.3
_IOU = 0.45  # the authors' own
_ERRORS_ONLY = 3


class OnnxDetector:
    """FastestDet on the first provider that really opens; `provider` and `why` say which.

    Raises BadModel for a file that is no such network. Safe for many threads at once.
    """

    name = "fastestdet"

    def __init__(self, path: Path, *, threads: int = 1, name: str = "fastestdet") -> None:
        self.name = name
        self.path = path
        weights = _read(path)
        self.digest = hashlib.sha256(weights).hexdigest()
        self.labels = _labels(path)
        self._session, self.provider, self.why = _open(weights, path, threads)
        self._input, self._side = _shape(self._session, path, len(self.labels))

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        """Objects of the network's classes in a BGR picture scoring over FLOOR, best first."""
        side = self._side
        small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
        blob = np.multiply(small.transpose(2, 0, 1)[None], np.float32(1 / 255), dtype=np.float32)
        output = np.asarray(self._session.run(None, {self._input: blob})[0], np.float32)
        return decode(output[0], self.labels, FLOOR)


def decode(output: NDArray[np.float32], labels: tuple[str, ...], floor: float) -> list[Detection]:
    """FastestDet's answer as objects, best first.

    `output` is (5 + classes)×rows×columns: objectness, four box terms, class scores, as in
    the authors' example/onnx-runtime: score = objectness^0.6 × max(class)^0.4, centre =
    ((column + tanh t1) / columns, (row + tanh t2) / rows), size = sigmoid t3, sigmoid t4.
    """
    _, rows, columns = output.shape
    classes = output[5:]
    scores = output[0] ** 0.6 * classes.max(axis=0) ** 0.4
    found = []
    for row, column in np.argwhere(scores >= floor):
        t1, t2, t3, t4 = (float(v) for v in output[1:5, row, column])
        w, h = 1 / (1 + np.exp(-t3)), 1 / (1 + np.exp(-t4))
        x, y = (column + np.tanh(t1)) / columns - w / 2, (row + np.tanh(t2)) / rows - h / 2
        box = Box(float(x), float(y), float(w), float(h)).clipped()
        label = labels[int(classes[:, row, column].argmax())]
        found.append(Detection(label, float(scores[row, column]), box))
    return without_doubles(found, _IOU)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadModel(f"model {path.name} can't be read: {error.strerror}", path=path) from error


def _labels(path: Path) -> tuple[str, ...]:
    beside = path.with_name("coco.names")
    if not beside.is_file():
        return COCO
    names = beside.read_text(encoding="utf-8", errors="replace").splitlines()
    return tuple(name.strip() for name in names if name.strip())


def _open(weights: bytes, path: Path, threads: int) -> tuple[Any, str, str]:
    """The first provider that makes a session, with why the ones before it did not."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERRORS_ONLY
    built_in = set(onnxruntime.get_available_providers())
    why = []
    for provider in PROVIDERS:
        if provider not in built_in:
            why.append(f"{provider}: not in this ONNX Runtime")
            continue
        try:
            session = onnxruntime.InferenceSession(weights, options, providers=[provider])
        except Exception as error:  # noqa: BLE001  its exceptions share no public base
            why.append(f"{provider}: {str(error).splitlines()[0][:200]}")
            continue
        if provider in session.get_providers()[:1]:
            return session, provider, "; ".join([*why, f"{provider}: opened"])
        # It falls back to the CPU with no more than a log line when CUDA's libraries are missing.
        why.append(f"{provider}: fell back to {session.get_providers()[0]}")
    raise BadModel(f"model {path.name} opens on no provider: {'; '.join(why)}", path=path)


def _shape(session: Any, path: Path, classes: int) -> tuple[str, int]:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    shape = list(inputs[0].shape) if len(inputs) == 1 else []
    if len(shape) != 4 or shape[1] != 3 or not isinstance(shape[2], int) or shape[2] != shape[3]:
        raise BadModel(f"model {path.name}: its input is {shape}, not 1×3×side×side", path=path)
    out = list(outputs[0].shape)
    if len(out) != 4 or out[1] != 5 + classes:
        raise BadModel(
            f"model {path.name}: output {out} is no {classes}-class FastestDet", path=path
        )
    return str(inputs[0].name), shape[2]
