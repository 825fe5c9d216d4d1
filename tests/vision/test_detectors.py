from pathlib import Path

import pytest

from edge.errors import BadModel
from flows.vision.detector import Box
from flows.vision.hog import HogDetector, score
from flows.vision.models import best_detector
from flows.vision.objects import NetworkDetector
from tests.vision.drawn import walker, yard


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
        NetworkDetector(path)
    with pytest.raises(BadModel, match=r"missing\.onnx"):
        NetworkDetector(tmp_path / "missing.onnx")


@pytest.mark.sample("fastestdet-352.onnx")
def test_fastestdet_finds_the_walker_and_says_what_it_runs_on(tmp_path: Path) -> None:
    detector = best_detector(tmp_path)
    assert isinstance(detector, NetworkDetector)
    assert detector.provider in detector.why
    (found,) = (d for d in detector.detect(walker(yard(), 0.4, 0.5)) if d.label == "person")
    assert abs(found.box.centre[0] - 0.4) < 0.05
