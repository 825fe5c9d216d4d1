"""IP cameras: recorded by stream copy, outages accounted for, the password nowhere."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from edge.camera.rtsp import RtspCamera
from edge.clock import SystemClock
from edge.errors import CameraFrozen, CameraUnreachable
from edge.segment import Cause, Gap
from infra.waiting import wait_until
from tests.edge.recording import Record, assert_tiles, causes, closest_ms, packets
from tests.servers import rtsp_server as rtsp
from tests.servers.rtsp_server import RtspServer

# Six encoders run beside the recorder: what counts is their kind, not their size.
small = partial(rtsp.drawn, width=320, height=176)
StartRtsp = Callable[..., RtspServer]
PASSWORD = "s3cret-pass"


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Callable[..., Record]]:
    started: list[Record] = []

    def start(cameras: dict[str, str], **options: Any) -> Record:
        recorder = Record(tmp_path / "node", cameras, **options)
        started.append(recorder)
        recorder.start()
        return recorder

    yield start
    for recorder in started:
        if recorder.process is not None and recorder.process.poll() is None:
            recorder.kill()


def seen_of(pid: int) -> str:
    """What others can read of a process: its command line and environment."""
    texts = [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
    return b" ".join(texts).decode(errors="replace")


def test_every_kind_of_stream_is_recorded_as_well_as_the_rest(
    rtsp_server: StartRtsp, record: Callable[..., Record]
) -> None:
    kinds = {
        "plain": small(),
        "b-frames": small(b_frames=2),
        "mute": small(audio="mute"),
        "aac": small(audio="aac"),
        "long-gop": small(gop=8 * 15),
        "h265": small(codec="h265"),
    }
    server = rtsp_server({f"/{name}": launch for name, launch in kinds.items()})
    recorder = record({name: server.url(f"/{name}") for name in kinds})
    for name in kinds:
        recorder.wait_for("segment", 2, camera=name, s=90)
    assert recorder.stop() == 0
    for name in kinds:
        items = recorder.account(name)
        assert_tiles(items)
        assert set(causes(items)) <= {"waiting_keyframe"}
        segments = recorder.segments(name)
        assert {item.segment.codec for item in segments} == {"hevc" if name == "h265" else "h264"}
        for item in segments:
            read = packets(item.path)
            assert read[0].is_keyframe
            times = sorted(float((p.pts or 0) * p.time_base) for p in read)
            assert max((b - a for a, b in pairwise(times)), default=0) < 2
        # Nothing is held back: media and wall time agree but for the last picture.
        assert closest_ms(segments) < 700
        assert (segments[-1].segment.audio == "aac") == (name == "aac")
    lengths = [item.segment.media_ms for item in recorder.segments("long-gop")]
    assert lengths[0] == pytest.approx(8_000, abs=300)


def test_each_outage_is_a_gap_with_its_cause_and_the_password_is_nowhere(
    rtsp_server: StartRtsp, record: Callable[..., Record]
) -> None:
    server = rtsp_server(rtsp.drawn(), user="viewer", password=PASSWORD)
    recorder = record({"gate": server.url()})
    recorder.wait_for("segment", 1)
    pids = [recorder.process.pid, *recorder.children()]  # type: ignore[union-attr]
    assert len(pids) == 2
    assert all(PASSWORD not in seen_of(pid) for pid in pids)
    for _ in range(2):
        refused = recorder.log.read_text().count("refused")
        had = len(recorder.segments("gate"))
        server.kill()
        wait_until(
            lambda n=refused: recorder.log.read_text().count("refused") > n,  # type: ignore[misc]
            what="a failed attempt",
        )
        server.start()
        recorder.wait_for("segment", had + 2)
    assert recorder.stop() == 0
    items = recorder.account("gate")
    assert_tiles(items)
    assert causes(items).count("camera_unreachable") >= 2
    assert set(causes(items)) <= {"camera_unreachable", "waiting_keyframe"}
    for file in recorder.home.rglob("*"):
        if file.is_file() and file.name != "livecam.yaml":
            assert PASSWORD.encode() not in file.read_bytes(), file


@pytest.mark.full
def test_a_camera_that_freezes_is_told_from_one_that_is_gone(
    rtsp_server: StartRtsp, record: Callable[..., Record]
) -> None:
    server = rtsp_server(rtsp.drawn())
    recorder = record({"gate": server.url()})
    recorder.wait_for("segment", 1)
    group = server.server.process.pid  # type: ignore[union-attr]
    os.killpg(group, signal.SIGSTOP)
    try:
        wait_until(
            lambda: any(row.get("cause") == "camera_frozen" for row in recorder.rows()),
            what="a gap",
        )
    finally:
        os.killpg(group, signal.SIGCONT)
    assert recorder.stop() == 0
    items = recorder.account("gate")
    assert_tiles(items)
    frozen = [i for i in items if isinstance(i, Gap) and i.cause is Cause.CAMERA_FROZEN]
    assert frozen
    assert frozen[0].end_ms - frozen[0].start_ms >= 4_000


def test_a_wrong_password_is_said_without_saying_it(rtsp_server: StartRtsp) -> None:
    server = rtsp_server(rtsp.drawn(), user="viewer", password=PASSWORD)
    camera = RtspCamera("gate", server.url().replace(PASSWORD, "wr0ng-pass"))
    with pytest.raises(CameraUnreachable, match="user or the password") as refused:
        camera.open()
    told = f"{refused.value} {refused.value!r} {refused.value.__cause__} {camera!r}"
    assert "wr0ng" not in told
    assert "gate" in told
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid"])
def test_a_camera_that_is_not_there_is_unreachable(host: str) -> None:
    with pytest.raises(CameraUnreachable) as refused:
        RtspCamera("gate", f"rtsp://viewer:{PASSWORD}@{host}/x").open()
    assert PASSWORD not in str(refused.value)


def test_every_packet_of_a_connection_has_times_that_rise_steadily(rtsp_server: StartRtsp) -> None:
    """Without a sender report the first has none; with it, libav sets the clock anew.

    They never run more than a second ahead of the time that passed, however slow the camera is.
    """
    server = rtsp_server(rtsp.drawn(b_frames=2, audio="mute"))
    feed = RtspCamera("gate", server.url()).open()
    taken, arrived, clock = [], [], SystemClock()
    for packet in islice(feed.packets(), 90):
        arrived_ms = clock.monotonic_ms()
        feed.mend(packet, arrived_ms)
        if packet.stream_index == feed.video.index:
            taken.append(packet)
            arrived.append(arrived_ms)
    feed.close()
    times = sorted(p.pts for p in taken if p.pts is not None)
    assert len(times) == len(taken)
    assert all(p.dts is not None and p.dts <= p.pts for p in taken if p.pts is not None)
    decoded = [p.dts for p in taken if p.dts is not None]
    assert decoded == sorted(decoded)
    steps = [(b - a) // 90 for a, b in pairwise(decoded)]
    waits = [b - a for a, b in pairwise(arrived)]
    assert all(step - wait <= 1_300 for step, wait in zip(steps, waits, strict=True))


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_an_open_connection_that_falls_silent_is_frozen(
    rtsp_server: StartRtsp, transport: str
) -> None:
    server = rtsp_server(small())
    feed = RtspCamera("gate", server.url(), transport, read_seconds=3).open()
    group = server.server.process.pid  # type: ignore[union-attr]
    read = feed.packets()
    assert isinstance(next(read), av.Packet)
    os.killpg(group, signal.SIGSTOP)
    try:
        with pytest.raises(CameraFrozen, match="gate"):
            list(read)
    finally:
        os.killpg(group, signal.SIGCONT)
        feed.close()
