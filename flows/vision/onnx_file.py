"""Reads an ONNX file only as far as to know that opening it touches nothing else.

A network may keep its weights in other files (external data), or call operators that a shared
library brings: the one reads whatever path it names, the other runs code. Both are found by
walking the file's protobuf (onnx/onnx.proto) before ONNX Runtime sees a byte of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edge.errors import BadModel

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
# Subgraphs lie in nodes that lie in graphs; real ones go four deep.
_DEEPEST = 32
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# Field numbers of onnx.proto: which lead to a message of which kind.
_MODEL, _GRAPH, _NODE, _ATTRIBUTE, _TENSOR, _SPARSE, _TRAINING, _FUNCTION = range(8)
_INSIDE = {
    _MODEL: {7: _GRAPH, 20: _TRAINING, 25: _FUNCTION},
    _GRAPH: {1: _NODE, 5: _TENSOR, 15: _SPARSE},
    _NODE: {5: _ATTRIBUTE},
    _ATTRIBUTE: {5: _TENSOR, 6: _GRAPH, 10: _TENSOR, 11: _GRAPH, 22: _SPARSE, 23: _SPARSE},
    _SPARSE: {1: _TENSOR, 2: _TENSOR},
    _TRAINING: {1: _GRAPH, 2: _GRAPH},
    _FUNCTION: {7: _NODE, 11: _ATTRIBUTE},
    _TENSOR: {},
}
_FUNCTIONS, _FUNCTION_NAME, _FUNCTION_DOMAIN = 25, 1, 10
_OPERATOR, _DOMAIN, _EXTERNAL_DATA, _DATA_LOCATION = 4, 7, 13, 14

Field = tuple[int, int, int, memoryview]  # number, wire type, value, bytes


def check(weights: bytes, path: Path) -> None:
    """Raises BadModel for what is no ONNX network, or reaches outside its own bytes."""
    whole = memoryview(weights)
    try:
        found = [number for number, *_ in _fields(whole)]
        own = frozenset(_functions(whole))
        outside = next(_outside(whole, _MODEL, own, _DEEPEST), None)
    except _TornError as error:
        raise BadModel(f"model {path.name} is no ONNX file: {error}", path=path) from None
    if 7 not in found:
        raise BadModel(f"model {path.name} is no ONNX file: it holds no graph", path=path)
    if outside:
        hint = "Export it as one file of standard operators"
        raise BadModel(f"model {path.name} {outside}", path=path, hint=hint)


class _TornError(Exception):
    """The bytes are no protobuf of that kind."""


def _outside(
    message: memoryview, kind: int, own: frozenset[tuple[str, str]], depth: int
) -> Iterator[str]:
    """What reaches outside, in words, wherever in the message it stands."""
    if not depth:
        raise _TornError("its graphs are nested too deep")
    inside = _INSIDE[kind]
    domain = operator = ""
    for number, wire, value, data in _fields(message):
        if wire == _BYTES and number in inside:
            yield from _outside(data, inside[number], own, depth - 1)
        elif kind == _TENSOR and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value)):
            yield "keeps weights in other files (external data)"
        elif kind == _NODE and number == _DOMAIN:
            domain = _text(data)
        elif kind == _NODE and number == _OPERATOR:
            operator = _text(data)
    if kind == _NODE and domain not in DOMAINS and (domain, operator) not in own:
        yield f"calls an operator of its own: {domain[:60]}.{operator[:60]}"


def _functions(model: memoryview) -> Iterator[tuple[str, str]]:
    """Functions that the file itself defines, of standard operators, as domain and name."""
    for number, wire, _, data in _fields(model):
        if number == _FUNCTIONS and wire == _BYTES:
            named = (_FUNCTION_DOMAIN, _FUNCTION_NAME)
            told = {n: _text(d) for n, w, _, d in _fields(data) if w == _BYTES and n in named}
            yield told.get(_FUNCTION_DOMAIN, ""), told.get(_FUNCTION_NAME, "")


def _fields(message: memoryview) -> Iterator[Field]:
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, wire, value = key >> 3, key & 7, 0
        size = {_FIXED64: 8, _FIXED32: 4, _VARINT: 0}.get(wire)
        if wire == _VARINT:
            value, at = _varint(message, at)
        elif wire == _BYTES:
            size, at = _varint(message, at)
        # Protobuf's own reader drops a key's bits above 32: it would see another field than this.
        if size is None or not number or key >> 32 or at + size > end:
            raise _TornError("it is torn, or something else")
        yield number, wire, value, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise _TornError("it is torn, or something else")


def _text(data: memoryview) -> str:
    return bytes(data).decode("utf-8", errors="replace")
