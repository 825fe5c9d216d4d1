"""Files into segments, by stream copy: cut at keyframes, every packet as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition

from edge.camera.allowed import FILE
from edge.errors import BadMedia
from edge.segment import Origin, Segment
from edge.spool import Recording, Spool
from edge.timeline import Timeline

CODECS = ("h264", "hevc")
LARGEST_BYTES = 4 << 30  # below the 5 GiB that one PUT takes
# A container's own duration is rounded; less than this is nothing lost.
_ROUNDING_MS = 1_000

Covered = Callable[[int, int], bool]


@dataclass(frozen=True, slots=True)
class Imported:
    """One stretch of a file and what became of it: a segment, or a reason for none."""

    file: Path
    start_ms: int
    end_ms: int
    segment: Segment | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A file, or the rest of one, that could not be imported."""

    file: Path
    error: BadMedia


@dataclass(slots=True)
class Report:
    """All that `import_files` did, in order; `end_ms` is where a further file would begin."""

    end_ms: int
    imported: list[Imported] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def import_files(
    spool: Spool,
    files: list[Path],
    camera: str,
    start_ms: int,
    segment_ms: int,
    covered: Covered,
    tell: Callable[[Imported | Refused], None] = lambda _: None,
) -> Report:
    """Cut files, which follow one another in time from `start_ms`, into sealed segments.

    A segment ends at the first keyframe at or after a wall-clock multiple of `segment_ms`.
    Stretches that `covered(start_ms, end_ms)` or the spool has are skipped. A file that is not
    footage is refused, and the next goes on where the last one ended. The same files at the same
    time give the same segments, byte for byte. `tell` hears of each as it happens.

    Raises SpoolFull; what is sealed by then stays.
    """
    report = Report(end_ms=start_ms)

    def has(start: int, end: int) -> bool:
        return spool.covers(camera, start, end) or covered(start, end)

    with spool.lock(camera, Origin.IMPORTED):
        spool.recover(camera, Origin.IMPORTED)
        for file in files:
            one = _FileImport(spool, file, camera, report.end_ms, segment_ms, has)
            try:
                for item in one.run():
                    report.imported.append(item)
                    tell(item)
            except BadMedia as error:
                report.refused.append(Refused(file, error))
                tell(report.refused[-1])
            report.end_ms = one.end_ms
    return report


class _FileImport:
    """One file's way into the spool; `end_ms` is up to when it has come."""

    def __init__(
        self,
        spool: Spool,
        file: Path,
        camera: str,
        start_ms: int,
        segment_ms: int,
        has: Covered,
    ) -> None:
        self.end_ms = start_ms
        self._spool = spool
        self._file = file
        self._camera = camera
        self._start_ms = start_ms
        self._segment_ms = segment_ms
        self._has = has
        self._recording: Recording | None = None

    def run(self) -> Iterator[Imported]:
        """Yield each stretch as it is sealed or skipped. Raises BadMedia naming the file."""
        with ExitStack() as stack:
            container = stack.enter_context(open_media(self._file))
            stack.callback(self._give_up)
            video, audio = streams_of(container, self._file)
            try:
                yield from self._copy(container, video, audio)
            except BadMedia:
                yield from self._seal(None)  # what is whole before it
                raise
            if self._recording is None:
                raise self._bad("holds no keyframe")
            yield from self._seal(None)
            self._check_end(container)

    def _copy(
        self, container: InputContainer, video: av.VideoStream, audio: av.AudioStream | None
    ) -> Iterator[Imported]:
        timeline = Timeline(video)
        for packet in _packets(container, video, audio, self._file):
            if packet.stream_index == video.index:
                timeline.place(packet)
                at_ms = self._start_ms + _ms(packet.pts, packet)
                if packet.is_keyframe and self._is_due(at_ms, packet):
                    yield from self._seal(at_ms)
                    self._begin(at_ms, video, audio)
                self.end_ms = max(self.end_ms, at_ms + _ms(packet.duration, packet))
            elif packet.pts is not None:
                packet.pts -= timeline.base_in(packet.time_base)
            self._write(packet)

    def _is_due(self, at_ms: int, keyframe: av.Packet[Any]) -> bool:
        """Whether a segment begins here: at the first, at a multiple, with new parameters."""
        if self._recording is None:
            return True
        began_ms = self._recording.header.start_ms
        late = at_ms // self._segment_ms > began_ms // self._segment_ms
        return late or not self._recording.fits(keyframe)

    def _begin(self, start_ms: int, video: av.VideoStream, audio: av.AudioStream | None) -> None:
        self._recording = self._spool.begin(
            self._camera,
            start_ms=start_ms,
            monotonic_ms=0,
            source="import",
            video=video,
            audio=audio,
            origin=Origin.IMPORTED,
        )

    def _write(self, packet: av.Packet[Any]) -> None:
        if self._recording is None:
            return  # nothing can be shown of what precedes the first keyframe
        if packet.is_keyframe and packet.has_sidedata("new_extradata"):
            raise self._bad("changes its parameter sets midway, which a copy cannot follow")
        if self._recording.size_bytes > LARGEST_BYTES:
            raise self._bad("has no keyframe for 4 GiB")
        self._recording.write(packet)

    def _seal(self, next_ms: int | None) -> Iterator[Imported]:
        recording, self._recording = self._recording, None
        if recording is None:
            return
        start_ms = recording.header.start_ms
        end_ms = self.end_ms if next_ms is None else next_ms
        if self._has(start_ms, end_ms):
            recording.abandon()
            yield Imported(self._file, start_ms, end_ms, skipped="already covered")
        else:
            segment = recording.seal(end_ms - start_ms)
            yield Imported(self._file, start_ms, end_ms, segment=segment)

    def _give_up(self) -> None:
        if self._recording is not None:
            self._recording.abandon()

    def _check_end(self, container: InputContainer) -> None:
        """Say how much of a torn file is missing: what is whole was imported."""
        promised_ms = (container.duration or 0) // 1000
        lost_ms = self._start_ms + promised_ms - self.end_ms
        if lost_ms > _ROUNDING_MS:
            lost = f"its last {lost_ms / 1000:.1f} s cannot be read"
            raise self._bad(f"is torn: {lost}; what is whole was imported")

    def _bad(self, what: str) -> BadMedia:
        return BadMedia(f"{self._file} {what}", camera=self._camera, path=self._file)


def open_media(file: Path) -> InputContainer:
    """Open a media file. Raises BadMedia naming it."""
    try:
        # An absolute path with its protocol: a name like `concat:x` is a file here.
        return av.open(f"file:{file.absolute()}", options=FILE)
    except FileNotFoundError:
        raise BadMedia(f"{file} does not exist", path=file) from None
    except (av.FFmpegError, OSError) as error:
        raise BadMedia(
            f"{file} is not footage that can be read: {error.strerror}",
            path=file,
            hint="An MP4 that was never finished may be mended where it was made",
        ) from None


def streams_of(
    container: InputContainer, file: Path
) -> tuple[av.VideoStream, av.AudioStream | None]:
    """The file's video and, where it has one, its sound. Raises BadMedia naming the file."""
    pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not pictures:
        raise BadMedia(f"{file} holds no video", path=file)
    video = pictures[0]
    codec = video.codec_context.name if video.codec_context else "unknown"
    if codec not in CODECS:
        raise BadMedia(
            f"{file} holds {codec} video; only H.264 and H.265 are kept as they are",
            path=file,
            hint="Convert it first, for example with ffmpeg -c:v libx264",
        )
    if not video.width or not video.height:
        raise BadMedia(f"{file} says nothing of its picture's size", path=file)
    return video, next(iter(container.streams.audio), None)


def _packets(
    container: InputContainer,
    video: av.VideoStream,
    audio: av.AudioStream | None,
    file: Path,
) -> Iterator[av.Packet[Any]]:
    """What can be read, in decode order, up to where the file is torn.

    A doubtful packet is one cut short if none of its stream follows. If one does, counters
    jumped (recordings that were joined), and it is as whole as the rest.
    """
    chosen = [video] if audio is None else [video, audio]
    doubtful: dict[int, av.Packet[Any]] = {}
    try:
        for packet in container.demux(*chosen):
            if not packet.size:
                continue
            if before := doubtful.pop(packet.stream_index, None):
                yield before
            if packet.is_corrupt:
                doubtful[packet.stream_index] = packet
            else:
                yield packet
    except av.FFmpegError as error:
        raise BadMedia(
            f"{file} cannot be read to its end: {error.strerror}; what is whole was imported",
            path=file,
        ) from None


def _ms(ticks: int | None, packet: av.Packet[Any]) -> int:
    return round((ticks or 0) * packet.time_base * 1000)
