"""record: six RTSP cameras recorded by Livecam and by ffmpeg, side by side on the same streams.

The streams are one 1080p15 file of about 4 Mbit/s, encoded here once and served over RTSP at its
own pace. CPU seconds of each side's whole process tree over the same stretch of time, once all
six record: what else the machine does then slows both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import yaml

import infra.faults
from edge.errors import MissingPart
from infra.bench import Goal, Row
from infra.stack import process
from infra.stack.ports import Ports, is_free

CAMERAS, MEASURED_S, WARM_UP_S = 6, 40, 5
WIDTH, HEIGHT, FPS, BITRATE = 1920, 1080, 15, 4_000_000
# Only the distribution's own Python sees its package python3-gi.
SYSTEM_PYTHON = Path("/usr/bin/python3")
SERVER = Path(infra.faults.__file__).with_name("rtsp.py")


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """One row: CPU seconds of MEASURED_S seconds of six cameras."""
    folder.mkdir(parents=True, exist_ok=True)
    say(f"encoding {WIDTH}x{HEIGHT} at {BITRATE / 1e6:g} Mbit/s")
    clip = _clip(folder / "camera.mp4", seconds=WARM_UP_S + MEASURED_S + 30)
    with _cameras(clip, folder) as urls:
        say(f"livecam and ffmpeg, {MEASURED_S} s")
        with (
            _running(_livecam(urls, folder), folder, "livecam", folder / "home" / "spool") as left,
            _running(_ffmpeg(urls, folder), folder, "ffmpeg", folder / "ffmpeg") as right,
        ):
            ours, peer = _measured(left, right)
    yield Row("record", ours, peer, "ffmpeg -c copy -f segment", "CPU-s", Goal(1.5, "ratio"))


def _clip(path: Path, seconds: int) -> Path:
    """Noise that moves, so that the encoder spends its bitrate as on a real scene."""
    noise = np.random.default_rng(1).integers(0, 256, (HEIGHT * 3 // 2 + 64, WIDTH), np.uint8)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": "30"})
        stream.width, stream.height, stream.bit_rate = WIDTH, HEIGHT, BITRATE
        stream.time_base = Fraction(1, FPS)
        for number in range(seconds * FPS):
            shift = number % 64
            picture = noise[shift : shift + HEIGHT * 3 // 2] // 8 + 64
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "yuv420p")
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@contextmanager
def _cameras(clip: Path, folder: Path) -> Iterator[list[str]]:
    """An RTSP server with a path a camera, ended with the block."""
    ports = Ports()
    port = ports.free(8554)
    launch = f'filesrc location="{clip}" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96'
    mounts = {f"/camera{n}": launch for n in range(CAMERAS)}
    asked = {"port": port, "mounts": mounts, "user": None, "password": None}
    if not SYSTEM_PYTHON.exists():
        raise MissingPart("there is no GStreamer RTSP server here", hint="make bench installs it")
    with (folder / "rtsp.log").open("wb") as log:
        server = subprocess.Popen(
            [SYSTEM_PYTHON, SERVER], stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        assert server.stdin is not None
        server.stdin.write(json.dumps(asked).encode())
        server.stdin.close()
        try:
            _until(lambda: not is_free(port), "the RTSP server")
            yield [f"rtsp://127.0.0.1:{port}/camera{n}" for n in range(CAMERAS)]
        finally:
            server.kill()
            server.wait()
            ports.close()


def _livecam(urls: Sequence[str], folder: Path) -> list[list[str]]:
    config = {"cameras": {f"camera{n}": {"source": url} for n, url in enumerate(urls)}}
    path = folder / "livecam.yaml"
    path.write_text(yaml.safe_dump(config))
    return [[sys.executable, "-m", "infra.cli", "--config", str(path), "record"]]


def _ffmpeg(urls: Sequence[str], folder: Path) -> list[list[str]]:
    target = folder / "ffmpeg"
    target.mkdir()
    words = ["ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp"]
    cut = ["-c", "copy", "-f", "segment", "-segment_time", "30", "-segment_atclocktime", "1"]
    cut += ["-reset_timestamps", "1"]
    return [[*words, "-i", url, *cut, str(target / f"{n}-%03d.mp4")] for n, url in enumerate(urls)]


@contextmanager
def _running(
    commands: list[list[str]], folder: Path, name: str, target: Path
) -> Iterator[list[int]]:
    """Process ids of commands that record all six cameras to `target`, ended with the block."""
    mark = f"bench-{folder}-{name}"
    environment = {"LIVECAM_HOME": str(folder / "home")}
    log = folder / f"{name}.log"
    started = [process.start(command, environment, log, mark) for command in commands]
    try:
        _until(lambda: _writing(target) >= CAMERAS, f"{name} (see {log})")
        yield [one.pid for one in started]
    finally:
        process.end([process.Target(mark)])
        for one in started:
            one.wait()


def _measured(*sides: Sequence[int]) -> list[float]:
    """CPU seconds of each side in MEASURED_S, from WARM_UP_S on."""
    time.sleep(WARM_UP_S)
    before = [_cpu_seconds(side) for side in sides]
    time.sleep(MEASURED_S)
    return [_cpu_seconds(side) - had for side, had in zip(sides, before, strict=True)]


def _writing(target: Path) -> int:
    files = [*target.rglob("*.mp4"), *target.rglob("*.part")]
    return len({file.name.partition("-")[0].partition("_")[0] for file in files if file.exists()})


def _cpu_seconds(pids: Sequence[int]) -> float:
    whole = [psutil.Process(pid) for pid in pids]
    whole += [child for one in whole for child in one.children(recursive=True)]
    return sum(sum(one.cpu_times()[:4]) for one in whole)


def _until(ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not start")
        time.sleep(0.1)
