"""One encoder, opened: low delay, a keyframe where one is asked for, parameter sets in band."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

TICKS = 1_200_000  # a second, as libav reads raw H.264 and H.265
GOP_S = 1
# The least a processor can do: of a camera's machine, recording is not the only task.
_OPTIONS = {
    "libx264": {"preset": "ultrafast", "tune": "zerolatency", "crf": "27"},
    "libx265": {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": "30",
        "x265-params": "log-level=none:pools=1:frame-threads=1:repeat-headers=1:scenecut=0",
    },
    "nvenc": {"preset": "p2", "tune": "ull", "zerolatency": "1", "forced-idr": "1"},
    "qsv": {"preset": "veryfast", "async_depth": "1", "forced_idr": "1"},
    "vaapi": {"async_depth": "1"},
}


def open_encoder(name: str, width: int, height: int, fps: int, kbps: int) -> VideoCodecContext:
    """Raises av.FFmpegError, or ValueError for a name that this build lacks."""
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, TICKS), Fraction(fps)
    # Keyframes are asked for by time; should that ever fail, by number.
    encoder.gop_size, encoder.max_b_frames = fps * GOP_S * 2, 0
    # One thread: a camera is one of many, and slices of threads would cost more than they save.
    encoder.thread_count = 1
    software = name in _OPTIONS
    options = _OPTIONS.get(name) or _OPTIONS.get(name.partition("_")[2]) or {}
    ceiling = {"maxrate": f"{kbps}k", "bufsize": f"{2 * kbps}k"}
    if not software:
        encoder.bit_rate = kbps * 1_000
    encoder.options = {**options, **ceiling}
    encoder.open(strict=False)
    return encoder


def encode(
    encoder: VideoCodecContext, frame: av.VideoFrame, pts: int, *, keyframe: bool
) -> list[av.Packet[Any]]:
    """Encode a picture of the encoder's size at `pts`, in TICKS."""
    frame.pts, frame.time_base = pts, Fraction(1, TICKS)
    frame.pict_type = PictureType.I if keyframe else PictureType.NONE
    packets = encoder.encode(frame)
    for packet in packets:
        packet.time_base = Fraction(1, TICKS)
    return packets
