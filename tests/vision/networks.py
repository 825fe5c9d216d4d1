"""Small ONNX networks for the tests, written as protobuf by hand: no package for it is locked.

Each answers `answer + gain × picked pixels of its input`, so a test knows every number that
comes out, and can ask what the network was shown. Field numbers are those of onnx/onnx.proto.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows.vision.descriptor import DecoderName, Model

Shape = Sequence[int | str | None]
Pixel = tuple[int, int, int]  # channel, row, column of the input
Index = tuple[int, ...]
FLOAT, FLOAT16, INT64 = 1, 10, 7
_KINDS = {"float32": FLOAT, "int64": INT64}


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def block(field: int, *parts: bytes | str) -> bytes:
    data = b"".join(p.encode() if isinstance(p, str) else p for p in parts)
    return varint(field << 3 | 2) + varint(len(data)) + data


def tensor(name: str, values: NDArray[Any], *more: bytes) -> bytes:
    """A TensorProto; `more` are fields beside its data."""
    dims = b"".join(number(1, n) for n in values.shape)
    kind = number(2, _KINDS[values.dtype.name])
    return dims + kind + block(8, name) + block(9, values.tobytes()) + b"".join(more)


def external(name: str, location: str) -> bytes:
    """A TensorProto of one float that lies in another file."""
    where = block(13, block(1, "location"), block(2, location))
    return number(1, 1) + number(2, FLOAT) + block(8, name) + where + number(14, 1)


def node(
    operator: str, inputs: Sequence[str], output: str, *attributes: bytes, domain: str = ""
) -> bytes:
    """A NodeProto; each of `attributes` is an AttributeProto."""
    ends = b"".join(block(1, one) for one in inputs) + block(2, output) + block(4, operator)
    return ends + b"".join(block(5, a) for a in attributes) + (block(7, domain) if domain else b"")


def value(name: str, shape: Shape | None, kind: int = FLOAT) -> bytes:
    """A ValueInfoProto; a dimension that is a name or None is open, a shape of None too."""
    dims = (
        block(1, number(1, n)) if isinstance(n, int) else block(1, block(2, n) if n else b"")
        for n in shape or ()
    )
    told = b"" if shape is None else block(2, *dims)
    return block(1, name) + block(2, block(1, number(1, kind) + told))


def model(graph: bytes, *more: bytes, domains: Sequence[str] = ("",)) -> bytes:
    """A ModelProto of a GraphProto, opset 13."""
    opsets = b"".join(block(8, block(1, one), number(2, 13)) for one in domains)
    return number(1, 8) + opsets + block(7, graph) + b"".join(more)


def network(
    answer: NDArray[np.float32],
    side: int,
    picks: Mapping[Index, tuple[Pixel, float]] | None = None,
    *,
    takes: Shape | None = None,
    claims: Shape | None = (),
    kind: int = FLOAT,
    initializers: Sequence[bytes] = (),
    nodes: Sequence[bytes] = (),
    domains: Sequence[str] = ("",),
) -> bytes:
    """A network that answers `answer`, plus at each index of `picks` so much of that pixel.

    `takes` and `claims` are the shapes it tells of input and output, those it has by default.
    """
    index = np.zeros(answer.shape, np.int64)
    gain = np.zeros(answer.shape, np.float32)
    for at, ((channel, row, column), much) in (picks or {}).items():
        index[at], gain[at] = (channel * side + row) * side + column, much
    constants: dict[str, NDArray[Any]] = {
        "index": index,
        "gain": gain,
        "answer": answer,
        "flat": np.array([-1], np.int64),
    }
    steps = [
        node("Reshape", ["picture", "flat"], "pixels"),
        node("Gather", ["pixels", "index"], "picked"),
        node("Mul", ["picked", "gain"], "weighed"),
        node("Add", ["weighed", "answer"], "out"),
    ]
    graph = [block(1, one) for one in (*steps, *nodes)]
    graph.append(block(2, "small"))
    graph += [block(5, tensor(name, values)) for name, values in constants.items()]
    graph += [block(5, one) for one in initializers]
    graph.append(block(11, value("picture", takes or (1, 3, side, side), kind)))
    graph.append(block(12, value("out", answer.shape if claims == () else claims)))
    return model(b"".join(graph), domains=domains)


def described(
    weights: bytes, decoder: DecoderName, side: int, classes: Sequence[str], name: str = "small"
) -> Model:
    """The descriptor of such a network."""
    digest = hashlib.sha256(weights).hexdigest()
    return Model(
        name=name,
        sha256=digest,
        file=f"{digest}.onnx",
        size_bytes=len(weights),
        licence="none",
        decoder=decoder,
        side=side,
        classes=tuple(classes),
    )


def kept(folder: Path, weights: bytes, name: str = "small.onnx") -> Path:
    """The network as a file."""
    path = folder / name
    path.write_bytes(weights)
    return path
