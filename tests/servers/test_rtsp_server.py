"""The RTSP server that stands for cameras is itself as the tests believe."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from tests.servers import rtsp_server as rtsp
from tests.servers.process import answers
from tests.servers.rtsp_server import RtspServer

StartRtsp = Callable[..., RtspServer]
OPTIONS = {"rtsp_transport": "tcp", "timeout": "10000000"}


def packets(url: str, count: int) -> list[Any]:
    with av.open(url, options=OPTIONS) as source:
        taken = []
        for packet in source.demux(source.streams.video[0]):
            taken.append(packet)
            if len(taken) == count:
                break
        return taken


@pytest.mark.parametrize(("codec", "name"), [("h264", "h264"), ("h265", "hevc")])
def test_a_camera_streams_either_codec(
    rtsp_server: StartRtsp, codec: rtsp.Codec, name: str
) -> None:
    server = rtsp_server(rtsp.drawn(codec=codec))
    with av.open(server.url(), options=OPTIONS) as source:
        assert source.streams.video[0].codec_context.name == name


def test_keyframes_come_as_far_apart_as_asked(rtsp_server: StartRtsp) -> None:
    server = rtsp_server(rtsp.drawn(gop=20, fps=30))
    keys = [i for i, packet in enumerate(packets(server.url(), 70)) if packet.is_keyframe]
    assert [b - a for a, b in itertools.pairwise(keys)] == [20] * (len(keys) - 1)
    assert len(keys) >= 3


def test_b_frames_arrive_out_of_order(rtsp_server: StartRtsp) -> None:
    server = rtsp_server(rtsp.drawn(b_frames=2))
    times = [packet.pts for packet in packets(server.url(), 40) if packet.pts is not None]
    assert times != sorted(times)


def test_a_mute_track_is_declared_and_never_heard(rtsp_server: StartRtsp) -> None:
    server = rtsp_server(rtsp.drawn(audio="mute"))
    with av.open(server.url(), options=OPTIONS) as source:
        assert len(source.streams.audio) == 1
        heard = {p.stream.type for _, p in zip(range(30), source.demux(), strict=False)}
    assert heard == {"video"}


def test_aac_audio_is_heard(rtsp_server: StartRtsp) -> None:
    server = rtsp_server(rtsp.drawn(audio="aac"))
    with av.open(server.url(), options=OPTIONS) as source:
        heard = {p.stream.type for _, p in zip(range(60), source.demux(), strict=False)}
    assert heard == {"video", "audio"}


def test_a_wrong_password_is_refused(rtsp_server: StartRtsp) -> None:
    server = rtsp_server(rtsp.drawn(), user="viewer", password="right")
    assert packets(server.url(), 3)
    with pytest.raises(av.HTTPUnauthorizedError):
        av.open(server.url().replace("right", "wrong"), options=OPTIONS)


def test_a_killed_server_comes_back_on_its_port(rtsp_server: StartRtsp) -> None:
    server = rtsp_server()
    assert packets(server.url(), 3)
    server.kill()
    assert not answers(server.port)
    server.start()
    assert packets(server.url(), 3)


@pytest.mark.sample("car-detection.mp4")
def test_a_file_is_served_as_a_camera(rtsp_server: StartRtsp, samples: Path) -> None:
    server = rtsp_server(rtsp.file(samples / "car-detection.mp4"))
    assert len(packets(server.url(), 20)) == 20
