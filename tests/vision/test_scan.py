import json
from pathlib import Path

import numpy as np
import pytest

from flows.vision.detector import Box
from flows.vision.hog import HogDetector
from flows.vision.models import best_detector
from flows.vision.motion import Eye
from flows.vision.scan import Scanned, scan
from tests.vision.drawn import film, scene, yard


def bounds(found: Scanned) -> list[tuple[float, float]]:
    return [(m.start_ms / 1000, m.end_ms / 1000) for m in found.motion]


@pytest.mark.parametrize("gop", [10, 40, 250])
def test_motion_is_told_from_when_he_comes_to_when_he_stands_and_again(
    tmp_path: Path, gop: int
) -> None:
    found = scan(film(tmp_path / "a.mp4", scene(0, 18), gop=gop), None, {})
    (came, stood), (went, left) = bounds(found)
    assert came == pytest.approx(2.3, abs=1.3)
    assert stood == pytest.approx(6.0, abs=1.0)
    assert went == pytest.approx(10.0, abs=1.0)
    assert left == pytest.approx(13.7, abs=1.3)
    assert found.objects == ()


def test_motion_closer_than_merge_is_one(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", scene(0, 18))
    assert len(scan(path, None, {}, merge_ms=10_000).motion) == 1


def test_quiet_footage_is_hardly_decoded(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", map(yard, range(300)))
    found = scan(path, None, {})
    assert found.motion == ()
    assert found.analysis.frames == 300
    assert found.analysis.decoded_frames <= 10


@pytest.mark.parametrize("gop", [10, 40])
def test_in_a_region_bounds_are_those_of_what_moves_there(tmp_path: Path, gop: int) -> None:
    path = film(tmp_path / "a.mp4", scene(0, 18), gop=gop)
    # His middle is at 0.5 from 6 to 10 s and leaves to the right: his left side passes 0.75
    # when that is at 0.8, 12.1 s, and his right side reached it at 0.7, 11.4 s.
    found = scan(path, None, {}, eye=Eye(Box(0.75, 0.3, 0.05, 0.6)))
    ((start, end),) = bounds(found)
    assert start == pytest.approx(11.2, abs=0.5)
    assert end == pytest.approx(12.7, abs=0.6)
    assert scan(path, None, {}, eye=Eye(Box(0.0, 0.0, 1.0, 0.3))).motion == ()


def test_zones_and_masks_say_where_motion_counts(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", scene(0, 18))
    left = ((0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0))
    (only,) = bounds(scan(path, None, {}, eye=Eye(zones=(left,))))
    assert only[1] < 6.5
    (other,) = bounds(scan(path, None, {}, eye=Eye(masks=(left,))))[-1:]
    assert other[0] > 4


def test_a_visitor_is_told_as_an_object(tmp_path: Path) -> None:
    told: list[float] = []
    path = film(tmp_path / "a.mp4", scene(0, 16))
    found = scan(path, HogDetector(), {"person": 0.5}, progress=told.append)
    (visit,) = found.objects
    assert visit.label == "person"
    assert (visit.start_ms, visit.end_ms) == pytest.approx((2300, 13_700), abs=800)
    assert told == sorted(told)
    assert 0.8 <= told[-1] <= 1


@pytest.mark.sample("one-by-one-person-detection.mp4", "fastestdet-352.onnx", "truth.json")
def test_six_people_one_by_one_hardly_decoded(samples: Path) -> None:
    name = "one-by-one-person-detection.mp4"
    truth = json.loads((samples / "truth.json").read_text())[name]["person_s"]
    found = scan(samples / name, best_detector(samples), {"person": 0.5})
    told = [(o.start_ms / 1000, o.end_ms / 1000) for o in found.objects]
    assert np.abs(np.array(told) - np.array(truth)).max() <= 1.5
    alone = scan(samples / name, None, {})
    assert alone.analysis.decoded_frames < 250  # of 1,394


@pytest.mark.sample("car-detection.mp4", "bottle-detection.mp4", "fastestdet-352.onnx")
def test_no_person_where_there_is_none(samples: Path) -> None:
    for name in ("car-detection.mp4", "bottle-detection.mp4"):
        assert scan(samples / name, best_detector(samples), {"person": 0.5}).objects == ()
