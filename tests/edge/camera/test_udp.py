"""RTSP over UDP: what is lost on the way is missing, counted, and moves nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import av
import pytest

from edge.camera.losses import Losses
from edge.camera.rtsp import RtspCamera
from edge.clock import SystemClock
from tests.edge.recording import Record, assert_tiles, causes, closest_ms, packets
from tests.servers import rtsp_server as rtsp
from tests.servers.rtsp_server import RtspServer

StartRtsp = Callable[..., RtspServer]
SMALL = rtsp.drawn(width=320, height=176)
# Behind the payloader: RTP packets are lost, not pictures.
LOSSY = SMALL.replace(" name=pay0 pt=96", " pt=96 ! identity drop-probability=0.05 name=pay0")
PICTURE = 90_000 // 15


def test_every_packet_comes_by_udp_and_whoever_reads_may_not_nap(rtsp_server: StartRtsp) -> None:
    feed = RtspCamera("gate", rtsp_server(SMALL).url(), "udp").open()
    clock, times = SystemClock(), []
    for packet in islice(feed.packets(), 45):
        feed.mend(packet, clock.monotonic_ms())
        times.append(packet.pts or 0)
    feed.close()
    assert not feed.keeps
    assert {b - a for a, b in pairwise(times)} == {PICTURE}


def test_lost_packets_are_counted_and_their_pictures_are_missing(
    rtsp_server: StartRtsp, caplog: pytest.LogCaptureFixture
) -> None:
    feed = RtspCamera("gate", rtsp_server(LOSSY).url(), "udp").open()
    clock, times = SystemClock(), []
    with caplog.at_level(logging.WARNING):
        for packet in islice(feed.packets(), 900):
            feed.mend(packet, clock.monotonic_ms())
            times.append(packet.pts or 0)
            if caplog.messages and times[-1] - times[0] > PICTURE * (len(times) - 1):
                break
    feed.close()
    assert caplog.messages == [m for m in caplog.messages if m.startswith("gate: ")]
    assert "lost on their way" in caplog.text
    assert "127.0.0.1" not in caplog.text
    steps = [b - a for a, b in pairwise(times)]
    assert max(steps) > PICTURE  # which of them, libav may say a packet later
    assert all(step > 0 and step % PICTURE == 0 for step in steps)


def test_what_was_lost_is_told_once_a_minute() -> None:
    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("edge.camera.losses").addHandler(handler)
    losses = Losses("gate")
    try:
        for at_s in range(150):
            logging.getLogger("libav.rtsp").warning("RTP: missed %d packets", 2)
            losses.tell(1_000_000 + at_s * 1_000)
    finally:
        losses.close()
        logging.getLogger("edge.camera.losses").removeHandler(handler)
    assert [int(line.split()[1]) for line in told] == [2, 120, 120]
    assert av.logging.get_level() is None


def test_a_lossy_camera_is_recorded_at_its_true_times(
    rtsp_server: StartRtsp, tmp_path: Path
) -> None:
    source = rtsp_server(LOSSY).url()
    recorder = Record(tmp_path / "node", {"gate": source})
    record = {"segment": "2s", "transport": "udp"}
    recorder.config.write_text(
        json.dumps({"record": record, "cameras": {"gate": {"source": source}}})
    )
    recorder.start()
    try:
        recorder.wait_for("segment", 4)
        assert recorder.stop() == 0
    finally:
        recorder.kill()
    items = recorder.account("gate")
    assert_tiles(items)
    assert set(causes(items)) <= {"waiting_keyframe"}
    # A keyframe may be lost with the second that hangs on it; no time is made up for either.
    assert closest_ms(recorder.segments("gate")) < 700
    for item in recorder.segments("gate"):
        times = sorted(p.pts or 0 for p in packets(item.path))
        assert times == sorted(set(times))
    assert "lost on their way" in recorder.log.read_text()
