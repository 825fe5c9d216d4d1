"""The drawn camera: its marks are read back, and detectors see the figure and nothing else."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.camera import blocks
from edge.camera.scene import SceneCamera
from edge.camera.yard import CYCLE_S, phase_of, pose
from edge.errors import BadSettings
from edge.segment import NAME_PATTERN
from tests.edge.fake_clock import FakeClock

Image = npt.NDArray[np.uint8]
FPS = 15


def take(camera: str, count: int, options: str = "") -> list[av.Packet[Any]]:
    feed = SceneCamera(camera, options, FakeClock()).open()
    packets = list(itertools.islice(feed.packets(), count))
    feed.close()
    return packets


def decode(packets: list[av.Packet[Any]]) -> list[av.VideoFrame]:
    decoder = av.CodecContext.create("h264", "r")
    return [frame for packet in [*packets, None] for frame in decoder.decode(packet)]


@pytest.fixture(scope="module")
def cycle() -> list[Image]:
    """One cycle of the camera `gate` as it comes out of the decoder, in BGR."""
    frames = decode(take("gate", int(CYCLE_S * FPS)))
    return [cast(Image, frame.to_ndarray(format="bgr24")) for frame in frames]


def visited(cycle: list[Image], margin: float) -> list[Image]:
    """60 pictures with the whole figure in them."""
    seen = []
    for n, image in enumerate(cycle):
        standing = pose(n / FPS, phase_of("gate"))
        if standing and margin < standing.x < 1 - margin:
            seen.append(image)
    return [seen[i * len(seen) // 60] for i in range(60)]


def empty(cycle: list[Image]) -> list[Image]:
    return [i for n, i in enumerate(cycle) if pose(n / FPS, phase_of("gate")) is None]


@settings(deadline=None, max_examples=50)
@given(
    st.from_regex(NAME_PATTERN, fullmatch=True),
    st.integers(0, 2**48 - 1),
    st.integers(0, 2**32 - 1),
)
def test_a_mark_reads_as_it_was_drawn(camera: str, utc_ms: int, frame: int) -> None:
    colour = np.full((360, 640, 3), 128, np.uint8)
    blocks.draw(colour, camera, utc_ms, frame)
    assert blocks.read(colour) == (camera, utc_ms, frame)
    assert blocks.read(colour[:, :, 0]) == (camera, utc_ms, frame)


def test_a_picture_without_a_mark_has_none() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (360, 640), np.uint8)
    assert blocks.read(noise) is None
    assert blocks.read(np.zeros((360, 640, 3), np.uint8)) is None
    assert blocks.read(np.zeros((4, 640), np.uint8)) is None


def test_every_mark_survives_the_encoder_and_half_the_size(cycle: list[Image]) -> None:
    marks = [blocks.read(image) for image in cycle]
    assert all(mark is not None and mark.camera == "gate" for mark in marks)
    numbers = [mark.frame for mark in marks if mark]
    assert numbers == list(range(numbers[0], numbers[0] + len(cycle)))
    assert blocks.read(cv2.resize(cycle[100], (320, 180)).astype(np.uint8)) == marks[100]


def test_packets_keep_the_pace_of_the_clock() -> None:
    clock = FakeClock()
    feed = SceneCamera("gate", "", clock).open()
    began = clock.monotonic_ms()
    packets = list(itertools.islice(feed.packets(), 10 * FPS + 1))
    assert clock.monotonic_ms() - began == pytest.approx(10_000, abs=2)
    assert packets[-1].pts == 10 * 1_200_000
    assert [i for i, p in enumerate(packets) if p.is_keyframe] == list(range(0, 151, FPS))
    assert all(p.stream is feed.video and p.pts == p.dts for p in packets)
    assert feed.video.time_base == packets[0].time_base


def test_a_camera_that_is_too_slow_keeps_to_the_clock_and_never_bursts() -> None:
    clock = FakeClock()
    feed = SceneCamera("gate", "?size=320x176", clock).open()
    began, shown, keyframes = clock.monotonic_ms(), [], 0
    for packet in itertools.islice(feed.packets(), 8 * FPS):
        clock.advance(120)  # drawing takes nearly twice as long as there is
        passed_ms = clock.monotonic_ms() - began
        shown.append((packet.pts or 0) // 1_200)
        keyframes += packet.is_keyframe
        assert -700 <= shown[-1] - passed_ms <= 0
    assert shown == sorted(set(shown))
    assert keyframes == pytest.approx(shown[-1] / 1_000, abs=2)


def test_a_camera_that_stood_still_drops_pictures_and_goes_on() -> None:
    clock = FakeClock()
    packets = SceneCamera("gate", "", clock).open().packets()
    first = next(packets)
    clock.sleep(60)
    assert next(packets).pts == 60 * 1_200_000
    assert first.pts == 0


def test_a_visit_begins_within_four_seconds_and_cameras_differ() -> None:
    assert all(2 <= phase_of(f"camera-{n}") <= 4 for n in range(50))
    assert phase_of("gate") != phase_of("yard")


@pytest.mark.parametrize("size", ["640x360", "1280x720", "320x180"])
def test_other_sizes_have_marks_too(size: str) -> None:
    frame = decode(take("a", 1, f"?fps=5&size={size}".replace("180", "176")))[0]
    mark = blocks.read(cast(Image, frame.to_ndarray(format="gray")))
    assert mark is not None
    assert mark.camera == "a"


@pytest.mark.parametrize("options", ["?fps=0", "?size=641x360", "?size=big", "?speed=2"])
def test_options_that_cannot_be_meant_are_refused(options: str) -> None:
    with pytest.raises(BadSettings, match="gate"):
        SceneCamera("gate", options, FakeClock())


@pytest.mark.full
def test_hog_finds_the_figure_in_60_of_60_pictures_and_nobody_in_the_empty_yard(
    cycle: list[Image],
) -> None:
    hog = cv2.HOGDescriptor()
    hog.setSVMDetector(np.array(cv2.HOGDescriptor.getDefaultPeopleDetector()))

    def found(image: Image) -> int:
        return len(hog.detectMultiScale(image, winStride=(8, 8), padding=(8, 8), scale=1.05)[0])

    assert sum(found(image) > 0 for image in visited(cycle, 0.1)) == 60
    assert sum(found(image) for image in empty(cycle)[::30]) == 0


@pytest.mark.sample("fastestdet-352.onnx")
def test_fastestdet_finds_the_figure_and_nobody_in_the_empty_yard(
    cycle: list[Image], samples: Path
) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = onnxruntime.InferenceSession(str(samples / "fastestdet-352.onnx"), options)

    def score(image: Image) -> float:
        small = cv2.resize(image, (352, 352)).astype(np.float32) / 255
        out = model.run(None, {model.get_inputs()[0].name: small.transpose(2, 0, 1)[None]})[0][0]
        scores = out[0] ** 0.6 * out[5:].max(0) ** 0.4
        return float(scores[out[5:].argmax(0) == 0].max(initial=0))

    assert sum(score(image) > 0.5 for image in visited(cycle, 0.1)) >= 59
    assert max(score(image) for image in empty(cycle)) < 0.5
