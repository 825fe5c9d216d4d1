"""Memory is flat: a long segment in 4K takes no more than a short one."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.vision.peak import peak_mb

WIDTH, HEIGHT, GOP = 3840, 2160, 5


def gop() -> list[tuple[bytes, bool]]:
    """Ten pictures, one a second: a bright square goes about a yard."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1), Fraction(1)
    encoder.options = {"preset": "ultrafast", "g": str(GOP), "x264-params": "annexb=1"}
    packets = []
    for number in range(2 * GOP):
        picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        picture[1000:1800, 300 * number : 300 * number + 800] = 235
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [(bytes(packet), packet.is_keyframe) for packet in packets]


def written(target: Path, packets: list[tuple[bytes, bool]], seconds: int) -> Path:
    """The same pictures again and again, for so long."""
    with av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(seconds):
            data, is_key = packets[number % len(packets)]
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1)
            packet.pts = packet.dts = number
            packet.duration, packet.is_keyframe = 1, is_key
            out.mux(packet)
    return target


def test_a_long_segment_in_4k_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    packets = gop()
    (short_mb, few), (long_mb, many) = (
        peak_mb(written(tmp_path / f"{seconds}.mp4", packets, seconds)) for seconds in (10, 70)
    )
    assert many > 5 * few > 0
    # One picture is 12 MB: what is kept of each picture would be seen.
    assert long_mb - short_mb < 60
