"""Packets become fragments, one a picture, whatever their codec and their camera's clock."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from edge.errors import BadMedia
from edge.mp4 import read_run
from edge.serving.fragments import Fragments, Opening, Picture, is_keyframe
from edge.serving.units import Units, measured
from edge.subscribers import Fan, Offered, Stream
from tests.edge.serving.live import FPS, drawn, marks

STEP = 90_000 // FPS
COUNT = 2 * FPS + 2


def offered(packets: Iterator[av.Packet[Any]], count: int) -> list[Offered]:
    """Packets as a subscriber has them."""
    fan = Fan()
    subscriber = fan.subscribe("live", most_packets=count)
    for packet in itertools.islice(packets, count):
        fan.offer(packet, 0)
    return list(iter(lambda: subscriber.get(0), None))


def encoded(codec: str, count: int, **options: str) -> list[Offered]:
    """Pictures of another encoder, a keyframe each FPS."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 320, 176, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(FPS), Fraction(1, FPS)
    encoder.gop_size = FPS
    encoder.options = options
    found: list[av.Packet[Any]] = []
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(np.full((264, 320), number, np.uint8), "yuv420p")
        frame.pts = number
        found += encoder.encode(frame)
    found += encoder.encode(None)
    name = "hevc" if "265" in codec else "h264"
    stream = Stream(name, bytes(encoder.extradata or b""), 320, 176)
    return [
        Offered(stream, bytes(p), p.is_keyframe, 0, (p.pts or 0) * STEP, (p.dts or 0) * STEP)
        for p in found
    ]


def made(packets: list[Offered], fragments: Fragments | None = None) -> list[Opening | Picture]:
    made_by = fragments or Fragments()
    return [item for one in packets for item in made_by.add(one)]


def file(items: list[Opening | Picture]) -> bytes:
    return b"".join(i.init if isinstance(i, Opening) else i.fragment for i in items)


def shown(items: list[Opening | Picture]) -> list[av.VideoFrame]:
    with av.open(io.BytesIO(file(items)), "r") as source:
        return list(source.decode(video=0))


def test_each_packet_is_a_fragment_at_once_and_the_pictures_are_the_same() -> None:
    packets, fragments = offered(drawn(), COUNT), Fragments()
    assert [type(item) for item in made(packets[:1], fragments)] == [Opening, Picture]
    later = made(packets[1:], fragments)
    assert len(later) == len(packets) - 1
    pictures = [item for item in made(packets) if isinstance(item, Picture)]
    assert [is_keyframe(one.fragment) for one in pictures] == [one.keyframe for one in packets]
    frames = [mark.frame for mark in marks(file(made(packets)))]
    assert frames == list(range(frames[0], frames[0] + COUNT))


@pytest.mark.parametrize(
    ("codec", "options", "mime"),
    [
        ("libx264", {"bf": "2", "preset": "fast"}, "avc1."),
        ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none"}, "hvc1."),
    ],
)
def test_pictures_are_shown_in_their_order_and_time(
    codec: str, options: dict[str, str], mime: str
) -> None:
    packets = encoded(codec, COUNT, **options)
    items = made(packets)
    assert isinstance(items[0], Opening)
    assert mime in items[0].told
    times = [frame.pts for frame in shown(items)]
    assert len(times) == COUNT
    assert {b - a for a, b in itertools.pairwise(times) if a and b} <= {STEP}


def test_packets_with_lengths_make_the_same_as_those_with_start_codes() -> None:
    packets = offered(drawn(), COUNT)
    units = Units("h264", packets[0].stream.extradata)
    sets, _ = units.of(packets[0].data)
    sps, pps = sets
    lengths = [len(one).to_bytes(2, "big") for one in sets]
    head = b"\1" + sps[1:4] + b"\xff"
    record = head + b"\xe1" + lengths[0] + sps + b"\1" + lengths[1] + pps
    stream = packets[0].stream._replace(extradata=record)
    others = [one._replace(stream=stream, data=measured(units.of(one.data)[1])) for one in packets]
    assert file(made(others)) == file(made(packets))


def test_another_size_begins_anew() -> None:
    fragments = Fragments()
    first = made(offered(drawn(), 2), fragments)
    second = made(offered(drawn(size="480x272"), 2), fragments)
    assert [type(item) for item in second] == [Opening, Picture, Picture]
    assert isinstance(second[0], Opening)
    assert '"width": 480' in second[0].told
    assert marks(file(first))
    assert marks(file(second))


def test_nothing_is_made_before_a_keyframe_or_of_what_no_player_shows() -> None:
    packets = offered(drawn(), 3)
    assert made(packets[1:]) == []
    strange = packets[0].stream._replace(codec="mjpeg")
    with pytest.raises(BadMedia, match="mjpeg"):
        made([packets[0]._replace(stream=strange)])
    broken = packets[0]._replace(data=b"\0\0\1\x67\0\0\1\x65\xff")
    with pytest.raises(BadMedia):
        made([broken])


@pytest.mark.parametrize("jump", [-3_600, -1, 1, 3_600])
def test_a_camera_s_clock_that_jumps_moves_no_time_by_more_than_a_player_follows(jump: int) -> None:
    packets = offered(drawn(), COUNT)
    moved = [
        one._replace(pts_90k=one.pts_90k + jump * 90_000, dts_90k=one.dts_90k + jump * 90_000)
        for one in packets[FPS:]
    ]
    items = made([*packets[:FPS], *moved])
    runs = [read_run(item.fragment, 1) for item in items if isinstance(item, Picture)]
    steps = [b.pts - a.pts for a, b in itertools.pairwise(runs) if a and b]
    assert len(steps) == COUNT - 1
    assert all(0 < step <= 2 * 90_000 for step in steps)
