import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.errors import BadMedia
from flows.vision.analysis import Analysis, analyse
from flows.vision.detector import Box, Detection, Detector
from flows.vision.events import Event, MotionAt, SeenAt, events
from flows.vision.hog import HogDetector
from flows.vision.look import MOTION_EVERY_MS
from flows.vision.models import best_detector
from tests.vision.drawn import film, scene, yard

PERSON = {"person": 0.5}


class Blind:
    """Finds one person everywhere, as detectors do with bottles."""

    name, digest = "blind", "0" * 64

    def __init__(self) -> None:
        self.looks = 0

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        assert picture.shape[2] == 3
        self.looks += 1
        return [
            Detection("person", 0.9, Box(0.2, 0.3, 0.1, 0.5)),
            Detection("person", 0.3, Box(0.6, 0.3, 0.1, 0.5)),
            Detection("dog", 0.9, Box(0.2, 0.3, 0.1, 0.5)),
        ]


class Growing(Blind):
    """Finds two more from the sixth look on, long after something began to move."""

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        others = [Detection("person", 0.9, Box(x, 0.3, 0.1, 0.5)) for x in (0.4, 0.8)]
        return super().detect(picture) + (others if self.looks > 5 else [])


def told(parts: list[tuple[int, int, Analysis]]) -> list[Event]:
    """The events of segments given as start and end in ms, and what was seen in each."""
    seen = [
        SeenAt(str(start), start + s.at_ms, s.label, s.score, s.box, s.moved)
        for start, _, found in parts
        for s in found.seen
    ]
    motion = [
        MotionAt(start + m.start_ms, start + m.end_ms, m.score, m.box)
        for start, _, found in parts
        for m in found.motion
    ]
    return events(seen, motion, [(start, end) for start, end, _ in parts], 0.5)


def looked(path: Path, detector: Detector, start: float, end: float) -> tuple[int, int, Analysis]:
    segment = film(path, scene(start, end))
    return round(start * 1000), round(end * 1000), analyse(segment, detector, PERSON)


@pytest.mark.parametrize(
    "cuts",
    [
        pytest.param((0, 16), marks=pytest.mark.full),
        pytest.param((0, 5, 10, 16), marks=pytest.mark.full),
        (0, 3.5, 8, 13, 16),
    ],
)
def test_the_walker_is_one_visit_however_the_scene_is_cut(
    tmp_path: Path, cuts: tuple[float, ...]
) -> None:
    hog = HogDetector()
    parts = [looked(tmp_path / f"{a}.mp4", hog, a, b) for a, b in pairwise(cuts)]
    (visit,) = told(parts)
    assert visit.count == 1
    # He is drawn from 2.0 to 14.0 s, the first and the last half second outside the picture.
    assert visit.start_ms == pytest.approx(2300, abs=700)
    assert visit.end_ms == pytest.approx(13_700, abs=700)


def test_only_what_is_asked_for_is_kept_and_quiet_footage_is_hardly_looked_at(
    tmp_path: Path,
) -> None:
    blind = Blind()
    found = analyse(film(tmp_path / "a.mp4", map(yard, range(100))), blind, PERSON)
    assert {(s.label, s.score, s.moved) for s in found.seen} == {("person", 0.9, 0.0)}
    assert found.motion == ()
    assert blind.looks <= 11
    assert found.frames == 100
    assert found.decoded_frames < 20
    assert told([(0, 10_000, found)]) == []


def test_one_who_comes_while_others_move_is_looked_at_closely(tmp_path: Path) -> None:
    path, one, more = film(tmp_path / "a.mp4", scene(2, 6)), Blind(), Growing()
    analyse(path, one, PERSON)
    found = analyse(path, more, PERSON)
    assert more.looks >= one.looks + 2
    times = sorted({s.at_ms for s in found.seen if s.box.x == 0.8})
    assert times[3] - times[0] <= 4 * MOTION_EVERY_MS


def test_the_thumbnail_shows_the_walker(tmp_path: Path) -> None:
    _, _, found = looked(tmp_path / "a.mp4", HogDetector(), 0, 5)
    thumbnail = cv2.imdecode(np.frombuffer(found.thumbnail, np.uint8), cv2.IMREAD_COLOR)
    assert thumbnail is not None
    assert thumbnail.shape == (180, 320, 3)
    empty = cv2.resize(yard(), (320, 180))
    assert cv2.absdiff(thumbnail, empty).max() > 60


def test_the_same_file_gives_the_same_answer(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", scene(2, 5))
    first, second = (analyse(path, HogDetector(), PERSON) for _ in range(2))
    assert (first.seen, first.motion, first.thumbnail) == (
        second.seen,
        second.motion,
        second.thumbnail,
    )


def test_one_picture_is_enough(tmp_path: Path) -> None:
    found = analyse(film(tmp_path / "a.mp4", [yard()]), Blind(), PERSON)
    assert len(found.seen) == 1
    assert found.thumbnail.startswith(b"\xff\xd8")


def test_a_text_file_is_bad_media(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("no video at all\n")
    with pytest.raises(BadMedia, match=r"notes\.mp4: a text file"):
        analyse(path, Blind(), PERSON)


@pytest.mark.sample("one-by-one-person-detection.mp4", "fastestdet-352.onnx", "truth.json")
def test_six_people_come_one_by_one(samples: Path, tmp_path: Path) -> None:
    name = "one-by-one-person-detection.mp4"
    truth = json.loads((samples / "truth.json").read_text())[name]["person_s"]
    found = analyse(samples / name, best_detector(tmp_path), PERSON)
    bounds = [(e.start_ms / 1000, e.end_ms / 1000) for e in told([(0, 139_400, found)])]
    assert len(bounds) == len(truth)
    assert np.abs(np.array(bounds) - np.array(truth)).max() <= 1.5


@pytest.mark.sample("car-detection.mp4", "bottle-detection.mp4", "fastestdet-352.onnx")
@pytest.mark.parametrize(
    "make", [best_detector, pytest.param(lambda _: HogDetector(), marks=pytest.mark.full)]
)
def test_cars_and_bottles_are_no_visitors(
    samples: Path, tmp_path: Path, make: Callable[[Path], Detector]
) -> None:
    for name in ("car-detection.mp4", "bottle-detection.mp4"):
        found = analyse(samples / name, make(tmp_path), PERSON)
        assert told([(0, 60_000, found)]) == []
