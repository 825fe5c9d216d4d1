"""Numbered footage in a catalogue: every picture tells its own time and frame number.

Drawn here with `edge.camera.blocks` and muxed with the writer's flags, so that a page's test
needs neither recorder nor analysis.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from edge import mp4
from edge.camera import blocks
from edge.clock import to_day, to_utc
from edge.segment import Fragment, Gap, Segment
from flows.catalogue import delta, facts
from flows.catalogue.schema import ANALYSES, EVENTS, GAPS, MOTION, SEGMENTS, Table
from flows.site import Site
from flows.store import FOOTAGE

FPS = 10
SIZE = (320, 180)
FLAGS = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets",
    "frag_duration": "1000000",
    "fflags": "+bitexact",
}


def movie(
    camera: str,
    start_ms: int,
    seconds: float,
    *,
    codec: str = "libx264",
    gop: int = FPS,
    b_frames: int = 0,
    sound: bool = False,
) -> bytes:
    """A fragmented MP4; frame numbers count tenths of a second since the epoch."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4", options=FLAGS) as container:
        video = _video(container, codec, gop, b_frames)
        audio = container.add_stream("aac", rate=48_000) if sound else None
        for number in range(round(seconds * FPS)):
            container.mux(video.encode(_picture(camera, start_ms, number)))
            if isinstance(audio, AudioStream):
                for frame in _silence(number):
                    container.mux(audio.encode(frame))
        for stream in (video, audio) if isinstance(audio, AudioStream) else (video,):
            container.mux(stream.encode(None))
    return target.getvalue()


def _video(
    container: av.container.OutputContainer, codec: str, gop: int, b_frames: int
) -> VideoStream:
    stream = container.add_stream(codec, rate=FPS)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = SIZE
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, 90_000)
    stream.gop_size = gop
    stream.options = {"preset": "ultrafast", "bf": str(b_frames), "crf": "20"}
    if codec == "libx265":
        stream.codec_context.codec_tag = "hvc1"
        stream.options = {"preset": "ultrafast", "x265-params": "log-level=none"}
    else:
        stream.options |= {"x264-params": f"keyint={gop}:scenecut=0"}
    return stream


def _picture(camera: str, start_ms: int, number: int) -> av.VideoFrame:
    at_ms = start_ms + number * 1_000 // FPS
    luma = np.full((SIZE[1] * 3 // 2, SIZE[0]), 128, np.uint8)
    luma[SIZE[1] // 2 : SIZE[1], (number * 4) % SIZE[0] :][:, :40] = 200
    blocks.draw(luma[: SIZE[1]], camera, at_ms, at_ms * FPS // 1_000)
    frame = av.VideoFrame.from_ndarray(luma, format="yuv420p")
    frame.pts, frame.time_base = number * 90_000 // FPS, Fraction(1, 90_000)
    return frame


def _silence(number: int) -> Iterator[av.AudioFrame]:
    samples = 48_000 // FPS
    frame = av.AudioFrame.from_ndarray(np.zeros((1, samples), np.float32), "fltp", "mono")
    frame.sample_rate, frame.pts = 48_000, number * samples
    frame.time_base = Fraction(1, 48_000)
    yield frame


def segment(data: bytes, camera: str, start_ms: int, media_ms: int) -> Segment:
    """What the recorder would say of these bytes."""
    size = mp4.unit_size(data)
    init = mp4.read_init(data[:size])
    return Segment(
        camera=camera,
        node="local",
        start_ms=start_ms,
        media_ms=media_ms,
        wall_ms=media_ms,
        size_bytes=len(data),
        sha256=sha256(data).hexdigest(),
        codec=init.codec,
        mime_codecs=init.mime_codecs,
        width=init.width,
        height=init.height,
        fps=FPS,
        audio=init.audio,
        time_scale=init.time_scale,
        fragments=tuple(_fragments(data, size, init.video_track)),
    )


def _fragments(data: bytes, offset: int, track: int) -> Iterator[Fragment]:
    while offset < len(data) and (size := mp4.unit_size(data[offset:])):
        unit = data[offset : offset + size]
        if run := mp4.read_run(unit, track):
            yield Fragment(offset, size, run.pts, run.keyframe, zlib.crc32(unit))
        offset += size


def store(site: Site, camera: str, start_ms: int, seconds: float, **how: object) -> Segment:
    """Draw a segment, put it into the store and the catalogue."""
    data = movie(camera, start_ms, seconds, **how)  # type: ignore[arg-type]
    made = segment(data, camera, start_ms, round(seconds * 1_000))
    site.store.create(FOOTAGE, made.key, data, sha256=made.sha256, content_type="video/mp4")
    told = site.store.head(FOOTAGE, made.key)
    fact = facts.stored(made, version_id=told.version_id, received_ms=told.received_ms)
    _insert(site, SEGMENTS, facts.segment_row(fact))
    return made


def gap(site: Site, told: Gap) -> None:
    """Put a gap into the catalogue."""
    _insert(site, GAPS, facts.gap_row(facts.missed(told)))


def event(site: Site, of: Segment, start_ms: int, end_ms: int, score: float = 0.9) -> str:
    """Put a person into the catalogue; answers the event's id."""
    row = {
        "id": f"{of.camera}_person_{start_ms}",
        "camera": of.camera,
        "label": "person",
        "start_utc": to_utc(start_ms),
        "end_utc": to_utc(end_ms),
        "score": score,
        "count": 1,
        "segment_id": of.id,
        "best_utc": to_utc(start_ms),
        **dict.fromkeys("xywh", 0.25),
        "day": to_day(start_ms),
    }
    _insert(site, EVENTS, row)
    return str(row["id"])


def analysed(site: Site, of: Segment) -> None:
    """Put into the catalogue that a segment needed no look: it keeps no picture."""
    row = {
        "id": f"{of.id}/hog",
        "segment_id": of.id,
        "camera": of.camera,
        "start_utc": to_utc(of.start_ms),
        "end_utc": to_utc(of.end_ms),
        "decoded_frames": 0,
        "day": to_day(of.start_ms),
    }
    _insert(site, ANALYSES, row)


def motion(site: Site, of: Segment, start_ms: int, end_ms: int) -> None:
    """Put a movement into the catalogue."""
    row = {
        "id": f"{of.id}/motion/{start_ms}",
        "segment_id": of.id,
        "camera": of.camera,
        "start_utc": to_utc(start_ms),
        "end_utc": to_utc(end_ms),
        "score": 0.5,
        "day": to_day(start_ms),
    }
    _insert(site, MOTION, row)


def _insert(site: Site, table: Table, row: dict[str, object]) -> None:
    delta.insert(delta.open_table(site.store, table), table, delta.frame(table, [row]))


def day(site: Site, camera: str, start_ms: int) -> None:
    """A day's rows of 30 s, of footage that is not there."""
    one = segment(movie(camera, start_ms, 30), camera, start_ms, 30_000)
    rows = []
    for number in range(2_880):
        made = one.model_copy(
            update={"start_ms": start_ms + number * 30_000, "sha256": f"{number:064x}"[::-1]}
        )
        fact = facts.stored(made, version_id="", received_ms=made.end_ms)
        rows.append(facts.segment_row(fact))
    opened = delta.open_table(site.store, SEGMENTS)
    delta.insert(opened, SEGMENTS, delta.frame(SEGMENTS, rows))


def mark_of(jpeg: bytes) -> blocks.Mark | None:
    """What the numbered picture of a JPEG tells."""
    with av.open(io.BytesIO(jpeg), "r") as container:
        frame = next(container.decode(video=0))
        return blocks.read(frame.to_ndarray(format="bgr24").astype(np.uint8))
