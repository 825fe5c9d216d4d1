"""Opens a camera for a moment: what it sends, and one picture; or why not, in words.

In a process of its own (`python -m flows.media.trial`), since libraries may hang on a camera: it is
told on its standard input, where no other user looks, and killed when it takes too long.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field

from edge.camera.choose import camera_for
from edge.errors import CameraUnreachable, LivecamError, Retryable

SECONDS = 20.0
_LONGEST_SIDE = 640


@dataclass(frozen=True, slots=True)
class Tried:
    """A camera as it answered; `fps` is what it says of itself, None where it says nothing."""

    codec: str
    width: int
    height: int
    fps: float | None
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    source: str = field(repr=False)
    transport: str = "tcp"


def attempt(name: str, source: str, transport: str = "tcp", seconds: float = SECONDS) -> Tried:
    """What a source sends. Raises LivecamError saying why nothing comes of it."""
    camera_for(_Wanted(name, source, transport))  # what cannot be meant costs no process
    told = json.dumps({"name": name, "source": source, "transport": transport})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "flows.media.trial"],
            input=told,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        said = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        reason = f"nothing that can be shown came from it in {seconds:.0f} s"
        raise CameraUnreachable(reason, camera=name) from None
    except ValueError:
        raise CameraUnreachable("looking at it ended without a word", camera=name) from None
    if "trouble" in said:
        raise Retryable(said["trouble"], camera=name)
    return Tried(**{**said, "jpeg": base64.b64decode(said["jpeg"])})


def _look(wanted: _Wanted, until: float) -> Tried:
    import av

    from flows.media.still import jpeg

    feed = camera_for(wanted).open()
    try:
        video = feed.video
        decoder = av.CodecContext.create(video.codec_context.name, "r")
        if video.codec_context.extradata:
            decoder.extradata = video.codec_context.extradata
        for packet in feed.packets():
            if packet.stream.type != "video" or not packet.size:
                continue
            for frame in decoder.decode(packet):  # type: ignore[attr-defined]
                scale = min(1.0, _LONGEST_SIDE / max(frame.width, frame.height))
                size = round(frame.width * scale), round(frame.height * scale)
                small = frame.reformat(*size, format="bgr24").to_ndarray()
                rate = video.average_rate or video.guessed_rate
                fps = None if not rate else round(float(rate), 2)
                return Tried(decoder.name, frame.width, frame.height, fps, jpeg(small))
            if time.monotonic() > until:
                break
    finally:
        feed.close()
    raise CameraUnreachable("no picture of it can be decoded", camera=wanted.name)


def main() -> None:
    """The child: what it found, or its trouble, as JSON on standard output."""
    import av

    try:
        found = asdict(_look(_Wanted(**json.load(sys.stdin)), time.monotonic() + SECONDS))
        told = {**found, "jpeg": base64.b64encode(found["jpeg"]).decode()}
    except LivecamError as error:
        told = {"trouble": error.message}
    except av.FFmpegError:
        told = {"trouble": "what it sends cannot be decoded"}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
