"""RTSP cameras for the tests: a GStreamer server that can be killed and come back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import infra.faults
from tests.servers.process import Server, answers

SCRIPT = Path(infra.faults.__file__).with_name("rtsp.py")
# Only Debian's own Python sees the package python3-gi.
PYTHON = Path("/usr/bin/python3")

Codec = Literal["h264", "h265"]
Audio = Literal["none", "aac", "mute"]

# The profile is named, else GStreamer settles on constrained baseline, which has no B-frames.
ENCODERS: Mapping[Codec, str] = {
    "h264": "x264enc speed-preset=ultrafast bitrate=800 key-int-max={gop} bframes={b_frames}"
    " b-adapt=false ! video/x-h264,profile=main ! h264parse ! rtph264pay config-interval=-1",
    "h265": "x265enc speed-preset=ultrafast bitrate=800 key-int-max={gop}"
    " option-string=bframes={b_frames} ! h265parse ! rtph265pay config-interval=-1",
}
# A mute track is declared, and its packets dropped by the server (`silence` in rtsp.py).
TRACKS: Mapping[Audio, str] = {
    "none": "",
    "aac": " audiotestsrc is-live=true wave=ticks ! audioconvert ! voaacenc bitrate=64000"
    " ! aacparse ! rtpmp4gpay name=pay1 pt=97",
    "mute": " audiotestsrc is-live=true ! audioconvert ! voaacenc ! aacparse"
    " ! identity name=mute ! rtpmp4gpay name=pay1 pt=97",
}


def drawn(
    *,
    codec: Codec = "h264",
    width: int = 640,
    height: int = 360,
    fps: int = 15,
    gop: int = 15,
    b_frames: int = 0,
    audio: Audio = "none",
) -> str:
    """A launch string: a moving ball, `gop` frames from keyframe to keyframe."""
    encoder = ENCODERS[codec].format(gop=gop, b_frames=b_frames)
    return (
        f"videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width={width},"
        f"height={height},framerate={fps}/1 ! {encoder} name=pay0 pt=96{TRACKS[audio]}"
    )


def file(path: Path) -> str:
    """A launch string: the H.264 video of an MP4, once, at its own pace."""
    return f'filesrc location="{path}" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96'


@dataclass(frozen=True)
class RtspServer:
    """A running server; `kill` and `start` again keep the port, as a camera's reboot would."""

    port: int
    server: Server = field(repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def url(self, path: str = "/camera") -> str:
        login = f"{self.user}:{self.password}@" if self.user else ""
        return f"rtsp://{login}127.0.0.1:{self.port}{path}"

    def start(self) -> None:
        self.server.start(lambda: answers(self.port), seconds=30)

    def stop(self) -> None:
        self.server.stop()

    def kill(self) -> None:
        self.server.kill()


def prepare(
    port: int, mounts: Mapping[str, str], folder: Path, user: str | None, password: str | None
) -> RtspServer:
    """A server, not yet started, with a launch string for each path."""
    asked = {"port": port, "mounts": dict(mounts), "user": user, "password": password}
    log = folder / f"rtsp-{port}.log"
    environment = {"PYTHONPATH": "", "GST_REGISTRY_FORK": "no"}
    server = Server([PYTHON, SCRIPT], log=log, stdin=json.dumps(asked), environment=environment)
    return RtspServer(port, server, user, password)
