"""RTSP cameras for a torture: GStreamer's server, which draws what they see."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from edge.errors import MissingPart
from infra.stack.ports import Ports, is_free
from infra.waiting import wait_until

SCRIPT = Path(__file__).with_name("rtsp.py")
# Only the distribution's own Python sees its package python3-gi.
SYSTEM_PYTHON = Path("/usr/bin/python3")
_DRAWN = (
    "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=176,"
    "framerate=15/1 ! x264enc speed-preset=ultrafast bitrate=800 key-int-max={gop} bframes=0"
    " ! video/x-h264,profile=main ! h264parse ! rtph264pay config-interval=-1 name=pay0 pt=96"
)
_GOPS = {"short": 15, "long": 120}  # in frames


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, str]]:
    """Addresses of two cameras, with a keyframe each second and each eight."""
    if not SYSTEM_PYTHON.exists():
        raise MissingPart("there is no GStreamer RTSP server here", hint="make torture installs it")
    with closing(Ports()) as ports, (folder / "rtsp.log").open("wb") as log:
        port = ports.free(8554)
        mounts = {f"/{name}": _DRAWN.format(gop=gop) for name, gop in _GOPS.items()}
        asked = {"port": port, "mounts": mounts, "user": None, "password": None}
        server = subprocess.Popen(
            [SYSTEM_PYTHON, SCRIPT], stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        assert server.stdin is not None
        server.stdin.write(json.dumps(asked).encode())
        server.stdin.close()
        try:
            wait_until(lambda: not is_free(port), what="the RTSP server")
            yield {name: f"rtsp://127.0.0.1:{port}/{name}" for name in _GOPS}
        finally:
            server.kill()
            server.wait()
