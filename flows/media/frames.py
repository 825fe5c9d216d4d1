"""The pictures of a video file, one after another, in memory that does not grow."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import av
import av.container
import av.video.frame
import av.video.stream
import cv2
import numpy as np
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from flows.media.opening import Source, bad, check_size, opened, video

_DEFAULT_FPS = Fraction(25)
_MAX_STEP_MS = 60_000
_YUV420 = {"yuv420p", "yuvj420p"}
# Left, top, width and height in parts of the picture.
Part = tuple[float, float, float, float]
_WHOLE: Part = (0.0, 0.0, 1.0, 1.0)
_LUMA_FIRST = _YUV420 | {"yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"}


@dataclass(slots=True)
class Tally:
    """What a pass met: frames in the file as far as read, decoded, and lost to damage."""

    frames: int = 0
    decoded: int = 0
    damaged: int = 0


@dataclass(slots=True)
class Picture:
    """A decoded picture, `at_ms` after the file's first one; pixels are made when asked for."""

    at_ms: int
    frame: av.video.frame.VideoFrame
    keyframe: bool

    def bgr(self, width: int | None = None) -> NDArray[np.uint8]:
        """H×W×3, blue first, upright, at most `width` pixels wide."""
        frame, scale = self.frame, self._scale(width)
        size = _even(frame.width * scale), _even(frame.height * scale)
        if scale < 1 and frame.format.name in _YUV420:
            return self._upright(_bgr_of_planes(frame, size))
        small = frame.reformat(*size, "bgr24", interpolation="BILINEAR")
        return self._upright(np.asarray(small.to_ndarray(), np.uint8))

    def grey(self, width: int | None = None, part: Part = _WHOLE) -> NDArray[np.uint8]:
        """H×W of brightness, upright, of a part of the picture; with `width` about so wide.

        That is up to a quarter wider where halving the picture leads there, and never larger
        than it is.
        """
        luma = _luma(self.frame)
        if self._turns():
            luma = self._upright(luma)
        if part != _WHOLE:
            luma = _cut(luma, part)
        return np.ascontiguousarray(shrunk(luma, width) if width else luma)

    def _turns(self) -> int:
        return round(self.frame.rotation / 90) % 4

    def _scale(self, width: int | None) -> float:
        across = self.frame.height if self._turns() % 2 else self.frame.width
        return min(1.0, width / across) if width else 1.0

    def _upright(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(np.rot90(pixels, self._turns()))


def _luma(frame: av.video.frame.VideoFrame) -> NDArray[np.uint8]:
    """The brightness plane as it lies in memory; a conversion costs as much as decoding."""
    if frame.format.name not in _LUMA_FIRST:
        return np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8)
    return _plane(frame.planes[0])


def _cut(luma: NDArray[np.uint8], part: Part) -> NDArray[np.uint8]:
    height, width = luma.shape
    x, y, w, h = part
    left, top = min(int(x * width), width - 1), min(int(y * height), height - 1)
    right, bottom = max(round((x + w) * width), left + 1), max(round((y + h) * height), top + 1)
    return luma[top:bottom, left:right]


def shrunk(luma: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """A picture about `width` wide, averaged over areas: of single pixels noise survives."""
    # Halving is thirty times as fast as any other factor.
    while luma.shape[1] >= 2 * width and luma.shape[0] >= 2:
        height, across = luma.shape[0] // 2, luma.shape[1] // 2
        luma = _averaged(luma[: 2 * height, : 2 * across], across, height)
    if luma.shape[1] > 1.25 * width:
        luma = _averaged(luma, width, max(1, round(luma.shape[0] * width / luma.shape[1])))
    return luma


def _averaged(luma: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _plane(plane: VideoPlane) -> NDArray[np.uint8]:
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return np.asarray(rows[: plane.height, : plane.width])


def _bgr_of_planes(frame: av.video.frame.VideoFrame, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Shrinks brightness and colour apart, then mixes: a fifth of the cost of the reverse."""
    width, height = size
    half = width // 2, height // 2
    planes = [_plane(plane) for plane in frame.planes]
    sizes = (size, half, half)
    small = [
        cv2.resize(plane, to, interpolation=cv2.INTER_LINEAR)
        for plane, to in zip(planes, sizes, strict=True)
    ]
    yuv = np.concatenate([part.reshape(-1) for part in small]).reshape(height * 3 // 2, width)
    return np.asarray(cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR_I420), np.uint8)


def _even(side: float) -> int:
    return max(2, round(side / 2) * 2)


@dataclass(slots=True)
class _Times:
    """Turns presentation times into ms that only go forward, whatever the file claims."""

    time_base: Fraction
    nominal: Fraction
    offset: Fraction | None = None
    last: Fraction = field(default_factory=lambda: Fraction(0))

    def of(self, pts: int | None) -> int:
        if self.offset is None:
            self.offset = -(pts or 0) * self.time_base
            return 0
        step = self.nominal if pts is None else pts * self.time_base + self.offset - self.last
        if step <= 0 or step * 1000 > _MAX_STEP_MS:
            # A camera whose clock was set: go on by one frame from where we are.
            self.offset += self.nominal - step
            step = self.nominal
        self.last += step
        return round(self.last * 1000)


def pictures(source: Source, tally: Tally | None = None) -> Iterator[Picture]:
    """Every picture of a file or its bytes, in the order they are shown.

    Frames that fail to decode are skipped and counted in `tally`; a torn file ends where
    it is torn. Raises BadMedia when the file is no video, is over 8192 px a side, or not
    one picture comes out. Holds one picture at a time.
    """
    tally = tally or Tally()
    with opened(source) as container:
        stream = video(container, source)
        times = _Times(stream.time_base or Fraction(1, 1000), _nominal(stream))
        for frame in _decoded(container, stream, tally):
            check_size(frame.width, frame.height, source)
            yield Picture(times.of(frame.pts), frame, bool(frame.key_frame))
    if not tally.decoded:
        raise bad("not one picture in it can be decoded", source)


def _nominal(stream: av.video.stream.VideoStream) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate or _DEFAULT_FPS
    return 1 / rate if 0 < rate <= 1000 else 1 / _DEFAULT_FPS


def _decoded(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, tally: Tally
) -> Iterator[av.video.frame.VideoFrame]:
    for packet in _packets(container, stream, tally):
        tally.frames += packet.size > 0
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            tally.damaged += 1
            continue
        for frame in frames:
            if isinstance(frame, av.video.frame.VideoFrame):
                tally.decoded += 1
                yield frame


def _packets(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, tally: Tally
) -> Iterator["av.Packet[av.video.stream.VideoStream]"]:
    try:
        yield from container.demux(stream)
    except av.error.FFmpegError:
        tally.damaged += 1  # torn in the middle: what came before stands
