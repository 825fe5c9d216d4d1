"""Whether an encoder really works here: two seconds of pictures, encoded and decoded again.

`python -m edge.encode.prove NAME WIDTH HEIGHT FPS` prints why it does not, or nothing. Drivers
hang and crash, so those of hardware are tried in a process of their own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext

from edge.encode import SOFTWARE
from edge.encode.codec import TICKS, encode, open_encoder

SECONDS, PATIENCE_S = 2, 10.0
_KBPS = 4_000
_SMALL = (320, 176)
_FAR = 12.0  # of 255, on average: compressed is not the same, green is something else
# What an encoder cannot be without; a device that is not there need not be tried.
_NEEDS = {
    "v4l2m2m": ("dev/video*",),
    "nvenc": ("dev/nvidia*", "dev/dxg"),
    "vaapi": ("dev/dri/renderD*",),
    "qsv": ("dev/dri/renderD*",),
}


def why_not(name: str, width: int, height: int, fps: int, root: Path = Path("/")) -> str | None:
    """Why an encoder cannot be used for pictures of this size; None where it was seen to work."""
    if name not in av.codecs_available:
        return "not in this build of libav"
    needs = _NEEDS.get(name.partition("_")[2], ())
    if needs and not any(found for pattern in needs for found in root.glob(pattern)):
        return f"there is no /{' nor /'.join(needs)} here"
    if name in SOFTWARE.values():
        # The processor's do not depend on the size, which costs the more the larger it is.
        return try_out(name, *_SMALL, fps)
    return _try_apart([sys.executable, "-m", __name__, name, str(width), str(height), str(fps)])


def _try_apart(command: list[str], patience_s: float = PATIENCE_S) -> str | None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=patience_s, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it did not answer within {patience_s:.0f} s"
    if done.returncode:
        return f"it ended its process (status {done.returncode})"
    return done.stdout.strip() or None


def try_out(name: str, width: int, height: int, fps: int) -> str | None:
    """Encode, decode and compare, in this process."""
    try:
        return _compare(name, width, height, fps)
    except (av.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return f"it fails: {reason.lower()}"


def _compare(name: str, width: int, height: int, fps: int) -> str | None:
    encoder = open_encoder(name, width, height, fps, _KBPS)
    count, packets = SECONDS * fps, []
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(_picture(number, width, height), format="yuv420p")
        keyframe = number % fps == 0
        packets += encode(encoder, frame, number * TICKS // fps, keyframe=keyframe)
    packets += encoder.encode(None)
    if sum(packet.is_keyframe for packet in packets) < SECONDS:
        return "it makes no keyframe where one is asked for"
    decoder = av.CodecContext.create("hevc" if "hevc" in name or "265" in name else "h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    shown = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    if len(shown) != count:
        return f"of {count} pictures {len(shown)} came back"
    some = list(enumerate(shown))[:: fps // 3 or 1]
    worst = max(_differs(frame, number, width, height) for number, frame in some)
    return f"its pictures are not those that it was given ({worst:.0f})" if worst > _FAR else None


def _picture(number: int, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Stripes that wander, and a colour."""
    rows = np.arange(height)[:, None] // 16 + np.arange(width)[None, :] // 16 + number // 4
    luma = np.where(rows % 4 < 2, 70, 180)
    chroma = np.full((height // 2, width), 110)
    return np.concatenate([luma, chroma]).astype(np.uint8)


def _differs(frame: av.VideoFrame, number: int, width: int, height: int) -> float:
    if (frame.width, frame.height) != (width, height):
        return 255.0
    shown = frame.to_ndarray(format="yuv420p").astype(np.int16)
    return float(np.abs(shown - _picture(number, width, height)).mean())


if __name__ == "__main__":
    told = try_out(sys.argv[1], *(int(word) for word in sys.argv[2:5]))
    sys.stdout.write(told or "")
