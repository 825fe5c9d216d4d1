"""Packets to a fragmented MP4: hashed, checksummed and indexed as it is written, in one pass."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
from av.bitstream import BitStreamFilterContext
from av.container import OutputContainer

from edge import mp4
from edge.durable import disk_errors, full, write_all
from edge.errors import BadMedia, LivecamError
from edge.part import PartHeader, Unit, header_line, index_path, unit_line
from edge.segment import Fragment, Origin
from edge.timeline import Timeline

log = logging.getLogger(__name__)

SYNC_SECONDS = 2.5  # E4 allows 5 s: one interval, and one for a slow disk
# One Python call a fragment: the muxer hands over what fits this buffer at once.
_BUFFER_BYTES = 1 << 20
_OPTIONS = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets"
    "+frag_discont+skip_trailer",
    "frag_duration": "1000000",
    "use_editlist": "0",
    "avoid_negative_ts": "disabled",
    "fflags": "+bitexact",
    "flush_packets": "1",
    "max_interleave_delta": "200000",
}
_ALL_INTRA = {"min_frag_duration": "1000000"}


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file's facts, in the units of `Segment`."""

    sha256: str
    size_bytes: int
    media_ms: int
    fragments: tuple[Fragment, ...]
    init_bytes: int
    codec: str
    mime_codecs: str
    width: int
    height: int
    fps: float
    time_scale: int
    audio: str | None


class Facts:
    """Adds up what the units of a file tell, as they are written or read back."""

    def __init__(self) -> None:
        self.init: mp4.Init | None = None
        self.init_bytes = 0
        self.size_bytes = 0
        self.end_pts = 0
        self.frames = 0
        self.fragments: list[Fragment] = []
        self.sha256 = hashlib.sha256()

    def add(self, unit: bytes) -> Unit:
        """Take the next unit; answer its index entry. Raises BadMedia."""
        entry = Unit(self.size_bytes, len(unit), zlib.crc32(unit))
        if self.init is None:
            self.init = mp4.read_init(unit)
            self.init_bytes = len(unit)
        else:
            self._add_fragment(unit, entry, self.init)
        self.sha256.update(unit)
        self.size_bytes += len(unit)
        return entry

    def _add_fragment(self, unit: bytes, entry: Unit, init: mp4.Init) -> None:
        run = mp4.read_run(unit, init.video_track) or mp4.Run(self.end_pts, 0, 0, False)
        self.end_pts = max(self.end_pts, run.end_pts)
        self.frames += run.frames
        self.fragments.append(
            Fragment(entry.offset, entry.size, run.pts, run.keyframe, entry.crc32)
        )

    def written(self) -> Written:
        """The facts. Raises BadMedia where not one picture was written."""
        if self.init is None or not self.frames:
            raise BadMedia("nothing was recorded that could be kept")
        scale = self.init.time_scale
        return Written(
            sha256=self.sha256.hexdigest(),
            size_bytes=self.size_bytes,
            media_ms=round(self.end_pts * 1000 / scale),
            fragments=tuple(self.fragments),
            init_bytes=self.init_bytes,
            codec=self.init.codec,
            mime_codecs=self.init.mime_codecs,
            width=self.init.width,
            height=self.init.height,
            fps=round(self.frames * scale / self.end_pts, 3) if self.end_pts else 0.0,
            time_scale=scale,
            audio=self.init.audio,
        )


class _Sink:
    """The file object that the muxer writes to: whole units reach the disk, nothing else."""

    def __init__(self, path: Path, header: PartHeader) -> None:
        self.path = path
        self.camera = header.camera
        self.facts = Facts()
        self._pending = bytearray()
        self._failed: LivecamError | None = None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with disk_errors(self.camera, path):
            self._index = os.open(index_path(path), flags, 0o644)
            write_all(self._index, header_line(header))
            self._file = os.open(path, flags, 0o644)
        self._stop = threading.Event()
        self._syncer = threading.Thread(target=self._sync_often, name="sync", daemon=True)
        self._syncer.start()

    def write(self, data: bytes) -> int:
        """Called by the muxer, once a fragment as a rule."""
        if not self._pending and mp4.unit_size(data) == len(data):
            self._keep(data)  # copying it would cost more than hashing it
            return len(data)
        self._pending += data
        while size := mp4.unit_size(self._pending):
            unit = bytes(self._pending[:size])
            del self._pending[:size]
            self._keep(unit)
        return len(data)

    def _keep(self, unit: bytes) -> None:
        self.check()
        whole = self.facts.size_bytes
        try:
            write_all(self._file, unit)
        except OSError as error:
            # What was written of this unit is cut off: the file stays whole, and can be sealed.
            os.ftruncate(self._file, whole)
            self._failed = full(error, self.camera, self.path)
            raise self._failed from error
        entry = self.facts.add(unit)
        with disk_errors(self.camera, self.path):
            write_all(self._index, unit_line(entry))

    def check(self) -> None:
        """Raise what went wrong before, if anything did."""
        if self._failed:
            raise self._failed

    def _sync_often(self) -> None:
        # E4: off the packets' path, so that a slow disk holds no packet up.
        while not self._stop.wait(SYNC_SECONDS):
            os.fdatasync(self._file)
            os.fdatasync(self._index)

    def close(self) -> None:
        """Make the file durable and let go of it; harmless to repeat."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._syncer.join()
        try:
            with disk_errors(self.camera, self.path):
                os.fsync(self._file)
        finally:
            os.close(self._file)
            os.close(self._index)


class SegmentWriter:
    """One segment's file at `path`, which must not exist, and its index beside it.

    Packets are those of `video` and `audio`, in decode order, beginning with a video keyframe,
    whose PTS becomes 0. Their data is untouched; their timestamps are the file's afterwards.
    What has arrived is in the file within about a second; a full disk raises SpoolFull, after
    which `finish` still keeps what was written.
    """

    def __init__(
        self,
        path: Path,
        header: PartHeader,
        video: av.VideoStream,
        audio: av.AudioStream | None = None,
    ) -> None:
        self._video = video
        self._audio = audio if audio is not None and keeps_audio(audio) else None
        self._sink = _Sink(path, header)
        self._timeline = Timeline(video, live=header.origin is Origin.RECORDED)
        self._held: list[av.Packet[Any]] = []
        self._container: OutputContainer | None = None
        self._video_out: av.VideoStream | None = None
        self._audio_out: av.AudioStream | None = None
        self._video_index = video.index
        self._audio_index = -1 if self._audio is None else self._audio.index
        self._audio_end = 0
        self._parameters: bytes | None = None
        # Streams with start codes repeat their parameter sets before keyframes.
        self._repeats = not (video.codec_context.extradata or b"").startswith(b"\1")

    @property
    def size_bytes(self) -> int:
        """What is in the file so far."""
        return self._sink.facts.size_bytes

    def write(self, packet: av.Packet[Any]) -> None:
        """Mux one packet; audio from before the first picture is left out."""
        if self._container is not None:
            self._mux(packet)
        elif self._held or packet.stream_index == self._video_index:
            self._hold(packet)

    def fits(self, packet: av.Packet[Any]) -> bool:
        """Whether a video keyframe is of this file's parameter sets, or brings none.

        One that is not (another size, another profile) must begin a new file.
        """
        found = self._in_band(packet) if self._parameters else None
        return found is None or found == self._parameters

    def _in_band(self, packet: av.Packet[Any]) -> bytes | None:
        return parameter_sets(self._video, packet) if self._repeats else None

    def finish(self) -> Written:
        """Write what is held back, fsync, and say what the file is. Raises BadMedia if empty."""
        if self._held:
            self._open(all_intra=False)
        self.close()
        return self._sink.facts.written()

    def close(self) -> None:
        """Let go of the files, whole as far as they go; harmless to repeat."""
        container, self._container = self._container, None
        try:
            if container is not None:
                container.close()
        except (LivecamError, av.FFmpegError):
            # The disk is full: said when it happened; what was written before stays.
            log.warning("%s: the last second was not written", self._sink.camera)
        finally:
            self._sink.close()

    def _hold(self, packet: av.Packet[Any]) -> None:
        # Two keyframes on end are a stream of nothing else: without a least duration, each
        # would be a fragment. The muxer must know before its first packet.
        second = bool(self._held) and packet.stream_index == self._video_index
        self._held.append(packet)
        if second:
            self._open(all_intra=packet.is_keyframe)

    def _open(self, *, all_intra: bool) -> None:
        options = _OPTIONS | (_ALL_INTRA if all_intra else {})
        self._container = av.open(
            self._sink, "w", format="mp4", options=options, buffer_size=_BUFFER_BYTES
        )
        self._video_out = self._container.add_stream_from_template(self._video, opaque=True)
        context = self._video_out.codec_context
        if self._video.codec_context.name == "hevc":
            context.codec_tag = "hvc1"
        self._parameters = self._in_band(self._held[0])
        if self._parameters is not None:
            context.extradata = self._parameters
        if not context.extradata:
            raise BadMedia("no parameter sets (SPS, PPS) in sight", camera=self._sink.camera)
        if self._audio is not None:
            self._audio_out = self._container.add_stream_from_template(self._audio, opaque=True)
        held, self._held = self._held, []
        for packet in held:
            self._mux(packet)

    def _mux(self, packet: av.Packet[Any]) -> None:
        container = cast(OutputContainer, self._container)
        index = packet.stream_index
        if index == self._video_index:
            self._timeline.place(packet)
            packet.stream = self._video_out
        elif index != self._audio_index or not self._place_audio(packet):
            return
        try:
            container.mux_one(packet)
        except av.FFmpegError as error:
            self._sink.check()
            raise BadMedia(
                f"a packet cannot be kept in an MP4: {error.strerror}", camera=self._sink.camera
            ) from None

    def _place_audio(self, packet: av.Packet[Any]) -> bool:
        base = self._timeline.base_in(packet.time_base)
        if packet.pts is None or packet.pts < base:
            return False
        packet.pts = packet.dts = max(packet.pts - base, self._audio_end)
        self._audio_end = packet.pts + 1
        packet.stream = self._audio_out
        return True


def keeps_audio(audio: av.AudioStream) -> bool:
    """Whether an MP4 can carry this track so that browsers play it; said once where not."""
    name = audio.codec_context.name
    if name == "aac" and audio.codec_context.extradata:
        return True
    log.info("audio in %s is not kept: only AAC is", name)
    return False


def parameter_sets(video: av.VideoStream, packet: av.Packet[Any]) -> bytes | None:
    """Those that a packet with start codes carries, with start codes; None without a full set."""
    # The filter consumes what it is given: let it be a copy.
    copy = av.Packet(bytes(packet))
    for passed in BitStreamFilterContext("extract_extradata", video).filter(copy):
        if passed.has_sidedata("new_extradata"):
            return bytes(passed.get_sidedata("new_extradata"))
    return None
