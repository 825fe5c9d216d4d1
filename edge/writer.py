"""Packets to a fragmented MP4: hashed, checksummed and indexed as it is written, in one pass."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import av
from av.bitstream import BitStreamFilterContext
from av.container import OutputContainer

from edge.errors import BadMedia, LivecamError
from edge.part import PartHeader
from edge.sink import Sink, Written
from edge.timeline import Timeline

__all__ = ["PartHeader", "SegmentWriter", "Written", "keeps_audio", "parameter_sets"]

log = logging.getLogger(__name__)

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
        monotonic_ms: Callable[[], int] | None = None,
    ) -> None:
        self._video = video
        self._audio = audio if audio is not None and keeps_audio(audio) else None
        self._sink = Sink(path, header)
        self._timeline = Timeline(video, monotonic_ms)
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
        try:
            return self.complete()
        finally:
            self.close()

    def complete(self) -> Written:
        """`finish` without the fsync, which may take seconds: that is left to `close`."""
        if self._held:
            self._open(all_intra=False)
        self._end_muxing()
        return self._sink.facts.written()

    def note_end(self, wall_ms: int) -> None:
        """Tell recovery that the file is whole, and how long a time it stands for."""
        self._sink.end(wall_ms)

    def close(self) -> None:
        """Let go of the files, durable and whole as far as they go; harmless to repeat."""
        try:
            self._end_muxing()
        finally:
            self._sink.close()

    def _end_muxing(self) -> None:
        container, self._container = self._container, None
        try:
            if container is not None:
                container.close()
        except (LivecamError, av.FFmpegError):
            # The disk is full: said when it happened; what was written before stays.
            log.warning("%s: the last second was not written", self._sink.camera)

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
