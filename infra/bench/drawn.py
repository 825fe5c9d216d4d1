"""Drawn cameras behind RTSP: what their pictures tell of time is of now.

`python -m infra.bench.drawn NAME PORT OPTIONS` sends one's packets as RTP to a local port, from
where the RTSP server takes them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import av

from edge.camera.scene import SceneCamera
from edge.clock import SystemClock
from edge.errors import MissingPart
from infra.bench.streams import SERVER, SYSTEM_PYTHON
from infra.stack.ports import Ports, is_free
from infra.waiting import wait_until

_CAPS = "application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=96"
# Loopback loses what does not fit the receiver's buffer.
_LAUNCH = (
    'udpsrc address=127.0.0.1 port={} buffer-size=4194304 caps="' + _CAPS + '"'
    " ! rtph264depay ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"
)


def launch(port: int) -> str:
    """What the RTSP server does for a camera that is sent to that port."""
    return _LAUNCH.format(port)


@contextmanager
def cameras(names: Sequence[str], options: str, folder: Path) -> Iterator[dict[str, str]]:
    """Cameras that are drawn now, each a process; their addresses."""
    if not SYSTEM_PYTHON.exists():
        raise MissingPart("there is no GStreamer RTSP server here", hint="make bench installs it")
    with closing(Ports()) as ports, (folder / "rtsp.log").open("wb") as log:
        port, sent = ports.free(8554), {name: ports.free(15_000) for name in names}
        mounts = {f"/{name}": launch(at) for name, at in sent.items()}
        asked = {"port": port, "mounts": mounts, "user": None, "password": None}
        server = subprocess.Popen(
            [SYSTEM_PYTHON, SERVER], stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        assert server.stdin is not None
        with sending(sent, options), server.stdin as pipe:
            pipe.write(json.dumps(asked).encode())
            pipe.close()
            try:
                wait_until(lambda: not is_free(port), what="the RTSP server")
                yield {name: f"rtsp://127.0.0.1:{port}/{name}" for name in names}
            finally:
                server.kill()
                server.wait()


@contextmanager
def sending(ports: Mapping[str, int], options: str) -> Iterator[None]:
    """Draw a camera for each name until the body ends, a process each."""
    with ExitStack() as stack:
        for name, port in ports.items():
            words = ["-m", "infra.bench.drawn", name, str(port), options]
            child = subprocess.Popen([sys.executable, *words], stdin=subprocess.DEVNULL)
            stack.callback(_end, child)
        yield


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def send(name: str, port: int, options: str) -> None:
    """Draw until killed."""
    feed = SceneCamera(name, options, SystemClock()).open()
    with av.open(f"rtp://127.0.0.1:{port}?pkt_size=1400", "w", format="rtp") as out:
        stream = out.add_stream_from_template(feed.video, opaque=True)
        for packet in feed.packets():
            packet.stream = stream
            out.mux_one(packet)


if __name__ == "__main__":
    send(sys.argv[1], int(sys.argv[2]), sys.argv[3])
