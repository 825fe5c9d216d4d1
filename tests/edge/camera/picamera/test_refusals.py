"""What a CSI camera's source may say, and what is told where it cannot be opened."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from edge.camera.choose import camera_for
from edge.camera.picamera import Wanted, read_source
from edge.errors import BadSettings, MissingPart
from tests.edge.camera.picamera.conftest import PICAMERA2, ROOT
from tests.edge.camera.test_refusals import Source

OPENING = "tests.edge.camera.picamera.opening"


def opened(source: str, times: int = 1) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", OPENING, source, str(times)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_a_source_says_number_size_and_rate() -> None:
    assert camera_for(Source("gate", "picamera:0")).kind == "picamera"
    assert read_source("gate", "0") == Wanted(0, (1920, 1080), 15)
    assert read_source("gate", "1?size=1280x720&fps=30") == Wanted(1, (1280, 720), 30)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "front", "0?size=1281x720", "0?size=9x9", "0?fps=0", "0?fps=121", "0?x=1", "0?fps="],
)
def test_a_source_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(BadSettings, match=r"cannot be meant \(camera gate\).*picamera:0") as told:
        camera_for(Source("gate", f"picamera:{text}"))
    assert told.value.camera == "gate"


def test_without_picamera2_the_way_out_is_told() -> None:
    with pytest.raises(MissingPart, match=r"picamera2 is not here.*gate.*apt install") as told:
        camera_for(Source("gate", "picamera:0")).open()
    assert told.value.camera == "gate"


def test_without_libcamera_the_way_out_is_told(
    board: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    board()
    monkeypatch.setenv("PYTHONPATH", str(PICAMERA2))
    [told] = opened("picamera:0")
    assert (told["error"], told["camera"]) == ("MissingPart", "gate")
    assert "picamera2 is not here: No module named 'libcamera' (camera gate)" in told["told"]


@pytest.mark.parametrize(
    ("source", "facts", "told"),
    [
        ("picamera:2", {}, "there is no camera number 2: this machine has 2"),
        ("picamera:0", {"cameras": 0}, "there is no camera number 0: this machine has none"),
        ("picamera:1", {"busy": "/dev/null"}, "picamera:1 is used by another program"),
        ("picamera:0", {"heap": False}, "picamera:0 lacks a device of the kernel"),
    ],
)
def test_a_camera_that_cannot_be_opened_is_told_and_leaves_nothing_open(
    source: str, facts: dict[str, Any], told: str, board: Callable[..., None]
) -> None:
    board(**facts)
    first, *_, last = attempts = opened(source, 3)
    assert all(one["error"] == "CameraUnreachable" and one["camera"] == "gate" for one in attempts)
    assert told in first["told"]
    assert last["files"] == first["files"]


@pytest.mark.parametrize(
    ("facts", "name", "fell"),
    [
        ({"pi": 4}, "H264Encoder", None),
        ({"pi": 4, "codec": False}, "LibavH264Encoder", "/dev/video11 is not there"),
        ({"pi": 5}, "LibavH264Encoder", "this board has none"),
    ],
)
def test_the_encoder_in_use_is_told_and_why_it_is_not_the_hardwares(
    facts: dict[str, Any], name: str, fell: str | None, board: Callable[..., None]
) -> None:
    board(**facts)
    [told] = opened("picamera:0?size=640x360&fps=30")
    assert (told["error"], told["pictures"], told["rung"]) == (None, 5, "480p 2000k")
    assert told["encoding"]["name"] == f"picamera2 {name}"
    assert [*told["encoding"]["fell"].values()] == ([fell] if fell else [])


@pytest.mark.parametrize("pi", [4, 5])
def test_a_camera_can_be_opened_again_and_again(pi: int, board: Callable[..., None]) -> None:
    board(pi=pi)
    first, *_, last = attempts = opened("picamera:0?size=640x360&fps=30", 3)
    assert [one.get("pictures") for one in attempts] == [5] * 3
    assert last["files"] == first["files"]
