"""What is refused before ONNX Runtime sees it, and what once it is open."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import BadModel
from flows.vision import onnx_file
from flows.vision.objects import NetworkDetector
from flows.vision.weights import LARGEST_BYTES, read_weights
from tests.vision.networks import (
    FLOAT16,
    Shape,
    block,
    described,
    external,
    kept,
    model,
    network,
    node,
    number,
    tensor,
    varint,
)

SIDE = 32
ANSWER = np.zeros((1, 6, 21), np.float32)
GOOD = network(ANSWER, SIDE)
PICTURE = np.zeros((48, 64, 3), np.uint8)
ONE = np.zeros(1, np.float32)


def opened(folder: Path, weights: bytes, side: int = SIDE) -> NetworkDetector:
    claimed = described(weights, "yolov8", side, ("person", "car"), "yard")
    return NetworkDetector(kept(folder, weights), claimed)


def inside(graph: bytes, field: int) -> bytes:
    """An attribute that holds a graph, as an If's branches do."""
    return block(1, "branch") + block(field, graph)


def test_a_file_of_standard_operators_is_read_and_opens(tmp_path: Path) -> None:
    assert read_weights(kept(tmp_path, GOOD)) == GOOD
    detector = opened(tmp_path, GOOD)
    assert detector.detect(PICTURE) == []
    assert detector.provider in detector.why
    assert "CUDAExecutionProvider" in detector.why.split(";")[0]


@pytest.mark.parametrize("size", [0, 2 * 1024**3, LARGEST_BYTES + 1])
def test_an_empty_file_and_one_too_large_are_refused_unread(tmp_path: Path, size: int) -> None:
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(size)
    with pytest.raises(BadModel, match=rf"huge\.onnx .*\b{size:,} bytes"):
        read_weights(path)


def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.onnx", tmp_path):
        with pytest.raises(BadModel, match=f"{path.name} can't be read"):
            read_weights(path)


@pytest.mark.parametrize(
    "weights",
    [
        network(ANSWER, SIDE, initializers=[external("w", "../../secrets/store.json")]),
        network(ANSWER, SIDE, initializers=[tensor("w", ONE, number(14, 1))]),
        network(
            ANSWER,
            SIDE,
            nodes=[node("Constant", [], "c", block(1, "value") + block(5, external("w", "x")))],
        ),
        network(
            ANSWER,
            SIDE,
            nodes=[node("If", ["c"], "i", inside(block(5, external("w", "x")), 6))],
        ),
        network(ANSWER, SIDE) + block(7, block(15, block(1, external("w", "x")))),
        network(ANSWER, SIDE, initializers=[tensor("w", ONE, number(14, 1 << 32 | 1))]),
        network(ANSWER, SIDE) + block(20, block(1, block(5, external("w", "x")))),
    ],
    ids=["named", "flagged", "in a constant", "in a branch", "sparse", "wide", "in training"],
)
def test_weights_in_other_files_are_refused_wherever_they_stand(
    tmp_path: Path, weights: bytes
) -> None:
    with pytest.raises(BadModel, match=r"small\.onnx keeps weights in other files"):
        opened(tmp_path, weights)


CUSTOM = node("Steal", ["picture"], "s", domain="com.evil")


@pytest.mark.parametrize(
    "weights",
    [
        network(ANSWER, SIDE, nodes=[CUSTOM], domains=["", "com.evil"]),
        network(ANSWER, SIDE, nodes=[node("If", ["c"], "i", inside(block(1, CUSTOM), 6))]),
        network(ANSWER, SIDE, nodes=[node("Scan", ["c"], "i", inside(block(1, CUSTOM), 11))]),
        network(ANSWER, SIDE) + block(25, block(1, "F"), block(10, "mine"), block(7, CUSTOM)),
        network(ANSWER, SIDE, nodes=[node("EPContext", [], "e", domain="com.microsoft")]),
    ],
    ids=["plain", "in a branch", "in a list of graphs", "in a function", "reads a file"],
)
def test_operators_that_need_a_library_are_refused_wherever_they_stand(
    tmp_path: Path, weights: bytes
) -> None:
    with pytest.raises(BadModel, match=r"small\.onnx calls an operator of its own: com\."):
        opened(tmp_path, weights)


def test_a_function_that_the_file_defines_is_no_operator_of_its_own(tmp_path: Path) -> None:
    twice = block(1, "Twice") + block(4, "x") + block(5, "y") + block(10, "mine")
    twice += block(7, node("Add", ["x", "x"], "y")) + block(9, block(1, ""), number(2, 13))
    weights = network(
        ANSWER, SIDE, nodes=[node("Twice", ["picture"], "t", domain="mine")], domains=["", "mine"]
    ) + block(25, twice)
    assert opened(tmp_path, weights).detect(PICTURE) == []


@pytest.mark.parametrize(
    "weights",
    [
        b"not a network",
        # Bits that protobuf drops would hide the second graph from whoever keeps them.
        GOOD + varint(1 << 32 | 7 << 3 | 2) + b"\x00",
        b"\x18\x00\x00\x00ORTM" + bytes(64),
        number(1, 8),
        GOOD[:-3],
        bytes(99),
    ],
    ids=["text", "hidden", "ORT's own format", "no graph", "torn", "zeros"],
)
def test_what_is_no_network_is_refused(tmp_path: Path, weights: bytes) -> None:
    with pytest.raises(BadModel, match=r"small\.onnx is no ONNX file"):
        read_weights(kept(tmp_path, weights))


def test_graphs_within_graphs_end_somewhere(tmp_path: Path) -> None:
    graph = block(2, "deepest")
    for _ in range(2000):
        graph = block(1, node("If", ["c"], "i", inside(graph, 6)))
    with pytest.raises(BadModel, match="nested too deep"):
        read_weights(kept(tmp_path, model(graph)))


@given(cut=st.integers(0, len(GOOD)), byte=st.integers(0, 255))
def test_no_damage_is_more_than_a_refusal(cut: int, byte: int) -> None:
    for damaged in (GOOD[:cut], GOOD[:cut] + bytes([byte]) + GOOD[cut + 1 :]):
        with suppress(BadModel):
            onnx_file.check(damaged, Path("small.onnx"))


@pytest.mark.parametrize(
    ("answer", "takes", "claims", "kind", "told"),
    [
        (np.zeros((1, 7, 21), np.float32), None, (), 1, "answers 1×7×21"),
        (np.zeros((1, 21, 6), np.float32), None, (), 1, "answers 1×21×6"),
        (np.zeros((1, 6, 20), np.float32), None, (1, 6, "n"), 1, None),
        (np.zeros((1, 1, 1, 1), np.float32), None, None, 1, None),
        (ANSWER, (1, 1, SIDE, SIDE), (), 1, "takes tensor"),
        (ANSWER, (1, 3, SIDE), (), 1, "takes tensor"),
        (ANSWER, (2, 3, SIDE, SIDE), (), 1, "takes tensor"),
        (ANSWER, (1, 3, SIDE, 64), (), 1, "takes 1×3×32×64"),
        (ANSWER, (1, 3, SIDE, SIDE), (), FLOAT16, None),
    ],
)
def test_other_shapes_than_claimed_are_refused_at_once_or_with_the_first_answer(
    tmp_path: Path,
    answer: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    takes: Shape | None,
    claims: Shape | None,
    kind: int,
    told: str | None,
) -> None:
    weights = network(answer, SIDE, takes=takes, claims=claims, kind=kind)
    if told is not None:
        with pytest.raises(BadModel, match=f"model yard {told}"):
            opened(tmp_path, weights)
        return
    with pytest.raises(BadModel, match=r"yard|small\.onnx"):
        opened(tmp_path, weights).detect(PICTURE)


def test_a_network_for_other_pictures_than_its_descriptor_says_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="takes 1×3×32×32, not 1×3×64×64"):
        opened(tmp_path, GOOD, side=64)


def test_a_network_that_fails_while_it_runs_is_named(tmp_path: Path) -> None:
    """It looks for a pixel outside its input, which no shape tells beforehand."""
    weights = network(ANSWER, SIDE, {(0, 4, 0): ((99, 0, 0), 1.0)})
    with pytest.raises(BadModel, match="model yard fails"):
        opened(tmp_path, weights).detect(PICTURE)


def test_a_file_with_another_digest_is_refused_whatever_it_holds(tmp_path: Path) -> None:
    claimed = described(GOOD, "yolov8", SIDE, ("person", "car"), "yard")
    other = network(ANSWER + 1, SIDE)
    with pytest.raises(BadModel, match=r"yard\.onnx is not yard: its SHA-256 is"):
        NetworkDetector(kept(tmp_path, other, "yard.onnx"), claimed)
