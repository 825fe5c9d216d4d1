"""Footage drawn for the tests: a noisy yard, a walker, and files made of such pictures."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
WIDTH, HEIGHT, FPS = 640, 360, 10


def yard(seed: int = 0, noise: float = 2.0) -> Picture:
    """An empty yard, with sensor noise that differs from seed to seed."""
    picture = np.full((HEIGHT, WIDTH, 3), (150, 155, 150), np.float32)
    picture[: HEIGHT * 2 // 5] = (125, 120, 118)
    picture += np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def walker(
    picture: Picture, x: float, step: float, tall: int = 160, ground: float = 0.9
) -> Picture:
    """Draws a person of `tall` pixels, feet at `x` and `ground` (0…1), legs swung by `step`."""
    middle, foot, dark = int(x * WIDTH), int(HEIGHT * ground), (50, 45, 40)
    hip, neck = foot - tall * 48 // 100, foot - tall * 83 // 100
    swing = int(np.sin(step) * tall * 0.13)
    for side in (-1, 1):
        to = (middle + side * (swing + 6), foot)
        cv2.line(picture, (middle + side * 6, hip), to, dark, tall // 10, cv2.LINE_AA)
        hand = (middle + side * tall * 14 // 100 - side * swing // 2, hip + 4)
        cv2.line(
            picture,
            (middle + side * tall // 10, neck + 6),
            hand,
            (70, 60, 60),
            tall // 15,
            cv2.LINE_AA,
        )
    body = (middle, (hip + neck) // 2)
    cv2.ellipse(picture, body, (tall * 12 // 100, tall * 20 // 100), 0, 0, 360, (70, 60, 60), -1)
    head = (middle, foot - tall * 92 // 100)
    cv2.ellipse(picture, head, (tall * 6 // 100, tall * 8 // 100), 0, 0, 360, (140, 160, 190), -1)
    return picture


def visit(seconds: float) -> float | None:
    """Where the walker is: comes at 2 s, stands from 6 to 10 s, is gone at 14 s."""
    if 2 <= seconds < 6:
        return -0.08 + 0.58 * (seconds - 2) / 4
    if 6 <= seconds < 10:
        return 0.5
    return 0.5 + 0.58 * (seconds - 10) / 4 if 10 <= seconds < 14 else None


def scene(start_s: float, end_s: float) -> Iterable[Picture]:
    """The yard with its visitor, at FPS pictures a second."""
    for n in range(round(start_s * FPS), round(end_s * FPS)):
        picture, x = yard(n), visit(n / FPS)
        stepping = 0.4 if x == 0.5 else n / FPS * 6
        yield picture if x is None else walker(picture, x, stepping)


def film(
    path: Path,
    pictures: Iterable[Picture],
    *,
    codec: str = "libx264",
    times_ms: list[int] | None = None,
    gop: int = FPS,
    b_frames: int = 0,
) -> Path:
    """Writes an MP4 (or what the suffix says) of these pictures; at FPS unless told when."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=FPS)
        assert isinstance(stream, av.VideoStream)
        stream.pix_fmt, stream.codec_context.gop_size = "yuv420p", gop
        stream.codec_context.max_b_frames = b_frames
        stream.codec_context.time_base = Fraction(1, 1000)
        if codec.startswith("libx26"):
            stream.options = {"preset": "ultrafast", "x265-params": "log-level=none"}
        for n, picture in enumerate(pictures):
            if n == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
            frame.pts = times_ms[n] if times_ms else round(n * 1000 / FPS)
            frame.time_base = Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
