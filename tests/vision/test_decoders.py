"""Each family of networks, by a small network of that family that ONNX Runtime really runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.errors import BadModel
from flows.vision.decoders import DECODERS, detections, prepare
from flows.vision.descriptor import DecoderName
from flows.vision.detector import Box, Detection, without_doubles
from flows.vision.objects import NetworkDetector
from tests.vision.networks import described, kept, network

CLASSES = ("person", "car")
SIDE = 64
WHOLE = Box(0, 0, 1, 1)
EVERY = sorted(DECODERS)


def nothing(decoder: DecoderName) -> NDArray[np.float32]:
    """An answer of that family in which nothing is found."""
    return np.zeros(DECODERS[decoder].shape(SIDE, len(CLASSES)), np.float32)


def opened(
    folder: Path, decoder: DecoderName, answer: NDArray[np.float32], picks: Any = None
) -> NetworkDetector:
    weights = network(answer, SIDE, picks)
    return NetworkDetector(kept(folder, weights), described(weights, decoder, SIDE, CLASSES))


def picture(width: int, height: int, colour: tuple[int, int, int] = (0, 0, 0)) -> Any:
    """One of one colour: blue, green, red."""
    return np.full((height, width, 3), colour, np.uint8)


def middle(box: Box) -> tuple[float, float, float, float]:
    return (*box.centre, box.w, box.h)


def test_fastestdet_reads_a_cell_as_its_authors_do(tmp_path: Path) -> None:
    answer = nothing("fastestdet")
    answer[0, :, 2, 1] = (0.81, 0.5, -0.25, -2.0, -1.0, 0.2, 0.81)
    (found,) = opened(tmp_path, "fastestdet", answer).detect(picture(200, 100))
    assert found.label == "car"
    assert found.score == pytest.approx(0.81)
    centre = (1 + np.tanh(0.5)) / 4, (2 + np.tanh(-0.25)) / 4
    size = 1 / (1 + np.e**2), 1 / (1 + np.e)
    assert middle(found.box) == pytest.approx((*centre, *size), abs=1e-6)


def test_yolox_reads_grids_of_three_strides_beside_a_picture_at_the_top(tmp_path: Path) -> None:
    answer = nothing("yolox")
    second = 64 + 1 * 4 + 2  # after the 8×8 cells of stride 8: row 1, column 2 of stride 16
    answer[0, second] = (0.5, 0.25, np.log(2), 0.0, 0.8, 0.5, 0.1)
    third = 64 + 16 + 0 * 2 + 1  # of stride 32
    answer[0, third] = (-0.5, 0.25, np.log(0.5), np.log(0.25), 1.0, 0.1, 0.9)
    found = opened(tmp_path, "yolox", answer).detect(picture(128, 64))
    assert [(d.label, round(d.score, 3)) for d in found] == [("car", 0.9), ("person", 0.4)]
    # The picture fills the upper 64×32 of the input.
    assert middle(found[0].box) == pytest.approx((16 / 64, 8 / 32, 16 / 64, 8 / 32))
    assert middle(found[1].box) == pytest.approx((40 / 64, 20 / 32, 32 / 64, 16 / 32))


def test_yolov8_reads_classes_without_objectness_around_a_picture_in_the_middle(
    tmp_path: Path,
) -> None:
    answer = nothing("yolov8")
    answer[0, :, 5] = (32, 24, 16, 8, 0.1, 0.9)
    answer[0, :, 70] = (32, 48, 8, 16, 0.7, 0.2)
    found = opened(tmp_path, "yolov8", answer).detect(picture(128, 64))
    assert [(d.label, round(d.score, 3)) for d in found] == [("car", 0.9), ("person", 0.7)]
    # The picture fills rows 16 to 48 of the input; what reaches below is cut.
    assert middle(found[0].box) == pytest.approx((0.5, (24 - 16) / 32, 0.25, 0.25))
    assert middle(found[1].box) == pytest.approx((0.5, (44 - 16) / 32, 0.125, 0.25))


def test_a_tall_picture_lies_in_the_middle_too(tmp_path: Path) -> None:
    answer = nothing("yolov8")
    answer[0, :, 0] = (16, 32, 8, 32, 0.8, 0)
    (found,) = opened(tmp_path, "yolov8", answer).detect(picture(30, 60))
    assert middle(found.box) == pytest.approx((2 / 32, 0.5, 4 / 32, 0.5))


@pytest.mark.parametrize(
    ("decoder", "colour", "shown"),
    [
        ("fastestdet", (255, 0, 51), (1.0, 0.0, 0.2)),
        ("yolox", (255, 0, 51), (255.0, 0.0, 51.0)),
        ("yolov8", (51, 0, 255), (1.0, 0.0, 0.2)),
    ],
)
def test_a_network_is_shown_the_colours_it_was_trained_with(
    decoder: DecoderName, colour: tuple[int, int, int], shown: tuple[float, ...]
) -> None:
    blob, _ = prepare(picture(64, 64, colour), described(b"x", decoder, SIDE, CLASSES))
    assert tuple(map(float, blob[0, :, 32, 32])) == pytest.approx(shown)


def test_what_is_in_the_picture_reaches_the_network(tmp_path: Path) -> None:
    """One class' score is the red, the other's the blue of the pixel in the middle."""
    answer = nothing("yolov8")
    answer[0, :4, 0] = (32, 32, 16, 16)
    picks = {(0, 4, 0): ((0, 32, 32), 0.9), (0, 5, 0): ((2, 32, 32), 0.9)}
    detector = opened(tmp_path, "yolov8", answer, picks)
    for colour, label in (((0, 0, 255), "person"), ((255, 0, 0), "car")):
        (found,) = detector.detect(picture(320, 240, colour))
        assert (found.label, round(found.score, 3)) == (label, 0.9)


@pytest.mark.parametrize("decoder", ["yolox", "yolov8"])
def test_beside_the_picture_is_grey(decoder: DecoderName) -> None:
    model = described(b"x", decoder, SIDE, CLASSES)
    blob, placed = prepare(picture(128, 64, (255, 255, 255)), model)
    scale = 1 if decoder == "yolox" else 255
    assert blob.shape == (1, 3, SIDE, SIDE)
    assert blob.dtype == np.float32
    assert set(np.unique(np.round(blob * scale))) == {114, 255}
    assert placed == (Box(0, 0, 1, 0.5) if decoder == "yolox" else Box(0, 0.25, 1, 0.5))


@pytest.mark.parametrize("decoder", EVERY)
def test_an_answer_with_nothing_in_it_is_nothing(tmp_path: Path, decoder: DecoderName) -> None:
    assert opened(tmp_path, decoder, nothing(decoder)).detect(picture(64, 48)) == []


def test_boxes_stay_in_the_picture_and_those_beside_it_are_left_out() -> None:
    model = described(b"x", "yolov8", SIDE, CLASSES)
    answer = nothing("yolov8")
    answer[0, :, 0] = (0, 16, 32, 16, 0.9, 0)
    answer[0, :, 1] = (32, 4, 8, 8, 0.8, 0)  # in the grey above the picture
    answer[0, :, 2] = (np.nan, 4, 8, 8, 0.8, 0)
    (found,) = detections(answer, model, Box(0, 0.25, 1, 0.5), 0.3)
    assert found.box == Box(0, 0, 0.25, 0.25)


def test_one_thing_answered_by_two_cells_is_one_and_two_classes_are_two() -> None:
    model = described(b"x", "yolov8", SIDE, CLASSES)
    answer = nothing("yolov8")
    answer[0, :, 0] = (32, 32, 20, 20, 0.8, 0)
    answer[0, :, 1] = (33, 32, 20, 20, 0.9, 0)
    answer[0, :, 2] = (33, 32, 20, 20, 0, 0.7)
    answer[0, :, 3] = (10, 10, 8, 8, 0.2, 0)
    found = detections(answer, model, WHOLE, 0.3)
    assert [(d.label, round(d.score, 2)) for d in found] == [("person", 0.9), ("car", 0.7)]


@pytest.mark.parametrize("decoder", EVERY)
@pytest.mark.parametrize("score", [7.3, float("nan"), float("inf")])
def test_scores_that_are_none_are_refused(decoder: DecoderName, score: float) -> None:
    answer = nothing(decoder)
    at = {"fastestdet": (0, (0, 5), 0, 0), "yolox": (0, 0, (4, 5)), "yolov8": (0, 4, 0)}
    answer[at[decoder]] = score
    model = described(b"x", decoder, SIDE, CLASSES)
    with pytest.raises(BadModel, match=r"model small answers scores that are not 0 to 1"):
        detections(answer, model, WHOLE, 0.3)


@given(decoder=st.sampled_from(EVERY), width=st.integers(1, 400), height=st.integers(1, 400))
def test_a_picture_of_any_form_lies_where_boxes_are_undone_from(
    decoder: DecoderName, width: int, height: int
) -> None:
    white = picture(width, height, (255, 255, 255))
    blob, placed = prepare(white, described(b"x", decoder, SIDE, CLASSES))
    rows, columns = np.nonzero(blob[0, 0] == blob[0, 0].max())
    assert (columns.min(), rows.min()) == (placed.x * SIDE, placed.y * SIDE)
    assert columns.max() + 1 - columns.min() == placed.w * SIDE
    assert rows.max() + 1 - rows.min() == placed.h * SIDE
    assert max(placed.w, placed.h) == 1


@given(seed=st.integers(0, 1000), boxes=st.integers(0, 60))
def test_doubles_are_found_as_by_the_plain_loop(seed: int, boxes: int) -> None:
    random = np.random.default_rng(seed)
    answer = nothing("yolov8")
    answer[0, :2, :boxes] = random.uniform(10, 54, (2, boxes))
    answer[0, 2:4, :boxes] = random.uniform(2, 20, (2, boxes))
    answer[0, 4:, :boxes] = random.uniform(0, 1, (2, boxes)).round(1)
    plain = []
    for n in range(boxes):
        x, y, w, h = (float(v) / SIDE for v in answer[0, :4, n])
        label = int(answer[0, 4:, n].argmax())
        score = float(answer[0, 4 + label, n])
        box = Box(x - w / 2, y - h / 2, w, h).clipped()
        plain.append(Detection(CLASSES[label], score, box))
    expected = without_doubles([d for d in plain if d.score >= 0.3], 0.45)
    found = detections(answer, described(b"x", "yolov8", SIDE, CLASSES), WHOLE, 0.3)
    assert sorted((d.label, round(d.score, 5), round(d.box.x, 5)) for d in found) == sorted(
        (d.label, round(d.score, 5), round(d.box.x, 5)) for d in expected
    )


def test_more_boxes_than_a_picture_has_objects_are_bounded() -> None:
    model = described(b"x", "yolov8", 640, CLASSES)
    answer = np.zeros((1, 6, 8400), np.float32)
    answer[0, :2] = np.random.default_rng(0).uniform(0, 640, (2, 8400))
    answer[0, 2:4], answer[0, 4] = 4, np.linspace(0.4, 0.9, 8400)
    found = detections(answer, model, WHOLE, 0.3)
    assert 0 < len(found) <= 1000
    assert found[0].score == pytest.approx(0.9)
