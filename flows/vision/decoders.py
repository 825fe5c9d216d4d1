"""What networks want to see and what their answers mean: pure functions, one family each.

- **fastestdet**: 1×(5 + classes)×rows×columns, a cell each: objectness, four box terms, class
  scores. Score = objectness^0.6 × max(class)^0.4, centre = ((column + tanh t1) / columns,
  (row + tanh t2) / rows), size = sigmoid t3, sigmoid t4. Input: BGR, 0 to 1, stretched. As in
  dog-qiuqiu/FastestDet, example/onnx-runtime.
- **yolox**: 1×cells×(5 + classes), the cells of strides 8, 16 and 32 one grid after the other:
  x, y, w, h, objectness, class scores. Centre = (x + column, y + row) × stride, size = e^(w, h) ×
  stride, in pixels of the input; score = objectness × max(class). Input: BGR, 0 to 255, at the
  top left of a grey square. As in Megvii-BaseDetection/YOLOX, yolox/utils/demo_utils.py.
- **yolov8**: 1×(4 + classes)×cells: centre x, y, w, h in pixels of the input, class scores,
  no objectness. Input: RGB, 0 to 1, in the middle of a grey square. The head that YOLOv8 brought
  and others (YOLO11, YOLO-World) have taken over; no code of its authors' is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import BadModel
from flows.vision.descriptor import DecoderName, Model
from flows.vision.detector import Box, Detection

Floats = NDArray[np.float32]

_STRIDES = (8, 16, 32)
_GREY = 114  # what both families were trained with beside the picture
_IOU = 0.45  # the FastestDet authors' own; YOLOX says 0.45, YOLOv8 0.45 to 0.7
# More boxes than a picture has objects: the best of them bound what doubles cost to find.
_MOST = 1000
_SURE = 1.001  # 1, and what float16 makes of it


class Raw(NamedTuple):
    """Boxes (n×4: left, top, width, height in parts of the input), scores, classes' numbers."""

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    classes: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Decoder:
    """One family: how a picture is put in, the shape of the answer, how that is read.

    `fit`: where in the square the picture lies. `shape` takes side and number of classes, and
    answers the output's dimensions. `read` takes output, side and the least score.
    """

    fit: Literal["stretched", "corner", "middle"]
    rgb: bool
    scale: float
    shape: Callable[[int, int], tuple[int, ...]]
    read: Callable[[Floats, int, float], Raw]


def prepare(picture: NDArray[np.uint8], model: Model) -> tuple[Floats, Box]:
    """A BGR picture as the network's input (1×3×side×side), and where in it the picture lies."""
    decoder, side = DECODERS[model.decoder], model.side
    if decoder.fit == "stretched":
        small, placed = cv2.resize(picture, (side, side)), Box(0.0, 0.0, 1.0, 1.0)
    else:
        small, placed = _letterboxed(picture, side, middle=decoder.fit == "middle")
    planes = cv2.split(small)
    blob = np.empty((1, 3, side, side), np.float32)
    # Plane by plane, as networks want it: left to ONNX Runtime, the turning cost 0.3 ms.
    for to, plane in zip(blob[0], reversed(planes) if decoder.rgb else planes, strict=True):
        np.multiply(plane, np.float32(decoder.scale), out=to)
    return blob, placed


def detections(output: Floats, model: Model, placed: Box, floor: float) -> list[Detection]:
    """Objects scoring `floor` or more in a network's answer, best first, each named once.

    Boxes are in parts of the picture that lay at `placed` in the input. Raises BadModel for
    an answer of another shape than claimed, or with scores that are none.
    """
    decoder = DECODERS[model.decoder]
    expected = decoder.shape(model.side, len(model.classes))
    if output.shape != expected:
        raise BadModel(f"model {model.name} answers {_sizes(output.shape)}, not {_sizes(expected)}")
    with np.errstate(all="ignore"):  # what comes of numbers that are none is looked at here
        raw = decoder.read(output, model.side, floor)
        if len(raw.scores) and not raw.scores.max() <= _SURE:
            hint = "Was it exported without its last step, the sigmoid?"
            raise BadModel(f"model {model.name} answers scores that are not 0 to 1", hint=hint)
        left = _apart(_within(raw, placed))
    return [
        Detection(model.classes[label], min(float(score), 1.0), Box(*map(float, box)))
        for box, score, label in zip(left.boxes, left.scores, left.classes, strict=True)
    ]


def _sizes(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _letterboxed(
    picture: NDArray[np.uint8], side: int, *, middle: bool
) -> tuple[NDArray[np.uint8], Box]:
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = ((side - w) // 2, (side - h) // 2) if middle else (0, 0)
    square = np.full((side, side, 3), _GREY, np.uint8)
    square[top : top + h, left : left + w] = cv2.resize(picture, (w, h))
    return square, Box(left / side, top / side, w / side, h / side)


def _fastestdet(output: Floats, _: int, floor: float) -> Raw:
    rows, columns = output.shape[2:]
    cells = output[0].reshape(output.shape[1], -1)
    scores = cells[0] ** 0.6 * cells[5:].max(axis=0) ** 0.4
    kept = _over(scores, floor)
    t1, t2, t3, t4 = cells[1:5, kept].astype(np.float64)
    w, h = 1 / (1 + np.exp(-t3)), 1 / (1 + np.exp(-t4))
    x, y = (kept % columns + np.tanh(t1)) / columns, (kept // columns + np.tanh(t2)) / rows
    return _raw((x, y, w, h), scores[kept], cells[5:, kept].argmax(axis=0))


def _yolox(output: Floats, side: int, floor: float) -> Raw:
    cells = output[0]
    scores = cells[:, 4] * cells[:, 5:].max(axis=1)
    kept = _over(scores, floor)
    column, row, stride = _grid(side)[:, kept]
    x, y, w, h = cells[kept, :4].T.astype(np.float64)
    centre = (x + column) * stride / side, (y + row) * stride / side
    size = np.exp(w) * stride / side, np.exp(h) * stride / side
    return _raw((*centre, *size), scores[kept], cells[kept, 5:].argmax(axis=1))


def _yolov8(output: Floats, side: int, floor: float) -> Raw:
    cells = output[0]
    scores = cells[4:].max(axis=0)
    kept = _over(scores, floor)
    x, y, w, h = cells[:4, kept].astype(np.float64) / side
    return _raw((x, y, w, h), scores[kept], cells[4:, kept].argmax(axis=0))


def _over(scores: Floats, floor: float) -> NDArray[np.intp]:
    """Where scores are at least `floor`, the best _MOST of them; those that are no numbers too."""
    kept = np.flatnonzero(~(scores < floor))
    return kept if len(kept) <= _MOST else kept[np.argsort(-scores[kept], kind="stable")[:_MOST]]


def _raw(
    centred: tuple[NDArray[np.float64], ...], scores: Floats, classes: NDArray[np.intp]
) -> Raw:
    x, y, w, h = centred
    boxes = np.stack((x - w / 2, y - h / 2, w, h), axis=1)
    return Raw(boxes, scores.astype(np.float64), classes)


@cache
def _grid(side: int) -> NDArray[np.float64]:
    """Column, row and stride of every cell, grid after grid (3×cells)."""
    grids = []
    for stride in _STRIDES:
        rows, columns = np.indices((side // stride, side // stride)).reshape(2, -1)
        grids.append(np.stack((columns, rows, np.full(len(rows), stride))))
    return np.concatenate(grids, axis=1).astype(np.float64)


def _within(raw: Raw, placed: Box) -> Raw:
    """The same in parts of the picture, cut at its edges; what lies beside it is left out."""
    corner = np.array((placed.x, placed.y))
    size = np.array((placed.w, placed.h))
    start = (raw.boxes[:, :2] - corner) / size
    end = np.clip(start + raw.boxes[:, 2:] / size, 0, 1)
    start = np.clip(start, 0, 1)
    boxes = np.concatenate((start, end - start), axis=1)
    kept = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1)
    return Raw(boxes[kept], raw.scores[kept], raw.classes[kept])


def _apart(raw: Raw) -> Raw:
    """Best first, none overlapping a better one of its class: non-maximum suppression."""
    best = np.lexsort((raw.boxes[:, 1], raw.boxes[:, 0], raw.classes, -raw.scores))
    boxes, classes = raw.boxes[best], raw.classes[best]
    alive = np.ones(len(best), bool)
    for n in range(len(best)):
        if alive[n]:
            other = classes[n + 1 :] != classes[n]
            alive[n + 1 :] &= other | (_iou(boxes[n], boxes[n + 1 :]) < _IOU)
    return Raw(boxes[alive], raw.scores[best][alive], classes[alive])


def _iou(one: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    start = np.maximum(one[:2], others[:, :2])
    end = np.minimum(one[:2] + one[2:], others[:, :2] + others[:, 2:])
    shared = np.clip(end - start, 0, None).prod(axis=1)
    united = one[2:].prod() + others[:, 2:].prod(axis=1) - shared
    return np.asarray(shared / united)


def _cells(side: int) -> int:
    return sum((side // stride) ** 2 for stride in _STRIDES)


DECODERS: Mapping[DecoderName, Decoder] = {
    "fastestdet": Decoder(
        "stretched",
        rgb=False,
        scale=1 / 255,
        shape=lambda side, classes: (1, 5 + classes, side // 16, side // 16),
        read=_fastestdet,
    ),
    "yolox": Decoder(
        "corner",
        rgb=False,
        scale=1.0,
        shape=lambda side, classes: (1, _cells(side), 5 + classes),
        read=_yolox,
    ),
    "yolov8": Decoder(
        "middle",
        rgb=True,
        scale=1 / 255,
        shape=lambda side, classes: (1, 4 + classes, _cells(side)),
        read=_yolov8,
    ),
}
