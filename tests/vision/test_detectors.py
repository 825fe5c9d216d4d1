from pathlib import Path

import numpy as np
import pytest

from edge.errors import BadModel
from flows.vision.coco import COCO
from flows.vision.detector import Box
from flows.vision.hog import HogDetector, score
from flows.vision.models import best_detector
from flows.vision.objects import OnnxDetector, decode
from tests.vision.drawn import walker, yard


def answer(
    *cells: tuple[int, int, int, float],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """What FastestDet says: class and score in these cells (row, column), nothing elsewhere."""
    output = np.zeros((5 + len(COCO), 22, 22), np.float32)
    for row, column, label, certain in cells:
        output[0, row, column] = output[5 + label, row, column] = certain
    return output


def test_a_cell_is_read_as_its_authors_read_it() -> None:
    output = answer((10, 4, 2, 0.81))
    output[1:5, 10, 4] = (0.5, -0.25, -2.0, -1.0)
    (found,) = decode(output, COCO, 0.3)
    assert found.label == "car"
    assert found.score == pytest.approx(0.81)
    assert found.box.centre == pytest.approx(
        ((4 + np.tanh(0.5)) / 22, (10 + np.tanh(-0.25)) / 22), abs=1e-5
    )
    assert found.box.w == pytest.approx(1 / (1 + np.e**2), abs=1e-5)
    assert found.box.h == pytest.approx(1 / (1 + np.e), abs=1e-5)


def test_one_thing_answered_by_two_cells_is_one_and_two_classes_are_two() -> None:
    output = answer((10, 10, 0, 0.9), (10, 11, 0, 0.8), (10, 12, 2, 0.7), (3, 3, 0, 0.2))
    assert [(d.label, round(d.score, 2)) for d in decode(output, COCO, 0.3)] == [
        ("person", 0.9),
        ("car", 0.7),
    ]


def test_boxes_stay_in_the_picture() -> None:
    (found,) = decode(answer((0, 0, 0, 0.9)), COCO, 0.3)
    assert (found.box.x, found.box.y) == (0, 0)
    assert found.box.w < 0.5


def test_boxes_know_what_they_share() -> None:
    box = Box(0.0, 0.0, 0.4, 0.4)
    assert box.iou(Box(0.2, 0.0, 0.4, 0.4)) == pytest.approx(1 / 3)
    assert Box(0.1, 0.1, 0.1, 0.1).inside(box) == pytest.approx(1)
    assert box.iou(Box(0.5, 0.5, 0.4, 0.4)) == 0
    assert box.union(Box(0.5, 0.5, 0.5, 0.1)) == Box(0, 0, 1, 0.6)


def test_hog_finds_the_walker_and_nothing_in_the_empty_yard() -> None:
    hog = HogDetector()
    assert hog.detect(yard()) == []
    (found,) = hog.detect(walker(yard(), 0.4, 0.5))
    assert found.label == "person"
    assert found.score > 0.5
    assert abs(found.box.centre[0] - 0.4) < 0.05
    assert len(hog.digest) == 64
    assert hog.digest == HogDetector().digest


def test_hog_scores_rise_with_the_margin_within_0_and_1() -> None:
    scores = [score(m) for m in (-1, 0, 0.25, 1, 3)]
    assert scores == sorted(scores)
    assert 0 <= scores[0] < scores[2] == 0.5 < scores[-1] <= 1


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x07" + b"\xff" * 64])
def test_a_file_that_is_no_network_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(BadModel, match=r"broken\.onnx"):
        OnnxDetector(path)
    with pytest.raises(BadModel, match=r"missing\.onnx"):
        OnnxDetector(tmp_path / "missing.onnx")


@pytest.mark.sample("fastestdet-352.onnx")
def test_fastestdet_finds_the_walker_and_says_what_it_runs_on(tmp_path: Path) -> None:
    detector = best_detector(tmp_path)
    assert isinstance(detector, OnnxDetector)
    assert detector.provider in detector.why
    (found,) = (d for d in detector.detect(walker(yard(), 0.4, 0.5)) if d.label == "person")
    assert abs(found.box.centre[0] - 0.4) < 0.05
