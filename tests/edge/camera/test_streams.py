"""Main and sub stream: a clean cut from one to the other, and not a picture missing between."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from edge.camera import Camera, Feed
from edge.camera.assembled import assemble
from edge.camera.rtsp import RtspCamera
from edge.camera.scene import SceneCamera
from edge.camera.streams import TwoStreams
from edge.clock import SystemClock
from edge.encode import Conditions, Limits, Means
from edge.errors import BadSettings, CameraUnreachable
from edge.settings import camera_settings
from infra.waiting import wait_until
from tests.edge.camera.recorded import Recorded
from tests.edge.recording import BUSY_MS, assert_tiles, causes, marks, packets
from tests.servers.rtsp_server import RtspServer, drawn

QUICK = Limits(low_runway_s=60, fair_runway_s=240, settle_ms=0, patience_ms=1_000)
FPS = 10
PASSWORD = "s3cret-pass"


class Runway:
    """What the spool's report says, as the test has it."""

    def __init__(self) -> None:
        self.seconds = 10_000.0

    def means(self) -> Means:
        return Means(conditions=lambda: Conditions(runway_s=self.seconds), limits=QUICK)


def scene(size: str) -> SceneCamera:
    return SceneCamera("gate", f"?fps={FPS}&size={size}", SystemClock())


class Gone:
    """A stream that cannot be opened."""

    kind = "scene"

    def __init__(self) -> None:
        self.asked = 0

    def open(self) -> Feed:
        self.asked += 1
        raise CameraUnreachable("it refuses", camera="gate")


def two(main: Camera, sub: Camera, means: Means) -> TwoStreams:
    return TwoStreams("gate", main, sub, SystemClock(), means)


def rungs(recorded: Recorded) -> list[str]:
    """One after another, each once."""
    return [rung for rung, _ in groupby(one.rung for one in recorded.segments)]


def test_it_goes_to_the_sub_stream_and_back_without_losing_a_picture(tmp_path: Path) -> None:
    runway = Runway()
    camera = two(scene("640x360"), scene("320x176"), runway.means())
    recorded = Recorded(tmp_path, camera, segment_ms=2_000)
    with recorded.running():
        recorded.wait_for("main")
        runway.seconds = 30.0
        recorded.wait_for("sub", 2)
        runway.seconds = 10_000.0
        wait_until(lambda: recorded.segments[-1].rung == "main", what="main again")
    assert_tiles(recorded.items)
    assert set(causes(recorded.items)) <= {"waiting_keyframe"}
    assert rungs(recorded) == ["main", "sub", "main"]
    assert {one.rung: one.width for one in recorded.segments} == {"main": 640, "sub": 320}
    times: list[int] = []
    for item in recorded.spool.sealed():
        segment, seen = item.segment, [mark.utc_ms for mark in marks(item.path)]
        # Its name's time is that of its first picture, on whichever stream it came.
        assert abs(seen[0] - segment.start_ms) < BUSY_MS
        times += [at for at in seen if not times or at > times[-1]]
    assert max(b - a for a, b in pairwise(times)) < BUSY_MS


@pytest.mark.full
def test_a_real_camera_moves_between_its_streams(
    tmp_path: Path, rtsp_server: Callable[..., RtspServer], caplog: pytest.LogCaptureFixture
) -> None:
    mounts = {"/main": drawn(width=640), "/sub": drawn(width=320, height=176)}
    server = rtsp_server(mounts, user="user", password=PASSWORD)
    runway = Runway()
    main, sub = (RtspCamera("gate", server.url(path)) for path in mounts)
    recorded = Recorded(tmp_path, two(main, sub, runway.means()), segment_ms=4_000)
    with caplog.at_level(logging.INFO), recorded.running():
        recorded.wait_for("main")
        runway.seconds = 30.0
        recorded.wait_for("sub", 2)
    assert_tiles(recorded.items)
    assert set(causes(recorded.items)) <= {"waiting_keyframe"}
    assert rungs(recorded) == ["main", "sub"]
    for item in recorded.spool.sealed():
        assert packets(item.path)[0].is_keyframe
    assert [one.width for one in recorded.segments[:1] + recorded.segments[-1:]] == [640, 320]
    assert "to its sub stream: the spool lasts" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_sub_stream_that_cannot_be_opened_costs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    runway, gone = Runway(), Gone()
    runway.seconds = 30.0
    recorded = Recorded(tmp_path, two(scene("320x176"), gone, runway.means()), segment_ms=2_000)
    with caplog.at_level(logging.WARNING), recorded.running():
        wait_until(lambda: gone.asked > 0, what="an attempt at the sub stream")
        wait_until(lambda: "its sub stream" in caplog.text, what="words of it")
        had = len(recorded.segments)
        recorded.wait_for("main", had + 2)
    assert rungs(recorded) == ["main"]
    assert_tiles(recorded.items)
    assert "gate: its sub stream: it refuses" in caplog.text


def test_a_main_stream_that_is_gone_is_recorded_from_the_other(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, two(Gone(), scene("320x176"), Runway().means()), segment_ms=2_000)
    with recorded.running():
        recorded.wait_for("sub", 2)
    assert rungs(recorded) == ["sub"]


def test_a_sub_stream_goes_with_an_ip_camera_only() -> None:
    entry = {"source": "scene:", "sub": "rtsp://camera/sub"}
    with pytest.raises(BadSettings, match="gate"):
        assemble(camera_settings({"cameras": {"gate": entry}})["gate"])


def test_no_password_of_a_sub_stream_is_shown() -> None:
    entry = {"source": "rtsp://camera/main", "sub": f"rtsp://u:{PASSWORD}@camera/sub"}
    settings = camera_settings({"cameras": {"gate": entry}})["gate"]
    assert PASSWORD not in repr(settings) + str(settings) + repr(assemble(settings))
    bad = settings.model_copy(update={"sub": f"rtsp://u:{PASSWORD}@:99999/sub"})
    with pytest.raises(BadSettings) as refused:
        assemble(bad)
    assert PASSWORD not in str(refused.value)
