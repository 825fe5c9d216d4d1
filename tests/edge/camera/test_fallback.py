"""`fallback: scene`: a stand-in is recorded only where it is set, is marked, and gives way."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from itertools import groupby, repeat
from pathlib import Path

import pytest

from edge.camera import Feed
from edge.camera.assembled import assemble
from edge.camera.fallback import FallbackCamera
from edge.camera.scene import SceneCamera
from edge.clock import SystemClock
from edge.doing import Now
from edge.errors import BadSettings, CameraUnreachable
from edge.segment import Segment
from edge.settings import camera_settings
from flows.stages import label
from infra.waiting import wait_until
from tests.edge.camera.recorded import Recorded
from tests.edge.recording import Record, assert_tiles, causes, marks

STAND_IN = "fallback scene"


class Real:
    """A camera that can be opened while it is `there`, and is lost when it is not."""

    kind = "rtsp"

    def __init__(self) -> None:
        self.there, self.asked = False, 0
        self._inner = SceneCamera("real", "?fps=10&size=640x360", SystemClock())

    def open(self) -> Feed:
        self.asked += 1
        if not self.there:
            raise CameraUnreachable("it is not there", camera="gate")
        feed = self._inner.open()
        packets = feed.packets

        def until_lost() -> Iterator[object]:
            for packet in packets():
                if not self.there:
                    raise CameraUnreachable("it is lost", camera="gate")
                yield packet

        feed.packets = until_lost  # type: ignore[method-assign, assignment]
        return feed


def fallback_for(real: Real, now: Now) -> FallbackCamera:
    clock = SystemClock()
    stand_in = SceneCamera("gate", "?fps=10&size=320x176", clock)
    return FallbackCamera("gate", real, stand_in, clock, lambda: repeat(0.5), now)


def kinds(items: list[Segment]) -> list[str]:
    return [kind for kind, _ in groupby(one.source for one in items)]


def test_a_stand_in_gives_way_to_the_camera_and_comes_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    real, now = Real(), Now()
    recorded = Recorded(tmp_path, fallback_for(real, now), segment_ms=2_000)
    with caplog.at_level(logging.INFO), recorded.running():
        recorded.wait_for(STAND_IN)
        assert now.doing.fallback
        asked = real.asked
        wait_until(lambda: real.asked > asked, what="another attempt")
        real.there = True
        recorded.wait_for("rtsp", 2)
        assert not now.doing.fallback
        real.there = False
        stood_in = sum(one.fallback for one in recorded.segments)
        recorded.wait_for(STAND_IN, stood_in + 1)
    assert kinds(recorded.segments) == [STAND_IN, "rtsp", STAND_IN]
    assert [one.fallback for one in recorded.segments] == [
        one.source == STAND_IN for one in recorded.segments
    ]
    assert_tiles(recorded.items)
    # When the camera comes back nothing is missing; when it goes, until it was asked again.
    assert set(causes(recorded.items)) <= {"waiting_keyframe", "camera_unreachable"}
    for item in recorded.spool.sealed():
        drawn_by = {mark.camera for mark in marks(item.path)}
        assert drawn_by == {"gate" if item.segment.fallback else "real"}
        told = label.to_metadata(item.segment)
        assert told["source"] == item.segment.source
    assert "it is not there; a drawn scene is recorded in its place" in caplog.text
    assert "gate: is there again" in caplog.text


def test_without_it_a_camera_is_never_replaced(tmp_path: Path) -> None:
    recorder = Record(tmp_path / "node", {"gate": "rtsp://127.0.0.1:9/none"})
    recorder.start()
    try:
        wait_until(
            lambda: recorder.log.read_text().count("next attempt in") >= 2,
            what="two attempts",
        )
    finally:
        recorder.stop()
    assert recorder.segments("gate") == []
    assert causes(recorder.account("gate")) == ["camera_unreachable"]


@pytest.mark.full
def test_a_recorder_records_the_stand_in_where_it_is_set(tmp_path: Path) -> None:
    recorder = Record(tmp_path / "node", {"gate": "rtsp://user:s3cret@127.0.0.1:9/none"})
    document = json.loads(recorder.config.read_text())
    document["cameras"]["gate"]["fallback"] = "scene:?fps=5&size=320x176"
    recorder.config.write_text(json.dumps(document))
    recorder.start()
    try:
        recorder.wait_for("segment", 2)
    finally:
        recorder.stop()
    assert {item.segment.source for item in recorder.segments("gate")} == {STAND_IN}
    assert {row["source"] for row in recorder.rows() if row["kind"] == "segment"} == {STAND_IN}
    assert "s3cret" not in recorder.log.read_text()


@pytest.mark.parametrize("value", ["clip:yard.mp4", "scenery", 3, ["scene"]])
def test_nothing_but_a_scene_stands_in(value: object) -> None:
    with pytest.raises(BadSettings, match="gate"):
        camera_settings({"cameras": {"gate": {"source": "rtsp://c/1", "fallback": value}}})


def test_its_options_are_those_of_a_scene() -> None:
    entry = {"source": "rtsp://c/1", "fallback": "scene"}
    settings = camera_settings({"cameras": {"gate": entry}})["gate"]
    assert assemble(settings).kind == "rtsp"
    with pytest.raises(BadSettings, match="gate"):
        assemble(settings.model_copy(update={"fallback": "scene:?fps=0"}))
