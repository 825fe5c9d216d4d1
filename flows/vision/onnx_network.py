"""Opens an ONNX network, and holds its shapes to what its descriptor claims."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import BadModel
from flows.vision.decoders import DECODERS
from flows.vision.descriptor import Model
from flows.vision.network import Network
from flows.vision.providers import open_session


def open_network(weights: bytes, path: Path, threads: int, model: Model | None = None) -> Network:
    """The network on the first provider that really opens, its shapes those of `model`.

    Raises BadModel for what takes no pictures, or has other shapes than claimed.
    """
    opened = open_session(weights, path, threads)
    shape = _input_shape(opened.session, model.name if model else path.name)
    if model is not None:
        _check(opened.session, model)
    takes, answers = opened.session.get_inputs()[0].name, opened.session.get_outputs()[0].name

    def run(blob: NDArray[np.float32]) -> NDArray[Any]:
        return np.asarray(opened.session.run([answers], {takes: blob})[0])

    side = shape[2] if isinstance(shape[2], int) else None
    return Network(run, opened.provider, opened.why, side)


def _check(session: Any, model: Model) -> None:
    shape, wanted = _input_shape(session, model.name), (1, 3, model.side, model.side)
    if not _may_be(shape, wanted):
        raise BadModel(f"model {model.name} takes {_sizes(shape)}, not {_sizes(wanted)}")
    answers = session.get_outputs()[0].shape
    claimed = DECODERS[model.decoder].shape(model.side, len(model.classes))
    if not _may_be(answers, claimed):
        raise BadModel(
            f"model {model.name} answers {_sizes(answers)}, but {model.decoder} with "
            f"{len(model.classes)} classes answers {_sizes(claimed)}"
        )


def _input_shape(session: Any, name: str) -> Sequence[int | str | None]:
    inputs = session.get_inputs()
    shape = list(inputs[0].shape) if len(inputs) == 1 else []
    if len(shape) != 4 or not _may_be(shape[:2], (1, 3)) or inputs[0].type != "tensor(float)":
        said = ", ".join(f"{one.type} {_sizes(one.shape)}" for one in inputs) or "nothing"
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


def _sizes(shape: Sequence[int | str | None]) -> str:
    return "×".join("?" if one is None else str(one) for one in shape) or "no shape"
