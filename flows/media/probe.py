"""The facts of a video file, read from its packets without decoding any."""

from dataclasses import dataclass
from fractions import Fraction

import av
import av.container
import av.video.stream

from flows.media.opening import Source, bad, opened, video


@dataclass(frozen=True, slots=True)
class Facts:
    """`keyframes_ms` and `duration_ms` count from the first picture shown; no audio is None.

    `torn` says that reading stopped at damage before the file's end.
    """

    codec: str
    width: int
    height: int
    fps: float
    duration_ms: int
    keyframes_ms: tuple[int, ...]
    audio_codec: str | None
    packets: int
    torn: bool


@dataclass(slots=True)
class _Walk:
    """Sums over the packets; presentation times in the stream's own units."""

    packets: int = 0
    first: int | None = None
    last: int = 0
    end: int = 0
    keys: tuple[int, ...] = ()
    torn: bool = False

    def add(self, packet: "av.Packet[av.video.stream.VideoStream]") -> None:
        self.packets += 1
        pts = packet.pts if packet.pts is not None else packet.dts
        if pts is None:
            return
        self.first = pts if self.first is None else min(self.first, pts)
        self.last = max(self.last, pts)
        self.end = max(self.end, pts + (packet.duration or 0))
        if packet.is_keyframe:
            self.keys += (pts,)


def probe(source: Source) -> Facts:
    """The facts of a file or its bytes; BadMedia saying what is wrong where it is no video."""
    with opened(source) as container:
        stream = video(container, source)
        walk = _walked(container, stream)
        if not walk.packets:
            raise bad("a video stream without one picture", source)
        return _facts(container, stream, walk)


def _walked(container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> _Walk:
    walk = _Walk()
    try:
        for packet in container.demux(stream):
            if packet.size:
                walk.add(packet)
    except av.error.FFmpegError:
        walk.torn = True
    return walk


def _facts(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, walk: _Walk
) -> Facts:
    base = stream.time_base or Fraction(1, 1000)
    first = walk.first or 0
    audio = container.streams.audio
    return Facts(
        codec=stream.codec_context.name,
        width=stream.width,
        height=stream.height,
        fps=_fps(stream, walk, base),
        duration_ms=round((walk.end - first) * base * 1000),
        keyframes_ms=tuple(sorted(round((key - first) * base * 1000) for key in walk.keys)),
        audio_codec=audio[0].codec_context.name if audio else None,
        packets=walk.packets,
        torn=walk.torn,
    )


def _fps(stream: av.video.stream.VideoStream, walk: _Walk, base: Fraction) -> float:
    """Pictures a second over the whole file; the header's claim where there is only one."""
    span = (walk.last - (walk.first or 0)) * base
    if walk.packets > 1 and span > 0:
        return round(float((walk.packets - 1) / span), 3)
    return float(stream.average_rate or 0)
