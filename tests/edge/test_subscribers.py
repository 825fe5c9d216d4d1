"""Subscribers: a slow one loses its own packets, and nobody else notices."""

from __future__ import annotations

import itertools
import json
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge.camera import blocks
from edge.camera.scene import SceneCamera
from edge.clock import SystemClock, from_iso
from edge.counts import Counts
from edge.errors import CameraUnreachable
from edge.live import SUFFIX, LiveSocket, follow
from edge.serving.still import to_jpeg
from edge.subscribers import Fan, Offered, Subscriber
from infra.cli.cameras import cameras
from infra.waiting import wait_until
from tests.edge.fake_clock import FakeClock
from tests.edge.recording import Record, assert_tiles

FPS = 5
OPTIONS = f"?fps={FPS}&size=320x176"


def drawn() -> Iterator[av.Packet[Any]]:
    return SceneCamera("gate", OPTIONS, FakeClock()).open().packets()


def taken(subscriber: Subscriber) -> list[Offered]:
    return list(iter(lambda: subscriber.get(0), None))


def test_a_subscriber_begins_with_the_newest_keyframe_and_misses_nothing() -> None:
    fan, packets = Fan(), list(itertools.islice(drawn(), 4 * FPS))
    for packet in packets[: 2 * FPS + 2]:
        fan.offer(packet, 0)
    assert not fan.watched
    subscriber = fan.subscribe("live")
    assert fan.watched
    for packet in packets[2 * FPS + 2 :]:
        fan.offer(packet, 1)
    got = taken(subscriber)
    assert subscriber.lost == 0
    assert [one.data for one in got] == [bytes(p) for p in packets[2 * FPS :]]
    assert (got[0].stream.codec, got[0].stream.width) == ("h264", 320)
    assert {b.dts_90k - a.dts_90k for a, b in itertools.pairwise(got)} == {90_000 // FPS}
    fan.leave(subscriber)
    fan.offer(packets[0], 2)
    assert taken(subscriber) == []


def test_who_comes_late_to_a_long_group_goes_on_with_the_next_keyframe() -> None:
    fan, packets = Fan(), list(itertools.islice(drawn(), 2 * FPS))
    for packet in [packets[0], *packets[1:FPS] * 200]:
        fan.offer(packet, 0)
    subscriber = fan.subscribe("live")
    for packet in [*packets[1:FPS], *packets[FPS:]]:
        fan.offer(packet, 1)
    assert [one.data for one in taken(subscriber)] == [
        bytes(p) for p in [packets[0], *packets[FPS:]]
    ]


def test_a_slow_one_loses_its_own_and_goes_on_with_a_keyframe() -> None:
    counts = Counts()
    fan, packets = Fan(counts), list(itertools.islice(drawn(), 10 * FPS))
    slow, quick = fan.subscribe("live", most_packets=FPS + 2), fan.subscribe("preview")
    for packet in packets:
        fan.offer(packet, 0)
    assert len(taken(quick)) == len(packets)
    assert quick.lost == 0
    assert len(taken(slow)) == FPS + 2
    assert slow.lost == counts.lost["live"] == len(packets) - FPS - 2
    for packet in packets[1 : 2 * FPS]:
        fan.offer(packet, 0)
    assert [one.keyframe for one in taken(slow)] == [True] + [False] * (FPS - 1)
    assert "preview" not in counts.lost


def test_a_queue_is_bounded_in_bytes_too() -> None:
    fan, packets = Fan(), list(itertools.islice(drawn(), 2 * FPS))
    subscriber = fan.subscribe("live", most_bytes=packets[0].size + 1)
    for packet in packets:
        fan.offer(packet, 0)
    assert len(taken(subscriber)) == 1


def test_who_connects_and_never_reads_holds_nobody_up(tmp_path: Path) -> None:
    counts, packets = Counts(), list(itertools.islice(drawn(), FPS))
    fan = Fan(counts)
    with LiveSocket(tmp_path, "gate", fan), socket.socket(socket.AF_UNIX) as idle:
        assert stat.S_IMODE((tmp_path / f"gate{SUFFIX}").stat().st_mode) == 0o600
        idle.connect(str(tmp_path / f"gate{SUFFIX}"))

        def offered() -> bool:
            for packet in packets:
                fan.offer(packet, 0)
            return counts.lost.get("live", 0) > 0

        wait_until(offered, what="a loss of its own")
        reading = follow(tmp_path, "gate")
        thread = threading.Thread(target=lambda: wait_until(offered, seconds=1, what="more"))
        thread.start()
        assert next(reading).keyframe
        thread.join()
    assert not (tmp_path / f"gate{SUFFIX}").exists()


def test_who_leaves_while_no_picture_comes_is_noticed(tmp_path: Path) -> None:
    fan = Fan()
    with LiveSocket(tmp_path, "gate", fan):
        with socket.socket(socket.AF_UNIX) as guest:
            guest.connect(str(tmp_path / f"gate{SUFFIX}"))
            wait_until(lambda: fan.watched, what="a guest")
        wait_until(lambda: not fan.watched, what="its leaving")


def test_a_name_that_is_too_long_for_a_socket_is_served(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    fan = Fan()
    for packet in itertools.islice(drawn(), 1):
        fan.offer(packet, 7)
    with LiveSocket(deep, "gate", fan):
        newest = next(follow(deep, "gate"))
    assert newest.arrived_ms == 7
    assert mark_in(to_jpeg(newest)).camera == "gate"


def mark_in(jpeg: bytes) -> blocks.Mark:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    mark = blocks.read(picture)  # type: ignore[arg-type]
    assert mark is not None
    return mark


def test_a_snapshot_is_of_now_and_costs_the_recording_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Record(tmp_path / "node", {"gate": f"scene:{OPTIONS}"})
    monkeypatch.setenv("LIVECAM_HOME", str(recorder.home))
    recorder.start()
    target = tmp_path / "gate.jpg"
    try:
        recorder.wait_for("segment", 1)
        done = CliRunner().invoke(
            cameras, ["snapshot", "gate", "-o", str(target), "--json"], catch_exceptions=False
        )
        now_ms = SystemClock().utc_ms()
        recorder.wait_for("segment", 2)
    finally:
        recorder.stop()
    told, mark = json.loads(done.stdout), mark_in(target.read_bytes())
    assert mark.camera == "gate"
    assert abs(mark.utc_ms - from_iso(told["utc"])) < 60_000
    assert now_ms - mark.utc_ms < 60_000
    assert_tiles(recorder.account("gate"))


def test_a_camera_that_nobody_records_has_no_snapshot(livecam_home: Path) -> None:
    with pytest.raises(CameraUnreachable, match="gate"):
        CliRunner().invoke(cameras, ["snapshot", "gate"], catch_exceptions=False)
