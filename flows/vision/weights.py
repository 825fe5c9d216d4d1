"""Reads a network's file: within bounds, and only if opening it touches nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from edge.errors import BadModel

LARGEST_BYTES = 512 * 1024 * 1024
Kind = Literal["onnx", "torchscript"]
_ZIP = b"PK\x03\x04"


def read_weights(path: Path) -> bytes:
    """The file's bytes, which need no other file and no library of operators.

    Raises BadModel naming the file: missing, empty, over LARGEST_BYTES (nothing of it is read
    then), no network of a kind that is known, or one that reaches outside.
    """
    try:
        size = path.stat().st_size
        if not size:
            raise BadModel(f"model {path.name} is empty: 0 bytes", path=path)
        if size > LARGEST_BYTES:
            told = f"{size:,} bytes, over the {LARGEST_BYTES:,} that a model may have"
            raise BadModel(f"model {path.name} has {told}", path=path)
        weights = path.read_bytes()
    except OSError as error:
        raise BadModel(f"model {path.name} can't be read: {error.strerror}", path=path) from error
    if kind_of(weights) == "onnx":
        from flows.vision.onnx_file import check
    else:
        from flows.vision.torch_file import check
    check(weights, path)
    return weights


def kind_of(weights: bytes) -> Kind:
    """What a network's bytes are: TorchScript's archive, or else ONNX."""
    return "torchscript" if weights.startswith(_ZIP) else "onnx"
