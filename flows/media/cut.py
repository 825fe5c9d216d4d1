"""A stretch of a video file as a file of its own, by stream copy."""

from __future__ import annotations

import os
from pathlib import Path

import av
import av.container
import av.stream

from flows.media.opening import bad, opened, video

_HEVC_TAG = "hvc1"  # what players that know HEVC look for


def cut(source: Path, start_ms: int, end_ms: int, target: Path) -> None:
    """Writes an MP4 from the last keyframe at or before `start_ms` up to `end_ms`.

    Times are ms from the first picture; nothing is encoded anew, sound comes along where MP4
    can hold it. The file takes its name when it is whole, and replaces one of that name. Raises
    BadMedia.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        with opened(source) as container, _written(part) as out:
            _copy(container, out, source, start_ms, end_ms)
        os.replace(part, target)  # noqa: PTH105  says that it replaces
    except av.error.FFmpegError as error:
        raise bad(f"can't be cut: {error.strerror}", source) from None
    finally:
        part.unlink(missing_ok=True)


def _written(path: Path) -> av.container.OutputContainer:
    # Beginning at zero: a player would wait through what was cut away else.
    options = {"movflags": "+faststart", "avoid_negative_ts": "make_zero"}
    return av.open(str(path), "w", format="mp4", options=options)


def _copy(
    container: av.container.InputContainer,
    out: av.container.OutputContainer,
    source: Path,
    start_ms: int,
    end_ms: int,
) -> None:
    picture = video(container, source)
    streams = [picture, *container.streams.audio[:1]]
    copies = {one.index: _like(out, one) for one in streams if one.codec_context}
    begin = picture.start_time or 0
    base = float(picture.time_base or 0.001)
    container.seek(begin + round(start_ms / 1000 / base), stream=picture, backward=True)
    until_s = begin * base + end_ms / 1000
    for packet in container.demux(streams):
        if packet.dts is None or packet.pts is None:
            continue
        if packet.stream is picture and packet.pts * base > until_s:
            break
        packet.stream = copies[packet.stream_index]
        out.mux(packet)


def _like(out: av.container.OutputContainer, stream: av.stream.Stream) -> av.stream.Stream:
    copy = out.add_stream_from_template(stream)
    if copy.codec_context.name == "hevc":
        copy.codec_context.codec_tag = _HEVC_TAG
    return copy
