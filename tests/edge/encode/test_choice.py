"""The encoder is the first that was seen to work; why the others fell is kept."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import pytest

from edge.encode import CANDIDATES
from edge.encode.choice import Choices
from edge.encode.prove import _try_apart, try_out, why_not
from edge.errors import MissingPart
from tests.edge.fake_clock import FakeClock

SIZE = (320, 176, 15)


@pytest.mark.parametrize("name", ["libx264", "libx265"])
def test_the_processors_encoders_are_seen_to_work(name: str) -> None:
    assert why_not(name, 1920, 1080, 15) is None


def test_one_that_is_not_there_or_has_no_device_falls_in_words(tmp_path: Path) -> None:
    assert why_not("h264_none", *SIZE) == "not in this build of libav"
    assert why_not("h264_v4l2m2m", *SIZE, root=tmp_path) == "there is no /dev/video* here"
    assert (
        why_not("h264_nvenc", *SIZE, root=tmp_path) == "there is no /dev/nvidia* nor /dev/dxg here"
    )


def test_one_whose_device_is_no_encoder_is_tried_apart_and_falls(tmp_path: Path) -> None:
    """A webcam is a /dev/video too."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "video0").touch()
    assert str(why_not("h264_v4l2m2m", *SIZE, root=tmp_path)).startswith("it fails: ")


def test_a_driver_that_crashes_or_hangs_takes_only_its_own_process() -> None:
    crash = [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"]
    assert _try_apart(crash) == "it ended its process (status -11)"
    hang = [sys.executable, "-c", "import time; time.sleep(60)"]
    assert _try_apart(hang, patience_s=0.2) == "it did not answer within 0 s"


@pytest.mark.parametrize("name", ["mpeg4", "ffv1", "no-such"])
def test_what_comes_back_wrong_falls(name: str) -> None:
    """An encoder of another codec is what a broken one is like."""
    assert try_out(name, *SIZE)


def test_the_choice_names_the_fallen_in_order_and_is_found_once_a_boot(tmp_path: Path) -> None:
    tried: list[str] = []

    def prove(name: str, *_: int) -> str | None:
        tried.append(name)
        return None if name == "h264_qsv" else f"no {name}"

    clock = FakeClock()
    choices = Choices(tmp_path / "recorder", clock, prove)
    chosen = choices.choose("h264", *SIZE)
    assert chosen.name == "h264_qsv"
    assert list(chosen.fell) == tried[:-1] == list(CANDIDATES["h264"][:3])
    assert "h264_nvenc: no h264_nvenc" in chosen.told()
    assert Choices(tmp_path / "recorder", clock, prove).name("h264", *SIZE) == "h264_qsv"
    assert len(tried) == 4
    clock.boot = "boot-2"
    Choices(tmp_path / "recorder", clock, prove).choose("h264", *SIZE)
    assert len(tried) == 8
    for kept in (tmp_path / "recorder").iterdir():
        kept.write_text("{")
    Choices(tmp_path / "recorder", clock, prove).choose("h264", *SIZE)
    assert len(tried) == 12


def test_where_none_works_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingPart, match="no encoder of hevc works here"):
        Choices(tmp_path, FakeClock(), lambda *_: "broken").choose("hevc", *SIZE)


def test_here_it_is_one_that_this_build_has(tmp_path: Path) -> None:
    chosen = Choices(tmp_path, FakeClock()).choose("h264", *SIZE)
    assert chosen.name in av.codecs_available
    assert set(chosen.fell) <= set(CANDIDATES["h264"])
