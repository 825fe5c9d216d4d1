"""RTSP cameras for a measurement: a file that was encoded before, served at its own pace."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

import infra.faults
from edge.errors import MissingPart
from infra.stack.ports import Ports, is_free
from infra.waiting import wait_until

WIDTH, HEIGHT, FPS = 1920, 1080, 30
# Only the distribution's own Python sees its package python3-gi.
SYSTEM_PYTHON = Path("/usr/bin/python3")
SERVER = Path(infra.faults.__file__).with_name("rtsp.py")
_LAUNCH = 'filesrc location="{}" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96'


def encode(path: Path, seconds: int) -> Path:
    """Pictures that no other foretells: at 4.6 Mbit/s, none empty and none like another."""
    return write(path, _pictures(seconds * FPS), (WIDTH, HEIGHT), FPS, keyframe_s=2, qp=42)


def write(
    path: Path,
    pictures: Iterable[npt.NDArray[np.uint8]],
    size: tuple[int, int],
    fps: int,
    *,
    keyframe_s: int,
    qp: int,
) -> Path:
    """An H.264 file of pictures as planar YUV 4:2:0 (H * 3 / 2, W)."""
    options = {"preset": "ultrafast", "g": str(keyframe_s * fps), "qp": str(qp)}
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height = size
        stream.time_base = Fraction(1, fps)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def _pictures(count: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Two fields of noise that move against each other: alike only after 64 * 61 pictures."""
    noise = np.random.default_rng(1).integers(47, 81, (HEIGHT * 3 // 2 + 64, WIDTH), np.uint8)
    rows = HEIGHT * 3 // 2
    for number in range(count):
        down, up = number % 64, 60 - number % 61
        yield noise[down : down + rows] + noise[up : up + rows, ::-1]


@contextmanager
def serving(clip: Path, cameras: int, log: Path) -> Iterator[list[str]]:
    """The cameras' addresses; each plays the clip from when it is first asked for."""
    if not SYSTEM_PYTHON.exists():
        raise MissingPart("there is no GStreamer RTSP server here", hint="make bench installs it")
    with closing(Ports()) as ports, log.open("wb") as told:
        port = ports.free(8554)
        mounts = {f"/camera{n}": _LAUNCH.format(clip) for n in range(cameras)}
        asked = {"port": port, "mounts": mounts, "user": None, "password": None}
        server = subprocess.Popen(
            [SYSTEM_PYTHON, SERVER], stdin=subprocess.PIPE, stdout=told, stderr=told
        )
        assert server.stdin is not None
        server.stdin.write(json.dumps(asked).encode())
        server.stdin.close()
        try:
            wait_until(lambda: not is_free(port), what="the RTSP server")
            yield [f"rtsp://127.0.0.1:{port}/camera{n}" for n in range(cameras)]
        finally:
            server.kill()
            server.wait()
