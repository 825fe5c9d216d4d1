"""One plain MP4 file in the making: its pictures' bytes on disk, where each is in memory."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge import mp4
from flows.media.moov import FTYP, Source, Track, moov
from flows.media.samples import Ints, Samples, fragments, samples

# A picture is held for so many ticks at most; a longer gap begins another file.
_MOST_TICKS = (1 << 31) - 1
_PIECE_BYTES = 1 << 20

Mask = NDArray[np.bool_]


class Span(NamedTuple):
    """Time that a segment's pictures tell in a file: from the first to the end of the last."""

    segment_id: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Joined:
    """A file that was written. `last_ms` is when its last picture was taken."""

    path: Path
    size_bytes: int
    sha256: str
    crc32: int
    codec: str
    mime_codecs: str
    width: int
    height: int
    pictures: int
    first_ms: int
    last_ms: int
    spans: tuple[Span, ...]


class _Place(NamedTuple):
    """Where a segment stands in a file: what is added to its ticks, of each track by id."""

    base: dict[int, int]
    keep: Mask  # of its pictures, in decode order
    from_pts: int


@dataclass(slots=True)
class Growing:
    """One file in the making: its pictures' bytes on disk, where each is in memory."""

    data: Path
    init: bytes
    sources: list[Source]
    origin_ms: int
    zero: int  # the first picture's time in its segment, which is this file's 0
    end_ms: int
    tracks: list[Track] = field(init=False)
    size: int = 0
    spans: list[Span] = field(default_factory=list)
    _decode: int | None = None  # what is added to decode times, so that the first one is 0
    _latest: int = -1

    def __post_init__(self) -> None:
        self.tracks = [Track(source) for source in self.sources]
        self.data.write_bytes(b"")

    def takes(self, tracks: list[Source], at_ms: int, size: int, most_bytes: int) -> bool:
        """Whether a segment of these tracks, of at most `size` bytes, can go on here."""
        same = [one.kind for one in tracks] == [one.kind for one in self.sources]
        held = max((at_ms - self.origin_ms) * one.scale for one in tracks) // 1_000
        reached = min((t.dts[-1] for t in self.tracks if t.dts), default=0)
        return same and self.size + size <= most_bytes and held - reached < _MOST_TICKS

    def add(
        self,
        path: Path,
        segment_id: str,
        tracks: list[Source],
        at_ms: int,
        pts: Ints,
        keep: Mask,
    ) -> Span:
        """Copy what is kept of a segment."""
        place = self._place(tracks, at_ms, pts, keep)
        ids = {source.id: number for number, source in enumerate(tracks)}
        seen = 0
        with self.data.open("ab") as out:
            for fragment in fragments(path):
                for run in samples(fragment):
                    number = ids[run.track]
                    if number == 0:
                        wanted, seen = keep[seen : seen + len(run.pts)], seen + len(run.pts)
                    else:
                        wanted = self._heard(run, tracks[number], tracks[0], place, at_ms)
                    for part in _together(run, wanted):
                        self._take(self.tracks[number], part, place.base[run.track])
                        out.write(memoryview(fragment)[part.offset :][: int(part.sizes.sum())])
        return self._told(segment_id, at_ms, tracks[0].scale, pts[keep])

    def _told(self, segment_id: str, at_ms: int, scale: int, pts: Ints) -> Span:
        end = int(pts.max()) + self.tracks[0].last
        span = Span(
            segment_id,
            at_ms + int(pts.min()) * 1_000 // scale,
            min(at_ms + end * 1_000 // scale, self.end_ms),
        )
        self.spans.append(span)
        return span

    def _place(
        self,
        tracks: list[Source],
        at_ms: int,
        pts: Ints,
        keep: Mask,
    ) -> _Place:
        video = tracks[0]
        base = _ticks(at_ms - self.origin_ms, video.scale) - self.zero
        first = int(pts[keep][0])
        # Two pictures of one moment are none: the later segment is moved by what they overlap.
        shift = max(0, self._latest + video.scale // 1_000 + 1 - (first + base))
        shift = shift if self._latest >= 0 else 0
        bases = {video.id: base + shift}
        for sound in tracks[1:]:
            moved = (shift - self.zero) * sound.scale // video.scale
            bases[sound.id] = _ticks(at_ms - self.origin_ms, sound.scale) + moved
        return _Place(bases, keep, first)

    def _heard(self, run: Samples, sound: Source, video: Source, place: _Place, at_ms: int) -> Mask:
        begun = run.pts * video.scale >= place.from_pts * sound.scale
        return begun & (run.pts * 1_000 < (self.end_ms - at_ms) * sound.scale)

    def _take(self, track: Track, part: Samples, base: int) -> None:
        dts, pts = part.dts + base, part.pts + base
        if not track.source.sound:
            if self._decode is None:
                self._decode = -int(dts[0])
            dts = dts + self._decode
            self._latest = max(self._latest, int(pts.max()))
        elif track.dts:
            # A frame of sound that was heard twice would last for no time.
            dts = np.maximum(dts, track.dts[-1] + 1 + np.arange(len(dts)))
            pts = dts
        elif dts[0] < 0:
            dts = dts - dts[0]
            pts = dts
        count = len(track.dts)
        track.dts.frombytes(dts.tobytes())
        track.late.frombytes((pts - dts).astype(np.int32).tobytes())
        track.sizes.frombytes(part.sizes.astype(np.uint32).tobytes())
        track.keys.frombytes((np.flatnonzero(part.syncs) + count + 1).astype(np.uint32).tobytes())
        track.chunks.extend((self.size, len(dts)))
        track.last = int(part.lasts[-1])
        track.end = max(track.end, int((pts + part.lasts).max()))
        self.size += int(part.sizes.sum())

    def finish(self, target: Path) -> Joined:
        """Write the index, then the pictures; hashed on the way."""
        tracks = [track for track in self.tracks if track.dts]
        scale = tracks[0].source.scale
        first_ms = self.origin_ms + self.zero * 1_000 // scale
        end = _ticks(self.end_ms - self.origin_ms, scale) - self.zero
        shown_until = end if self._latest >= end else None
        index = moov(tracks, first_ms, shown_until, 0)
        index = moov(tracks, first_ms, shown_until, len(FTYP) + len(index) + 16)
        head = FTYP + index + struct.pack(">I4sQ", 1, b"mdat", 16 + self.size)
        try:
            sha256, crc32 = _written(target, head, self.data)
        finally:
            self.abandon()
        told, shown = mp4.read_init(self.init), _shown(tracks[0], end)
        return Joined(
            path=target,
            size_bytes=len(head) + self.size,
            sha256=sha256,
            crc32=crc32,
            codec=told.codec,
            mime_codecs=told.mime_codecs,
            width=told.width,
            height=told.height,
            pictures=len(shown),
            first_ms=first_ms,
            last_ms=first_ms + int(shown.max()) * 1_000 // scale,
            spans=tuple(self.spans),
        )

    def abandon(self) -> None:
        """Leave nothing on the disk."""
        self.data.unlink(missing_ok=True)


def _shown(track: Track, end: int) -> Ints:
    """When a track's pictures are shown, those that are: in decode order."""
    pts = np.frombuffer(track.dts, np.int64) + np.frombuffer(track.late, np.int32)
    return pts[pts < end]


def _ticks(ms: int, scale: int) -> int:
    return (ms * scale + 500) // 1_000


def _together(run: Samples, wanted: Mask) -> list[Samples]:
    """The wanted samples, in pieces whose bytes lie one after another."""
    if not wanted.any():
        return []
    edges = np.flatnonzero(np.diff(np.concatenate(([False], wanted, [False]))))
    begins = np.concatenate(([0], np.cumsum(run.sizes)))
    return [
        Samples(
            run.track,
            run.offset + int(begins[first]),
            run.dts[first:last],
            run.pts[first:last],
            run.lasts[first:last],
            run.sizes[first:last],
            run.syncs[first:last],
        )
        for first, last in edges.reshape(-1, 2)
    ]


def _written(target: Path, head: bytes, data: Path) -> tuple[str, int]:
    """The digest and checksum of `target`, which is `head` and then `data`."""
    sha256, crc32 = hashlib.sha256(), 0
    with target.open("wb") as out, data.open("rb") as source:
        piece = head
        while piece:
            out.write(piece)
            sha256.update(piece)
            crc32 = zlib.crc32(piece, crc32)
            piece = source.read(_PIECE_BYTES)
    return sha256.hexdigest(), crc32
